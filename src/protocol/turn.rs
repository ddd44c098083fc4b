//! Turns: the leader's page has the writer to itself, for a transaction that stays open across its calls.
//!
//! A turn waits in the write queue like any write, so it begins when everything before it is durable. While it is
//! open, the queue waits, so no other write can land inside the transaction. The page ends its turn
//! ([`Input::TurnEnded`]). The protocol ends it when leadership is lost or the database is closed, and, if others wait,
//! when the page is silent for [`SILENT_TURN_MS`] or the turn has kept them waiting for [`LONGEST_TURN_MS`].
//!
//! Refused: turns for other tabs. Such a transaction would hold up every tab for as long as messages take, and nobody
//! could end it if its tab freezes.
//!
//! This file says what a turn is and when it ends. [`super::writing`] gives it its place in the queue.
//!
//! [`Input::TurnEnded`]: super::Input::TurnEnded

use super::turn_end::TurnEnd;
use crate::ascending::Ascending;
use crate::durations::{LONGEST_TURN_MS, SILENT_TURN_MS};
use crate::storage::RequestId;
use crate::time::Timestamp;

#[derive(Debug, Default)]
pub(super) struct Turns {
    /// Each with the time until which it may wait.
    waiting: Ascending<RequestId, Timestamp>,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    request: RequestId,
    /// Since when others have waited for it to end.
    waited_for: Option<Timestamp>,
    /// When its page last used it; `None` once the page has ended it and only the store is waited for.
    used: Option<Timestamp>,
}

impl Turns {
    pub(super) fn wait(&mut self, request: RequestId, deadline: Timestamp) {
        self.waiting.insert(request, deadline);
    }

    pub(super) fn begin(&mut self, now: Timestamp, request: RequestId) {
        self.waiting.remove(&request);
        self.open = Some(Open {
            request,
            waited_for: None,
            used: Some(now),
        });
    }

    /// The page has used its open turn.
    pub(super) fn used(&mut self, now: Timestamp) {
        if let Some(Open { used: Some(used), .. }) = &mut self.open {
            *used = now;
        }
    }

    /// Others wait for the open turn, if there is one.
    pub(super) fn waited_for(&mut self, now: Timestamp) {
        if let Some(open) = &mut self.open {
            open.waited_for.get_or_insert(now);
        }
    }

    /// The page has ended its turn; the store must answer before the turn is over.
    pub(super) fn storing(&mut self) {
        if let Some(open) = &mut self.open {
            open.used = None;
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Ends the open turn, even if the store has not answered.
    pub(super) fn end(&mut self) -> Option<RequestId> {
        self.open.take().map(|open| open.request)
    }

    /// When and how the open turn ends if others wait; `None` if only the store can end it.
    pub(super) fn ends_at(&self) -> Option<(Timestamp, TurnEnd)> {
        let Open { waited_for, used, .. } = self.open.as_ref()?;
        let silent_at = (*used)?.after_ms(SILENT_TURN_MS);
        match waited_for.map(|since| since.after_ms(LONGEST_TURN_MS)) {
            Some(too_long_at) if too_long_at < silent_at => Some((too_long_at, TurnEnd::TooLong)),
            _ => Some((silent_at, TurnEnd::Silent)),
        }
    }

    /// When the first waiting turn is given up.
    pub(super) fn overdue_at(&self) -> Option<Timestamp> {
        self.waiting.values().min().copied()
    }

    /// Takes out the waiting turns whose deadline has passed.
    pub(super) fn take_overdue(&mut self, now: Timestamp) -> Vec<RequestId> {
        let overdue = self.waiting.take(|_, deadline| *deadline <= now);
        overdue.into_iter().map(|(request, _)| request).collect()
    }

    /// Takes out all waiting turns.
    pub(super) fn take_waiting(&mut self) -> Vec<RequestId> {
        self.waiting
            .take_all()
            .into_iter()
            .map(|(request, _)| request)
            .collect()
    }
}
