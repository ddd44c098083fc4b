//! The agenda: the effects that a tab has decided and its driver has not carried out yet, and the counts for metrics.

use std::collections::VecDeque;

use super::metrics::{Counted, Counts};
use super::store_call::StoreCall;
use super::words::Effect;
use crate::protocol::Timestamp;
use crate::request::{CallId, Event, Failure, Metrics, MetricsAction, Response};
use crate::sql::Code;

#[derive(Debug)]
pub(super) struct Agenda {
    queue: VecDeque<Effect>,
    /// The number of store calls that have no answer yet.
    open_store_calls: usize,
    counts: Counts,
}

impl Agenda {
    pub(super) fn new(now: Timestamp) -> Self {
        Agenda {
            queue: VecDeque::new(),
            open_store_calls: 0,
            counts: Counts::new(now),
        }
    }

    pub(super) fn push(&mut self, effect: Effect) {
        self.queue.push_back(effect);
    }

    pub(super) fn call_store(&mut self, call: StoreCall) {
        self.open_store_calls += 1;
        self.push(Effect::Store(call));
    }

    pub(super) fn store_answered(&mut self) {
        self.open_store_calls = self.open_store_calls.saturating_sub(1);
    }

    /// Whether a store call of this tab is open.
    pub(super) fn store_is_busy(&self) -> bool {
        self.open_store_calls > 0
    }

    pub(super) fn tell(&mut self, event: Event) {
        self.push(Effect::Tell(event));
    }

    pub(super) fn answer(&mut self, call: CallId, answer: Result<Response, Failure>) {
        if matches!(&answer, Err(failure) if failure.code == Code::WritePermissionDenied) {
            self.count(Counted::WriteConflict);
        }
        self.tell(Event::Answered { call, answer });
    }

    pub(super) fn next(&mut self) -> Option<Effect> {
        self.queue.pop_front()
    }

    pub(super) fn count(&mut self, counted: Counted) {
        self.counts.note(counted);
    }

    /// Applies the page's action to the counts, and returns them.
    pub(super) fn metrics(&mut self, now: Timestamp, action: MetricsAction) -> Metrics {
        self.counts.act(now, action)
    }
}
