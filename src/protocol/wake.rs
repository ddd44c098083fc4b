//! Every reason for which the protocol wakes though nothing was heard.
//!
//! Asked for by [`super::Protocol::deadline`], which takes the first, and by [`super::Protocol::handle`], which serves those
//! that are due in the order in which they stand here. Deadlines of the owners that nobody names were refused: a tab that
//! wakes for no known reason, or never, cannot be explained.

/// Why the protocol wakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wake {
    /// When the open turn has to end, because others wait for it. Comes before the writes that are overdue: those that wait
    /// for a silent turn are to be served, not given up.
    TurnOver,
    /// When a turn that has not begun is given up.
    TurnOverdue,
    /// When the asker of a trial has had its time, or a long write goes on.
    Trial,
    /// When the page waits no longer for a write.
    WriteOverdue,
    /// When a write is judged whose last leader could say so far that it did not die of it.
    Judgement,
    /// When the leader renews its lease.
    Heartbeat,
    /// When the leader has been silent for longer than its lease, and its lock is stolen.
    Steal,
    /// When a tab that waits looks at the clock, so that it notices that it was stopped.
    Look,
    /// When a tab that stood aside queues for the lock again.
    QueueAgain,
    /// When a store that failed is asked again.
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
