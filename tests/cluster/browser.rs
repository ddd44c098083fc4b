//! The simulated browser in the hands of a scenario: a [`World`] in which nothing happens by itself.
//!
//! A scenario says what pages do ([`Browser::write`], [`Browser::request`] …) and what befalls tabs ([`World::kill`],
//! [`World::hold_store`] …: a browser is its world, too). [`Browser::settle`] runs all that can run before time passes.
//! A scenario holds store calls, to act between "asked" and "stored".

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

use sqlite_elements::protocol::Message;
use sqlite_elements::request::{CallId, Event, Failure, QueryId, Request, Response, UserId};
use sqlite_elements::sql::{Outcome, Rows, SqlFailure, Statement, Value, Work};
use sqlite_elements::storage::{Disk, Epoch, Store};
use sqlite_elements::tab::{Locking, Tab};

pub(crate) use crate::world::TabNo;
use crate::world::{Driver, Guard, Sight, World, now_or_never};

/// The tabs of a scenario, in order of opening. The first leads until something happens.
pub(crate) const A: TabNo = TabNo(0);
pub(crate) const B: TabNo = TabNo(1);
pub(crate) const C: TabNo = TabNo(2);
pub(crate) const D: TabNo = TabNo(3);
/// The user of a tab's page, if there is one.
pub(crate) const PAGE: UserId = UserId(1);

pub(crate) struct Browser {
    world: World,
    events: BTreeMap<TabNo, Vec<Event>>,
    next_call: u64,
    poisoned: Vec<TabNo>,
    said_trying: bool,
}

impl Deref for Browser {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl DerefMut for Browser {
    fn deref_mut(&mut self) -> &mut World {
        &mut self.world
    }
}

// Tabs and time.
impl Browser {
    pub(crate) fn new() -> Self {
        Browser::on(Disk::default())
    }

    pub(crate) fn on(disk: Disk) -> Self {
        Browser::electing(disk, Locking::Locks)
    }

    fn electing(disk: Disk, locking: Locking) -> Self {
        Browser {
            // A worker that hangs stays, so that a scenario can see how the others go on beside it.
            world: World::new(disk, Driver::Hand, locking, Guard::Off),
            events: BTreeMap::new(),
            next_call: 1,
            poisoned: Vec::new(),
            said_trying: false,
        }
    }

    /// A browser with this many open tabs. The first one leads.
    pub(crate) fn with_tabs(count: usize) -> Self {
        Browser::new().and_tabs(count)
    }

    pub(crate) fn without_locks(count: usize) -> Self {
        Browser::electing(Disk::default(), Locking::Lease).and_tabs(count)
    }

    /// A browser whose tabs share a table `t(a)`.
    pub(crate) fn with_table(count: usize) -> Self {
        Browser::with_tabs(count).and_table()
    }

    pub(crate) fn and_table(mut self) -> Self {
        let call = self.write(A, "CREATE TABLE t(a)");
        self.settle();
        assert!(self.is_done(A, call));
        self
    }

    fn and_tabs(mut self, count: usize) -> Self {
        for _ in 0..count {
            self.open();
            self.settle();
        }
        self
    }

    /// Runs everything that can run now.
    pub(crate) fn settle(&mut self) {
        while self.step_any() {}
    }

    /// Runs one thing after the other until `is_so`.
    pub(crate) fn settle_until(&mut self, is_so: impl Fn(&mut Self) -> bool) {
        while !is_so(self) {
            assert!(self.step_any(), "nothing happens any more");
        }
    }

    /// Settles one tab alone: the others do not read what arrives.
    pub(crate) fn settle_alone(&mut self, number: TabNo) {
        while self.step(number) {}
    }

    /// Does one thing of one tab: see [`World::step_tab`].
    pub(crate) fn step(&mut self, number: TabNo) -> bool {
        self.step_tab(number)
    }

    /// Lets time pass, deadline by deadline.
    pub(crate) fn pass_ms(&mut self, ms: u64) {
        let end = self.now().after_ms(ms);
        self.settle();
        while self.world.step(end) {
            self.settle();
        }
        self.move_to(end);
    }

    fn step_any(&mut self) -> bool {
        let tabs = self.tabs.all();
        tabs.into_iter().any(|tab| self.step(tab))
    }
}

// What pages ask.
impl Browser {
    pub(crate) fn request(&mut self, number: TabNo, request: impl FnOnce(CallId) -> Request) -> CallId {
        let call = CallId(self.next_call);
        self.next_call += 1;
        self.tab_itself(number);
        self.ask(number, request(call));
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

    pub(crate) fn query(&mut self, number: TabNo, user: UserId, sql: &str) -> CallId {
        let (statement, recall) = (Statement::new(sql), None);
        self.request(number, |call| Request::Query {
            call,
            user,
            statement,
            recall,
        })
    }

    pub(crate) fn subscribe(&mut self, number: TabNo, query: u64, sql: &str) {
        let (query, statement) = (QueryId(query), Statement::new(sql));
        self.ask(number, Request::Subscribe { query, statement });
    }
}

// What pages are told.
impl Browser {
    pub(crate) fn answer(&mut self, number: TabNo, call: CallId) -> Option<Result<Outcome, Failure>> {
        self.events(number).iter().find_map(|event| match event {
            Event::Answered { call: answered, answer } if *answered == call => {
                Some(answer.clone().map(|response| match response {
                    Response::Outcome(outcome) => outcome,
                    _ => Outcome::nothing(),
                }))
            }
            _ => None,
        })
    }

    /// Whether a call was answered, and not with a failure.
    pub(crate) fn is_done(&mut self, number: TabNo, call: CallId) -> bool {
        self.answer(number, call).is_some_and(|answer| answer.is_ok())
    }

    /// Takes the results that a live query was told.
    pub(crate) fn told(&mut self, number: TabNo, query: u64) -> Vec<Result<Rows, SqlFailure>> {
        self.look();
        let mut told = Vec::new();
        self.events.entry(number).or_default().retain(|event| match event {
            Event::Rows { query: of, rows } if of.0 == query => {
                told.push(rows.clone());
                false
            }
            _ => true,
        });
        told
    }

    pub(crate) fn events(&mut self, number: TabNo) -> &[Event] {
        self.look();
        self.events.entry(number).or_default()
    }

    pub(crate) fn has_failed(&mut self, number: TabNo) -> bool {
        self.events(number)
            .iter()
            .any(|event| matches!(event, Event::Failed(_)))
    }

    /// The tabs that have met poison, in order.
    pub(crate) fn poisoned(&mut self) -> &[TabNo] {
        self.look();
        &self.poisoned
    }

    /// Whether a leader has said that it wants to try a suspect.
    pub(crate) fn has_said_trying(&mut self) -> bool {
        self.look();
        self.said_trying
    }

    /// Takes note of what there was to see since the last look.
    fn look(&mut self) {
        while let Some(sight) = self.world.sight() {
            match sight {
                Sight::Told(tab, event) => self.events.entry(tab).or_default().push(*event),
                Sight::Poisoned(tab, _) => self.poisoned.push(tab),
                Sight::Said(bytes) => {
                    self.said_trying |= matches!(Message::decode(&bytes), Ok(Message::Trying { .. }));
                }
                Sight::Opened(_) | Sight::Robbed(_) | Sight::Gone(_) | Sight::Reminder(_) => {}
            }
        }
    }
}

// What no page sees.
impl Browser {
    pub(crate) fn tab_itself(&mut self, number: TabNo) -> &mut Tab {
        self.tabs.code(number).expect("the tab is open")
    }

    pub(crate) fn leaders(&mut self) -> Vec<TabNo> {
        self.tabs.leaders()
    }

    /// The stored epoch, which is the number of leaderships so far.
    pub(crate) fn epoch(&self) -> Epoch {
        let loaded = now_or_never(self.disk.open().load());
        loaded.expect("the store loads").head.epoch
    }

    /// Runs a query in a tab and returns its first column as texts.
    pub(crate) fn column(&mut self, number: TabNo, sql: &str) -> Vec<String> {
        let queried = self.tab_itself(number).engine().query(&Statement::new(sql));
        let (_, rows) = queried.expect("the query runs").outcome.rows.table();
        rows.into_iter()
            .filter_map(|row| row.into_iter().next())
            .map(text)
            .collect()
    }

    /// The rows of the table `t(a)` in a tab, in order of insertion.
    pub(crate) fn rows(&mut self, number: TabNo) -> Vec<String> {
        self.column(number, "SELECT a FROM t ORDER BY rowid")
    }

    pub(crate) fn sorted_rows(&mut self, number: TabNo) -> Vec<String> {
        self.column(number, "SELECT a FROM t ORDER BY a")
    }

    pub(crate) fn image_bytes(&mut self, number: TabNo) -> Vec<u8> {
        self.tab_itself(number).engine().image().pages().concat()
    }

    /// Alters the last byte of the tab's image, which belongs to a row.
    pub(crate) fn damage_image(&mut self, number: TabNo) {
        let last = self.image_size(number) - 1;
        self.damage_byte(number, last);
    }

    pub(crate) fn held_store_calls(&mut self, number: TabNo) -> usize {
        self.tabs.store_calls(number)
    }

    pub(crate) fn has_arrivals(&mut self, number: TabNo) -> bool {
        self.tabs.unread(number).next().is_some()
    }

    /// The bytes of all messages that have arrived and are unread.
    pub(crate) fn arrived_bytes(&mut self, number: TabNo) -> usize {
        self.tabs.unread(number).flatten().map(<[u8]>::len).sum()
    }

    /// The message that arrived last and is unread. It stays unread.
    pub(crate) fn last_message(&mut self, number: TabNo) -> Vec<u8> {
        let last = self.tabs.unread(number).last().flatten();
        last.expect("a message arrived last").to_vec()
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
