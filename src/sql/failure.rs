//! Why SQLite (or this engine, on its behalf) refused a statement: plain data that crosses tabs and threads.

use serde::{Deserialize, Serialize};

/// A refusal. The statement had no effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct SqlFailure {
    /// SQLite's extended result code by name (`SQLITE_CONSTRAINT_UNIQUE`, see
    /// <https://sqlite.org/rescode.html>), or a code of this engine (`WRITE_PERMISSION_DENIED`,
    /// `MIGRATION_CHANGED`, `PARAMETER_MISSING` …).
    pub code: String,
    /// A sentence for people; names the way out where there is one.
    pub message: String,
}

impl SqlFailure {
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        SqlFailure {
            code: code.into(),
            message: message.into(),
        }
    }
}
