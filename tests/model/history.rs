//! Commits and their positions: in the store's log, in what each tab shows, and in what was broadcast.

use std::fmt;

use crate::state::{Epoch, Position, Set, Write, writes};

/// A commit in one byte: epoch, reply, forgotten replies, write. It stores one write and the reply to it, and forgets
/// the reply to a write whose tab is known to have it. (A group is stored or refused as a whole, so it is one write
/// here.)
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Commit(pub(crate) u8);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Stored,
    LeftOut,
}

impl Commit {
    const REPLY: u8 = 1 << 3;

    pub(crate) fn new(epoch: Epoch, write: Write, reply: Reply, forgets: Set<Write>) -> Self {
        let reply = if reply == Reply::Stored { Self::REPLY } else { 0 };
        Commit(epoch.0 << 4 | reply | (forgets.bits() as u8) << 1 | write.0)
    }

    pub(crate) fn epoch(self) -> Epoch {
        Epoch(self.0 >> 4)
    }

    pub(crate) fn write(self) -> Write {
        Write(self.0 & 1)
    }

    fn forgets(self, write: Write) -> bool {
        self.0 >> 1 & 3 & Set::of(write).bits() as u8 != 0
    }
}

impl fmt::Debug for Commit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "w{} in epoch {}", self.write().0, self.epoch().0)?;
        if self.0 & Self::REPLY == 0 {
            write!(out, " without its reply")?;
        }
        let forgotten = writes().find(|write| self.forgets(*write));
        forgotten.map_or(Ok(()), |write| write!(out, ", forgets the reply to w{}", write.0))
    }
}

/// Commits by position: the store's log, a tab's image, or what was broadcast.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct History(pub(crate) u32);

impl History {
    pub(crate) const EMPTY: History = History(0);
    pub(crate) const ROOM: Position = Position(4);

    pub(crate) fn at(self, position: Position) -> Option<Commit> {
        let byte = self.0.unbounded_shr(8 * u32::from(position.0)) as u8;
        (byte != 0).then_some(Commit(byte))
    }

    /// Puts a commit at this position, in place of any that is there.
    pub(crate) fn put(&mut self, position: Position, commit: Commit) {
        assert!(position < Self::ROOM, "more commits than a history can hold");
        let shift = 8 * u32::from(position.0);
        self.0 = self.0 & !(0xff << shift) | u32::from(commit.0) << shift;
    }

    pub(crate) fn remove(&mut self, position: Position) {
        self.0 &= !(0xff << (8 * u32::from(position.0)));
    }

    pub(crate) fn end(self) -> Position {
        Position((u32::BITS - self.0.leading_zeros()).div_ceil(8) as u8)
    }

    pub(crate) fn push(&mut self, commit: Commit) {
        self.put(self.end(), commit);
    }

    pub(crate) fn commits(self) -> impl Iterator<Item = Commit> + Clone {
        (0..self.end().0).filter_map(move |at| self.at(Position(at)))
    }

    pub(crate) fn count(self, write: Write) -> usize {
        self.commits().filter(|commit| commit.write() == write).count()
    }

    /// Whether the reply to this write is stored and was not forgotten since.
    pub(crate) fn has_reply(self, write: Write) -> bool {
        self.commits().fold(false, |has, commit| {
            (has || commit.write() == write && commit.0 & Commit::REPLY != 0) && !commit.forgets(write)
        })
    }

    pub(crate) fn begins_with(self, other: Self) -> bool {
        (0..other.end().0).all(|at| self.at(Position(at)) == other.at(Position(at)))
    }
}

impl fmt::Debug for History {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(self.commits()).finish()
    }
}
