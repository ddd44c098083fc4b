//! Replication: moving this tab's replica forward, by what is broadcast and by what the store holds.
//!
//! Nothing depends on a message having arrived: a gap is fetched, a difference is loaded anew, and either way the
//! store decides what the history is.

use std::rc::Rc;

use super::replica::Step;
use super::{Fetch, Output, Protocol, Timestamp};
use crate::storage::{CatchUp, Position, Replies, StoreError};

/// A store that failed is asked again after this long.
const RETRY_MS: u64 = 1_000;

impl Protocol {
    /// While a group of this tab is not durable, the image must stay as it is.
    pub(super) fn replica_is_busy(&self) -> bool {
        self.queue.is_busy() || matches!(self.fetch, Fetch::UnderWay | Fetch::InVain)
    }

    /// Whether the store is being asked, or will be again, for what is missing.
    pub fn is_fetching(&self) -> bool {
        self.fetch != Fetch::Idle
    }

    /// Applies what can be applied and fetches what is missing.
    pub(super) fn advance(&mut self, now: Timestamp, sent: Option<Timestamp>) {
        while !self.replica_is_busy() {
            match self.replica.step() {
                Step::Apply(commit) => {
                    self.replica.advance(&commit);
                    self.output(Output::Apply {
                        commit: Rc::clone(&commit),
                        sent,
                    });
                    for reply in &commit.replies {
                        self.settle(reply.request, Ok(reply.outcome.clone()));
                    }
                    for (request, outcome) in self.pending.reached(commit.seq()) {
                        self.settle(request, Ok(outcome));
                    }
                }
                Step::Gap { after } => {
                    self.fetch = Fetch::UnderWay;
                    self.output(Output::CatchUp { after });
                }
                Step::Diverged => self.reload(),
                Step::Level => break,
            }
        }
        self.rise(now);
    }

    /// What it said is not understood, but the store is: if it leads, what it wrote is there. Somebody is alive who
    /// may be the leader, so that one is not replaced for being silent.
    pub(super) fn heard_stranger(&mut self, now: Timestamp) {
        if self.seat.is_closed() || self.seat.leading().is_some() {
            return;
        }
        self.seat.extend_lease(now);
        if !self.replica_is_busy() {
            self.fetch = Fetch::UnderWay;
            let after = self.position().seq;
            self.output(Output::CatchUp { after });
        }
    }

    /// One question to the store at a time: an older answer must not pass for the one that mends.
    pub(super) fn diverged(&mut self) {
        match self.fetch {
            Fetch::UnderWay | Fetch::InVain => self.fetch = Fetch::InVain,
            Fetch::Idle | Fetch::Again(_) => self.reload(),
        }
    }

    pub(super) fn reload(&mut self) {
        self.fetch = Fetch::UnderWay;
        self.output(Output::Reload);
    }

    pub(super) fn caught_up(&mut self, now: Timestamp, caught_up: Result<CatchUp, StoreError>) {
        if std::mem::replace(&mut self.fetch, Fetch::Idle) == Fetch::InVain {
            return self.reload();
        }
        match caught_up {
            Ok(CatchUp::Commits(commits)) => {
                commits
                    .into_iter()
                    .for_each(|commit| self.replica.hold_stored(Rc::new(commit)));
                self.replica.believe_store();
                self.advance(now, None);
            }
            Ok(CatchUp::Reload) => return self.reload(),
            Err(error) => return self.retry(now, error),
        }
        self.store_was_read();
        self.lead_on(now);
    }

    pub(super) fn reloaded(&mut self, now: Timestamp, loaded: Result<(Position, Replies), StoreError>) {
        self.fetch = Fetch::Idle;
        match loaded {
            Ok((position, replies)) => {
                self.replica.reset(position, replies);
                self.settle_from_replies();
                self.advance(now, None);
            }
            Err(error) => return self.retry(now, error),
        }
        self.store_was_read();
        self.lead_on(now);
    }

    pub(super) fn settle_from_replies(&mut self) {
        for request in self.pending.requests() {
            if let Some(outcome) = self.replica.replies().find(request).cloned() {
                self.settle(request, Ok(outcome));
            }
        }
        for (request, outcome) in self.pending.reached(self.position().seq) {
            self.settle(request, Ok(outcome));
        }
    }

    pub(super) fn retry(&mut self, now: Timestamp, error: StoreError) {
        self.store_was_not_read();
        if !self.fail_if_final(error) {
            self.fetch = Fetch::Again(now.after_ms(RETRY_MS));
            self.lead_on(now);
        }
    }

    pub(super) fn fail_if_final(&mut self, error: StoreError) -> bool {
        match error {
            StoreError::Failed(_) | StoreError::Quota(_) | StoreError::TooLarge { .. } | StoreError::Fenced { .. } => {
                false
            }
            StoreError::Gone(_)
            | StoreError::Corrupt { .. }
            | StoreError::Layout { .. }
            | StoreError::Unavailable(_) => {
                self.output(Output::Failed(error));
                self.close();
                true
            }
        }
    }
}
