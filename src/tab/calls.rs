//! The page's calls: where each goes, and which answer belongs to which.
//!
//! What a statement is (read, row write, schema change, transaction control) is what SQLite says it is; no
//! text is matched. Every call is answered exactly once, also when the database fails or is closed.

use std::collections::{BTreeMap, BTreeSet};

use super::Tab;
use crate::engine::{Class, Migrations};
use crate::protocol::{Here, Input, Timestamp, WriteError};
use crate::request::{CallId, Event, Failure, FailureKind, NonLeaderWrites, Request, Response};
use crate::sql::{Outcome, Permit, Statement, Work};
use crate::storage::RequestId;

/// How long `execute` waits for a leader: longer than a lease, so that a leader that hangs is replaced first.
const EXECUTE_TIMEOUT_MS: u64 = 10_000;

/// Calls that wait for something.
#[derive(Debug, Default)]
pub(super) struct Calls {
    writes: BTreeMap<RequestId, CallId>,
    /// `Sync` calls and the writes that each still waits for.
    syncs: Vec<(CallId, BTreeSet<RequestId>)>,
    closing: Vec<CallId>,
    non_leader_writes: NonLeaderWrites,
}

impl Tab {
    pub(super) fn asked(&mut self, now: Timestamp, request: Request) {
        match request {
            Request::Execute { call, statement } => self.execute(now, call, statement),
            Request::Write { call, work, timeout_ms } => self.write(now, call, work, timeout_ms),
            Request::Sync { call } => self.sync(call),
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
            Request::Close { call } => {
                self.calls.closing.push(call);
                self.protocol.handle(now, Input::Close);
            }
        }
    }

    fn execute(&mut self, now: Timestamp, call: CallId, statement: Statement) {
        let may_write = self.protocol.leadership().here == Here::Leads
            || self.calls.non_leader_writes == NonLeaderWrites::Forwarded;
        let permit = match self.engine.classify(&statement.sql) {
            Err(failure) => return self.answer(call, Err(failure.into())),
            Ok(Class::Read) => {
                let queried = self.engine.query(&statement);
                let outcome = queried.map(|queried| Response::Outcome(queried.outcome));
                return self.answer(call, outcome.map_err(Failure::from));
            }
            Ok(Class::Transaction) => {
                return self.answer(call, Err(Failure::transaction_across_calls()));
            }
            Ok(Class::Write) if may_write => Permit::All,
            Ok(Class::Write) => return self.answer(call, Err(Failure::permission_denied())),
            Ok(Class::Schema) if may_write => Permit::All,
            Ok(Class::Schema) => Permit::SchemaOnly,
        };
        let work = Work::Batch {
            statements: vec![statement],
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

    fn sync(&mut self, call: CallId) {
        let waits: BTreeSet<RequestId> = self.calls.writes.keys().copied().collect();
        if waits.is_empty() {
            self.answer(call, Ok(Response::Done));
        } else {
            self.calls.syncs.push((call, waits));
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

    /// The protocol has let go of everything, and has settled every write before.
    pub(super) fn closed(&mut self) {
        for call in std::mem::take(&mut self.calls.closing) {
            self.answer(call, Ok(Response::Done));
        }
    }

    fn answer(&mut self, call: CallId, answer: Result<Response, Failure>) {
        self.tell(Event::Answered { call, answer });
    }
}

impl Failure {
    fn transaction_across_calls() -> Self {
        let message = "a transaction cannot span calls: hand its statements over together, \
                       as one text or with batch(), and they are one transaction";
        Failure::new(FailureKind::Sqlite, "TRANSACTION_ACROSS_CALLS", message)
    }
}
