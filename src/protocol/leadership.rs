//! Leadership: from waiting for the lock to leading, and back.
//!
//! ```text
//!            LockGranted            EpochRaised, level with the head
//! Waiting ───────────────▶ Rising ──────────────────────────────────▶ Leading
//!    ▲                        │ LockLost, fenced                         │
//!    └────────────────────────┴──────────────────────────────────────────┘
//! ```
//!
//! The lock makes one tab lead at a time; the epoch makes it safe when the lock is wrong (stolen from a
//! tab that froze and wakes up). The lease is what followers see of a leader: it says only when to steal.

use super::{Fate, Message, Output, Protocol, Timestamp, TurnEnd, WriteError};
use crate::sabotage::{self, Sabotage};
pub(super) use crate::storage::LEASE_MS;
use crate::storage::{Epoch, Head, Position, RequestId, StoreError, TabId};
use crate::time::WRITE_TIMEOUT_MS;

/// A leader renews its lease this often.
pub const HEARTBEAT_MS: u64 = 1_000;
/// Followers do not all steal in the same instant: each waits up to this much longer, by its id.
const SPREAD_MS: u64 = 500;
// A leader that is gone is replaced, and the next one has half a second, before a write is given up that nobody answers.
const _: () = assert!(LEASE_MS + SPREAD_MS + 500 <= WRITE_TIMEOUT_MS as u64);
/// While a leader is silent, a tab that waits looks at the clock this often …
const LOOK_MS: u64 = 1_000;
/// … and if it did not for this long, it was stopped, or busy, and has not heard what it could have heard.
const STOPPED_MS: u64 = 2_500;
/// A tab whose store failed as it began to lead lets others try, and queues again after this long.
const QUEUE_AGAIN_MS: u64 = 1_000;

/// Who leads, as this tab knows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leadership {
    /// The tab that leads, if one was heard of.
    pub leader: Option<TabId>,
    /// Whether that is this tab.
    pub here: Here,
    /// When its lease lapses unless renewed.
    pub lease_expiry: Timestamp,
}

/// Whether the leader is this tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Here {
    Leads,
    #[default]
    Follows,
}

/// This tab's seat in the election.
#[derive(Debug)]
pub(super) struct Seat {
    tab: TabId,
    pub(super) role: Role,
    pub(super) leader: Option<(TabId, Epoch)>,
    lease_expiry: Timestamp,
    last_led: Option<Epoch>,
    /// Waiting, but not in the queue for the lock before then.
    queue_again: Option<Timestamp>,
    /// When this tab was last awake.
    attended: Timestamp,
    /// Until when it gives whoever leads the time to be heard, since it was stopped itself.
    deaf_until: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// In the queue for the lock, following whoever leads.
    Waiting,
    /// Has the lock; raises the epoch, then catches up with the head that it read (`target`).
    Rising {
        target: Option<(Epoch, Position)>,
    },
    Leading {
        epoch: Epoch,
        heartbeat: Timestamp,
        /// Who gets it next, once all is done that was begun.
        successor: Option<TabId>,
    },
    /// Not in the queue: the page is out of sight and may be frozen.
    Away,
    Closing,
    Closed,
}

impl Seat {
    pub(super) fn waiting(now: Timestamp, tab: TabId) -> Self {
        let lease_expiry = now.after_ms(LEASE_MS);
        Seat {
            tab,
            role: Role::Waiting,
            leader: None,
            lease_expiry,
            last_led: None,
            queue_again: None,
            attended: now,
            deaf_until: Timestamp::default(),
        }
    }

    pub(super) fn leading(&self) -> Option<Epoch> {
        match self.role {
            Role::Leading { epoch, .. } => Some(epoch),
            _ => None,
        }
    }

    /// The epoch under which this tab last led, also if it no longer does.
    pub(super) fn last_led(&self) -> Option<Epoch> {
        self.last_led
    }

    /// The leadership to send writes to. A leader whose lease lapsed still counts: a write sent to it is
    /// done or fenced, never both.
    pub(super) fn known_epoch(&self) -> Option<Epoch> {
        self.leader.map(|(_, epoch)| epoch)
    }

    /// Whether this tab leads, or is about to, under an epoch that is older than `epoch`.
    fn is_superseded_by(&self, epoch: Epoch) -> bool {
        match self.role {
            Role::Leading { epoch: own, .. } | Role::Rising { target: Some((own, _)) } => own < epoch,
            _ => false,
        }
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.role == Role::Waiting
    }

    /// To whom this tab is about to hand over.
    pub(super) fn successor(&self) -> Option<TabId> {
        match self.role {
            Role::Leading { successor, .. } => successor,
            _ => None,
        }
    }

    /// Whether this tab leads and has now promised it to `tab`, and to nobody before.
    pub(super) fn name_successor(&mut self, tab: TabId) -> bool {
        match &mut self.role {
            Role::Leading { successor, .. } if successor.is_none() => successor.replace(tab).is_none(),
            _ => false,
        }
    }

    /// Leads no more, and keeps the lock until the successor takes it, though not for longer than this.
    pub(super) fn wait_for_successor(&mut self, now: Timestamp, most_ms: u64) {
        self.role = Role::Waiting;
        self.leader = None;
        self.lease_expiry = now.after_ms(LEASE_MS);
        self.queue_again = Some(now.after_ms(most_ms));
    }

    pub(super) fn extend_lease(&mut self, now: Timestamp) {
        self.lease_expiry = now.after_ms(LEASE_MS);
    }

    /// In the queue from now on; who leads has a lease to be heard of.
    pub(super) fn wait(&mut self, now: Timestamp) {
        self.role = Role::Waiting;
        self.lease_expiry = now.after_ms(LEASE_MS);
        self.queue_again = None;
    }

    pub(super) fn is_closed(&self) -> bool {
        matches!(self.role, Role::Closing | Role::Closed)
    }

    pub(super) fn leadership(&self) -> Leadership {
        let here = if self.leading().is_some() {
            Here::Leads
        } else {
            Here::Follows
        };
        let leader = self.leader.map(|(tab, _)| tab);
        Leadership {
            leader,
            here,
            lease_expiry: self.lease_expiry,
        }
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        match self.role {
            Role::Leading { heartbeat, .. } => Some(heartbeat),
            Role::Waiting | Role::Rising { .. } => {
                let look_at = self.steal_at().min(self.attended.after_ms(LOOK_MS));
                Some(self.queue_again.map_or(look_at, |again| again.min(look_at)))
            }
            Role::Away | Role::Closing | Role::Closed => None,
        }
    }

    fn steal_at(&self) -> Timestamp {
        let spread = u64::from(self.tab.0.as_bytes()[15]) * SPREAD_MS / 255;
        self.lease_expiry.max(self.deaf_until).after_ms(spread)
    }

    /// The tab is awake. What a tab that was stopped knows of the time of others is old: it must hear a whole lease of
    /// silence before it takes the lead.
    fn attend(&mut self, now: Timestamp) {
        if self.attended.after_ms(STOPPED_MS) < now && !sabotage::is(Sabotage::StoppedUnnoticed) {
            self.deaf_until = now.after_ms(LEASE_MS);
        }
        self.attended = now;
    }
}

impl Protocol {
    /// Takes note that this tab is awake; done by [`Protocol::handle`] too.
    pub fn attend(&mut self, now: Timestamp) {
        self.seat.attend(now);
    }

    /// Until when this tab gives whoever leads the time to be heard, since it was stopped itself.
    pub fn deaf_until(&self) -> Timestamp {
        self.seat.deaf_until
    }

    pub(super) fn lock_granted(&mut self, now: Timestamp) {
        if self.seat.is_closed() || self.seat.role == Role::Away {
            self.output(Output::ReleaseLock);
            return;
        }
        self.seat.role = Role::Rising { target: None };
        self.seat.lease_expiry = now.after_ms(LEASE_MS);
        self.output(Output::RaiseEpoch);
    }

    pub(super) fn lock_lost(&mut self, now: Timestamp) {
        if self.seat.is_waiting() {
            // It was kept for the successor, who has taken it; or it was stolen before this tab knew that it had it.
            self.seat.queue_again = None;
            self.output(Output::RequestLock);
        } else {
            self.step_down(now);
        }
    }

    pub(super) fn epoch_raised(&mut self, now: Timestamp, raised: Result<Head, StoreError>) {
        if !matches!(self.seat.role, Role::Rising { .. }) {
            return;
        }
        match raised {
            Ok(head) => {
                self.seat.role = Role::Rising {
                    target: Some((head.epoch, head.position)),
                };
                self.replica.hear(head.position);
                self.advance(now, None);
            }
            Err(error) => {
                if !self.fail_if_final(error) {
                    self.seat.role = Role::Waiting;
                    self.seat.queue_again = Some(now.after_ms(QUEUE_AGAIN_MS));
                    self.output(Output::ReleaseLock);
                }
            }
        }
    }

    /// Begins to lead once the replica stands where the head stood when the epoch was raised.
    pub(super) fn rise(&mut self, now: Timestamp) {
        let Role::Rising {
            target: Some((epoch, head)),
        } = self.seat.role
        else {
            return;
        };
        if self.replica_is_busy() {
            return;
        }
        let position = self.replica.position();
        if position == head {
            self.lead(now, epoch);
        } else if position.seq > head.seq {
            // A newer leader has raised the epoch since, and its commits have come.
            self.step_down(now);
        } else {
            let reason = format!("{} was there and is not any more", head.seq);
            self.fail_if_final(StoreError::Gone(reason));
        }
    }

    fn lead(&mut self, now: Timestamp, epoch: Epoch) {
        self.seat.role = Role::Leading {
            epoch,
            heartbeat: now,
            successor: None,
        };
        self.asking = false;
        self.seat.last_led = Some(epoch);
        self.endings.note(epoch);
        self.seat.leader = Some((self.tab, epoch));
        self.queue.clear();
        self.announce(now);
        self.settle_from_replies();
        self.send_unanswered(now);
        self.run_next(now);
    }

    /// What this tab says while it leads.
    pub fn sign_of_life(&self) -> Option<Message> {
        let epoch = self.seat.leading()?;
        Some(Message::Lead {
            leader: self.tab,
            epoch,
            position: self.position(),
            lease_expiry: self.seat.lease_expiry,
        })
    }

    fn renew(&mut self, now: Timestamp) {
        if !sabotage::is(Sabotage::LeaseNotRenewed) {
            self.announce(now);
        } else if let Role::Leading { heartbeat, .. } = &mut self.seat.role {
            *heartbeat = now.after_ms(HEARTBEAT_MS);
        }
    }

    /// Says that this tab leads, if it does, and extends the lease.
    pub(super) fn announce(&mut self, now: Timestamp) {
        let Role::Leading { epoch, heartbeat, .. } = &mut self.seat.role else {
            return;
        };
        *heartbeat = now.after_ms(HEARTBEAT_MS);
        let epoch = *epoch;
        let lease_expiry = now.after_ms(LEASE_MS);
        self.seat.lease_expiry = lease_expiry;
        let position = self.position();
        let leader = self.tab;
        self.send(Message::Lead {
            leader,
            epoch,
            position,
            lease_expiry,
        });
        self.output(Output::Leadership(self.seat.leadership()));
    }

    pub(super) fn heard_leader(&mut self, now: Timestamp, leader: TabId, epoch: Epoch, lease_expiry: Timestamp) {
        // What this tab wrote while it led may still be on its way to the store: nobody from before may refuse it.
        let newest = self.seat.known_epoch().max(self.seat.last_led());
        if newest.is_some_and(|newest| epoch < newest) {
            return;
        }
        if self.seat.is_superseded_by(epoch) {
            self.step_down(now);
        }
        self.seat.leader = Some((leader, epoch));
        // The clocks of two tabs are one machine's, but a clock may be set back: never trust the sender
        // for longer than a lease.
        self.seat.lease_expiry = lease_expiry.min(now.after_ms(LEASE_MS));
        self.output(Output::Leadership(self.seat.leadership()));
        self.send_unanswered(now);
        self.say_asking();
    }

    /// Ceases to lead (or to try) and queues for the lock again. Own writes stay pending.
    pub(super) fn step_down(&mut self, now: Timestamp) {
        if self.seat.is_closed() || matches!(self.seat.role, Role::Waiting | Role::Away) {
            return;
        }
        self.resign();
        if self.seat.leading().is_some() {
            self.seat.leader = None;
        }
        self.seat.role = Role::Waiting;
        self.seat.lease_expiry = now.after_ms(LEASE_MS);
        self.end_turns(&TurnEnd::LeadershipLost);
        self.queue.clear();
        self.output(Output::ReleaseLock);
        self.output(Output::RequestLock);
        self.output(Output::Send(Message::Hello { from: self.tab }));
        self.output(Output::Leadership(self.seat.leadership()));
    }

    pub(super) fn timed_out(&mut self, now: Timestamp) {
        // Before the writes: those that wait for a silent turn are to be served, not given up.
        self.turns_timed_out(now);
        if self.queue_deadline().is_some_and(|until| until <= now) {
            self.run_next(now);
        }
        for request in self.pending.overdue(now) {
            let fate = self.fate(request);
            self.settle(request, Err(WriteError::Timeout { fate }));
        }
        if self.judging_deadline().is_some_and(|until| until <= now) {
            self.send_unanswered(now);
        }
        match self.seat.role {
            Role::Leading { heartbeat, .. } if heartbeat <= now => self.renew(now),
            Role::Waiting | Role::Rising { .. } if self.seat.steal_at() <= now => self.replace(now, Output::StealLock),
            _ => {}
        }
        if self.seat.queue_again.take_if(|again| *again <= now).is_some() {
            // It may have been kept for a successor who is gone.
            self.output(Output::ReleaseLock);
            self.output(Output::RequestLock);
        }
        if matches!(self.fetch, super::Fetch::Again(at) if at <= now) {
            self.fetch = super::Fetch::Idle;
            self.read_store_after_return();
            self.advance(now, None);
        }
    }

    /// Has the lock taken from its holder, in the way that `output` says.
    pub(super) fn replace(&mut self, now: Timestamp, output: Output) {
        self.seat.role = Role::Waiting;
        self.seat.lease_expiry = now.after_ms(LEASE_MS);
        self.seat.queue_again = None;
        self.output(output);
    }

    pub(super) fn close(&mut self) {
        if self.seat.is_closed() {
            return;
        }
        let under_way = self.queue.under_way();
        self.give_up_pending(|request| !under_way.contains(request));
        self.resign();
        self.end_turns(&TurnEnd::Closed);
        self.queue.clear();
        self.seat.role = Role::Closing;
        self.finish_closing();
    }

    fn give_up_pending(&mut self, which: impl Fn(&RequestId) -> bool) {
        for request in self.pending.requests().into_iter().filter(which) {
            let fate = self.fate(request);
            self.settle(request, Err(WriteError::Closed { fate }));
        }
    }

    /// What can be said of a write that is given up; one that still waits here will not be run.
    fn fate(&mut self, request: RequestId) -> Fate {
        match self.queue.withdraw(request) {
            Some(_) => Fate::NeverRun,
            None => self
                .pending
                .find(request)
                .map_or(Fate::Unknown, |pending| pending.fate()),
        }
    }

    /// Gives the lock back once nothing of this tab is on its way to the store.
    pub(super) fn finish_closing(&mut self) {
        if self.seat.role == Role::Closing && !self.queue.is_busy() {
            self.give_up_pending(|_| true);
            self.seat.role = Role::Closed;
            self.output(Output::ReleaseLock);
            self.output(Output::Closed);
        }
    }
}
