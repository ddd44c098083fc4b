//! A session whose worker died: what becomes of what it waits for, and what the next worker is told.
//!
//! Called by [`super::worker`], in this order: [`Session::orphan`], [`Session::revive`], [`Session::tell_of_death`]. The
//! session stays, with its users, listeners and live queries; what was under way in the worker is answered, since nobody
//! else will. Requests wait in the new port until the new worker takes it, so who calls meanwhile waits.

use std::rc::Rc;

use web_sys::MessagePort;

use super::session::Session;
use crate::request::{
    CallId, Event, Failure, FailureKind, LeaderInfo, MetricsAction, NonLeaderWrites, Request, UserId,
};
use crate::restart::{Bystanders, Step};
use crate::sql::{Code, SqlFailure};

/// No call has this id; they begin at 1.
const NOBODY: CallId = CallId(0);

/// What outlives a worker.
#[derive(Default)]
pub(super) struct Lasting {
    policy: Option<NonLeaderWrites>,
    metrics: Option<MetricsAction>,
    /// Whose transactions die with the worker.
    transactions: Vec<UserId>,
    /// The newest commit that the page knows to be stored.
    seen: u64,
}

/// What becomes of a session whose worker died.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    GoesOn,
    /// There is nobody to go on for.
    IsOver,
    /// It was in memory.
    IsLost(Failure),
}

impl Lasting {
    pub(super) fn note(&mut self, request: &Request) {
        match request {
            Request::NonLeaderWrites { policy, .. } => self.policy = Some(*policy),
            Request::Metrics {
                action: action @ (MetricsAction::Enable | MetricsAction::Disable),
                ..
            } => self.metrics = Some(*action),
            _ => {}
        }
    }

    pub(super) fn heard(&mut self, event: &Event) {
        match event {
            Event::Found { seq } => self.seen = *seq,
            Event::Changed(change) => self.seen = change.seq,
            Event::Transactions { users } => self.transactions.clone_from(users),
            _ => {}
        }
    }

    /// What is stored must be this new, or it is another database.
    pub(super) fn seen(&self) -> u64 {
        self.seen
    }

    fn requests(&self) -> Vec<Request> {
        let call = NOBODY;
        let policy = self.policy.map(|policy| Request::NonLeaderWrites { call, policy });
        let metrics = self.metrics.map(|action| Request::Metrics { call, action });
        let lost = self.transactions.iter().map(|user| Request::Lost { user: *user });
        policy.into_iter().chain(metrics).chain(lost).collect()
    }
}

impl Session {
    /// Whether the worker had anything of this session to do but what it took up.
    pub(super) fn bystanders(&self, taken_up: Option<Step>) -> Bystanders {
        let taken_up = match taken_up {
            Some(Step::Query(number, query)) if number == self.number => Some(query),
            _ => None,
        };
        let is_busy = self.calls.borrow().are_asked() || self.queries.wait_beside(taken_up);
        // What is asked of a database that is not open yet waits.
        match self.status.borrow().tab.is_some() && is_busy {
            true => Bystanders::Some,
            false => Bystanders::None,
        }
    }

    pub(super) fn fate(&self) -> Fate {
        match &self.status.borrow().in_memory {
            _ if self.is_left() => Fate::IsOver,
            Some(_) => Fate::IsLost(gone_with_its_worker()),
            None => Fate::GoesOn,
        }
    }

    /// Answers what the worker cannot answer any more.
    pub(super) fn orphan(&self, died: &Failure) {
        self.status.borrow_mut().forget_worker();
        self.queries.forget_worker();
        let orphans = self.calls.borrow_mut().take_orphans(died);
        for (waiting, answer) in orphans {
            waiting.push(answer);
        }
    }

    /// A port for the next worker, in which what it is to know before all else waits.
    pub(super) fn revive(self: &Rc<Self>) -> Result<MessagePort, Failure> {
        let port = self.connect()?;
        self.watch_out()?;
        let requests = self.lasting.borrow().requests();
        requests.iter().for_each(|request| self.send(request));
        Ok(port)
    }

    /// What the next worker is to take up of this session.
    pub(super) fn steps(&self) -> Vec<Step> {
        let queries = self
            .queries
            .ids()
            .into_iter()
            .map(|query| Step::Query(self.number, query));
        [Step::Open(self.number)].into_iter().chain(queries).collect()
    }

    /// The database goes on, and whoever listens sees that something happened to it.
    pub(super) fn tell_of_death(&self, died: &Failure) {
        self.happened(&Event::Leadership(LeaderInfo::unknown()));
        self.happened(&Event::Pending { writes: 0 });
        let message = format!("{died}; another one was started");
        self.happened(&Event::Warning(Failure::new(
            FailureKind::State,
            died.code.clone(),
            message,
        )));
    }
}

/// The last that a live query hears that kills workers.
pub(super) fn poisoned() -> SqlFailure {
    let message = "the worker that runs SQLite dies of this live query, so it is not asked any more; the database \
                   and its other queries go on";
    SqlFailure::new(Code::QueryPoisoned, message)
}

fn gone_with_its_worker() -> Failure {
    let message = "the worker that runs SQLite died, and the database was in its memory alone: it is gone; reload the \
                   page to begin anew";
    Failure::new(FailureKind::State, Code::WorkerCrashed, message)
}
