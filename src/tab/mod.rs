//! A tab: the only place that holds protocol, engine and live queries together.
//!
//! Pure like them: [`Tab::handle`] takes in what happened, [`Tab::poll`] says what to do, in order. `worker`
//! drives it in a browser; the simulated cluster of the tests drives many of them on one thread, over the
//! same SQLite.
//!
//! It decides nothing that the protocol decides. What is its own: which call of the page is answered by
//! what ([`calls`]), and when which SQL runs ([`runner`]).
//!
//! The law of the drain: the protocol is changed once, all its outputs are carried out in order, and then it is changed
//! again. An output that is answered on the spot puts its answer at the end of the queue of inputs; none is dropped.

mod calls;
mod failure;
mod lease;
mod metrics;
mod pulse;
mod runner;
mod transactions;
mod unstored;
mod watching;

#[cfg(target_family = "wasm")]
pub mod worker;

use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;

use calls::Calls;
pub use lease::Election;
use lease::{Ending, LeaseLock};
use metrics::{Counted, Counts};
pub use pulse::{Look, Names, Pulse};
use runner::{Moment, Piece, Runner};
use transactions::Transactions;
pub use unstored::Unstored;

use crate::engine::Engine;
use crate::live::Live;
use crate::protocol::{Here, Input, Leadership, Message, MessageError, Output, Protocol, Timestamp};
use crate::request::{Change, ChangeKind, Event, Failure, LeaderInfo, Origin, Request};
use crate::storage::{
    ApplyError, CatchUp, Checkpoint, Commit, Epoch, FoldedBlocks, Folding, Head, Lease, LeaseStep, Seq, Snapshot,
    StoreError, TabId,
};

/// What happens to a tab.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "handed over once, never kept in numbers")]
pub enum Happening {
    /// Its page asks for something.
    Asked(Request),
    /// Another tab said something.
    Heard(Vec<u8>),
    LockGranted,
    /// The lock was held and another tab stole it.
    LockLost,
    Stored(StoreAnswer),
    /// [`Tab::deadline`] has passed.
    TimedOut,
}

/// What a tab wants done.
#[derive(Debug)]
pub enum Effect {
    Lock(LockCall),
    /// Store calls are made one after the other, in this order; each is answered by [`Happening::Stored`].
    Store(StoreCall),
    /// Say this to all other tabs.
    Broadcast(Vec<u8>),
    /// Say this to one tab alone, for it is large.
    Send {
        to: TabId,
        bytes: Vec<u8>,
    },
    /// Tell the page.
    Tell(Event),
    /// Everything is given back; drop the tab.
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockCall {
    /// Queue for the lock.
    Request,
    /// Take it from whoever holds it.
    Steal,
    /// Give it back, or leave the queue.
    Release,
}

/// A call of [`crate::storage::Store`].
#[derive(Debug)]
pub enum StoreCall {
    RaiseEpoch,
    CommitsAfter(Seq),
    Load,
    Append(Rc<Commit>),
    WriteBlocks { epoch: Epoch, blocks: FoldedBlocks },
    FinishCheckpoint { epoch: Epoch, checkpoint: Checkpoint },
    Lease(LeaseStep),
}

/// Its answer.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "handed over once, never kept in numbers")]
pub enum StoreAnswer {
    EpochRaised(Result<Head, StoreError>),
    CaughtUp(Result<CatchUp, StoreError>),
    Loaded(Result<Snapshot, StoreError>),
    Appended(Result<(), StoreError>),
    BlocksWritten(Result<(), StoreError>),
    CheckpointFinished(Result<(), StoreError>),
    LeaseStepped(Result<Lease, StoreError>),
}

/// One tab of one database.
pub struct Tab {
    protocol: Protocol,
    /// In place of a Web Lock.
    lease: Option<LeaseLock>,
    engine: Engine,
    live: Live,
    folding: Folding,
    calls: Calls,
    transactions: Transactions,
    counts: Counts,
    pulse: Rc<RefCell<Pulse>>,
    /// Whether this tab led when last told of.
    was: Here,
    told_pending: usize,
    warned_of: BTreeSet<MessageError>,
    ending: Ending,
    /// What the protocol is to be told, in this order.
    inputs: VecDeque<Input>,
    runner: Runner,
    /// Store calls that have no answer yet.
    open_store_calls: usize,
    effects: VecDeque<Effect>,
}

impl Tab {
    /// A tab whose store has been loaded. Drain [`Tab::poll`] and [`Tab::work`] at once.
    pub fn open(now: Timestamp, id: TabId, snapshot: Snapshot, election: Election) -> Result<Tab, Failure> {
        let Snapshot {
            head,
            image,
            replies,
            folding,
        } = snapshot;
        let engine = Engine::open(image)?;
        let mut tab = Tab {
            protocol: Protocol::open(now, id, head.position, replies),
            lease: (election == Election::Lease).then(|| LeaseLock::new(id)),
            engine,
            live: Live::default(),
            folding,
            calls: Calls::default(),
            transactions: Transactions::default(),
            counts: Counts::new(now),
            pulse: Rc::default(),
            was: Here::Follows,
            told_pending: 0,
            warned_of: BTreeSet::new(),
            ending: Ending::No,
            inputs: VecDeque::new(),
            runner: Runner::default(),
            open_store_calls: 0,
            effects: [Effect::Tell(Event::Opened { tab: id.to_string() })].into(),
        };
        tab.carry_out(now);
        Ok(tab)
    }

    /// Takes in one thing that happened; then drain [`Tab::poll`] and [`Tab::work`].
    pub fn handle(&mut self, now: Timestamp, happening: Happening) {
        self.protocol.attend(now);
        self.carry_out(now);
        if matches!(happening, Happening::TimedOut) {
            self.runner.let_live_run();
        }
        match happening {
            Happening::Asked(request) => {
                if let Some(request) = self.runner.admit(request) {
                    self.route(now, request, Moment::Arrived);
                }
            }
            Happening::Heard(bytes) => match Message::decode(&bytes) {
                Ok(message) => {
                    self.count_notification(&message);
                    self.heard_of_lease(now, &message);
                    self.protocol.handle(now, Input::Heard(message));
                }
                Err(error) => self.not_understood(now, error),
            },
            Happening::LockGranted => self.protocol.handle(now, Input::LockGranted),
            Happening::LockLost => self.protocol.handle(now, Input::LockLost),
            Happening::Stored(answer) => self.stored(now, answer),
            Happening::TimedOut => {
                self.calls_timed_out(now);
                self.lease_timed_out(now);
                self.protocol.handle(now, Input::TimedOut);
            }
        }
        self.carry_out(now);
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When to come back with [`Happening::TimedOut`] if nothing happens before.
    pub fn deadline(&self) -> Option<Timestamp> {
        let lease = self.lease.as_ref().and_then(LeaseLock::deadline);
        // Until the store has answered, no query can run.
        let live = self.live.deadline().filter(|_| self.may_run() && !self.is_diverged());
        [self.protocol.deadline(), live, self.calls_deadline(), lease]
            .into_iter()
            .flatten()
            .min()
    }

    pub fn leadership(&self) -> Leadership {
        self.protocol.leadership()
    }

    pub fn engine(&mut self) -> &mut Engine {
        &mut self.engine
    }

    /// What to say while a work runs: see [`crate::engine::Engine::set_on_progress`].
    pub fn pulse(&self) -> Rc<RefCell<Pulse>> {
        Rc::clone(&self.pulse)
    }

    fn tell(&mut self, event: Event) {
        self.effects.push_back(Effect::Tell(event));
    }

    /// Each version is warned of once: its leader says something each second.
    fn not_understood(&mut self, now: Timestamp, error: MessageError) {
        if self.warned_of.insert(error) {
            self.tell(Event::Warning(error.into()));
        }
        if let MessageError::Version(_) = error {
            self.protocol.handle(now, Input::HeardStranger);
        }
    }

    fn call_store(&mut self, call: StoreCall) {
        self.open_store_calls += 1;
        self.effects.push_back(Effect::Store(call));
    }

    fn stored(&mut self, now: Timestamp, answer: StoreAnswer) {
        self.open_store_calls = self.open_store_calls.saturating_sub(1);
        let input = match answer {
            StoreAnswer::EpochRaised(raised) => Input::EpochRaised(raised),
            StoreAnswer::CaughtUp(caught_up) => Input::CaughtUp(caught_up),
            StoreAnswer::Appended(appended) => Input::Appended(appended),
            StoreAnswer::Loaded(Ok(snapshot)) => self.reload(snapshot),
            StoreAnswer::Loaded(Err(error)) => Input::Reloaded(Err(error)),
            StoreAnswer::BlocksWritten(result) | StoreAnswer::CheckpointFinished(result) => {
                return self.checkpoint_step_done(result);
            }
            StoreAnswer::LeaseStepped(answer) => return self.lease_stepped(now, answer),
        };
        self.protocol.handle(now, input);
    }

    fn reload(&mut self, snapshot: Snapshot) -> Input {
        let Snapshot {
            head,
            image,
            replies,
            folding,
        } = snapshot;
        self.folding = folding;
        match self.engine.reload(image) {
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
}

// Carrying out what the protocol decides.
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
            self.tell(Event::Pending { writes: pending as u32 });
        }
        self.tell_transactions();
    }

    /// Carries out one decision; gives the answer if there is one on the spot.
    fn output(&mut self, now: Timestamp, output: Output) -> Option<Input> {
        match output {
            Output::Run { epoch, group } => self.runner.push(Piece::Group { epoch, group }),
            Output::Turn { request, epoch } => self.runner.push(Piece::Turn { request, epoch }),
            Output::TurnOver { request, end } => {
                self.runner.withdraw_turn(request);
                self.turn_is_over(request, end);
            }
            Output::Apply { commit, sent } => {
                let applied = self.engine.apply(&commit);
                let latency_ms = sent.map(|sent| now.ms_since(sent));
                self.counts.note(Counted::FollowerRefresh);
                latency_ms
                    .into_iter()
                    .for_each(|ms| self.counts.note(Counted::LatencyMs(ms)));
                return self.moved(applied, &commit, latency_ms);
            }
            Output::Publish(commit) => {
                let published = self.engine.publish(&commit);
                return self.moved(published, &commit, None);
            }
            Output::Revert => self.engine.revert(),
            Output::Settle { request, result } => self.settled(request, result),
            Output::Leadership(leadership) => {
                self.led(leadership.here);
                self.tell(Event::Leadership(leadership.into()));
            }
            Output::Failed(error) => self.tell(Event::Failed(error.into())),
            Output::Closed => {
                self.ending = Ending::Due;
                self.end();
            }
            Output::RequestLock => self.lock(now, LockCall::Request),
            // Whether a lease has lapsed is to be seen in the store.
            Output::StealLock if self.lease.is_some() => self.lock(now, LockCall::Request),
            Output::StealLock | Output::TakeLock => self.lock(now, LockCall::Steal),
            Output::ReleaseLock => self.lock(now, LockCall::Release),
            Output::RaiseEpoch => {
                self.call_store(StoreCall::RaiseEpoch);
                // What a leader writes follows from what it has.
                return self.is_diverged().then_some(Input::Diverged);
            }
            Output::CatchUp { after } => self.call_store(StoreCall::CommitsAfter(after)),
            Output::Reload => self.call_store(StoreCall::Load),
            Output::Append(commit) => self.call_store(StoreCall::Append(commit)),
            Output::Send(message) => {
                self.count_notification(&message);
                let bytes = message.encode();
                self.effects
                    .push_back(match message.only_for(self.protocol.leadership().leader) {
                        Some(to) => Effect::Send { to, bytes },
                        None => Effect::Broadcast(bytes),
                    });
            }
        }
        None
    }

    fn led(&mut self, here: Here) {
        if here != self.was {
            self.was = here;
            self.counts.note(Counted::LeadershipChange);
        }
        match here {
            Here::Leads => self.leads(),
            Here::Follows => self.folding.abandon(),
        }
    }

    fn count_notification(&mut self, message: &Message) {
        if matches!(message, Message::Committed { .. }) {
            self.counts.note(Counted::Notification);
        }
    }

    /// What follows when the image has been moved by a commit, or would not be.
    fn moved(&mut self, moved: Result<(), ApplyError>, commit: &Commit, latency_ms: Option<f64>) -> Option<Input> {
        if moved.is_err() {
            return Some(Input::Diverged);
        }
        self.folding.note(commit);
        self.live.invalidate(&commit.write_set);
        let own = self.protocol.tab();
        let elsewhere = commit.replies.iter().any(|reply| reply.request.tab != own);
        let schema = commit.write_set.changes_schema();
        self.tell(Event::Changed(Change {
            seq: commit.seq().0,
            kind: if schema { ChangeKind::Schema } else { ChangeKind::Data },
            origin: if elsewhere { Origin::Elsewhere } else { Origin::Here },
            tables: commit.write_set.tables().map(|(table, _)| table.to_owned()).collect(),
            latency_ms,
        }));
        None
    }

    fn checkpoint_step_done(&mut self, result: Result<(), StoreError>) {
        match result {
            // Another leader will do it; losing leadership abandons the folding.
            Ok(()) | Err(StoreError::Fenced { .. }) => {}
            Err(error) => {
                self.folding.abandon();
                self.tell(Event::Warning(error.into()));
            }
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
