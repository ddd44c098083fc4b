//! Live queries, as a tab runs them: one each time that a deadline comes, and one before a group if it is owed.
//!
//! [`crate::live`] says which query is next. Between two queries the tab takes requests of its page. A request that
//! arrives while a live query runs makes that query stop and run later (see [`super::pulse`]).

use super::agenda::Agenda;
use super::pulse::{Bound, Ended};
use super::timed_engine::TimedEngine;
use crate::live::Live;
use crate::protocol::Timestamp;
use crate::request::{Event, QueryId};
use crate::sql::{Code, SqlFailure, Statement, WriteSet};

/// No live query may take longer.
const LONGEST_MS: u64 = 10_000;

#[derive(Debug, Default)]
pub(super) struct LiveQueries {
    live: Live,
}

impl LiveQueries {
    pub(super) fn subscribe(&mut self, query: QueryId, statement: Statement) {
        self.live.subscribe(query, statement);
    }

    pub(super) fn unsubscribe(&mut self, query: QueryId) {
        self.live.unsubscribe(query);
    }

    pub(super) fn invalidate(&mut self, written: &WriteSet) {
        self.live.invalidate(written);
    }

    pub(super) fn invalidate_all(&mut self) {
        self.live.invalidate_all();
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.live.deadline()
    }

    /// Runs one live query that is due; whether there was one.
    pub(super) fn run(&mut self, now: Timestamp, engine: &mut TimedEngine, agenda: &mut Agenda) -> bool {
        let Some((query, statement)) = self.live.next(now) else {
            return false;
        };
        let bound = Bound::Until(now.after_ms(LONGEST_MS));
        let answer = match engine.query_live(bound, &statement) {
            (Err(_), Ended::MadeWay) => {
                self.live.makes_way(query);
                return true;
            }
            (Err(_), Ended::TimeIsOver) => Err(too_long()),
            (answer, _) => answer.map(|queried| (queried.outcome.rows, queried.reads)),
        };
        if let Some(rows) = self.live.answered(query, answer) {
            agenda.tell(Event::Rows { query, rows });
        }
        true
    }

    /// The page has stopped all its queries.
    pub(super) fn stop(&mut self, interrupted: &SqlFailure, agenda: &mut Agenda) {
        for query in self.live.stop() {
            let rows = Err(interrupted.clone());
            agenda.tell(Event::Rows { query, rows });
        }
    }
}

fn too_long() -> SqlFailure {
    let message = format!(
        "the query was stopped after {} s: while a live query runs its tab does nothing else; an index, or LIMIT, makes it faster",
        LONGEST_MS / 1_000
    );
    SqlFailure::new(Code::QueryTooLong, message)
}
