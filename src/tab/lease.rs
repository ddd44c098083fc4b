//! Lease mode: what stands in for the Web Lock where the browser has none, on plain-http origins.
//!
//! The protocol asks for the lock and is told of it as ever ([`LockCall`], [`LeaseEvent`]); here each call becomes a
//! step of the lease in the store ([`crate::storage::Lease`]). Who waits asks again each second, and at once when the
//! lease lapses or another tab says that it gave it back; who holds it renews it each second.
//!
//! Safety depends on none of this, nor on any clock: each new leader raises the epoch, and the store refuses the
//! appends of all before it. So a holder that could not renew in time goes on until it finds another holder; to step
//! down by its own clock was refused, because a store that is slow for a lease would leave everybody without a
//! leader. A holder that is busy in one long statement cannot renew either, but is heard on the channel all the
//! while, and whoever hears it leaves its lease alone.
//!
//! A tab gives the lease back when its database or its page is closed, if the browser leaves its worker the time. That
//! one crashed shows only when its lease lapses. To take the lease after a shorter silence was refused: it would not be
//! a lease.

use std::collections::VecDeque;

use super::LockCall;
use crate::durations::{HEARTBEAT_MS, LEASE_MS};
use crate::protocol::{Message, Timestamp};
use crate::storage::{Lease, LeaseAct, LeaseStep, StoreError, TabId};

/// What holds the right to lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Election {
    /// A Web Lock: [`super::Effect::Lock`].
    Locks,
    /// A record in the store, where the browser has no Web Locks: there is no [`super::Effect::Lock`].
    Lease,
}

/// One tab's part in the lease.
#[derive(Debug)]
pub(super) struct LeaseLock {
    tab: TabId,
    stage: Stage,
    /// Steps that the store has not answered, oldest first …
    under_way: VecDeque<LeaseAct>,
    /// … of which so many are older than the last call: their answers concern nobody any more.
    overtaken: usize,
    /// When to step again.
    next: Timestamp,
    /// Who was heard to lead, and until when its word is good.
    heard: Option<(TabId, Timestamp)>,
    /// Who held it when this tab last looked.
    holder: Option<TabId>,
    /// Until when that one's word is good though the lease has lapsed: this tab was stopped, and the holder may have been too.
    deaf_until: Timestamp,
}

/// What the protocol is to be told.
#[derive(Debug)]
pub(super) enum LeaseEvent {
    Granted,
    /// It was held, and another tab took it.
    Lost,
    /// It was given back: others want to know.
    Released,
    /// The step failed; unless the store is lost it is taken again.
    Failed(StoreError),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Away,
    Waiting,
    Holding,
}

impl LeaseLock {
    pub(super) fn new(tab: TabId) -> Self {
        LeaseLock {
            tab,
            stage: Stage::Away,
            under_way: VecDeque::new(),
            overtaken: 0,
            next: Timestamp::default(),
            heard: None,
            holder: None,
            deaf_until: Timestamp::default(),
        }
    }

    /// Begins anew; what was asked before is not answered any more.
    pub(super) fn call(&mut self, now: Timestamp, call: LockCall) -> LeaseStep {
        self.overtaken = self.under_way.len();
        let (stage, act) = match call {
            LockCall::Request => (Stage::Waiting, self.wait(now)),
            LockCall::Steal => (Stage::Waiting, LeaseAct::Take),
            LockCall::Release => (Stage::Away, LeaseAct::Release),
        };
        self.stage = stage;
        self.step(now, act)
    }

    /// The store has answered the oldest step.
    pub(super) fn stepped(&mut self, now: Timestamp, answer: Result<Lease, StoreError>) -> Option<LeaseEvent> {
        let act = self.under_way.pop_front();
        let counts = self.overtaken == 0;
        self.overtaken = self.overtaken.saturating_sub(1);
        self.next = now.after_ms(HEARTBEAT_MS);
        let lease = match answer {
            Ok(_) if act == Some(LeaseAct::Release) => return Some(LeaseEvent::Released),
            Ok(lease) if counts => lease,
            Ok(_) => return None,
            Err(error) => return Some(LeaseEvent::Failed(error)),
        };
        self.holder = lease.holder;
        match (self.stage, lease.holder == Some(self.tab)) {
            (Stage::Waiting, true) => {
                self.stage = Stage::Holding;
                Some(LeaseEvent::Granted)
            }
            (Stage::Waiting, false) => {
                let free = lease.free_at(self.tab, self.lapses(&lease).unwrap_or_default());
                if now < free {
                    self.next = self.next.min(free);
                }
                None
            }
            (Stage::Holding, false) => {
                self.stage = Stage::Away;
                Some(LeaseEvent::Lost)
            }
            (Stage::Holding, true) | (Stage::Away, _) => None,
        }
    }

    /// Another tab said that it leads, or that it gave the lease back.
    pub(super) fn heard(&mut self, now: Timestamp, message: &Message) -> Option<LeaseStep> {
        match *message {
            Message::Lead {
                leader, lease_expiry, ..
            } => {
                self.heard = Some((leader, lease_expiry.min(now.after_ms(LEASE_MS))));
                None
            }
            Message::Released { .. } => {
                if self.stage == Stage::Waiting {
                    self.next = now;
                }
                self.timed_out(now)
            }
            _ => None,
        }
    }

    pub(super) fn timed_out(&mut self, now: Timestamp) -> Option<LeaseStep> {
        if self.deadline()? > now {
            return None;
        }
        let act = match self.stage {
            Stage::Holding => LeaseAct::Renew,
            _ => self.wait(now),
        };
        Some(self.step(now, act))
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        let idle = self.stage != Stage::Away && self.under_way.is_empty();
        idle.then_some(self.next)
    }

    /// Whether the store has yet to answer.
    pub(super) fn is_under_way(&self) -> bool {
        !self.under_way.is_empty()
    }

    fn step(&mut self, at: Timestamp, act: LeaseAct) -> LeaseStep {
        self.under_way.push_back(act);
        let tab = self.tab;
        LeaseStep { tab, at, act }
    }

    fn lapses(&self, lease: &Lease) -> Option<Timestamp> {
        let holder = lease.holder?;
        let heard = self.heard.filter(|(leader, _)| *leader == holder);
        let lapses = heard.map_or(lease.expires, |(_, until)| until.max(lease.expires));
        Some(lapses.max(self.deaf_until))
    }

    /// The tab was stopped: until then it takes no lease from who held it before.
    pub(super) fn was_deaf(&mut self, until: Timestamp) {
        self.deaf_until = until;
    }

    fn wait(&self, now: Timestamp) -> LeaseAct {
        let heard = self.heard.filter(|(_, until)| now < *until).map(|(leader, _)| leader);
        let held_before = self.holder.filter(|_| now < self.deaf_until);
        LeaseAct::Wait {
            heard: heard.or(held_before),
        }
    }
}
