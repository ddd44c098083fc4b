//! Live queries: which of them run again after a commit, and whether a new result differs from the last one.
//!
//! This module is pure. `tab` hands in commits and results, and runs the query that [`Live::next`] names. It runs one
//! query at a time and reads the page's messages between two queries, so a query that the page has replaced never
//! starts. Each query is *new*, *dirty* (must run again; *due* once its frame has come), *watching* its read set,
//! *failed* (any commit may repair it), *stopped*, or *too long*. Runs are coalesced: however many commits arrive, a
//! query runs at most once per [`FRAME_MS`], because a page cannot show more.
//!
//! Read sets and write sets, with columns for updates, decide which queries run again. Maintaining results
//! incrementally was refused: rerunning is right for every SELECT that SQLite can run, and a run is local and takes
//! microseconds to milliseconds.

use xxhash_rust::xxh3::xxh3_128;

use crate::ascending::Ascending;
use crate::request::QueryId;
use crate::sql::{Code, ReadSet, ResultCode, Rows, SqlFailure, Statement, WriteSet};
use crate::time::Timestamp;

/// Shortest time between two runs of a tab's live queries, in milliseconds: about one frame of the screen.
pub const FRAME_MS: u64 = 16;

/// All live queries of one tab.
#[derive(Debug, Default)]
pub struct Live {
    queries: Ascending<QueryId, LiveQuery>,
    last_run: Option<Timestamp>,
    /// A query that was interrupted to make way for what the page asks.
    made_way: Option<QueryId>,
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
    /// Never run. It runs at once, because the page waits for its first result.
    New,
    /// A commit wrote something that it reads.
    Dirty,
    /// Dirty, and to be run in this frame.
    Due,
    /// Up to date until a commit's write set meets this read set.
    Watching(ReadSet),
    /// Its last run failed.
    Failed,
    /// The page stopped it. It would run as long again.
    Stopped,
    /// It ran for too long, and would again until the schema changes.
    TooLong,
}

/// The last answer, kept only to avoid sending the same one again.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    Rows { hash: u128 },
    Failure(SqlFailure),
}

impl Live {
    /// Adds a live query, or replaces the one with this id. It waits for its first run.
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

    /// Removes a live query.
    pub fn unsubscribe(&mut self, query: QueryId) {
        self.queries.remove(&query);
    }

    /// Marks the queries that a commit may have changed. The commit is visible in this tab, and `written` is its write
    /// set.
    pub fn invalidate(&mut self, written: &WriteSet) {
        for query in self.queries.values_mut() {
            let stays = match &query.state {
                State::New | State::Dirty | State::Due | State::Stopped => true,
                State::Watching(reads) => !reads.meets(written),
                State::Failed => false,
                State::TooLong => !written.changes_schema(),
            };
            if !stays {
                query.state = State::Dirty;
            }
        }
    }

    /// Marks all queries but the stopped ones: the image was reloaded, so anything may have changed.
    pub fn invalidate_all(&mut self) {
        for query in self.queries.values_mut() {
            if !matches!(query.state, State::New | State::Due | State::Stopped) {
                query.state = State::Dirty;
            }
        }
    }

    /// When [`Live::next`] next returns a query; a time in the past means now. `None` if no query waits to run.
    pub fn deadline(&self) -> Option<Timestamp> {
        let frame = self.frame_end();
        let waits = self.queries.values().filter_map(|query| match query.state {
            State::New | State::Due => Some(Timestamp::default()),
            State::Dirty => Some(frame),
            State::Watching(_) | State::Failed | State::Stopped | State::TooLong => None,
        });
        waits.min()
    }

    /// The query to run now, if there is one. Then call [`Live::answered`] with its result, or [`Live::makes_way`].
    pub fn next(&mut self, now: Timestamp) -> Option<(QueryId, Statement)> {
        let frame_is_over = self.last_run.is_none() || self.frame_end() <= now;
        // Finish the queries of the last frame first. Otherwise the query that changes most often would starve the
        // others.
        if frame_is_over && self.first(|state| matches!(state, State::Due)).is_none() {
            let dirty = self
                .queries
                .values_mut()
                .filter(|query| matches!(query.state, State::Dirty));
            dirty.for_each(|query| query.state = State::Due);
        }
        let next = self
            .first(|state| matches!(state, State::New))
            .or_else(|| self.first(|state| matches!(state, State::Due)));
        if frame_is_over && next.is_some() {
            self.last_run = Some(now);
        }
        next
    }

    /// The query was interrupted so that the tab can hear what the page asks, which may make the query needless. If it
    /// is still wanted, it runs again.
    pub fn makes_way(&mut self, query: QueryId) {
        self.made_way = Some(query);
    }

    /// Stops the queries that the page waits for: those that never ran, and the one that made way. Returns their ids.
    pub fn stop(&mut self) -> Vec<QueryId> {
        let made_way = self.made_way.take();
        let waits = |id: QueryId, query: &LiveQuery| {
            matches!(query.state, State::New) || made_way == Some(id) && matches!(query.state, State::Due)
        };
        let waiting = self.queries.iter().filter(|(id, query)| waits(*id, query));
        let stopped: Vec<QueryId> = waiting.map(|(id, _)| id).collect();
        for id in &stopped {
            if let Some(query) = self.queries.get_mut(id) {
                query.state = State::Stopped;
            }
        }
        stopped
    }

    fn frame_end(&self) -> Timestamp {
        self.last_run.unwrap_or_default().after_ms(FRAME_MS)
    }

    fn first(&self, wanted: impl Fn(&State) -> bool) -> Option<(QueryId, Statement)> {
        let mut found = self.queries.iter().filter(|(_, query)| wanted(&query.state));
        found.next().map(|(id, query)| (id, query.statement.clone()))
    }

    /// Takes in the result of a run. Returns the result if it differs from what the page was told last.
    pub fn answered(
        &mut self,
        query: QueryId,
        answer: Result<(Rows, ReadSet), SqlFailure>,
    ) -> Option<Result<Rows, SqlFailure>> {
        if self.made_way == Some(query) {
            self.made_way = None;
        }
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
                query.state = match failure.code {
                    Code::Sqlite(ResultCode::INTERRUPT) => State::Stopped,
                    Code::QueryTooLong => State::TooLong,
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
        assert!(live.next(at_ms(100)).is_some(), "a new query runs at once");
        assert!(live.answered(QUERY, Ok((rows(1), reads()))).is_some());
        live
    }

    #[test]
    fn only_a_commit_that_meets_the_read_set_runs_a_query_again() {
        let mut live = watching();
        live.invalidate(&writes("other"));
        assert_eq!(live.deadline(), None);
        live.invalidate(&writes("t"));
        assert!(live.next(at_ms(200)).is_some());
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
            assert!(live.next(at_ms(101)).is_none());
        }
        assert_eq!(live.deadline(), Some(at_ms(100 + FRAME_MS)));
        assert!(live.next(at_ms(100 + FRAME_MS)).is_some());
    }

    #[test]
    fn a_failed_query_is_tried_again_after_any_commit_and_its_failure_told_once() {
        let mut live = watching();
        let failure = SqlFailure::new(Code::Sqlite(ResultCode::ERROR), "no such table: t");
        assert_eq!(live.answered(QUERY, Err(failure.clone())), Some(Err(failure.clone())));
        live.invalidate(&writes("anything"));
        assert!(live.next(at_ms(300)).is_some());
        assert_eq!(live.answered(QUERY, Err(failure)), None);
        assert_eq!(live.answered(QUERY, Ok((rows(1), reads()))), Some(Ok(rows(1))));
    }

    #[test]
    fn a_query_that_was_stopped_is_not_run_again() {
        let mut live = watching();
        let failure = SqlFailure::new(Code::Sqlite(ResultCode::INTERRUPT), "the query was stopped");
        assert_eq!(live.answered(QUERY, Err(failure.clone())), Some(Err(failure)));
        live.invalidate(&writes("anything"));
        live.invalidate_all();
        assert!(live.next(at_ms(300)).is_none());
        assert_eq!(live.deadline(), None);
    }

    #[test]
    fn a_query_that_took_too_long_is_run_again_when_the_schema_has_changed_and_not_before() {
        let mut live = watching();
        let failure = SqlFailure::new(Code::QueryTooLong, "stopped after 10 s");
        assert_eq!(live.answered(QUERY, Err(failure.clone())), Some(Err(failure)));
        live.invalidate(&writes("t"));
        assert!(live.next(at_ms(300)).is_none());
        let mut imported = WriteSet::default();
        imported.note_schema();
        live.invalidate(&imported);
        assert!(live.next(at_ms(400)).is_some());
    }

    #[test]
    fn a_dropped_query_is_never_run_or_answered() {
        let mut live = watching();
        live.invalidate_all();
        live.unsubscribe(QUERY);
        assert!(live.next(at_ms(500)).is_none());
        assert_eq!(live.answered(QUERY, Ok((rows(3), reads()))), None);
    }

    fn watch(live: &mut Live, number: u64) {
        live.subscribe(QueryId(number), Statement::new("SELECT a FROM t"));
        assert_eq!(live.next(at_ms(0)).map(|(query, _)| query), Some(QueryId(number)));
        live.answered(QueryId(number), Ok((rows(1), reads())));
    }

    /// The queries that run at this time, in order.
    fn run(live: &mut Live, ms: u64) -> Vec<u64> {
        let mut ran = Vec::new();
        while let Some((query, _)) = live.next(at_ms(ms)) {
            ran.push(query.0);
            live.answered(query, Ok((rows(2), reads())));
        }
        ran
    }

    #[test]
    fn what_is_dropped_before_its_turn_is_never_run() {
        let mut live = Live::default();
        for number in 1..=3 {
            live.subscribe(QueryId(number), Statement::new("SELECT a FROM t"));
        }
        assert_eq!(live.next(at_ms(1)).map(|(query, _)| query), Some(QueryId(1)));
        live.answered(QueryId(1), Ok((rows(1), reads())));
        live.unsubscribe(QueryId(2));
        assert_eq!(run(&mut live, 1), [3]);
    }

    #[test]
    fn all_that_a_commit_meets_runs_in_one_frame_and_a_new_query_first() {
        let mut live = Live::default();
        (1..=3).for_each(|number| watch(&mut live, number));
        live.invalidate(&writes("t"));
        live.subscribe(QueryId(4), Statement::new("SELECT a FROM t"));
        assert_eq!(run(&mut live, 100), [4, 1, 2, 3]);
    }

    #[test]
    fn a_query_that_changes_all_the_time_keeps_no_other_waiting() {
        let mut live = Live::default();
        (1..=2).for_each(|number| watch(&mut live, number));
        live.invalidate(&writes("t"));
        assert_eq!(live.next(at_ms(100)).map(|(query, _)| query), Some(QueryId(1)));
        live.answered(QueryId(1), Ok((rows(2), reads())));
        live.invalidate(&writes("t"));
        assert_eq!(live.next(at_ms(200)).map(|(query, _)| query), Some(QueryId(2)));
    }

    #[test]
    fn a_query_that_made_way_runs_again_unless_the_page_stops_it() {
        let mut live = watching();
        live.invalidate(&writes("t"));
        assert!(live.next(at_ms(200)).is_some());
        live.makes_way(QUERY);
        assert_eq!(live.deadline(), Some(Timestamp::default()));
        assert!(live.next(at_ms(201)).is_some());
        live.makes_way(QUERY);
        assert_eq!(live.stop(), [QUERY]);
        assert_eq!(live.deadline(), None);
    }

    #[test]
    fn a_query_that_waits_for_its_first_run_is_stopped_and_one_that_only_watches_is_not() {
        let mut live = watching();
        live.subscribe(QueryId(2), Statement::new("SELECT a FROM t"));
        assert_eq!(live.stop(), [QueryId(2)]);
        live.invalidate(&writes("t"));
        assert_eq!(run(&mut live, 200), [QUERY.0]);
    }
}
