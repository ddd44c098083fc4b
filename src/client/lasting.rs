//! What outlives a worker: what the page has set, and what it knows to be stored. The next worker is told.
//!
//! Owned by [`super::session`].

use crate::request::{CallId, Event, MetricsAction, NonLeaderWrites, Request, UserId};

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

    /// What the next worker is to be told before all else.
    pub(super) fn requests(&self) -> Vec<Request> {
        let call = NOBODY;
        let policy = self.policy.map(|policy| Request::NonLeaderWrites { call, policy });
        let metrics = self.metrics.map(|action| Request::Metrics { call, action });
        let lost = self.transactions.iter().map(|user| Request::Lost { user: *user });
        policy.into_iter().chain(metrics).chain(lost).collect()
    }
}
