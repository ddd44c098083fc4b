//! The failures that several elements have, or several parts of one, each in one wording.
//!
//! What one place alone can say stands there. Free of the document: the place says which element or attribute it is.

use sqlite_elements::request::{Failure, FailureKind};
use sqlite_elements::sql::Code;

/// An element has no `sql`, which may begin as in `example`.
pub fn sql_missing(element: &str, example: &str) -> Failure {
    let message = format!("<{element}> needs its SQL, as in <{element} sql=\"{example} …\">");
    Failure::new(FailureKind::State, Code::SqlMissing, message)
}

/// A name of a column, as it stands at `place`, that the rows do not have.
pub fn column_unknown(place: &str, columns: &[String]) -> Failure {
    let columns = columns.join(", ");
    let message = format!("{place} is no column of the query; its columns are: {columns}");
    Failure::new(FailureKind::State, Code::ColumnUnknown, message)
}
