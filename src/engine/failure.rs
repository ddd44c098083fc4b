//! Turns SQLite's errors into [`SqlFailure`]s: a code with a name, a message, and a line and column. Only this module
//! does so.

use rusqlite::Error;

use super::limits;
use crate::sql::{Code, ResultCode, SqlFailure};

const NO_EXTENSIONS: &str = "extensions cannot be loaded: a page has no native code to load. FTS5, R-Tree, JSON and the math \
    functions are built in";

/// The failure of `text`. SQLite was given the whole text or its last part.
pub(super) fn failure(error: Error, text: &str) -> SqlFailure {
    match error {
        Error::SqliteFailure(cause, message) => {
            let code = Code::of_sqlite(cause.extended_code);
            let message = limits::sentence(&code, message.unwrap_or_else(|| cause.to_string()));
            SqlFailure::new(code, message)
        }
        Error::SqlInputError {
            error,
            msg,
            sql,
            offset,
        } => {
            if msg == "no such function: load_extension" {
                return SqlFailure::new(Code::Sqlite(ResultCode::AUTH), NO_EXTENSIONS);
            }
            // SQLite counts the offset from the part that it was given.
            let begin = text.len().saturating_sub(sql.len());
            let (line, column) = place(text, begin + usize::try_from(offset).unwrap_or(0));
            let message = format!("{msg} (line {line}, column {column})");
            SqlFailure::new(Code::of_sqlite(error.extended_code), message)
        }
        // A failure of the engine's own (see `effects::rows`) passes through rusqlite in this variant.
        Error::ToSqlConversionFailure(own) => match own.downcast::<SqlFailure>() {
            Ok(own) => *own,
            Err(other) => SqlFailure::new(Code::Sqlite(ResultCode::ERROR), other.to_string()),
        },
        other => SqlFailure::new(Code::Sqlite(ResultCode::MISUSE), other.to_string()),
    }
}

/// The line and column of a byte offset, both counted from 1. Columns count characters and not bytes.
pub(super) fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let text = "SELECT 'é',\n  x";
        assert_eq!(place(text, 0), (1, 1));
        assert_eq!(place(text, text.find(',').unwrap_or(0)), (1, 11));
        assert_eq!(place(text, text.len() - 1), (2, 3));
        assert_eq!(place(text, 999), (2, 4));
    }
}
