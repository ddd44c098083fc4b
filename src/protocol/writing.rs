//! Writing: the leader's end of a write. What waits for the writer, what has it, and what is owed to those who asked.
//!
//! The order of effects is the promise: an append is asked for when the engine has run the group; publish,
//! broadcast, and answers exist only when the store has it. All answers of a group wait for that, also refusals,
//! for one may be owed to a neighbour that comes to nothing.
//!
//! Owned by [`super::Protocol`], which asks for it only while this tab leads, but for what was on its way to the store when it
//! ceased to. The queue and the turns are two owners of their own; here is what concerns both.

use std::rc::Rc;

use super::replication::Replication;
use super::trials::Record;
use super::turn::Turns;
use super::words::Outputs;
use super::write_queue::{Answers, Next, Remembered, WriteQueue};
use super::{Message, Output, PutOff, Queued, Timestamp, TurnEnd, Wake, WriteError};
use crate::sabotage::{self, Sabotage};
use crate::sql::{Answer, Outcome};
use crate::storage::{Commit, Epoch, RequestId, Seq, TabId};

#[derive(Debug, Default)]
pub(super) struct Writing {
    queue: WriteQueue,
    turns: Turns,
}

/// What becomes of a write that another tab has sent.
#[derive(Debug)]
pub(super) enum Heard {
    /// It waits, perhaps for nothing.
    Waits,
    Answered {
        answer: Result<Outcome, WriteError>,
        seq: Seq,
    },
    /// It ended two leaders.
    Condemned,
    /// It is none of this leader's.
    Ignored,
}

// What waits.
impl Writing {
    /// A write of another tab. Each is answered once, and what was answered before is answered alike.
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
        if let Some(outcome) = replication.replies().find(request) {
            let (answer, seq) = (Ok(outcome.clone()), replication.position().seq);
            return Heard::Answered { answer, seq };
        }
        if let Some(Remembered { answer, seq }) = self.queue.remembered(&queued) {
            return Heard::Answered { answer, seq };
        }
        match record {
            // What is not taken is the next leader's.
            _ if successor.is_some() => Heard::Ignored,
            Record::Condemned => Heard::Condemned,
            record => {
                self.take(queued, record);
                Heard::Waits
            }
        }
    }

    /// Has it wait for its turn; one that may have ended a leader, for its trial.
    pub(super) fn take(&mut self, queued: Queued, record: Record) {
        match record {
            Record::Clean => self.queue.push(queued),
            Record::Suspect | Record::Condemned => self.queue.push_suspect(queued),
        }
    }

    /// The asker agrees that its write is tried.
    pub(super) fn allow(&mut self, request: RequestId) {
        self.queue.allow(request);
    }

    /// Takes back a write that has not been run.
    pub(super) fn withdraw(&mut self, request: RequestId) -> Option<Queued> {
        self.queue.withdraw(request)
    }

    /// An answer that no commit holds.
    pub(super) fn remember(&mut self, request: RequestId, answer: Result<Outcome, WriteError>, seq: Seq) {
        self.queue.remember(request, Remembered { answer, seq });
    }

    /// Something waits, perhaps for the open turn.
    pub(super) fn note_waiting(&mut self, now: Timestamp, successor: Option<TabId>) {
        if self.is_waited_for(successor) {
            self.turns.waited_for(now);
        }
    }

    /// A group is run or stored right now, or a turn is open.
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

    /// Whether anybody waits for the open turn to end.
    fn is_waited_for(&self, successor: Option<TabId>) -> bool {
        self.queue.is_waited_for() || successor.is_some()
    }
}

// What has the writer.
impl Writing {
    /// Gives the writer to what comes next, if nobody has it. `here` is this tab.
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

    /// Of the group that was run, these were not.
    pub(super) fn put_back(&mut self, now: Timestamp, put_off: PutOff) {
        self.queue.put_back(now, put_off);
    }

    /// The engine has run the group; its answers wait until the store has this commit.
    pub(super) fn store(&mut self, commit: Rc<Commit>, answers: Vec<Answer>, outputs: &mut Outputs) {
        self.queue.storing(Rc::clone(&commit), answers);
        outputs.push(Output::Append(commit));
    }

    /// The engine has run the group, and nothing was changed.
    pub(super) fn nothing_to_store(&mut self, answers: Vec<Answer>) -> Answers {
        self.queue.nothing_to_store(answers)
    }

    /// The store has answered: gives the commit and the answers that waited for it.
    pub(super) fn stored(&mut self) -> Option<(Rc<Commit>, Answers)> {
        self.queue.stored()
    }

    /// The requests of the group that is run or stored right now.
    pub(super) fn under_way(&self) -> Vec<RequestId> {
        self.queue.under_way()
    }

    /// A new leadership begins, or this one is handed over: what waits is sent to the next leader by those who asked.
    pub(super) fn clear(&mut self) {
        self.queue.clear();
    }

    /// This tab leads no more. What is on its way to the store stays.
    pub(super) fn end(&mut self, end: &TurnEnd, outputs: &mut Outputs) {
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

    /// The page that has the turn has done something with it.
    pub(super) fn turn_used(&mut self, now: Timestamp) {
        self.turns.used(now);
    }

    /// The page is done with its turn; if anything is to be stored, the turn is over when that is.
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

    /// Its time is over, and others wait.
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
