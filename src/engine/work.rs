//! Running units of work on the writer.
//!
//! Each unit is an SQLite transaction of its own; what makes a group of them one commit is the overlay,
//! which keeps the pages of all until the store has them. Savepoints in one big transaction were
//! refused. A deferred foreign key is only checked at COMMIT and would fail the whole group;
//! `RAISE(ROLLBACK)` and `OR ROLLBACK` would roll the neighbours back. So none of that can reach a
//! neighbour here, and the price is a few microseconds per unit.

use super::authorizer::Watch;
use super::bracket::Bracket;
use super::migration;
use super::prepared::{Inserts, Kind};
use super::session::{Effects, Session};
use crate::sql::{Outcome, Permit, SqlFailure, Statement, Work, WriteSet};

/// Runs one unit: all of it, or nothing.
pub(super) fn run(writer: &Session, work: &Work) -> Result<(Outcome, WriteSet), SqlFailure> {
    let before = writer.own(|connection| Ok(connection.total_changes()))?;
    begin(writer)?;
    let done = match work {
        Work::Batch { statements, permit } => batch(writer, statements, *permit),
        Work::Migrate { scripts } => migration::migrate(writer, scripts),
        Work::Import { scripts, .. } => migration::bring_up_to_date(writer, scripts),
    };
    let done = done.and_then(|done| finish(writer).map(|()| done));
    if done.is_err() && !writer.is_autocommit() {
        // An error that ended the transaction by itself has done this already.
        writer.own(|connection| connection.execute_batch("ROLLBACK"))?;
    }
    let done = done.inspect_err(|_| writer.forget_schema())?;
    let outcome = writer.own(|connection| {
        Ok(Outcome {
            rows: done.effects.rows.unwrap_or_default(),
            changes: done.changes.unwrap_or(connection.total_changes() - before),
            last_row_id: match done.effects.inserts {
                Inserts::None => 0,
                Inserts::Some => connection.last_insert_rowid(),
            },
        })
    })?;
    Ok((outcome, done.effects.writes))
}

/// What a unit did.
#[derive(Default)]
pub(super) struct Done {
    pub(super) effects: Effects,
    /// To be reported instead of SQLite's own count.
    pub(super) changes: Option<u64>,
}

/// Deferred: there is no other writer, and `IMMEDIATE` would make the first page of a new database
/// also for work that then does nothing.
fn begin(writer: &Session) -> Result<(), SqlFailure> {
    writer
        .own(|connection| connection.prepare_cached("BEGIN")?.raw_execute())
        .map(drop)
}

/// Commits. FTS5 writes to its shadow tables only now; `schema` has counted them in already.
fn finish(writer: &Session) -> Result<(), SqlFailure> {
    if writer.is_autocommit() {
        return Ok(());
    }
    writer
        .own(|connection| connection.prepare_cached("COMMIT")?.raw_execute())
        .map(drop)
}

fn batch(writer: &Session, statements: &[Statement], permit: Permit) -> Result<Done, SqlFailure> {
    let mut all = Effects::default();
    let bracket = Bracket::default();
    for statement in statements {
        let admit = |kind| {
            admit(kind, permit)?;
            let admission = bracket.admit(kind)?;
            let alone = || statements.len() == 1 && writer.kinds(&statement.sql).0.len() == 1;
            if kind == Kind::Vacuum && alone() {
                // It cannot run inside a transaction, and alone it needs none.
                finish(writer)?;
            }
            Ok(admission)
        };
        let effects = writer.perform(&statement.sql, &statement.params, Watch::Statement, &admit)?;
        if effects.statements == 0 {
            return Err(empty());
        }
        all.writes.merge(effects.writes);
        all.inserts = all.inserts.max(effects.inserts);
        all.rows = effects.rows.or(all.rows);
    }
    bracket.finish()?;
    Ok(Done {
        effects: all,
        changes: None,
    })
}

fn admit(kind: Kind, permit: Permit) -> Result<(), SqlFailure> {
    if kind == Kind::Rows && permit == Permit::SchemaOnly {
        return Err(SqlFailure::new(
            "WRITE_PERMISSION_DENIED",
            "WRITE_PERMISSION_DENIED: this tab is not the leader: it may change the schema, but rows only by queueWrite, or \
             after allowNonLeaderWrites(true)",
        ));
    }
    Ok(())
}

/// The error for a text without a statement.
pub(super) fn empty() -> SqlFailure {
    SqlFailure::new("EMPTY_STATEMENT", "there is no SQL statement in this text")
}
