//! How a turn of the writer ended (see [`super::turn`]).

use super::write_error::WriteError;

/// How a turn ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TurnEnd {
    /// The page ended it, and the store has what it changed, if anything.
    Done,
    /// It could not begin before its deadline.
    TimedOut,
    /// This tab does not lead any more, or did not lead when the page asked.
    LeadershipLost,
    /// Its page was silent while others waited.
    Silent,
    /// It kept others waiting for too long.
    TooLong,
    /// The store did not take what it changed.
    NotStored(WriteError),
    /// This tab closed the database before the turn was over.
    Closed,
}
