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

/// Characters of a message; SQLite repeats a token that it does not understand, however long it is.
const LONGEST: usize = 1_000;

impl SqlFailure {
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        let (code, mut message) = (code.into(), message.into());
        if let Some((end, _)) = message.char_indices().nth(LONGEST) {
            message.truncate(end);
            message.push('…');
        }
        SqlFailure { code, message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_does_not_repeat_a_long_text_whole() {
        let failure = SqlFailure::new(
            "SQLITE_ERROR",
            format!("near \"{}\": syntax error", "é".repeat(400_000)),
        );
        assert_eq!(failure.message.chars().count(), LONGEST + 1);
        assert_eq!(SqlFailure::new("SQLITE_ERROR", "short").message, "short");
    }
}
