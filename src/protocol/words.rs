//! The words of the protocol: what it is told ([`Input`]) and what it says ([`Output`]), and the queue that it says it in.
//!
//! Spoken by `tab`, which drives a [`super::Protocol`], and by the simulated cluster of the tests. An output that waits for an
//! answer names the input that brings it.

use std::collections::VecDeque;
use std::rc::Rc;

use super::{Leadership, Message, PutOff, Queued, Timestamp, TurnEnd, WriteError};
use crate::sql::{Answer, Outcome};
use crate::storage::{CatchUp, Commit, Epoch, Head, Position, Replies, RequestId, Seq, StoreError};

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
    /// The leader's lease has lapsed: take the lock from its holder.
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

/// What was said and is not carried out yet. Every owner speaks into the same one, so that the order is that of the decisions.
#[derive(Debug, Default)]
pub(super) struct Outputs(VecDeque<Output>);

impl Outputs {
    pub(super) fn push(&mut self, output: Output) {
        self.0.push_back(output);
    }

    pub(super) fn send(&mut self, message: Message) {
        self.push(Output::Send(message));
    }

    pub(super) fn next(&mut self) -> Option<Output> {
        self.0.pop_front()
    }
}
