//! The authorizer: SQLite tells it what a statement reads and writes, and it decides whether the statement may.
//!
//! Each connection has one. SQLite calls it while it prepares a statement, for every table, column, trigger and cascade
//! that the statement touches (<https://sqlite.org/c3ref/set_authorizer.html>). SQLite calls it again while a statement
//! runs, if it prepares the statement anew or a virtual table prepares statements of its own. `update_hook` was
//! refused: it misses WITHOUT ROWID tables, REPLACE and the truncate optimisation.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization, TransactionOperation};

use super::control::Control;
use super::pragma::{self, Claim, Ruling, Setting};
use crate::sql::{Code, ResultCode, SqlFailure, WriteSet};

/// Tables and columns that are read. An empty column means that the rows are read and no column of them.
pub(super) type Reads = BTreeSet<(String, String)>;

/// A write of rows, as SQLite reports it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum NotedWrite {
    Insert { table: String },
    Delete { table: String },
    Update { table: String, column: String },
}

impl NotedWrite {
    pub(super) fn table(&self) -> &str {
        match self {
            NotedWrite::Insert { table } | NotedWrite::Delete { table } | NotedWrite::Update { table, .. } => table,
        }
    }
}

/// Whose statement is being prepared, which decides how it is judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Watch {
    /// The engine's own: everything is allowed and nothing is noted.
    #[default]
    Own,
    /// A running `VACUUM`: it attaches a database in memory. With `INTO` it would attach a file.
    Vacuum,
    /// The page's: it is judged and noted.
    Statement,
}

/// What was seen since the last [`Authorizer::take`].
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) reads: Reads,
    pub(super) writes: BTreeSet<NotedWrite>,
    pub(super) reads_everything: bool,
    pub(super) schema: bool,
    pub(super) transaction: Option<Control>,
    /// Tables that the statement itself inserts into, without those of its triggers.
    pub(super) targets: BTreeSet<String>,
    /// The table that is dropped.
    pub(super) drops: Option<String>,
    pub(super) counters: Counters,
    pub(super) setting: Option<Setting>,
    pub(super) claim: Option<Claim>,
    /// Whether the statement reads a PRAGMA: SQLite does not report all of these as read-only.
    pub(super) pragma_asked: Inquiry,
    /// The PRAGMA that answers in place of one that was passed over.
    pub(super) answer: Option<String>,
    seen: bool,
    refusal: Option<SqlFailure>,
}

/// Whether a statement calls the functions that tell of the one before: `changes()`, `total_changes()`,
/// `last_insert_rowid()`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Counters {
    #[default]
    Unasked,
    /// A view or a trigger calls them.
    AskedBeneath,
    Inquiry,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Inquiry {
    #[default]
    No,
    Yes,
}

/// A handle to the authorizer of one connection.
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
    /// Whether SQLite asked nothing: the text was empty, or the statement had been prepared before.
    pub(super) fn is_empty(&self) -> bool {
        !self.seen
    }

    /// The tables that are written, without those that the schema adds.
    pub(super) fn tables_written(&self) -> WriteSet {
        let mut written = WriteSet::default();
        self.writes.iter().for_each(|write| written.note_rows(write.table()));
        written
    }
}

impl Authorizer {
    pub(super) fn install(connection: &mut Connection) -> rusqlite::Result<Self> {
        let state = Arc::new(Mutex::new(State::default()));
        let judge = Arc::clone(&state);
        connection.authorizer(Some(move |context: AuthContext<'_>| lock(&judge).judge(context)))?;
        Ok(Authorizer { state })
    }

    /// Runs `action` under another watch.
    pub(super) fn under<T>(&self, watch: Watch, action: impl FnOnce() -> T) -> T {
        let before = std::mem::replace(&mut lock(&self.state).watch, watch);
        let result = action();
        lock(&self.state).watch = before;
        result
    }

    /// Takes what was seen since the last call.
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
            Watch::Own => Ok(Authorization::Allow),
            Watch::Vacuum => vacuum(context.action).map(|()| Authorization::Allow),
            Watch::Statement => self.note(&context),
        };
        match verdict {
            Ok(authorization) => authorization,
            Err(refusal) => {
                // SQLite itself will only say "not authorized": the reason waits here for `Authorizer::refusal`.
                self.notes.refusal.get_or_insert(refusal);
                Authorization::Deny
            }
        }
    }

    fn note(&mut self, context: &AuthContext<'_>) -> Result<Authorization, SqlFailure> {
        let notes = &mut self.notes;
        notes.seen = true;
        match context.action {
            AuthAction::Read {
                table_name,
                column_name,
            } => {
                notes
                    .reads
                    .insert((table_name.to_ascii_lowercase(), column_name.to_owned()));
            }
            // All that SQLite reports of `CREATE TABLE temp.t` is the insert into the temporary schema.
            AuthAction::Insert { .. } if context.database_name == Some("temp") => return Err(temporary_refused()),
            AuthAction::Insert { table_name } => {
                notes.write(table_name, |table| NotedWrite::Insert { table });
                // Without an accessor (a trigger or a view) the statement itself inserts.
                if context.accessor.is_none() {
                    notes.targets.insert(table_name.to_ascii_lowercase());
                }
            }
            AuthAction::Delete { table_name } => {
                notes.write(table_name, |table| NotedWrite::Delete { table });
            }
            AuthAction::Update {
                table_name,
                column_name,
            } => {
                let column = column_name.to_ascii_lowercase();
                notes.write(table_name, |table| NotedWrite::Update { table, column });
            }
            AuthAction::Pragma {
                pragma_name,
                pragma_value,
            } => {
                return notes.pragma(pragma::judge(&pragma_name.to_ascii_lowercase(), pragma_value));
            }
            AuthAction::Function { function_name } => {
                notes.function(function_name, context.accessor)?;
            }
            AuthAction::DropTable { table_name } => {
                notes.drops = Some(table_name.to_owned());
                notes.schema = true;
            }
            AuthAction::Transaction { operation } => {
                notes.transaction = Some(match operation {
                    TransactionOperation::Begin => Control::Begin,
                    TransactionOperation::Rollback => Control::Rollback,
                    // rusqlite has no name for COMMIT, and calls it `Unknown`.
                    _ => Control::Commit,
                });
            }
            AuthAction::Savepoint { operation, .. } => {
                notes.transaction = Some(match operation {
                    TransactionOperation::Begin => Control::Savepoint,
                    _ => Control::EndSavepoint,
                });
            }
            AuthAction::Select | AuthAction::Recursive => {}
            AuthAction::CreateIndex { .. }
            | AuthAction::CreateTable { .. }
            | AuthAction::CreateTrigger { .. }
            | AuthAction::CreateView { .. }
            | AuthAction::CreateVtable { .. }
            | AuthAction::DropIndex { .. }
            | AuthAction::DropTrigger { .. }
            | AuthAction::DropView { .. }
            | AuthAction::DropVtable { .. }
            | AuthAction::AlterTable { .. }
            | AuthAction::Analyze { .. }
            | AuthAction::Reindex { .. } => notes.schema = true,
            action => refused(action)?,
        }
        Ok(Authorization::Allow)
    }
}

impl Notes {
    fn write(&mut self, table: &str, write: impl FnOnce(String) -> NotedWrite) {
        let table = table.to_ascii_lowercase();
        // Every DDL statement writes the schema table; `schema` says so already.
        if !matches!(
            table.as_str(),
            "sqlite_master" | "sqlite_schema" | "sqlite_temp_master" | "sqlite_temp_schema"
        ) {
            self.writes.insert(write(table));
        }
    }

    /// Answers `Ignore` for a PRAGMA that must not be carried out: SQLite then prepares a statement that does nothing.
    fn pragma(&mut self, verdict: Ruling) -> Result<Authorization, SqlFailure> {
        match verdict {
            Ruling::Tells => {
                self.pragma_asked = Inquiry::Yes;
                return Ok(Authorization::Allow);
            }
            Ruling::TellsOfEverything => {
                self.pragma_asked = Inquiry::Yes;
                self.reads_everything = true;
                return Ok(Authorization::Allow);
            }
            Ruling::Writes => {
                self.schema = true;
                return Ok(Authorization::Allow);
            }
            Ruling::PassedOver(answer) => self.answer = answer,
            Ruling::Sets(setting) => self.setting = Some(setting),
            Ruling::Claims(claim) => self.claim = Some(claim),
            Ruling::Refused(refusal) => return Err(refusal),
        }
        Ok(Authorization::Ignore)
    }

    fn function(&mut self, name: &str, accessor: Option<&str>) -> Result<(), SqlFailure> {
        let is = |function: &str| name.eq_ignore_ascii_case(function);
        if is("changes") || is("total_changes") || is("last_insert_rowid") {
            let asked = match accessor {
                None => Counters::Inquiry,
                Some(_) => Counters::AskedBeneath,
            };
            self.counters = self.counters.max(asked);
        }
        Ok(())
    }
}

fn refuse(reason: &str) -> SqlFailure {
    SqlFailure::new(Code::Sqlite(ResultCode::AUTH), reason)
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
