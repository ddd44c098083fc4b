//! Running units of work on the writer.
//!
//! Each unit is an SQLite transaction of its own; what makes a group of them one commit is the overlay,
//! which keeps the pages of all until the store has them. Savepoints in one big transaction were
//! refused. A deferred foreign key is only checked at COMMIT and would fail the whole group;
//! `RAISE(ROLLBACK)` and `OR ROLLBACK` would roll the neighbours back. So none of that can reach a
//! neighbour here, and the price is a few microseconds per unit.

use super::Engine;
use super::authorizer::Watch;
use super::bracket::Bracket;
use super::effects::Effects;
use super::migration;
use super::prepared::Kind;
use super::session::{Detail, Session};
use super::unit::{self, Done};
use crate::sql::{Answer, Code, Outcome, Permit, SqlFailure, Statement, Work, WriteSet};

impl Engine {
    /// Runs one unit; one that brings a file has it staged before.
    pub(super) fn run_one(&mut self, work: &Work) -> Answer {
        let staging = self.pages.borrow().staging();
        let file = match work {
            Work::Import { file, .. } => Some(file.as_slice()),
            Work::Migrate { scripts } => migration::seed(self.writer()?, scripts)?,
            Work::Batch { .. } => None,
        };
        let mut take_back = file.is_some();
        let imported = file.map_or(Ok(()), |file| self.import(file));
        let done = imported.and_then(|()| {
            if let (Some(_), Work::Migrate { scripts }) = (file, work) {
                migration::begin(self.writer()?, scripts)?;
            }
            let outcome = self.run_unit(work)?;
            take_back = true;
            self.check_schema().map(|()| outcome)
        });
        done.inspect_err(|_| {
            if take_back {
                self.writer = None;
                self.pages.borrow_mut().stage_again(staging);
            }
        })
    }
}

/// Runs one unit: all of it, or nothing.
pub(super) fn run(writer: &Session, work: &Work, detail: Detail) -> Result<(Outcome, WriteSet), SqlFailure> {
    writer.begins(detail);
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
    writer.restore()?;
    let done = done.inspect_err(|_| writer.forget_schema())?;
    let outcome = Outcome {
        rows: done.effects.rows.unwrap_or_default(),
        changes: done.changes.unwrap_or(done.effects.changes),
        last_row_id: done.effects.last_row_id.unwrap_or(0),
    };
    Ok((outcome, done.effects.writes))
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
    let committed = writer.own(|connection| connection.prepare_cached("COMMIT")?.raw_execute());
    committed.map(drop).map_err(|refusal| writer.named(refusal))
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

/// The error for a text without a statement.
pub(super) fn empty() -> SqlFailure {
    SqlFailure::new(
        Code::EmptyStatement,
        "there is no SQL statement in this text; write one",
    )
}
