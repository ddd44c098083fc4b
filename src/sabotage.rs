//! Faults built in on purpose, one at a time, for the tests that show that the simulation's checkers find them.
//!
//! Only the feature `sabotage` brings them to life, and only this package's own tests switch it on; in every
//! other build [`is`] is `false` at compile time and nothing of this remains. Patching copies of the source in
//! the tests was refused: a variant would break with the first change of the lines that it replaces, in silence.

use crate::sql::Work;

/// What is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// The store takes commits of leaders that were replaced.
    FenceOff,
    /// A commit does not hold the replies to the requests that it answers.
    ReplyNotStored,
    /// Other tabs hear of a commit before the store has it.
    BroadcastBeforeDurable,
    /// A follower applies a commit though it lacks the one before.
    GapIgnored,
    /// A request that is sent again is run again.
    DedupeOff,
    /// What a failed append was to store stays in the leader's pages.
    OverlayNotReverted,
    /// The leader does not say that it is still there.
    LeaseNotRenewed,
    /// A checkpoint deletes one commit too many.
    CheckpointLosesCommit,
    /// A write is acknowledged when it has run.
    AcknowledgedBeforeDurable,
    /// A tab that was away answers from what it had.
    ReturnUnread,
    /// A transaction that is taken away stays in the pages.
    LostTransactionKept,
    /// A write is sent to the next leader as if the one before had not died with it.
    DeathsNotCounted,
    /// A tab that was stopped believes what it knew of the leader's lease.
    StoppedUnnoticed,
    /// An append counts as done when its transaction is complete, though its request failed.
    PhantomAppendBelieved,
}

#[cfg(feature = "sabotage")]
thread_local! {
    static CURRENT: std::cell::Cell<Option<Sabotage>> = const { std::cell::Cell::new(None) };
}

/// Breaks this, for all that runs on this thread, until told otherwise.
#[cfg(feature = "sabotage")]
pub fn set(sabotage: Option<Sabotage>) {
    CURRENT.set(sabotage);
}

#[cfg(feature = "sabotage")]
pub(crate) fn is(sabotage: Sabotage) -> bool {
    CURRENT.get() == Some(sabotage)
}

/// What stands in for a work that kills or hangs whatever runs it: called with each work before it runs.
#[cfg(feature = "sabotage")]
pub type Meeting = std::rc::Rc<dyn Fn(&Work)>;

#[cfg(feature = "sabotage")]
thread_local! {
    static MEETING: std::cell::RefCell<Option<Meeting>> = const { std::cell::RefCell::new(None) };
}

/// Calls this with each work that is run on this thread, before it runs. It may unwind, as a worker that traps does.
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
