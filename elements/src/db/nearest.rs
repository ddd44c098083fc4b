//! Which database an element means: the `<sqlite-db>` that its attribute `db` names, else the nearest around it.
//!
//! Queries, writes and the status ask here. A database is found by the number of its element; the cores are held weakly.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use sqlite_elements::ascending::Ascending;
use sqlite_elements::request::{Failure, FailureKind};
use sqlite_elements::sql::Code;
use web_sys::Element;

use super::{Db, Reach};
use crate::schedule::ElementNumber;
use crate::{base, document, tree};

thread_local! {
    static DATABASES: RefCell<Ascending<ElementNumber, Weak<Db>>> = const { RefCell::new(Ascending::new()) };
}

/// From now on this database can be found.
pub(super) fn enter(number: ElementNumber, db: Weak<Db>) {
    DATABASES.with_borrow_mut(|databases| databases.insert(number, db));
}

pub(super) fn remove(number: ElementNumber) {
    // An element may go while the page itself goes, after the list has.
    let _ = DATABASES.try_with(|databases| databases.borrow_mut().remove(&number));
}

/// The database of an element: the one that its attribute `db` names, else the nearest around it.
pub(crate) fn reach(element: &Element) -> Reach {
    find(element).map_or(Reach::Missing, |db| db.reach())
}

/// The core of the element's database, as [`reach`] finds it.
pub(crate) fn find(element: &Element) -> Option<Rc<Db>> {
    let found = match tree::attribute(element, "db") {
        Some(id) => document::by_id_around(element, &id),
        None => document::around(element, "sqlite-db"),
    };
    let number = base::number_of(&found?)?;
    DATABASES.with_borrow(|databases| databases.get(&number).and_then(Weak::upgrade))
}

/// Why there is no database for an element; `None` while one may still be parsed.
pub(crate) fn missing(element: &Element) -> Option<Failure> {
    (!tree::is_loading(&tree::owner(element)?)).then(|| failure_of_missing(element))
}

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
