//! The page's calls that wait: for their own write, for all earlier writes, to lead, or for the database to close.
//!
//! Every call is answered exactly once, even when the database fails or is closed. [`super::desk`] decides what a call
//! does.

use std::collections::{BTreeMap, BTreeSet};

use super::agenda::Agenda;
use crate::durations::LEAD_TIMEOUT_MS;
use crate::protocol::{Timestamp, WriteError};
use crate::request::{CallId, Failure, NonLeaderWrites, Response};
use crate::sql::Outcome;
use crate::storage::RequestId;

#[derive(Debug, Default)]
pub(super) struct TabCalls {
    writes: BTreeMap<RequestId, CallId>,
    /// `Sync` calls, each with the writes that it still waits for.
    syncs: Vec<(CallId, BTreeSet<RequestId>)>,
    /// `Lead` calls, each with the time until which it waits.
    leads: Vec<(CallId, Timestamp)>,
    closing: Vec<CallId>,
    end: End,
    non_leader_writes: NonLeaderWrites,
}

/// Whether the page may still ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum End {
    #[default]
    NotYet,
    /// The page has closed the database, or the database has failed.
    Near,
}

// Writes.
impl TabCalls {
    pub(super) fn wait_for_write(&mut self, request: RequestId, call: CallId) {
        self.writes.insert(request, call);
    }

    pub(super) fn settled(&mut self, request: RequestId, result: Result<Outcome, WriteError>, agenda: &mut Agenda) {
        if let Some(call) = self.writes.remove(&request) {
            agenda.answer(call, result.map(Response::Outcome).map_err(Failure::from));
        }
        self.syncs.retain_mut(|(call, waits)| {
            waits.remove(&request);
            if waits.is_empty() {
                agenda.answer(*call, Ok(Response::Done));
            }
            !waits.is_empty()
        });
    }

    /// Answers the call once all writes that wait now are settled.
    pub(super) fn sync(&mut self, call: CallId, agenda: &mut Agenda) {
        let waits: BTreeSet<RequestId> = self.writes.keys().copied().collect();
        if waits.is_empty() {
            agenda.answer(call, Ok(Response::Done));
        } else {
            self.syncs.push((call, waits));
        }
    }

    pub(super) fn non_leader_writes(&self) -> NonLeaderWrites {
        self.non_leader_writes
    }

    pub(super) fn set_non_leader_writes(&mut self, policy: NonLeaderWrites) {
        self.non_leader_writes = policy;
    }
}

// Leading.
impl TabCalls {
    pub(super) fn wait_to_lead(&mut self, now: Timestamp, call: CallId) {
        self.leads.push((call, now.after_ms(LEAD_TIMEOUT_MS.into())));
    }

    /// Whether any call waits for this tab to lead.
    pub(super) fn wait_for_lead(&self) -> bool {
        !self.leads.is_empty()
    }

    /// This tab leads: answers the calls that waited for that.
    pub(super) fn leads(&mut self, agenda: &mut Agenda) {
        for (call, _) in std::mem::take(&mut self.leads) {
            agenda.answer(call, Ok(Response::Done));
        }
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.leads.iter().map(|(_, deadline)| *deadline).min()
    }

    pub(super) fn timed_out(&mut self, now: Timestamp, agenda: &mut Agenda) {
        let (overdue, waiting) = std::mem::take(&mut self.leads)
            .into_iter()
            .partition::<Vec<_>, _>(|(_, deadline)| *deadline <= now);
        self.leads = waiting;
        for (call, _) in overdue {
            agenda.answer(call, Err(does_not_lead()));
        }
    }
}

// The end.
impl TabCalls {
    pub(super) fn wait_for_end(&mut self, call: CallId) {
        self.end_is_near();
        self.closing.push(call);
    }

    pub(super) fn end_is_near(&mut self) {
        self.end = End::Near;
    }

    /// Whether the end is near. Then requests are ignored, and the page is told only that the database is closed.
    pub(super) fn is_end_near(&self) -> bool {
        self.end == End::Near
    }

    /// The protocol is closed and has settled every write before: answers the calls that are left.
    pub(super) fn ended(&mut self, agenda: &mut Agenda) {
        for (call, _) in std::mem::take(&mut self.leads) {
            agenda.answer(call, Err(Failure::closed()));
        }
        for call in std::mem::take(&mut self.closing) {
            agenda.answer(call, Ok(Response::Done));
        }
    }
}

fn does_not_lead() -> Failure {
    Failure::timeout(&format!(
        "the tab that leads did not hand over within {LEAD_TIMEOUT_MS} ms; it may be busy with a long statement or a \
         transaction; ask again when that is over"
    ))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::request::Event;
    use crate::storage::TabId;
    use crate::tab::Effect;

    const NOW: Timestamp = Timestamp(1_000_000);

    fn request(counter: u64) -> RequestId {
        let tab = TabId(Uuid::from_u128(1));
        RequestId { tab, counter }
    }

    fn answered(agenda: &mut Agenda) -> Vec<(u64, bool)> {
        let effects = std::iter::from_fn(|| agenda.next());
        effects
            .filter_map(|effect| match effect {
                Effect::Tell(Event::Answered { call, answer }) => Some((call.0, answer.is_ok())),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn a_sync_waits_for_the_writes_before_it_and_for_no_others() {
        let (mut calls, mut agenda) = (TabCalls::default(), Agenda::new(NOW));
        calls.wait_for_write(request(1), CallId(1));
        calls.sync(CallId(2), &mut agenda);
        calls.wait_for_write(request(2), CallId(3));
        assert_eq!(answered(&mut agenda), []);
        calls.settled(request(1), Ok(Outcome::nothing()), &mut agenda);
        assert_eq!(answered(&mut agenda), [(1, true), (2, true)]);
    }

    #[test]
    fn a_tab_that_asks_to_lead_is_told_when_it_asked_in_vain() {
        let (mut calls, mut agenda) = (TabCalls::default(), Agenda::new(NOW));
        calls.wait_to_lead(NOW, CallId(1));
        let deadline = calls.deadline().expect("it waits");
        calls.timed_out(NOW, &mut agenda);
        assert!(calls.wait_for_lead());
        calls.timed_out(deadline, &mut agenda);
        assert_eq!(answered(&mut agenda), [(1, false)]);
        assert!(!calls.wait_for_lead());
    }

    #[test]
    fn the_end_answers_those_who_wait_for_it_and_those_who_wait_in_vain() {
        let (mut calls, mut agenda) = (TabCalls::default(), Agenda::new(NOW));
        calls.wait_to_lead(NOW, CallId(1));
        calls.wait_for_end(CallId(2));
        assert!(calls.is_end_near());
        calls.ended(&mut agenda);
        assert_eq!(answered(&mut agenda), [(1, false), (2, true)]);
    }
}
