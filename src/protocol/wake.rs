//! The reasons for which the protocol wakes though it heard nothing.
//!
//! [`super::Protocol::deadline`] takes the earliest; [`super::Protocol::handle`] serves those that are due, in the
//! order of this list. Refused: deadlines of the owners without a name. Nobody could explain why a tab wakes, or why it
//! does not.

/// A reason to wake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wake {
    /// The open turn must end because others wait for it. Served before overdue writes: a write that waits for a silent
    /// turn is to be run, not given up.
    TurnOver,
    /// A turn that has not begun is given up.
    TurnOverdue,
    /// The asker of a trial has had its time, or a long write goes on.
    Trial,
    /// The page no longer waits for a write.
    WriteOverdue,
    /// The last leader of a write has had its time to say that it did not die of it: the write is judged.
    Judgement,
    /// The leader renews its lease.
    Heartbeat,
    /// The leader has been silent for longer than its lease: its lock is stolen.
    Steal,
    /// A waiting tab looks at the clock, to notice that it was stopped.
    Look,
    /// A tab that stood aside queues for the lock again.
    QueueAgain,
    /// A store that failed is read again.
    StoreAgain,
}

impl Wake {
    /// In the order in which they are served.
    pub(super) const ALL: [Wake; 10] = [
        Wake::TurnOver,
        Wake::TurnOverdue,
        Wake::Trial,
        Wake::WriteOverdue,
        Wake::Judgement,
        Wake::Heartbeat,
        Wake::Steal,
        Wake::Look,
        Wake::QueueAgain,
        Wake::StoreAgain,
    ];
}
