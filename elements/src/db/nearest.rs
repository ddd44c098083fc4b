//! Which database an element uses: the `<sqlite-db>` that its attribute `db` names, or else the nearest one around it.
//!
//! Queries, writes and the status call this module. It finds a database by the number of its element, and holds the
//! cores weakly.

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

/// From now on elements can find this database.
pub(super) fn enter(number: ElementNumber, db: Weak<Db>) {
    DATABASES.with_borrow_mut(|databases| databases.insert(number, db));
}

/// From now on elements can no longer find this database.
pub(super) fn remove(number: ElementNumber) {
    // While the page itself is unloaded, this list may be dropped before an element.
    let _ = DATABASES.try_with(|databases| databases.borrow_mut().remove(&number));
}

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
    DATABASES.with_borrow(|databases| databases.get(&number).and_then(Weak::upgrade))
}

/// Why the element has no database. `None` while the parser may still find one.
pub(crate) fn missing(element: &Element) -> Option<Failure> {
    (!tree::is_loading(&tree::owner(element)?)).then(|| failure_of_missing(element))
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
