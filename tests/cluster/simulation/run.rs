//! One run: trouble, then calm, then the checkers.

use sqlite_elements::tab::Locking;

use super::checkers::check;
use super::history::Fate;
use super::tally::Tally;
use super::workload::Workload;
use crate::browser::TabNo;
use crate::poison;
use crate::world::{Guard, Versions};

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

/// The error says what was seen that a run must not do.
pub(crate) fn run(seed: u64, guard: Guard) -> Result<Tally, String> {
    poison::brew();
    let mut workload = Workload::new(seed, guard);
    workload.begin();
    workload.play(ACTS);
    if workload.dice.per_mille(500) {
        // Tabs that are stopped now miss more than a lease.
        workload.pass_ms(STOPPED_MS);
    }
    workload.calm_down();
    workload.pass_ms(POISON_MS);
    let hung = workload.world.tabs.hung();
    if !hung.is_empty() {
        return Err(format!("{hung:?} hang, and nobody ends them"));
    }
    workload.pass_ms(CONVERGENCE_MS);
    leader(&mut workload)?;
    // The transactions that were left open are ended one after the other, because writes wait for them.
    for _ in 0..3 {
        let tabs = workload.world.tabs.open();
        for tab in tabs {
            workload.mark(tab);
        }
        workload.pass_ms(12_000);
    }
    let leader = leader(&mut workload)?;
    let marks: Vec<_> = workload
        .world
        .tabs
        .open()
        .into_iter()
        .map(|tab| workload.mark(tab))
        .collect();
    workload.pass_ms(12_000);
    if self::leader(&mut workload)? != leader {
        return Err("leadership has moved though nothing is wrong".into());
    }
    for mark in marks {
        let op = &workload.pages.history.ops[&mark];
        if !matches!(op.fate, Fate::Acknowledged(_)) {
            return Err(format!("all is calm, and a write is not done: {op:?}"));
        }
    }
    check(&mut workload)?;
    let acknowledged = workload
        .pages
        .history
        .ops
        .values()
        .filter(|op| matches!(op.fate, Fate::Acknowledged(_)));
    Ok(Tally {
        runs: 1,
        leased: u64::from(workload.locking == Locking::Lease),
        mixed: u64::from(workload.profile.conditions.versions == Versions::Two),
        steps: workload.world.steps,
        acknowledged: acknowledged.count() as u64,
        poisoned: workload.pages.history.poisoned.len() as u64,
        gone: workload.gone,
        faults: workload.counts,
    })
}

/// The one tab that leads.
fn leader(workload: &mut Workload) -> Result<TabNo, String> {
    match workload.world.tabs.leaders()[..] {
        [leader] => Ok(leader),
        ref leaders => Err(format!("{leaders:?} lead, though faults have stopped")),
    }
}
