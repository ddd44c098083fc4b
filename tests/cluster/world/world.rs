//! The world: it carries out what tabs ask for, and does to them what a browser may do.
//!
//! It holds the tabs, the agenda, the locks and the network, and alone knows what an event in one means for the others.
//! What pages and checkers can see comes out as [`Sight`]s.

use std::collections::VecDeque;
use std::rc::Rc;

use sqlite_elements::request::Request;
use sqlite_elements::storage::{Disk, LeaseAct, LeaseStep, StoreError, TabId};
use sqlite_elements::tab::{Effect, LockCall, Locking, StoreCall, Tab};
use sqlite_elements::time::Timestamp;
use sqlite_elements::watchdog::{self, WatchStep};

use super::agenda::{Agenda, Due};
use super::arrival::{Arrival, Letter};
use super::conditions::Conditions;
use super::driver::Driver;
use super::locks::{Claim, LockNews, Locks};
use super::network::{Network, Version};
use super::sight::Sight;
use super::storing::{Quota, now_or_never};
use super::tab::{Guard, Pace, SimulatedTab, TabNo};
use super::tabs::Tabs;
use crate::poison::{self, Poison, taste};

/// All tabs have heard a tab that has been awake for this long.
const HEARD_MS: u64 = 6_000;
/// How long the news of a lock, of a store call, and a page's request take, if they take any time.
const LOCK_US: u64 = 20;
const STORED_US: u64 = 10;
const REQUEST_US: u64 = 5;

pub(crate) struct World {
    pub(crate) disk: Disk,
    pub(crate) quota: Quota,
    driver: Driver,
    pub(crate) tabs: Tabs,
    /// The things that were due and have happened.
    pub(crate) steps: u64,
    guard: Guard,
    locking: Locking,
    agenda: Agenda,
    locks: Locks,
    network: Network,
    /// Since when each message arrives and is understood, if it does.
    clear_since: Timestamp,
    sights: VecDeque<Sight>,
}

// Time.
impl World {
    pub(crate) fn new(disk: Disk, driver: Driver, locking: Locking, guard: Guard) -> Self {
        World {
            disk,
            quota: Quota::Free,
            driver,
            tabs: Tabs::default(),
            steps: 0,
            guard,
            locking,
            agenda: Agenda::new(),
            locks: Locks::default(),
            network: Network::default(),
            clear_since: Timestamp::default(),
            sights: VecDeque::new(),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.agenda.now()
    }

    /// Lets the clock show this time. What is due until then is not done by this: see [`World::step`].
    pub(crate) fn move_to(&mut self, at: Timestamp) {
        self.agenda.move_to(at);
    }

    /// Does the next thing that is due until `end`. False if nothing is.
    pub(crate) fn step(&mut self, end: Timestamp) -> bool {
        let due = self.agenda.take(end);
        let is_due = due.is_some();
        self.steps += u64::from(is_due);
        due.into_iter().for_each(|due| self.happen(due));
        is_due
    }

    /// Does one thing of one tab: it reads the next arrival, else its timer fires, else the store does its next call.
    /// False if there was nothing to do.
    pub(crate) fn step_tab(&mut self, number: TabNo) -> bool {
        let runs = self.tabs.find(number).is_some_and(|tab| tab.runs());
        runs && (self.read(number) || self.wake(number) || self.store(number))
    }

    /// From now on the channel and the store work like this. A scenario has no such conditions.
    pub(crate) fn change(&mut self, conditions: Conditions) {
        if !self.driver.lets_all_hear() {
            self.clear_since = self.now();
        }
        self.driver.change(conditions);
    }

    /// Asks for a [`Sight::Reminder`] after this time.
    pub(crate) fn remind(&mut self, after_us: u64, what: u64) {
        self.agenda.enter_in(after_us, Due::Remind(what));
    }

    /// Takes the oldest sight that nobody has seen.
    pub(crate) fn sight(&mut self) -> Option<Sight> {
        self.sights.pop_front()
    }

    fn happen(&mut self, due: Due) {
        match due {
            Due::Arrive(tab, arrival) => self.arrive(tab, *arrival),
            Due::Load(tab) => self.load(tab),
            Due::Open(tab) => self.finish_opening(tab),
            Due::Store(tab) => drop(self.store(tab)),
            Due::Wake(tab) => drop(self.wake(tab)),
            Due::Watchdog(tab) => self.watch(tab),
            Due::Remind(what) => self.sights.push_back(Sight::Reminder(what)),
        }
    }

    fn arrive(&mut self, number: TabNo, arrival: Arrival) {
        self.tabs.with(number, |tab| tab.arrive(arrival));
        self.read_all(number);
    }

    /// Something arrives after this time, or at once if the scenario drives.
    fn send(&mut self, to: TabNo, after_us: u64, arrival: Arrival) {
        if self.driver.is_by_hand() {
            self.arrive(to, arrival);
        } else {
            self.agenda.enter_in(after_us, Due::Arrive(to, Box::new(arrival)));
        }
    }
}

// Pages.
impl World {
    /// Begins to open a tab. By hand, it is open at once, and has done nothing else yet.
    pub(crate) fn open(&mut self) -> TabNo {
        let tab = SimulatedTab::new(self.now(), self.disk.open());
        let number = self.tabs.add(tab);
        if self.driver.has_two_versions() {
            self.network.set_version(number, Version(number.0 % 2));
        }
        self.after_reading(Due::Load(number));
        number
    }

    /// Sends a request to a tab. Requests keep their order, as in a MessagePort.
    pub(crate) fn ask(&mut self, tab: TabNo, request: Request) {
        self.send(tab, REQUEST_US, Arrival::Asked(request));
    }

    pub(crate) fn lock_holder(&self) -> Option<TabNo> {
        self.locks.holder()
    }

    /// Does this when the store has read for a tab that opens.
    fn after_reading(&mut self, due: Due) {
        match self.driver.store_us() {
            Some(after_us) => self.agenda.enter_in(after_us, due),
            None => self.happen(due),
        }
    }

    fn load(&mut self, number: TabNo) {
        self.tabs.with(number, SimulatedTab::load);
        self.after_reading(Due::Open(number));
    }

    fn finish_opening(&mut self, number: TabNo) {
        let (now, locking) = (self.now(), self.locking);
        let Some(tab) = self.tabs.find(number) else { return };
        tab.open(now, number, locking);
        self.sights.push_back(Sight::Opened(number));
        self.carry_out(number);
        self.read_all(number);
    }
}

// What may befall a tab. Each of these is there for scenarios and for seeds.
impl World {
    /// Ends the tab at once, with all that it had in hand. By dice, a call that was with the store may have been done.
    pub(crate) fn kill(&mut self, number: TabNo) {
        let Some(mut tab) = self.tabs.remove(number) else {
            return;
        };
        if self.driver.is_done_unheard() && self.quota == Quota::Free {
            tab.storing.finish_unheard();
        }
        self.leave(number);
    }

    /// Stops the tab until it is thawed. It keeps its lock, and what arrives waits.
    pub(crate) fn freeze(&mut self, number: TabNo) {
        self.change_pace(number, Pace::Runs, Pace::Frozen);
    }

    pub(crate) fn thaw(&mut self, number: TabNo) {
        if !self.change_pace(number, Pace::Frozen, Pace::Runs) {
            return;
        }
        if self.driver.fires_timers_first() {
            self.wake(number);
        }
        self.read_all(number);
        self.start_store(number);
        if !self.driver.is_by_hand() {
            self.wake(number);
        }
    }

    /// Delivers a message from outside: of a tab of another version, or a repeated one.
    pub(crate) fn deliver(&mut self, number: TabNo, bytes: Vec<u8>) {
        let letter = Letter {
            from: None,
            bytes: bytes.into(),
        };
        self.arrive(number, Arrival::Heard(letter));
    }

    /// Loses the unread messages of other tabs to this one, but nothing that the browser itself said.
    pub(crate) fn lose_messages(&mut self, number: TabNo) {
        self.agenda
            .lose_arrivals(|to, arrival| to == number && arrival.letter().is_some());
        self.tabs.with(number, |tab| tab.lose_letters(|_| true));
    }

    /// Loses what the tab has said and nobody has read yet, as when its process dies.
    pub(crate) fn lose_last_words(&mut self, number: TabNo) {
        self.agenda
            .lose_arrivals(|_, arrival| arrival.letter().is_some_and(|letter| letter.from == Some(number)));
        for tab in self.tabs.each() {
            tab.lose_letters(|letter| letter.from == Some(number));
        }
    }

    /// From now on no tab understands this one, nor it them: it has another version of the library.
    pub(crate) fn make_stranger(&mut self, number: TabNo) {
        self.network.set_version(number, Version(number.0 + 1));
    }

    /// From now on all tabs understand each other, as when the update of a site is over.
    pub(crate) fn update_all(&mut self) {
        self.network.update_all();
    }

    /// From now on the store calls of the tab wait.
    pub(crate) fn hold_store(&mut self, number: TabNo) {
        self.tabs.with(number, |tab| tab.storing.hold());
    }

    pub(crate) fn release_store(&mut self, number: TabNo) {
        self.tabs.with(number, |tab| tab.storing.release());
        self.start_store(number);
    }

    /// Makes the waiting store calls happen on disk and does not tell the tab, as when it dies between the two.
    pub(crate) fn store_without_telling(&mut self, number: TabNo) {
        self.tabs.with(number, |tab| tab.storing.perform_unheard());
    }

    /// The next store calls of the tab fail.
    pub(crate) fn fail_store(&mut self, number: TabNo, times: u32) {
        self.tabs.with(number, |tab| tab.storing.fail(times));
    }

    pub(crate) fn mend_store(&mut self, number: TabNo) {
        self.tabs.with(number, |tab| tab.storing.mend());
    }

    /// The bytes of the tab's image.
    pub(crate) fn image_size(&mut self, number: TabNo) -> usize {
        self.tabs.find(number).map_or(0, SimulatedTab::image_size)
    }

    /// Alters one byte of the tab's image in memory.
    pub(crate) fn damage_byte(&mut self, number: TabNo, at: usize) {
        self.tabs.with(number, |tab| tab.damage_image(at));
    }

    /// Gives the lock by force to the tab that waits for it; or the lease to `thief`, which does not know.
    pub(crate) fn steal(&mut self, thief: TabNo) {
        match self.locking {
            Locking::Lease => {
                let step = LeaseStep {
                    tab: thief.id(),
                    at: self.now(),
                    act: LeaseAct::Take,
                };
                drop(now_or_never(StoreCall::Lease(step).make(&self.disk.open())));
            }
            Locking::Locks => {
                let news = self.locks.rob(self.now());
                self.tell_of_lock(news);
            }
        }
    }

    fn change_pace(&mut self, number: TabNo, from: Pace, to: Pace) -> bool {
        let now = self.now();
        let tab = self.tabs.find(number);
        tab.is_some_and(|tab| tab.change_pace(now, from, to))
    }

    fn meet(&mut self, number: TabNo, poison: Poison) {
        self.sights.push_back(Sight::Poisoned(number, poison.sql));
        match poison.effect {
            poison::Effect::Crash => self.kill(number),
            poison::Effect::Hang => {
                self.change_pace(number, Pace::Runs, Pace::Hung);
                if self.guard == Guard::On {
                    self.watch(number);
                }
            }
        }
    }

    fn watch(&mut self, number: TabNo) {
        let Some(tab) = self.tabs.find(number) else { return };
        match tab.tick() {
            WatchStep::GiveUp => self.kill(number),
            WatchStep::Ask | WatchStep::Wait => {
                let after_us = u64::from(watchdog::TICK_MS) * 1_000;
                self.agenda.enter_in(after_us, Due::Watchdog(number));
            }
        }
    }
}

// A tab at work.
impl World {
    /// Lets the tab read the next thing that has arrived. False if there is none, or it does not run.
    fn read(&mut self, number: TabNo) -> bool {
        let now = self.now();
        let Some(simulated) = self.tabs.find(number) else {
            return false;
        };
        let Some(happening) = simulated.next_arrival() else {
            return false;
        };
        if let Some(code) = simulated.code() {
            code.handle(now, happening);
        }
        self.carry_out(number);
        true
    }

    /// By dice, a tab that runs reads what has arrived. By hand, it waits for its step.
    fn read_all(&mut self, number: TabNo) {
        while !self.driver.is_by_hand() && self.read(number) {}
    }

    /// Lets the tab's timer fire, if it is due.
    fn wake(&mut self, number: TabNo) -> bool {
        let now = self.now();
        let wakes = self.tabs.find(number).is_some_and(|tab| tab.wake(now));
        if wakes {
            self.carry_out(number);
        }
        wakes
    }

    fn carry_out(&mut self, number: TabNo) {
        let now = self.now();
        loop {
            self.carry_out_effects(number);
            let Some(tab) = self.tabs.code(number) else { return };
            match taste(|| tab.work(now)) {
                Ok(true) => {}
                Ok(false) => break,
                Err(poison) => return self.meet(number, poison),
            }
        }
        if let Some(at) = self.tabs.code(number).and_then(|tab| tab.deadline()) {
            self.agenda.enter(at, Due::Wake(number));
        }
    }

    fn carry_out_effects(&mut self, number: TabNo) {
        while let Some(effect) = self.tabs.code(number).and_then(Tab::poll) {
            match effect {
                Effect::Lock(call) => self.lock(number, call),
                Effect::Store(call) => {
                    self.tabs.with(number, |tab| tab.storing.push(call));
                    self.start_store(number);
                }
                Effect::Broadcast(bytes) => self.post(number, None, bytes.into()),
                Effect::Send { to, bytes } => self.post(number, Some(to), bytes.into()),
                Effect::Tell(event) => self.sights.push_back(Sight::Told(number, Box::new(event))),
                Effect::Closed => {
                    self.tabs.remove(number);
                    self.leave(number);
                    return;
                }
            }
        }
    }

    /// The tab has been removed.
    fn leave(&mut self, number: TabNo) {
        let news = self.locks.leave(self.now(), number);
        self.tell_of_lock(news);
        self.sights.push_back(Sight::Gone(number));
    }

    /// Posts to one tab, or to all others.
    fn post(&mut self, from: TabNo, only_to: Option<TabId>, bytes: Rc<[u8]>) {
        let mut others = self.tabs.all();
        others.retain(|tab| *tab != from && only_to.is_none_or(|to| tab.id() == to));
        for to in others {
            for after_us in self.driver.message_delays() {
                let arrival = Arrival::Heard(self.network.letter(from, to, &bytes));
                let Some(after_us) = after_us else {
                    self.arrive(to, arrival);
                    continue;
                };
                let mut at = Timestamp(self.now().0 + after_us);
                if self.driver.keeps_order() {
                    at = self.network.in_order(from, to, at);
                }
                self.agenda.enter(at, Due::Arrive(to, Box::new(arrival)));
            }
        }
        self.sights.push_back(Sight::Said(bytes));
    }

    fn lock(&mut self, number: TabNo, call: LockCall) {
        let Some(tab) = self.tabs.find(number) else { return };
        let claim = Claim {
            tab: number,
            attempt: tab.attempt(),
        };
        if call == LockCall::Steal
            && let Some(robbed) = self.locks.holder().filter(|holder| *holder != number)
            && self.can_be_heard(robbed)
        {
            self.sights.push_back(Sight::Robbed(robbed));
        }
        let news = self.locks.call(self.now(), claim, call);
        self.tell_of_lock(news);
    }

    /// Whether the tab leads, and all others have had the time to hear of it.
    fn can_be_heard(&mut self, number: TabNo) -> bool {
        let now = self.now();
        let there_since = self.locks.held_since().max(self.clear_since);
        let awake = self
            .tabs
            .find(number)
            .is_some_and(|tab| tab.runs() && tab.awake_since().max(there_since).after_ms(HEARD_MS) <= now);
        self.driver.lets_all_hear() && awake && self.tabs.leads(number)
    }

    fn tell_of_lock(&mut self, news: Vec<LockNews>) {
        for news in news {
            let (claim, arrival) = match news {
                LockNews::Granted(claim) => (claim, Arrival::LockGranted(claim.attempt)),
                LockNews::Lost(claim) => (claim, Arrival::LockLost(claim.attempt)),
            };
            self.send(claim.tab, LOCK_US, arrival);
        }
    }

    /// By dice, the store begins the tab's next call, and does it after some time.
    fn start_store(&mut self, number: TabNo) {
        let begins = |tab: &mut SimulatedTab| tab.runs() && tab.storing.begin();
        if !self.driver.is_by_hand()
            && self.tabs.find(number).is_some_and(begins)
            && let Some(after_us) = self.driver.store_us()
        {
            self.agenda.enter_in(after_us, Due::Store(number));
        }
    }

    /// The store does the tab's first call. False if there is none, or calls are held.
    fn store(&mut self, number: TabNo) -> bool {
        let refusal = self
            .driver
            .store_fails()
            .then(|| StoreError::Failed("simulated".into()));
        let quota = self.quota;
        let tab = self.tabs.find(number);
        let Some(answer) = tab.and_then(|tab| tab.storing.perform(refusal, quota)) else {
            return false;
        };
        self.send(number, STORED_US, Arrival::Stored(Box::new(answer)));
        if self.driver.is_by_hand() {
            return self.read(number);
        }
        self.start_store(number);
        true
    }
}
