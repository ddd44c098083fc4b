//! One tab's part in the protocol, as `tab` and the simulated cluster see it.
//!
//! Maps each input, message and deadline to one call of the [`Participant`], which knows what it means.

use super::leadership::Leadership;
use super::message::Message;
use super::participant::Participant;
use super::queued::Queued;
use super::wake::Wake;
use super::words::{Input, Output};
use crate::sql::Work;
use crate::storage::{Epoch, Position, Replies, RequestId, SettledBelow, TabId};
use crate::time::Timestamp;

/// One tab's part in the protocol: a state machine that takes inputs and gives outputs.
#[derive(Debug)]
pub struct Protocol {
    participant: Participant,
}

// Questions.
impl Protocol {
    /// Opens a tab that has just loaded the image at `position`. Drain [`Protocol::poll`] at once.
    pub fn open(now: Timestamp, tab: TabId, position: Position, replies: Replies) -> Self {
        Protocol {
            participant: Participant::new(now, tab, position, replies),
        }
    }

    /// The id of this tab.
    pub fn tab(&self) -> TabId {
        self.participant.election().tab()
    }

    /// The position of this tab's replica.
    pub fn position(&self) -> Position {
        self.participant.replication().position()
    }

    /// The replies that this tab's replica holds.
    pub fn replies(&self) -> &Replies {
        self.participant.replication().replies()
    }

    /// The leader and its lease, as far as this tab knows.
    pub fn leadership(&self) -> Leadership {
        self.participant.election().leadership()
    }

    /// This tab has the replies to all its requests below this counter.
    pub fn settled_below(&self) -> SettledBelow {
        self.participant.writes().pending().settled_below()
    }

    /// The number of this tab's writes that have no answer yet.
    pub fn pending_writes(&self) -> usize {
        self.participant.writes().pending().len()
    }

    /// The epoch if this tab leads and nothing of it is on its way to the store: then the leader may take a step of a
    /// checkpoint.
    pub fn idle_epoch(&self) -> Option<Epoch> {
        let epoch = self.participant.election().leading();
        epoch.filter(|_| !self.participant.writes().is_under_way())
    }

    /// Whether this tab still leads in this epoch.
    pub fn leads_in(&self, epoch: Epoch) -> bool {
        self.participant.election().leading() == Some(epoch)
    }

    /// Whether a read of the store for missing commits is under way or planned.
    pub fn is_fetching(&self) -> bool {
        self.participant.replication().is_fetching()
    }

    /// Whether the page came back into sight and the store has not been read since. This tab's image may then be stale.
    pub fn is_returning(&self) -> bool {
        self.participant.replication().is_returning()
    }

    /// Until when this tab, stopped before, leaves the leader time to be heard.
    pub fn deaf_until(&self) -> Timestamp {
        self.participant.election().deaf_until()
    }

    /// The heartbeat of this tab, if it leads.
    pub fn sign_of_life(&self) -> Option<Message> {
        self.participant.election().sign_of_life(self.position())
    }

    /// When to send [`Input::TimedOut`], if nothing happens before.
    pub fn deadline(&self) -> Option<Timestamp> {
        let due = |wake| self.participant.due_at(wake);
        Wake::ALL.into_iter().filter_map(due).min()
    }
}

// Inputs.
impl Protocol {
    /// Notes that this tab is awake. [`Protocol::handle`] does so too.
    pub fn attend(&mut self, now: Timestamp) {
        let (election, _) = self.participant.election_mut();
        election.attend(now);
    }

    /// Submits a write. [`Output::Settle`] with the same request id settles it.
    pub fn submit(&mut self, now: Timestamp, work: Work, deadline: Timestamp) -> RequestId {
        self.participant.submit(now, work, deadline)
    }

    /// Asks for a turn. [`Output::Turn`] says that it begins, [`Output::TurnOver`] that it ended and how.
    pub fn take_turn(&mut self, now: Timestamp, deadline: Timestamp) -> RequestId {
        self.participant.take_turn(now, deadline)
    }

    /// The page has used its open turn, so the turn is not silent.
    pub fn turn_used(&mut self, now: Timestamp) {
        let (writes, _) = self.participant.writes_mut();
        writes.writing_mut().turn_used(now);
    }

    /// Asks for leadership until this tab leads or [`Protocol::cease_asking`] is called.
    pub fn ask_to_lead(&mut self) {
        let (election, outputs) = self.participant.election_mut();
        election.ask_to_lead(outputs);
    }

    /// Stops asking for leadership.
    pub fn cease_asking(&mut self) {
        let (election, _) = self.participant.election_mut();
        election.cease_asking();
    }

    /// Takes in one event. Drain [`Protocol::poll`] before the next call.
    pub fn handle(&mut self, now: Timestamp, input: Input) {
        self.attend(now);
        let participant = &mut self.participant;
        match input {
            Input::LockGranted => {
                let (election, outputs) = participant.election_mut();
                election.lock_granted(now, outputs);
            }
            Input::LockLost => participant.lock_lost(now),
            Input::LockFailed(error) => drop(participant.fail_if_final(error)),
            Input::EpochRaised(raised) => participant.epoch_raised(now, raised),
            Input::CaughtUp(caught_up) => participant.caught_up(now, caught_up),
            Input::Reloaded(loaded) => participant.reloaded(now, loaded),
            Input::Ran {
                answers,
                commit,
                put_off,
            } => participant.ran(now, answers, commit, put_off),
            Input::TurnEnded { commit } => {
                let (writes, outputs) = participant.writes_mut();
                writes.writing_mut().turn_ended(commit, outputs);
                participant.go_on(now);
            }
            Input::Appended(appended) => participant.appended(now, appended),
            Input::Diverged => participant.diverged(),
            Input::Heard(message) => self.heard(now, message),
            Input::HeardStranger => participant.heard_stranger(now),
            Input::TimedOut => self.timed_out(now),
            Input::Leave => participant.leave(),
            Input::ComeBack => participant.come_back(now),
            Input::Close => participant.close(),
        }
    }

    /// The next output to carry out; `None` when all are done.
    pub fn poll(&mut self) -> Option<Output> {
        self.participant.next_output()
    }

    fn heard(&mut self, now: Timestamp, message: Message) {
        let participant = &mut self.participant;
        if participant.election().is_closed() {
            return;
        }
        match message {
            Message::Hello { .. } => participant.announce(now),
            Message::Lead {
                leader,
                epoch,
                position,
                lease_expiry,
            } => participant.heard_leader(now, (leader, epoch), lease_expiry, position),
            Message::Write {
                request,
                epoch,
                work,
                settled_below,
                deadline,
                record,
            } => {
                let queued = Queued::new(request, work, settled_below, deadline);
                participant.heard_write(now, epoch, queued, record);
            }
            Message::Committed { commit, at } => participant.heard_commit(now, commit, at),
            Message::Answered {
                request,
                epoch,
                answer,
                seq,
            } => participant.heard_answer(request, epoch, answer, seq),
            Message::AskToLead { from, epoch } => participant.heard_asking(now, from, epoch),
            Message::HandOver { to, epoch, until } => participant.heard_hand_over(now, to, epoch, until),
            Message::Trying { request, epoch } => {
                let (writes, outputs) = participant.writes_mut();
                writes.pending_mut().heard_trying(request, epoch, outputs);
            }
            Message::GoAhead { request, epoch } => participant.heard_go_ahead(now, request, epoch),
            Message::Resigned { epoch } => participant.heard_ending(epoch),
            // Meant for lease mode, which replaces the lock.
            Message::Released { .. } => {}
        }
    }

    fn timed_out(&mut self, now: Timestamp) {
        // The order is a promise. An earlier wake can serve what a later one would give up.
        for wake in Wake::ALL {
            if self.participant.due_at(wake).is_some_and(|at| at <= now) {
                self.wake(now, wake);
            }
        }
    }

    fn wake(&mut self, now: Timestamp, wake: Wake) {
        let participant = &mut self.participant;
        match wake {
            Wake::TurnOver => {
                let (writes, outputs) = participant.writes_mut();
                writes.writing_mut().take_turn_away(outputs);
                participant.go_on(now);
            }
            Wake::TurnOverdue => {
                let (writes, outputs) = participant.writes_mut();
                writes.writing_mut().give_up_overdue_turns(now, outputs);
            }
            Wake::Trial => participant.run_next(now),
            Wake::WriteOverdue => {
                let (writes, outputs) = participant.writes_mut();
                writes.give_up_overdue(now, outputs);
            }
            Wake::Judgement => participant.send_unanswered(now),
            Wake::Heartbeat => {
                let position = participant.replication().position();
                let (election, outputs) = participant.election_mut();
                election.renew(now, position, outputs);
            }
            Wake::Steal => {
                let (election, outputs) = participant.election_mut();
                election.steal(now, outputs);
            }
            // `handle` has already noted that the tab is awake.
            Wake::Look => {}
            Wake::QueueAgain => {
                let (election, outputs) = participant.election_mut();
                election.queue_again(outputs);
            }
            Wake::StoreAgain => participant.ask_store_again(now),
        }
    }
}
