//! Pending writes: what this tab's page asked for and has no answer to yet.
//!
//! Each keeps its request id until it is settled, whichever tab leads meanwhile; that id is what makes sending
//! it again harmless. Safety needs no more than that id and the replies that are stored with the pages. Refusals and
//! "changed nothing" are not stored (they left no trace to protect): the leader remembers them while it leads, and they
//! count only if they come from the leadership that the request was last sent to, so a late refusal by an old leader
//! cannot contradict the new leader's success.
//!
//! Owned by [`super::Protocol`]. What these writes have met on their way is told in [`super::trials`].

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::trials::{Endings, Past, Record};
use super::words::Outputs;
use super::{Here, Message, Output, Queued, Timestamp, Wake};
use crate::sql::{Outcome, SqlFailure, Work};
use crate::storage::{Commit, Epoch, Replies, RequestId, Seq, StoreError, TabId};

/// A write without an answer is sent again with the first heartbeat after this long.
const RESEND_MS: u64 = 2_000;
/// Longer, the larger it is: to send 100 MiB again while they are being stored helps nobody.
const RESEND_BYTES_PER_MS: usize = 10 << 10;

/// Why a write was not done, or not known to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum WriteError {
    /// SQLite refused it; it had no effect.
    #[error(transparent)]
    Sql(#[from] SqlFailure),
    /// The store refused the commit; it had no effect and may be tried again.
    #[error("the write was not stored, and nothing was changed: {reason}")]
    Store { reason: String, cause: StoreCause },
    /// No answer in time.
    #[error("timeout: no leader answered in time; the write {fate}")]
    Timeout { fate: Fate },
    /// Two leaders ended while they had it, the second while it ran alone. It had no effect.
    #[error(
        "the write was given up and had no effect: two tabs that ran it lost their workers over it (it crashed them, hung, \
         or used up their memory); change the statement or its values before you send it again"
    )]
    Poisoned,
    /// This tab closed the database before the answer came.
    #[error("the database was closed; the write {fate}")]
    Closed { fate: Fate },
}

/// Why a store refused, as far as a page can act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StoreCause {
    Quota,
    Gone,
    Other,
    TooLarge,
}

/// What is known of a write that has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fate {
    /// It was never handed to a leader and never will be.
    NeverRun,
    /// A leader had it; it may have been done, or may still be.
    Unknown,
}

impl std::fmt::Display for Fate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Fate::NeverRun => "was never run",
            Fate::Unknown => "may or may not have been done",
        })
    }
}

impl From<&StoreError> for WriteError {
    fn from(error: &StoreError) -> Self {
        let cause = match error {
            StoreError::Quota(_) => StoreCause::Quota,
            StoreError::Gone(_) => StoreCause::Gone,
            StoreError::TooLarge { .. } => StoreCause::TooLarge,
            _ => StoreCause::Other,
        };
        WriteError::Store {
            reason: error.to_string(),
            cause,
        }
    }
}

/// One write that waits for its answer.
#[derive(Debug)]
struct Pending {
    /// Shared with what is queued or sent: it may be large.
    work: Rc<Work>,
    deadline: Timestamp,
    /// The leadership that it was last sent to (or that runs it here), and when.
    sent: Option<(Epoch, Timestamp)>,
    past: Past,
    /// Answered, but the replica is not there yet.
    done_at: Option<(Seq, Outcome)>,
}

impl Pending {
    fn is_with(&self, epoch: Epoch) -> bool {
        self.sent.is_some_and(|(sent_to, _)| sent_to == epoch)
    }

    /// Whether this leadership has it, and has had little time to answer.
    fn waits_for(&self, epoch: Epoch, now: Timestamp) -> bool {
        let patience_ms = RESEND_MS + (self.work.weight() / RESEND_BYTES_PER_MS) as u64;
        self.sent
            .is_some_and(|(sent_to, at)| sent_to == epoch && now < at.after_ms(patience_ms))
    }
}

/// All of them, by counter.
#[derive(Debug)]
pub(super) struct PendingWrites {
    tab: TabId,
    next: u64,
    writes: BTreeMap<u64, Pending>,
    endings: Endings,
}

// What is pending.
impl PendingWrites {
    pub(super) fn new(tab: TabId) -> Self {
        PendingWrites {
            tab,
            next: 1,
            writes: BTreeMap::new(),
            endings: Endings::default(),
        }
    }

    /// A request id that names something which is nobody's but this tab's.
    pub(super) fn reserve(&mut self) -> RequestId {
        let request = self.request(self.next);
        self.next += 1;
        request
    }

    pub(super) fn add(&mut self, work: Work, deadline: Timestamp) -> RequestId {
        let request = self.reserve();
        let pending = Pending {
            work: Rc::new(work),
            deadline,
            sent: None,
            past: Past::default(),
            done_at: None,
        };
        self.writes.insert(request.counter, pending);
        request
    }

    pub(super) fn requests(&self) -> Vec<RequestId> {
        self.named(|_| true)
    }

    pub(super) fn settled_below(&self) -> u64 {
        self.writes.keys().next().copied().unwrap_or(self.next)
    }

    pub(super) fn overdue(&self, now: Timestamp) -> Vec<RequestId> {
        self.named(|pending| pending.deadline <= now)
    }

    pub(super) fn len(&self) -> usize {
        self.writes.len()
    }

    /// What is known of one that is given up and does not wait in this tab's queue.
    pub(super) fn fate(&self, request: RequestId) -> Fate {
        match self.find(request) {
            Some(Pending { sent: None, .. }) => Fate::NeverRun,
            _ => Fate::Unknown,
        }
    }

    pub(super) fn due_at(&self, wake: Wake, addressee: Option<(Epoch, Here)>) -> Option<Timestamp> {
        let writes = self.writes.values();
        match wake {
            Wake::WriteOverdue => writes.map(|pending| pending.deadline).min(),
            // Without a leader to send it to there is nothing to judge it for.
            Wake::Judgement if addressee.is_some() => writes.filter_map(|pending| pending.past.judged_at()).min(),
            _ => None,
        }
    }

    fn find(&self, request: RequestId) -> Option<&Pending> {
        self.writes.get(&request.counter).filter(|_| request.tab == self.tab)
    }

    fn find_mut(&mut self, request: RequestId) -> Option<&mut Pending> {
        let here = request.tab == self.tab;
        self.writes.get_mut(&request.counter).filter(|_| here)
    }

    fn named(&self, wanted: impl Fn(&Pending) -> bool) -> Vec<RequestId> {
        let wanted = self.writes.iter().filter(|(_, pending)| wanted(pending));
        wanted.map(|(counter, _)| self.request(*counter)).collect()
    }

    fn request(&self, counter: u64) -> RequestId {
        let tab = self.tab;
        RequestId { tab, counter }
    }
}

// To the leader.
impl PendingWrites {
    /// Hands a write to the leader; if that is this tab, by giving it back.
    pub(super) fn send(
        &mut self,
        now: Timestamp,
        request: RequestId,
        (epoch, here): (Epoch, Here),
        outputs: &mut Outputs,
    ) -> Option<(Queued, Record)> {
        let settled_below = self.settled_below();
        let pending = self
            .writes
            .get_mut(&request.counter)
            .filter(|_| request.tab == self.tab)?;
        if let Some((before, _)) = pending.sent.filter(|(before, _)| *before != epoch) {
            if pending.past.awaits_word(now, before, &self.endings) {
                return None;
            }
            pending.past.outlived(before, &self.endings);
        }
        pending.sent = Some((epoch, now));
        let (work, deadline, record) = (Rc::clone(&pending.work), pending.deadline, pending.past.record());
        if here == Here::Leads {
            return Some((Queued::new(request, work, settled_below, deadline), record));
        }
        outputs.send(Message::Write {
            request,
            epoch,
            work,
            settled_below,
            deadline,
            record,
        });
        None
    }

    /// What this leadership does not have, and what it should have answered long ago.
    pub(super) fn unanswered(&self, now: Timestamp, epoch: Epoch) -> Vec<RequestId> {
        self.named(|pending| !pending.waits_for(epoch, now))
    }

    /// The leader is about to run a suspect of this tab.
    pub(super) fn heard_trying(&mut self, request: RequestId, epoch: Epoch, outputs: &mut Outputs) {
        if let Some(pending) = self.find_mut(request).filter(|pending| pending.is_with(epoch)) {
            pending.past.allow(epoch);
            outputs.send(Message::GoAhead { request, epoch });
        }
    }

    /// This leadership ended with a word, or is this tab's own.
    pub(super) fn note_ending(&mut self, epoch: Epoch) {
        self.endings.note(epoch);
    }
}

// The answer.
impl PendingWrites {
    /// An answer that did not come as part of a commit; `here` is how far this tab's replica is.
    pub(super) fn answered(
        &mut self,
        request: RequestId,
        epoch: Epoch,
        answer: Result<Outcome, WriteError>,
        seq: Seq,
        here: Seq,
        outputs: &mut Outputs,
    ) {
        let Some(pending) = self.find_mut(request).filter(|pending| pending.is_with(epoch)) else {
            return;
        };
        match answer {
            Ok(outcome) if seq > here => pending.done_at = Some((seq, outcome)),
            answer => self.settle(request, answer, outputs),
        }
    }

    /// The replica has this commit now.
    pub(super) fn applied(&mut self, commit: &Commit, outputs: &mut Outputs) {
        for reply in &commit.replies {
            self.settle(reply.request, Ok(reply.outcome.clone()), outputs);
        }
        self.reached(commit.seq(), outputs);
    }

    /// The replica stands at `seq` and holds these replies.
    pub(super) fn loaded(&mut self, replies: &Replies, seq: Seq, outputs: &mut Outputs) {
        for request in self.requests() {
            if let Some(outcome) = replies.find(request).cloned() {
                self.settle(request, Ok(outcome), outputs);
            }
        }
        self.reached(seq, outputs);
    }

    pub(super) fn settle(&mut self, request: RequestId, result: Result<Outcome, WriteError>, outputs: &mut Outputs) {
        if request.tab == self.tab && self.writes.remove(&request.counter).is_some() {
            outputs.push(Output::Settle { request, result });
        }
    }

    /// Those are settled whose answer waited for the replica to be here.
    fn reached(&mut self, seq: Seq, outputs: &mut Outputs) {
        for request in self.named(|pending| pending.done_at.as_ref().is_some_and(|(at, _)| *at <= seq)) {
            let done = self.find_mut(request).and_then(|pending| pending.done_at.take());
            if let Some((_, outcome)) = done {
                self.settle(request, Ok(outcome), outputs);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);
    const OTHER: (Epoch, Here) = (Epoch(2), Here::Follows);

    fn one() -> (PendingWrites, RequestId, Outputs) {
        let mut pending = PendingWrites::new(TabId(Uuid::from_u128(1)));
        let request = pending.add(Work::batch(Vec::new()), NOW.after_ms(5_000));
        (pending, request, Outputs::default())
    }

    fn record_sent(outputs: &mut Outputs) -> Option<Record> {
        match outputs.next() {
            Some(Output::Send(Message::Write { record, .. })) => Some(record),
            _ => None,
        }
    }

    #[test]
    fn a_write_that_was_never_sent_was_never_run() {
        let (mut pending, request, mut outputs) = one();
        assert_eq!(pending.fate(request), Fate::NeverRun);
        pending.send(NOW, request, OTHER, &mut outputs);
        assert_eq!(pending.fate(request), Fate::Unknown);
    }

    #[test]
    fn a_refusal_counts_only_from_the_leadership_that_has_the_write() {
        let (mut pending, request, mut outputs) = one();
        pending.send(NOW, request, OTHER, &mut outputs);
        outputs.next();
        let refused = || Err(WriteError::Poisoned);
        pending.answered(request, Epoch(1), refused(), Seq(0), Seq(0), &mut outputs);
        assert!(outputs.next().is_none());
        pending.answered(request, Epoch(2), refused(), Seq(0), Seq(0), &mut outputs);
        assert!(matches!(outputs.next(), Some(Output::Settle { .. })));
    }

    #[test]
    fn an_answer_waits_until_the_replica_holds_what_it_tells_of() {
        let (mut pending, request, mut outputs) = one();
        pending.send(NOW, request, OTHER, &mut outputs);
        outputs.next();
        pending.answered(request, Epoch(2), Ok(Outcome::nothing()), Seq(3), Seq(2), &mut outputs);
        assert!(outputs.next().is_none());
        pending.loaded(&Replies::default(), Seq(3), &mut outputs);
        assert!(matches!(outputs.next(), Some(Output::Settle { result: Ok(_), .. })));
    }

    #[test]
    fn a_write_that_was_with_a_leader_who_ended_in_silence_is_a_suspect() {
        let (mut pending, request, mut outputs) = one();
        pending.send(NOW, request, OTHER, &mut outputs);
        assert_eq!(record_sent(&mut outputs), Some(Record::Clean));
        pending.note_ending(Epoch(2));
        pending.send(NOW, request, (Epoch(3), Here::Follows), &mut outputs);
        assert_eq!(
            record_sent(&mut outputs),
            Some(Record::Clean),
            "that one said that it ended"
        );
        pending.send(NOW, request, (Epoch(4), Here::Follows), &mut outputs);
        assert_eq!(record_sent(&mut outputs), Some(Record::Suspect));
    }

    #[test]
    fn what_has_no_answer_is_sent_again_only_after_a_while() {
        let (mut pending, request, mut outputs) = one();
        pending.send(NOW, request, OTHER, &mut outputs);
        assert_eq!(pending.unanswered(NOW, Epoch(2)), []);
        assert_eq!(pending.unanswered(NOW.after_ms(RESEND_MS), Epoch(2)), [request]);
        assert_eq!(pending.unanswered(NOW, Epoch(3)), [request]);
    }
}
