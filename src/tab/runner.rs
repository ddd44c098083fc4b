//! The runner: holds the SQL of a tab that waits for its moment, and gives it out one piece at a time.
//!
//! The driver calls [`Tab::work`] when it has carried out all effects, and repeats that until nothing is left to do.
//! The runner decides what is next; [`super::desk`] runs it.
//!
//! * **No SQL runs while a store call of this tab is open.** A transaction of IndexedDB goes on only when the event
//!   loop of the worker turns (IndexedDB 3.0, 2.7.1, "transaction lifetime"). A worker that is busy in SQLite would
//!   keep the transaction open, and would keep every other tab from writing.
//! * **All effects of one piece are carried out before the next piece runs.** So an answer never waits for the SQL
//!   behind it, and a stored commit is announced even if the next piece kills the worker.
//! * **No SQL runs on an image that this tab's history does not lead to.** Such an image is loaded anew first.
//! * **The page's requests keep their order**, as far as that order can be observed: see [`Runner::admit`].
//! * **Nothing starves.** Groups and requests run in the order in which they came. Live queries run when none of those
//!   waits, and at least one runs after [`MOST_GROUPS`] groups. A checkpoint takes a step when nothing else waits.
//!
//! Refused, for the first two rules: to run SQL at once inside [`Tab::handle`], which would be simpler.
//!
//! [`Tab::handle`]: super::Tab::handle
//! [`Tab::work`]: super::Tab::work

use std::collections::VecDeque;

use super::group::Group;
use super::transactions::Turn;
use crate::request::{CallId, Request};
use crate::storage::RequestId;

/// Where groups follow one another without a pause, one live query that is due runs after this many.
const MOST_GROUPS: u32 = 8;

/// The SQL that waits to be run.
#[derive(Debug, Default)]
pub(super) struct Runner {
    waiting: VecDeque<Piece>,
    /// A deadline of the live queries has come.
    may_run_live: bool,
    /// How many groups have run since the last live query.
    groups_since_live: u32,
}

/// The unit that runs in one go.
#[derive(Debug)]
pub(super) enum Piece {
    /// A group of writes, at the leader.
    Group(Group),
    /// The turn of this tab's page begins.
    Turn(Turn),
    /// A request of the page.
    Asked(Request),
}

impl Runner {
    pub(super) fn push(&mut self, piece: Piece) {
        self.waiting.push_back(piece);
    }

    /// Queues a request behind earlier requests of the page that still wait; returns a request that need not wait.
    pub(super) fn admit(&mut self, request: Request) -> Option<Request> {
        let is_behind = || self.waiting.iter().any(|piece| matches!(piece, Piece::Asked(_)));
        if is_urgent(&request) || !is_behind() {
            return Some(request);
        }
        self.push(Piece::Asked(request));
        None
    }

    /// A deadline of the live queries has come: one may run.
    pub(super) fn let_live_run(&mut self) {
        self.may_run_live = true;
    }

    /// Drops a query that the page no longer waits for.
    pub(super) fn cancel(&mut self, cancelled: CallId) {
        let is_it = |piece: &Piece| matches!(piece, Piece::Asked(Request::Query { call, .. }) if *call == cancelled);
        self.waiting.retain(|piece| !is_it(piece));
    }

    /// Takes out the waiting requests for which `is_so` holds.
    pub(super) fn take_asked(&mut self, mut is_so: impl FnMut(&Request) -> bool) -> Vec<Request> {
        let (mut taken, mut waiting) = (Vec::new(), VecDeque::new());
        for piece in std::mem::take(&mut self.waiting) {
            match piece {
                Piece::Asked(request) if is_so(&request) => taken.push(request),
                piece => waiting.push_back(piece),
            }
        }
        self.waiting = waiting;
        taken
    }

    /// Drops a turn that was over before it began.
    pub(super) fn withdraw_turn(&mut self, over: RequestId) {
        self.waiting
            .retain(|piece| !matches!(piece, Piece::Turn(turn) if turn.request == over));
    }

    /// Whether a live query must run before the next group.
    pub(super) fn owes_live(&self, page: PageTurn) -> bool {
        let is_group = |at: usize| matches!(self.waiting[at], Piece::Group(_));
        self.groups_since_live >= MOST_GROUPS && self.next(page).is_some_and(is_group)
    }

    pub(super) fn live_has_run(&mut self) {
        self.groups_since_live = 0;
    }

    /// Whether a live query may run now that nothing else waits. The page's requests come first, because they may make
    /// the query needless.
    pub(super) fn take_live_turn(&mut self) -> bool {
        self.live_has_run();
        std::mem::take(&mut self.may_run_live)
    }

    /// Takes out the next piece.
    pub(super) fn take(&mut self, page: PageTurn) -> Option<Piece> {
        let piece = self.waiting.remove(self.next(page)?);
        if matches!(piece, Some(Piece::Group(_))) {
            self.groups_since_live += 1;
        }
        piece
    }

    fn next(&self, page: PageTurn) -> Option<usize> {
        let may_run = |piece: &Piece| page == PageTurn::May || !matches!(piece, Piece::Asked(_));
        self.waiting.iter().position(may_run)
    }
}

/// Whether the page's requests may be answered now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PageTurn {
    May,
    /// The page came back and the store has not been read since: this tab's image may be stale.
    MustWait,
}

/// Whether a request is carried out at once: it must not wait, or its answer does not depend on order.
fn is_urgent(request: &Request) -> bool {
    matches!(
        request,
        Request::Suspend
            | Request::Resume
            | Request::Recall { .. }
            | Request::MakeWay { .. }
            | Request::Cancel { .. }
            | Request::Subscribe { .. }
            | Request::Unsubscribe { .. }
            | Request::Metrics { .. }
            | Request::Lead { .. }
            | Request::LeaderInfo { .. }
    )
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use uuid::Uuid;

    use super::*;
    use crate::protocol::{Queued, Timestamp};
    use crate::request::{MetricsAction, UserId};
    use crate::sql::{Statement, Work};
    use crate::storage::{Epoch, SettledBelow, TabId};

    fn query(call: u64) -> Request {
        Request::Query {
            call: CallId(call),
            user: UserId(1),
            statement: Statement::new("SELECT 1"),
            recall: None,
        }
    }

    fn group() -> Piece {
        let request = RequestId {
            tab: TabId(Uuid::from_u128(1)),
            counter: 1,
        };
        let work = Rc::new(Work::batch(Vec::new()));
        Piece::Group(Group {
            epoch: Epoch(1),
            writes: vec![Queued::new(
                request,
                work,
                SettledBelow::default(),
                Timestamp::default(),
            )],
        })
    }

    #[test]
    fn what_the_page_asks_keeps_its_order_but_for_what_is_urgent() {
        let mut runner = Runner::default();
        let first = runner.admit(query(1)).expect("nothing waits");
        runner.push(Piece::Asked(first));
        assert!(runner.admit(query(2)).is_none(), "it waits behind the first");
        let urgent = Request::Metrics {
            call: CallId(3),
            action: MetricsAction::Read,
        };
        assert!(runner.admit(urgent).is_some());
        let taken = std::iter::from_fn(|| runner.take(PageTurn::May));
        let calls: Vec<u64> = taken
            .map(|piece| match piece {
                Piece::Asked(Request::Query { call, .. }) => call.0,
                piece => panic!("{piece:?}"),
            })
            .collect();
        assert_eq!(calls, [1, 2]);
    }

    #[test]
    fn a_page_that_is_not_back_yet_waits_and_groups_do_not() {
        let mut runner = Runner::default();
        runner.push(Piece::Asked(query(1)));
        runner.push(group());
        assert!(matches!(runner.take(PageTurn::MustWait), Some(Piece::Group(_))));
        assert!(runner.take(PageTurn::MustWait).is_none());
        assert!(matches!(runner.take(PageTurn::May), Some(Piece::Asked(_))));
    }

    #[test]
    fn a_live_query_has_its_turn_behind_so_many_groups() {
        let mut runner = Runner::default();
        for _ in 0..MOST_GROUPS {
            runner.push(group());
            assert!(!runner.owes_live(PageTurn::May));
            runner.take(PageTurn::May);
        }
        runner.push(group());
        assert!(runner.owes_live(PageTurn::May));
        runner.live_has_run();
        assert!(!runner.owes_live(PageTurn::May));
    }

    #[test]
    fn a_query_that_nobody_waits_for_is_not_begun() {
        let mut runner = Runner::default();
        runner.push(Piece::Asked(query(1)));
        runner.cancel(CallId(1));
        assert!(runner.take(PageTurn::May).is_none());
    }
}
