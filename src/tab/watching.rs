//! Live queries, as a tab runs them: one for each time that its deadline comes, and those that are due before a group.
//!
//! [`crate::live`] says which. Between two of them the tab hears what its page asks, and a page that asks something while
//! one runs has it make way (see [`super::pulse`]).

use super::Tab;
use super::pulse::{Bound, Ended};
use crate::engine::Class;
use crate::protocol::Timestamp;
use crate::request::{Event, Request};
use crate::sql::{Code, SqlFailure};

/// No live query may take longer.
const LONGEST_MS: u64 = 10_000;

fn too_long() -> SqlFailure {
    let message = format!(
        "the query was stopped after {} s: while a live query runs its tab does nothing else; an index, or LIMIT, makes it faster",
        LONGEST_MS / 1_000
    );
    SqlFailure::new(Code::QueryTooLong, message)
}

impl Tab {
    /// Runs one of the live queries that are due; whether there was one.
    pub(super) fn run_live(&mut self, now: Timestamp) -> bool {
        let Some((query, statement)) = self.live.next(now) else {
            return false;
        };
        self.pulse.borrow_mut().watch_live();
        self.pulse.borrow_mut().bound(Bound::Until(now.after_ms(LONGEST_MS)));
        let answer = self.engine.query(&statement);
        let answer = match (answer, self.pulse.borrow_mut().end()) {
            (Err(_), Ended::MadeWay) => {
                self.live.makes_way(query);
                return true;
            }
            (Err(_), Ended::TimeIsOver) => Err(too_long()),
            (answer, _) => answer.map(|queried| (queried.outcome.rows, queried.reads)),
        };
        if let Some(rows) = self.live.answered(query, answer) {
            self.tell(Event::Rows { query, rows });
        }
        true
    }

    /// The page has stopped all queries that it waits for: none that waits here is begun.
    pub(super) fn stop_queries(&mut self) {
        let interrupted = || SqlFailure::query_stopped("interrupt() was called");
        for query in self.live.stop() {
            let rows = Err(interrupted());
            self.tell(Event::Rows { query, rows });
        }
        let engine = &mut self.engine;
        let stopped = self.runner.take_asked(|request| match request {
            Request::Query { .. } => true,
            Request::Execute { statement, .. } => matches!(engine.classify(&statement.sql), Ok(Class::Read)),
            _ => false,
        });
        for request in stopped {
            if let Request::Query { call, .. } | Request::Execute { call, .. } = request {
                self.answer(call, Err(interrupted().into()));
            }
        }
    }
}
