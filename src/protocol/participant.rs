//! A participant: the owners that make up one tab's part in the protocol, and what each means for the others.
//!
//! [`Election`] knows who leads, [`Replication`] where the replica is, [`Writes`] the writes that this tab's page waits
//! for and the writes that wait for this tab as leader. All push to the same [`Outputs`]. Only this file says what a
//! change in one owner means for another: a tab that begins to lead, for example, empties its write queue and sends its
//! pending writes.
//!
//! Owned by [`super::Protocol`], which maps each input, message and deadline to a call here.

use std::rc::Rc;

use super::election::{Election, LeadClaim, Office, Rise};
use super::leadership::Here;
use super::message::Message;
use super::queued::{PutOff, Queued};
use super::record::Record;
use super::replication::{Fetched, Replication};
use super::turn_end::TurnEnd;
use super::wake::Wake;
use super::words::{Output, Outputs};
use super::write_error::{Fate, WriteError};
use super::writes::{Footing, Writes};
use crate::sabotage::{self, Sabotage};
use crate::sql::{Answer, Outcome, Work};
use crate::storage::{CatchUp, Commit, Epoch, Head, Position, Replies, RequestId, Seq, StoreError, TabId};
use crate::time::Timestamp;

#[derive(Debug)]
pub(super) struct Participant {
    election: Election,
    replication: Replication,
    writes: Writes,
    outputs: Outputs,
}

// Questions.
impl Participant {
    pub(super) fn new(now: Timestamp, tab: TabId, position: Position, replies: Replies) -> Self {
        let mut outputs = Outputs::default();
        outputs.push(Output::RequestLock);
        outputs.send(Message::Hello { from: tab });
        Participant {
            election: Election::new(now, tab),
            replication: Replication::new(position, replies),
            writes: Writes::new(tab),
            outputs,
        }
    }

    pub(super) fn election(&self) -> &Election {
        &self.election
    }

    /// For calls that concern the election alone.
    pub(super) fn election_mut(&mut self) -> (&mut Election, &mut Outputs) {
        (&mut self.election, &mut self.outputs)
    }

    pub(super) fn replication(&self) -> &Replication {
        &self.replication
    }

    pub(super) fn writes(&self) -> &Writes {
        &self.writes
    }

    /// For calls that concern one end of writes alone.
    pub(super) fn writes_mut(&mut self) -> (&mut Writes, &mut Outputs) {
        (&mut self.writes, &mut self.outputs)
    }

    pub(super) fn next_output(&mut self) -> Option<Output> {
        self.outputs.next()
    }

    pub(super) fn due_at(&self, wake: Wake) -> Option<Timestamp> {
        match wake {
            Wake::TurnOver | Wake::TurnOverdue | Wake::Trial | Wake::WriteOverdue | Wake::Judgement => {
                self.writes.due_at(wake, &self.footing())
            }
            Wake::Heartbeat | Wake::Steal | Wake::Look | Wake::QueueAgain => self.election.due_at(wake),
            Wake::StoreAgain => self.replication.due_at(wake),
        }
    }

    /// Whether the image must not change: a group of this tab is not durable yet, or a read of the store is under way.
    fn is_busy(&self) -> bool {
        self.writes.is_under_way() || self.replication.is_asking()
    }

    fn footing(&self) -> Footing {
        Footing {
            leading: self.election.leading(),
            last_led: self.election.last_led(),
            addressee: self.election.addressee(),
            successor: self.election.successor(),
            seq: self.replication.position().seq,
            is_asking: self.replication.is_asking(),
        }
    }

    fn leads_in(&self, epoch: Epoch) -> bool {
        self.election.leading() == Some(epoch)
    }
}

// Leading.
impl Participant {
    pub(super) fn lock_lost(&mut self, now: Timestamp) {
        if self.election.lock_lost(&mut self.outputs) == Office::Lost {
            self.step_down(now);
        }
    }

    pub(super) fn epoch_raised(&mut self, now: Timestamp, raised: Result<Head, StoreError>) {
        if !self.election.is_rising() {
            return;
        }
        match raised {
            Ok(head) => {
                self.election.epoch_raised(&head);
                self.replication.hear(head.position);
                self.advance(now, None);
            }
            Err(error) => {
                if !self.fail_if_final(error) {
                    self.election.stand_aside(now, &mut self.outputs);
                }
            }
        }
    }

    /// Begins to lead once the replica is level with the head.
    fn rise(&mut self, now: Timestamp) {
        if self.is_busy() {
            return;
        }
        match self.election.rise(self.replication.position()) {
            Rise::NotYet => {}
            Rise::Lead(epoch) => self.lead(now, epoch),
            Rise::Superseded => self.step_down(now),
            Rise::Gone(seq) => {
                let reason = format!("{seq} was there and is not any more");
                self.fail_if_final(StoreError::Gone(reason));
            }
        }
    }

    fn lead(&mut self, now: Timestamp, epoch: Epoch) {
        self.election.lead(now, epoch);
        self.writes.pending_mut().note_ending(epoch);
        // Replies first: a write that the store already holds must be settled, not sent again.
        self.writes.writing_mut().clear();
        self.announce(now);
        self.settle_loaded();
        self.send_unanswered(now);
        self.run_next(now);
    }

    pub(super) fn announce(&mut self, now: Timestamp) {
        self.election
            .announce(now, self.replication.position(), &mut self.outputs);
    }

    pub(super) fn heard_asking(&mut self, now: Timestamp, from: TabId, epoch: Epoch) {
        if self.election.name_successor(from, epoch) {
            let writing = self.writes.writing_mut();
            writing.end_waiting_turns(&TurnEnd::LeadershipLost, &mut self.outputs);
            writing.note_waiting(now, Some(from));
            self.hand_over(now);
        }
    }

    pub(super) fn heard_hand_over(&mut self, now: Timestamp, to: TabId, epoch: Epoch, until: Timestamp) {
        self.heard_ending(epoch);
        self.election.heard_hand_over(now, to, epoch, until, &mut self.outputs);
    }

    /// The leader of this epoch said that its leadership ended.
    pub(super) fn heard_ending(&mut self, epoch: Epoch) {
        self.writes.pending_mut().note_ending(epoch);
    }

    pub(super) fn heard_leader(
        &mut self,
        now: Timestamp,
        leader: (TabId, Epoch),
        lease_expiry: Timestamp,
        position: Position,
    ) {
        let (_, epoch) = leader;
        let claim = self.election.weigh(epoch);
        if claim == LeadClaim::Supersedes {
            self.step_down(now);
        }
        if claim != LeadClaim::Outdated {
            self.election.follow(now, leader, lease_expiry, &mut self.outputs);
            self.send_unanswered(now);
            self.election.say_asking(&mut self.outputs);
        }
        self.replication.hear(position);
        self.advance(now, None);
    }

    /// A tab of another version spoke. It may lead, so its messages extend the lease; what it wrote is in the store,
    /// which this tab can read.
    pub(super) fn heard_stranger(&mut self, now: Timestamp) {
        if self.election.is_closed() || self.election.leading().is_some() {
            return;
        }
        self.election.extend_lease(now);
        if !self.is_busy() {
            self.replication.ask(&mut self.outputs);
        }
    }

    /// Hands over if a tab asked to lead and nothing is under way. Then nothing waits in the queue either.
    fn hand_over(&mut self, now: Timestamp) {
        let (Some(epoch), Some(to)) = (self.election.leading(), self.election.successor()) else {
            return;
        };
        if !self.is_busy() {
            self.writes.writing_mut().clear();
            self.election.hand_over(now, epoch, to, &mut self.outputs);
        }
    }

    /// Stops leading, or rising, and queues for the lock again. This tab's own writes stay pending.
    fn step_down(&mut self, now: Timestamp) {
        if self.election.is_in_office() {
            self.resign(&TurnEnd::LeadershipLost);
            self.election.queue_anew(now, &mut self.outputs);
        }
    }

    /// The page may be frozen for any length of time.
    pub(super) fn leave(&mut self) {
        if !self.election.is_closed() && !self.election.is_away() {
            self.resign(&TurnEnd::LeadershipLost);
            self.election.go_away(&mut self.outputs);
        }
    }

    pub(super) fn come_back(&mut self, now: Timestamp) {
        if !self.election.is_away() {
            return;
        }
        self.election.come_back(now, &mut self.outputs);
        if !sabotage::is(Sabotage::ReturnUnread) {
            self.replication.want_return();
            self.read_after_return();
        }
    }

    pub(super) fn close(&mut self) {
        if self.election.is_closed() {
            return;
        }
        self.writes.give_up_idle(&mut self.outputs);
        self.resign(&TurnEnd::Closed);
        self.election.begin_closing();
        self.finish_closing();
    }

    /// Releases the lock once nothing of this tab is on its way to the store.
    fn finish_closing(&mut self) {
        if self.election.is_closing() && !self.writes.is_under_way() {
            self.writes.give_up_all(&mut self.outputs);
            self.election.finish_closing(&mut self.outputs);
        }
    }

    fn resign(&mut self, end: &TurnEnd) {
        self.election.resign(&mut self.outputs);
        self.writes.writing_mut().end(end, &mut self.outputs);
    }
}

// Writes.
impl Participant {
    pub(super) fn submit(&mut self, now: Timestamp, work: Work, deadline: Timestamp) -> RequestId {
        let request = self.writes.add(work, deadline);
        if self.election.is_closed() {
            let fate = Fate::NeverRun;
            let refused = Err(WriteError::Closed { fate });
            self.writes.pending_mut().settle(request, refused, &mut self.outputs);
        } else {
            let at = self.footing();
            self.writes.send(now, request, &at, &mut self.outputs);
            self.run_next(now);
        }
        request
    }

    pub(super) fn heard_write(&mut self, now: Timestamp, epoch: Epoch, queued: Queued, record: Record) {
        if self.leads_in(epoch) {
            let at = self.footing();
            self.writes
                .hear(now, queued, record, &self.replication, &at, &mut self.outputs);
        }
    }

    pub(super) fn heard_answer(
        &mut self,
        request: RequestId,
        epoch: Epoch,
        answer: Result<Outcome, WriteError>,
        seq: Seq,
    ) {
        let here = self.replication.position().seq;
        let pending = self.writes.pending_mut();
        pending.answered(request, epoch, answer, seq, here, &mut self.outputs);
    }

    pub(super) fn heard_go_ahead(&mut self, now: Timestamp, request: RequestId, epoch: Epoch) {
        if self.leads_in(epoch) {
            let at = self.footing();
            self.writes.go_ahead(now, request, &at, &mut self.outputs);
        }
    }

    pub(super) fn send_unanswered(&mut self, now: Timestamp) {
        let at = self.footing();
        self.writes.send_unanswered(now, &at, &mut self.outputs);
    }

    pub(super) fn run_next(&mut self, now: Timestamp) {
        let at = self.footing();
        self.writes.run_next(now, &at, &mut self.outputs);
    }

    /// Something has ended: runs the next write, or hands over.
    pub(super) fn go_on(&mut self, now: Timestamp) {
        self.lead_on(now);
        self.read_after_return();
        self.finish_closing();
    }

    /// The part of `go_on` for a leader, whose writes waited while it read the store after its page came back.
    fn lead_on(&mut self, now: Timestamp) {
        self.run_next(now);
        self.hand_over(now);
    }

    pub(super) fn ran(&mut self, now: Timestamp, answers: Vec<Answer>, commit: Option<Rc<Commit>>, put_off: PutOff) {
        self.writes.put_back(now, put_off);
        if sabotage::is(Sabotage::BroadcastBeforeDurable)
            && let Some(commit) = &commit
        {
            self.broadcast(now, commit);
        }
        let at = self.footing();
        self.writes.ran(answers, commit, &at, &mut self.outputs);
        self.go_on(now);
    }

    /// The store has answered. This tab may have stopped leading since; a durable commit still counts.
    pub(super) fn appended(&mut self, now: Timestamp, appended: Result<(), StoreError>) {
        let Some((commit, answers)) = self.writes.writing_mut().stored() else {
            return;
        };
        match appended {
            Ok(()) => {
                self.replication.stored(&commit);
                self.outputs.push(Output::Publish(Rc::clone(&commit)));
                self.broadcast(now, &commit);
                let at = self.footing();
                self.writes.stored(&commit, answers, &at, &mut self.outputs);
            }
            Err(StoreError::Fenced { .. }) => {
                self.outputs.push(Output::Revert);
                let writing = self.writes.writing_mut();
                writing.end_open_turn(TurnEnd::LeadershipLost, &mut self.outputs);
                self.step_down(now);
            }
            Err(error) => {
                self.outputs.push(Output::Revert);
                let at = self.footing();
                self.writes.not_stored(&error, answers, &at, &mut self.outputs);
                self.fail_if_final(error);
            }
        }
        self.advance(now, None);
        self.go_on(now);
    }

    fn broadcast(&mut self, now: Timestamp, commit: &Rc<Commit>) {
        match Message::of_commit(commit, now) {
            Some(message) => self.outputs.send(message),
            None => self.announce(now),
        }
    }
}

// Turns.
impl Participant {
    pub(super) fn take_turn(&mut self, now: Timestamp, deadline: Timestamp) -> RequestId {
        let request = self.writes.pending_mut().reserve();
        if let Some((_, Here::Leads)) = self.election.addressee() {
            self.writes.writing_mut().queue_turn(request, deadline);
            self.run_next(now);
        } else {
            let end = match self.election.is_closed() {
                true => TurnEnd::Closed,
                false => TurnEnd::LeadershipLost,
            };
            self.outputs.push(Output::TurnOver { request, end });
        }
        request
    }
}

// The replica.
impl Participant {
    pub(super) fn heard_commit(&mut self, now: Timestamp, commit: Rc<Commit>, sent: Timestamp) {
        self.replication.hold(commit);
        self.advance(now, Some(sent));
    }

    pub(super) fn diverged(&mut self) {
        self.replication.diverged(&mut self.outputs);
    }

    /// The pause after a failed read of the store is over.
    pub(super) fn ask_store_again(&mut self, now: Timestamp) {
        self.replication.waited();
        self.read_after_return();
        self.advance(now, None);
    }

    /// Applies every commit that can be applied, and fetches what is missing.
    fn advance(&mut self, now: Timestamp, sent: Option<Timestamp>) {
        while !self.is_busy() {
            let Some(commit) = self.replication.step(&mut self.outputs) else {
                break;
            };
            self.outputs.push(Output::Apply {
                commit: Rc::clone(&commit),
                sent,
            });
            self.writes.pending_mut().applied(&commit, &mut self.outputs);
        }
        self.rise(now);
    }

    pub(super) fn caught_up(&mut self, now: Timestamp, caught_up: Result<CatchUp, StoreError>) {
        let fetched = self.replication.caught_up(caught_up, &mut self.outputs);
        self.fetched(now, fetched);
    }

    pub(super) fn reloaded(&mut self, now: Timestamp, loaded: Result<(Position, Replies), StoreError>) {
        let fetched = self.replication.reloaded(loaded);
        if matches!(fetched, Fetched::Held) {
            self.settle_loaded();
        }
        self.fetched(now, fetched);
    }

    fn fetched(&mut self, now: Timestamp, fetched: Fetched) {
        match fetched {
            Fetched::Reloading => {}
            Fetched::Held => {
                self.advance(now, None);
                self.replication.store_was_read();
                self.read_after_return();
                self.lead_on(now);
            }
            Fetched::Failed(error) => {
                self.replication.store_was_not_read();
                if !self.fail_if_final(error) {
                    self.replication.ask_later(now);
                    self.lead_on(now);
                }
            }
        }
    }

    fn settle_loaded(&mut self) {
        let (replies, seq) = (self.replication.replies(), self.replication.position().seq);
        self.writes.pending_mut().loaded(replies, seq, &mut self.outputs);
    }

    fn read_after_return(&mut self) {
        if !self.is_busy() {
            self.replication.read_after_return(&mut self.outputs);
        }
    }

    pub(super) fn fail_if_final(&mut self, error: StoreError) -> bool {
        let is_final = error.is_final();
        if is_final {
            self.outputs.push(Output::Failed(error));
            self.close();
        }
        is_final
    }
}
