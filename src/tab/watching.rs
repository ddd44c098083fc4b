//! Live queries, as a tab runs them: one for each time that its deadline comes.
//!
//! [`crate::live`] says which. Between two of them the tab hears what its page asks, and a page that asks something while
//! one runs has it make way (see [`super::pulse`]).

use super::Tab;
use super::pulse::Ended;
use crate::protocol::Timestamp;
use crate::request::Event;
use crate::sql::SqlFailure;

impl Tab {
    pub(super) fn run_live(&mut self, now: Timestamp) {
        let Some((query, statement)) = self.live.next(now) else {
            return;
        };
        self.pulse.borrow_mut().watch_live();
        let answer = self.engine.query(&statement);
        if self.pulse.borrow_mut().end() == Ended::MadeWay && answer.is_err() {
            return self.live.makes_way(query);
        }
        let answer = answer.map(|queried| (queried.outcome.rows, queried.reads));
        if let Some(rows) = self.live.answered(query, answer) {
            self.tell(Event::Rows { query, rows });
        }
    }

    /// The page has stopped all that it waits for.
    pub(super) fn stop_live(&mut self) {
        for query in self.live.stop() {
            let message = "the query was stopped: interrupt() was called";
            let rows = Err(SqlFailure::new("SQLITE_INTERRUPT", message));
            self.tell(Event::Rows { query, rows });
        }
    }
}
