//! The protocol: who leads, how a write reaches the leader once, how its commits reach everybody.
//!
//! Pure state machine, driven by `tab` (in a worker) and by the simulated cluster (in tests): no clock,
//! no randomness, no async, no browser, no SQL. The rule:
//!
//! > Change it once ([`Protocol::handle`] or [`Protocol::submit`]), drain [`Protocol::poll`] to `None`
//! > carrying out each output in order, then change it again.
//!
//! 1. A tab opens: it has loaded the image, says `Hello`, queues for the lock.
//! 2. Lock granted: it raises the epoch (from that instant older leaders cannot append), catches up with
//!    the head that it read in the same transaction, announces `Lead`.
//! 3. A write is submitted anywhere: it gets a request id and goes to the leader; to the next one too,
//!    under the same id, if this one goes.
//! 4. The leader runs what waits as one group, asks the store to append the commit, and only when the
//!    store has it publishes, answers, and broadcasts.
//! 5. A follower applies commits in order, and a write of its own is settled by the commit that holds
//!    its reply: so it can read its write at once.
//! 6. A heartbeat each second extends the lease; a lease that lapsed is answered by stealing the lock.
//!
//! 7. A write that was with a leader who died is a suspect, and is tried alone ([`trials`]).
//!
//! Safety needs none of the timing: it is the store's check of the epoch, and the replies that are stored
//! with the pages. Refusals and "changed nothing" are not stored (they left no trace to protect): the leader
//! remembers them while it leads, and they count only if they come from the leadership that the request was
//! last sent to, so a late refusal by an old leader cannot contradict the new leader's success.

mod absence;
mod hand_over;
mod leadership;
mod long_writes;
mod message;
mod pending;
mod replica;
mod replication;
mod trials;
mod turn;
mod write_queue;
mod writes;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::rc::Rc;

use absence::Return;
use leadership::Seat;
pub use leadership::{HEARTBEAT_MS, Here, Leadership};
pub use message::{Message, MessageError};
use pending::PendingWrites;
pub use pending::{Fate, StoreCause, WriteError};
use replica::Replica;
use trials::Endings;
pub use trials::Record;
pub use turn::TurnEnd;
use turn::Turns;
use write_queue::WriteQueue;
pub use write_queue::{Patience, PutOff, Queued};

pub use crate::time::Timestamp;

use crate::sql::{Answer, Outcome, Work};
use crate::storage::{CatchUp, Commit, Epoch, Head, Position, Replies, RequestId, Seq, StoreError, TabId};

/// What happens to a tab.
#[derive(Debug)]
pub enum Input {
    /// The lock is ours.
    LockGranted,
    /// Another tab stole the lock.
    LockLost,
    /// The store failed where the lock is a record in it.
    LockFailed(StoreError),
    /// Answer to [`Output::RaiseEpoch`].
    EpochRaised(Result<Head, StoreError>),
    /// Answer to [`Output::CatchUp`].
    CaughtUp(Result<CatchUp, StoreError>),
    /// Answer to [`Output::Reload`]: the engine has the image that the store holds.
    Reloaded(Result<(Position, Replies), StoreError>),
    /// Answer to [`Output::Run`], with the commit if anything changed.
    Ran {
        /// Of the writes that were run, in order: of all but those that are put off.
        answers: Vec<Answer>,
        commit: Option<Rc<Commit>>,
        put_off: PutOff,
    },
    /// The page is done with its turn; with the commit if anything is to be stored.
    TurnEnded { commit: Option<Rc<Commit>> },
    /// Answer to [`Output::Append`].
    Appended(Result<(), StoreError>),
    /// The engine found that a commit does not fit its image.
    Diverged,
    /// Another tab said something.
    Heard(Message),
    /// A tab with another version of the library said something.
    HeardStranger,
    /// The deadline has passed.
    TimedOut,
    /// The page goes out of sight and may be frozen.
    Leave,
    /// It is back.
    ComeBack,
    /// The page closes the database.
    Close,
}

/// What a tab must do, in this order.
#[derive(Debug)]
pub enum Output {
    /// Queue for the exclusive lock; answered by [`Input::LockGranted`] some time.
    RequestLock,
    /// The leader's lease has lapsed: take the lock from whoever holds it.
    StealLock,
    /// The leader gives it to this tab by name: take the lock from it.
    TakeLock,
    /// Give the lock back, or leave the queue for it.
    ReleaseLock,
    RaiseEpoch,
    CatchUp {
        after: Seq,
    },
    Reload,
    /// Run these on the engine, stage what they change.
    Run {
        epoch: Epoch,
        group: Vec<Queued>,
    },
    /// The turn that was asked for begins: the engine is the page's until [`Input::TurnEnded`] or
    /// [`Output::TurnOver`].
    Turn {
        request: RequestId,
        epoch: Epoch,
    },
    /// The turn is over, or will not begin. Unless it is done, what it staged is to be dropped.
    TurnOver {
        request: RequestId,
        end: TurnEnd,
    },
    Append(Rc<Commit>),
    /// The staged pages are durable: make them the image.
    Publish(Rc<Commit>),
    /// The staged pages are not: drop them.
    Revert,
    /// Move the image forward by a commit of another tab. `sent` is the leader's clock when the store
    /// had it, absent when it came from the store.
    Apply {
        commit: Rc<Commit>,
        sent: Option<Timestamp>,
    },
    Send(Message),
    /// A write of this tab has its answer.
    Settle {
        request: RequestId,
        result: Result<Outcome, WriteError>,
    },
    /// Who leads has changed, or the lease was extended.
    Leadership(Leadership),
    /// The store can't be used: the database is closed in this tab.
    Failed(StoreError),
    /// Nothing is under way any more and the lock is given back.
    Closed,
}

/// One tab's part in the protocol.
#[derive(Debug)]
pub struct Protocol {
    tab: TabId,
    seat: Seat,
    replica: Replica,
    pending: PendingWrites,
    queue: WriteQueue,
    turns: Turns,
    endings: Endings,
    /// Whether the page wants this tab to lead.
    asking: bool,
    returning: Return,
    fetch: Fetch,
    outputs: VecDeque<Output>,
}

/// Whether the store has been asked for what is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fetch {
    Idle,
    UnderWay,
    /// The replica is found to be wrong meanwhile: what was asked for does not mend it.
    InVain,
    /// It failed; ask again then.
    Again(Timestamp),
}

impl Protocol {
    /// A tab that has just loaded the image at `position`. Drain [`Protocol::poll`] at once.
    pub fn open(now: Timestamp, tab: TabId, position: Position, replies: Replies) -> Self {
        Protocol {
            tab,
            seat: Seat::waiting(now, tab),
            replica: Replica::new(position, replies),
            pending: PendingWrites::new(tab),
            queue: WriteQueue::default(),
            turns: Turns::default(),
            endings: Endings::default(),
            asking: false,
            returning: Return::Complete,
            fetch: Fetch::Idle,
            outputs: [Output::RequestLock, Output::Send(Message::Hello { from: tab })].into(),
        }
    }

    pub fn tab(&self) -> TabId {
        self.tab
    }

    pub fn position(&self) -> Position {
        self.replica.position()
    }

    pub fn replies(&self) -> &Replies {
        self.replica.replies()
    }

    pub fn leadership(&self) -> Leadership {
        self.seat.leadership()
    }

    /// This tab has the answers to all its requests below this counter.
    pub fn settled_below(&self) -> u64 {
        self.pending.settled_below()
    }

    /// Writes of this tab that have no answer yet.
    pub fn pending_writes(&self) -> usize {
        self.pending.len()
    }

    /// The leader's epoch if this tab leads and nothing of it is on its way to the store: the moment for
    /// a step of a checkpoint.
    pub fn idle_epoch(&self) -> Option<Epoch> {
        self.seat.leading().filter(|_| !self.queue.is_busy())
    }

    /// Whether this tab leads, still in this epoch.
    pub fn leads_in(&self, epoch: Epoch) -> bool {
        self.seat.leading() == Some(epoch)
    }

    /// When to come back with [`Input::TimedOut`] if nothing happens before.
    pub fn deadline(&self) -> Option<Timestamp> {
        let retry = match self.fetch {
            Fetch::Again(at) => Some(at),
            _ => None,
        };
        [
            self.seat.deadline(),
            self.pending.deadline(),
            self.turn_deadline(),
            self.queue_deadline(),
            self.judging_deadline(),
            retry,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Asks for a write; settled by [`Output::Settle`] with the same id.
    pub fn submit(&mut self, now: Timestamp, work: Work, deadline: Timestamp) -> RequestId {
        let request = self.pending.add(work, deadline);
        if self.seat.is_closed() {
            self.settle(request, Err(WriteError::Closed { fate: Fate::NeverRun }));
        } else {
            self.send_pending(now, request);
            self.run_next(now);
        }
        request
    }

    /// Takes in one thing that happened.
    pub fn handle(&mut self, now: Timestamp, input: Input) {
        self.attend(now);
        match input {
            Input::LockGranted => self.lock_granted(now),
            Input::LockLost => self.lock_lost(now),
            Input::LockFailed(error) => drop(self.fail_if_final(error)),
            Input::EpochRaised(raised) => self.epoch_raised(now, raised),
            Input::CaughtUp(caught_up) => self.caught_up(now, caught_up),
            Input::Reloaded(loaded) => self.reloaded(now, loaded),
            Input::Ran {
                answers,
                commit,
                put_off,
            } => {
                self.queue.put_back(now, put_off);
                self.ran(now, answers, commit);
            }
            Input::TurnEnded { commit } => self.turn_ended(now, commit),
            Input::Appended(appended) => self.appended(now, appended),
            Input::Diverged => self.diverged(),
            Input::Heard(message) => self.heard(now, message),
            Input::HeardStranger => self.heard_stranger(now),
            Input::TimedOut => self.timed_out(now),
            Input::Leave => self.leave(),
            Input::ComeBack => self.come_back(now),
            Input::Close => self.close(),
        }
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn output(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    fn send(&mut self, message: Message) {
        self.output(Output::Send(message));
    }
}

// Messages.
impl Protocol {
    fn heard(&mut self, now: Timestamp, message: Message) {
        if self.seat.is_closed() {
            return;
        }
        match message {
            Message::Hello { .. } => self.announce(now),
            Message::Lead {
                leader,
                epoch,
                position,
                lease_expiry,
            } => {
                self.heard_leader(now, leader, epoch, lease_expiry);
                self.replica.hear(position);
                self.advance(now, None);
            }
            Message::Write {
                request,
                epoch,
                work,
                settled_below,
                deadline,
                record,
            } => {
                let queued = Queued::new(request, work, settled_below, deadline);
                self.heard_write(now, epoch, queued, record);
            }
            Message::Committed { commit, at } => {
                self.replica.hold(commit);
                self.advance(now, Some(at));
            }
            Message::Answered {
                request,
                epoch,
                answer,
                seq,
            } => {
                self.answered(request, epoch, answer, seq);
            }
            Message::AskToLead { from, epoch } => self.heard_asking(now, from, epoch),
            Message::HandOver { to, epoch, until } => self.heard_hand_over(now, to, epoch, until),
            Message::Trying { request, epoch } => self.heard_trying(request, epoch),
            Message::GoAhead { request, epoch } => self.heard_go_ahead(now, request, epoch),
            Message::Resigned { epoch } => self.endings.note(epoch),
            // For what stands in for the lock.
            Message::Released { .. } => {}
        }
    }
}
