//! A query: which statements it may run, and how its errors read.
//!
//! It runs on the reader ([`run`]), or on the writer inside an open transaction ([`run_inside`]).

use super::authorizer::Watch;
use super::bracket::{Admission, Bracket};
use super::pragma;
use super::prepared::Kind;
use super::sqlite::Sqlite;
use crate::sql::{Answer, Code, Outcome, ReadSet, ResultCode, SqlFailure, Statement};

/// The answer to a query, and what it depends on.
#[derive(Clone, Debug)]
pub struct Queried {
    /// Rows of the durable image; what is staged does not show in them.
    pub outcome: Outcome,
    /// Meets the write set of each commit that can change the rows.
    pub reads: ReadSet,
}

/// Runs a query on the image. Refuses every statement that writes.
pub(super) fn run(reader: &Sqlite, statement: &Statement) -> Result<Queried, SqlFailure> {
    let Statement { sql, params } = statement;
    let bracket = Bracket::default();
    let admit = |kind| match bracket.admit(kind) {
        Ok(admission) => only_reads(kind, admission),
        // A refusal because the statement writes is clearer than one because of its place.
        Err(refusal) => only_reads(kind, Admission::Run).and(Err(refusal)),
    };
    let performed = reader.perform(sql, params, Watch::Statement, &admit);
    let effects = performed.map_err(recalled)?;
    bracket.finish().map_err(|_| control_in_query())?;
    if effects.statements == 0 {
        return Err(SqlFailure::empty_statement());
    }
    let outcome = Outcome {
        rows: effects.rows.unwrap_or_default(),
        ..Outcome::nothing()
    };
    Ok(Queried {
        outcome,
        reads: effects.reads,
    })
}

/// Runs a query inside the open transaction.
pub(super) fn run_inside(writer: &Sqlite, statement: &Statement) -> Answer {
    let Statement { sql, params } = statement;
    let admit = |kind| only_reads(kind, Admission::Run);
    let effects = writer
        .perform(sql, params, Watch::Statement, &admit)
        .map_err(recalled)?;
    if effects.statements == 0 {
        return Err(SqlFailure::empty_statement());
    }
    Ok(Outcome {
        rows: effects.rows.unwrap_or_default(),
        ..Outcome::nothing()
    })
}

fn only_reads(kind: Kind, admission: Admission) -> Result<Admission, SqlFailure> {
    match kind {
        _ if admission == Admission::PassOver => Ok(admission),
        Kind::Read => Ok(admission),
        Kind::Setting(setting) if setting.says_what_is_so() => Ok(Admission::PassOver),
        Kind::Setting(_) => Err(pragma::alone()),
        Kind::Rows | Kind::Schema | Kind::Vacuum => Err(SqlFailure::new(
            Code::Sqlite(ResultCode::READONLY),
            "a query only reads: give this statement to execute or queueWrite",
        )),
        Kind::Transaction(_) => Err(control_in_query()),
    }
}

/// The error of an interrupted query: a query is interrupted only because its page has given it up.
fn recalled(failure: SqlFailure) -> SqlFailure {
    match failure.code {
        Code::Sqlite(ResultCode::INTERRUPT) => {
            SqlFailure::query_stopped("its signal was aborted or interrupt() was called")
        }
        _ => failure,
    }
}

fn control_in_query() -> SqlFailure {
    SqlFailure::new(
        Code::Sqlite(ResultCode::READONLY),
        "a query is a transaction of its own: leave BEGIN, COMMIT and SAVEPOINT out",
    )
}
