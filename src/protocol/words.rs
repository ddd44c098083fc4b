//! The words of the protocol: its inputs ([`Input`]), its outputs ([`Output`]), and the queue of outputs.
//!
//! `tab` speaks them with a [`super::Protocol`], and so does the simulated cluster of the tests. An output that waits
//! for an answer names the input that brings it.

use std::collections::VecDeque;
use std::rc::Rc;

use super::leadership::Leadership;
use super::message::Message;
use super::queued::{PutOff, Queued};
use super::turn_end::TurnEnd;
use super::write_error::WriteError;
use crate::sql::{Answer, Outcome};
use crate::storage::{CatchUp, Commit, Epoch, Head, Position, Replies, RequestId, Seq, StoreError};
use crate::time::Timestamp;

/// What happens to a tab.
#[derive(Debug)]
pub enum Input {
    /// This tab holds the lock.
    LockGranted,
    /// Another tab stole the lock.
    LockLost,
    /// In lease mode the lock is a record in the store, and the store failed.
    LockFailed(StoreError),
    /// Answer to [`Output::RaiseEpoch`].
    EpochRaised(Result<Head, StoreError>),
    /// Answer to [`Output::CatchUp`].
    CaughtUp(Result<CatchUp, StoreError>),
    /// Answer to [`Output::Reload`]: the engine has loaded the image that the store holds.
    Reloaded(Result<(Position, Replies), StoreError>),
    /// Answer to [`Output::Run`], with the commit if anything changed.
    Ran {
        /// The answers to the writes that were run, in order. Writes that were put off have none.
        answers: Vec<Answer>,
        /// Staged on the engine, and not stored yet. `None` if no write changed anything.
        commit: Option<Rc<Commit>>,
        /// The writes of the group that have no answer, to be queued again.
        put_off: PutOff,
    },
    /// The page ended its turn; with the commit if anything changed.
    TurnEnded {
        /// Staged on the engine, and not stored yet. `None` also after a rollback.
        commit: Option<Rc<Commit>>,
    },
    /// Answer to [`Output::Append`].
    Appended(Result<(), StoreError>),
    /// The engine found that a commit does not fit its image.
    Diverged,
    /// Another tab sent this message.
    Heard(Message),
    /// A tab with another version of the library sent a message.
    HeardStranger,
    /// The deadline of [`super::Protocol::deadline`] has passed.
    TimedOut,
    /// The page goes out of sight and may be frozen.
    Leave,
    /// The page is back in sight.
    ComeBack,
    /// The page closes the database.
    Close,
}

/// What a tab must do, in the order of the outputs.
#[derive(Debug)]
pub enum Output {
    /// Queue for the exclusive lock; [`Input::LockGranted`] answers when this tab gets it.
    RequestLock,
    /// The leader's lease has lapsed: steal the lock from its holder.
    StealLock,
    /// The leader named this tab as its successor: take the lock from it.
    TakeLock,
    /// Release the lock, or leave the queue for it.
    ReleaseLock,
    /// Raise the epoch in the store and read its head; answered by [`Input::EpochRaised`].
    RaiseEpoch,
    /// Read from the store all commits after this seq; answered by [`Input::CaughtUp`].
    CatchUp {
        /// Where this tab's replica stands.
        after: Seq,
    },
    /// Load the whole image from the store; answered by [`Input::Reloaded`].
    Reload,
    /// Run these writes on the engine and stage what they change; answered by [`Input::Ran`].
    Run {
        /// Goes into the commit, where the store compares it with its own.
        epoch: Epoch,
        /// In order of arrival. Each write is a transaction of its own, and all become one commit.
        group: Vec<Queued>,
    },
    /// The requested turn begins: the engine is the page's until [`Input::TurnEnded`] or [`Output::TurnOver`].
    Turn {
        /// The id that was given out when the page asked for the turn.
        request: RequestId,
        /// Goes into the commit that the turn makes, where the store compares it with its own.
        epoch: Epoch,
    },
    /// The turn is over, or will not begin. Unless it ended as `Done`, drop what it staged.
    TurnOver {
        /// As in [`Output::Turn`]; a turn that could not begin has such an id too.
        request: RequestId,
        /// Why it is over, which decides what the page is told.
        end: TurnEnd,
    },
    /// Ask the store to append this commit; answered by [`Input::Appended`].
    Append(Rc<Commit>),
    /// The staged pages are durable: make them part of the image.
    Publish(Rc<Commit>),
    /// The store did not take the staged pages: drop them.
    Revert,
    /// Apply a commit of another tab to the image. `sent` is when the store had it, by the leader's clock; `None` if
    /// the commit was read from the store.
    Apply {
        /// Begins where the image stands; if not, the answer is [`Input::Diverged`].
        commit: Rc<Commit>,
        /// Compared with this tab's time: the page is told how long the commit took.
        sent: Option<Timestamp>,
    },
    /// Broadcast this message to all other tabs, or send it to the one tab that it is for.
    Send(Message),
    /// A write of this tab is settled.
    Settle {
        /// The id that was returned when the page submitted the write.
        request: RequestId,
        /// `Ok` comes only once the store has the change and this tab's image shows it.
        result: Result<Outcome, WriteError>,
    },
    /// The leader has changed, or the lease was extended.
    Leadership(Leadership),
    /// The store cannot be used: the database is closed in this tab.
    Failed(StoreError),
    /// Nothing is under way any more, and the lock is released.
    Closed,
}

/// The outputs that wait to be carried out. All owners push to the same queue, so its order is the order of decisions.
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
