//! A tab: the only place that holds protocol, engine and live queries together.
//!
//! Pure like them: [`Tab::handle`] takes in what happened, [`Tab::poll`] says what to do, in order. `worker`
//! drives it in a browser; the simulated cluster of the tests drives many of them on one thread, over the
//! same SQLite.
//!
//! It decides nothing that the protocol decides. What is its own: which call of the page is answered by
//! what ([`calls`]), that live queries run after commits became visible, and when a checkpoint step fits in.

mod calls;
mod failure;
mod lease;
mod metrics;
mod pulse;
mod transactions;
mod unstored;

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
use transactions::Transactions;
pub use unstored::Unstored;

use crate::engine::Engine;
use crate::live::Live;
use crate::protocol::{Here, Input, Leadership, Message, MessageError, Output, Protocol, Queued, Timestamp};
use crate::request::{Change, ChangeKind, Event, Failure, FailureKind, LeaderInfo, Origin, Request};
use crate::sabotage::{self, Sabotage};
use crate::storage::{
    ApplyError, CatchUp, Checkpoint, Commit, Epoch, FoldedBlocks, Folding, Head, Lease, LeaseStep, Reply, Seq,
    Snapshot, StoreError, TabId,
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
    /// A checkpoint step is on its way to the store.
    checkpointing: Checkpointing,
    calls: Calls,
    transactions: Transactions,
    counts: Counts,
    pulse: Rc<RefCell<Pulse>>,
    /// Whether this tab led when last told of.
    was: Here,
    told_pending: usize,
    warned_of: BTreeSet<MessageError>,
    ending: Ending,
    effects: VecDeque<Effect>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Checkpointing {
    Idle,
    UnderWay,
}

impl Tab {
    /// A tab whose store has been loaded. Drain [`Tab::poll`] at once.
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
            checkpointing: Checkpointing::Idle,
            calls: Calls::default(),
            transactions: Transactions::default(),
            counts: Counts::new(now),
            pulse: Rc::default(),
            was: Here::Follows,
            told_pending: 0,
            warned_of: BTreeSet::new(),
            ending: Ending::No,
            effects: [Effect::Tell(Event::Opened { tab: id.to_string() })].into(),
        };
        tab.carry_out(now);
        Ok(tab)
    }

    /// Takes in one thing that happened; then drain [`Tab::poll`].
    pub fn handle(&mut self, now: Timestamp, happening: Happening) {
        match happening {
            // The page asks nothing more of a database that it closes, and is told nothing more but that it is closed.
            Happening::Asked(request) if self.is_closing() && !request.concerns_the_end() => {}
            Happening::Asked(request) => self.asked(now, request),
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
        [
            self.protocol.deadline(),
            self.live.deadline(),
            self.calls_deadline(),
            lease,
        ]
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

    fn stored(&mut self, now: Timestamp, answer: StoreAnswer) {
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
                self.live.invalidate_all();
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
            let mut follow_up = None;
            while let Some(output) = self.protocol.poll() {
                if let Some(input) = self.output(now, output) {
                    follow_up.get_or_insert(input);
                }
            }
            if let Some(input) = follow_up {
                self.protocol.handle(now, input);
            } else if self.protocol.is_returning() {
                break;
            } else if let Some(asked) = self.transactions.next_released() {
                self.run_asked(now, asked);
            } else {
                break;
            }
        }
        self.run_live(now);
        self.step_checkpoint();
        let pending = self.protocol.pending_writes();
        if pending != self.told_pending {
            self.told_pending = pending;
            self.tell(Event::Pending { writes: pending as u32 });
        }
    }

    fn output(&mut self, now: Timestamp, output: Output) -> Option<Input> {
        let effect = match output {
            Output::Run { epoch, group } => return Some(self.run(now, epoch, group)),
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
            Output::Revert => {
                self.engine.revert();
                return None;
            }
            Output::Settle { request, result } => {
                self.settled(request, result);
                return None;
            }
            Output::Turn { request, epoch } => return self.turn_begins(now, request, epoch),
            Output::TurnOver { request, end } => {
                self.turn_is_over(request, end);
                return None;
            }
            Output::Leadership(leadership) => {
                self.led(leadership.here);
                Effect::Tell(Event::Leadership(leadership.into()))
            }
            Output::Failed(error) => Effect::Tell(Event::Failed(error.into())),
            Output::Closed => {
                self.ending = Ending::Due;
                self.end();
                return None;
            }
            Output::RequestLock => self.lock(now, LockCall::Request),
            // Whether a lease has lapsed is to be seen in the store.
            Output::StealLock if self.lease.is_some() => self.lock(now, LockCall::Request),
            Output::StealLock | Output::TakeLock => self.lock(now, LockCall::Steal),
            Output::ReleaseLock => self.lock(now, LockCall::Release),
            Output::RaiseEpoch => {
                self.effects.push_back(Effect::Store(StoreCall::RaiseEpoch));
                // What a leader writes follows from what it has.
                return (self.engine.position() != self.protocol.position()).then_some(Input::Diverged);
            }
            Output::CatchUp { after } => Effect::Store(StoreCall::CommitsAfter(after)),
            Output::Reload => Effect::Store(StoreCall::Load),
            Output::Append(commit) => Effect::Store(StoreCall::Append(commit)),
            Output::Send(message) => {
                self.count_notification(&message);
                Effect::Broadcast(message.encode())
            }
        };
        self.effects.push_back(effect);
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

    fn run(&mut self, now: Timestamp, epoch: Epoch, group: Vec<Queued>) -> Input {
        let works: Vec<_> = group.iter().map(|queued| &queued.work).collect();
        let until = group.iter().map(|queued| queued.deadline).max().unwrap_or(now);
        self.pulse.borrow_mut().begin(now, self.protocol.sign_of_life(), until);
        let run = self.engine.run(&works);
        self.pulse.borrow_mut().end();
        let commit = run.staged.map(|staged| {
            let replies = group
                .iter()
                .zip(&run.answers)
                .filter(|_| !sabotage::is(Sabotage::ReplyNotStored))
                .filter_map(|(queued, answer)| {
                    let outcome = answer.as_ref().ok()?.clone();
                    let Queued {
                        request, settled_below, ..
                    } = *queued;
                    Some(Reply {
                        request,
                        outcome,
                        settled_below,
                    })
                })
                .collect();
            Rc::new(
                self.engine
                    .image()
                    .commit(epoch, staged.dirty, staged.write_set, replies),
            )
        });
        Input::Ran {
            answers: run.answers,
            commit,
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

    fn run_live(&mut self, now: Timestamp) {
        for (query, statement) in self.live.due(now) {
            self.pulse.borrow_mut().watch(None);
            let answer = self.engine.query(&statement);
            self.pulse.borrow_mut().end();
            let answer = answer.map(|queried| (queried.outcome.rows, queried.reads));
            if let Some(rows) = self.live.answered(query, answer) {
                self.tell(Event::Rows { query, rows });
            }
        }
    }
}

// Checkpoints: one bounded step at a time, and only while no write is on its way.
impl Tab {
    fn step_checkpoint(&mut self) {
        let Some(epoch) = self.protocol.idle_epoch() else {
            return;
        };
        if self.checkpointing == Checkpointing::UnderWay || !self.folding.is_due() {
            return;
        }
        let blocks = self.folding.next_blocks(&self.engine.image(), self.protocol.replies());
        let call = if !blocks.is_empty() {
            StoreCall::WriteBlocks { epoch, blocks }
        } else if let Some(checkpoint) = self.folding.finish() {
            StoreCall::FinishCheckpoint { epoch, checkpoint }
        } else {
            return;
        };
        self.checkpointing = Checkpointing::UnderWay;
        self.effects.push_back(Effect::Store(call));
    }

    fn checkpoint_step_done(&mut self, result: Result<(), StoreError>) {
        self.checkpointing = Checkpointing::Idle;
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

impl Failure {
    fn permission_denied() -> Self {
        let message = "WRITE_PERMISSION_DENIED: this tab does not lead, and only the leader may write; \
                       use queueWrite() to have the leader do it, or allowNonLeaderWrites(true)";
        Failure::new(FailureKind::Write, "WRITE_PERMISSION_DENIED", message)
    }
}
