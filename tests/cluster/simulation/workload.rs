//! What happens in a run: random writes of every kind from random tabs, queries, live queries, and faults.
//!
//! It holds the world and its pages, and alone knows what a sight in the world means for a page. It has dice of its
//! own, so what the pages do does not depend on how the world throws its own.

use std::collections::{BTreeMap, BTreeSet};

use sqlite_elements::request::{Event, QueryId, Request};
use sqlite_elements::sql::Statement;
use sqlite_elements::storage::{Disk, FaultPoint, Operation, StoreError};
use sqlite_elements::tab::Locking;

use super::faults::Fault;
use super::history::OpNo;
use super::pages::{Asking, Pages, Reaction, ScriptNo, TIMEOUT_MS};
use super::profile::Profile;
use super::statements::{self, JOURNAL};
use crate::browser::TabNo;
use crate::world::{Conditions, Dice, Driver, Guard, Quota, Sight, World};

const LIVE: QueryId = QueryId(1);

pub(crate) struct Workload {
    pub(crate) world: World,
    pub(crate) pages: Pages,
    pub(crate) dice: Dice,
    pub(crate) profile: Profile,
    pub(crate) locking: Locking,
    pub(crate) counts: BTreeMap<Fault, u64>,
    pub(crate) gone: u64,
    moments: Vec<Moment>,
    hidden: BTreeSet<TabNo>,
    acts: u64,
}

/// Something to do later.
#[derive(Clone, Copy, Debug)]
enum Moment {
    Act,
    /// The disk has room again.
    Room,
    Open,
    Return(TabNo),
    Release(TabNo),
    GoOn(ScriptNo),
}

impl Workload {
    pub(crate) fn new(seed: u64, guard: Guard) -> Self {
        let mut dice = Dice::new(seed);
        let profile = Profile::drawn(&mut dice);
        let locking = if dice.per_mille(500) {
            Locking::Locks
        } else {
            Locking::Lease
        };
        let driver = Driver::dice(dice.fork(), Conditions::calm());
        Workload {
            world: World::new(Disk::default(), driver, locking, guard),
            pages: Pages::default(),
            dice,
            profile,
            locking,
            counts: BTreeMap::new(),
            gone: 0,
            moments: Vec::new(),
            hidden: BTreeSet::new(),
            acts: 0,
        }
    }

    /// Opens one tab and makes the tables in it, in calm; then opens the other tabs.
    pub(crate) fn begin(&mut self) {
        let first = self.world.open();
        self.pass_ms(1_000);
        let asking = self.pages.make_tables(first);
        self.ask(asking);
        self.pass_ms(1_000);
        self.world.change(self.profile.conditions.clone());
        for _ in 1..self.profile.tabs {
            self.world.open();
        }
    }

    /// Does this many acts, one after the other, with pauses.
    pub(crate) fn play(&mut self, acts: u64) {
        for _ in 0..acts {
            let pause_us = self.dice.skewed_us(500);
            self.remind(pause_us, Moment::Act);
            let before = self.acts;
            while self.acts == before {
                self.step_ms(3_600_000);
            }
        }
    }

    pub(crate) fn pass_ms(&mut self, ms: u64) {
        let end = self.world.now().after_ms(ms);
        while self.world.step(end) {
            self.look();
        }
        self.world.move_to(end);
    }

    /// Asks for a write that only adds its number to the journal.
    pub(crate) fn mark(&mut self, tab: TabNo) -> OpNo {
        let op = self.pages.op(self.world.now(), tab, "");
        let asking = self.pages.write(op, TIMEOUT_MS);
        self.ask(asking);
        op
    }

    /// Ends all trouble: from here on nothing goes wrong.
    pub(crate) fn calm_down(&mut self) {
        self.world.change(Conditions::calm());
        self.world.update_all();
        self.world.quota = Quota::Free;
        self.world.disk.mend();
        for tab in self.world.tabs.all() {
            self.world.mend_store(tab);
            self.world.release_store(tab);
            self.come_back(tab);
        }
        self.look();
    }

    fn act(&mut self) {
        if self.dice.per_mille(self.profile.faults) {
            return self.fault();
        }
        let tabs = self.world.tabs.open();
        let Some(tab) = self.dice.pick(&tabs).copied() else {
            return;
        };
        match self.dice.below(100) {
            0..55 => self.write(tab),
            55..65 => {
                let op = self.op(tab);
                let asking = self.pages.execute(op);
                self.ask(asking);
            }
            65..75 => self.transaction(tab),
            _ => {
                let asking = self.pages.read(self.world.now(), tab);
                self.ask(asking);
            }
        }
    }

    fn write(&mut self, tab: TabNo) {
        let asking = if self.dice.per_mille(self.profile.poison) {
            // It ends its own worker or, mostly, another tab's.
            let sql = statements::poisonous(&mut self.dice);
            let op = self.pages.op(self.world.now(), tab, &sql);
            self.pages.write(op, 100 + self.dice.below(40_000) as u32)
        } else {
            let op = self.op(tab);
            let timeout_ms = 100 + self.dice.below(8_000) as u32;
            if self.dice.per_mille(300) {
                self.pages.write_apart(op, timeout_ms)
            } else {
                self.pages.write(op, timeout_ms)
            }
        };
        self.ask(asking);
    }

    fn transaction(&mut self, tab: TabNo) {
        let op = self.op(tab);
        let texts = statements::transaction(&mut self.dice, &self.pages.history.ops[&op].sql);
        let asking = self.pages.begin(op, texts);
        asking.into_iter().for_each(|asking| self.ask(asking));
    }

    fn op(&mut self, tab: TabNo) -> OpNo {
        let sql = statements::drawn(&mut self.dice);
        self.pages.op(self.world.now(), tab, &sql)
    }

    fn ask(&mut self, (tab, request): Asking) {
        self.world.ask(tab, request);
    }

    fn remind(&mut self, after_us: u64, moment: Moment) {
        self.world.remind(after_us, self.moments.len() as u64);
        self.moments.push(moment);
    }

    /// Does the next thing that is due within this time.
    fn step_ms(&mut self, ms: u64) {
        let end = self.world.now().after_ms(ms);
        self.world.step(end);
        self.look();
    }
}

// Faults.
impl Workload {
    fn fault(&mut self) {
        let Some(fault) = self.profile.weights.draw(&mut self.dice) else {
            return;
        };
        let tabs = self.world.tabs.all();
        let Some(tab) = self.dice.pick(&tabs).copied() else {
            return;
        };
        *self.counts.entry(fault).or_default() += 1;
        match fault {
            Fault::Crash => self.world.kill(tab),
            Fault::Close => self.close(tab),
            Fault::AbruptClose => {
                self.close(tab);
                self.few_steps();
                self.world.kill(tab);
            }
            Fault::Hide => self.hide(tab),
            Fault::Freeze => self.world.freeze(tab),
            Fault::Thaw => self.world.thaw(tab),
            Fault::Steal => self.world.steal(tab),
            Fault::AskToLead => {
                let asking = self.pages.ask(tab, |call| Request::Lead { call });
                self.ask(asking);
            }
            Fault::StoreFails => {
                let times = 1 + self.dice.below(3) as u32;
                self.world.fail_store(tab, times);
            }
            Fault::Hold => {
                self.world.hold_store(tab);
                self.remind_skewed(50_000, Moment::Release(tab));
            }
            Fault::Quota => {
                self.world.quota = Quota::Exceeded;
                self.remind_skewed(100_000, Moment::Room);
            }
            Fault::Phantom => {
                let request = FaultPoint::Request(Operation::Append);
                self.world.disk.fail(request, StoreError::Failed("simulated".into()));
            }
            Fault::Damage => {
                let at = self.dice.below(self.world.image_size(tab) as u64);
                self.world.damage_byte(tab, at as usize);
            }
            Fault::Deaf => self.world.lose_messages(tab),
            Fault::Mute => {
                self.world.lose_last_words(tab);
                self.world.kill(tab);
            }
        }
    }

    fn few_steps(&mut self) {
        for _ in 0..self.dice.below(6) {
            self.step_ms(10);
        }
    }

    fn close(&mut self, tab: TabNo) {
        let asking = self.pages.ask(tab, |call| Request::Close { call });
        self.ask(asking);
    }

    fn hide(&mut self, tab: TabNo) {
        self.world.ask(tab, Request::Suspend);
        self.hidden.insert(tab);
        self.few_steps();
        if self.dice.per_mille(700) {
            self.world.freeze(tab);
        }
        self.remind_skewed(20_000, Moment::Return(tab));
    }

    fn come_back(&mut self, tab: TabNo) {
        self.world.thaw(tab);
        self.world.ask(tab, Request::Resume);
        if self.hidden.remove(&tab) {
            let now = self.world.now();
            self.pages.history.returns.entry(tab).or_default().push(now);
        }
    }

    fn remind_skewed(&mut self, least_us: u64, moment: Moment) {
        let after_us = self.dice.skewed_us(least_us);
        self.remind(after_us, moment);
    }
}

// What is seen.
impl Workload {
    fn look(&mut self) {
        while let Some(sight) = self.world.sight() {
            self.see(sight);
        }
    }

    fn see(&mut self, sight: Sight) {
        match sight {
            Sight::Opened(tab) => {
                let statement = Statement::new(JOURNAL);
                self.world.ask(tab, Request::Subscribe { query: LIVE, statement });
            }
            Sight::Told(tab, event) => self.told(tab, *event),
            Sight::Poisoned(tab, sql) => self.pages.note_poisoned(tab, &sql),
            Sight::Robbed(tab) => self.pages.history.robbed.push(tab),
            Sight::Gone(tab) => {
                self.gone += 1;
                self.pages.forget(tab);
                self.remind_skewed(2_000, Moment::Open);
            }
            Sight::Reminder(index) => self.remember(self.moments[index as usize]),
            Sight::Said(_) => {}
        }
    }

    fn told(&mut self, tab: TabNo, event: Event) {
        match event {
            Event::Answered { call, answer } => match self.pages.answered(self.world.now(), call, answer) {
                Some(Reaction::Ask(asking)) => self.ask(asking),
                Some(Reaction::GoOn(script)) => self.remind_skewed(200, Moment::GoOn(script)),
                None => {}
            },
            Event::Rows { rows, .. } => drop(self.pages.live.insert(tab, rows)),
            Event::Failed(failure) => panic!("{tab:?} failed for good: {failure}"),
            _ => {}
        }
    }

    fn remember(&mut self, moment: Moment) {
        match moment {
            Moment::Act => {
                self.acts += 1;
                self.act();
            }
            Moment::Room => self.world.quota = Quota::Free,
            Moment::Open => drop(self.world.open()),
            Moment::Return(tab) => self.come_back(tab),
            Moment::Release(tab) => self.world.release_store(tab),
            Moment::GoOn(script) => {
                let asking = self.pages.go_on(script);
                asking.into_iter().for_each(|asking| self.ask(asking));
            }
        }
    }
}
