//! The election: this tab's part in who leads, from waiting for the lock to leading, and back.
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
//!
//! **Hand-over**: a tab asks to lead, the leader finishes what it has begun and gives leadership to it by name.
//!
//! ```text
//! asker                          leader
//!   │── AskToLead { epoch } ────▶│ takes no more writes, drains what it has
//!   │◀──────── HandOver { to } ──│ leads no more, still holds the lock
//!   │ steals the lock, raises the epoch, leads
//! ```
//!
//! The leader keeps the lock until the asker takes it: released, it would go to the next in the queue. If the
//! asker is gone, the lock is given back after [`HAND_OVER_MS`]. What is written meanwhile stays with its sender,
//! which sends it to the next leader under the same request id. An asker whose message is lost says it again with
//! every heartbeat that it hears; one whose leader hangs takes over when the lease lapses, as everybody does.
//!
//! Owned by [`super::Protocol`], which alone knows what a change of office means for writes and replica.

use super::words::Outputs;
use super::{Message, Output, Timestamp, Wake};
use crate::durations::{HEARTBEAT_MS, LEASE_MS, LOOK_MS, SPREAD_MS, STOPPED_MS};
use crate::sabotage::{self, Sabotage};
use crate::storage::{Epoch, Head, Position, Seq, TabId};

/// A tab whose store failed as it began to lead lets others try, and queues again after this long.
const QUEUE_AGAIN_MS: u64 = 1_000;
/// The asker of a hand-over has this long to take the lock.
pub(super) const HAND_OVER_MS: u64 = 1_000;

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

#[derive(Debug)]
pub(super) struct Election {
    tab: TabId,
    role: Role,
    leader: Option<(TabId, Epoch)>,
    lease_expiry: Timestamp,
    last_led: Option<Epoch>,
    /// Waiting, but not in the queue for the lock before then.
    queue_again: Option<Timestamp>,
    /// When this tab was last awake.
    attended: Timestamp,
    /// Until when it gives the leader the time to be heard, since it was stopped itself.
    deaf_until: Timestamp,
    /// Whether the page wants this tab to lead.
    asking: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// In the queue for the lock, following the leader.
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

/// Whether a tab keeps the office that it has, or the place in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Office {
    Kept,
    Lost,
}

/// Whether a tab that has raised the epoch may begin to lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rise {
    /// It is not rising, or does not know the head yet.
    NotYet,
    /// Its replica stands where the head stood when the epoch was raised.
    Lead(Epoch),
    /// A newer leader has raised the epoch since, and its commits have come.
    Superseded,
    /// The store does not have what it had.
    Gone(Seq),
}

/// What the word of a leader is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LeadClaim {
    /// It comes from before what this tab knows, or has written.
    Outdated,
    /// This tab leads, or is about to, in an older epoch.
    Supersedes,
    Stands,
}

// What it is.
impl Election {
    pub(super) fn new(now: Timestamp, tab: TabId) -> Self {
        Election {
            tab,
            role: Role::Waiting,
            leader: None,
            lease_expiry: now.after_ms(LEASE_MS),
            last_led: None,
            queue_again: None,
            attended: now,
            deaf_until: Timestamp::default(),
            asking: false,
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

    /// Where writes go: to the leadership that is known, unless it is this tab's and about to be handed over. A leader whose
    /// lease lapsed still counts: a write sent to it is done or fenced, never both.
    pub(super) fn addressee(&self) -> Option<(Epoch, Here)> {
        let epoch = self.known_epoch().filter(|_| self.successor().is_none())?;
        Some((epoch, self.here()))
    }

    /// To which tab this one is about to hand over.
    pub(super) fn successor(&self) -> Option<TabId> {
        match self.role {
            Role::Leading { successor, .. } => successor,
            _ => None,
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        matches!(self.role, Role::Closing | Role::Closed)
    }

    pub(super) fn is_away(&self) -> bool {
        self.role == Role::Away
    }

    /// Whether it has the lock as far as it knows: then it may lose it.
    pub(super) fn is_in_office(&self) -> bool {
        matches!(self.role, Role::Rising { .. } | Role::Leading { .. })
    }

    pub(super) fn leadership(&self) -> Leadership {
        Leadership {
            leader: self.leader.map(|(tab, _)| tab),
            here: self.here(),
            lease_expiry: self.lease_expiry,
        }
    }

    /// Until when this tab gives the leader the time to be heard, since it was stopped itself.
    pub(super) fn deaf_until(&self) -> Timestamp {
        self.deaf_until
    }

    /// What this tab says while it leads.
    pub(super) fn sign_of_life(&self, position: Position) -> Option<Message> {
        Some(Message::Lead {
            leader: self.tab,
            epoch: self.leading()?,
            position,
            lease_expiry: self.lease_expiry,
        })
    }

    pub(super) fn due_at(&self, wake: Wake) -> Option<Timestamp> {
        match (wake, self.role) {
            (Wake::Heartbeat, Role::Leading { heartbeat, .. }) => Some(heartbeat),
            (Wake::Steal, Role::Waiting | Role::Rising { .. }) => Some(self.steal_at()),
            (Wake::Look, Role::Waiting | Role::Rising { .. }) => Some(self.attended.after_ms(LOOK_MS)),
            (Wake::QueueAgain, Role::Waiting | Role::Rising { .. }) => self.queue_again,
            _ => None,
        }
    }

    fn here(&self) -> Here {
        match self.role {
            Role::Leading { .. } => Here::Leads,
            _ => Here::Follows,
        }
    }

    fn known_epoch(&self) -> Option<Epoch> {
        self.leader.map(|(_, epoch)| epoch)
    }

    fn steal_at(&self) -> Timestamp {
        let spread = u64::from(self.tab.0.as_bytes()[15]) * SPREAD_MS / 255;
        self.lease_expiry.max(self.deaf_until).after_ms(spread)
    }
}

// The way to the lead.
impl Election {
    /// The tab is awake. What a tab that was stopped knows of the time of others is old: it must hear a whole lease of
    /// silence before it takes the lead.
    pub(super) fn attend(&mut self, now: Timestamp) {
        if self.attended.after_ms(STOPPED_MS) < now && !sabotage::is(Sabotage::StoppedUnnoticed) {
            self.deaf_until = now.after_ms(LEASE_MS);
        }
        self.attended = now;
    }

    pub(super) fn lock_granted(&mut self, now: Timestamp, outputs: &mut Outputs) {
        if self.is_closed() || self.is_away() {
            return outputs.push(Output::ReleaseLock);
        }
        self.role = Role::Rising { target: None };
        self.extend_lease(now);
        outputs.push(Output::RaiseEpoch);
    }

    pub(super) fn lock_lost(&mut self, outputs: &mut Outputs) -> Office {
        if self.role != Role::Waiting {
            return Office::Lost;
        }
        // It was kept for the successor, who has taken it; or it was stolen before this tab knew that it had it.
        self.queue_again = None;
        outputs.push(Output::RequestLock);
        Office::Kept
    }

    pub(super) fn is_rising(&self) -> bool {
        matches!(self.role, Role::Rising { .. })
    }

    /// The store takes nothing from older leaders any more; from here this tab has to come level with the head.
    pub(super) fn epoch_raised(&mut self, head: &Head) {
        let target = Some((head.epoch, head.position));
        self.role = Role::Rising { target };
    }

    /// The store failed: others may try.
    pub(super) fn stand_aside(&mut self, now: Timestamp, outputs: &mut Outputs) {
        self.role = Role::Waiting;
        self.queue_again = Some(now.after_ms(QUEUE_AGAIN_MS));
        outputs.push(Output::ReleaseLock);
    }

    pub(super) fn rise(&self, position: Position) -> Rise {
        let Role::Rising {
            target: Some((epoch, head)),
        } = self.role
        else {
            return Rise::NotYet;
        };
        if position == head {
            Rise::Lead(epoch)
        } else if position.seq > head.seq {
            Rise::Superseded
        } else {
            Rise::Gone(head.seq)
        }
    }

    pub(super) fn lead(&mut self, now: Timestamp, epoch: Epoch) {
        self.role = Role::Leading {
            epoch,
            heartbeat: now,
            successor: None,
        };
        self.asking = false;
        self.last_led = Some(epoch);
        self.leader = Some((self.tab, epoch));
    }

    /// Says that this tab leads, if it does, and extends the lease.
    pub(super) fn announce(&mut self, now: Timestamp, position: Position, outputs: &mut Outputs) {
        let Role::Leading { heartbeat, .. } = &mut self.role else {
            return;
        };
        *heartbeat = now.after_ms(HEARTBEAT_MS);
        self.extend_lease(now);
        if let Some(lead) = self.sign_of_life(position) {
            outputs.send(lead);
        }
        outputs.push(Output::Leadership(self.leadership()));
    }

    /// Says that again, for the lease is used up in part.
    pub(super) fn renew(&mut self, now: Timestamp, position: Position, outputs: &mut Outputs) {
        if !sabotage::is(Sabotage::LeaseNotRenewed) {
            self.announce(now, position, outputs);
        } else if let Role::Leading { heartbeat, .. } = &mut self.role {
            *heartbeat = now.after_ms(HEARTBEAT_MS);
        }
    }

    /// Has the lock taken from its holder, whose lease has lapsed.
    pub(super) fn steal(&mut self, now: Timestamp, outputs: &mut Outputs) {
        self.wait(now);
        outputs.push(Output::StealLock);
    }

    pub(super) fn queue_again(&mut self, outputs: &mut Outputs) {
        self.queue_again = None;
        // It may have been kept for a successor who is gone.
        outputs.push(Output::ReleaseLock);
        outputs.push(Output::RequestLock);
    }
}

// Other leaders.
impl Election {
    pub(super) fn weigh(&self, epoch: Epoch) -> LeadClaim {
        // What this tab wrote while it led may still be on its way to the store: nobody from before may refuse it.
        let newest = self.known_epoch().max(self.last_led);
        match self.role {
            _ if newest.is_some_and(|newest| epoch < newest) => LeadClaim::Outdated,
            Role::Leading { epoch: own, .. } | Role::Rising { target: Some((own, _)) } if own < epoch => {
                LeadClaim::Supersedes
            }
            _ => LeadClaim::Stands,
        }
    }

    pub(super) fn follow(
        &mut self,
        now: Timestamp,
        leader: (TabId, Epoch),
        lease_expiry: Timestamp,
        outputs: &mut Outputs,
    ) {
        self.leader = Some(leader);
        // The clocks of two tabs are one machine's, but a clock may be set back: never trust the sender
        // for longer than a lease.
        self.lease_expiry = lease_expiry.min(now.after_ms(LEASE_MS));
        outputs.push(Output::Leadership(self.leadership()));
    }

    pub(super) fn extend_lease(&mut self, now: Timestamp) {
        self.lease_expiry = now.after_ms(LEASE_MS);
    }

    /// Asks for leadership until this tab has it or [`Election::cease_asking`] is called.
    pub(super) fn ask_to_lead(&mut self, outputs: &mut Outputs) {
        if self.leading().is_none() && !self.is_closed() {
            self.asking = true;
            self.say_asking(outputs);
        }
    }

    pub(super) fn cease_asking(&mut self) {
        self.asking = false;
    }

    pub(super) fn say_asking(&self, outputs: &mut Outputs) {
        if let Some(epoch) = self.known_epoch().filter(|_| self.asking) {
            let from = self.tab;
            outputs.send(Message::AskToLead { from, epoch });
        }
    }

    /// A leader hands over: takes the lock from it, if this tab is named.
    pub(super) fn heard_hand_over(
        &mut self,
        now: Timestamp,
        to: TabId,
        epoch: Epoch,
        until: Timestamp,
        outputs: &mut Outputs,
    ) {
        let is_named = to == self.tab && self.known_epoch() == Some(epoch);
        if is_named && now < until && self.role == Role::Waiting {
            self.wait(now);
            outputs.push(Output::TakeLock);
        }
    }
}

// The way back.
impl Election {
    /// Whether this tab leads in this epoch and has now promised it to `to`, and to nobody before: the first that asks is
    /// served; the others say it again to the next leader.
    pub(super) fn name_successor(&mut self, to: TabId, in_epoch: Epoch) -> bool {
        match &mut self.role {
            Role::Leading { epoch, successor, .. } if *epoch == in_epoch && successor.is_none() => {
                successor.replace(to).is_none()
            }
            _ => false,
        }
    }

    /// Leads no more, and keeps the lock until the successor takes it.
    pub(super) fn hand_over(&mut self, now: Timestamp, epoch: Epoch, to: TabId, outputs: &mut Outputs) {
        let until = now.after_ms(HAND_OVER_MS);
        self.wait(now);
        self.leader = None;
        self.queue_again = Some(until);
        outputs.send(Message::HandOver { to, epoch, until });
        outputs.push(Output::Leadership(self.leadership()));
    }

    /// This tab ceases to lead, and says that nothing that it ran has killed it.
    pub(super) fn resign(&mut self, outputs: &mut Outputs) {
        if let Some(epoch) = self.leading() {
            outputs.send(Message::Resigned { epoch });
            self.leader = None;
        }
    }

    /// Out of office, and in the queue for the lock again.
    pub(super) fn queue_anew(&mut self, now: Timestamp, outputs: &mut Outputs) {
        self.wait(now);
        outputs.push(Output::ReleaseLock);
        outputs.push(Output::RequestLock);
        outputs.send(Message::Hello { from: self.tab });
        outputs.push(Output::Leadership(self.leadership()));
    }

    /// The page may be frozen: a tab that holds the lock then keeps everybody waiting.
    pub(super) fn go_away(&mut self, outputs: &mut Outputs) {
        self.role = Role::Away;
        outputs.push(Output::ReleaseLock);
        outputs.push(Output::Leadership(self.leadership()));
    }

    pub(super) fn come_back(&mut self, now: Timestamp, outputs: &mut Outputs) {
        self.wait(now);
        outputs.push(Output::RequestLock);
        outputs.send(Message::Hello { from: self.tab });
    }

    pub(super) fn begin_closing(&mut self) {
        self.role = Role::Closing;
    }

    pub(super) fn is_closing(&self) -> bool {
        self.role == Role::Closing
    }

    pub(super) fn finish_closing(&mut self, outputs: &mut Outputs) {
        self.role = Role::Closed;
        outputs.push(Output::ReleaseLock);
        outputs.push(Output::Closed);
    }

    /// In the queue, or about to be; the leader has a lease to be heard of.
    fn wait(&mut self, now: Timestamp) {
        self.role = Role::Waiting;
        self.extend_lease(now);
        self.queue_again = None;
    }
}

#[cfg(test)]
mod tests;
