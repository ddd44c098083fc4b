//! The one place where SQLite's errors become [`SqlFailure`]s: a code by its name, a sentence, a place.

use rusqlite::Error;

use super::limits;
use crate::sql::SqlFailure;

/// Primary result codes with their extended ones, in order from 1
/// (<https://sqlite.org/rescode.html>); an empty name is a number that SQLite does not use.
const CODES: &[(&str, &[&str])] = &[
    ("OK", &["LOAD_PERMANENTLY", "SYMLINK"]),
    (
        "ERROR",
        &["MISSING_COLLSEQ", "RETRY", "SNAPSHOT", "RESERVESIZE", "KEY", "UNABLE"],
    ),
    ("INTERNAL", &[]),
    ("PERM", &[]),
    ("ABORT", &["", "ROLLBACK"]),
    ("BUSY", &["RECOVERY", "SNAPSHOT", "TIMEOUT"]),
    ("LOCKED", &["SHAREDCACHE", "VTAB"]),
    ("NOMEM", &[]),
    (
        "READONLY",
        &["RECOVERY", "CANTLOCK", "ROLLBACK", "DBMOVED", "CANTINIT", "DIRECTORY"],
    ),
    ("INTERRUPT", &[]),
    (
        "IOERR",
        &[
            "READ",
            "SHORT_READ",
            "WRITE",
            "FSYNC",
            "DIR_FSYNC",
            "TRUNCATE",
            "FSTAT",
            "UNLOCK",
            "RDLOCK",
            "DELETE",
            "BLOCKED",
            "NOMEM",
            "ACCESS",
            "CHECKRESERVEDLOCK",
            "LOCK",
            "CLOSE",
            "DIR_CLOSE",
            "SHMOPEN",
            "SHMSIZE",
            "SHMLOCK",
            "SHMMAP",
            "SEEK",
            "DELETE_NOENT",
            "MMAP",
            "GETTEMPPATH",
            "CONVPATH",
            "VNODE",
            "AUTH",
            "BEGIN_ATOMIC",
            "COMMIT_ATOMIC",
            "ROLLBACK_ATOMIC",
            "DATA",
            "CORRUPTFS",
            "IN_PAGE",
            "BADKEY",
            "CODEC",
        ],
    ),
    ("CORRUPT", &["VTAB", "SEQUENCE", "INDEX"]),
    ("NOTFOUND", &[]),
    ("FULL", &[]),
    (
        "CANTOPEN",
        &["NOTEMPDIR", "ISDIR", "FULLPATH", "CONVPATH", "DIRTYWAL", "SYMLINK"],
    ),
    ("PROTOCOL", &[]),
    ("EMPTY", &[]),
    ("SCHEMA", &[]),
    ("TOOBIG", &[]),
    (
        "CONSTRAINT",
        &[
            "CHECK",
            "COMMITHOOK",
            "FOREIGNKEY",
            "FUNCTION",
            "NOTNULL",
            "PRIMARYKEY",
            "TRIGGER",
            "UNIQUE",
            "VTAB",
            "ROWID",
            "PINNED",
            "DATATYPE",
        ],
    ),
    ("MISMATCH", &[]),
    ("MISUSE", &[]),
    ("NOLFS", &[]),
    ("AUTH", &["USER"]),
    ("FORMAT", &[]),
    ("RANGE", &[]),
    ("NOTADB", &[]),
    ("NOTICE", &["RECOVER_WAL", "RECOVER_ROLLBACK", "RBU"]),
    ("WARNING", &["AUTOINDEX"]),
];

const NO_EXTENSIONS: &str = "extensions cannot be loaded: a page has no native code to load. FTS5, R-Tree, JSON and the math \
    functions are built in";

/// What went wrong with `text`, of which SQLite was given all or the last part.
pub(super) fn failure(error: Error, text: &str) -> SqlFailure {
    match error {
        Error::SqliteFailure(cause, message) => {
            let code = code_name(cause.extended_code);
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
                return SqlFailure::new("SQLITE_AUTH", NO_EXTENSIONS);
            }
            let begin = text.len().saturating_sub(sql.len());
            let (line, column) = place(text, begin + usize::try_from(offset).unwrap_or(0));
            let message = format!("{msg} (line {line}, column {column})");
            SqlFailure::new(code_name(error.extended_code), message)
        }
        Error::ToSqlConversionFailure(own) => match own.downcast::<SqlFailure>() {
            Ok(own) => *own,
            Err(other) => SqlFailure::new("SQLITE_ERROR", other.to_string()),
        },
        other => SqlFailure::new("SQLITE_MISUSE", other.to_string()),
    }
}

/// The name of an extended result code, or of its primary code if SQLite has newer ones than this table.
pub(super) fn code_name(extended: i32) -> String {
    let (primary, minor) = ((extended & 0xff) as usize, (extended >> 8) as usize);
    let Some((name, minors)) = CODES.get(primary) else {
        return format!("SQLITE_{extended}");
    };
    match minor.checked_sub(1).and_then(|index| minors.get(index)) {
        Some(minor) if !minor.is_empty() => format!("SQLITE_{name}_{minor}"),
        _ => format!("SQLITE_{name}"),
    }
}

/// Line and column, both from 1, of a byte offset; columns count characters.
pub(super) fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    #[test]
    fn codes_have_the_names_of_sqlites_own_constants() {
        let known = [
            (ffi::SQLITE_ERROR, "SQLITE_ERROR"),
            (ffi::SQLITE_ABORT_ROLLBACK, "SQLITE_ABORT_ROLLBACK"),
            (ffi::SQLITE_BUSY_TIMEOUT, "SQLITE_BUSY_TIMEOUT"),
            (ffi::SQLITE_READONLY_DIRECTORY, "SQLITE_READONLY_DIRECTORY"),
            (ffi::SQLITE_IOERR_CORRUPTFS, "SQLITE_IOERR_CORRUPTFS"),
            (ffi::SQLITE_IOERR_DELETE_NOENT, "SQLITE_IOERR_DELETE_NOENT"),
            (ffi::SQLITE_CORRUPT_INDEX, "SQLITE_CORRUPT_INDEX"),
            (ffi::SQLITE_CANTOPEN_SYMLINK, "SQLITE_CANTOPEN_SYMLINK"),
            (ffi::SQLITE_CONSTRAINT_UNIQUE, "SQLITE_CONSTRAINT_UNIQUE"),
            (ffi::SQLITE_CONSTRAINT_DATATYPE, "SQLITE_CONSTRAINT_DATATYPE"),
            (ffi::SQLITE_AUTH_USER, "SQLITE_AUTH_USER"),
            (ffi::SQLITE_NOTADB, "SQLITE_NOTADB"),
            (ffi::SQLITE_WARNING_AUTOINDEX, "SQLITE_WARNING_AUTOINDEX"),
        ];
        for (code, name) in known {
            assert_eq!(code_name(code), name);
        }
        assert_eq!(code_name(ffi::SQLITE_CONSTRAINT | 99 << 8), "SQLITE_CONSTRAINT");
    }

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let text = "SELECT 'é',\n  x";
        assert_eq!(place(text, 0), (1, 1));
        assert_eq!(place(text, text.find(',').unwrap_or(0)), (1, 11));
        assert_eq!(place(text, text.len() - 1), (2, 3));
        assert_eq!(place(text, 999), (2, 4));
    }
}
