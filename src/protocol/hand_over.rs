//! Hand-over: a tab asks to lead, the leader finishes what it has begun and gives leadership to it by name.
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

use super::{Message, Output, Protocol, Timestamp, TurnEnd};
use crate::storage::{Epoch, TabId};

/// The asker has this long to take the lock.
pub(super) const HAND_OVER_MS: u64 = 1_000;

impl Protocol {
    /// Asks for leadership until this tab has it or [`Protocol::cease_asking`] is called.
    pub fn ask_to_lead(&mut self) {
        if self.seat.leading().is_none() && !self.seat.is_closed() {
            self.asking = true;
            self.say_asking();
        }
    }

    pub fn cease_asking(&mut self) {
        self.asking = false;
    }

    pub(super) fn say_asking(&mut self) {
        if let Some(epoch) = self.seat.known_epoch().filter(|_| self.asking) {
            let from = self.tab;
            self.send(Message::AskToLead { from, epoch });
        }
    }

    /// The first who asks is served; the others say it again to the next leader.
    pub(super) fn heard_asking(&mut self, now: Timestamp, from: TabId, epoch: Epoch) {
        if self.seat.leading() == Some(epoch) && self.seat.name_successor(from) {
            self.end_waiting_turns(&TurnEnd::LeadershipLost);
            self.note_waiting(now);
            self.hand_over(now);
        }
    }

    /// Hands over if somebody asked and nothing is under way, so nothing waits either.
    pub(super) fn hand_over(&mut self, now: Timestamp) {
        let (Some(epoch), Some(to)) = (self.seat.leading(), self.seat.successor()) else {
            return;
        };
        if self.replica_is_busy() {
            return;
        }
        self.queue.clear();
        self.seat.wait_for_successor(now, HAND_OVER_MS);
        let until = now.after_ms(HAND_OVER_MS);
        self.send(Message::HandOver { to, epoch, until });
        self.output(Output::Leadership(self.seat.leadership()));
    }

    pub(super) fn heard_hand_over(&mut self, now: Timestamp, to: TabId, epoch: Epoch, until: Timestamp) {
        self.endings.note(epoch);
        if to == self.tab && now < until && self.seat.known_epoch() == Some(epoch) && self.seat.is_waiting() {
            self.replace(now, Output::TakeLock);
        }
    }
}
