//! The seeded simulation: random worlds, random work, every fault, and checkers that trust none of it.
//!
//! `SEED=n` replays one run. A run that fails prints its seed. `npm run simulate` goes on until it is stopped.

mod checkers;
mod history;
mod profile;
mod random;
mod workload;
mod world;

use std::collections::BTreeMap;

use checkers::check;
use history::Fate;
use profile::{Fault, Profile, Versions};
use sqlite_elements::request::LeaderInfo;
use sqlite_elements::sabotage::{self, Sabotage};
use sqlite_elements::tab::Locking;
use workload::Workload;
use world::{Guard, World};

use crate::browser::TabNo;
use crate::poison;

/// The acts of one run.
const ACTS: u64 = 120;
/// Once faults stop, a tab leads within this time: a lease, the time over which tabs spread their stealing, and a
/// second try.
const CONVERGENCE_MS: u64 = 7_000;

/// Longer than a lease, and longer than a leader must have been there for all tabs to have heard it.
const STOPPED_MS: u64 = 8_000;
/// A work that is under way when faults stop may be poison. This is as long as its page waits, plus the time until the
/// worker that it hangs is ended.
const POISON_MS: u64 = 60_000;

/// The result of one run, or of several.
#[derive(Debug, Default)]
struct Tally {
    runs: u64,
    /// How many of the runs had no Web Locks.
    leased: u64,
    /// How many of the runs had two versions of the library.
    mixed: u64,
    steps: u64,
    acknowledged: u64,
    /// Workers that a work has killed or hung.
    poisoned: u64,
    gone: u64,
    faults: BTreeMap<Fault, u64>,
}

fn run(seed: u64) -> Result<Tally, String> {
    run_in(World::new(seed, Profile::drawn))
}

fn run_in(world: World) -> Result<Tally, String> {
    poison::brew();
    let mut workload = Workload::new(world);
    let mixed = u64::from(workload.world.profile.versions == Versions::Two);
    workload.begin();
    workload.play(ACTS);
    if workload.world.random.per_mille(500) {
        // Tabs that are stopped now miss more than a lease.
        workload.pass_ms(STOPPED_MS);
    }
    workload.calm_down();
    workload.pass_ms(POISON_MS);
    let hung = workload.world.hung_tabs();
    if !hung.is_empty() {
        return Err(format!("{hung:?} hang, and nobody ends them"));
    }
    workload.pass_ms(CONVERGENCE_MS);
    leader(&mut workload)?;
    // The transactions that were left open are ended one after the other, because writes wait for them.
    for _ in 0..3 {
        let tabs = workload.world.open_tabs();
        for tab in tabs {
            workload.mark(tab);
        }
        workload.pass_ms(12_000);
    }
    let leader = leader(&mut workload)?;
    let marks: Vec<_> = workload
        .world
        .open_tabs()
        .into_iter()
        .map(|tab| workload.mark(tab))
        .collect();
    workload.pass_ms(12_000);
    if self::leader(&mut workload)? != leader {
        return Err("leadership has moved though nothing is wrong".into());
    }
    for mark in marks {
        let op = &workload.history.ops[&mark];
        if !matches!(op.fate, Fate::Acknowledged(_)) {
            return Err(format!("all is calm, and a write is not done: {op:?}"));
        }
    }
    check(&mut workload)?;
    let acknowledged = workload
        .history
        .ops
        .values()
        .filter(|op| matches!(op.fate, Fate::Acknowledged(_)));
    Ok(Tally {
        runs: 1,
        leased: u64::from(workload.world.election == Locking::Lease),
        mixed,
        steps: workload.world.steps,
        acknowledged: acknowledged.count() as u64,
        poisoned: workload.history.poisoned.len() as u64,
        gone: workload.gone,
        faults: workload.counts,
    })
}

/// The one tab that leads.
fn leader(workload: &mut Workload) -> Result<TabNo, String> {
    let tabs = workload.world.open_tabs();
    let leads = |number: &TabNo| {
        let leadership = workload.world.tab(*number).map(|tab| tab.leadership());
        leadership.is_some_and(|leadership| LeaderInfo::from(leadership).is_leader)
    };
    match tabs.into_iter().filter(leads).collect::<Vec<_>>()[..] {
        [leader] => Ok(leader),
        ref leaders => Err(format!("{leaders:?} lead, though faults have stopped")),
    }
}

impl Tally {
    fn add(&mut self, other: Tally) {
        self.runs += other.runs;
        self.leased += other.leased;
        self.mixed += other.mixed;
        self.steps += other.steps;
        self.acknowledged += other.acknowledged;
        self.poisoned += other.poisoned;
        self.gone += other.gone;
        for (fault, count) in other.faults {
            *self.faults.entry(fault).or_default() += count;
        }
    }
}

/// Runs a seed. A violation or a panic names the seed.
fn run_seed(seed: u64) -> Tally {
    match std::panic::catch_unwind(|| run(seed)) {
        Ok(Ok(tally)) => tally,
        Ok(Err(violation)) => panic!("SEED={seed}: {violation}"),
        Err(cause) => {
            eprintln!("replay with SEED={seed}");
            std::panic::resume_unwind(cause);
        }
    }
}

fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn the_promises_hold_whatever_happens() {
    let seeds = asked("SEED").map_or(1..401, |seed| seed..seed + 1);
    let mut tally = Tally::default();
    seeds.for_each(|seed| tally.add(run_seed(seed)));
    assert!(tally.acknowledged > 0, "runs that acknowledge nothing show nothing");
    println!("{tally}");
}

/// Runs that once found a fault: a deaf leader, an altered image, a poison that ran after its leader had resigned, a
/// hand-over that was heard too late, a last word that arrived after the first word of the next leader.
#[test]
fn the_promises_hold_where_they_did_not_once() {
    for seed in [14, 3_000_069, 4_004_860, 7_002_277] {
        run_seed(seed);
    }
}

/// The checkers find each variant of the code that breaks one rule.
#[test]
fn the_checkers_find_what_is_broken_on_purpose() {
    let broken = [
        Sabotage::FenceOff,
        Sabotage::ReplyNotStored,
        Sabotage::BroadcastBeforeDurable,
        Sabotage::GapIgnored,
        Sabotage::DedupeOff,
        Sabotage::OverlayNotReverted,
        Sabotage::LeaseNotRenewed,
        Sabotage::CheckpointLosesCommit,
        Sabotage::AcknowledgedBeforeDurable,
        Sabotage::ReturnUnread,
        Sabotage::LostTransactionKept,
        Sabotage::DeathsNotCounted,
        Sabotage::PhantomAppendBelieved,
        Sabotage::StoppedUnnoticed,
    ];
    let missed: Vec<_> = broken.into_iter().filter(|sabotage| !is_found(*sabotage)).collect();
    assert!(missed.is_empty(), "nobody noticed {missed:?}");
}

#[test]
fn the_checkers_find_that_nobody_ends_a_worker_that_hangs() {
    let found = (1..=400).find_map(|seed| {
        let mut world = World::new(seed, Profile::drawn);
        world.guard = Guard::Off;
        run_in(world).err()
    });
    assert!(found.is_some_and(|violation| violation.contains("hang")));
}

fn is_found(sabotage: Sabotage) -> bool {
    sabotage::set(Some(sabotage));
    // Broken code may also panic: that counts as found, and its output is noise.
    let found = (1..=2_000).find_map(|seed| match std::panic::catch_unwind(|| run(seed)) {
        Ok(Ok(_)) => None,
        Ok(Err(violation)) => Some((seed, violation)),
        Err(_) => Some((seed, "it panicked".into())),
    });
    sabotage::set(None);
    println!("{sabotage:?}: {found:?}");
    found.is_some()
}

/// `npm run simulate`: runs the seeds from `SEED` (or 1) on, until it is stopped or has run `RUNS` seeds.
#[test]
#[ignore = "runs until it is stopped"]
fn until_it_is_stopped() {
    let first = asked("SEED").unwrap_or(1);
    let mut tally = Tally::default();
    for seed in first..first.saturating_add(asked("RUNS").unwrap_or(u64::MAX)) {
        tally.add(run_seed(seed));
        if tally.runs.is_multiple_of(100) {
            println!("up to SEED={seed}: {tally}");
        }
    }
    println!("{tally}");
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Tally {
            runs,
            leased,
            mixed,
            steps,
            acknowledged,
            poisoned,
            gone,
            faults,
        } = self;
        write!(
            f,
            "{runs} runs ({leased} without Web Locks, {mixed} with two versions), {steps} steps, {acknowledged} writes acknowledged, {poisoned} workers poisoned, {gone} tabs gone; faults: {faults:?}"
        )
    }
}
