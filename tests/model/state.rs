//! What the model knows: a lock, a store, three tabs, two writes, and the messages on their way.
//!
//! Everything is small and `Copy`, because each of some million states is hashed and kept.
//!
//! The channel is a set that messages stay in: the receiver may hear a message at any later time, any number of times,
//! in any order, or never. So delay, repetition and reordering cost no states of their own, and most of the set follows
//! from what the tabs have done. Loss is a step only for a message that a tab waits for.

use std::fmt;
use std::marker::PhantomData;

use crate::history::{Commit, History};

pub(crate) const TABS: usize = 3;
pub(crate) const WRITES: usize = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Tab(pub(crate) u8);

/// A write, by its request id: the id is the same whenever the write is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Write(pub(crate) u8);

impl Tab {
    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl Write {
    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// 0 before the first leadership.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Epoch(pub(crate) u8);

/// The number of commits in a history, which is where the next one goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Position(pub(crate) u8);

pub(crate) fn tabs() -> impl Iterator<Item = Tab> {
    (0..TABS as u8).map(Tab)
}

pub(crate) fn writes() -> impl Iterator<Item = Write> {
    (0..WRITES as u8).map(Write)
}

/// A type that can be a member of a [`Set`].
pub(crate) trait Member: Copy {
    fn bit(self) -> u16;
}

impl Member for Write {
    fn bit(self) -> u16 {
        1 << self.0
    }
}

impl Member for Epoch {
    fn bit(self) -> u16 {
        assert!(self.0 < 16, "more epochs than a set can hold");
        1 << self.0
    }
}

/// A set of writes, or of epochs.
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Set<T> {
    bits: u16,
    of: PhantomData<T>,
}

impl<T> Clone for Set<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Set<T> {}

impl<T> Default for Set<T> {
    fn default() -> Self {
        Set::EMPTY
    }
}

impl<T> fmt::Debug for Set<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let members = (0..16).filter(|member| self.bits & 1 << member != 0);
        out.debug_set().entries(members).finish()
    }
}

impl<T> Set<T> {
    pub(crate) const EMPTY: Self = Set {
        bits: 0,
        of: PhantomData,
    };

    pub(crate) fn bits(self) -> u16 {
        self.bits
    }
}

impl<T: Member> Set<T> {
    pub(crate) fn of(member: T) -> Self {
        Set {
            bits: member.bit(),
            of: PhantomData,
        }
    }

    pub(crate) fn has(self, member: T) -> bool {
        self.bits & member.bit() != 0
    }

    pub(crate) fn add(&mut self, member: T) {
        self.bits |= member.bit();
    }

    pub(crate) fn remove(&mut self, member: T) {
        self.bits &= !member.bit();
    }

    pub(crate) fn without(mut self, member: T) -> Self {
        self.remove(member);
        self
    }

    pub(crate) fn is_empty(self) -> bool {
        self.bits == 0
    }

    pub(crate) fn meet(self, other: Self) -> Self {
        Set {
            bits: self.bits & other.bits,
            of: PhantomData,
        }
    }

    pub(crate) fn join(self, other: Self) -> Self {
        Set {
            bits: self.bits | other.bits,
            of: PhantomData,
        }
    }
}

impl Set<Epoch> {
    pub(crate) fn since(self, epoch: Epoch) -> Self {
        Set {
            bits: self.bits & !(epoch.bit() - 1),
            of: PhantomData,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Store {
    pub(crate) epoch: Epoch,
    pub(crate) log: History,
    /// Whether a commit was put where another had been.
    pub(crate) rewritten: bool,
}

/// The exclusive lock with its queue, in order of arrival.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Lock {
    pub(crate) holder: Option<Tab>,
    pub(crate) queue: [Option<Tab>; TABS],
}

impl Lock {
    pub(crate) fn request(&mut self, tab: Tab) {
        let free = self.queue.iter_mut().find(|place| place.is_none());
        *free.expect("a tab queues once") = Some(tab);
        self.grant();
    }

    /// Gives the lock back, or leaves the queue.
    pub(crate) fn release(&mut self, tab: Tab) {
        self.leave_queue(tab);
        if self.holder == Some(tab) {
            self.holder = None;
            self.grant();
        }
    }

    /// Takes the lock from its holder, which learns of it at some time.
    pub(crate) fn steal(&mut self, tab: Tab) {
        self.leave_queue(tab);
        self.holder = Some(tab);
    }

    fn leave_queue(&mut self, tab: Tab) {
        if let Some(at) = self.queue.iter().position(|place| *place == Some(tab)) {
            self.queue.copy_within(at + 1.., at);
            self.queue[TABS - 1] = None;
        }
    }

    fn grant(&mut self) {
        if let (None, Some(next)) = (self.holder, self.queue[0]) {
            self.steal(next);
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Life {
    Awake,
    /// Nothing runs in it, and it keeps its lock.
    Frozen,
    Dead,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    /// In the queue for the lock, or with a lock that it has not noticed yet.
    Waiting,
    /// Has the lock, and has not raised the epoch.
    Granted,
    /// Has raised the epoch, and has not reached the head yet that it read in the same step.
    Rising {
        epoch: Epoch,
        head: Position,
    },
    Leading {
        epoch: Epoch,
        successor: Option<Tab>,
    },
    /// Leads no more, and keeps the lock for its successor.
    Keeping,
}

/// An append that the store was asked for, and its fate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Append {
    pub(crate) commit: Commit,
    pub(crate) at: Position,
    pub(crate) fate: Fate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Fate {
    Asked,
    Stored,
    Fenced,
    Failed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TabState {
    pub(crate) life: Life,
    pub(crate) role: Role,
    /// The newest leadership that this tab has known of.
    pub(crate) known: Epoch,
    /// Whether that leadership was this tab's own, and is over.
    pub(crate) is_over: bool,
    /// What this tab shows.
    pub(crate) image: History,
    pub(crate) append: Option<Append>,
    /// Whether its page wants it to lead.
    pub(crate) asks: bool,
    /// In a leader: the writes to run.
    pub(crate) queue: Set<Write>,
    /// In a leader: the writes that it has refused.
    pub(crate) refused: Set<Write>,
    /// In a leader: the writes whose tabs have said that they have the answer.
    pub(crate) settled: Set<Write>,
}

impl TabState {
    pub(crate) const OPENED: TabState = TabState {
        life: Life::Awake,
        role: Role::Waiting,
        known: Epoch(0),
        is_over: false,
        image: History::EMPTY,
        append: None,
        asks: false,
        queue: Set::EMPTY,
        refused: Set::EMPTY,
        settled: Set::EMPTY,
    };

    pub(crate) fn leads(&self) -> Option<Epoch> {
        match self.role {
            Role::Leading { epoch, .. } => Some(epoch),
            _ => None,
        }
    }

    /// The leadership that this tab sends its messages to.
    pub(crate) fn leader(&self) -> Option<Epoch> {
        (self.known > Epoch(0) && !self.is_over).then_some(self.known)
    }

    /// Adds a write to run, unless the leader has it already.
    pub(crate) fn enqueue(&mut self, write: Write) {
        if self.append.is_none_or(|append| append.commit.write() != write) {
            self.queue.add(write);
        }
    }

    pub(crate) fn forget_leading(&mut self) {
        (self.queue, self.refused, self.settled) = Default::default();
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum WriteState {
    NotAsked,
    /// Waits for its answer; sent last to the leader of this epoch.
    Pending {
        owner: Tab,
        sent: Option<Epoch>,
    },
    Acknowledged {
        owner: Tab,
    },
    Refused {
        owner: Tab,
    },
    /// Its tab died before it had an answer.
    Orphan {
        owner: Tab,
    },
}

/// Which copy of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestCopy {
    /// Says that nothing is settled.
    First,
    /// Says that the tab's earlier write is settled.
    Later,
}

/// Messages, each kind by what tells two of the kind apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Messages {
    pub(crate) leads: Set<Epoch>,
    /// Requests, by the leadership that they are for and by their copy.
    pub(crate) requests: [[Set<Epoch>; 2]; WRITES],
    pub(crate) refusals: [Set<Epoch>; WRITES],
    /// Messages that ask to lead, by asker.
    pub(crate) asks: [Set<Epoch>; TABS],
    /// Hand-overs, by successor.
    pub(crate) hand_overs: [Set<Epoch>; TABS],
    pub(crate) commits: History,
}

impl Messages {
    pub(crate) fn request(&self, write: Write, copy: RequestCopy) -> Set<Epoch> {
        self.requests[write.index()][copy as usize]
    }

    pub(crate) fn requests(&self, write: Write) -> impl Iterator<Item = Set<Epoch>> {
        self.requests[write.index()].into_iter()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) store: Store,
    pub(crate) lock: Lock,
    pub(crate) tabs: [TabState; TABS],
    pub(crate) writes: [WriteState; WRITES],
    pub(crate) messages: Messages,
    /// Faults that may still happen.
    pub(crate) faults: u8,
    /// How often tabs may still ask to lead.
    pub(crate) askings: u8,
    /// Whether nothing comes from outside any more: no write, no fault, no waking up.
    pub(crate) calm: bool,
}

impl State {
    pub(crate) fn tab(&self, tab: Tab) -> &TabState {
        &self.tabs[tab.index()]
    }

    pub(crate) fn tab_mut(&mut self, tab: Tab) -> &mut TabState {
        &mut self.tabs[tab.index()]
    }

    pub(crate) fn write(&self, write: Write) -> WriteState {
        self.writes[write.index()]
    }

    pub(crate) fn write_mut(&mut self, write: Write) -> &mut WriteState {
        &mut self.writes[write.index()]
    }

    pub(crate) fn is_awake(&self, tab: Tab) -> bool {
        self.tab(tab).life == Life::Awake
    }

    /// The tab that waits for the answer to this write, and the leadership that it was last sent to.
    pub(crate) fn pending(&self, write: Write) -> Option<(Tab, Option<Epoch>)> {
        match self.write(write) {
            WriteState::Pending { owner, sent } => Some((owner, sent)),
            _ => None,
        }
    }

    pub(crate) fn owner(&self, write: Write) -> Option<Tab> {
        match self.write(write) {
            WriteState::NotAsked => None,
            WriteState::Pending { owner, .. }
            | WriteState::Acknowledged { owner }
            | WriteState::Refused { owner }
            | WriteState::Orphan { owner } => Some(owner),
        }
    }

    /// The earlier writes of the same tab.
    pub(crate) fn before(&self, write: Write) -> Set<Write> {
        let mut earlier = Set::default();
        let of_owner = |before: &Write| self.owner(*before) == self.owner(write);
        writes()
            .take(write.index())
            .filter(of_owner)
            .for_each(|before| earlier.add(before));
        earlier
    }

    /// Those of them that have their answer: the tab says so when it sends this write.
    pub(crate) fn settled_before(&self, write: Write) -> Set<Write> {
        let mut settled = self.before(write);
        for before in writes().filter(|before| self.pending(*before).is_some()) {
            settled.remove(before);
        }
        settled
    }
}
