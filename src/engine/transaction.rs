//! A transaction across calls: `BEGIN` in one call, `COMMIT` in a later one.
//!
//! It runs on the writer, and nothing else may run there meanwhile. The caller must see to that: the protocol lends the
//! writer out as a whole. Each text runs as SQLite would run it, with two differences:
//! * a text of several statements without transaction control takes effect as a whole or not at all;
//! * the statement that ends the transaction must be the last of its text. A statement after it would run outside the
//!   transaction, and its answer would tell of a commit that is not durable yet.

use std::cell::Cell;

use super::authorizer::Watch;
use super::bracket::Admission;
use super::control::Control;
use super::effects::Effects;
use super::prepared::Kind;
use super::sqlite::{Detail, Sqlite};
use crate::sql::{Code, Outcome, SqlFailure, Statement, WriteSet};

/// What a text did to the transaction around it.
pub(super) struct Transacted {
    pub(super) answer: Result<Outcome, SqlFailure>,
    /// What the text wrote, or may have written.
    pub(super) writes: WriteSet,
}

const SAVEPOINT: &str = "SAVEPOINT \"sqlite-elements\"";
const RELEASE: &str = "RELEASE \"sqlite-elements\"";
const UNDO: &str = "ROLLBACK TO \"sqlite-elements\"; RELEASE \"sqlite-elements\"";

/// Runs a text inside the open transaction, or opens one with it.
pub(super) fn run(writer: &Sqlite, statement: &Statement, detail: Detail) -> Transacted {
    writer.begins(detail);
    let (kinds, prepared) = writer.kinds(&statement.sql);
    let controls = kinds.iter().any(|kind| matches!(kind, Kind::Transaction(_)));
    let several = kinds.len() > 1 || prepared.is_err();
    let done = if several && !controls {
        whole(writer, statement)
    } else {
        one_by_one(writer, statement)
    };
    let done = if writer.is_autocommit() {
        // COMMIT was checked before it ran. RELEASE may have ended the transaction too: its references are checked now.
        done.and_then(|done| writer.settle().map(|()| done))
            .and_then(|done| writer.restore().map(|()| done))
            .inspect_err(|_| drop(writer.restore()))
    } else {
        done
    };
    let mut writes = WriteSet::default();
    match &done {
        Ok((_, effects)) => writes.merge(effects.writes.clone()),
        // The statements before the failed one took effect, but the error has lost their write set.
        Err(_) if several && controls => writes.note_schema(),
        Err(_) => {}
    }
    if done.is_err() {
        // The failed text may have undone a schema change.
        writer.forget_schema();
    }
    Transacted {
        answer: done.map(|(outcome, _)| outcome),
        writes,
    }
}

/// Runs a text of several statements inside a savepoint: as a whole, or without effect.
fn whole(writer: &Sqlite, statement: &Statement) -> Result<(Outcome, Effects), SqlFailure> {
    writer.own(|connection| connection.execute_batch(SAVEPOINT))?;
    let done = one_by_one(writer, statement);
    if done.is_ok() {
        writer.own(|connection| connection.execute_batch(RELEASE))?;
    } else if !writer.is_autocommit() {
        // Not after `OR ROLLBACK`: the savepoint is gone with its transaction.
        writer.own(|connection| connection.execute_batch(UNDO))?;
    }
    done
}

fn one_by_one(writer: &Sqlite, statement: &Statement) -> Result<(Outcome, Effects), SqlFailure> {
    let was_open = Cell::new(false);
    let admit = |kind| {
        let is_open = !writer.is_autocommit();
        // The statement before has ended the transaction: only a setting that changes nothing may follow.
        if was_open.get() && !is_open {
            return match kind {
                Kind::Setting(setting) if setting.says_what_is_so() => Ok(Admission::PassOver),
                _ => Err(goes_on()),
            };
        }
        was_open.set(is_open);
        // Before COMMIT runs: after a refusal the transaction stays open.
        if kind == Kind::Transaction(Control::Commit) && is_open {
            writer.settle()?;
        }
        Ok(Admission::Run)
    };
    let ran = writer.perform(&statement.sql, &statement.params, Watch::Statement, &admit);
    let mut effects = ran?;
    if effects.statements == 0 {
        return Err(SqlFailure::empty_statement());
    }
    let outcome = Outcome {
        rows: effects.rows.take().unwrap_or_default(),
        changes: effects.changes,
        last_row_id: effects.last_row_id.unwrap_or(0),
    };
    Ok((outcome, effects))
}

fn goes_on() -> SqlFailure {
    SqlFailure::new(
        Code::TransactionInText,
        "what ends a transaction must be the last statement of its text; the transaction was rolled back",
    )
}
