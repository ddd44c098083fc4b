//! Pending writes: the writes of this tab's page that have no answer yet.
//!
//! A write keeps its request id until it is settled, even when the leader changes, so sending it again is harmless.
//! Safety rests on that id and on the replies that the store keeps with the pages. The store does not keep refusals and
//! "changed nothing": they left no effect to protect. The leader remembers them while it leads. They count only if they
//! come from the leader to which the request was last sent, so a late refusal by an old leader cannot contradict the
//! new leader's success.
//!
//! Owned by [`super::writes`]. [`super::trials`] says what this tab records of a write whose leaders ended.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::leadership::Here;
use super::message::Message;
use super::queued::Queued;
use super::record::Record;
use super::trials::{Endings, Past};
use super::wake::Wake;
use super::words::Output;
use super::words::Outputs;
use super::write_error::{Fate, WriteError};
use crate::sql::{Outcome, Work};
use crate::storage::{Commit, Epoch, Replies, RequestId, Seq, SettledBelow, TabId};
use crate::time::Timestamp;

/// A write without an answer is sent again with the first heartbeat after this long.
const RESEND_MS: u64 = 2_000;
/// Large writes wait longer: sending 100 MiB again while the store still writes them helps nobody.
const RESEND_BYTES_PER_MS: usize = 10 << 10;

/// One write that waits for its answer.
#[derive(Debug)]
struct Pending {
    /// Shared with the queue or the message: the work may be large.
    work: Rc<Work>,
    deadline: Timestamp,
    /// The epoch of the leader to which the write was last sent (or that runs it here), and when.
    sent: Option<(Epoch, Timestamp)>,
    past: Past,
    /// The leader has answered, but the replica has not reached that seq yet.
    done_at: Option<(Seq, Outcome)>,
}

impl Pending {
    fn is_with(&self, epoch: Epoch) -> bool {
        self.sent.is_some_and(|(sent_to, _)| sent_to == epoch)
    }

    /// Whether the leader of this epoch has the write and may still be at work on it.
    fn waits_for(&self, epoch: Epoch, now: Timestamp) -> bool {
        let patience_ms = RESEND_MS + (self.work.weight() / RESEND_BYTES_PER_MS) as u64;
        self.sent
            .is_some_and(|(sent_to, at)| sent_to == epoch && now < at.after_ms(patience_ms))
    }
}

/// All pending writes of this tab, by the counter of their request id.
#[derive(Debug)]
pub(super) struct PendingWrites {
    tab: TabId,
    next: u64,
    writes: BTreeMap<u64, Pending>,
    endings: Endings,
}

// Questions.
impl PendingWrites {
    pub(super) fn new(tab: TabId) -> Self {
        PendingWrites {
            tab,
            next: 1,
            writes: BTreeMap::new(),
            endings: Endings::default(),
        }
    }

    /// A new request id of this tab.
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

    pub(super) fn settled_below(&self) -> SettledBelow {
        SettledBelow(self.writes.keys().next().copied().unwrap_or(self.next))
    }

    pub(super) fn overdue(&self, now: Timestamp) -> Vec<RequestId> {
        self.named(|pending| pending.deadline <= now)
    }

    pub(super) fn len(&self) -> usize {
        self.writes.len()
    }

    /// The fate of a write that is given up and does not wait in this tab's own queue.
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
            // A write is judged when it is sent, and without a leader it cannot be sent.
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
    /// Sends a write to the leader. If this tab leads, returns the write instead.
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
        // A suspect that the old leader tried waits until the last word of that leader can have come.
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

    /// The writes that the leader of this epoch does not have, or should have answered long ago.
    pub(super) fn unanswered(&self, now: Timestamp, epoch: Epoch) -> Vec<RequestId> {
        self.named(|pending| !pending.waits_for(epoch, now))
    }

    /// The leader is about to run a suspect of this tab alone.
    pub(super) fn heard_trying(&mut self, request: RequestId, epoch: Epoch, outputs: &mut Outputs) {
        if let Some(pending) = self.find_mut(request).filter(|pending| pending.is_with(epoch)) {
            // Recorded before the leader may run it: only then does a silent end of that leader condemn the write.
            pending.past.allow(epoch);
            outputs.send(Message::GoAhead { request, epoch });
        }
    }

    /// The leader of this epoch said that it ended, or was this tab.
    pub(super) fn note_ending(&mut self, epoch: Epoch) {
        self.endings.note(epoch);
    }
}

// Answers.
impl PendingWrites {
    /// An answer that did not come in a commit. `here` is the seq of this tab's replica.
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
            // The page must be able to read its write at once, so the answer waits for the replica.
            Ok(outcome) if seq > here => pending.done_at = Some((seq, outcome)),
            answer => self.settle(request, answer, outputs),
        }
    }

    /// The replica has applied this commit.
    pub(super) fn applied(&mut self, commit: &Commit, outputs: &mut Outputs) {
        for reply in &commit.replies {
            self.settle(reply.request, Ok(reply.outcome.clone()), outputs);
        }
        self.reached(commit.seq(), outputs);
    }

    /// The replica was loaded at `seq` and holds these replies.
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

    /// Settles the writes whose answer waited for the replica to reach `seq`.
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
