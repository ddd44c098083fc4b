//! A model of the protocol's idea, checked in every order of events that three tabs can bring about.
//!
//! Election, fencing, writes and hand-over as the design has them: a lock with a queue that can be stolen, an epoch
//! that is raised in one step with reading the head, an append that is refused unless the epoch is the stored one and
//! the position follows, replies that are stored with the commit, requests that are sent again under the same
//! id. The simulation in `tests/cluster` runs the real code through millions of random steps; this runs a small
//! copy of its rules ([`rules`]) through all of them, with a budget of faults. What the one cannot reach by chance,
//! the other reaches by patience.
//!
//! Left out, because no promise here depends on it:
//! - SQL, pages and checksums: a commit is one write with its reply.
//! - Clocks: a timer fires at any moment. One that fires before what it waits for had its time (a lease lapses
//!   though its leader is awake, a lock is given back before the successor came) is a fault, and so is a tab that
//!   acts on a lock that was just stolen from it: chance may do that a few times, not for ever.
//! - Groups and turns: stored or refused as a whole, they are one write to the store.
//! - How the lock is kept, by the browser or as a lease in the store: both promise what [`state::Lock`] does.
//! - A write that is given up in time, a tab that is away, a checkpoint, a store that fails while it is read, and
//!   closing a database in good order: `tests/cluster` has them.
//! - The answer to a write that is found in the store: see `hear_request`.
//!
//! `eventually` is judged where nothing can happen any more ([`properties`]), so it says something only if every way
//! ends there: a second search looks for a cycle, and has to see the same states ([`checks`]).
//!
//! The states are followed up to the names of the tabs ([`sameness`]). A check of more than the budgets below:
//! `FAULTS=2 WRITES=2 ASKINGS=0 cargo test -p protocol-model -- --ignored`.
#![cfg(not(target_family = "wasm"))]

mod checks;
mod history;
mod properties;
mod rules;
mod sameness;
mod state;
mod steps;

use checks::{Budget, holds};
use properties::{ALL_STORED, FOUND_REPLY, HANDED_OVER, STALE_REFUSED, TWO_LEADERS};

#[test]
fn the_promises_hold_with_one_fault_two_writes_and_a_tab_that_asks_to_lead() {
    let sometimes = [TWO_LEADERS, STALE_REFUSED, HANDED_OVER, FOUND_REPLY, ALL_STORED];
    holds(Budget(1, 2, 1), &sometimes);
}

#[test]
fn the_promises_hold_with_two_faults_and_a_tab_that_asks_to_lead() {
    let sometimes = [TWO_LEADERS, STALE_REFUSED, HANDED_OVER, FOUND_REPLY];
    holds(Budget(2, 1, 1), &sometimes);
}

#[test]
fn the_promises_hold_with_three_faults() {
    let sometimes = [TWO_LEADERS, STALE_REFUSED, FOUND_REPLY];
    holds(Budget(3, 1, 0), &sometimes);
}

#[test]
#[ignore = "as long as the budget that the environment gives it"]
fn the_promises_hold_within_a_budget_of_your_own() {
    let of = |name| std::env::var(name).map_or(1, |value| value.parse().expect("a number"));
    holds(Budget(of("FAULTS"), of("WRITES"), of("ASKINGS")), &[]);
}
