//! What is done while a statement runs: SQLite calls here every few milliseconds, and may be told to stop
//! (<https://sqlite.org/c3ref/progress_handler.html>).
//!
//! It counts the instructions of each statement by itself, so a text of many small ones would never be looked after: they
//! are counted here.
//!
//! The handler belongs to the thread and not to the connection: SQLite's callback must be `Send`, and what a worker has
//! to do meanwhile (its clock, its channel) is not. One statement runs on a thread at a time, so there is one.

use std::cell::RefCell;
use std::ffi::c_int;
use std::rc::Rc;

use rusqlite::Connection;

/// Whether the statement may run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// At least until the next call, some milliseconds later.
    GoOn,
    /// It ends with `SQLITE_INTERRUPT` and has no effect.
    Interrupt,
}

/// How far a work or a query has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Headway {
    /// How often [`OnProgress`] was called during it before.
    pub calls: u32,
    /// How many of its statements are done.
    pub statements: u32,
}

/// Called while a work or a query runs.
pub type OnProgress = Rc<dyn Fn(Headway) -> Progress>;

/// Instructions of SQLite's machine between two calls: some milliseconds in a browser.
const INSTRUCTIONS: c_int = 50_000;

/// Statements that take as long, with preparing them.
const STATEMENTS: u32 = 256;

thread_local! {
    static CURRENT: RefCell<Option<Current>> = const { RefCell::new(None) };
}

struct Current {
    on_progress: OnProgress,
    headway: Headway,
}

/// Has the statements of this connection call whatever [`during`] names.
pub(super) fn install(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.progress_handler(INSTRUCTIONS, Some(|| call() == Progress::Interrupt))
}

/// One statement of a text has run.
pub(super) fn after_statement() -> Progress {
    let is_due = CURRENT.with_borrow_mut(|current| {
        current.as_mut().is_some_and(|current| {
            current.headway.statements += 1;
            current.headway.statements.is_multiple_of(STATEMENTS)
        })
    });
    if is_due { call() } else { Progress::GoOn }
}

fn call() -> Progress {
    let current = CURRENT.with_borrow_mut(|current| {
        let current = current.as_mut()?;
        let headway = current.headway;
        current.headway.calls += 1;
        Some((Rc::clone(&current.on_progress), headway))
    });
    current.map_or(Progress::GoOn, |(on_progress, headway)| on_progress(headway))
}

/// Does something, with this called meanwhile.
pub(super) fn during<T>(on_progress: Option<&OnProgress>, action: impl FnOnce() -> T) -> T {
    let before = CURRENT.replace(on_progress.map(|on_progress| Current {
        on_progress: Rc::clone(on_progress),
        headway: Headway::default(),
    }));
    let result = action();
    CURRENT.set(before);
    result
}
