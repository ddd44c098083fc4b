//! The rowid that a statement gave to a row, if it inserted one.
//!
//! `sqlite3_last_insert_rowid` tells the rowid of the last insert, whichever statement made it. After an upsert that
//! updated, or an INSERT into a table WITHOUT ROWID, it still tells the rowid of an earlier statement. So:
//! * if the value has changed, the statement gave this rowid;
//! * if the value is the same, the statement gave this rowid only if SQLite's update hook saw it inserted into the
//!   statement's own table.
//!
//! Setting the value to 0 before each statement was refused: safe code cannot do it, and SQL's own
//! `last_insert_rowid()` would return the 0.
//!
//! As in [`super::progress`], the state belongs to the thread: one statement runs on it at a time.

use std::cell::RefCell;
use std::collections::BTreeSet;

use rusqlite::Connection;
use rusqlite::hooks::Action;

thread_local! {
    static WATCHED: RefCell<Option<Watched>> = const { RefCell::new(None) };
}

struct Watched {
    tables: BTreeSet<String>,
    rowid: i64,
    sight: Sight,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sight {
    NotYet,
    Seen,
}

pub(super) fn install(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.update_hook(Some(|action, _: &str, table: &str, rowid| {
        if action != Action::SQLITE_INSERT {
            return;
        }
        WATCHED.with_borrow_mut(|watched| {
            if let Some(watched) = watched
                && watched.rowid == rowid
                && watched.tables.contains(&table.to_ascii_lowercase())
            {
                watched.sight = Sight::Seen;
            }
        });
    }))
}

/// Runs a statement that inserts into these tables (in lower case), and returns the rowid that the statement gave, if
/// it gave one.
pub(super) fn during<T>(
    connection: &Connection,
    tables: &BTreeSet<String>,
    run: impl FnOnce() -> T,
) -> (T, Option<i64>) {
    if tables.is_empty() {
        return (run(), None);
    }
    let before = connection.last_insert_rowid();
    WATCHED.set(Some(Watched {
        tables: tables.clone(),
        rowid: before,
        sight: Sight::NotYet,
    }));
    let result = run();
    let watched = WATCHED.take();
    let after = connection.last_insert_rowid();
    let was_seen = watched.is_some_and(|watched| watched.sight == Sight::Seen);
    (result, (after != before || was_seen).then_some(after))
}
