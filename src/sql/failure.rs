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
    /// A message that quotes half a megabyte of SQL keeps its beginning and its end.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        SqlFailure {
            code: code.into(),
            message: bounded(message.into()),
        }
    }
}

/// Bytes of a message that are kept of its beginning, and of its end.
const BEGINNING: usize = 600;
const END: usize = 200;

fn bounded(message: String) -> String {
    if message.len() <= BEGINNING + END {
        return message;
    }
    let begin = message.floor_char_boundary(BEGINNING);
    let end = message.ceil_char_boundary(message.len() - END);
    format!("{} … {}", &message[..begin], &message[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_an_end_however_long_the_text_is_that_it_quotes() {
        let long = format!("near \"{}\": syntax error (line 1, column 9)", "é".repeat(300_000));
        let SqlFailure { message, .. } = SqlFailure::new("SQLITE_ERROR", long);
        assert!(message.len() < 1000, "{}", message.len());
        assert!(
            message.starts_with("near \"é") && message.ends_with("(line 1, column 9)"),
            "{message}"
        );
        assert_eq!(SqlFailure::new("X", "short").message, "short");
    }
}
