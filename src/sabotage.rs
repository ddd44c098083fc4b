//! Faults built in on purpose, one at a time, for the tests that show that the simulation's checkers find them.
//!
//! Only the feature `sabotage` brings them to life, and only this package's own tests switch it on; in every
//! other build [`is`] is `false` at compile time and nothing of this remains. Patching copies of the source in
//! the tests was refused: a variant would break with the first change of the lines that it replaces, in silence.

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

#[cfg(not(feature = "sabotage"))]
pub(crate) const fn is(_: Sabotage) -> bool {
    false
}
