//! Failures that several elements report, or several parts of one element. Each has one wording.
//!
//! A failure that only one place reports is defined in that place. This file does not depend on the document: the
//! caller says which element or attribute failed.

use sqlite_elements::request::{Failure, FailureKind};
use sqlite_elements::sql::Code;

/// The element has no `sql`. `example` is how its SQL may begin.
pub fn sql_missing(element: &str, example: &str) -> Failure {
    let message = format!("<{element}> needs its SQL, as in <{element} sql=\"{example} …\">");
    Failure::new(FailureKind::State, Code::SqlMissing, message)
}

/// `place` names a column that the rows do not have.
pub fn column_unknown(place: &str, columns: &[String]) -> Failure {
    let columns = columns.join(", ");
    let message = format!("{place} is no column of the query; its columns are: {columns}");
    Failure::new(FailureKind::State, Code::ColumnUnknown, message)
}
