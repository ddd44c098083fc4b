//! Writes: the asker's end ([`PendingWrites`]: what this tab's page waits for), the leader's end ([`Writing`]: what
//! waits for this tab), and the way between them when both ends are in this tab.
//!
//! Owned by [`super::participant`], which passes with each call where the tab stands ([`Footing`]): a copy of what
//! election and replication say at that moment. Refused: to pass the two owners themselves, because code here could
//! change them.

use std::rc::Rc;

use super::leadership::Here;
use super::message::Message;
use super::pending::PendingWrites;
use super::queued::{PutOff, Queued};
use super::record::Record;
use super::replication::Replication;
use super::turn_end::TurnEnd;
use super::wake::Wake;
use super::words::Outputs;
use super::write_error::{Fate, WriteError};
use super::writing::{Heard, Writing};
use crate::sabotage::{self, Sabotage};
use crate::sql::{Answer, Outcome, Work};
use crate::storage::{Commit, Epoch, RequestId, Seq, StoreError, TabId};
use crate::time::Timestamp;

#[derive(Debug)]
pub(super) struct Writes {
    tab: TabId,
    pending: PendingWrites,
    writing: Writing,
}

/// Where the tab stands during one call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Footing {
    pub(super) leading: Option<Epoch>,
    pub(super) last_led: Option<Epoch>,
    /// The leader to which writes go.
    pub(super) addressee: Option<(Epoch, Here)>,
    pub(super) successor: Option<TabId>,
    /// The seq of this tab's replica.
    pub(super) seq: Seq,
    /// Whether a read of the store is under way.
    pub(super) is_asking: bool,
}

impl Footing {
    fn leads_in(&self, epoch: Epoch) -> bool {
        self.leading == Some(epoch)
    }
}

// Questions.
impl Writes {
    pub(super) fn new(tab: TabId) -> Self {
        Writes {
            tab,
            pending: PendingWrites::new(tab),
            writing: Writing::default(),
        }
    }

    pub(super) fn pending(&self) -> &PendingWrites {
        &self.pending
    }

    pub(super) fn pending_mut(&mut self) -> &mut PendingWrites {
        &mut self.pending
    }

    pub(super) fn writing_mut(&mut self) -> &mut Writing {
        &mut self.writing
    }

    /// Whether a group is being run or stored, or a turn is open.
    pub(super) fn is_under_way(&self) -> bool {
        self.writing.is_busy()
    }

    pub(super) fn due_at(&self, wake: Wake, at: &Footing) -> Option<Timestamp> {
        match wake {
            // A trial can begin only after what is under way has ended.
            Wake::Trial if self.is_under_way() || at.is_asking => None,
            Wake::WriteOverdue | Wake::Judgement => self.pending.due_at(wake, at.addressee),
            wake => self.writing.due_at(wake, at.successor),
        }
    }
}

// To the leader.
impl Writes {
    pub(super) fn add(&mut self, work: Work, deadline: Timestamp) -> RequestId {
        self.pending.add(work, deadline)
    }

    /// Sends a pending write to the leader. Without a leader the write waits for one.
    pub(super) fn send(&mut self, now: Timestamp, request: RequestId, at: &Footing, outputs: &mut Outputs) {
        let Some(addressee) = at.addressee else { return };
        match self.pending.send(now, request, addressee, outputs) {
            None => {}
            Some((_, Record::Condemned)) => self.answer(request, Err(WriteError::Poisoned), at.seq, at, outputs),
            Some((queued, Record::Suspect)) => {
                self.writing.take(queued, Record::Suspect);
                self.run_next(now, at, outputs);
            }
            Some((queued, Record::Clean)) => self.writing.take(queued, Record::Clean),
        }
    }

    /// Sends the writes that the leader does not have, and again those that it should have answered long ago.
    pub(super) fn send_unanswered(&mut self, now: Timestamp, at: &Footing, outputs: &mut Outputs) {
        let Some((epoch, _)) = at.addressee else { return };
        for request in self.pending.unanswered(now, epoch) {
            self.send(now, request, at, outputs);
        }
    }

    /// Another tab has sent a write to this leader.
    pub(super) fn hear(
        &mut self,
        now: Timestamp,
        queued: Queued,
        record: Record,
        replication: &Replication,
        at: &Footing,
        outputs: &mut Outputs,
    ) {
        let Some(epoch) = at.leading else { return };
        let request = queued.request;
        match self.writing.hear(queued, record, replication, at.successor) {
            Heard::Ignored => {}
            Heard::Waits => self.run_next(now, at, outputs),
            Heard::Condemned => self.answer(request, Err(WriteError::Poisoned), at.seq, at, outputs),
            Heard::Answered { answer, seq } => outputs.send(Message::Answered {
                request,
                epoch,
                answer,
                seq,
            }),
        }
    }

    /// The asker agrees to the trial of its write.
    pub(super) fn go_ahead(&mut self, now: Timestamp, request: RequestId, at: &Footing, outputs: &mut Outputs) {
        self.writing.allow(request);
        self.run_next(now, at, outputs);
    }
}

// At the leader.
impl Writes {
    /// Gives the writer to what comes next, if the writer is free and the image may change.
    pub(super) fn run_next(&mut self, now: Timestamp, at: &Footing, outputs: &mut Outputs) {
        let Some(epoch) = at.leading else { return };
        self.writing.note_waiting(now, at.successor);
        if !at.is_asking {
            self.writing.run_next(now, epoch, self.tab, outputs);
        }
    }

    pub(super) fn put_back(&mut self, now: Timestamp, put_off: PutOff) {
        self.writing.put_back(now, put_off);
    }

    /// The engine has run the group.
    pub(super) fn ran(
        &mut self,
        answers: Vec<Answer>,
        commit: Option<Rc<Commit>>,
        at: &Footing,
        outputs: &mut Outputs,
    ) {
        let Some(commit) = commit else {
            for (request, answer) in self.writing.nothing_to_store(answers) {
                self.answer(request, answer.map_err(WriteError::from), at.seq, at, outputs);
            }
            return;
        };
        if sabotage::is(Sabotage::AcknowledgedBeforeDurable) {
            for reply in &commit.replies {
                self.pending.settle(reply.request, Ok(reply.outcome.clone()), outputs);
            }
        }
        self.writing.store(commit, answers, outputs);
    }

    /// The store has the commit: answers what waited for it. In other tabs the commit itself settles its writes.
    pub(super) fn stored(
        &mut self,
        commit: &Commit,
        answers: Vec<(RequestId, Answer)>,
        at: &Footing,
        outputs: &mut Outputs,
    ) {
        self.writing.end_open_turn(TurnEnd::Done, outputs);
        for (request, answer) in answers {
            match answer {
                Ok(outcome) => self.pending.settle(request, Ok(outcome), outputs),
                Err(failure) => self.answer(request, Err(failure.into()), commit.seq(), at, outputs),
            }
        }
    }

    /// The store did not take the commit.
    pub(super) fn not_stored(
        &mut self,
        error: &StoreError,
        answers: Vec<(RequestId, Answer)>,
        at: &Footing,
        outputs: &mut Outputs,
    ) {
        let refusal = WriteError::from(error);
        let end = TurnEnd::NotStored(refusal.clone());
        self.writing.end_open_turn(end, outputs);
        for (request, _) in answers {
            self.answer(request, Err(refusal.clone()), at.seq, at, outputs);
        }
    }
}

// Answers.
impl Writes {
    /// Answers a request that no commit answers, in this tab or another.
    fn answer(
        &mut self,
        request: RequestId,
        answer: Result<Outcome, WriteError>,
        seq: Seq,
        at: &Footing,
        outputs: &mut Outputs,
    ) {
        let Some(epoch) = at.last_led else { return };
        if request.tab == self.tab {
            // The same rule as for other tabs: the write may have gone to a newer leader since.
            return self.pending.answered(request, epoch, answer, seq, at.seq, outputs);
        }
        if at.leads_in(epoch) {
            self.writing.remember(request, answer.clone(), seq);
        }
        outputs.send(Message::Answered {
            request,
            epoch,
            answer,
            seq,
        });
    }

    pub(super) fn give_up_overdue(&mut self, now: Timestamp, outputs: &mut Outputs) {
        for request in self.pending.overdue(now) {
            let fate = self.fate(request);
            self.pending.settle(request, Err(WriteError::Timeout { fate }), outputs);
        }
    }

    /// The database is closed in this tab. Writes under way here are answered when they end.
    pub(super) fn give_up_idle(&mut self, outputs: &mut Outputs) {
        let under_way = self.writing.under_way();
        self.give_up(|request| !under_way.contains(request), outputs);
    }

    pub(super) fn give_up_all(&mut self, outputs: &mut Outputs) {
        self.give_up(|_| true, outputs);
    }

    fn give_up(&mut self, which: impl Fn(&RequestId) -> bool, outputs: &mut Outputs) {
        for request in self.pending.requests().into_iter().filter(which) {
            let fate = self.fate(request);
            self.pending.settle(request, Err(WriteError::Closed { fate }), outputs);
        }
    }

    /// The fate of a write that is given up. A write that still waits in this tab's queue will not be run.
    fn fate(&mut self, request: RequestId) -> Fate {
        match self.writing.withdraw(request) {
            Some(_) => Fate::NeverRun,
            None => self.pending.fate(request),
        }
    }
}
