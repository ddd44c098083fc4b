//! What one run has seen, or several.

use std::collections::BTreeMap;

use super::faults::Fault;

#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) runs: u64,
    /// How many of the runs had no Web Locks.
    pub(crate) leased: u64,
    /// How many of the runs had two versions of the library.
    pub(crate) mixed: u64,
    pub(crate) steps: u64,
    pub(crate) acknowledged: u64,
    /// Workers that a work has killed or hung.
    pub(crate) poisoned: u64,
    pub(crate) gone: u64,
    pub(crate) faults: BTreeMap<Fault, u64>,
}

impl Tally {
    pub(crate) fn add(&mut self, other: Tally) {
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
