//! Why SQLite, or this engine on its behalf, refused a statement: plain data that crosses tabs and threads.

use serde::{Deserialize, Serialize};

use super::code::Code;
use super::result_code::ResultCode;

/// A refusal. The statement had no effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct SqlFailure {
    /// For programs: SQLite's extended result code, or one of this library.
    pub code: Code,
    /// A sentence for people. It names the way out where there is one.
    pub message: String,
}

impl SqlFailure {
    /// A refusal with this code. A long message (it may quote half a megabyte of SQL) keeps its beginning and its end.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        SqlFailure {
            code,
            message: bounded(message.into()),
        }
    }

    /// Refuses a text without any statement.
    pub fn empty_statement() -> Self {
        SqlFailure::new(
            Code::EmptyStatement,
            "there is no SQL statement in this text; write one",
        )
    }

    /// Refuses row writes that are not queued, in a tab that does not lead.
    pub fn rows_denied() -> Self {
        let message = "WRITE_PERMISSION_DENIED: this tab does not lead, and only the leader may write; \
                       use queueWrite() to have the leader do it, or allowNonLeaderWrites(true)";
        SqlFailure::new(Code::WritePermissionDenied, message)
    }

    /// Refuses `BEGIN` in a tab that does not lead. What helps row writes does not help here: a queue takes whole
    /// writes, not a transaction call by call.
    pub fn transaction_denied() -> Self {
        let message = "WRITE_PERMISSION_DENIED: this tab does not lead, and a transaction that stays open across calls \
                       needs the leader; hand all statements over together with batch(), or as one text with \
                       queueWrite(), and they are one transaction";
        SqlFailure::new(Code::WritePermissionDenied, message)
    }

    /// Refuses a file. Nothing of it is imported.
    pub fn import_refused(reason: &str) -> Self {
        SqlFailure::new(Code::ImportRefused, format!("the file cannot be imported: {reason}"))
    }

    /// The failure of a query that its page stopped. `how` says why.
    pub fn query_stopped(how: &str) -> Self {
        let message = format!("the query was stopped, because {how}; ask again if it is wanted still");
        SqlFailure::new(Code::Sqlite(ResultCode::INTERRUPT), message)
    }
}

/// How many bytes of a long message are kept of its beginning, and of its end.
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
        let SqlFailure { message, .. } = SqlFailure::new(Code::Sqlite(ResultCode::ERROR), long);
        assert!(message.len() < 1000, "{}", message.len());
        assert!(
            message.starts_with("near \"é") && message.ends_with("(line 1, column 9)"),
            "{message}"
        );
        assert_eq!(SqlFailure::new(Code::EmptyStatement, "short").message, "short");
    }
}
