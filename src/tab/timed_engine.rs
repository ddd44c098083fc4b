//! The engine with limits: whatever runs has a time limit or can be taken back, and the leader sends heartbeats
//! meanwhile ([`super::pulse`]).
//!
//! Everything that takes SQLite longer than a look at a page goes through here. Calls that only ask about a text, or
//! move the image, go to the engine itself.

use std::cell::RefCell;
use std::rc::Rc;

use super::pulse::{Bound, Ended, Pulse};
use crate::engine::{Engine, Queried, Standing};
use crate::protocol::{Message, Timestamp};
use crate::sql::{Answer, SqlFailure, Statement, Work};

pub(super) struct TimedEngine {
    engine: Engine,
    pulse: Rc<RefCell<Pulse>>,
}

impl TimedEngine {
    pub(super) fn new(engine: Engine) -> Self {
        TimedEngine {
            engine,
            pulse: Rc::default(),
        }
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(super) fn engine_mut(&mut self) -> &mut Engine {
        &mut self.engine
    }

    pub(super) fn pulse(&self) -> &Rc<RefCell<Pulse>> {
        &self.pulse
    }

    /// Runs a write. `lead` is this leader's heartbeat.
    pub(super) fn perform(
        &mut self,
        now: Timestamp,
        lead: Option<Message>,
        bound: Bound,
        work: &Work,
    ) -> (Answer, Ended) {
        self.pulse.borrow_mut().begin(now, lead, bound);
        let answer = self.engine.perform(work);
        (answer, self.pulse.borrow_mut().end())
    }

    /// Runs a statement of a transaction that stays open.
    pub(super) fn transact(
        &mut self,
        now: Timestamp,
        lead: Option<Message>,
        bound: Bound,
        statement: &Statement,
    ) -> (Answer, Standing) {
        self.pulse.borrow_mut().begin(now, lead, bound);
        let ran = self.engine.transact(statement);
        self.pulse.borrow_mut().end();
        ran
    }

    /// Runs a query until it ends or the page takes it back, by this name or with all others.
    pub(super) fn query(&mut self, recall: Option<String>, statement: &Statement) -> Result<Queried, SqlFailure> {
        self.pulse.borrow_mut().watch(recall);
        let queried = self.engine.query(statement);
        self.pulse.borrow_mut().end();
        queried
    }

    /// Runs a query inside the open transaction, which sees its staged pages.
    pub(super) fn query_in_transaction(&mut self, recall: Option<String>, statement: &Statement) -> Answer {
        self.pulse.borrow_mut().watch(recall);
        let answer = self.engine.query_in_transaction(statement);
        self.pulse.borrow_mut().end();
        answer
    }

    /// Runs a live query, which makes way for requests of the page.
    pub(super) fn query_live(&mut self, bound: Bound, statement: &Statement) -> (Result<Queried, SqlFailure>, Ended) {
        {
            let mut pulse = self.pulse.borrow_mut();
            pulse.watch_live();
            pulse.bound(bound);
        }
        let queried = self.engine.query(statement);
        (queried, self.pulse.borrow_mut().end())
    }
}
