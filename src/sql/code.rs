//! The codes of errors: one vocabulary for the engine, the tabs, the page and the documents.
//!
//! Every refusal ([`super::SqlFailure`], [`crate::request::Failure`]) carries one code, which becomes the `code` of the
//! JavaScript error. Programs tell errors apart by their code, so its text never changes: not for pages, and not for
//! tabs of another version, which receive that text. Tabs of another version may also send a code that is not known
//! here ([`Code::Other`]).
//!
//! To add a code, add a line here that says what the page can do. `tests/codes.rs` then fails until docs/errors.md and
//! the type `ErrorCode` have the code too. The list also has the codes that only TypeScript gives. Writing the text at
//! each place that fails, as before, was given up: nothing listed the codes, and nobody found a misspelt one. Numbers
//! on the wire were refused: they would save some bytes, but an older tab would understand no code that is newer than
//! itself.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::result_code::ResultCode;

macro_rules! codes {
    ($($(#[doc = $meaning:literal])+ $code:ident = $name:literal,)+) => {
        /// What an error is, for programs. `Display` gives the text that a page sees.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Code {
            $($(#[doc = $meaning])+ $code,)+
            /// SQLite's own code, mostly about the statement, with SQLite's message: correct the statement or its
            /// values.
            Sqlite(ResultCode),
            /// A code of another version of the library: treat it as an unexpected error.
            Other(OtherCode),
        }

        impl Code {
            /// The library's own codes, in the order of docs/errors.md.
            pub const OWN: &[Code] = &[$(Code::$code),+];

            /// What docs/errors.md says: what the code means, and what the page can do. Empty for a code that is not
            /// the library's own.
            pub fn meaning(&self) -> &'static str {
                match self {
                    $(Code::$code => concat!($($meaning),+),)+
                    Code::Sqlite(_) | Code::Other(_) => "",
                }
            }

            fn own_name(&self) -> Option<&'static str> {
                match self {
                    $(Code::$code => Some($name),)+
                    Code::Sqlite(_) | Code::Other(_) => None,
                }
            }
        }
    };
}

codes! {
    // Arguments and names.
    /// An argument is of the wrong type (a `TypeError`): pass what the message asks for.
    ArgumentType = "ARGUMENT_TYPE",
    /// A number or date that SQLite cannot hold, or a transferred buffer (a `RangeError`): pass another value.
    ParameterRange = "PARAMETER_RANGE",
    /// A value, a call or a file is above the limit: store pieces of about 1 MB, or make several calls.
    ValueTooLarge = "VALUE_TOO_LARGE",
    /// The name of a database has half of a character in it (a lone surrogate): use whole characters.
    NameInvalid = "NAME_INVALID",
    // SQL.
    /// The text has no SQL statement in it: write one.
    EmptyStatement = "EMPTY_STATEMENT",
    /// There are more or fewer values than parameters: give one for each, or name them.
    ParameterCount = "PARAMETER_COUNT",
    /// A parameter has no value: give one under its name; to an element by `data-…` or a field.
    ParameterMissing = "PARAMETER_MISSING",
    /// The SQL has a name under two signs, as `:a` and `@a`: write one of them, or give both with their signs.
    ParameterAmbiguous = "PARAMETER_AMBIGUOUS",
    /// The rows of one statement are more than 256 MiB: ask for fewer by `WHERE` or `LIMIT`, or for fewer columns.
    ResultTooLarge = "RESULT_TOO_LARGE",
    /// A transaction begins or ends in the middle of a text: begin it first in a text, and end it last.
    TransactionInText = "TRANSACTION_IN_TEXT",
    /// What is one transaction already has a `BEGIN` or `COMMIT`: leave them out, or put one pair around all of it.
    TransactionInBatch = "TRANSACTION_IN_BATCH",
    // Live queries.
    /// A live query ran for 10 s: an index or `LIMIT` makes it faster; it is tried again when the schema changes.
    QueryTooLong = "QUERY_TOO_LONG",
    /// The worker dies of this live query, so it is not asked any more: ask something that takes less.
    QueryPoisoned = "QUERY_POISONED",
    // Writes and transactions.
    /// Only the tab that leads may do this: use `queueWrite` or `batch`, which have the leader do it.
    WritePermissionDenied = "WRITE_PERMISSION_DENIED",
    /// There was no answer in time: if the message says that a write may have been done, look before you repeat it.
    Timeout = "TIMEOUT",
    /// The write ran for 60 s and has no effect: do it in smaller pieces.
    WriteTooLong = "WRITE_TOO_LONG",
    /// The write cost two tabs their workers and has no effect: change it before you send it again.
    WritePoisoned = "WRITE_POISONED",
    /// The open transaction was rolled back, and nothing of it is stored: run `ROLLBACK`, then begin again.
    TransactionLost = "TRANSACTION_LOST",
    /// Writes are not tracked: call `enableOptimisticUpdates(true)` first.
    OptimisticModeOff = "OPTIMISTIC_MODE_OFF",
    // Migrations and files.
    /// A migration that has run has another text now: put the old one back, and add a new script after the last.
    MigrationChanged = "MIGRATION_CHANGED",
    /// A SQLite file is not the first migration, or there are tables already: put it first, or use another name.
    MigrationFileLate = "MIGRATION_FILE_LATE",
    /// A new database begins with a file that was not sent along: `<sqlite-db>` brings it and tries again by itself.
    MigrationFileNeeded = "MIGRATION_FILE_NEEDED",
    /// The file of a `src` cannot be fetched: the message says why; lead `src` to a file.
    MigrationNotLoaded = "MIGRATION_NOT_LOADED",
    /// The file is no whole SQLite database, or the page's migrations do not run on it: the message says which.
    ImportRefused = "IMPORT_REFUSED",
    // Storage.
    /// The browser gives no more room, and nothing was changed: delete something, or write less.
    QuotaExceeded = "QUOTA_EXCEEDED",
    /// One write changes more than 512 MiB, and nothing was changed: write in several parts.
    CommitTooLarge = "COMMIT_TOO_LARGE",
    /// The browser's storage failed, and nothing was changed: try again.
    StorageFailed = "STORAGE_FAILED",
    /// The site's data was cleared, or the database deleted, while the page was open: reload.
    StorageGone = "STORAGE_GONE",
    /// What is stored is damaged: `Database.recover` saves what can be read.
    StorageCorrupt = "STORAGE_CORRUPT",
    /// The browser offers this page no storage: let the site store data, and reload; until then, all is in memory.
    StorageUnavailable = "STORAGE_UNAVAILABLE",
    /// What is stored is whole, and SQLite cannot open it: `Database.recover` gives the file as it is.
    ImageUnreadable = "IMAGE_UNREADABLE",
    /// Another tab has taken over the lead, and nothing was written: write again, and that one does it.
    Fenced = "FENCED",
    // Versions and messages.
    /// Another tab has, or had, another version of the library: reload the older page.
    VersionMismatch = "VERSION_MISMATCH",
    /// A message of another tab was damaged: there is nothing to do, for what it told is read from the store.
    MessageDamaged = "MESSAGE_DAMAGED",
    /// The worker cannot read what the page asks: reload, so that both are of one version.
    RequestUnreadable = "REQUEST_UNREADABLE",
    /// The worker gave the answer to another question: reload the page.
    AnswerUnreadable = "ANSWER_UNREADABLE",
    /// The browser refused what the database needs, as the message says: reload to try again.
    BrowserRefused = "BROWSER_REFUSED",
    // The library, its worker, and the state of a database.
    /// `close()` came before or meanwhile: open the database again; of a write, the message says if it was run.
    DatabaseClosed = "DATABASE_CLOSED",
    /// It takes a browser, and there is none, as on a server or in a test: call it in a page.
    EnvironmentUnsupported = "ENVIRONMENT_UNSUPPORTED",
    /// `sqlite-elements.wasm` cannot be loaded: serve it beside the library; the next call tries again.
    LibraryNotLoaded = "LIBRARY_NOT_LOADED",
    /// The page may have no worker: allow `worker-src` the library's origin, and `blob:` if that is not the page's.
    WorkerUnavailable = "WORKER_UNAVAILABLE",
    /// The worker died: look before you repeat a write; the next call has another one, unless the message denies it.
    WorkerCrashed = "WORKER_CRASHED",
    // Elements.
    /// A `<sqlite-db>` has no `name`, or an empty one: give it one.
    NameMissing = "NAME_MISSING",
    /// `durability` is neither `relaxed` nor `strict`: correct it, or leave it out.
    DurabilityUnknown = "DURABILITY_UNKNOWN",
    /// There is no `<sqlite-db>` around the element, or none of the id in `db`: put it into one, or name one.
    DatabaseMissing = "DATABASE_MISSING",
    /// The element has no `sql`: write it.
    SqlMissing = "SQL_MISSING",
    /// There is no form of the id in `form` in the same tree: correct the id.
    FormMissing = "FORM_MISSING",
    /// A mark, or `key`, names no column; the message lists those there are: correct it, or select the column.
    ColumnUnknown = "COLUMN_UNKNOWN",
    /// What stands behind the bar of a mark is no format; the message lists those there are: correct it.
    FormatUnknown = "FORMAT_UNKNOWN",
    /// A mark stands where data may not: hand the value over as `data-…`.
    MarkRefused = "MARK_REFUSED",
    /// Several files were chosen for one parameter: give each a field and a name, or write a row each by script.
    FilesSeveral = "FILES_SEVERAL",
    /// The chosen file was moved or changed since: choose it again.
    FileNotRead = "FILE_NOT_READ",
    // The inspector's console.
    /// A transaction cannot stay open between two runs: write it as one text, `BEGIN; …; COMMIT`.
    TransactionSpansRuns = "TRANSACTION_SPANS_RUNS",
    /// The user stopped the statement: run it again.
    Stopped = "STOPPED",
}

/// The text of a code that this version does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherCode(String);

impl Code {
    /// The code for an extended result code of SQLite. Result codes become codes only here.
    pub fn of_sqlite(extended: i32) -> Self {
        match ResultCode::new(extended) {
            Some(code) => Code::Sqlite(code),
            None => Code::Other(OtherCode(format!("SQLITE_{extended}"))),
        }
    }

    /// The text that a page sees.
    pub fn name(&self) -> Cow<'_, str> {
        match self {
            Code::Sqlite(code) => Cow::Owned(code.to_string()),
            Code::Other(OtherCode(name)) => Cow::Borrowed(name),
            own => Cow::Borrowed(own.own_name().unwrap_or_default()),
        }
    }

    fn known(name: &str) -> Option<Self> {
        let own = Code::OWN.iter().find(|code| code.own_name() == Some(name));
        own.cloned().or_else(|| ResultCode::named(name).map(Code::Sqlite))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

impl From<String> for Code {
    fn from(name: String) -> Self {
        Code::known(&name).unwrap_or(Code::Other(OtherCode(name)))
    }
}

impl FromStr for Code {
    type Err = Infallible;

    fn from_str(name: &str) -> Result<Self, Infallible> {
        Ok(name.to_owned().into())
    }
}

/// Serialised as its text, as before this enum existed, so that a tab of any version can read it.
impl Serialize for Code {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.name())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(Code::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What travelled between tabs before codes were an enum.
    #[derive(Serialize)]
    struct Before {
        code: String,
        message: String,
    }

    fn bytes<T: Serialize>(value: &T) -> Vec<u8> {
        postcard::to_stdvec(value).expect("plain data serialises")
    }

    #[test]
    fn every_code_comes_back_from_its_text() {
        for code in Code::OWN {
            assert_eq!(code.name().parse(), Ok(code.clone()));
        }
        let unique = Code::of_sqlite(19 | 8 << 8);
        assert_eq!(unique.name(), "SQLITE_CONSTRAINT_UNIQUE");
        assert_eq!("SQLITE_CONSTRAINT_UNIQUE".parse(), Ok(unique));
        assert_eq!(Code::of_sqlite(100).to_string(), "SQLITE_100");
    }

    #[test]
    fn a_variant_is_called_as_its_text_is() {
        for code in Code::OWN {
            let words = code.name().to_lowercase();
            let words = words.split('_').map(|word| word[..1].to_uppercase() + &word[1..]);
            assert_eq!(format!("{code:?}"), words.collect::<String>());
        }
    }

    #[test]
    fn a_failure_is_the_same_bytes_as_when_codes_were_texts() {
        for code in [
            "WRITE_PERMISSION_DENIED",
            "SQLITE_CONSTRAINT_FOREIGNKEY",
            "NOT_KNOWN_YET",
        ] {
            let message = "no".to_owned();
            let now = crate::sql::SqlFailure::new(Code::from(code.to_owned()), message.clone());
            let code = code.to_owned();
            assert_eq!(bytes(&now), bytes(&Before { code, message }));
            assert_eq!(postcard::from_bytes(&bytes(&now)), Ok(now));
        }
    }

    #[test]
    fn a_code_of_a_newer_version_stays_what_it_is() {
        for name in ["NOT_KNOWN_YET", "SQLITE_CONSTRAINT_NEWER", "SQLITE_100", ""] {
            let code = Code::from(name.to_owned());
            assert!(matches!(code, Code::Other(_)), "{code:?}");
            assert_eq!(code.name(), name);
        }
    }
}
