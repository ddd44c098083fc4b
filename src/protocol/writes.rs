//! Writes: from the page that asks, to the leader, into a group, to the store, and back to who asked.
//!
//! The order of effects is the promise: an append is asked for when the engine has run the group; publish,
//! broadcast, and answers exist only when the store has it. All answers of a group wait for that, also refusals,
//! for one may be owed to a neighbour that comes to nothing.

use std::rc::Rc;

use super::trials::Record;
use super::write_queue::{Next, Unstored};
use super::{Message, Output, Protocol, Queued, StoreCause, Timestamp, TurnEnd, WriteError};
use crate::sabotage::{self, Sabotage};
use crate::sql::{Answer, Outcome};
use crate::storage::{Commit, Epoch, RequestId, Seq, StoreError};

/// Larger commits are not broadcast (each tab gets a copy of every message): followers fetch them.
const LARGEST_BROADCAST: usize = 1 << 20;
/// A write without an answer is sent again with the first heartbeat after this long.
const RESEND_MS: u64 = 2_000;
/// Longer, the larger it is: to send 100 MiB again while they are being stored helps nobody.
const RESEND_BYTES_PER_MS: usize = 10 << 10;

impl Protocol {
    pub(super) fn heard_write(&mut self, now: Timestamp, epoch: Epoch, queued: Queued, record: Record) {
        if self.seat.leading() != Some(epoch) {
            return;
        }
        let request = queued.request;
        if self.queue.is_settled(&queued) {
            return;
        }
        if sabotage::is(Sabotage::DedupeOff) {
            self.queue.push(queued);
            self.run_next(now);
        } else if let Some(outcome) = self.replica.replies().find(request) {
            let (answer, seq) = (Ok(outcome.clone()), self.position().seq);
            self.send(Message::Answered {
                request,
                epoch,
                answer,
                seq,
            });
        } else if let Some(Unstored { answer, seq }) = self.queue.remembered(&queued) {
            self.send(Message::Answered {
                request,
                epoch,
                answer,
                seq,
            });
        } else if self.seat.successor().is_none() {
            match record {
                Record::Clean => self.queue.push(queued),
                record => return self.take_suspect(now, epoch, queued, record),
            }
            self.run_next(now);
        }
    }

    /// An answer that did not come as part of a commit.
    pub(super) fn answered(&mut self, request: RequestId, epoch: Epoch, answer: Result<Outcome, WriteError>, seq: Seq) {
        let here = self.position().seq;
        let Some(pending) = self.pending.find(request) else {
            return;
        };
        if pending.sent.is_none_or(|(sent_to, _)| sent_to != epoch) {
            return;
        }
        match answer {
            Ok(outcome) if seq > here => pending.done_at = Some((seq, outcome)),
            answer => self.settle(request, answer),
        }
    }

    /// Hands a pending write to whoever leads; without a leader it waits for one.
    pub(super) fn send_pending(&mut self, now: Timestamp, request: RequestId) {
        let settled_below = self.pending.settled_below();
        let Some(epoch) = self.seat.known_epoch() else { return };
        if self.seat.successor().is_some() {
            return;
        }
        let Some(pending) = self.pending.find(request) else {
            return;
        };
        if let Some((before, _)) = pending.sent.filter(|(before, _)| *before != epoch) {
            if pending.past.awaits_word(now, before, &self.endings) {
                return;
            }
            pending.past.outlived(before, &self.endings);
        }
        pending.sent = Some((epoch, now));
        let (work, deadline, record) = (Rc::clone(&pending.work), pending.deadline, pending.past.record);
        if self.seat.leading().is_some() {
            let queued = Queued::new(request, work, settled_below, deadline);
            match record {
                Record::Clean => self.queue.push(queued),
                record => self.take_suspect(now, epoch, queued, record),
            }
        } else {
            self.send(Message::Write {
                request,
                epoch,
                work,
                settled_below,
                deadline,
                record,
            });
        }
    }

    /// Sends what this leadership does not have, and again what it should have answered long ago.
    pub(super) fn send_unanswered(&mut self, now: Timestamp) {
        let Some(epoch) = self.seat.known_epoch() else { return };
        for request in self.pending.requests() {
            let Some(pending) = self.pending.find(request) else {
                continue;
            };
            let patience_ms = RESEND_MS + (pending.work.weight() / RESEND_BYTES_PER_MS) as u64;
            let waits = pending
                .sent
                .is_some_and(|(sent_to, at)| sent_to == epoch && now < at.after_ms(patience_ms));
            if !waits {
                self.send_pending(now, request);
            }
        }
    }

    /// When a write is judged that waits for the last word of the leader that tried it.
    pub(super) fn judging_deadline(&self) -> Option<Timestamp> {
        let can_send = self.seat.known_epoch().is_some() && self.seat.successor().is_none();
        self.pending.word_deadline().filter(|_| can_send)
    }

    pub(super) fn run_next(&mut self, now: Timestamp) {
        let Some(epoch) = self.seat.leading() else { return };
        self.note_waiting(now);
        if self.replica_is_busy() {
            return;
        }
        match self.queue.next(now, self.tab) {
            Some(Next::Group(group)) => self.output(Output::Run { epoch, group }),
            Some(Next::Turn(request)) => self.begin_turn(now, epoch, request),
            Some(Next::AskToTry(request)) => self.ask_to_try(epoch, request),
            None => {}
        }
    }

    /// When to look for the next, though nothing is heard.
    pub(super) fn queue_deadline(&self) -> Option<Timestamp> {
        self.queue.deadline().filter(|_| !self.replica_is_busy())
    }

    /// Something is done with: on to the next, or to the next leader.
    pub(super) fn go_on(&mut self, now: Timestamp) {
        self.lead_on(now);
        self.read_store_after_return();
        self.finish_closing();
    }

    /// The same for a leader that had read the store, as its page came back, while others waited.
    pub(super) fn lead_on(&mut self, now: Timestamp) {
        self.run_next(now);
        self.hand_over(now);
    }

    pub(super) fn ran(&mut self, now: Timestamp, answers: Vec<Answer>, commit: Option<Rc<Commit>>) {
        if let Some(commit) = commit {
            if sabotage::is(Sabotage::BroadcastBeforeDurable) {
                self.broadcast(now, &commit);
            }
            if sabotage::is(Sabotage::AcknowledgedBeforeDurable) {
                for reply in &commit.replies {
                    self.settle(reply.request, Ok(reply.outcome.clone()));
                }
            }
            self.queue.storing(Rc::clone(&commit), answers);
            self.output(Output::Append(commit));
            return;
        }
        let seq = self.position().seq;
        for (request, answer) in self.queue.nothing_to_store(answers) {
            self.answer(request, answer.map_err(WriteError::from), seq);
        }
        self.go_on(now);
    }

    /// The store has spoken. This may come after the tab ceased to lead; what is durable is durable.
    pub(super) fn appended(&mut self, now: Timestamp, appended: Result<(), StoreError>) {
        let Some((commit, answers)) = self.queue.stored() else {
            return;
        };
        match appended {
            Ok(()) => {
                self.replica.advance(&commit);
                self.output(Output::Publish(Rc::clone(&commit)));
                self.broadcast(now, &commit);
                self.end_open_turn(TurnEnd::Done);
                for (request, answer) in answers {
                    match answer {
                        // The commit itself tells other tabs.
                        Ok(outcome) => self.settle(request, Ok(outcome)),
                        Err(failure) => self.answer(request, Err(failure.into()), commit.seq()),
                    }
                }
            }
            Err(StoreError::Fenced { .. }) => {
                self.output(Output::Revert);
                self.end_open_turn(TurnEnd::LeadershipLost);
                self.step_down(now);
            }
            Err(error) => {
                self.output(Output::Revert);
                let reason = refusal(&error);
                self.end_open_turn(TurnEnd::NotStored(reason.clone()));
                for (request, _) in answers {
                    self.answer(request, Err(reason.clone()), commit.before.seq);
                }
                self.fail_if_final(error);
            }
        }
        self.advance(now, None);
        self.go_on(now);
    }

    pub(super) fn broadcast(&mut self, now: Timestamp, commit: &Rc<Commit>) {
        if commit.weight() > LARGEST_BROADCAST {
            if self.seat.leading().is_some() {
                self.announce(now);
            }
        } else {
            self.send(Message::Committed {
                commit: Rc::clone(commit),
                at: now,
            });
        }
    }

    /// Answers a request that no commit answers, here or in another tab.
    pub(super) fn answer(&mut self, request: RequestId, answer: Result<Outcome, WriteError>, seq: Seq) {
        let Some(epoch) = self.seat.last_led() else { return };
        if request.tab == self.tab {
            // The same rule as for other tabs: it may have gone to a newer leader since.
            self.answered(request, epoch, answer, seq);
            return;
        }
        if self.seat.leading() == Some(epoch) {
            self.queue.remember(
                request,
                Unstored {
                    answer: answer.clone(),
                    seq,
                },
            );
        }
        self.send(Message::Answered {
            request,
            epoch,
            answer,
            seq,
        });
    }

    pub(super) fn settle(&mut self, request: RequestId, result: Result<Outcome, WriteError>) {
        if self.pending.remove(request).is_some() {
            self.output(Output::Settle { request, result });
        }
    }
}

fn refusal(error: &StoreError) -> WriteError {
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
