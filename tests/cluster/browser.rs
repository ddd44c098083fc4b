//! The simulated browser: tabs, a lock, a channel, a disk, and a clock that moves only when told.
//!
//! A scenario says what happens ([`Browser::write`], [`Browser::kill`], [`Browser::pass_ms`] …). [`Browser::settle`]
//! runs all that can run before time passes. A scenario holds store calls, to act between "asked" and "stored".

use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use sqlite_elements::protocol::Message;
use sqlite_elements::request::{CallId, Event, Failure, LeaderInfo, QueryId, Request, Response, UserId};
use sqlite_elements::sql::{Outcome, Rows, SqlFailure, Statement, Value, Work};
use sqlite_elements::storage::{Disk, Epoch, Image, MemoryStore, Store, TabId};
use sqlite_elements::tab::{Effect, Happening, LockCall, Locking, StoreAnswer, StoreCall, Tab};
use sqlite_elements::time::Timestamp;
use uuid::Uuid;

use crate::poison::{self, taste};

/// The number of a tab, in order of opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TabNo(pub(crate) usize);

pub(crate) struct Browser {
    pub(crate) disk: Disk,
    election: Locking,
    now: Timestamp,
    tabs: Vec<Option<SimulatedTab>>,
    lock_holder: Option<TabNo>,
    lock_queue: VecDeque<TabNo>,
    next_call: u64,
    strangers: Vec<TabNo>,
    poisoned: Vec<TabNo>,
    said_trying: bool,
}

struct SimulatedTab {
    tab: Tab,
    store: MemoryStore,
    inbox: VecDeque<Happening>,
    store_calls: VecDeque<StoreCall>,
    events: Vec<Event>,
    pace: Pace,
    store_pace: Pace,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    Runs,
    /// It does nothing until it is released.
    Held,
}

impl Browser {
    pub(crate) fn new() -> Self {
        Browser::on(Disk::default())
    }

    pub(crate) fn on(disk: Disk) -> Self {
        Browser {
            disk,
            election: Locking::Locks,
            now: Timestamp::from_ms(1_700_000_000_000.0),
            tabs: Vec::new(),
            lock_holder: None,
            lock_queue: VecDeque::new(),
            next_call: 1,
            strangers: Vec::new(),
            poisoned: Vec::new(),
            said_trying: false,
        }
    }

    /// A browser with this many open tabs. The first one leads.
    pub(crate) fn with_tabs(count: usize) -> Self {
        Browser::new().and_tabs(count)
    }

    pub(crate) fn without_locks(count: usize) -> Self {
        let mut browser = Browser::new();
        browser.election = Locking::Lease;
        browser.and_tabs(count)
    }

    fn and_tabs(mut self, count: usize) -> Self {
        for _ in 0..count {
            self.open();
            self.settle();
        }
        self
    }

    /// Opens a tab. It has loaded the database and done nothing else yet.
    pub(crate) fn open(&mut self) -> TabNo {
        let number = TabNo(self.tabs.len());
        let store = self.disk.open();
        let snapshot = now_or_never(store.load()).expect("the store loads");
        let tab = Tab::open(self.now, id(number), snapshot, self.election).expect("the image opens");
        self.tabs.push(Some(SimulatedTab {
            tab,
            store,
            inbox: VecDeque::new(),
            store_calls: VecDeque::new(),
            events: Vec::new(),
            pace: Pace::Runs,
            store_pace: Pace::Runs,
        }));
        self.carry_out(number);
        number
    }

    /// Runs everything that can run now.
    pub(crate) fn settle(&mut self) {
        while (0..self.tabs.len()).any(|index| self.step(TabNo(index))) {}
    }

    /// Runs one thing after the other until `is_so`.
    pub(crate) fn settle_until(&mut self, is_so: impl Fn(&mut Self) -> bool) {
        while !is_so(self) {
            let happened = (0..self.tabs.len()).any(|index| self.step(TabNo(index)));
            assert!(happened, "nothing happens any more");
        }
    }

    /// Settles one tab alone: the others do not read what arrives.
    pub(crate) fn settle_alone(&mut self, number: TabNo) {
        while self.step(number) {}
    }

    /// Lets time pass, deadline by deadline.
    pub(crate) fn pass_ms(&mut self, ms: u64) {
        let end = self.now.after_ms(ms);
        loop {
            self.settle();
            let next = self.running().filter_map(|tab| tab.tab.deadline()).min();
            match next {
                Some(at) if at <= end => self.now = at.max(self.now),
                _ => break,
            }
            for index in 0..self.tabs.len() {
                self.wake(TabNo(index));
            }
        }
        self.now = end;
    }

    /// Ends the tab at once, with all that it had in hand.
    pub(crate) fn kill(&mut self, number: TabNo) {
        self.tabs[number.0] = None;
        self.lock_queue.retain(|waiting| *waiting != number);
        if self.lock_holder == Some(number) {
            self.lock_holder = None;
            self.grant_lock();
        }
    }

    /// Stops the tab until it is thawed. It keeps its lock, and what arrives waits.
    pub(crate) fn freeze(&mut self, number: TabNo) {
        self.tab(number).pace = Pace::Held;
    }

    pub(crate) fn thaw(&mut self, number: TabNo) {
        self.tab(number).pace = Pace::Runs;
        self.wake(number);
    }

    /// From now on the store calls of the tab wait.
    pub(crate) fn hold_store(&mut self, number: TabNo) {
        self.tab(number).store_pace = Pace::Held;
    }

    pub(crate) fn release_store(&mut self, number: TabNo) {
        self.tab(number).store_pace = Pace::Runs;
    }

    /// Makes the held store calls happen on disk and does not tell the tab, as when it dies between the two.
    pub(crate) fn store_without_telling(&mut self, number: TabNo) {
        let tab = self.tab(number);
        for call in std::mem::take(&mut tab.store_calls) {
            let _unheard = perform(&tab.store, call);
        }
    }

    pub(crate) fn held_store_calls(&mut self, number: TabNo) -> usize {
        self.tab(number).store_calls.len()
    }

    /// Loses the unread messages of other tabs, but nothing that the browser itself said.
    pub(crate) fn lose_messages(&mut self, number: TabNo) {
        self.tab(number)
            .inbox
            .retain(|happening| !matches!(happening, Happening::Heard(_)));
    }

    /// From now on no tab understands this one: it has another version of the library.
    pub(crate) fn make_stranger(&mut self, number: TabNo) {
        self.strangers.push(number);
    }

    /// Alters one byte of the tab's image: the last byte of the last page.
    pub(crate) fn damage_image(&mut self, number: TabNo) {
        let engine = self.tab(number).tab.engine();
        let image = engine.image().clone();
        let mut pages = image.pages().to_vec();
        let last = pages.last_mut().expect("there is a page");
        let mut bytes = last.to_vec();
        *bytes.last_mut().expect("a page has bytes") ^= 1;
        *last = bytes.into();
        let altered = Image::from_pages(image.page_size(), pages, image.position().seq);
        engine.reload(altered).expect("it is a database still");
    }

    pub(crate) fn has_arrivals(&mut self, number: TabNo) -> bool {
        !self.tab(number).inbox.is_empty()
    }

    /// The bytes of all messages that have arrived and are unread.
    pub(crate) fn arrived_bytes(&mut self, number: TabNo) -> usize {
        let lengths = self.tab(number).inbox.iter().map(|happening| match happening {
            Happening::Heard(bytes) => bytes.len(),
            _ => 0,
        });
        lengths.sum()
    }

    /// The message that arrived last and is unread. It stays unread.
    pub(crate) fn last_message(&mut self, number: TabNo) -> Vec<u8> {
        match self.tab(number).inbox.back() {
            Some(Happening::Heard(bytes)) => bytes.clone(),
            other => panic!("not a message: {other:?}"),
        }
    }

    /// Delivers a message from outside: of a tab of another version, or a repeated one.
    pub(crate) fn deliver(&mut self, number: TabNo, bytes: Vec<u8>) {
        self.tab(number).inbox.push_back(Happening::Heard(bytes));
    }

    pub(crate) fn request(&mut self, number: TabNo, request: impl FnOnce(CallId) -> Request) -> CallId {
        let call = CallId(self.next_call);
        self.next_call += 1;
        let happening = Happening::Asked(request(call));
        self.tab(number).inbox.push_back(happening);
        call
    }

    /// Queues a write; nothing happens before the next [`Browser::settle`].
    pub(crate) fn write(&mut self, number: TabNo, sql: &str) -> CallId {
        let work = Work::batch(vec![Statement::new(sql)]);
        self.request(number, |call| Request::Write {
            call,
            work,
            timeout_ms: 5_000,
        })
    }

    /// Runs a statement for one user of the tab's page; nothing happens before the next [`Browser::settle`].
    pub(crate) fn execute(&mut self, number: TabNo, user: UserId, sql: &str) -> CallId {
        let statement = Statement::new(sql);
        self.request(number, |call| Request::Execute { call, user, statement })
    }

    pub(crate) fn subscribe(&mut self, number: TabNo, query: u64, sql: &str) {
        let (query, statement) = (QueryId(query), Statement::new(sql));
        self.tab(number)
            .inbox
            .push_back(Happening::Asked(Request::Subscribe { query, statement }));
    }

    pub(crate) fn answer(&mut self, number: TabNo, call: CallId) -> Option<Result<Outcome, Failure>> {
        self.tab(number).events.iter().find_map(|event| match event {
            Event::Answered { call: answered, answer } if *answered == call => {
                Some(answer.clone().map(|response| match response {
                    Response::Outcome(outcome) => outcome,
                    _ => Outcome::nothing(),
                }))
            }
            _ => None,
        })
    }

    /// Takes the results that a live query was told.
    pub(crate) fn told(&mut self, number: TabNo, query: u64) -> Vec<Result<Rows, SqlFailure>> {
        let mut told = Vec::new();
        self.tab(number).events.retain(|event| match event {
            Event::Rows { query: of, rows } if of.0 == query => {
                told.push(rows.clone());
                false
            }
            _ => true,
        });
        told
    }

    pub(crate) fn events(&mut self, number: TabNo) -> &[Event] {
        &self.tab(number).events
    }

    pub(crate) fn has_failed(&mut self, number: TabNo) -> bool {
        self.events(number)
            .iter()
            .any(|event| matches!(event, Event::Failed(_)))
    }

    /// The stored epoch, which is the number of leaderships so far.
    pub(crate) fn epoch(&self) -> Epoch {
        let loaded = now_or_never(self.disk.open().load());
        loaded.expect("the store loads").head.epoch
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    pub(crate) fn tab_itself(&mut self, number: TabNo) -> &mut Tab {
        &mut self.tab(number).tab
    }

    /// Runs a query in a tab and returns its first column as texts.
    pub(crate) fn column(&mut self, number: TabNo, sql: &str) -> Vec<String> {
        let queried = self.tab(number).tab.engine().query(&Statement::new(sql));
        let (_, rows) = queried.expect("the query runs").outcome.rows.table();
        rows.into_iter()
            .filter_map(|row| row.into_iter().next())
            .map(text)
            .collect()
    }

    pub(crate) fn leaders(&mut self) -> Vec<TabNo> {
        (0..self.tabs.len())
            .filter(|index| {
                self.tabs[*index]
                    .as_ref()
                    .is_some_and(|tab| LeaderInfo::from(tab.tab.leadership()).is_leader)
            })
            .map(TabNo)
            .collect()
    }

    pub(crate) fn image_bytes(&mut self, number: TabNo) -> Vec<u8> {
        self.tab(number).tab.engine().image().pages().concat()
    }

    fn tab(&mut self, number: TabNo) -> &mut SimulatedTab {
        self.tabs[number.0].as_mut().expect("the tab is open")
    }

    fn running(&self) -> impl Iterator<Item = &SimulatedTab> {
        self.tabs.iter().flatten().filter(|tab| tab.pace == Pace::Runs)
    }

    fn wake(&mut self, number: TabNo) {
        let now = self.now;
        let Some(tab) = self.tabs[number.0].as_mut() else {
            return;
        };
        let due = tab.tab.deadline().is_some_and(|deadline| deadline <= now);
        if tab.pace == Pace::Runs && due {
            tab.tab.handle(now, Happening::TimedOut);
            self.carry_out(number);
        }
    }

    /// Does one thing of one tab: the next arrival, else the next store call. False if there was nothing to do.
    pub(crate) fn step(&mut self, number: TabNo) -> bool {
        let now = self.now;
        let Some(tab) = self.tabs[number.0].as_mut() else {
            return false;
        };
        if tab.pace == Pace::Held {
            return false;
        }
        let is_due = tab.tab.deadline().is_some_and(|deadline| deadline <= now);
        let happening = match tab.inbox.pop_front() {
            Some(happening) => happening,
            None if is_due => Happening::TimedOut,
            None if tab.store_pace == Pace::Held => return false,
            None => match tab.store_calls.pop_front() {
                Some(call) => Happening::Stored(perform(&tab.store, call)),
                None => return false,
            },
        };
        tab.tab.handle(now, happening);
        self.carry_out(number);
        true
    }

    fn carry_out(&mut self, number: TabNo) {
        loop {
            self.carry_out_effects(number);
            let now = self.now;
            let Some(tab) = self.tabs[number.0].as_mut() else { break };
            match taste(|| tab.tab.work(now)) {
                Ok(true) => {}
                Ok(false) => break,
                Err(poison) => {
                    self.poisoned.push(number);
                    match poison.effect {
                        poison::Effect::Crash => self.kill(number),
                        poison::Effect::Hang => self.freeze(number),
                    }
                    break;
                }
            }
        }
    }

    /// The tabs that have met poison, in order.
    pub(crate) fn poisoned(&self) -> &[TabNo] {
        &self.poisoned
    }

    /// Whether a leader has said that it wants to try a suspect.
    pub(crate) fn has_said_trying(&self) -> bool {
        self.said_trying
    }

    fn carry_out_effects(&mut self, number: TabNo) {
        while let Some(effect) = self.tabs[number.0].as_mut().and_then(|tab| tab.tab.poll()) {
            match effect {
                Effect::Lock(call) => self.lock(number, call),
                Effect::Store(call) => self.tab(number).store_calls.push_back(call),
                Effect::Broadcast(bytes) => self.post(number, None, &bytes),
                Effect::Send { to, bytes } => self.post(number, Some(to), &bytes),
                Effect::Tell(event) => self.tab(number).events.push(event),
                Effect::Closed => {}
            }
        }
    }

    /// Posts to one tab, or to all others.
    fn post(&mut self, from: TabNo, to: Option<TabId>, bytes: &[u8]) {
        self.said_trying |= matches!(Message::decode(bytes), Ok(Message::Trying { .. }));
        let mut bytes = bytes.to_vec();
        if self.strangers.contains(&from) {
            bytes[0] = 99;
        }
        for (index, tab) in self.tabs.iter_mut().enumerate() {
            let is_meant = index != from.0 && to.is_none_or(|to| id(TabNo(index)) == to);
            if let Some(tab) = tab.as_mut().filter(|_| is_meant) {
                tab.inbox.push_back(Happening::Heard(bytes.clone()));
            }
        }
    }

    fn lock(&mut self, number: TabNo, call: LockCall) {
        self.lock_queue.retain(|waiting| *waiting != number);
        match call {
            LockCall::Request => self.lock_queue.push_back(number),
            LockCall::Steal => {
                if let Some(robbed) = self.lock_holder.replace(number) {
                    self.tab(robbed).inbox.push_back(Happening::LockLost);
                }
                self.tab(number).inbox.push_back(Happening::LockGranted);
            }
            LockCall::Release => {
                if self.lock_holder == Some(number) {
                    self.lock_holder = None;
                }
            }
        }
        self.grant_lock();
    }

    fn grant_lock(&mut self) {
        if self.lock_holder.is_none()
            && let Some(next) = self.lock_queue.pop_front()
        {
            self.lock_holder = Some(next);
            self.tab(next).inbox.push_back(Happening::LockGranted);
        }
    }
}

fn id(tab: TabNo) -> TabId {
    TabId(Uuid::from_u128((1 << 64) + tab.0 as u128))
}

pub(crate) fn perform(store: &MemoryStore, call: StoreCall) -> StoreAnswer {
    now_or_never(call.make(store))
}

pub(crate) fn now_or_never<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("the store in memory answers at once"),
    }
}

fn text(value: Value) -> String {
    match value {
        Value::Null => "NULL".into(),
        Value::Integer(integer) => integer.to_string(),
        Value::Real(real) => real.to_string(),
        Value::Text(text) => text,
        Value::Blob(blob) => format!("{blob:?}"),
    }
}
