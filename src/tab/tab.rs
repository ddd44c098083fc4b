//! A tab: the only place that holds protocol, engine and live queries together.
//!
//! Pure like them: [`Tab::handle`] takes in an event, [`Tab::poll`] gives the effects in order, and [`Tab::work`] runs
//! the SQL that waits. `worker` drives a tab in a browser; the simulated browser of the tests drives many tabs on one
//! thread, over the same SQLite.
//!
//! The law of the drain: the protocol is changed once, all its outputs are carried out in order, and then it is changed
//! again. When an output is answered on the spot, the answer goes to the end of the queue of inputs. None is dropped.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use super::agenda::Agenda;
use super::checkpoints::Checkpoints;
use super::desk::{Desk, Hand};
use super::group::Group;
use super::lease::{LeaseEvent, LeaseLock, Locking};
use super::metrics::Counted;
use super::pulse::Pulse;
use super::runner::Piece;
use super::store_call::{StoreAnswer, StoreCall};
use super::transactions::Turn;
use super::words::{Effect, Happening, LockCall};
use crate::engine::Engine;
use crate::protocol::{Here, Input, Leadership, Message, MessageError, Output, Protocol, Timestamp};
use crate::request::{Change, ChangeKind, Event, Failure, LeaderInfo, Origin, Request};
use crate::storage::{ApplyError, Commit, Lease, LeaseStep, Position, Snapshot, StoreError, TabId};

/// One tab of one database.
pub struct Tab {
    protocol: Protocol,
    /// Replaces the Web Lock in lease mode.
    lease: Option<LeaseLock>,
    desk: Desk,
    checkpoints: Checkpoints,
    agenda: Agenda,
    /// The inputs for the protocol, in this order.
    inputs: VecDeque<Input>,
    /// Whether this tab led when it last noted its leadership.
    was: Here,
    told_pending: usize,
    warned_of: Vec<MessageError>,
    closing: Closing,
}

/// Whether the protocol has closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closing {
    No,
    /// Yes. Only a lease step may still be open.
    Due,
}

// Calls of the driver.
impl Tab {
    /// Opens a tab whose store has been loaded. Drain [`Tab::poll`] and [`Tab::work`] at once.
    pub fn open(now: Timestamp, id: TabId, snapshot: Snapshot, election: Locking) -> Result<Tab, Failure> {
        let Snapshot {
            head,
            image,
            replies,
            folding,
        } = snapshot;
        let mut tab = Tab {
            protocol: Protocol::open(now, id, head.position, replies),
            lease: (election == Locking::Lease).then(|| LeaseLock::new(id)),
            desk: Desk::new(Engine::open(image)?),
            checkpoints: Checkpoints::new(folding),
            agenda: Agenda::new(now),
            inputs: VecDeque::new(),
            was: Here::Follows,
            told_pending: 0,
            warned_of: Vec::new(),
            closing: Closing::No,
        };
        tab.agenda.tell(Event::Opened { tab: id.to_string() });
        tab.carry_out(now);
        Ok(tab)
    }

    /// Takes in one event. Then drain [`Tab::poll`] and [`Tab::work`].
    pub fn handle(&mut self, now: Timestamp, happening: Happening) {
        // Requests do not reach `Protocol::handle`, which would note this. Inputs left by the last SQL come before the
        // event.
        self.protocol.attend(now);
        self.carry_out(now);
        match happening {
            Happening::Asked(request) => self.asked(now, request),
            Happening::Heard(bytes) => self.heard(now, &bytes),
            Happening::LockGranted => self.protocol.handle(now, Input::LockGranted),
            Happening::LockLost => self.protocol.handle(now, Input::LockLost),
            Happening::Stored(answer) => self.stored(now, answer),
            Happening::TimedOut => self.timed_out(now),
        }
        self.carry_out(now);
    }

    /// The next effect to carry out; `None` when all are done.
    pub fn poll(&mut self) -> Option<Effect> {
        self.agenda.next()
    }

    /// Runs the next piece of SQL that waits; whether there was one. Call it when [`Tab::poll`] is empty, then poll
    /// again.
    ///
    /// The next call takes in what this SQL led to, because only that call's `now` counts the time that SQL took.
    pub fn work(&mut self, now: Timestamp) -> bool {
        if !self.inputs.is_empty() {
            self.carry_out(now);
            return true;
        }
        if self.agenda.store_is_busy() {
            return false;
        }
        let done = if self.is_diverged() {
            self.mend()
        } else {
            let (desk, mut hand) = self.at_desk(now);
            desk.run_piece(&mut hand) || desk.run_live_in_time(&mut hand) || self.step_checkpoint()
        };
        if self.inputs.is_empty() {
            self.carry_out(now);
        }
        done
    }

    /// When to call [`Tab::handle`] with [`Happening::TimedOut`], if nothing happens before.
    pub fn deadline(&self) -> Option<Timestamp> {
        let lease = self.lease.as_ref().and_then(LeaseLock::deadline);
        // No query can run until the store has answered.
        let may_run = !self.agenda.store_is_busy() && !self.is_diverged();
        let live = self.desk.live().deadline().filter(|_| may_run);
        [self.protocol.deadline(), live, self.desk.deadline(), lease]
            .into_iter()
            .flatten()
            .min()
    }

    /// The leader and its lease, as far as this tab knows.
    pub fn leadership(&self) -> Leadership {
        self.protocol.leadership()
    }

    /// The engine, for its set-up by the driver.
    pub fn engine(&mut self) -> &mut Engine {
        self.desk.engine_mut()
    }

    /// The heartbeats to send while SQL runs: see [`crate::engine::Engine::set_on_progress`].
    pub fn pulse(&self) -> Rc<RefCell<Pulse>> {
        Rc::clone(self.desk.engine().pulse())
    }
}

// Events.
impl Tab {
    fn asked(&mut self, now: Timestamp, request: Request) {
        let (desk, mut hand) = self.at_desk(now);
        desk.take(request, &mut hand);
    }

    fn at_desk(&mut self, now: Timestamp) -> (&mut Desk, Hand<'_>) {
        let hand = Hand {
            now,
            protocol: &mut self.protocol,
            inputs: &mut self.inputs,
            agenda: &mut self.agenda,
        };
        (&mut self.desk, hand)
    }

    fn heard(&mut self, now: Timestamp, bytes: &[u8]) {
        match Message::decode(bytes) {
            Ok(message) => {
                self.count_notification(&message);
                let step = self.lease.as_mut().and_then(|lease| lease.heard(now, &message));
                self.step_lease(step);
                self.protocol.handle(now, Input::Heard(message));
            }
            Err(error) => self.not_understood(now, error),
        }
    }

    /// Warns of each version once, because a leader of that version speaks each second.
    fn not_understood(&mut self, now: Timestamp, error: MessageError) {
        if !self.warned_of.contains(&error) {
            self.warned_of.push(error);
            self.agenda.tell(Event::Warning(error.into()));
        }
        if let MessageError::Version(_) = error {
            self.protocol.handle(now, Input::HeardStranger);
        }
    }

    fn stored(&mut self, now: Timestamp, answer: StoreAnswer) {
        self.agenda.store_answered();
        let input = match answer {
            StoreAnswer::EpochRaised(raised) => Input::EpochRaised(raised),
            StoreAnswer::CaughtUp(caught_up) => Input::CaughtUp(caught_up),
            StoreAnswer::Appended(appended) => Input::Appended(appended),
            StoreAnswer::Loaded(Ok(snapshot)) => self.reload(snapshot),
            StoreAnswer::Loaded(Err(error)) => Input::Reloaded(Err(error)),
            StoreAnswer::BlocksWritten(result) | StoreAnswer::CheckpointFinished(result) => {
                return self.checkpoints.stepped(result, &mut self.agenda);
            }
            StoreAnswer::LeaseStepped(answer) => return self.lease_stepped(now, answer),
        };
        self.protocol.handle(now, input);
    }

    fn timed_out(&mut self, now: Timestamp) {
        let (desk, mut hand) = self.at_desk(now);
        desk.timed_out(&mut hand);
        let deaf_until = self.protocol.deaf_until();
        let step = self.lease.as_mut().and_then(|lease| {
            lease.was_deaf(deaf_until);
            lease.timed_out(now)
        });
        self.step_lease(step);
        self.protocol.handle(now, Input::TimedOut);
    }
}

// The image.
impl Tab {
    /// Whether the image is not the one that this tab's history leads to.
    fn is_diverged(&self) -> bool {
        self.desk.engine().engine().position() != self.protocol.position()
    }

    /// Asks for another image; whether anything was done now. No SQL runs on a diverged image: a leader's writes would
    /// follow from pages that no other tab has, and a page could miss its own write.
    fn mend(&mut self) -> bool {
        if self.protocol.is_fetching() {
            return false;
        }
        let lost = self.desk.lose_open_transaction();
        self.inputs.extend(lost);
        self.inputs.push_back(Input::Diverged);
        true
    }

    fn reload(&mut self, snapshot: Snapshot) -> Input {
        let Snapshot {
            head,
            image,
            replies,
            folding,
        } = snapshot;
        self.checkpoints = Checkpoints::new(folding);
        match self.desk.engine_mut().reload(image) {
            Ok(()) => {
                self.anything_may_have_changed(head.position);
                Input::Reloaded(Ok((head.position, replies)))
            }
            Err(error) => Input::Reloaded(Err(StoreError::Corrupt {
                record: "image".into(),
                reason: error.to_string(),
            })),
        }
    }

    /// The image was replaced, and the commits up to this position are not known one by one.
    fn anything_may_have_changed(&mut self, position: Position) {
        self.desk.live_mut().invalidate_all();
        self.agenda.tell(Event::Changed(Change {
            seq: position.seq.0,
            kind: ChangeKind::Schema,
            origin: Origin::Elsewhere,
            tables: Vec::new(),
            latency_ms: None,
        }));
    }

    /// Takes note that a commit moved the image, or that it did not fit.
    fn moved(&mut self, moved: Result<(), ApplyError>, commit: &Commit, latency_ms: Option<f64>) -> Option<Input> {
        if moved.is_err() {
            return Some(Input::Diverged);
        }
        self.checkpoints.note(commit);
        self.desk.live_mut().invalidate(&commit.write_set);
        let own = self.protocol.tab();
        let elsewhere = commit.replies.iter().any(|reply| reply.request.tab != own);
        let schema = commit.write_set.changes_schema();
        self.agenda.tell(Event::Changed(Change {
            seq: commit.seq().0,
            kind: if schema { ChangeKind::Schema } else { ChangeKind::Data },
            origin: if elsewhere { Origin::Elsewhere } else { Origin::Here },
            tables: commit.write_set.tables().map(|(table, _)| table.to_owned()).collect(),
            latency_ms,
        }));
        None
    }

    /// Takes a bounded step of a checkpoint, if no write is on its way.
    fn step_checkpoint(&mut self) -> bool {
        let Some(epoch) = self.protocol.idle_epoch() else {
            return false;
        };
        let image = self.desk.engine().engine().image();
        let call = self.checkpoints.step(epoch, &image, self.protocol.replies());
        drop(image);
        call.map(|call| self.call_store(call)).is_some()
    }

    fn call_store(&mut self, call: StoreCall) {
        self.agenda.call_store(call);
    }
}

// Carrying out the protocol's outputs.
impl Tab {
    fn carry_out(&mut self, now: Timestamp) {
        loop {
            while let Some(output) = self.protocol.poll() {
                let answer = self.output(now, output);
                self.inputs.extend(answer);
            }
            let Some(input) = self.inputs.pop_front() else { break };
            self.protocol.handle(now, input);
        }
        let pending = self.protocol.pending_writes();
        if pending != self.told_pending {
            self.told_pending = pending;
            self.agenda.tell(Event::Pending { writes: pending as u32 });
        }
        self.desk.tell_transactions(&mut self.agenda);
    }

    /// Carries out one output; returns the answer if there is one on the spot.
    fn output(&mut self, now: Timestamp, output: Output) -> Option<Input> {
        match output {
            Output::Run { epoch, group: writes } => self.desk.push(Piece::Group(Group { epoch, writes })),
            Output::Turn { request, epoch } => self.desk.push(Piece::Turn(Turn { request, epoch })),
            Output::TurnOver { request, end } => self.desk.turn_is_over(request, end, &mut self.agenda),
            Output::Apply { commit, sent } => return self.apply(now, &commit, sent),
            Output::Publish(commit) => {
                let published = self.desk.engine_mut().publish(&commit);
                return self.moved(published, &commit, None);
            }
            Output::Revert => self.desk.engine_mut().revert(),
            Output::Settle { request, result } => self.desk.settled(request, result, &mut self.agenda),
            Output::Leadership(leadership) => self.led(leadership),
            Output::Failed(error) => self.agenda.tell(Event::Failed(error.into())),
            Output::Closed => {
                self.closing = Closing::Due;
                self.desk.calls_mut().end_is_near();
                self.end();
            }
            Output::RequestLock => self.lock(now, LockCall::Request),
            // The store decides whether a lease has lapsed, so a lease is requested and not stolen.
            Output::StealLock if self.lease.is_some() => self.lock(now, LockCall::Request),
            Output::StealLock | Output::TakeLock => self.lock(now, LockCall::Steal),
            Output::ReleaseLock => self.lock(now, LockCall::Release),
            Output::RaiseEpoch => {
                self.call_store(StoreCall::RaiseEpoch);
                // A leader's writes follow from its image, so a diverged image must not wait for the next piece of SQL.
                return self.is_diverged().then_some(Input::Diverged);
            }
            Output::CatchUp { after } => self.call_store(StoreCall::CommitsAfter(after)),
            Output::Reload => self.call_store(StoreCall::Load),
            Output::Append(commit) => self.call_store(StoreCall::Append(commit)),
            Output::Send(message) => self.send(&message),
        }
        None
    }

    fn apply(&mut self, now: Timestamp, commit: &Commit, sent: Option<Timestamp>) -> Option<Input> {
        let applied = self.desk.engine_mut().apply(commit);
        let latency_ms = sent.map(|sent| now.ms_since(sent));
        self.agenda.count(Counted::FollowerRefresh);
        if let Some(ms) = latency_ms {
            self.agenda.count(Counted::LatencyMs(ms));
        }
        self.moved(applied, commit, latency_ms)
    }

    fn led(&mut self, leadership: Leadership) {
        let here = leadership.here;
        if here != self.was {
            self.was = here;
            self.agenda.count(Counted::LeadershipChange);
        }
        match here {
            Here::Leads => self.desk.calls_mut().leads(&mut self.agenda),
            Here::Follows => self.checkpoints.abandon(),
        }
        self.agenda.tell(Event::Leadership(leadership.into()));
    }

    fn send(&mut self, message: &Message) {
        self.count_notification(message);
        let bytes = message.encode();
        let leader = self.protocol.leadership().leader;
        self.agenda.push(match message.only_for(leader) {
            Some(to) => Effect::Send { to, bytes },
            None => Effect::Broadcast(bytes),
        });
    }

    fn count_notification(&mut self, message: &Message) {
        if matches!(message, Message::Committed { .. }) {
            self.agenda.count(Counted::Notification);
        }
    }
}

// The lock, and the end.
impl Tab {
    fn lock(&mut self, now: Timestamp, call: LockCall) {
        match &mut self.lease {
            Some(lease) => {
                let step = lease.call(now, call);
                self.call_store(StoreCall::Lease(step));
            }
            None => self.agenda.push(Effect::Lock(call)),
        }
    }

    fn step_lease(&mut self, step: Option<LeaseStep>) {
        if let Some(step) = step {
            self.call_store(StoreCall::Lease(step));
        }
    }

    fn lease_stepped(&mut self, now: Timestamp, answer: Result<Lease, StoreError>) {
        let event = self.lease.as_mut().and_then(|lease| lease.stepped(now, answer));
        match event {
            Some(LeaseEvent::Granted) => self.protocol.handle(now, Input::LockGranted),
            Some(LeaseEvent::Lost) => self.protocol.handle(now, Input::LockLost),
            Some(LeaseEvent::Failed(error)) => self.protocol.handle(now, Input::LockFailed(error)),
            Some(LeaseEvent::Released) => {
                let by = self.protocol.tab();
                let bytes = Message::Released { by }.encode();
                self.agenda.push(Effect::Broadcast(bytes));
            }
            None => {}
        }
        self.end();
    }

    /// Tells the page that the database is closed, but only once the next tab may lead.
    fn end(&mut self) {
        let waits = self.lease.as_ref().is_some_and(LeaseLock::is_under_way);
        if self.closing == Closing::Due && !waits {
            self.closing = Closing::No;
            self.desk.calls_mut().ended(&mut self.agenda);
            self.agenda.push(Effect::Closed);
        }
    }
}

impl From<Leadership> for LeaderInfo {
    fn from(leadership: Leadership) -> Self {
        LeaderInfo {
            is_leader: leadership.here == Here::Leads,
            leader_id: leadership.leader.map(|tab| tab.to_string()).unwrap_or_default(),
            lease_expiry_ms: leadership.lease_expiry.as_ms(),
        }
    }
}
