//! Runs the statements of a unit of work, on the connection of [`super::writer`].
//!
//! Each unit is an SQLite transaction of its own. The overlay makes a group of units one commit: it keeps the pages of
//! all units until the store has them. Savepoints in one big transaction were refused: SQLite checks a deferred foreign
//! key only at COMMIT, which would fail the whole group, and `RAISE(ROLLBACK)` and `OR ROLLBACK` would roll the
//! neighbours back. With a transaction of its own, no unit can do that to another. The price is a few microseconds per
//! unit.

use super::authorizer::Watch;
use super::bracket::Bracket;
use super::effects::Effects;
use super::migration;
use super::prepared::Kind;
use super::recognition::Rehearsal;
use super::sqlite::{Detail, Sqlite};
use super::unit::{self, Done};
use crate::sql::{Outcome, Permit, SqlFailure, Statement, Work, WriteSet};

/// Runs one unit as a whole, or leaves no effect.
pub(super) fn run(
    writer: &Sqlite,
    work: &Work,
    detail: Detail,
    rehearse: Rehearsal,
) -> Result<(Outcome, WriteSet), SqlFailure> {
    writer.begins(detail);
    begin(writer)?;
    let done = match work {
        Work::Batch { statements, permit } => batch(writer, statements, *permit),
        Work::Migrate { scripts } => migration::migrate(writer, scripts, rehearse),
        Work::Import { scripts, .. } => migration::bring_up_to_date(writer, scripts, rehearse),
    };
    let done = done.and_then(|done| finish(writer).map(|()| done));
    if done.is_err() && !writer.is_autocommit() {
        // `OR ROLLBACK` and `RAISE(ROLLBACK)` have done this already, and a second ROLLBACK would be an error.
        writer.own(|connection| connection.execute_batch("ROLLBACK"))?;
    }
    writer.restore()?;
    let done = done.inspect_err(|_| writer.forget_schema())?;
    let outcome = Outcome {
        rows: done.effects.rows.unwrap_or_default(),
        changes: done.changes.unwrap_or(done.effects.changes),
        last_row_id: done.effects.last_row_id.unwrap_or(0),
    };
    Ok((outcome, done.effects.writes))
}

/// Begins a deferred transaction. There is no other writer to keep out, and `IMMEDIATE` would make the first page of a
/// new database even for work that then does nothing.
fn begin(writer: &Sqlite) -> Result<(), SqlFailure> {
    writer
        .own(|connection| connection.prepare_cached("BEGIN")?.raw_execute())
        .map(drop)
}

/// Commits, if a transaction is open. FTS5 writes its shadow tables only now; `schema` has added them to the write set.
fn finish(writer: &Sqlite) -> Result<(), SqlFailure> {
    if writer.is_autocommit() {
        return Ok(());
    }
    let committed = writer.own(|connection| connection.prepare_cached("COMMIT")?.raw_execute());
    committed.map(drop).map_err(|refusal| writer.named(refusal))
}

fn batch(writer: &Sqlite, statements: &[Statement], permit: Permit) -> Result<Done, SqlFailure> {
    let mut all = Effects::default();
    let bracket = Bracket::default();
    for statement in statements {
        let admit = |kind| {
            admit(kind, permit)?;
            let admission = bracket.admit(kind)?;
            let alone = || statements.len() == 1 && writer.kinds(&statement.sql).0.len() == 1;
            if kind == Kind::Vacuum && alone() {
                // VACUUM cannot run inside a transaction. Alone it needs none, so the one that has just begun ends
                // here.
                finish(writer)?;
            }
            Ok(admission)
        };
        let effects = writer.perform(&statement.sql, &statement.params, Watch::Statement, &admit)?;
        if effects.statements == 0 {
            return Err(SqlFailure::empty_statement());
        }
        all.then(effects);
    }
    bracket.finish()?;
    unit::close(writer, &all)?;
    Ok(Done {
        effects: all,
        changes: None,
    })
}

fn admit(kind: Kind, permit: Permit) -> Result<(), SqlFailure> {
    if kind == Kind::Rows && permit == Permit::SchemaOnly {
        return Err(SqlFailure::rows_denied());
    }
    Ok(())
}
