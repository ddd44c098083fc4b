//! Absence: a page that goes out of sight may be frozen for any time, and comes back or not.
//!
//! A frozen tab that leads keeps everybody waiting for a lease; one that holds the lock is not kept for the way back
//! at all (Chromium's back/forward cache). So a tab that may be frozen gives leadership up and leaves the queue, and
//! takes a place in it when it is back. What was said meanwhile it may have missed, so it reads the store before it
//! answers: a page that is shown again must not show a past in which its own writes, sent from another tab, are missing.

use super::leadership::Role;
use crate::sabotage::{self, Sabotage};

use super::{Fetch, Message, Output, Protocol, Timestamp, TurnEnd};

/// Whether a tab that came back has read the store since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Return {
    #[default]
    Complete,
    /// The store is to be asked once nothing else is under way.
    Wanted,
    /// It was asked.
    UnderWay,
}

impl Protocol {
    /// Whether what this tab shows may be older than its coming back.
    pub fn is_returning(&self) -> bool {
        self.returning != Return::Complete
    }

    pub(super) fn leave(&mut self) {
        if self.seat.is_closed() || self.seat.role == Role::Away {
            return;
        }
        self.resign();
        if self.seat.leading().is_some() {
            self.seat.leader = None;
        }
        self.end_turns(&TurnEnd::LeadershipLost);
        self.queue.clear();
        self.seat.role = Role::Away;
        self.output(Output::ReleaseLock);
        self.output(Output::Leadership(self.seat.leadership()));
    }

    pub(super) fn come_back(&mut self, now: Timestamp) {
        if self.seat.role != Role::Away {
            return;
        }
        self.seat.wait(now);
        self.output(Output::RequestLock);
        self.send(Message::Hello { from: self.tab });
        if !sabotage::is(Sabotage::ReturnUnread) {
            self.returning = Return::Wanted;
            self.read_store_after_return();
        }
    }

    pub(super) fn read_store_after_return(&mut self) {
        if self.returning == Return::Wanted && !self.replica_is_busy() {
            self.returning = Return::UnderWay;
            self.fetch = Fetch::UnderWay;
            let after = self.position().seq;
            self.output(Output::CatchUp { after });
        }
    }

    /// The store has answered.
    pub(super) fn store_was_read(&mut self) {
        if self.returning == Return::UnderWay {
            self.returning = Return::Complete;
        }
        self.read_store_after_return();
    }

    /// The store has failed; it is asked again as soon as the protocol would.
    pub(super) fn store_was_not_read(&mut self) {
        if self.returning == Return::UnderWay {
            self.returning = Return::Wanted;
        }
    }
}
