//! Writing: the leader's end of a write. Holds the writes that wait, the group that runs, and the answers that are
//! owed.
//!
//! The order of effects is a promise. The leader asks for the append once the engine has run the group. It publishes,
//! broadcasts and answers only once the store has the commit. All answers of a group wait for that, refusals too: a
//! write may have been refused because of an earlier write of the group, which a failed append undoes.
//!
//! Owned by [`super::writes`], which calls it only while this tab leads, and afterwards for the commit that was still
//! on its way to the store. The queue and the turns are owners of their own; this file has what concerns both.

use std::rc::Rc;

use super::message::Message;
use super::queued::{PutOff, Queued};
use super::record::Record;
use super::replication::Replication;
use super::turn::Turns;
use super::turn_end::TurnEnd;
use super::wake::Wake;
use super::words::Output;
use super::words::Outputs;
use super::write_error::WriteError;
use super::write_queue::{Answers, Next, Remembered, WriteQueue};
use crate::sabotage::{self, Sabotage};
use crate::sql::{Answer, Outcome};
use crate::storage::{Commit, Epoch, RequestId, Seq, TabId};
use crate::time::Timestamp;

#[derive(Debug, Default)]
pub(super) struct Writing {
    queue: WriteQueue,
    turns: Turns,
}

/// What becomes of a write that another tab has sent.
#[derive(Debug)]
pub(super) enum Heard {
    /// It waits in the queue, or the queue had it already.
    Waits,
    Answered {
        answer: Result<Outcome, WriteError>,
        seq: Seq,
    },
    /// It ended two leaders.
    Condemned,
    /// This leader ignores it: a late copy, or a write for the next leader.
    Ignored,
}

// Waiting.
impl Writing {
    /// Takes a write of another tab. A write that was answered before gets the same answer and is not run again.
    pub(super) fn hear(
        &mut self,
        queued: Queued,
        record: Record,
        replication: &Replication,
        successor: Option<TabId>,
    ) -> Heard {
        let request = queued.request;
        if self.queue.is_settled(&queued) {
            return Heard::Ignored;
        }
        if sabotage::is(Sabotage::DedupeOff) {
            self.queue.push(queued);
            return Heard::Waits;
        }
        // First the stored reply, then the remembered answer: only a write with neither may run.
        if let Some(outcome) = replication.replies().find(request) {
            let (answer, seq) = (Ok(outcome.clone()), replication.position().seq);
            return Heard::Answered { answer, seq };
        }
        if let Some(Remembered { answer, seq }) = self.queue.remembered(&queued) {
            return Heard::Answered { answer, seq };
        }
        match record {
            // After the promise to hand over, new writes are the next leader's.
            _ if successor.is_some() => Heard::Ignored,
            Record::Condemned => Heard::Condemned,
            record => {
                self.take(queued, record);
                Heard::Waits
            }
        }
    }

    /// Queues the write. A write that may have ended a leader waits for its trial instead.
    pub(super) fn take(&mut self, queued: Queued, record: Record) {
        match record {
            Record::Clean => self.queue.push(queued),
            Record::Suspect | Record::Condemned => self.queue.push_suspect(queued),
        }
    }

    /// The asker agrees to the trial of its write.
    pub(super) fn allow(&mut self, request: RequestId) {
        self.queue.allow(request);
    }

    /// Takes out a write that has not been run.
    pub(super) fn withdraw(&mut self, request: RequestId) -> Option<Queued> {
        self.queue.withdraw(request)
    }

    /// Remembers an answer that no commit holds.
    pub(super) fn remember(&mut self, request: RequestId, answer: Result<Outcome, WriteError>, seq: Seq) {
        self.queue.remember(request, Remembered { answer, seq });
    }

    /// Notes that something waits, if so: then the open turn is waited for.
    pub(super) fn note_waiting(&mut self, now: Timestamp, successor: Option<TabId>) {
        if self.is_waited_for(successor) {
            self.turns.waited_for(now);
        }
    }

    /// Whether a group is being run or stored, or a turn is open.
    pub(super) fn is_busy(&self) -> bool {
        self.queue.is_busy()
    }

    pub(super) fn due_at(&self, wake: Wake, successor: Option<TabId>) -> Option<Timestamp> {
        match wake {
            Wake::TurnOver if self.is_waited_for(successor) => self.turns.ends_at().map(|(at, _)| at),
            Wake::TurnOverdue => self.turns.overdue_at(),
            Wake::Trial => self.queue.deadline(),
            _ => None,
        }
    }

    /// Whether a write, a turn or a successor waits for the open turn to end.
    fn is_waited_for(&self, successor: Option<TabId>) -> bool {
        self.queue.is_waited_for() || successor.is_some()
    }
}

// Under way.
impl Writing {
    /// Gives the writer to what comes next, if the writer is free. `here` is this tab.
    pub(super) fn run_next(&mut self, now: Timestamp, epoch: Epoch, here: TabId, outputs: &mut Outputs) {
        match self.queue.next(now, here) {
            Some(Next::Group(group)) => outputs.push(Output::Run { epoch, group }),
            Some(Next::Turn(request)) => {
                self.turns.begin(now, request);
                outputs.push(Output::Turn { request, epoch });
            }
            Some(Next::AskToTry(request)) => outputs.send(Message::Trying { request, epoch }),
            None => {}
        }
    }

    /// Returns the writes of the group that were not run.
    pub(super) fn put_back(&mut self, now: Timestamp, put_off: PutOff) {
        self.queue.put_back(now, put_off);
    }

    /// The engine has run the group. Its answers wait until the store has this commit.
    pub(super) fn store(&mut self, commit: Rc<Commit>, answers: Vec<Answer>, outputs: &mut Outputs) {
        self.queue.storing(Rc::clone(&commit), answers);
        outputs.push(Output::Append(commit));
    }

    /// The engine has run the group, and nothing changed.
    pub(super) fn nothing_to_store(&mut self, answers: Vec<Answer>) -> Answers {
        self.queue.nothing_to_store(answers)
    }

    /// The store has answered: gives the commit and the answers that waited for it.
    pub(super) fn stored(&mut self) -> Option<(Rc<Commit>, Answers)> {
        self.queue.stored()
    }

    /// The requests of the group that is being run or stored.
    pub(super) fn under_way(&self) -> Vec<RequestId> {
        self.queue.under_way()
    }

    /// Forgets what waits, as this tab begins to lead or hands over: each sender sends its writes to the next leader.
    pub(super) fn clear(&mut self) {
        self.queue.clear();
    }

    /// This tab no longer leads. What is on its way to the store stays.
    pub(super) fn end(&mut self, end: &TurnEnd, outputs: &mut Outputs) {
        // A turn that only the store can end stays open until the store answers.
        if self.turns.ends_at().is_some() {
            self.end_open_turn(end.clone(), outputs);
        }
        self.end_waiting_turns(end, outputs);
        self.queue.clear();
    }
}

// Turns.
impl Writing {
    pub(super) fn queue_turn(&mut self, request: RequestId, deadline: Timestamp) {
        self.turns.wait(request, deadline);
        self.queue.push_turn(request);
    }

    /// The page has used its open turn.
    pub(super) fn turn_used(&mut self, now: Timestamp) {
        self.turns.used(now);
    }

    /// The page has ended its turn. With a commit, the turn is over once the store has that commit.
    pub(super) fn turn_ended(&mut self, commit: Option<Rc<Commit>>, outputs: &mut Outputs) {
        match commit {
            _ if !self.turns.is_open() => {}
            Some(commit) => {
                self.turns.storing();
                self.queue.storing_turn(Rc::clone(&commit));
                outputs.push(Output::Append(commit));
            }
            None => self.end_open_turn(TurnEnd::Done, outputs),
        }
    }

    pub(super) fn end_open_turn(&mut self, end: TurnEnd, outputs: &mut Outputs) {
        if let Some(request) = self.turns.end() {
            self.queue.release_turn();
            outputs.push(Output::TurnOver { request, end });
        }
    }

    /// Ends the open turn because its time is over and others wait.
    pub(super) fn take_turn_away(&mut self, outputs: &mut Outputs) {
        if let Some((_, end)) = self.turns.ends_at() {
            self.end_open_turn(end, outputs);
        }
    }

    pub(super) fn end_waiting_turns(&mut self, end: &TurnEnd, outputs: &mut Outputs) {
        for request in self.turns.take_waiting() {
            self.give_up_turn(request, end.clone(), outputs);
        }
    }

    pub(super) fn give_up_overdue_turns(&mut self, now: Timestamp, outputs: &mut Outputs) {
        for request in self.turns.take_overdue(now) {
            self.give_up_turn(request, TurnEnd::TimedOut, outputs);
        }
    }

    fn give_up_turn(&mut self, request: RequestId, end: TurnEnd, outputs: &mut Outputs) {
        self.queue.withdraw_turn(request);
        outputs.push(Output::TurnOver { request, end });
    }
}
