//! Lease mode: a lease in the store replaces the Web Lock where the browser has none, on plain-http origins.
//!
//! The protocol asks for the lock and hears of it as usual ([`LockCall`], [`LeaseEvent`]). Here each call becomes a
//! step of the lease in the store ([`crate::storage::Lease`]). A tab that waits asks again each second, and at once
//! when the lease lapses or another tab says that it gave the lease back. The holder renews the lease each second.
//!
//! Safety depends on none of this, nor on any clock: each new leader raises the epoch, and the store refuses the
//! appends of all earlier leaders. So a holder that could not renew in time goes on until it finds another holder.
//! Refused: to step down by its own clock. A store that is slow for a whole lease would leave all tabs without a
//! leader. A holder that is busy in one long statement cannot renew either, but it still broadcasts heartbeats, and a
//! tab that hears them leaves the lease alone.
//!
//! A tab gives the lease back when its database or its page is closed, if the browser leaves its worker the time. A
//! crash shows only when the lease lapses. Refused: to take the lease after a shorter silence. It would not be a lease.

use std::collections::VecDeque;

use super::words::LockCall;
use crate::durations::{HEARTBEAT_MS, LEASE_MS};
use crate::protocol::{Message, Timestamp};
use crate::storage::{Lease, LeaseAct, LeaseStep, StoreError, TabId};

/// The mechanism that gives one tab the right to lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locking {
    /// A Web Lock, through [`super::Effect::Lock`].
    Locks,
    /// A lease in the store, where the browser has no Web Locks. There is no [`super::Effect::Lock`] then.
    Lease,
}

/// One tab's part in the lease.
#[derive(Debug)]
pub(super) struct LeaseLock {
    tab: TabId,
    stage: Stage,
    /// Steps that the store has not answered, oldest first.
    under_way: VecDeque<LeaseAct>,
    /// How many of them are older than the last call. Their answers no longer count.
    overtaken: usize,
    /// When to take the next step.
    next: Timestamp,
    /// The tab that was heard to lead, and until when its heartbeat counts.
    heard: Option<(TabId, Timestamp)>,
    /// The holder when this tab last looked.
    holder: Option<TabId>,
    /// Until then that holder keeps a lapsed lease: this tab was stopped, and the holder may have been too.
    deaf_until: Timestamp,
}

/// What the protocol is told.
#[derive(Debug)]
pub(super) enum LeaseEvent {
    Granted,
    /// This tab held the lease, and another tab took it.
    Lost,
    /// This tab gave the lease back. Waiting tabs must be told.
    Released,
    /// The step failed. It is repeated, unless the store is lost.
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

    /// Begins anew. Answers to earlier steps no longer count.
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
            // A release counts even when a later call overtook it: the lease became free, and others wait for it.
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

    /// This tab was stopped. Until then it does not take the lease from the last holder.
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
