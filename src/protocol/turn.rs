//! Turns: the page of the leader has the writer to itself, for a transaction that stays open across its calls.
//!
//! A turn waits in the write queue like any write, so it begins when all before it is durable; while it is
//! open, the queue waits, and nobody else's write can land inside. It ends by what the page says
//! ([`Input::TurnEnded`]), or without it: leadership is lost, the database is closed, or others waited while the page was
//! silent for [`SILENT_TURN_MS`], or for [`LONGEST_TURN_MS`]
//! in all. Other tabs cannot have turns: a transaction in another tab would hold
//! up everybody for as long as messages take, and could not be ended if that tab freezes.
//!
//! Here is what a turn is and when it ends; [`super::writing`] gives it its place in the queue.
//!
//! [`Input::TurnEnded`]: super::Input::TurnEnded

use super::{Timestamp, WriteError};
use crate::ascending::Ascending;
use crate::durations::{LONGEST_TURN_MS, SILENT_TURN_MS};
use crate::storage::RequestId;

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
    waiting: Ascending<RequestId, Timestamp>,
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

    /// The page that has the turn has done something with it.
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

    /// Its page is done with it, and the store is waited for.
    pub(super) fn storing(&mut self) {
        if let Some(open) = &mut self.open {
            open.used = None;
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Ends the open turn, even if the store is waited for.
    pub(super) fn end(&mut self) -> Option<RequestId> {
        self.open.take().map(|open| open.request)
    }

    /// When the open turn ends if others wait, and how; nothing if the store alone ends it.
    pub(super) fn ends_at(&self) -> Option<(Timestamp, TurnEnd)> {
        let Open { waited_for, used, .. } = self.open.as_ref()?;
        let silent_at = (*used)?.after_ms(SILENT_TURN_MS);
        match waited_for.map(|since| since.after_ms(LONGEST_TURN_MS)) {
            Some(too_long_at) if too_long_at < silent_at => Some((too_long_at, TurnEnd::TooLong)),
            _ => Some((silent_at, TurnEnd::Silent)),
        }
    }

    /// When the first of those that wait is given up.
    pub(super) fn overdue_at(&self) -> Option<Timestamp> {
        self.waiting.values().min().copied()
    }

    /// Those that wait and have waited long enough; they wait no more.
    pub(super) fn take_overdue(&mut self, now: Timestamp) -> Vec<RequestId> {
        let overdue = self.waiting.take(|_, deadline| *deadline <= now);
        overdue.into_iter().map(|(request, _)| request).collect()
    }

    /// All that wait; they wait no more.
    pub(super) fn take_waiting(&mut self) -> Vec<RequestId> {
        self.waiting
            .take_all()
            .into_iter()
            .map(|(request, _)| request)
            .collect()
    }
}
