//! What outlives a worker: the page's settings, and the newest commit that it knows to be stored. The next worker is
//! told.
//!
//! Owned by [`super::session`].

use crate::request::{CallId, Event, MetricsAction, NonLeaderWrites, Request, UserId};

/// No call has this id, since ids begin at 1. So nobody hears the answer.
const NOBODY: CallId = CallId(0);

/// What outlives a worker.
#[derive(Default)]
pub(super) struct Lasting {
    policy: Option<NonLeaderWrites>,
    metrics: Option<MetricsAction>,
    /// The users whose transactions die with the worker.
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

    /// The stored database must be at least at this seq. Otherwise it is another database.
    pub(super) fn seen(&self) -> u64 {
        self.seen
    }

    /// The first requests for the next worker.
    pub(super) fn requests(&self) -> Vec<Request> {
        let call = NOBODY;
        let policy = self.policy.map(|policy| Request::NonLeaderWrites { call, policy });
        let metrics = self.metrics.map(|action| Request::Metrics { call, action });
        let lost = self.transactions.iter().map(|user| Request::Lost { user: *user });
        policy.into_iter().chain(metrics).chain(lost).collect()
    }
}
