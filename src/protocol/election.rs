//! The election: how this tab comes to lead, and how it stops leading.
//!
//! ```text
//!            LockGranted            EpochRaised, level with the head
//! Waiting ───────────────▶ Rising ──────────────────────────────────▶ Leading
//!    ▲                        │ LockLost, fenced                         │
//!    └────────────────────────┴──────────────────────────────────────────┘
//! ```
//!
//! The lock lets one tab lead at a time. The epoch is the fencing token: it keeps the database safe when the lock is
//! wrong, that is, stolen from a tab that froze and wakes up. The lease tells followers only when to steal the lock.
//!
//! **Hand-over**: a tab asks to lead. The leader finishes what it has begun and gives leadership to that tab by name.
//!
//! ```text
//! asker                          leader
//!   │── AskToLead { epoch } ────▶│ takes no more writes, drains what it has
//!   │◀──────── HandOver { to } ──│ leads no more, still holds the lock
//!   │ steals the lock, raises the epoch, leads
//! ```
//!
//! The leader keeps the lock until the asker takes it: a released lock would go to the next tab in the queue. If the
//! asker is gone, the leader releases the lock after [`HAND_OVER_MS`]. A write submitted meanwhile stays with its
//! sender, which sends it to the next leader under the same request id. An asker repeats its message with every
//! heartbeat that it hears, in case one was lost. An asker whose leader hangs steals the lock when the lease lapses, as
//! any tab does.
//!
//! [`super::participant`] owns the election, and alone knows what a change of leader means for writes and replica.

use super::leadership::{Here, Leadership};
use super::message::Message;
use super::wake::Wake;
use super::words::Output;
use super::words::Outputs;
use crate::durations::{HAND_OVER_MS, HEARTBEAT_MS, LEASE_MS, LOOK_MS, SPREAD_MS, STOPPED_MS};
use crate::sabotage::{self, Sabotage};
use crate::storage::{Epoch, Head, Position, Seq, TabId};
use crate::time::Timestamp;

/// A tab whose store failed before it could lead lets other tabs try, and queues for the lock again after this long.
const QUEUE_AGAIN_MS: u64 = 1_000;

#[derive(Debug)]
pub(super) struct Election {
    tab: TabId,
    role: Role,
    leader: Option<(TabId, Epoch)>,
    lease_expiry: Timestamp,
    last_led: Option<Epoch>,
    /// If set, this tab waits but stays out of the lock's queue until then.
    queue_again: Option<Timestamp>,
    /// When this tab last noticed that it was awake.
    attended: Timestamp,
    /// This tab was stopped itself: until then it does not steal, so that it can hear a leader first.
    deaf_until: Timestamp,
    /// Whether the page wants this tab to lead.
    asking: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// In the queue for the lock, following the leader.
    Waiting,
    /// Holds the lock; raises the epoch, then catches up with the head that it read with it (`target`).
    Rising {
        target: Option<(Epoch, Position)>,
    },
    Leading {
        epoch: Epoch,
        heartbeat: Timestamp,
        /// The tab that leads next, once everything begun is done.
        successor: Option<TabId>,
    },
    /// Not in the queue: the page is hidden and may be frozen.
    Away,
    Closing,
    Closed,
}

/// Whether losing the lock costs a tab its office.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Office {
    Kept,
    Lost,
}

/// Whether a tab that has raised the epoch may begin to lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rise {
    /// This tab is not rising, or does not know the head yet.
    NotYet,
    /// The replica is where the head was when this tab raised the epoch.
    Lead(Epoch),
    /// A newer leader has raised the epoch since, and its commits have arrived.
    Superseded,
    /// The store has lost the commit with this seq, which its head named.
    Gone(Seq),
}

/// What a message from a leader is worth to this tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LeadClaim {
    /// Its epoch is older than one that this tab knows or has led in.
    Outdated,
    /// This tab leads, or is about to lead, in an older epoch.
    Supersedes,
    Stands,
}

// Questions.
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

    pub(super) fn tab(&self) -> TabId {
        self.tab
    }

    pub(super) fn leading(&self) -> Option<Epoch> {
        match self.role {
            Role::Leading { epoch, .. } => Some(epoch),
            _ => None,
        }
    }

    /// The epoch in which this tab last led, even if it no longer leads.
    pub(super) fn last_led(&self) -> Option<Epoch> {
        self.last_led
    }

    /// Where writes go: to the known leader, unless it is this tab and a hand-over is under way. A leader whose lease
    /// has lapsed still counts: the store either takes its commit or fences it, never both.
    pub(super) fn addressee(&self) -> Option<(Epoch, Here)> {
        let epoch = self.known_epoch().filter(|_| self.successor().is_none())?;
        Some((epoch, self.here()))
    }

    /// The tab to which this tab is about to hand over.
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

    /// Whether this tab holds the lock as far as it knows, and so can lose it.
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

    /// Until when this tab, stopped before, leaves the leader time to be heard.
    pub(super) fn deaf_until(&self) -> Timestamp {
        self.deaf_until
    }

    /// The heartbeat of this tab, if it leads.
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

    // A spread that depends on the tab's id keeps the followers from stealing all at the same instant.
    fn steal_at(&self) -> Timestamp {
        let spread = u64::from(self.tab.0.as_bytes()[15]) * SPREAD_MS / 255;
        self.lease_expiry.max(self.deaf_until).after_ms(spread)
    }
}

// Towards leading.
impl Election {
    /// Notes that the tab is awake. A tab that was stopped knows only old leases: it must hear a whole lease of silence
    /// before it steals.
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
        // The successor took the lock kept for it, or a tab stole the lock before this tab knew that it held it.
        self.queue_again = None;
        outputs.push(Output::RequestLock);
        Office::Kept
    }

    pub(super) fn is_rising(&self) -> bool {
        matches!(self.role, Role::Rising { .. })
    }

    /// The store now fences all older leaders. Next this tab catches up with the head.
    pub(super) fn epoch_raised(&mut self, head: &Head) {
        let target = Some((head.epoch, head.position));
        self.role = Role::Rising { target };
    }

    /// The store failed: releases the lock, so that other tabs may try.
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

    /// If this tab leads, announces that and extends the lease.
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

    /// Announces again, before the lease lapses.
    pub(super) fn renew(&mut self, now: Timestamp, position: Position, outputs: &mut Outputs) {
        if !sabotage::is(Sabotage::LeaseNotRenewed) {
            self.announce(now, position, outputs);
        } else if let Role::Leading { heartbeat, .. } = &mut self.role {
            *heartbeat = now.after_ms(HEARTBEAT_MS);
        }
    }

    /// Steals the lock from a leader whose lease has lapsed.
    pub(super) fn steal(&mut self, now: Timestamp, outputs: &mut Outputs) {
        self.wait(now);
        outputs.push(Output::StealLock);
    }

    pub(super) fn queue_again(&mut self, outputs: &mut Outputs) {
        self.queue_again = None;
        // This tab may still hold the lock, kept for a successor that never came.
        outputs.push(Output::ReleaseLock);
        outputs.push(Output::RequestLock);
    }
}

// Other leaders.
impl Election {
    pub(super) fn weigh(&self, epoch: Epoch) -> LeadClaim {
        // A commit from this tab's own time as leader may still be on its way to the store. An older leader must not
        // refuse it.
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
        // All tabs share the machine's clock, but it can be set back. Never trust a sender for longer than one lease.
        self.lease_expiry = lease_expiry.min(now.after_ms(LEASE_MS));
        outputs.push(Output::Leadership(self.leadership()));
    }

    pub(super) fn extend_lease(&mut self, now: Timestamp) {
        self.lease_expiry = now.after_ms(LEASE_MS);
    }

    /// Asks for leadership until this tab leads or [`Election::cease_asking`] is called.
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

    /// A leader hands over. If it names this tab, this tab takes the lock.
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

// Away from leading.
impl Election {
    /// Names `to` as the successor, if this tab leads in that epoch and has named nobody yet. The first asker wins; the
    /// others ask the next leader.
    pub(super) fn name_successor(&mut self, to: TabId, in_epoch: Epoch) -> bool {
        match &mut self.role {
            Role::Leading { epoch, successor, .. } if *epoch == in_epoch && successor.is_none() => {
                successor.replace(to).is_none()
            }
            _ => false,
        }
    }

    /// Stops leading, but keeps the lock until the successor takes it.
    pub(super) fn hand_over(&mut self, now: Timestamp, epoch: Epoch, to: TabId, outputs: &mut Outputs) {
        let until = now.after_ms(HAND_OVER_MS);
        self.wait(now);
        self.leader = None;
        self.queue_again = Some(until);
        outputs.send(Message::HandOver { to, epoch, until });
        outputs.push(Output::Leadership(self.leadership()));
    }

    /// Stops leading, and says so: no follower then suspects the writes that this leader ran.
    pub(super) fn resign(&mut self, outputs: &mut Outputs) {
        if let Some(epoch) = self.leading() {
            outputs.send(Message::Resigned { epoch });
            self.leader = None;
        }
    }

    /// Gives up the office and queues for the lock again.
    pub(super) fn queue_anew(&mut self, now: Timestamp, outputs: &mut Outputs) {
        self.wait(now);
        outputs.push(Output::ReleaseLock);
        outputs.push(Output::RequestLock);
        outputs.send(Message::Hello { from: self.tab });
        outputs.push(Output::Leadership(self.leadership()));
    }

    /// The page may be frozen. A frozen tab that held the lock would keep all others waiting.
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

    /// Becomes a follower, which leaves the leader one lease to be heard.
    fn wait(&mut self, now: Timestamp) {
        self.role = Role::Waiting;
        self.extend_lease(now);
        self.queue_again = None;
    }
}
