//! Rules broken on purpose, one at a time. Tests use them to show that the simulation's checkers find each one.
//!
//! Only the feature `sabotage` enables them, and only this package's own tests switch it on. In every other build
//! [`is`] is `false` at compile time, and nothing of this remains. Patching copies of the source in the tests was
//! refused: such a variant would break silently with the first change of the lines that it replaces.

use crate::sql::Work;

/// The broken rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// The store takes commits of leaders that were replaced.
    FenceOff,
    /// A commit does not hold the replies to the requests that it answers.
    ReplyNotStored,
    /// Other tabs receive a commit before the store has it.
    BroadcastBeforeDurable,
    /// A follower applies a commit although it lacks the one before.
    GapIgnored,
    /// A request that is sent again is run again.
    DedupeOff,
    /// The changes of a failed append stay in the leader's pages.
    OverlayNotReverted,
    /// The leader does not renew its lease.
    LeaseNotRenewed,
    /// A checkpoint deletes one commit too many.
    CheckpointLosesCommit,
    /// A write is acknowledged as soon as it has run.
    AcknowledgedBeforeDurable,
    /// A tab that was away answers from its old image.
    ReturnUnread,
    /// The changes of a transaction that was taken away stay in the pages.
    LostTransactionKept,
    /// A write is sent to the next leader as if the leader before had not died with it.
    DeathsNotCounted,
    /// A tab that was stopped trusts what it knew of the leader's lease.
    StoppedUnnoticed,
    /// An append counts as done when its transaction is complete, although its request failed.
    PhantomAppendBelieved,
}

#[cfg(feature = "sabotage")]
thread_local! {
    static CURRENT: std::cell::Cell<Option<Sabotage>> = const { std::cell::Cell::new(None) };
}

/// Breaks this rule for everything that runs on this thread, until the next call. `None` breaks nothing.
#[cfg(feature = "sabotage")]
pub fn set(sabotage: Option<Sabotage>) {
    CURRENT.set(sabotage);
}

#[cfg(feature = "sabotage")]
pub(crate) fn is(sabotage: Sabotage) -> bool {
    CURRENT.get() == Some(sabotage)
}

/// Stands in for a work that kills or hangs its worker: called with each work before it runs.
#[cfg(feature = "sabotage")]
pub type Meeting = std::rc::Rc<dyn Fn(&Work)>;

#[cfg(feature = "sabotage")]
thread_local! {
    static MEETING: std::cell::RefCell<Option<Meeting>> = const { std::cell::RefCell::new(None) };
}

/// Calls `meeting` with each work before it runs on this thread. It may unwind, as a worker that traps does.
#[cfg(feature = "sabotage")]
pub fn on_meeting(meeting: Option<Meeting>) {
    MEETING.set(meeting);
}

#[cfg(feature = "sabotage")]
pub(crate) fn meet(work: &Work) {
    if let Some(meeting) = MEETING.with_borrow(Clone::clone) {
        meeting(work);
    }
}

#[cfg(not(feature = "sabotage"))]
pub(crate) const fn meet(_: &Work) {}

#[cfg(not(feature = "sabotage"))]
pub(crate) const fn is(_: Sabotage) -> bool {
    false
}
