//! Which database an element uses: the `<sqlite-db>` that its attribute `db` names, or else the nearest one around it.
//!
//! Queries, writes and the status call this module. It finds a database by the number of its element.

use std::rc::Rc;

use sqlite_elements::request::{Failure, FailureKind};
use sqlite_elements::sql::Code;
use web_sys::Element;

use super::element::{Db, Reach};
use crate::{base, document, tree};

/// The state of the element's database, and its connection if it is ready.
pub(crate) fn reach(element: &Element) -> Reach {
    find(element).map_or(Reach::Missing, |db| db.reach())
}

/// The core of the element's database.
pub(crate) fn find(element: &Element) -> Option<Rc<Db>> {
    let found = match tree::attribute(element, "db") {
        Some(id) => document::by_id_around(element, &id),
        None => document::around(element, "sqlite-db"),
    };
    let number = base::number_of(&found?)?;
    Db::numbered(number)
}

/// Why the element has no database. `None` while the parser may still find one.
pub(crate) fn missing(element: &Element) -> Option<Failure> {
    (!document::is_loading(element)).then(|| failure_of_missing(element))
}

/// The failure of an element that has no database.
pub(crate) fn failure_of_missing(element: &Element) -> Failure {
    let message = match tree::attribute(element, "db") {
        Some(id) => {
            format!("db=\"{id}\" names no database: there is no <sqlite-db id=\"{id}\">; give one that id")
        }
        None => format!(
            "<{}> must stand inside a <sqlite-db>, or name one by db=\"its id\"",
            tree::local_name(element)
        ),
    };
    Failure::new(FailureKind::State, Code::DatabaseMissing, message)
}
