//! Live queries: which to run again after a commit, and whether the answer is news.
//!
//! Pure: `tab` hands in commits and answers and runs what [`Live::due`] names. Each query is *dirty* (to
//! be run), or *watching* its read set, or *failed*, which any commit may mend, or *stopped*, or *too long*. Runs are coalesced: however
//! many commits come, a query runs at most once per [`FRAME_MS`], because a page cannot show more.
//!
//! Deciding by read and write sets, down to columns for updates, was chosen over maintaining results
//! incrementally: it is right for every SELECT that SQLite can run, and a run is local and takes
//! microseconds to milliseconds.

use std::collections::BTreeMap;

use xxhash_rust::xxh3::xxh3_128;

use crate::request::QueryId;
use crate::sql::{ReadSet, Rows, SqlFailure, Statement, WriteSet};
use crate::time::Timestamp;

/// Shortest time between two runs of the live queries of a tab.
pub const FRAME_MS: u64 = 16;

/// All live queries of one tab.
#[derive(Debug, Default)]
pub struct Live {
    queries: BTreeMap<QueryId, LiveQuery>,
    last_run: Option<Timestamp>,
}

#[derive(Debug)]
struct LiveQuery {
    statement: Statement,
    state: State,
    /// What the page was told last.
    told: Option<Told>,
}

#[derive(Debug)]
enum State {
    /// Never run: runs at once, the page waits for it.
    New,
    /// Something it reads was written.
    Dirty,
    Watching(ReadSet),
    Failed,
    /// The page stopped it. It would run as long again.
    Stopped,
    /// It took too long, and would again until what it reads is defined anew.
    TooLong,
}

/// An answer, in as much as telling it again must be avoided.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    Rows { hash: u128 },
    Failure(SqlFailure),
}

impl Live {
    pub fn subscribe(&mut self, query: QueryId, statement: Statement) {
        self.queries.insert(
            query,
            LiveQuery {
                statement,
                state: State::New,
                told: None,
            },
        );
    }

    pub fn unsubscribe(&mut self, query: QueryId) {
        self.queries.remove(&query);
    }

    /// A commit with this write set became visible.
    pub fn invalidate(&mut self, written: &WriteSet) {
        for query in self.queries.values_mut() {
            let stays = match &query.state {
                State::New | State::Dirty | State::Stopped => true,
                State::Watching(reads) => !reads.meets(written),
                State::Failed => false,
                State::TooLong => !written.changes_schema(),
            };
            if !stays {
                query.state = State::Dirty;
            }
        }
    }

    /// The image was loaded anew: anything may have changed.
    pub fn invalidate_all(&mut self) {
        for query in self.queries.values_mut() {
            if !matches!(query.state, State::New | State::Stopped) {
                query.state = State::Dirty;
            }
        }
    }

    /// When [`Live::due`] will next have something; a time that has passed means now.
    pub fn deadline(&self) -> Option<Timestamp> {
        let frame = self.last_run.unwrap_or_default().after_ms(FRAME_MS);
        let waits = self.queries.values().filter_map(|query| match query.state {
            State::New => Some(Timestamp::default()),
            State::Dirty => Some(frame),
            State::Watching(_) | State::Failed | State::Stopped | State::TooLong => None,
        });
        waits.min()
    }

    /// The queries to run now; each is answered by [`Live::answered`].
    pub fn due(&mut self, now: Timestamp) -> Vec<(QueryId, Statement)> {
        let frame_is_over = self.last_run.is_none_or(|last| last.after_ms(FRAME_MS) <= now);
        let due: Vec<(QueryId, Statement)> = self
            .queries
            .iter()
            .filter(|(_, query)| match query.state {
                State::New => true,
                State::Dirty => frame_is_over,
                State::Watching(_) | State::Failed | State::Stopped | State::TooLong => false,
            })
            .map(|(id, query)| (*id, query.statement.clone()))
            .collect();
        if frame_is_over && !due.is_empty() {
            self.last_run = Some(now);
        }
        due
    }

    /// Whether it is to be run, and was not given up.
    pub fn is_dirty(&self, query: QueryId) -> bool {
        let query = self.queries.get(&query);
        query.is_some_and(|query| matches!(query.state, State::New | State::Dirty))
    }

    /// Takes in an answer; gives it back if it is news to the page.
    pub fn answered(
        &mut self,
        query: QueryId,
        answer: Result<(Rows, ReadSet), SqlFailure>,
    ) -> Option<Result<Rows, SqlFailure>> {
        let query = self.queries.get_mut(&query)?;
        let (told, news) = match answer {
            Ok((rows, reads)) => {
                query.state = State::Watching(reads);
                (
                    Told::Rows {
                        hash: xxh3_128(rows.as_bytes()),
                    },
                    Ok(rows),
                )
            }
            Err(failure) => {
                query.state = match failure.code.as_str() {
                    "SQLITE_INTERRUPT" => State::Stopped,
                    "QUERY_TOO_LONG" => State::TooLong,
                    _ => State::Failed,
                };
                (Told::Failure(failure.clone()), Err(failure))
            }
        };
        let is_news = query.told.as_ref() != Some(&told);
        query.told = Some(told);
        is_news.then_some(news)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::RowsBuilder;

    const QUERY: QueryId = QueryId(1);

    fn at_ms(ms: u64) -> Timestamp {
        Timestamp::default().after_ms(ms)
    }

    fn rows(cell: i64) -> Rows {
        let mut builder = RowsBuilder::new(["a"].into_iter());
        builder.integer(cell);
        builder.finish()
    }

    fn reads() -> ReadSet {
        let mut reads = ReadSet::default();
        reads.note("t", "a");
        reads
    }

    fn writes(table: &str) -> WriteSet {
        let mut written = WriteSet::default();
        written.note_rows(table);
        written
    }

    fn watching() -> Live {
        let mut live = Live::default();
        live.subscribe(QUERY, Statement::new("SELECT a FROM t"));
        assert_eq!(live.due(at_ms(100)).len(), 1, "a new query runs at once");
        assert!(live.answered(QUERY, Ok((rows(1), reads()))).is_some());
        live
    }

    #[test]
    fn only_a_commit_that_meets_the_read_set_runs_a_query_again() {
        let mut live = watching();
        live.invalidate(&writes("other"));
        assert_eq!(live.deadline(), None);
        live.invalidate(&writes("t"));
        assert_eq!(live.due(at_ms(200)).len(), 1);
    }

    #[test]
    fn an_unchanged_answer_is_not_told() {
        let mut live = watching();
        assert_eq!(live.answered(QUERY, Ok((rows(1), reads()))), None);
        assert_eq!(live.answered(QUERY, Ok((rows(2), reads()))), Some(Ok(rows(2))));
    }

    #[test]
    fn many_commits_within_a_frame_are_one_run() {
        let mut live = watching();
        for _ in 0..50 {
            live.invalidate(&writes("t"));
            assert!(live.due(at_ms(101)).is_empty());
        }
        assert_eq!(live.deadline(), Some(at_ms(100 + FRAME_MS)));
        assert_eq!(live.due(at_ms(100 + FRAME_MS)).len(), 1);
    }

    #[test]
    fn a_failed_query_is_tried_again_after_any_commit_and_its_failure_told_once() {
        let mut live = watching();
        let failure = SqlFailure::new("SQLITE_ERROR", "no such table: t");
        assert_eq!(live.answered(QUERY, Err(failure.clone())), Some(Err(failure.clone())));
        live.invalidate(&writes("anything"));
        assert_eq!(live.due(at_ms(300)).len(), 1);
        assert_eq!(live.answered(QUERY, Err(failure)), None);
        assert_eq!(live.answered(QUERY, Ok((rows(1), reads()))), Some(Ok(rows(1))));
    }

    #[test]
    fn a_query_that_was_stopped_is_not_run_again() {
        let mut live = watching();
        let failure = SqlFailure::new("SQLITE_INTERRUPT", "the query was stopped");
        assert_eq!(live.answered(QUERY, Err(failure.clone())), Some(Err(failure)));
        live.invalidate(&writes("anything"));
        live.invalidate_all();
        assert!(live.due(at_ms(300)).is_empty());
        assert_eq!(live.deadline(), None);
    }

    #[test]
    fn a_query_that_took_too_long_is_run_again_when_the_schema_has_changed_and_not_before() {
        let mut live = watching();
        let failure = SqlFailure::new("QUERY_TOO_LONG", "stopped after 10 s");
        assert_eq!(live.answered(QUERY, Err(failure.clone())), Some(Err(failure)));
        live.invalidate(&writes("t"));
        assert!(live.due(at_ms(300)).is_empty());
        let mut imported = WriteSet::default();
        imported.note_schema();
        live.invalidate(&imported);
        assert_eq!(live.due(at_ms(400)).len(), 1);
    }

    #[test]
    fn a_dropped_query_is_never_run_or_answered() {
        let mut live = watching();
        live.invalidate_all();
        live.unsubscribe(QUERY);
        assert!(live.due(at_ms(500)).is_empty());
        assert_eq!(live.answered(QUERY, Ok((rows(3), reads()))), None);
    }
}
