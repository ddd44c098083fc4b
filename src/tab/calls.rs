//! The page's calls: where each goes, and which answer belongs to which.
//!
//! What a statement is (read, row write, schema change, transaction control) is what SQLite says it is; no
//! text is matched. Every call is answered exactly once, also when the database fails or is closed.

use std::collections::{BTreeMap, BTreeSet};

use super::Tab;
use super::lease::Ending;
use super::metrics::Counted;
use super::pulse::Names;
use super::runner::{Moment, Piece};
use super::transactions::{Asked, Purpose};
use crate::engine::{Class, Migrations};
use crate::protocol::{Here, Input, Timestamp, WriteError};
use crate::request::{
    CallId, Change, ChangeKind, Event, Failure, NonLeaderWrites, Origin, Request, Response, StatementKind, UserId,
};
use crate::sql::{Code, Outcome, Permit, Work};
use crate::storage::{Position, RequestId};

/// How long `execute` waits for a leader: longer than a lease, so that a leader that hangs is replaced first.
pub(super) const EXECUTE_TIMEOUT_MS: u64 = 10_000;
/// How long a tab asks to lead, likewise.
const LEAD_TIMEOUT_MS: u64 = 10_000;

/// Calls that wait for something.
#[derive(Debug, Default)]
pub(super) struct Calls {
    writes: BTreeMap<RequestId, CallId>,
    /// `Sync` calls and the writes that each still waits for.
    syncs: Vec<(CallId, BTreeSet<RequestId>)>,
    /// `Lead` calls, and until when each waits.
    leads: Vec<(CallId, Timestamp)>,
    closing: Vec<CallId>,
    non_leader_writes: NonLeaderWrites,
}

impl Tab {
    /// Takes what the page asks to where it belongs.
    pub(super) fn route(&mut self, now: Timestamp, request: Request, moment: Moment) {
        match request {
            // The page asks nothing more of a database that it closes, and is told nothing more but that it is closed.
            request if self.is_closing() && !request.concerns_the_end() => {}
            Request::Execute { call, user, statement } => {
                let asked = Asked {
                    call,
                    user,
                    statement,
                    purpose: Purpose::Execute,
                };
                self.run_asked(now, asked, moment);
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
                self.run_asked(now, asked, moment);
            }
            Request::Classify { call, sql } => {
                let class = self.engine.classify(&sql);
                self.answer(
                    call,
                    class.map(|class| Response::Kind(class.into())).map_err(Failure::from),
                );
            }
            Request::Write { call, work, timeout_ms } => self.write(now, call, work, timeout_ms),
            Request::Sync { call, user } => self.sync(call, user),
            Request::Lead { call } => self.lead(now, call),
            Request::Metrics { call, action } => {
                let metrics = self.counts.act(now, action);
                self.answer(call, Ok(Response::Metrics(metrics)));
            }
            Request::LeaderInfo { call } => {
                let info = self.protocol.leadership().into();
                self.answer(call, Ok(Response::Leadership(info)));
            }
            Request::NonLeaderWrites { call, policy } => {
                self.calls.non_leader_writes = policy;
                self.answer(call, Ok(Response::Done));
            }
            Request::Subscribe { query, statement } => self.live.subscribe(query, statement),
            Request::Unsubscribe { query } => self.live.unsubscribe(query),
            Request::Leave { user } => {
                let input = self.left(user);
                self.inputs.extend(input);
            }
            Request::Lost { user } => self.transactions.note_lost(user),
            Request::Suspend => self.protocol.handle(now, Input::Leave),
            Request::Resume => self.protocol.handle(now, Input::ComeBack),
            Request::Recall { name: recall, control } => {
                self.pulse.borrow_mut().follow(Names { recall, control });
                self.stop_queries();
            }
            Request::MakeWay { name } => self.pulse.borrow_mut().make_way_by(name),
            Request::Cancel { call } => self.runner.cancel(call),
            Request::Export { call } => {
                let file = self.engine.image().pages().concat();
                self.answer(call, Ok(Response::File(file)));
            }
            Request::Close { call } => {
                self.calls.closing.push(call);
                self.protocol.handle(now, Input::Close);
            }
        }
    }

    pub(super) fn is_closing(&self) -> bool {
        !self.calls.closing.is_empty() || self.ending == Ending::Due
    }

    /// Runs a statement where it belongs: in the open transaction of its user, or by itself.
    pub(super) fn run_asked(&mut self, now: Timestamp, asked: Asked, moment: Moment) {
        if moment == Moment::Arrived && self.protocol.is_returning() {
            return self.put_off(asked);
        }
        match self.in_transaction(now, asked, moment) {
            Ok(input) => self.inputs.extend(input),
            Err(asked) if matches!(asked.purpose, Purpose::Query { .. }) => self.query(asked, moment),
            Err(asked) => self.execute(now, asked, moment),
        }
    }

    /// Runs it when SQL may run.
    pub(super) fn put_off(&mut self, asked: Asked) {
        self.runner.push(Piece::Asked(asked.into()));
    }

    fn query(&mut self, asked: Asked, moment: Moment) {
        if moment == Moment::Arrived {
            return self.put_off(asked);
        }
        let recall = match asked.purpose {
            Purpose::Query { recall } => recall,
            Purpose::Execute => None,
        };
        self.pulse.borrow_mut().watch(recall);
        let queried = self.engine.query(&asked.statement);
        self.pulse.borrow_mut().end();
        let outcome = queried.map(|queried| Response::Outcome(queried.outcome));
        self.answer(asked.call, outcome.map_err(Failure::from));
    }

    fn execute(&mut self, now: Timestamp, asked: Asked, moment: Moment) {
        let Asked {
            call, ref statement, ..
        } = asked;
        let leads = self.protocol.leadership().here == Here::Leads;
        let may_write = leads || self.calls.non_leader_writes == NonLeaderWrites::Forwarded;
        let permit = match self.engine.classify(&statement.sql) {
            Err(failure) if leads => return self.answer(call, Err(failure.into())),
            // The leader may have a table that this tab has not heard of yet: the verdict is the leader's.
            Err(_) if may_write => Permit::All,
            Err(_) => Permit::SchemaOnly,
            Ok(Class::Read) => return self.query(asked, moment),
            Ok(Class::Begins) => return self.begin(now, asked),
            Ok(Class::Controls) => {
                let refusal = self.engine.refuse_control(&statement.sql);
                return self.answer(call, Err(refusal.into()));
            }
            Ok(Class::Write) if may_write => Permit::All,
            Ok(Class::Write) => return self.answer(call, Err(Failure::permission_denied())),
            Ok(Class::Schema) if may_write => Permit::All,
            Ok(Class::Schema) => Permit::SchemaOnly,
        };
        let work = Work::Batch {
            statements: vec![asked.statement],
            permit,
        };
        self.submit(now, call, work, now.after_ms(EXECUTE_TIMEOUT_MS));
    }

    fn write(&mut self, now: Timestamp, call: CallId, work: Work, timeout_ms: u32) {
        if let Work::Migrate { scripts } = &work {
            match self.engine.migrations_applied(scripts) {
                Ok(Migrations::Pending) => {}
                Ok(Migrations::Applied) => {
                    return self.answer(call, Ok(Response::Outcome(Outcome::nothing())));
                }
                Err(failure) => return self.answer(call, Err(failure.into())),
            }
        }
        self.submit(now, call, work, now.after_ms(u64::from(timeout_ms)));
    }

    fn submit(&mut self, now: Timestamp, call: CallId, work: Work, deadline: Timestamp) {
        let request = self.protocol.submit(now, work, deadline);
        self.calls.writes.insert(request, call);
    }

    fn sync(&mut self, call: CallId, user: UserId) {
        let waits: BTreeSet<RequestId> = self.calls.writes.keys().copied().collect();
        if waits.is_empty() || self.transactions.is_open(user) {
            self.answer(call, Ok(Response::Done));
        } else {
            self.calls.syncs.push((call, waits));
        }
    }

    fn lead(&mut self, now: Timestamp, call: CallId) {
        if self.protocol.leadership().here == Here::Leads {
            self.answer(call, Ok(Response::Done));
        } else {
            self.calls.leads.push((call, now.after_ms(LEAD_TIMEOUT_MS)));
            self.protocol.ask_to_lead();
        }
    }

    /// This tab leads: who asked for that has it.
    pub(super) fn leads(&mut self) {
        for (call, _) in std::mem::take(&mut self.calls.leads) {
            self.answer(call, Ok(Response::Done));
        }
    }

    pub(super) fn calls_deadline(&self) -> Option<Timestamp> {
        self.calls.leads.iter().map(|(_, deadline)| *deadline).min()
    }

    pub(super) fn calls_timed_out(&mut self, now: Timestamp) {
        let (overdue, waiting) = std::mem::take(&mut self.calls.leads)
            .into_iter()
            .partition::<Vec<_>, _>(|(_, deadline)| *deadline <= now);
        self.calls.leads = waiting;
        if self.calls.leads.is_empty() {
            self.protocol.cease_asking();
        }
        for (call, _) in overdue {
            self.answer(call, Err(Failure::does_not_lead()));
        }
    }

    pub(super) fn settled(&mut self, request: RequestId, result: Result<Outcome, WriteError>) {
        if let Some(call) = self.calls.writes.remove(&request) {
            self.answer(call, result.map(Response::Outcome).map_err(Failure::from));
        }
        let mut done = Vec::new();
        self.calls.syncs.retain_mut(|(call, waits)| {
            waits.remove(&request);
            if waits.is_empty() {
                done.push(*call);
            }
            !waits.is_empty()
        });
        done.into_iter().for_each(|call| self.answer(call, Ok(Response::Done)));
    }

    /// The image is another one, and the commits up to this position are not known one by one.
    pub(super) fn anything_may_have_changed(&mut self, position: Position) {
        self.live.invalidate_all();
        self.tell(Event::Changed(Change {
            seq: position.seq.0,
            kind: ChangeKind::Schema,
            origin: Origin::Elsewhere,
            tables: Vec::new(),
            latency_ms: None,
        }));
    }

    /// The protocol has let go of everything, and has settled every write before.
    pub(super) fn closed(&mut self) {
        for (call, _) in std::mem::take(&mut self.calls.leads) {
            self.answer(call, Err(Failure::closed()));
        }
        for call in std::mem::take(&mut self.calls.closing) {
            self.answer(call, Ok(Response::Done));
        }
    }

    pub(super) fn answer(&mut self, call: CallId, answer: Result<Response, Failure>) {
        if matches!(&answer, Err(failure) if failure.code == Code::WritePermissionDenied) {
            self.counts.note(Counted::WriteConflict);
        }
        self.tell(Event::Answered { call, answer });
    }
}

impl From<Asked> for Request {
    fn from(asked: Asked) -> Self {
        let Asked {
            call,
            user,
            statement,
            purpose,
        } = asked;
        match purpose {
            Purpose::Execute => Request::Execute { call, user, statement },
            Purpose::Query { recall } => Request::Query {
                call,
                user,
                statement,
                recall,
            },
        }
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

impl Failure {
    fn does_not_lead() -> Self {
        Failure::timeout(&format!(
            "the tab that leads did not hand over within {LEAD_TIMEOUT_MS} ms; it may be busy with a long \
             statement or a transaction; ask again when that is over"
        ))
    }
}
