//! One tab of a world: the real code, what has arrived and is unread, its store calls, and whether it runs.

use std::collections::VecDeque;

use sqlite_elements::storage::{MemoryStore, PageNo, Snapshot, TabId};
use sqlite_elements::tab::{Happening, Locking, Tab};
use sqlite_elements::time::Timestamp;
use sqlite_elements::watchdog::{self, Timers, WatchStep, Watchdog};
use uuid::Uuid;

use super::arrival::{Arrival, Letter};
use super::locks::Attempt;
use super::storing::Storing;

/// The number of a tab, in order of opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TabNo(pub(crate) usize);

impl TabNo {
    pub(super) fn id(self) -> TabId {
        TabId(Uuid::from_u128((1 << 64) + self.0 as u128))
    }
}

/// Whether pages end a worker that hangs, and start another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guard {
    On,
    Off,
}

pub(super) struct SimulatedTab {
    stage: Stage,
    pub(super) storing: Storing,
    pace: Pace,
    inbox: VecDeque<Arrival>,
    attempt: Attempt,
    /// The time at which it last began to run.
    awake: Timestamp,
    /// Finds out for its page that the worker hangs.
    watchdog: Watchdog,
}

enum Stage {
    Loading,
    Loaded(Box<Snapshot>),
    Open(Box<Tab>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    Runs,
    Frozen,
    /// Inside a work that never ends.
    Hung,
}

impl SimulatedTab {
    pub(super) fn new(now: Timestamp, store: MemoryStore) -> Self {
        SimulatedTab {
            stage: Stage::Loading,
            storing: Storing::new(store),
            pace: Pace::Runs,
            inbox: VecDeque::new(),
            attempt: Attempt::default(),
            awake: now,
            watchdog: Watchdog::default(),
        }
    }

    pub(super) fn load(&mut self) {
        self.stage = Stage::Loaded(Box::new(self.storing.load()));
    }

    /// Opens the database with what was loaded.
    pub(super) fn open(&mut self, now: Timestamp, number: TabNo, locking: Locking) {
        if let Stage::Loaded(snapshot) = std::mem::replace(&mut self.stage, Stage::Loading) {
            let tab = Tab::open(now, number.id(), *snapshot, locking).expect("the image opens");
            self.stage = Stage::Open(Box::new(tab));
        }
    }

    /// The real code, once the tab is open.
    pub(super) fn code(&mut self) -> Option<&mut Tab> {
        match &mut self.stage {
            Stage::Open(tab) => Some(tab),
            _ => None,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Open(_))
    }

    pub(super) fn runs(&self) -> bool {
        self.pace == Pace::Runs
    }

    pub(super) fn hangs(&self) -> bool {
        self.pace == Pace::Hung
    }

    /// Since when it has run, or not run.
    pub(super) fn awake_since(&self) -> Timestamp {
        self.awake
    }

    /// False if its pace was not `from`.
    pub(super) fn change_pace(&mut self, now: Timestamp, from: Pace, to: Pace) -> bool {
        let changes = self.pace == from;
        if changes {
            self.pace = to;
            self.awake = now;
        }
        changes
    }

    /// A tick of the watchdog in the page of a worker that hangs.
    pub(super) fn tick(&mut self) -> WatchStep {
        self.watchdog.tick(f64::from(watchdog::TICK_MS), Timers::Prompt)
    }

    /// Begins a new attempt to have the lock.
    pub(super) fn attempt(&mut self) -> Attempt {
        self.attempt.0 += 1;
        self.attempt
    }

    pub(super) fn arrive(&mut self, arrival: Arrival) {
        self.inbox.push_back(arrival);
    }

    /// Takes the next thing to read out of the inbox of an open tab that runs.
    pub(super) fn next_arrival(&mut self) -> Option<Happening> {
        while self.is_open() && self.runs() {
            match self.inbox.pop_front()? {
                Arrival::Asked(request) => return Some(Happening::Asked(request)),
                Arrival::Heard(letter) => return Some(Happening::Heard(letter.bytes.to_vec())),
                Arrival::LockGranted(attempt) if attempt == self.attempt => return Some(Happening::LockGranted),
                Arrival::LockLost(attempt) if attempt == self.attempt => return Some(Happening::LockLost),
                Arrival::LockGranted(_) | Arrival::LockLost(_) => {}
                Arrival::Stored(answer) => return Some(Happening::Stored(*answer)),
            }
        }
        None
    }

    pub(super) fn unread(&self) -> impl Iterator<Item = &Arrival> {
        self.inbox.iter()
    }

    pub(super) fn lose_letters(&mut self, is_lost: impl Fn(&Letter) -> bool) {
        self.inbox.retain(|arrival| !arrival.letter().is_some_and(&is_lost));
    }

    /// Lets its timer fire, if it is due and the tab runs.
    pub(super) fn wake(&mut self, now: Timestamp) -> bool {
        let runs = self.runs();
        let Some(tab) = self
            .code()
            .filter(|tab| runs && tab.deadline().is_some_and(|at| at <= now))
        else {
            return false;
        };
        tab.handle(now, Happening::TimedOut);
        true
    }

    /// The bytes of its image.
    pub(super) fn image_size(&mut self) -> usize {
        let Some(tab) = self.code() else { return 0 };
        let image = tab.engine().image();
        image.page_size().bytes() * image.pages().len()
    }

    /// Alters one byte of its image.
    pub(super) fn damage_image(&mut self, at: usize) {
        if let Some(tab) = self.code() {
            let engine = tab.engine();
            let size = engine.image().page_size().bytes();
            engine.damage(PageNo::at_index(at / size), at % size);
        }
    }
}
