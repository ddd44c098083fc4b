//! The replica: the position of this tab's image, and what must happen to move it forward.
//!
//! The replica moves one whole commit at a time, in order. When a commit arrives that leaves a gap, the replica holds
//! it, and the commits between are fetched from the store. So nothing depends on the arrival of a message.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::sabotage::{self, Sabotage};
use crate::storage::{Commit, Position, Replies, Seq};

/// What the replica can do next.
#[derive(Debug)]
pub(super) enum Advance {
    Apply(Rc<Commit>),
    /// Commits between are missing: a gap.
    Gap,
    /// The seq is the same, the checksum is not: this replica is wrong.
    Diverged,
    /// Nothing is missing, as far as this tab knows.
    Level,
}

#[derive(Debug)]
pub(super) struct Replica {
    position: Position,
    replies: Replies,
    held: BTreeMap<Seq, Rc<Commit>>,
    /// The furthest position that a leader has named.
    heard: Position,
}

impl Replica {
    /// The most commits that are held at once. The store has the others.
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

    /// Holds a broadcast commit. Commits may arrive in any order.
    pub(super) fn hold(&mut self, commit: Rc<Commit>) {
        self.hear(commit.after);
        if commit.seq() > self.position.seq {
            self.held.insert(commit.seq(), commit);
        }
        // Drop the furthest: they are needed last.
        while self.held.len() > Self::MOST_HELD {
            self.held.pop_last();
        }
    }

    /// Holds a commit that was fetched. The store's answer is kept whole, however long it is.
    pub(super) fn hold_stored(&mut self, commit: Rc<Commit>) {
        self.hear(commit.after);
        self.held.insert(commit.seq(), commit);
    }

    /// Notes the position that a leader named.
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

    /// Records that a commit became part of this image (applied here, or appended by this tab).
    pub(super) fn advance(&mut self, commit: &Commit) {
        self.position = commit.after;
        self.replies.record(&commit.replies);
        if self.heard.seq < self.position.seq {
            self.heard = self.position;
        }
    }

    /// The store had no more commits: whatever this tab heard of beyond them is not part of the history.
    pub(super) fn believe_store(&mut self) {
        if self.held.is_empty() {
            self.heard = self.position;
        }
    }

    /// Starts again from the image that the store holds.
    pub(super) fn reset(&mut self, position: Position, replies: Replies) {
        *self = Replica::new(position, replies);
    }
}
