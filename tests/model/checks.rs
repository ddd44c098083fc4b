//! What a test asks of the model: that all promises hold, that one broken rule breaks one promise, and that the code
//! does the same.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};
use std::io::{self, Write};
use std::time::Instant;

use stateright::{Checker, Expectation, HasDiscoveries, Model, Path};

use crate::code::Code;
use crate::state::{State, tabs};
use crate::steps::{Protocol, Step, Variant};

/// How much comes from outside: faults, writes, askings to lead.
#[derive(Clone, Copy)]
pub(crate) struct Budget(pub(crate) u8, pub(crate) u8, pub(crate) u8);

impl fmt::Debug for Budget {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Budget(faults, writes, askings) = self;
        write!(out, "faults: {faults}, writes: {writes}, askings to lead: {askings}")
    }
}

impl Budget {
    fn of(self, variant: Variant) -> Protocol {
        let Budget(faults, writes, askings) = self;
        Protocol {
            variant,
            faults,
            writes,
            askings,
        }
    }
}

/// Looks at every state: the promises in `but` are broken and no others, everything in `sometimes` happens, and every
/// path ends.
pub(crate) fn holds(variant: Variant, budget: Budget, sometimes: &[&'static str], but: &[&'static str]) {
    let start = Instant::now();
    let model = budget.of(variant);
    let checker = model.checker().threads(2).spawn_bfs().join();
    for property in checker.model().properties() {
        match property.expectation {
            Expectation::Sometimes if !sometimes.contains(&property.name) => {}
            Expectation::Sometimes => drop(checker.assert_any_discovery(property.name)),
            Expectation::Always | Expectation::Eventually if but.contains(&property.name) => {
                drop(checker.assert_any_discovery(property.name));
            }
            Expectation::Always | Expectation::Eventually => checker.assert_no_discovery(property.name),
        }
    }
    let (states, steps) = (checker.unique_state_count(), checker.state_count());
    let seconds = start.elapsed().as_secs_f32();
    say(&format!(
        "{variant:?}, {budget:?}: {states} states, {steps} steps, {seconds:.1} s"
    ));
    assert_eq!(
        states_of_ways_that_end(&model),
        states,
        "two searches see the same states"
    );
}

/// Finds the shortest path on which this variant breaks this promise.
pub(crate) fn breaks(variant: Variant, budget: Budget, promise: &'static str) {
    let model = budget.of(variant);
    let counterexample = find(&model, promise, usize::MAX);
    let mut shortest = counterexample.unwrap_or_else(|| panic!("{variant:?} does not break \"{promise}\""));
    // The checker goes on for some states after the first find, and keeps the last. So look again for a shorter path.
    while let Some(shorter) = find(&model, promise, shortest.len()) {
        shortest = shorter;
    }
    say(&format!("{variant:?} breaks \"{promise}\" in {} steps", shortest.len()));
    shortest.iter().for_each(|step| println!("  {step:?}"));
}

/// A path of fewer steps than `fewer_than` to a state that breaks the promise. It runs on one thread, so every run
/// finds the same path.
fn find(model: &Protocol, promise: &'static str, fewer_than: usize) -> Option<Vec<Step>> {
    let stop = HasDiscoveries::AnyOf([promise].into());
    let states = fewer_than.saturating_add(1);
    let checker = model.checker().threads(1).finish_when(stop).target_max_depth(states);
    checker.spawn_bfs().join().discovery(promise).map(Path::into_actions)
}

/// Follows every path to its end, depth first, and panics if a path comes back to one of its own states. (A path that
/// raises the epoch again and again does not come back: it panics when epochs run out, see `Member`.)
fn states_of_ways_that_end(model: &Protocol) -> usize {
    enum Seen {
        OnTheWay,
        Done,
    }
    let mut seen = HashMap::new();
    let mut way = Vec::new();
    for state in model.init_states() {
        seen.insert(hash(&state), Seen::OnTheWay);
        way.push((hash(&state), model.next_states(&state)));
    }
    while let Some((id, next)) = way.last_mut() {
        let Some(state) = next.pop() else {
            seen.insert(*id, Seen::Done);
            way.pop();
            continue;
        };
        let id = hash(&state);
        match seen.get(&id) {
            Some(Seen::OnTheWay) => panic!("this comes again: {state:#?}"),
            Some(Seen::Done) => {}
            None => {
                seen.insert(id, Seen::OnTheWay);
                way.push((id, model.next_states(&state)));
            }
        }
    }
    seen.len()
}

/// Takes the code along random paths of the model, and compares the two after each step. Returns the kinds of steps
/// that were taken, or the path to the first difference.
pub(crate) fn compare(variant: Variant, budget: Budget, walks: u64) -> Result<BTreeSet<String>, String> {
    const LONGEST: usize = 60;
    let (start, model) = (Instant::now(), budget.of(variant));
    let (mut kinds, mut states, mut steps) = (BTreeSet::new(), HashSet::new(), 0);
    for seed in 0..walks {
        let (mut state, mut code, mut way) = (model.init_states()[0], Code::open(), Vec::new());
        let mut untried = enabled(&model, &state);
        while way.len() < LONGEST && !untried.is_empty() {
            let chance = hash(&(seed, way.len(), untried.len())) as usize;
            let step = untried.swap_remove(chance % untried.len());
            let tell = |what| format!("{variant:?}, {what}, after {way:?} and {step:?}");
            let taken = code.take(&state, step).map_err(tell)?;
            if taken.is_empty() {
                continue;
            }
            for step in &taken {
                state = model.next_state(&state, *step).unwrap_or(state);
            }
            code.differences(&state).map_err(tell)?;
            if let Some(tab) = tabs().nth(chance % 7).filter(|tab| state.is_awake(*tab)) {
                code.hear_late(&state, tab, chance / 7);
                code.differences(&state).map_err(tell)?;
            }
            let kind = |step: &Step| format!("{step:?}").split(['(', ' ']).next().map(str::to_string);
            kinds.extend(taken.iter().filter_map(kind));
            states.insert(hash(&state));
            steps += taken.len();
            way.extend(taken);
            untried = enabled(&model, &state);
        }
    }
    let (states, seconds) = (states.len(), start.elapsed().as_secs_f32());
    say(&format!(
        "{variant:?}, {budget:?}: model and code compared in {states} states, {steps} steps, {seconds:.1} s"
    ));
    Ok(kinds)
}

fn enabled(model: &Protocol, state: &State) -> Vec<Step> {
    let mut steps = Vec::new();
    model.actions(state, &mut steps);
    steps.retain(|step| model.next_state(state, *step).is_some());
    steps
}

fn hash(of: &impl Hash) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(of)
}

/// Prints a line even if the test passes: how much was checked is half of the result.
fn say(line: &str) {
    let mut out = io::stderr().lock();
    writeln!(out, "{line}").expect("somebody listens");
}
