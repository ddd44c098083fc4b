//! A transaction that stays open across calls: `BEGIN` in one, `COMMIT` in another.
//!
//! It lives on the writer, and the engine does nothing else there meanwhile: that is the caller's part, the
//! protocol lends the writer out as a whole. Each text runs as SQLite would run it, with two differences:
//! * a text of several statements without transaction control has an effect as a whole or not at all;
//! * what ends the transaction must be the last statement of its text. What follows would be outside, and
//!   its answer would speak of a commit that is not durable yet.

use std::cell::Cell;

use super::authorizer::Watch;
use super::bracket::Admission;
use super::control::Control;
use super::effects::Effects;
use super::prepared::Kind;
use super::session::{Detail, Session};
use super::work;
use crate::sql::{Code, Outcome, SqlFailure, Statement, WriteSet};

/// What a text did to the transaction around it.
pub(super) struct Transacted {
    pub(super) answer: Result<Outcome, SqlFailure>,
    /// What was written, or may have been.
    pub(super) writes: WriteSet,
}

const SAVEPOINT: &str = "SAVEPOINT \"sqlite-elements\"";
const RELEASE: &str = "RELEASE \"sqlite-elements\"";
const UNDO: &str = "ROLLBACK TO \"sqlite-elements\"; RELEASE \"sqlite-elements\"";

/// Runs a text inside the open transaction, or opens one with it.
pub(super) fn run(writer: &Session, statement: &Statement, detail: Detail) -> Transacted {
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
        // `RELEASE` may have been its end: then only now are the references looked at.
        done.and_then(|done| writer.settle().map(|()| done))
            .and_then(|done| writer.restore().map(|()| done))
            .inspect_err(|_| drop(writer.restore()))
    } else {
        done
    };
    let mut writes = WriteSet::default();
    match &done {
        Ok((_, effects)) => writes.merge(effects.writes.clone()),
        // Those before the one that failed have had their effect, and what it was went with the error.
        Err(_) if several && controls => writes.note_schema(),
        Err(_) => {}
    }
    if done.is_err() {
        // The schema may have gone back to what it was.
        writer.forget_schema();
    }
    Transacted {
        answer: done.map(|(outcome, _)| outcome),
        writes,
    }
}

/// Runs a query inside the open transaction.
pub(super) fn query(
    writer: &Session,
    statement: &Statement,
    only_reads: &dyn Fn(Kind) -> Result<Admission, SqlFailure>,
) -> Result<Outcome, SqlFailure> {
    let effects = writer.perform(&statement.sql, &statement.params, Watch::Statement, only_reads)?;
    if effects.statements == 0 {
        return Err(work::empty());
    }
    Ok(Outcome {
        rows: effects.rows.unwrap_or_default(),
        ..Outcome::nothing()
    })
}

fn whole(writer: &Session, statement: &Statement) -> Result<(Outcome, Effects), SqlFailure> {
    writer.own(|connection| connection.execute_batch(SAVEPOINT))?;
    let done = one_by_one(writer, statement);
    if done.is_ok() {
        writer.own(|connection| connection.execute_batch(RELEASE))?;
    } else if !writer.is_autocommit() {
        writer.own(|connection| connection.execute_batch(UNDO))?;
    }
    done
}

fn one_by_one(writer: &Session, statement: &Statement) -> Result<(Outcome, Effects), SqlFailure> {
    let was_open = Cell::new(false);
    let admit = |kind| {
        let is_open = !writer.is_autocommit();
        if was_open.get() && !is_open {
            return match kind {
                Kind::Setting(setting) if setting.says_what_is_so() => Ok(Admission::PassOver),
                _ => Err(goes_on()),
            };
        }
        was_open.set(is_open);
        if kind == Kind::Transaction(Control::Commit) && is_open {
            writer.settle()?;
        }
        Ok(Admission::Run)
    };
    let ran = writer.perform(&statement.sql, &statement.params, Watch::Statement, &admit);
    let mut effects = ran?;
    if effects.statements == 0 {
        return Err(work::empty());
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
