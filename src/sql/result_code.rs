//! SQLite's result codes (<https://sqlite.org/rescode.html>): numbers to the engine, names to pages and other tabs.
//!
//! `engine` makes them from what SQLite returns. A [`super::Code`] is one of them, or one of the library's own. Each
//! code has one name and each name one number, so a code that crossed tabs is still the same code. If this table lacks
//! an extended code, [`ResultCode::new`] gives its primary code, as SQLite intends for programs that are older than
//! SQLite, or `None` if it lacks that too. The names are kept in the two parts that SQLite makes them of: whole names
//! would take twice the room in what every page downloads.

use std::fmt;

/// A result code that has a name here. It is the extended code where SQLite says more than the primary code does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResultCode(i32);

impl ResultCode {
    /// The statement is wrong, or names something that does not exist.
    pub const ERROR: Self = ResultCode(1);
    /// There is not enough memory.
    pub const NOMEM: Self = ResultCode(7);
    /// A write where only reads are allowed.
    pub const READONLY: Self = ResultCode(8);
    /// The statement was stopped.
    pub const INTERRUPT: Self = ResultCode(9);
    /// The database cannot grow any more.
    pub const FULL: Self = ResultCode(13);
    /// A database cannot be opened.
    pub const CANTOPEN: Self = ResultCode(14);
    /// A value or a text is above a limit.
    pub const TOOBIG: Self = ResultCode(18);
    /// A constraint is violated.
    pub const CONSTRAINT: Self = ResultCode(19);
    /// A foreign key constraint is violated.
    pub const CONSTRAINT_FOREIGNKEY: Self = ResultCode(19 | 3 << 8);
    /// The engine was called in a way that makes no sense.
    pub const MISUSE: Self = ResultCode(21);
    /// The authorizer refused the statement.
    pub const AUTH: Self = ResultCode(23);

    /// The code for an extended result code. If SQLite has a newer one than this table, its primary code; `None` if
    /// even that is newer.
    pub fn new(extended: i32) -> Option<Self> {
        let primary = extended & 0xff;
        let (_, minors) = NAMES.get(primary as usize)?;
        let minor = usize::try_from(extended >> 8)
            .ok()
            .and_then(|number| number.checked_sub(1));
        let is_named = minor
            .and_then(|at| minors.get(at))
            .is_some_and(|minor| !minor.is_empty());
        Some(ResultCode(if is_named { extended } else { primary }))
    }

    /// The code with this name.
    pub fn named(name: &str) -> Option<Self> {
        let parts = name.strip_prefix("SQLITE_")?;
        let (primary, minor) = parts.split_once('_').unwrap_or((parts, ""));
        let number = NAMES.iter().position(|(name, _)| *name == primary)?;
        let extension = match minor {
            "" if parts.ends_with('_') => return None,
            "" => 0,
            _ => 1 + NAMES[number].1.iter().position(|name| *name == minor)?,
        };
        Some(ResultCode((number | extension << 8) as i32))
    }

    /// The primary code, without what SQLite says beyond it.
    pub fn primary(self) -> Self {
        ResultCode(self.0 & 0xff)
    }
}

impl fmt::Display for ResultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, minors) = NAMES[(self.0 & 0xff) as usize];
        write!(f, "SQLITE_{name}")?;
        match minors.get(((self.0 >> 8) as usize).wrapping_sub(1)) {
            Some(minor) => write!(f, "_{minor}"),
            None => Ok(()),
        }
    }
}

/// The primary result codes by their number, each with its extended codes in order from 1. An empty name is a number
/// that SQLite does not use.
const NAMES: &[(&str, &[&str])] = &[
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
            assert_eq!(
                ResultCode::new(code).map(|code| code.to_string()).as_deref(),
                Some(name)
            );
        }
        let constants = [
            (ffi::SQLITE_ERROR, ResultCode::ERROR),
            (ffi::SQLITE_NOMEM, ResultCode::NOMEM),
            (ffi::SQLITE_READONLY, ResultCode::READONLY),
            (ffi::SQLITE_INTERRUPT, ResultCode::INTERRUPT),
            (ffi::SQLITE_FULL, ResultCode::FULL),
            (ffi::SQLITE_CANTOPEN, ResultCode::CANTOPEN),
            (ffi::SQLITE_TOOBIG, ResultCode::TOOBIG),
            (ffi::SQLITE_CONSTRAINT, ResultCode::CONSTRAINT),
            (ffi::SQLITE_CONSTRAINT_FOREIGNKEY, ResultCode::CONSTRAINT_FOREIGNKEY),
            (ffi::SQLITE_MISUSE, ResultCode::MISUSE),
            (ffi::SQLITE_AUTH, ResultCode::AUTH),
        ];
        for (number, constant) in constants {
            assert_eq!(ResultCode::new(number), Some(constant));
        }
    }

    #[test]
    fn every_code_comes_back_from_its_name() {
        for (primary, (_, minors)) in NAMES.iter().enumerate() {
            for extension in 0..=minors.len() {
                let code = ResultCode::new((primary | extension << 8) as i32).expect("it is in the table");
                assert_eq!(ResultCode::named(&code.to_string()), Some(code));
            }
        }
    }

    #[test]
    fn what_is_newer_than_the_table_is_its_primary_code_or_none() {
        for extended in [19 | 99 << 8, 4 | 1 << 8, 19 | -1 << 8] {
            assert_eq!(ResultCode::new(extended), ResultCode::new(extended & 0xff));
        }
        assert_eq!(ResultCode::new(100), None);
    }

    #[test]
    fn what_is_no_name_of_sqlites_is_no_code() {
        for name in [
            "",
            "SQLITE_",
            "ERROR",
            "SQLITE_ERROR_",
            "SQLITE_ERROR_NEW",
            "SQLITE_ABORT_",
            "SQLITE_100",
        ] {
            assert_eq!(ResultCode::named(name), None, "{name}");
        }
    }
}
