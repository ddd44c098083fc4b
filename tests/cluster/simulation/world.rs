//! The world of one run: tabs with the real code, and around them a clock, a network, locks and a disk that do what a
//! browser may do at its worst.
//!
//! One agenda orders everything by time. Things that are due at the same instant happen in the order in which they were
//! entered. Nothing else decides, so a seed replays exactly.

use std::collections::{BTreeMap, VecDeque};

use sqlite_elements::request::{Event, LeaderInfo, Request};
use sqlite_elements::storage::{Disk, LeaseAct, LeaseStep, MemoryStore, PageNo, Snapshot, StoreError, TabId};
use sqlite_elements::tab::{Effect, Happening, LockCall, Locking, StoreAnswer, StoreCall, Tab};
use sqlite_elements::time::Timestamp;
use sqlite_elements::watchdog::{self, Timers, WatchStep, Watchdog};
use uuid::Uuid;

use super::profile::{Order, Profile, Versions};
use super::random::Random;
use crate::browser::{TabNo, now_or_never, perform};
use crate::poison::{self, Poison, taste};
use sqlite_elements::storage::Store;

/// The first byte of a message that another version of the library has sent.
const UNKNOWN_VERSION: u8 = 99;

/// What a world tells the workload and the checkers.
#[derive(Debug)]
pub(crate) enum Sight {
    /// The tab is open.
    Opened(TabNo),
    Told(TabNo, Box<Event>),
    /// A work with this text has killed or hung the worker of the tab.
    Poisoned(TabNo, String),
    /// The lock was taken from a tab that leads, runs, and can be heard.
    Robbed(TabNo),
    /// The tab is gone. The calls that it has not answered stay open.
    Gone(TabNo),
    /// A moment that [`World::remind`] asked for.
    Reminder(u64),
}

pub(crate) struct World {
    pub(crate) random: Random,
    pub(crate) profile: Profile,
    pub(crate) election: Locking,
    pub(crate) disk: Disk,
    pub(crate) now: Timestamp,
    pub(crate) steps: u64,
    pub(crate) quota: Quota,
    pub(crate) guard: Guard,
    tabs: BTreeMap<TabNo, Simulated>,
    opened: usize,
    holder: Option<(TabNo, u64)>,
    held_since: Timestamp,
    queue: VecDeque<(TabNo, u64)>,
    agenda: BTreeMap<(Timestamp, u64), Due>,
    entries: u64,
    sights: VecDeque<Sight>,
    last_arrival: BTreeMap<(TabNo, TabNo), Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guard {
    /// A page ends a worker that hangs, and starts another.
    On,
    Off,
}

/// All tabs have heard a tab that has been awake for this long.
const HEARD_MS: u64 = 6_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quota {
    Free,
    Exceeded,
}

struct Simulated {
    stage: Stage,
    store: MemoryStore,
    calls: VecDeque<StoreCall>,
    storing: Storing,
    pace: Pace,
    /// What happened while it was frozen, or not open yet.
    kept: VecDeque<Happening>,
    /// The number of its latest request for the lock.
    attempt: u64,
    fails_next: u32,
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
enum Storing {
    Idle,
    /// The first of the calls is with the store.
    UnderWay,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    Runs,
    Frozen,
    /// Inside a work that never ends.
    Hung,
}

#[derive(Debug)]
enum Due {
    Arrive(TabNo, Box<Happening>),
    LockGranted(TabNo, u64),
    LockLost(TabNo, u64),
    Load(TabNo),
    Open(TabNo),
    Store(TabNo),
    Wake(TabNo),
    Watchdog(TabNo),
    Remind(u64),
}

impl World {
    pub(crate) fn new(seed: u64, profile: impl FnOnce(&mut Random) -> Profile) -> Self {
        let mut random = Random::new(seed);
        let profile = profile(&mut random);
        let election = if random.per_mille(500) {
            Locking::Locks
        } else {
            Locking::Lease
        };
        World {
            profile,
            election,
            random,
            disk: Disk::default(),
            now: Timestamp::from_ms(1_700_000_000_000.0),
            steps: 0,
            quota: Quota::Free,
            guard: Guard::On,
            tabs: BTreeMap::new(),
            opened: 0,
            holder: None,
            held_since: Timestamp::default(),
            queue: VecDeque::new(),
            agenda: BTreeMap::new(),
            entries: 0,
            sights: VecDeque::new(),
            last_arrival: BTreeMap::new(),
        }
    }

    /// Begins to open a tab.
    pub(crate) fn open(&mut self) -> TabNo {
        let number = TabNo(self.opened);
        self.opened += 1;
        self.tabs.insert(
            number,
            Simulated {
                stage: Stage::Loading,
                store: self.disk.open(),
                calls: VecDeque::new(),
                storing: Storing::Idle,
                pace: Pace::Runs,
                kept: VecDeque::new(),
                attempt: 0,
                fails_next: 0,
                awake: self.now,
                watchdog: Watchdog::default(),
            },
        );
        self.later(self.profile.store_us, Due::Load(number));
        number
    }

    /// Does the next thing that is due, and returns what there is to see of it. `None` if nothing is due until `end`.
    pub(crate) fn step(&mut self, end: Timestamp) -> Option<Vec<Sight>> {
        let due = self.agenda.first_entry().filter(|due| due.key().0 <= end)?;
        self.now = self.now.max(due.key().0);
        let due = due.remove();
        self.steps += 1;
        match due {
            Due::Arrive(tab, happening) => self.happen(tab, *happening),
            Due::LockGranted(tab, attempt) => self.lock_granted(tab, attempt),
            Due::LockLost(tab, attempt) => {
                if self.tabs.get(&tab).is_some_and(|tab| tab.attempt == attempt) {
                    self.happen(tab, Happening::LockLost);
                }
            }
            Due::Load(tab) => self.load(tab),
            Due::Open(tab) => self.finish_opening(tab),
            Due::Store(tab) => self.store(tab),
            Due::Wake(tab) => self.wake(tab),
            Due::Watchdog(tab) => self.watch(tab),
            Due::Remind(what) => self.sights.push_back(Sight::Reminder(what)),
        }
        Some(self.sights.drain(..).collect())
    }

    /// Asks for a [`Sight::Reminder`] after this time.
    pub(crate) fn remind(&mut self, after_us: u64, what: u64) {
        self.agenda_in(after_us, Due::Remind(what));
    }

    /// Sends a request to a tab. Requests keep their order, as in a MessagePort.
    pub(crate) fn ask(&mut self, tab: TabNo, request: Request) {
        self.agenda_in(5, Due::Arrive(tab, Box::new(Happening::Asked(request))));
    }

    /// The tabs that are open.
    pub(crate) fn open_tabs(&self) -> Vec<TabNo> {
        let open = self.tabs.iter().filter(|(_, tab)| matches!(tab.stage, Stage::Open(_)));
        open.map(|(number, _)| *number).collect()
    }

    pub(crate) fn all_tabs(&self) -> Vec<TabNo> {
        self.tabs.keys().copied().collect()
    }

    pub(crate) fn tab(&mut self, number: TabNo) -> Option<&mut Tab> {
        match &mut self.tabs.get_mut(&number)?.stage {
            Stage::Open(tab) => Some(tab),
            _ => None,
        }
    }

    /// Ends the renderer. A call that was with the store may have been done; a call that was not with it is lost.
    pub(crate) fn crash(&mut self, number: TabNo) {
        let Some(mut tab) = self.tabs.remove(&number) else {
            return;
        };
        let call = tab.calls.pop_front().filter(|_| tab.storing == Storing::UnderWay);
        if let Some(call) = call.filter(|_| self.random.per_mille(500) && self.quota == Quota::Free) {
            let _unheard = perform(&tab.store, call);
        }
        self.leave_lock(number);
        self.sights.push_back(Sight::Gone(number));
    }

    pub(crate) fn freeze(&mut self, number: TabNo) {
        self.change_pace(number, Pace::Runs, Pace::Frozen);
    }

    /// The tabs that hang and have not been ended.
    pub(crate) fn hung_tabs(&self) -> Vec<TabNo> {
        let hung = self.tabs.iter().filter(|(_, tab)| tab.pace == Pace::Hung);
        hung.map(|(number, _)| *number).collect()
    }

    /// Alters a byte of its image that belongs to no table.
    pub(crate) fn damage(&mut self, number: TabNo) {
        let chosen = self.random.below(1 << 32) as usize;
        let Some(tab) = self.tab(number) else { return };
        let engine = tab.engine();
        let count = engine.image().pages().len();
        let Some(page_no) = PageNo::new(1 + (chosen % count.max(1)) as u32) else {
            return;
        };
        let gap = engine.image().page(page_no).and_then(|page| unused(page_no, page));
        if let Some(at) = gap {
            engine.damage(page_no, at);
        }
    }

    /// Loses the unread messages of other tabs to this one.
    pub(crate) fn deafen(&mut self, number: TabNo) {
        self.agenda.retain(|_, due| {
            !matches!(due, Due::Arrive(to, happening) if *to == number && matches!(**happening, Happening::Heard(_)))
        });
        if let Some(tab) = self.tabs.get_mut(&number) {
            tab.kept.retain(|happening| !matches!(happening, Happening::Heard(_)));
        }
    }

    pub(crate) fn thaw(&mut self, number: TabNo) {
        if !self.change_pace(number, Pace::Frozen, Pace::Runs) {
            return;
        }
        // Its timer may fire before it hears the messages of the time that it missed.
        if self.random.per_mille(500) {
            self.wake(number);
        }
        let kept = self.tabs.get_mut(&number).map(|tab| std::mem::take(&mut tab.kept));
        for happening in kept.into_iter().flatten() {
            self.happen(number, happening);
        }
        self.start_store(number);
        self.wake(number);
    }

    pub(crate) fn fail_store(&mut self, number: TabNo, times: u32) {
        if let Some(tab) = self.tabs.get_mut(&number) {
            tab.fails_next += times;
        }
    }

    pub(crate) fn mend_store(&mut self, number: TabNo) {
        if let Some(tab) = self.tabs.get_mut(&number) {
            tab.fails_next = 0;
        }
    }

    /// Gives the lock by force to a tab that waits for it; or the lease to any tab, which does not know.
    pub(crate) fn steal(&mut self) {
        if self.election == Locking::Lease {
            let thief = TabNo(self.random.below(self.opened as u64) as usize);
            let step = LeaseStep {
                tab: id(thief),
                at: self.now,
                act: LeaseAct::Take,
            };
            drop(perform(&self.disk.open(), StoreCall::Lease(step)));
            return;
        }
        let Some((robbed, attempt)) = self.holder else { return };
        if let Some(next) = self.queue.pop_front() {
            self.agenda_in(20, Due::LockLost(robbed, attempt));
            self.grant(next);
        }
    }

    fn change_pace(&mut self, number: TabNo, from: Pace, to: Pace) -> bool {
        let now = self.now;
        let Some(tab) = self.tabs.get_mut(&number).filter(|tab| tab.pace == from) else {
            return false;
        };
        tab.pace = to;
        tab.awake = now;
        true
    }

    fn meet(&mut self, number: TabNo, poison: Poison) {
        self.sights.push_back(Sight::Poisoned(number, poison.sql));
        match poison.effect {
            poison::Effect::Crash => self.crash(number),
            poison::Effect::Hang => {
                self.change_pace(number, Pace::Runs, Pace::Hung);
                if self.guard == Guard::On {
                    self.watch(number);
                }
            }
        }
    }

    /// A tick of the watchdog in the page of a worker that hangs.
    fn watch(&mut self, number: TabNo) {
        let Some(tab) = self.tabs.get_mut(&number) else { return };
        match tab.watchdog.tick(f64::from(watchdog::TICK_MS), Timers::Prompt) {
            WatchStep::GiveUp => self.crash(number),
            WatchStep::Ask | WatchStep::Wait => {
                self.agenda_in(u64::from(watchdog::TICK_MS) * 1_000, Due::Watchdog(number))
            }
        }
    }

    /// Whether the tab leads, and all others have had the time to hear of it.
    fn can_be_heard(&mut self, number: TabNo) -> bool {
        let now = self.now;
        let is_kind = self.profile.lost == 0 && self.profile.versions == Versions::One;
        let awake = self
            .tabs
            .get(&number)
            .is_some_and(|tab| tab.pace == Pace::Runs && tab.awake.max(self.held_since).after_ms(HEARD_MS) <= now);
        let leads = |tab: &mut Tab| LeaderInfo::from(tab.leadership()).is_leader;
        is_kind && awake && self.tab(number).is_some_and(leads)
    }

    fn happen(&mut self, number: TabNo, happening: Happening) {
        let now = self.now;
        let Some(simulated) = self.tabs.get_mut(&number) else {
            return;
        };
        match (&mut simulated.stage, simulated.pace) {
            (Stage::Open(tab), Pace::Runs) => tab.handle(now, happening),
            _ => return simulated.kept.push_back(happening),
        }
        self.carry_out(number);
    }

    fn wake(&mut self, number: TabNo) {
        let now = self.now;
        let due = self
            .tab(number)
            .and_then(|tab| tab.deadline())
            .is_some_and(|at| at <= now);
        let runs = self.tabs.get(&number).is_some_and(|tab| tab.pace == Pace::Runs);
        if due && runs {
            self.happen(number, Happening::TimedOut);
        }
    }

    fn carry_out(&mut self, number: TabNo) {
        let now = self.now;
        loop {
            self.carry_out_effects(number);
            let Some(tab) = self.tab(number) else { return };
            match taste(|| tab.work(now)) {
                Ok(true) => {}
                Ok(false) => break,
                Err(poison) => return self.meet(number, poison),
            }
        }
        if let Some(at) = self.tab(number).and_then(|tab| tab.deadline()) {
            self.enter(at.max(self.now), Due::Wake(number));
        }
    }

    fn carry_out_effects(&mut self, number: TabNo) {
        while let Some(effect) = self.tab(number).and_then(Tab::poll) {
            match effect {
                Effect::Lock(call) => self.lock(number, call),
                Effect::Store(call) => {
                    if let Some(tab) = self.tabs.get_mut(&number) {
                        tab.calls.push_back(call);
                    }
                    self.start_store(number);
                }
                Effect::Broadcast(bytes) => self.post(number, None, &bytes),
                Effect::Send { to, bytes } => self.post(number, Some(to), &bytes),
                Effect::Tell(event) => self.sights.push_back(Sight::Told(number, Box::new(event))),
                Effect::Closed => {
                    self.leave_lock(number);
                    self.tabs.remove(&number);
                    self.sights.push_back(Sight::Gone(number));
                    return;
                }
            }
        }
    }

    fn enter(&mut self, at: Timestamp, due: Due) {
        self.entries += 1;
        self.agenda.insert((at, self.entries), due);
    }

    fn agenda_in(&mut self, after_us: u64, due: Due) {
        self.enter(Timestamp(self.now.0 + after_us), due);
    }

    /// Enters something after a random time, which is at least this long.
    fn later(&mut self, least_us: u64, due: Due) {
        let after_us = self.random.skewed_us(least_us);
        self.agenda_in(after_us, due);
    }
}

// Opening.
impl World {
    fn load(&mut self, number: TabNo) {
        let Some(tab) = self.tabs.get_mut(&number) else { return };
        let snapshot = now_or_never(tab.store.load()).expect("what was stored can be loaded");
        tab.stage = Stage::Loaded(Box::new(snapshot));
        self.later(self.profile.store_us, Due::Open(number));
    }

    fn finish_opening(&mut self, number: TabNo) {
        let Some(simulated) = self.tabs.get_mut(&number) else {
            return;
        };
        let Stage::Loaded(snapshot) = std::mem::replace(&mut simulated.stage, Stage::Loading) else {
            return;
        };
        let tab = Tab::open(self.now, id(number), *snapshot, self.election).expect("the image opens");
        simulated.stage = Stage::Open(Box::new(tab));
        let kept = std::mem::take(&mut simulated.kept);
        self.sights.push_back(Sight::Opened(number));
        self.carry_out(number);
        for happening in kept {
            self.happen(number, happening);
        }
    }
}

// The network.
impl World {
    /// Posts to one tab, or to all others.
    fn post(&mut self, from: TabNo, to: Option<TabId>, bytes: &[u8]) {
        let is_meant = |tab: &TabNo| *tab != from && to.is_none_or(|to| id(*tab) == to);
        let others: Vec<TabNo> = self.tabs.keys().copied().filter(is_meant).collect();
        for to in others {
            let copies = match (
                self.random.per_mille(self.profile.lost),
                self.random.per_mille(self.profile.doubled),
            ) {
                (true, _) => 0,
                (false, true) => 2,
                (false, false) => 1,
            };
            for _ in 0..copies {
                let mut bytes = bytes.to_vec();
                if self.profile.versions == Versions::Two && from.0 % 2 != to.0 % 2 {
                    bytes[0] = UNKNOWN_VERSION;
                }
                let after_us = self.random.skewed_us(self.profile.message_us);
                let mut at = Timestamp(self.now.0 + after_us);
                if self.profile.order == Order::Kept {
                    let last = self.last_arrival.entry((from, to)).or_default();
                    at = at.max(*last);
                    *last = at;
                }
                self.enter(at, Due::Arrive(to, Box::new(Happening::Heard(bytes))));
            }
        }
    }
}

// The lock: one holder and a queue. Each call of a tab begins a new attempt and ends the one before.
impl World {
    fn lock(&mut self, number: TabNo, call: LockCall) {
        self.leave_lock(number);
        let Some(tab) = self.tabs.get_mut(&number) else { return };
        tab.attempt += 1;
        let attempt = (number, tab.attempt);
        match call {
            LockCall::Request => self.queue.push_back(attempt),
            LockCall::Steal => {
                if let Some((robbed, of)) = self.holder.take() {
                    if self.can_be_heard(robbed) {
                        self.sights.push_back(Sight::Robbed(robbed));
                    }
                    self.agenda_in(20, Due::LockLost(robbed, of));
                }
                self.grant(attempt);
            }
            LockCall::Release => {}
        }
        self.grant_next();
    }

    fn leave_lock(&mut self, number: TabNo) {
        self.queue.retain(|(waiting, _)| *waiting != number);
        if self.holder.is_some_and(|(holder, _)| holder == number) {
            self.holder = None;
            self.grant_next();
        }
    }

    fn grant_next(&mut self) {
        if self.holder.is_none()
            && let Some(next) = self.queue.pop_front()
        {
            self.grant(next);
        }
    }

    fn grant(&mut self, attempt: (TabNo, u64)) {
        self.holder = Some(attempt);
        self.held_since = self.now;
        self.agenda_in(20, Due::LockGranted(attempt.0, attempt.1));
    }

    fn lock_granted(&mut self, number: TabNo, attempt: u64) {
        if self.tabs.get(&number).is_some_and(|tab| tab.attempt == attempt) {
            self.happen(number, Happening::LockGranted);
        }
    }
}

// The store: one call of a tab at a time. It is done at one instant and answered at a later one.
impl World {
    fn start_store(&mut self, number: TabNo) {
        let Some(tab) = self.tabs.get_mut(&number) else { return };
        if tab.storing == Storing::Idle && tab.pace == Pace::Runs && !tab.calls.is_empty() {
            tab.storing = Storing::UnderWay;
            self.later(self.profile.store_us, Due::Store(number));
        }
    }

    fn store(&mut self, number: TabNo) {
        let fails = self.random.per_mille(self.profile.store_fails);
        let quota = self.quota;
        let Some(tab) = self.tabs.get_mut(&number) else { return };
        let Some(call) = tab.calls.pop_front() else { return };
        tab.storing = Storing::Idle;
        let fails = fails || tab.fails_next > 0;
        tab.fails_next = tab.fails_next.saturating_sub(1);
        let writes = !matches!(call, StoreCall::CommitsAfter(_) | StoreCall::Load);
        let answer = if quota == Quota::Exceeded && writes {
            refuse(&call, StoreError::Quota("simulated".into()))
        } else if fails {
            refuse(&call, StoreError::Failed("simulated".into()))
        } else {
            perform(&tab.store, call)
        };
        self.agenda_in(10, Due::Arrive(number, Box::new(Happening::Stored(answer))));
        self.start_store(number);
    }
}

/// A byte of a page that holds nothing: between the cell pointers and the cells (<https://sqlite.org/fileformat2.html>,
/// 1.6).
fn unused(number: PageNo, page: &[u8]) -> Option<usize> {
    let header = if number == PageNo::FIRST { 100 } else { 0 };
    let length = match page[header] {
        2 | 5 => 12,
        10 | 13 => 8,
        _ => return None,
    };
    let field = |at: usize| usize::from(u16::from_be_bytes([page[header + at], page[header + at + 1]]));
    let (cells, content) = (field(3), field(5));
    let gap = header + length + 2 * cells;
    (gap < content).then_some(gap)
}

fn id(tab: TabNo) -> TabId {
    TabId(Uuid::from_u128((1 << 64) + tab.0 as u128))
}

fn refuse(call: &StoreCall, error: StoreError) -> StoreAnswer {
    match call {
        StoreCall::RaiseEpoch => StoreAnswer::EpochRaised(Err(error)),
        StoreCall::CommitsAfter(_) => StoreAnswer::CaughtUp(Err(error)),
        StoreCall::Load => StoreAnswer::Loaded(Err(error)),
        StoreCall::Append(_) => StoreAnswer::Appended(Err(error)),
        StoreCall::WriteBlocks { .. } => StoreAnswer::BlocksWritten(Err(error)),
        StoreCall::FinishCheckpoint { .. } => StoreAnswer::CheckpointFinished(Err(error)),
        StoreCall::Lease(_) => StoreAnswer::LeaseStepped(Err(error)),
    }
}
