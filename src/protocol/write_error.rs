//! Why a write was not done, and what is known of a write that has no answer.

use serde::{Deserialize, Serialize};

use crate::sql::SqlFailure;
use crate::storage::StoreError;

/// Why a write was not done, or is not known to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum WriteError {
    /// SQLite refused the write. It had no effect.
    #[error(transparent)]
    Sql(#[from] SqlFailure),
    /// The store refused the commit. The write had no effect and may be tried again.
    #[error("the write was not stored, and nothing was changed: {reason}")]
    Store {
        /// The message of the [`StoreError`], for people.
        reason: String,
        /// For programs: it decides the code of the page's error.
        cause: StoreCause,
    },
    /// No leader answered before the deadline.
    #[error("timeout: no leader answered in time; the write {fate}")]
    Timeout {
        /// Says whether the page can safely write again.
        fate: Fate,
    },
    /// Two leaders ended while they had the write, the second while it ran alone. The write had no effect.
    #[error(
        "the write was given up and had no effect: two tabs that ran it lost their workers over it (it crashed them, hung, \
         or used up their memory); change the statement or its values before you send it again"
    )]
    Poisoned,
    /// This tab closed the database before the answer came.
    #[error("the database was closed; the write {fate}")]
    Closed {
        /// `Unknown` if a leader has had the write, in this tab or another.
        fate: Fate,
    },
}

/// Why a store refused a commit, as far as a page can act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StoreCause {
    /// The browser gives this origin no more room: [`StoreError::Quota`].
    Quota,
    /// The database was deleted or evicted: [`StoreError::Gone`].
    Gone,
    /// Any other [`StoreError`].
    Other,
    /// The commit has more bytes than a store takes: [`StoreError::TooLarge`].
    TooLarge,
}

/// What is known of a write that is given up without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fate {
    /// No leader has run the write, and none will.
    NeverRun,
    /// A leader had the write. It may have been done, or may still be.
    Unknown,
}

impl std::fmt::Display for Fate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Fate::NeverRun => "was never run",
            Fate::Unknown => "may or may not have been done",
        })
    }
}

impl From<&StoreError> for WriteError {
    fn from(error: &StoreError) -> Self {
        let cause = match error {
            StoreError::Quota(_) => StoreCause::Quota,
            StoreError::Gone(_) => StoreCause::Gone,
            StoreError::TooLarge { .. } => StoreCause::TooLarge,
            _ => StoreCause::Other,
        };
        WriteError::Store {
            reason: error.to_string(),
            cause,
        }
    }
}
