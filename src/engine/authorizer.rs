//! What SQLite's authorizer sees while a statement is prepared: what it reads and writes, and whether it may.
//!
//! One per connection. SQLite calls it at prepare time for every table, column, trigger and cascade that
//! a statement touches (<https://sqlite.org/c3ref/set_authorizer.html>), and again while a statement runs
//! if SQLite prepares it anew or a virtual table prepares statements of its own.
//! `update_hook` was refused: it misses WITHOUT ROWID tables, REPLACE and the truncate optimisation.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization, TransactionOperation};

use super::prepared::Control;
use crate::sql::SqlFailure;

/// PRAGMAs that only tell something; an argument names a table or a limit.
const READING: &[&str] = &[
    "collation_list",
    "compile_options",
    "data_version",
    "database_list",
    "foreign_key_check",
    "foreign_key_list",
    "freelist_count",
    "function_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "page_count",
    "quick_check",
    "table_info",
    "table_list",
    "table_xinfo",
];
/// PRAGMAs that tell something without an argument and would set it with one.
const READING_WITHOUT_VALUE: &[&str] = &["encoding", "foreign_keys", "page_size", "schema_version"];
/// PRAGMAs that write to the database: the second group only with an argument.
const WRITING: &[&str] = &["optimize"];
const WRITING_WITH_VALUE: &[&str] = &["application_id", "user_version"];
/// PRAGMAs whose answer depends on the content of every table.
const READING_EVERYTHING: &[&str] = &[
    "foreign_key_check",
    "freelist_count",
    "integrity_check",
    "page_count",
    "quick_check",
];

/// Tables and columns; an empty column stands for "rows, no column".
pub(super) type Reads = BTreeSet<(String, String)>;

/// A row write as SQLite announces it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Write {
    Insert { table: String },
    Delete { table: String },
    Update { table: String, column: String },
}

/// Whose statement is being prepared, and so how it is judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Watch {
    /// The engine's own: all is allowed, nothing noted.
    #[default]
    Own,
    /// `VACUUM` at work: it attaches a database in memory; with `INTO` it would attach a file.
    Vacuum,
    /// The page's.
    Statement,
}

/// What was seen since the last [`Authorizer::take`].
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) reads: Reads,
    pub(super) writes: BTreeSet<Write>,
    pub(super) reads_everything: bool,
    pub(super) schema: bool,
    pub(super) transaction: Option<Control>,
    seen: bool,
    refusal: Option<SqlFailure>,
}

/// A handle on one connection's authorizer.
pub(super) struct Authorizer {
    /// A mutex because the hook must be `Send`; it is never contended.
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    watch: Watch,
    notes: Notes,
}

impl Notes {
    /// Whether SQLite asked nothing: an empty text, or a statement that had been prepared before.
    pub(super) fn is_empty(&self) -> bool {
        !self.seen
    }
}

impl Authorizer {
    pub(super) fn install(connection: &mut Connection) -> rusqlite::Result<Self> {
        let state = Arc::new(Mutex::new(State::default()));
        let judge = Arc::clone(&state);
        connection.authorizer(Some(move |context: AuthContext<'_>| lock(&judge).judge(context)))?;
        Ok(Authorizer { state })
    }

    /// Does something under another watch.
    pub(super) fn under<T>(&self, watch: Watch, action: impl FnOnce() -> T) -> T {
        let before = std::mem::replace(&mut lock(&self.state).watch, watch);
        let result = action();
        lock(&self.state).watch = before;
        result
    }

    /// What was seen since the last call, and begins anew.
    pub(super) fn take(&self) -> Notes {
        std::mem::take(&mut lock(&self.state).notes)
    }

    /// Why the last statement was refused, if this authorizer did it.
    pub(super) fn refusal(&self) -> Option<SqlFailure> {
        lock(&self.state).notes.refusal.take()
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    fn judge(&mut self, context: AuthContext<'_>) -> Authorization {
        let verdict = match self.watch {
            Watch::Own => Ok(()),
            Watch::Vacuum => vacuum(context.action),
            Watch::Statement => self.note(context.action, context.database_name),
        };
        match verdict {
            Ok(()) => Authorization::Allow,
            Err(refusal) => {
                self.notes.refusal.get_or_insert(refusal);
                Authorization::Deny
            }
        }
    }

    fn note(&mut self, action: AuthAction<'_>, database: Option<&str>) -> Result<(), SqlFailure> {
        let notes = &mut self.notes;
        notes.seen = true;
        match action {
            AuthAction::Read {
                table_name,
                column_name,
            } => {
                notes
                    .reads
                    .insert((table_name.to_ascii_lowercase(), column_name.to_owned()));
            }
            // `CREATE TABLE temp.t` announces itself by its entry in the temporary schema only.
            AuthAction::Insert { .. } if database == Some("temp") => return Err(temporary_refused()),
            AuthAction::Insert { table_name } => {
                notes.write(table_name, |table| Write::Insert { table });
            }
            AuthAction::Delete { table_name } => {
                notes.write(table_name, |table| Write::Delete { table });
            }
            AuthAction::Update {
                table_name,
                column_name,
            } => {
                let column = column_name.to_ascii_lowercase();
                notes.write(table_name, |table| Write::Update { table, column });
            }
            AuthAction::Pragma {
                pragma_name,
                pragma_value,
            } => {
                return notes.pragma(&pragma_name.to_ascii_lowercase(), pragma_value);
            }
            AuthAction::Transaction { operation } => {
                notes.transaction = Some(match operation {
                    TransactionOperation::Begin => Control::Begin,
                    TransactionOperation::Rollback => Control::Rollback,
                    // rusqlite has no name for COMMIT.
                    _ => Control::Commit,
                });
            }
            AuthAction::Savepoint { operation, .. } => {
                notes.transaction = Some(match operation {
                    TransactionOperation::Begin => Control::Savepoint,
                    _ => Control::EndSavepoint,
                });
            }
            AuthAction::Select | AuthAction::Recursive | AuthAction::Function { .. } => {}
            AuthAction::CreateIndex { .. }
            | AuthAction::CreateTable { .. }
            | AuthAction::CreateTrigger { .. }
            | AuthAction::CreateView { .. }
            | AuthAction::CreateVtable { .. }
            | AuthAction::DropIndex { .. }
            | AuthAction::DropTable { .. }
            | AuthAction::DropTrigger { .. }
            | AuthAction::DropView { .. }
            | AuthAction::DropVtable { .. }
            | AuthAction::AlterTable { .. }
            | AuthAction::Analyze { .. }
            | AuthAction::Reindex { .. } => notes.schema = true,
            _ => return refused(action),
        }
        Ok(())
    }
}

impl Notes {
    fn write(&mut self, table: &str, write: impl FnOnce(String) -> Write) {
        let table = table.to_ascii_lowercase();
        // The schema table is written by every DDL statement; `schema` says so already.
        if !matches!(
            table.as_str(),
            "sqlite_master" | "sqlite_schema" | "sqlite_temp_master" | "sqlite_temp_schema"
        ) {
            self.writes.insert(write(table));
        }
    }

    fn pragma(&mut self, name: &str, value: Option<&str>) -> Result<(), SqlFailure> {
        self.reads_everything |= READING_EVERYTHING.contains(&name);
        if WRITING.contains(&name) || (WRITING_WITH_VALUE.contains(&name) && value.is_some()) {
            self.schema = true;
            return Ok(());
        }
        let reads = READING.contains(&name)
            || WRITING_WITH_VALUE.contains(&name)
            || (READING_WITHOUT_VALUE.contains(&name) && value.is_none());
        if reads { Ok(()) } else { Err(pragma_refused(name)) }
    }
}

fn refuse(reason: &str) -> SqlFailure {
    SqlFailure::new("SQLITE_AUTH", reason)
}

fn pragma_refused(name: &str) -> SqlFailure {
    let way_out = match name {
        "foreign_keys" => {
            "foreign keys are always enforced; declare a constraint DEFERRABLE \
                           INITIALLY DEFERRED to have it checked at the end"
        }
        "journal_mode" | "synchronous" | "locking_mode" | "wal_checkpoint" => {
            "how the database is stored is an option of the database, not of the connection"
        }
        "writable_schema" => "change the schema with CREATE, ALTER and DROP",
        "page_size" | "auto_vacuum" | "encoding" => {
            "it is fixed when a database is made; import a file that has the setting you want"
        }
        _ => "allowed are those that only tell something, such as table_info, and user_version",
    };
    refuse(&format!("PRAGMA {name} is not available: {way_out}"))
}

fn vacuum(action: AuthAction<'_>) -> Result<(), SqlFailure> {
    match action {
        AuthAction::Attach { filename } if !filename.is_empty() => Err(refuse(
            "VACUUM INTO is not available: there are no files here. Export the database",
        )),
        AuthAction::Unknown { .. } => refused(action),
        _ => Ok(()),
    }
}

fn temporary_refused() -> SqlFailure {
    refuse(
        "temporary tables, views and triggers are not available: whichever tab leads runs the \
         writes, and it would not have them. Use an ordinary table, or WITH",
    )
}

fn refused(action: AuthAction<'_>) -> Result<(), SqlFailure> {
    Err(match action {
        AuthAction::Attach { .. } | AuthAction::Detach { .. } => refuse(
            "ATTACH and DETACH are not available: a database is one image. Open the other one by its \
             own name, or import it",
        ),
        AuthAction::CreateTempTable { .. }
        | AuthAction::CreateTempIndex { .. }
        | AuthAction::CreateTempTrigger { .. }
        | AuthAction::CreateTempView { .. }
        | AuthAction::DropTempTable { .. }
        | AuthAction::DropTempIndex { .. }
        | AuthAction::DropTempTrigger { .. }
        | AuthAction::DropTempView { .. } => temporary_refused(),
        _ => refuse("this statement is not available here: it would attach a file"),
    })
}
