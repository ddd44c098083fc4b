//! Turns: the page of the leader has the writer to itself, for a transaction that stays open across its calls.
//!
//! A turn waits in the write queue like any write, so it begins when all before it is durable; while it is
//! open, the queue waits, and nobody else's write can land inside. It ends by what the page says
//! ([`Input::TurnEnded`]), or without it: leadership is lost, the database is closed, or others waited while the page was
//! silent for [`SILENCE_MS`], or for [`LONGEST_MS`] in all. Other tabs cannot have turns: a transaction in another tab would hold
//! up everybody for as long as messages take, and could not be ended if that tab freezes.
//!
//! [`Input::TurnEnded`]: super::Input::TurnEnded

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Output, Protocol, Timestamp, WriteError};
use crate::storage::{Commit, Epoch, RequestId};

/// A turn whose page says nothing for this long is ended as soon as others wait. A second less than a write waits by
/// default ([`crate::time::WRITE_TIMEOUT_MS`]), so that those who wait are served.
const SILENCE_MS: u64 = 4_000;

/// Once others wait, a turn goes on for so long at the most, however busy its page is. Longer than a `BEGIN` waits.
const LONGEST_MS: u64 = 12_000;

/// How a turn ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TurnEnd {
    /// As the page wanted; what it changed is stored, if it changed anything.
    Done,
    /// It could not begin in time.
    TimedOut,
    LeadershipLost,
    /// Its page was silent while others waited.
    Silent,
    /// It took long, and others waited.
    TooLong,
    /// The store did not take what it changed.
    NotStored(WriteError),
    Closed,
}

#[derive(Debug, Default)]
pub(super) struct Turns {
    /// With the time until which each may wait.
    waiting: BTreeMap<RequestId, Timestamp>,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    request: RequestId,
    /// Since when others have waited for it to end.
    waited_for: Option<Timestamp>,
    /// When its page last did something; `None` once it has ended and only the store is waited for.
    used: Option<Timestamp>,
}

impl Turns {
    fn deadline(&self) -> Option<Timestamp> {
        self.waiting.values().min().copied()
    }

    /// When the open turn ends if others wait, and how.
    fn ends_at(&self) -> Option<(Timestamp, TurnEnd)> {
        let Open { waited_for, used, .. } = self.open.as_ref()?;
        let silent_at = (*used)?.after_ms(SILENCE_MS);
        match waited_for.map(|since| since.after_ms(LONGEST_MS)) {
            Some(too_long_at) if too_long_at < silent_at => Some((too_long_at, TurnEnd::TooLong)),
            _ => Some((silent_at, TurnEnd::Silent)),
        }
    }
}

impl Protocol {
    /// Asks for a turn: [`Output::Turn`] says when it begins, [`Output::TurnOver`] that and how it ended.
    pub fn take_turn(&mut self, now: Timestamp, deadline: Timestamp) -> RequestId {
        let request = self.pending.reserve();
        if self.seat.leading().is_some() && self.seat.successor().is_none() {
            self.turns.waiting.insert(request, deadline);
            self.queue.push_turn(request);
            self.run_next(now);
        } else {
            let end = if self.seat.is_closed() {
                TurnEnd::Closed
            } else {
                TurnEnd::LeadershipLost
            };
            self.output(Output::TurnOver { request, end });
        }
        request
    }

    /// The page that has the turn has done something with it.
    pub fn turn_used(&mut self, now: Timestamp) {
        if let Some(Open { used: Some(used), .. }) = &mut self.turns.open {
            *used = now;
        }
    }

    pub(super) fn begin_turn(&mut self, now: Timestamp, epoch: Epoch, request: RequestId) {
        self.turns.waiting.remove(&request);
        self.turns.open = Some(Open {
            request,
            waited_for: None,
            used: Some(now),
        });
        self.output(Output::Turn { request, epoch });
    }

    /// Something waits, perhaps for the open turn.
    pub(super) fn note_waiting(&mut self, now: Timestamp) {
        if self.is_waited_for()
            && let Some(open) = &mut self.turns.open
        {
            open.waited_for.get_or_insert(now);
        }
    }

    /// The page is done: with a commit that is to be stored, or without.
    pub(super) fn turn_ended(&mut self, now: Timestamp, commit: Option<Rc<Commit>>) {
        let Some(open) = &mut self.turns.open else { return };
        match commit {
            Some(commit) => {
                open.used = None;
                self.queue.storing_turn(Rc::clone(&commit));
                self.output(Output::Append(commit));
            }
            None => {
                self.end_open_turn(TurnEnd::Done);
                self.go_on(now);
            }
        }
    }

    /// Ends the open turn, be it that the store is waited for.
    pub(super) fn end_open_turn(&mut self, end: TurnEnd) {
        if let Some(Open { request, .. }) = self.turns.open.take() {
            self.queue.release_turn();
            self.output(Output::TurnOver { request, end });
        }
    }

    /// Ends all turns but one whose commit is on its way to the store.
    pub(super) fn end_turns(&mut self, end: &TurnEnd) {
        if self.turns.ends_at().is_some() {
            self.end_open_turn(end.clone());
        }
        self.end_waiting_turns(end);
    }

    pub(super) fn end_waiting_turns(&mut self, end: &TurnEnd) {
        for request in std::mem::take(&mut self.turns.waiting).into_keys() {
            self.queue.withdraw_turn(request);
            let end = end.clone();
            self.output(Output::TurnOver { request, end });
        }
    }

    pub(super) fn turn_deadline(&self) -> Option<Timestamp> {
        let ends_at = self.turns.ends_at().map(|(at, _)| at).filter(|_| self.is_waited_for());
        [ends_at, self.turns.deadline()].into_iter().flatten().min()
    }

    pub(super) fn turns_timed_out(&mut self, now: Timestamp) {
        if let Some((at, end)) = self.turns.ends_at()
            && at <= now
            && self.is_waited_for()
        {
            self.end_open_turn(end);
            self.go_on(now);
        }
        let overdue = self.turns.waiting.iter().filter(|(_, deadline)| **deadline <= now);
        let overdue: Vec<RequestId> = overdue.map(|(request, _)| *request).collect();
        for request in overdue {
            self.turns.waiting.remove(&request);
            self.queue.withdraw_turn(request);
            let end = TurnEnd::TimedOut;
            self.output(Output::TurnOver { request, end });
        }
    }

    /// Whether anybody waits for the open turn to end.
    fn is_waited_for(&self) -> bool {
        self.queue.is_waited_for() || self.seat.successor().is_some()
    }
}
