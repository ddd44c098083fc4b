//! What the pages of a run do: random writes of every kind from random tabs, queries, live queries, and faults.

use std::collections::{BTreeMap, BTreeSet};

use sqlite_elements::request::{CallId, Event, Failure, QueryId, Request, Response, UserId};
use sqlite_elements::sql::{Rows, SqlFailure, Statement, Value, Work};

use sqlite_elements::storage::{FaultPoint, Operation, StoreError};
use sqlite_elements::time::Timestamp;

use super::history::{Fate, History, Op, OpNo, Read};
use super::profile::{Fault, Profile};
use super::world::{Quota, Sight, World};
use crate::browser::TabNo;
use crate::poison;

pub(crate) const SCHEMA: &str = "CREATE TABLE journal(pos INTEGER PRIMARY KEY AUTOINCREMENT, op INTEGER NOT NULL); \
     CREATE TABLE account(id INTEGER PRIMARY KEY, amount INTEGER NOT NULL CHECK (amount >= 0)); \
     CREATE TABLE pad(id INTEGER PRIMARY KEY, text TEXT); \
     INSERT INTO account VALUES (1, 100), (2, 100), (3, 100)";
pub(crate) const JOURNAL: &str = "SELECT count(*), coalesce(sum(pos * op), 0) FROM journal";
const LIVE: QueryId = QueryId(1);
const PAGE: UserId = UserId(1);
const TIMEOUT_MS: u32 = 5_000;

/// Drives one world and records what its pages see.
pub(crate) struct Workload {
    pub(crate) world: World,
    pub(crate) history: History,
    pub(crate) counts: BTreeMap<Fault, u64>,
    pub(crate) gone: u64,
    /// The last result that each tab's live query was told.
    pub(crate) live: BTreeMap<TabNo, Result<Rows, SqlFailure>>,
    calls: BTreeMap<CallId, (TabNo, Purpose)>,
    last_call: u64,
    scripts: BTreeMap<u64, Script>,
    hidden: BTreeSet<TabNo>,
    /// Whether only poison could end a tab.
    pub(crate) was_kind: bool,
}

/// What a call was made for.
#[derive(Clone, Debug)]
enum Purpose {
    Op(OpNo),
    /// A call of a transaction across calls.
    Script(u64),
    Read {
        asked: Timestamp,
    },
    Tables,
    Other,
}

/// A transaction across calls: its texts, one call each.
#[derive(Debug)]
struct Script {
    op: OpNo,
    tab: TabNo,
    user: UserId,
    texts: Vec<String>,
    next: usize,
}

/// Reminders: the next act, the end of a full disk, a tab to open; from `SCRIPTS` on a script, from `RETURNS` on a tab.
const ACT: u64 = 0;
const SPACE: u64 = 1;
const OPEN: u64 = 2;
const SCRIPTS: u64 = 10;
const RETURNS: u64 = 1 << 40;

impl Workload {
    pub(crate) fn new(world: World) -> Self {
        Workload {
            was_kind: world.profile.is_kind(),
            world,
            history: History::default(),
            counts: BTreeMap::new(),
            gone: 0,
            live: BTreeMap::new(),
            calls: BTreeMap::new(),
            last_call: 0,
            scripts: BTreeMap::new(),
            hidden: BTreeSet::new(),
        }
    }

    /// Opens one tab and makes the tables in it, in calm; then opens the other tabs.
    pub(crate) fn begin(&mut self) {
        let trouble = std::mem::replace(&mut self.world.profile, Profile::calm());
        let first = self.world.open();
        self.pass_ms(1_000);
        let call = self.call(first, Purpose::Tables);
        let work = Work::batch(vec![Statement::new(SCHEMA)]);
        let timeout_ms = TIMEOUT_MS;
        self.world.ask(first, Request::Write { call, work, timeout_ms });
        self.pass_ms(1_000);
        self.world.profile = trouble;
        for _ in 1..self.world.profile.tabs {
            self.world.open();
        }
    }

    /// Does this many acts, one after the other, with pauses.
    pub(crate) fn play(&mut self, acts: u64) {
        for _ in 0..acts {
            let pause_us = self.world.random.skewed_us(500);
            self.world.remind(pause_us, ACT);
            while !self.step_until_act() {}
        }
    }

    pub(crate) fn pass_ms(&mut self, ms: u64) {
        let end = self.world.now.after_ms(ms);
        while let Some(sights) = self.world.step(end) {
            sights.into_iter().for_each(|sight| self.see(sight));
        }
        self.world.now = end;
    }

    /// Asks for a write that only adds its number to the journal.
    pub(crate) fn mark(&mut self, tab: TabNo) -> OpNo {
        let op = self.op(tab, String::new());
        let call = self.call(tab, Purpose::Op(op));
        let work = Work::batch(vec![Statement::new(self.history.ops[&op].sql.clone())]);
        let timeout_ms = TIMEOUT_MS;
        self.world.ask(tab, Request::Write { call, work, timeout_ms });
        op
    }

    pub(crate) fn open_calls(&self) -> usize {
        self.calls.len()
    }

    fn step_until_act(&mut self) -> bool {
        let end = self.world.now.after_ms(3_600_000);
        let mut acted = false;
        for sight in self.world.step(end).into_iter().flatten() {
            if matches!(sight, Sight::Reminder(ACT)) {
                self.act();
                acted = true;
            } else {
                self.see(sight);
            }
        }
        acted
    }

    fn act(&mut self) {
        if self.world.random.per_mille(self.world.profile.faults) {
            return self.fault();
        }
        let tabs = self.world.open_tabs();
        let Some(tab) = self.world.random.pick(&tabs).copied() else {
            return;
        };
        match self.world.random.below(100) {
            0..55 => self.write(tab),
            55..65 => self.execute(tab),
            65..75 => self.transaction(tab),
            _ => self.read(tab),
        }
    }

    /// Asks for a write that kills or hangs the worker that runs it: its own or, mostly, another tab's.
    fn poison(&mut self, tab: TabNo) {
        let poisons = [poison::CRASH, poison::HANG, poison::EXHAUST];
        let poison = poisons[self.world.random.below(3) as usize];
        let timeout_ms = 100 + self.world.random.below(40_000) as u32;
        let op = self.op(tab, format!("INSERT INTO pad(text) VALUES ('poison') {poison}"));
        let statement = Statement::new(self.history.ops[&op].sql.clone());
        let call = self.call(tab, Purpose::Op(op));
        let work = Work::batch(vec![statement]);
        self.world.ask(tab, Request::Write { call, work, timeout_ms });
    }

    fn write(&mut self, tab: TabNo) {
        if self.world.random.per_mille(self.world.profile.poison) {
            return self.poison(tab);
        }
        let (sql, timeout_ms) = (self.statements(), 100 + self.world.random.below(8_000) as u32);
        let op = self.op(tab, sql);
        let texts = self.history.ops[&op].sql.clone();
        let statements = if self.world.random.per_mille(300) {
            texts.split("; ").map(Statement::new).collect()
        } else {
            vec![Statement::new(texts)]
        };
        let call = self.call(tab, Purpose::Op(op));
        let work = Work::batch(statements);
        self.world.ask(tab, Request::Write { call, work, timeout_ms });
    }

    fn execute(&mut self, tab: TabNo) {
        let sql = self.statements();
        let op = self.op(tab, sql);
        let statement = Statement::new(self.history.ops[&op].sql.clone());
        let call = self.call(tab, Purpose::Op(op));
        let user = PAGE;
        self.world.ask(tab, Request::Execute { call, user, statement });
    }

    fn transaction(&mut self, tab: TabNo) {
        let sql = self.statements();
        let op = self.op(tab, sql);
        let mut texts = vec!["BEGIN".to_owned()];
        texts.extend(self.history.ops[&op].sql.split("; ").map(str::to_owned));
        // Some are left open and some are rolled back: these leave no trace.
        match self.world.random.below(10) {
            0 => {}
            1 => texts.push("ROLLBACK".into()),
            _ => texts.push("COMMIT".into()),
        }
        let script = Script {
            op,
            tab,
            user: UserId(100 + op.0),
            texts,
            next: 0,
        };
        self.scripts.insert(op.0, script);
        self.go_on_with(op.0);
    }

    fn read(&mut self, tab: TabNo) {
        let asked = self.world.now;
        let call = self.call(tab, Purpose::Read { asked });
        let (user, statement) = (PAGE, Statement::new(JOURNAL));
        self.world.ask(
            tab,
            Request::Query {
                call,
                user,
                statement,
                recall: None,
            },
        );
    }

    /// What an operation does besides adding its number to the journal.
    fn statements(&mut self) -> String {
        let random = &mut self.world.random;
        let (from, to) = (1 + random.below(3), 1 + random.below(3));
        let letter = char::from(b'a' + random.below(26) as u8);
        let name = random.below(6);
        match random.below(100) {
            0..30 => String::new(),
            // Fails if the account has too little.
            30..60 => {
                let amount = random.below(60);
                format!(
                    "UPDATE account SET amount = amount + {amount} WHERE id = {to}; \
                     UPDATE account SET amount = amount - {amount} WHERE id = {from}"
                )
            }
            60..80 => {
                let length = random.below(9_000);
                format!("INSERT INTO pad(text) VALUES (printf('%.{length}c', '{letter}'))")
            }
            80..85 => "DELETE FROM pad WHERE id % 3 = 0".into(),
            85..90 => format!("CREATE TABLE IF NOT EXISTS extra_{name}(a); INSERT INTO extra_{name} VALUES ({from})"),
            90..93 => format!("DROP TABLE IF EXISTS extra_{name}"),
            93..98 => "INSERT INTO nowhere VALUES (1)".into(),
            // Its commit is too large to be broadcast.
            _ => format!("INSERT INTO pad(text) VALUES (printf('%.1200000c', '{letter}'))"),
        }
    }

    fn op(&mut self, tab: TabNo, sql: String) -> OpNo {
        let number = OpNo(self.history.ops.len() as u64 + 1);
        let journal = format!("INSERT INTO journal(op) VALUES ({})", number.0);
        let sql = if sql.is_empty() {
            journal
        } else {
            format!("{journal}; {sql}")
        };
        let op = Op {
            tab,
            asked: self.world.now,
            sql,
            fate: Fate::Open,
        };
        self.history.ops.insert(number, op);
        number
    }

    fn call(&mut self, tab: TabNo, purpose: Purpose) -> CallId {
        self.last_call += 1;
        let call = CallId(self.last_call);
        self.calls.insert(call, (tab, purpose));
        call
    }
}

// Faults.
impl Workload {
    fn fault(&mut self) {
        let Some(fault) = self.world.profile.clone().fault(&mut self.world.random) else {
            return;
        };
        let tabs = self.world.all_tabs();
        let Some(tab) = self.world.random.pick(&tabs).copied() else {
            return;
        };
        *self.counts.entry(fault).or_default() += 1;
        match fault {
            Fault::Crash => self.world.crash(tab),
            Fault::Close => self.close(tab),
            Fault::AbruptClose => {
                self.close(tab);
                self.few_steps();
                self.world.crash(tab);
            }
            Fault::Hide => {
                self.world.ask(tab, Request::Suspend);
                self.hidden.insert(tab);
                self.few_steps();
                if self.world.random.per_mille(700) {
                    self.world.freeze(tab);
                }
                let after_us = self.world.random.skewed_us(20_000);
                self.world.remind(after_us, RETURNS + tab.0 as u64);
            }
            Fault::Freeze => self.world.freeze(tab),
            Fault::Thaw => self.world.thaw(tab),
            Fault::Steal => self.world.steal(),
            Fault::AskToLead => {
                let call = self.call(tab, Purpose::Other);
                self.world.ask(tab, Request::Lead { call });
            }
            Fault::StoreFails => {
                let times = 1 + self.world.random.below(3) as u32;
                self.world.fail_store(tab, times);
            }
            Fault::Phantom => {
                let request = FaultPoint::Request(Operation::Append);
                self.world.disk.fail(request, StoreError::Failed("simulated".into()));
            }
            Fault::Damage => self.world.damage(tab),
            Fault::Deaf => self.world.deafen(tab),
            Fault::Quota => {
                self.world.quota = Quota::Exceeded;
                let after_us = self.world.random.skewed_us(100_000);
                self.world.remind(after_us, SPACE);
            }
        }
    }

    fn few_steps(&mut self) {
        for _ in 0..self.world.random.below(6) {
            let end = self.world.now.after_ms(10);
            let sights = self.world.step(end);
            sights.into_iter().flatten().for_each(|sight| self.see(sight));
        }
    }

    fn come_back(&mut self, tab: TabNo) {
        self.world.thaw(tab);
        self.world.ask(tab, Request::Resume);
        if self.hidden.remove(&tab) {
            let now = self.world.now;
            self.history.returns.entry(tab).or_default().push(now);
        }
    }

    fn close(&mut self, tab: TabNo) {
        let call = self.call(tab, Purpose::Other);
        self.world.ask(tab, Request::Close { call });
    }

    /// Ends all trouble: from here on nothing goes wrong.
    pub(crate) fn calm_down(&mut self) {
        self.world.profile = Profile::calm();
        self.world.quota = Quota::Free;
        self.world.disk.mend();
        for tab in self.world.all_tabs() {
            self.world.mend_store(tab);
            self.come_back(tab);
        }
        let end = self.world.now;
        let sights = self.world.step(end);
        sights.into_iter().flatten().for_each(|sight| self.see(sight));
    }
}

// What the pages see.
impl Workload {
    fn see(&mut self, sight: Sight) {
        match sight {
            Sight::Opened(tab) => {
                let statement = Statement::new(JOURNAL);
                self.world.ask(tab, Request::Subscribe { query: LIVE, statement });
            }
            Sight::Told(tab, event) => match *event {
                Event::Answered { call, answer } => self.answered(call, answer),
                Event::Rows { rows, .. } => {
                    self.live.insert(tab, rows);
                }
                Event::Failed(failure) => panic!("{tab:?} failed for good: {failure}"),
                _ => {}
            },
            Sight::Poisoned(tab, sql) => {
                let op = self.history.ops.iter().find(|(_, op)| op.sql == sql);
                let op = op.map(|(number, _)| *number).expect("an operation");
                self.history.poisoned.push((op, tab));
            }
            Sight::Robbed(tab) => self.history.robbed.push(tab),
            Sight::Gone(tab) => {
                self.gone += 1;
                self.live.remove(&tab);
                self.forget(tab);
                let after_us = self.world.random.skewed_us(2_000);
                self.world.remind(after_us, OPEN);
            }
            Sight::Reminder(SPACE) => self.world.quota = Quota::Free,
            Sight::Reminder(OPEN) => {
                self.world.open();
            }
            Sight::Reminder(tab) if tab >= RETURNS => self.come_back(TabNo((tab - RETURNS) as usize)),
            Sight::Reminder(script) if script >= SCRIPTS => self.go_on_with(script - SCRIPTS),
            Sight::Reminder(_) => {}
        }
    }

    fn answered(&mut self, call: CallId, answer: Result<Response, Failure>) {
        let Some((tab, purpose)) = self.calls.remove(&call) else {
            panic!("{call:?} is answered twice: {answer:?}");
        };
        match purpose {
            Purpose::Op(op) => self.settle(op, answer.map(drop)),
            Purpose::Script(script) => self.script_answered(script, answer.map(drop)),
            Purpose::Read { asked } => {
                if let Ok(Response::Outcome(outcome)) = answer {
                    self.note_read(tab, asked, &outcome.rows);
                }
            }
            Purpose::Tables => drop(answer.expect("the tables are made")),
            Purpose::Other => {}
        }
    }

    fn note_read(&mut self, tab: TabNo, asked: Timestamp, rows: &Rows) {
        let (_, table) = rows.table();
        if let [Value::Integer(count), Value::Integer(sum)] = table[0][..] {
            self.history.reads.push(Read {
                tab,
                asked,
                answered: self.world.now,
                count: count as u64,
                sum,
            });
        }
    }

    fn settle(&mut self, op: OpNo, answer: Result<(), Failure>) {
        let fate = match answer {
            Ok(()) => Fate::Acknowledged(self.world.now),
            Err(failure) => Fate::of(&failure),
        };
        if let Some(op) = self.history.ops.get_mut(&op) {
            op.fate = fate;
        }
    }

    /// The tab is gone, so no page hears what became of its open operations.
    fn forget(&mut self, tab: TabNo) {
        let gone = self.calls.extract_if(.., |_, (asker, _)| *asker == tab);
        let gone: Vec<Purpose> = gone.map(|(_, (_, purpose))| purpose).collect();
        for purpose in gone {
            if let Purpose::Op(op) = purpose
                && let Some(op) = self.history.ops.get_mut(&op)
            {
                op.fate = Fate::Unknown;
            }
        }
        for (_, script) in self.scripts.extract_if(.., |_, script| script.tab == tab) {
            if let Some(op) = self.history.ops.get_mut(&script.op) {
                // Its COMMIT may have been on its way.
                op.fate = Fate::Unknown;
            }
        }
    }

    fn go_on_with(&mut self, number: u64) {
        let Some(script) = self.scripts.get_mut(&number) else {
            return;
        };
        let Some(text) = script.texts.get(script.next).cloned() else {
            return;
        };
        script.next += 1;
        let (tab, user) = (script.tab, script.user);
        let call = self.call(tab, Purpose::Script(number));
        let statement = Statement::new(text);
        self.world.ask(tab, Request::Execute { call, user, statement });
    }

    fn script_answered(&mut self, number: u64, answer: Result<(), Failure>) {
        let Some(script) = self.scripts.get(&number) else {
            return;
        };
        let is_last = script.next == script.texts.len();
        let (op, tab, user) = (script.op, script.tab, script.user);
        let commits = script.texts.last().is_some_and(|text| text == "COMMIT");
        match answer {
            Ok(()) if is_last && commits => self.settle(op, Ok(())),
            Ok(()) if is_last => {
                let fate = Fate::NotDone("not committed".into());
                self.history
                    .ops
                    .get_mut(&op)
                    .into_iter()
                    .for_each(|op| op.fate = fate.clone());
            }
            Ok(()) => {
                let pause_us = self.world.random.skewed_us(200);
                return self.world.remind(pause_us, SCRIPTS + number);
            }
            Err(failure) => {
                self.settle(op, Err(failure));
                let call = self.call(tab, Purpose::Other);
                let statement = Statement::new("ROLLBACK");
                self.world.ask(tab, Request::Execute { call, user, statement });
            }
        }
        self.scripts.remove(&number);
    }
}
