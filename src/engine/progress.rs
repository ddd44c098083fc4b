//! Progress: while a statement runs, SQLite calls here every few milliseconds and can be told to stop
//! (<https://sqlite.org/c3ref/progress_handler.html>).
//!
//! SQLite counts the instructions of each statement separately, so a text of many small statements would never call.
//! Therefore statements are counted here as well. One instruction may also take seconds, where it writes or reads a large
//! value: therefore the pages that pass are counted too.
//!
//! The handler belongs to the thread and not to the connection: SQLite's callback must be `Send`, and what a worker
//! uses meanwhile (its clock, its channel) is not. Only one statement runs on a thread at a time, so one handler is
//! enough.

use std::cell::RefCell;
use std::ffi::c_int;
use std::rc::Rc;

use rusqlite::Connection;

/// Whether the statement may run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// At least until the next call, some milliseconds later.
    GoOn,
    /// The statement ends with `SQLITE_INTERRUPT` and has no effect.
    Interrupt,
}

/// How far a work or a query has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Headway {
    /// How often [`OnProgress`] was called before, during the same work or query.
    pub calls: u32,
    /// How many statements of the work or query are done.
    pub statements: u32,
}

/// The callback that is called while a work or a query runs, and says whether to go on.
pub type OnProgress = Rc<dyn Fn(Headway) -> Progress>;

/// Instructions of SQLite's virtual machine between two calls: some milliseconds in a browser.
const INSTRUCTIONS: c_int = 50_000;

/// Statements between two calls: preparing and running so many takes about as long.
const STATEMENTS: u32 = 256;

/// Pages written or read that take as long, a few megabytes.
const PAGES: u32 = 1_024;

thread_local! {
    static CURRENT: RefCell<Option<Current>> = const { RefCell::new(None) };
}

struct Current {
    on_progress: OnProgress,
    headway: Headway,
    pages: u32,
}

/// Makes the statements of this connection call the callback that [`during`] has set.
pub(super) fn install(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.progress_handler(INSTRUCTIONS, Some(|| call() == Progress::Interrupt))
}

/// Counts a statement that has run, and calls the callback when it is due.
pub(super) fn after_statement() -> Progress {
    let is_due = CURRENT.with_borrow_mut(|current| {
        current.as_mut().is_some_and(|current| {
            current.headway.statements += 1;
            current.headway.statements.is_multiple_of(STATEMENTS)
        })
    });
    if is_due { call() } else { Progress::GoOn }
}

/// One page, or a part of one, was written or read. An instruction cannot be stopped in its middle: the handler says so again
/// at the next one.
pub(super) fn after_page() {
    let is_due = CURRENT.with_borrow_mut(|current| {
        current.as_mut().is_some_and(|current| {
            current.pages = current.pages.wrapping_add(1);
            current.pages.is_multiple_of(PAGES)
        })
    });
    if is_due {
        let _stopped_later = call();
    }
}

fn call() -> Progress {
    // The borrow ends before the callback runs: the callback is foreign code.
    let current = CURRENT.with_borrow_mut(|current| {
        let current = current.as_mut()?;
        let headway = current.headway;
        current.headway.calls += 1;
        Some((Rc::clone(&current.on_progress), headway))
    });
    current.map_or(Progress::GoOn, |(on_progress, headway)| on_progress(headway))
}

/// Runs `action` with this callback, and then sets the earlier callback again.
pub(super) fn during<T>(on_progress: Option<&OnProgress>, action: impl FnOnce() -> T) -> T {
    let before = CURRENT.replace(on_progress.map(|on_progress| Current {
        on_progress: Rc::clone(on_progress),
        headway: Headway::default(),
        pages: 0,
    }));
    let result = action();
    CURRENT.set(before);
    result
}
