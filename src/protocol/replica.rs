//! The replica: how far this tab's image has come, and what it must do to come further.
//!
//! It only ever moves one whole commit at a time, in order. A commit that is further ahead is held, the
//! ones between are fetched from the store; nothing depends on a message having arrived.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::sabotage::{self, Sabotage};
use crate::storage::{Commit, Position, Replies, Seq};

/// What can be done next.
#[derive(Debug)]
pub(super) enum Advance {
    Apply(Rc<Commit>),
    /// Commits between are missing.
    Gap,
    /// Same number, other checksum: this replica is wrong.
    Diverged,
    /// Nothing is missing, as far as known.
    Level,
}

#[derive(Debug)]
pub(super) struct Replica {
    position: Position,
    replies: Replies,
    held: BTreeMap<Seq, Rc<Commit>>,
    /// The furthest position that a leader spoke of.
    heard: Position,
}

impl Replica {
    /// More commits than this are not held: the store has them.
    const MOST_HELD: usize = 64;

    pub(super) fn new(position: Position, replies: Replies) -> Self {
        Replica {
            position,
            replies,
            held: BTreeMap::new(),
            heard: position,
        }
    }

    pub(super) fn position(&self) -> Position {
        self.position
    }

    pub(super) fn replies(&self) -> &Replies {
        &self.replies
    }

    /// Takes a commit that arrived, in whatever order.
    pub(super) fn hold(&mut self, commit: Rc<Commit>) {
        self.hear(commit.after);
        if commit.seq() > self.position.seq {
            self.held.insert(commit.seq(), commit);
        }
        while self.held.len() > Self::MOST_HELD {
            self.held.pop_last();
        }
    }

    /// Takes a commit that was fetched: the store's answer is kept whole, however long.
    pub(super) fn hold_stored(&mut self, commit: Rc<Commit>) {
        self.hear(commit.after);
        self.held.insert(commit.seq(), commit);
    }

    /// Takes note of where the leader stands.
    pub(super) fn hear(&mut self, position: Position) {
        if position.seq >= self.heard.seq {
            self.heard = position;
        }
    }

    pub(super) fn step(&mut self) -> Advance {
        self.held = self.held.split_off(&self.position.seq.next());
        match self.held.first_key_value() {
            Some((_, commit)) if sabotage::is(Sabotage::GapIgnored) => Advance::Apply(Rc::clone(commit)),
            Some((seq, commit)) if *seq == self.position.seq.next() => {
                if commit.before == self.position {
                    Advance::Apply(Rc::clone(commit))
                } else {
                    Advance::Diverged
                }
            }
            _ if self.heard.seq > self.position.seq => Advance::Gap,
            _ if self.heard.seq == self.position.seq && self.heard != self.position => Advance::Diverged,
            _ => Advance::Level,
        }
    }

    /// A commit became part of this replica (applied here, or appended by this tab).
    pub(super) fn advance(&mut self, commit: &Commit) {
        self.position = commit.after;
        self.replies.record(&commit.replies);
        if self.heard.seq < self.position.seq {
            self.heard = self.position;
        }
    }

    /// The store was asked and had no more: what was heard of beyond it is not part of the history.
    pub(super) fn believe_store(&mut self) {
        if self.held.is_empty() {
            self.heard = self.position;
        }
    }

    /// Starts again from what the store holds.
    pub(super) fn reset(&mut self, position: Position, replies: Replies) {
        *self = Replica::new(position, replies);
    }
}
