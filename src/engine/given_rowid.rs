//! The rowid that a statement gave to a row, if it inserted one.
//!
//! `sqlite3_last_insert_rowid` tells of the last statement that inserted, whichever that was: behind an upsert that
//! updated, or an INSERT into a table WITHOUT ROWID, it still is what somebody before did. Where it differs from what
//! it was, the statement has given it. Where it does not, SQLite's update hook has seen that rowid inserted into the
//! statement's own table, or there is none. Setting it to 0 before each statement was refused: that is out of reach
//! of safe code, and SQL's own `last_insert_rowid()` would tell it.
//!
//! As with [`super::progress`], what is watched belongs to the thread: one statement runs on it at a time.

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

/// Runs a statement that inserts into these tables (in lower case), and tells the rowid that it gave.
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
