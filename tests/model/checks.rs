//! What a test asks of the model: that all of it holds.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};
use std::io::{self, Write};
use std::time::Instant;

use stateright::{Checker, Expectation, Model};

use crate::steps::Protocol;

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
    fn model(self) -> Protocol {
        let Budget(faults, writes, askings) = self;
        Protocol {
            faults,
            writes,
            askings,
        }
    }
}

/// Looks at every state: nothing that is promised is broken, what is said to happen sometimes does, every way ends.
pub(crate) fn holds(budget: Budget, sometimes: &[&'static str]) {
    let start = Instant::now();
    let model = budget.model();
    let checker = model.checker().threads(2).spawn_bfs().join();
    for property in checker.model().properties() {
        match property.expectation {
            Expectation::Sometimes if !sometimes.contains(&property.name) => {}
            Expectation::Sometimes => drop(checker.assert_any_discovery(property.name)),
            Expectation::Always | Expectation::Eventually => checker.assert_no_discovery(property.name),
        }
    }
    let (states, steps) = (checker.unique_state_count(), checker.state_count());
    let seconds = start.elapsed().as_secs_f32();
    say(&format!("{budget:?}: {states} states, {steps} steps, {seconds:.1} s"));
    assert_eq!(
        states_of_ways_that_end(&model),
        states,
        "two searches see the same states"
    );
}

/// Follows every way to its end, depth first, and panics where one comes back to a state that it has been in.
/// (A way that raises the epoch again and again does not come back: it panics when epochs run out, see `Member`.)
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

fn hash(of: &impl Hash) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(of)
}

/// Says it also where the test passes: how much was checked is half of the result.
fn say(line: &str) {
    let mut out = io::stderr().lock();
    writeln!(out, "{line}").expect("somebody listens");
}
