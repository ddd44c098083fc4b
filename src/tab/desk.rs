//! The desk: takes the page's calls, runs them when SQL may run, and answers them.
//!
//! SQLite says what a statement is (read, row write, schema change, transaction control); no text is matched. The desk
//! owns the page's side of a tab. The tab lends it the protocol with each call ([`Hand`]).

use std::collections::VecDeque;

use super::agenda::Agenda;
use super::asked::{Asked, Purpose, Timing};
use super::calls::TabCalls;
use super::group::Group;
use super::live_queries::LiveQueries;
use super::pulse::Names;
use super::runner::{PageTurn, Piece, Runner};
use super::timed_engine::TimedEngine;
use super::transactions::{Leading, Transactions, Turn, Whereabouts};
use crate::durations::EXECUTE_TIMEOUT_MS;
use crate::engine::{Class, Engine, Migrations};
use crate::protocol::{Here, Input, Protocol, Timestamp, TurnEnd, WriteError};
use crate::request::{CallId, Failure, NonLeaderWrites, Request, Response, StatementKind, UserId};
use crate::sql::{Outcome, Permit, SqlFailure, Work};
use crate::storage::RequestId;

pub(super) struct Desk {
    engine: TimedEngine,
    calls: TabCalls,
    transactions: Transactions,
    runner: Runner,
    live: LiveQueries,
}

/// What the tab lends the desk for one call.
pub(super) struct Hand<'a> {
    pub(super) now: Timestamp,
    pub(super) protocol: &'a mut Protocol,
    /// The inputs for the protocol, in this order.
    pub(super) inputs: &'a mut VecDeque<Input>,
    pub(super) agenda: &'a mut Agenda,
}

impl Hand<'_> {
    fn leads(&self) -> bool {
        self.protocol.leadership().here == Here::Leads
    }

    fn leading(&self) -> Leading {
        Leading {
            sign_of_life: self.protocol.sign_of_life(),
            settled_below: self.protocol.settled_below(),
        }
    }

    fn page_turn(&self) -> PageTurn {
        match self.protocol.is_returning() {
            true => PageTurn::MustWait,
            false => PageTurn::May,
        }
    }
}

// Questions.
impl Desk {
    pub(super) fn new(engine: Engine) -> Self {
        Desk {
            engine: TimedEngine::new(engine),
            calls: TabCalls::default(),
            transactions: Transactions::default(),
            runner: Runner::default(),
            live: LiveQueries::default(),
        }
    }

    pub(super) fn engine(&self) -> &TimedEngine {
        &self.engine
    }

    pub(super) fn engine_mut(&mut self) -> &mut Engine {
        self.engine.engine_mut()
    }

    pub(super) fn calls_mut(&mut self) -> &mut TabCalls {
        &mut self.calls
    }

    pub(super) fn live(&self) -> &LiveQueries {
        &self.live
    }

    pub(super) fn live_mut(&mut self) -> &mut LiveQueries {
        &mut self.live
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.calls.deadline()
    }

    pub(super) fn timed_out(&mut self, hand: &mut Hand) {
        self.runner.let_live_run();
        self.calls.timed_out(hand.now, hand.agenda);
        if !self.calls.wait_for_lead() {
            hand.protocol.cease_asking();
        }
    }

    pub(super) fn tell_transactions(&mut self, agenda: &mut Agenda) {
        self.transactions.tell(agenda);
    }
}

// Requests of the page.
impl Desk {
    pub(super) fn take(&mut self, request: Request, hand: &mut Hand) {
        if let Some(request) = self.runner.admit(request) {
            self.route(request, Timing::Arrived, hand);
        }
    }

    /// Passes a request to its owner.
    fn route(&mut self, request: Request, moment: Timing, hand: &mut Hand) {
        match request {
            // After `close()` the page asks nothing more, and is told only that the database is closed.
            request if self.calls.is_end_near() && !request.concerns_the_end() => {}
            Request::Execute { call, user, statement } => {
                let asked = Asked {
                    call,
                    user,
                    statement,
                    purpose: Purpose::Execute,
                };
                self.run_asked(asked, moment, hand);
            }
            Request::Query {
                call,
                user,
                statement,
                recall,
            } => {
                let asked = Asked {
                    call,
                    user,
                    statement,
                    purpose: Purpose::Query { recall },
                };
                self.run_asked(asked, moment, hand);
            }
            Request::Classify { call, sql } => {
                let class = self.engine_mut().classify(&sql);
                let kind = class.map(|class| Response::Kind(class.into()));
                hand.agenda.answer(call, kind.map_err(Failure::from));
            }
            Request::Write { call, work, timeout_ms } => self.write(call, work, timeout_ms, hand),
            Request::Sync { call, user } => self.sync(call, user, hand.agenda),
            Request::Lead { call } => self.lead(call, hand),
            Request::Metrics { call, action } => {
                let metrics = hand.agenda.metrics(hand.now, action);
                hand.agenda.answer(call, Ok(Response::Metrics(metrics)));
            }
            Request::LeaderInfo { call } => {
                let info = hand.protocol.leadership().into();
                hand.agenda.answer(call, Ok(Response::Leadership(info)));
            }
            Request::NonLeaderWrites { call, policy } => {
                self.calls.set_non_leader_writes(policy);
                hand.agenda.answer(call, Ok(Response::Done));
            }
            Request::Subscribe { query, statement } => self.live.subscribe(query, statement),
            Request::Unsubscribe { query } => self.live.unsubscribe(query),
            Request::Leave { user } => {
                let input = self.transactions.left(user, &mut self.engine, hand.agenda);
                hand.inputs.extend(input);
            }
            Request::Lost { user } => self.transactions.note_lost(user),
            Request::Suspend => hand.protocol.handle(hand.now, Input::Leave),
            Request::Resume => hand.protocol.handle(hand.now, Input::ComeBack),
            Request::Recall { name: recall, control } => {
                let names = Names { recall, control };
                self.engine.pulse().borrow_mut().follow(names);
                self.stop_queries(hand.agenda);
            }
            Request::MakeWay { name } => self.engine.pulse().borrow_mut().make_way_by(name),
            Request::Cancel { call } => self.runner.cancel(call),
            Request::Export { call } => {
                let file = self.engine.engine().image().pages().concat();
                hand.agenda.answer(call, Ok(Response::File(file)));
            }
            Request::Close { call } => {
                self.calls.wait_for_end(call);
                hand.protocol.handle(hand.now, Input::Close);
            }
        }
    }

    /// Runs a statement in the open transaction of its user, or by itself.
    fn run_asked(&mut self, asked: Asked, moment: Timing, hand: &mut Hand) {
        if moment == Timing::Arrived && hand.protocol.is_returning() {
            return self.put_off(asked);
        }
        let outside = match self.transactions.place(asked, moment) {
            Whereabouts::Outside(asked) => Some(asked),
            Whereabouts::Waits => None,
            Whereabouts::Later(asked) => return self.put_off(asked),
            Whereabouts::Inside(turn, asked) => {
                hand.protocol.turn_used(hand.now);
                let (leading, engine) = (hand.leading(), &mut self.engine);
                let input = self
                    .transactions
                    .transact(hand.now, turn, asked, &leading, engine, hand.agenda);
                hand.inputs.extend(input);
                None
            }
            Whereabouts::Lost(asked, failure) => {
                self.transactions.in_lost(asked, failure, &mut self.engine, hand.agenda)
            }
        };
        match outside {
            None => {}
            Some(asked) if matches!(asked.purpose, Purpose::Query { .. }) => self.query(asked, moment, hand.agenda),
            Some(asked) => self.execute(asked, moment, hand),
        }
    }

    /// Runs it when SQL may run.
    fn put_off(&mut self, asked: Asked) {
        self.runner.push(Piece::Asked(asked.into()));
    }

    fn query(&mut self, asked: Asked, moment: Timing, agenda: &mut Agenda) {
        if moment == Timing::Arrived {
            return self.put_off(asked);
        }
        let recall = match asked.purpose {
            Purpose::Query { recall } => recall,
            Purpose::Execute => None,
        };
        let queried = self.engine.query(recall, &asked.statement);
        let outcome = queried.map(|queried| Response::Outcome(queried.outcome));
        agenda.answer(asked.call, outcome.map_err(Failure::from));
    }

    fn execute(&mut self, asked: Asked, moment: Timing, hand: &mut Hand) {
        let Asked {
            call, ref statement, ..
        } = asked;
        let leads = hand.leads();
        let may_write = leads || self.calls.non_leader_writes() == NonLeaderWrites::Forwarded;
        let permit = match self.engine_mut().classify(&statement.sql) {
            Err(failure) if leads => return hand.agenda.answer(call, Err(failure.into())),
            // The leader may have a table that this tab has not applied yet, so the leader decides.
            Err(_) if may_write => Permit::All,
            Err(_) => Permit::SchemaOnly,
            Ok(Class::Read) => return self.query(asked, moment, hand.agenda),
            Ok(Class::Begins) => return self.begin(asked, hand),
            Ok(Class::Controls) => {
                let refusal = self.engine_mut().refuse_control(&statement.sql);
                return hand.agenda.answer(call, Err(refusal.into()));
            }
            Ok(Class::Write) if may_write => Permit::All,
            Ok(Class::Write) => return hand.agenda.answer(call, Err(SqlFailure::rows_denied().into())),
            Ok(Class::Schema) if may_write => Permit::All,
            Ok(Class::Schema) => Permit::SchemaOnly,
        };
        let work = Work::Batch {
            statements: vec![asked.statement],
            permit,
        };
        self.submit(call, work, hand.now.after_ms(EXECUTE_TIMEOUT_MS), hand);
    }

    /// Begins a transaction that stays open: waits for a turn, which only the leader's page can have.
    fn begin(&mut self, asked: Asked, hand: &mut Hand) {
        if !hand.leads() {
            return hand
                .agenda
                .answer(asked.call, Err(SqlFailure::transaction_denied().into()));
        }
        let turn = hand.protocol.take_turn(hand.now, hand.now.after_ms(EXECUTE_TIMEOUT_MS));
        self.transactions.begin(turn, asked);
    }

    fn write(&mut self, call: CallId, work: Work, timeout_ms: u32, hand: &mut Hand) {
        if let Work::Migrate { scripts } = &work {
            match self.engine_mut().migrations_applied(scripts) {
                Ok(Migrations::Pending) => {}
                Ok(Migrations::Applied) => {
                    return hand.agenda.answer(call, Ok(Response::Outcome(Outcome::nothing())));
                }
                Err(failure) => return hand.agenda.answer(call, Err(failure.into())),
            }
        }
        self.submit(call, work, hand.now.after_ms(u64::from(timeout_ms)), hand);
    }

    fn submit(&mut self, call: CallId, work: Work, deadline: Timestamp, hand: &mut Hand) {
        let request = hand.protocol.submit(hand.now, work, deadline);
        self.calls.wait_for_write(request, call);
    }

    fn sync(&mut self, call: CallId, user: UserId, agenda: &mut Agenda) {
        // Writes of this page may be queued behind this user's own turn: waiting for them would never end.
        if self.transactions.is_open(user) {
            agenda.answer(call, Ok(Response::Done));
        } else {
            self.calls.sync(call, agenda);
        }
    }

    fn lead(&mut self, call: CallId, hand: &mut Hand) {
        if hand.leads() {
            hand.agenda.answer(call, Ok(Response::Done));
        } else {
            self.calls.wait_to_lead(hand.now, call);
            hand.protocol.ask_to_lead();
        }
    }

    /// The page has stopped all its queries: those that wait here are not begun.
    fn stop_queries(&mut self, agenda: &mut Agenda) {
        let interrupted = SqlFailure::query_stopped("interrupt() was called");
        self.live.stop(&interrupted, agenda);
        let engine = self.engine.engine_mut();
        let stopped = self.runner.take_asked(|request| match request {
            Request::Query { .. } => true,
            Request::Execute { statement, .. } => matches!(engine.classify(&statement.sql), Ok(Class::Read)),
            _ => false,
        });
        for request in stopped {
            if let Request::Query { call, .. } | Request::Execute { call, .. } = request {
                agenda.answer(call, Err(interrupted.clone().into()));
            }
        }
    }
}

// When SQL may run.
impl Desk {
    /// Runs the next piece that waits; whether there was one.
    pub(super) fn run_piece(&mut self, hand: &mut Hand) -> bool {
        let page = hand.page_turn();
        if page == PageTurn::May
            // Released calls come first, so that each user's calls keep their order.
            && let Some(asked) = self.transactions.next_released()
        {
            self.run_asked(asked, Timing::Due, hand);
            return true;
        }
        if self.runner.owes_live(page) && self.run_live(hand) {
            self.runner.live_has_run();
            return true;
        }
        match self.runner.take(page) {
            None => return false,
            Some(Piece::Group(group)) => self.run_group(group, hand),
            Some(Piece::Turn(turn)) => self.turn_begins(turn, hand),
            Some(Piece::Asked(request)) => self.route(request, Timing::Due, hand),
        }
        true
    }

    pub(super) fn run_live_in_time(&mut self, hand: &mut Hand) -> bool {
        self.runner.take_live_turn() && self.run_live(hand)
    }

    pub(super) fn push(&mut self, piece: Piece) {
        self.runner.push(piece);
    }

    fn run_live(&mut self, hand: &mut Hand) -> bool {
        self.live.run(hand.now, &mut self.engine, hand.agenda)
    }

    fn run_group(&mut self, group: Group, hand: &mut Hand) {
        let input = match hand.protocol.leads_in(group.epoch) {
            true => group.run(hand.now, hand.protocol.sign_of_life().as_ref(), &mut self.engine),
            false => group.leave(),
        };
        hand.inputs.push_back(input);
    }

    fn turn_begins(&mut self, turn: Turn, hand: &mut Hand) {
        hand.protocol.turn_used(hand.now);
        let (leading, engine) = (hand.leading(), &mut self.engine);
        let input = self
            .transactions
            .turn_begins(hand.now, turn, &leading, engine, hand.agenda);
        hand.inputs.extend(input);
    }
}

// Outputs of the protocol.
impl Desk {
    pub(super) fn settled(&mut self, request: RequestId, result: Result<Outcome, WriteError>, agenda: &mut Agenda) {
        self.calls.settled(request, result, agenda);
    }

    pub(super) fn turn_is_over(&mut self, turn: RequestId, end: TurnEnd, agenda: &mut Agenda) {
        self.runner.withdraw_turn(turn);
        self.transactions.turn_is_over(turn, end, &mut self.engine, agenda);
    }

    /// The pages under the open transaction are about to be replaced.
    pub(super) fn lose_open_transaction(&mut self) -> Option<Input> {
        self.transactions.lose_open(&mut self.engine)
    }
}

impl From<Class> for StatementKind {
    fn from(class: Class) -> Self {
        match class {
            Class::Read => StatementKind::Read,
            Class::Schema => StatementKind::Schema,
            Class::Write => StatementKind::Write,
            Class::Begins | Class::Controls => StatementKind::Transaction,
        }
    }
}
