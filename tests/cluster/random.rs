//! Seeded runs: random writes from random tabs while tabs die, freeze, lose messages, and stores fail.
//!
//! The checker knows only what pages know: which writes it asked for and how they were answered. `SEED=n`
//! replays one run; a failing run prints its seed.

use std::collections::BTreeMap;

use sqlite_elements::request::CallId;
use sqlite_elements::storage::{FaultPoint, Operation, StoreError};

use crate::browser::{Browser, TabNo};

const RUNS: u64 = 300;
const STEPS: u64 = 120;

#[test]
fn acknowledged_writes_are_there_exactly_once_whatever_happens() {
    let seeds = match std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()) {
        Some(seed) => seed..seed + 1,
        None => 1..RUNS + 1,
    };
    let mut acknowledged = 0;
    for seed in seeds {
        let run = std::panic::catch_unwind(|| Run::new(seed).play());
        match run {
            Ok(count) => acknowledged += count,
            Err(cause) => {
                eprintln!("replay with SEED={seed}");
                std::panic::resume_unwind(cause);
            }
        }
    }
    assert!(acknowledged > 0, "runs that acknowledge nothing show nothing");
    println!("{acknowledged} writes acknowledged");
}

struct Run {
    random: Random,
    browser: Browser,
    /// Each write inserts its own number.
    asked: BTreeMap<u64, (TabNo, CallId)>,
    frozen: Vec<TabNo>,
    held: Vec<TabNo>,
    acknowledged: Vec<u64>,
    refused: Vec<u64>,
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut browser = Browser::with_tabs(3);
        browser.write(TabNo(0), "CREATE TABLE t(id INTEGER NOT NULL, pad TEXT)");
        browser.settle();
        Run {
            random: Random(seed),
            browser,
            asked: BTreeMap::new(),
            frozen: Vec::new(),
            held: Vec::new(),
            acknowledged: Vec::new(),
            refused: Vec::new(),
        }
    }

    fn play(mut self) -> usize {
        for number in 0..STEPS {
            self.step(number);
            self.note_answers();
        }
        self.calm_down();
        self.check();
        self.acknowledged.len()
    }

    fn step(&mut self, number: u64) {
        let alive = self.browser.alive();
        let tab = alive[self.random.below(alive.len() as u64) as usize];
        match self.random.below(100) {
            0..50 => {
                let pad = "x".repeat(self.random.below(3_000) as usize);
                let call = self
                    .browser
                    .write(tab, &format!("INSERT INTO t VALUES ({number}, '{pad}')"));
                self.asked.insert(number, (tab, call));
            }
            50..54 if alive.len() > 1 => self.kill(tab),
            54..58 => {
                self.browser.open();
            }
            58..62 if self.frozen.len() + 1 < alive.len() => {
                self.browser.freeze(tab);
                self.frozen.push(tab);
            }
            62..66 => {
                if let Some(tab) = self.frozen.pop() {
                    self.browser.thaw(tab);
                }
            }
            66..70 => {
                self.browser.hold_store(tab);
                self.held.push(tab);
            }
            70..74 => {
                if let Some(tab) = self.held.pop() {
                    self.browser.release_store(tab);
                }
            }
            74..76 => {
                let error = StoreError::Failed("injected".into());
                self.browser.disk.fail(FaultPoint::Before(Operation::Append), error);
            }
            76..78 => self.browser.lose_messages(tab),
            78..90 => {
                self.browser.step(tab);
            }
            90..97 => self.browser.settle(),
            _ => {
                let ms = self.random.below(3_000);
                self.browser.pass_ms(ms);
            }
        }
    }

    fn kill(&mut self, tab: TabNo) {
        if self.random.below(2) == 0 {
            self.browser.store_without_telling(tab);
        }
        self.browser.kill(tab);
        self.frozen.retain(|frozen| *frozen != tab);
        self.held.retain(|held| *held != tab);
        self.asked.retain(|_, (asker, _)| *asker != tab);
    }

    fn note_answers(&mut self) {
        let (browser, acknowledged, refused) = (&mut self.browser, &mut self.acknowledged, &mut self.refused);
        self.asked.retain(|number, (tab, call)| {
            match browser.answer(*tab, *call) {
                Some(Ok(_)) => {
                    let seen = browser.column(*tab, &format!("SELECT count(*) FROM t WHERE id = {number}"));
                    assert_eq!(
                        seen,
                        ["1"],
                        "write {number} was acknowledged and its own tab does not see it"
                    );
                    acknowledged.push(*number);
                }
                Some(Err(failure)) if failure.code == "STORAGE_FAILED" => refused.push(*number),
                Some(Err(failure)) => assert_eq!(failure.code, "TIMEOUT", "{failure}"),
                None => return true,
            }
            false
        });
    }

    fn calm_down(&mut self) {
        for tab in std::mem::take(&mut self.held) {
            self.browser.release_store(tab);
        }
        for tab in std::mem::take(&mut self.frozen) {
            self.browser.thaw(tab);
        }
        self.browser.pass_ms(20_000);
        self.note_answers();
        assert!(
            self.asked.is_empty(),
            "calls that were never answered: {:?}",
            self.asked
        );
        assert_eq!(self.browser.leaders().len(), 1, "one leader once all is calm");
    }

    fn check(&mut self) {
        let alive = self.browser.alive();
        let rows = self.browser.column(alive[0], "SELECT id FROM t");
        let count = |number: &u64| rows.iter().filter(|id| **id == number.to_string()).count();
        for number in &self.acknowledged {
            assert_eq!(count(number), 1, "acknowledged write {number}");
        }
        for number in &self.refused {
            assert_eq!(count(number), 0, "refused write {number}");
        }
        for number in 0..STEPS {
            assert!(count(&number) <= 1, "write {number} was done twice");
        }
        let image = self.browser.image_bytes(alive[0]);
        for tab in &alive {
            assert_eq!(self.browser.image_bytes(*tab), image, "images differ");
            assert_eq!(self.browser.column(*tab, "PRAGMA integrity_check"), ["ok"]);
        }
        let mut reopened = Browser::on(self.browser.disk.clone());
        let tab = reopened.open();
        assert_eq!(reopened.image_bytes(tab), image, "the disk holds what the tabs show");
    }
}

/// SplitMix64: small, seeded, the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}
