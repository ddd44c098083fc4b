//! A model of the protocol, checked in every order of events that three tabs can bring about.
//!
//! It models election, fencing, writes and hand-over as designed: a lock with a queue, which can be stolen; an epoch
//! that is raised in the same step that reads the head; an append that is refused unless the epoch is the stored one
//! and the position follows; replies that are stored with the commit; requests that are sent again under the same id.
//!
//! The simulation in `tests/cluster` runs the real code through millions of random steps. The model runs a small copy
//! of the rules ([`rules`]) through all steps, with a budget of faults. It also reaches what chance does not, and its
//! counterexamples are the shortest there are. [`code`] checks that the copy is true: it takes the real code along
//! paths of the model.
//!
//! Left out, because no promise here depends on it:
//! - SQL, pages and checksums: a commit is one write with its reply.
//! - Clocks: a timer fires at any moment. A timer that fires too early (a lease lapses although its leader is awake, a
//!   lock is given back before the successor came) is a fault. So is a tab that acts on a lock that was just stolen
//!   from it. Chance may do that a few times, and not for ever.
//! - Groups and turns: they are stored or refused as a whole, so they are one write to the store.
//! - How the lock is kept, by the browser or as a lease in the store: both promise what [`state::Lock`] does.
//! - A write that its page gives up, a tab that is away, a checkpoint, a store that fails while it is read, and closing
//!   a database in good order: `tests/cluster` has them.
//! - The answer to a write that is found in the store: see `hear_request`.
//!
//! `eventually` is judged where nothing can happen any more ([`properties`]), so it says something only if every path
//! ends in such a state. A second search looks for a cycle, and must see the same states ([`checks`]).
//!
//! States that differ only in the names of the tabs count as one ([`sameness`]). For a check of more than the budgets
//! below: `FAULTS=2 WRITES=2 ASKINGS=0 cargo test -p protocol-model -- --ignored`. `--show-output` prints the steps of
//! each counterexample.
#![cfg(not(target_family = "wasm"))]

mod checks;
mod code;
mod history;
mod properties;
mod rules;
mod sameness;
mod state;
mod steps;

use checks::{Budget, breaks, compare, holds};
use properties::{
    ALL_ANSWERED, ALL_LEVEL, ALL_STORED, ASKER_LED, EPOCHS_ASCEND, FOUND_REPLY, HANDED_OVER, IN_ORDER,
    LEADER_SHOWS_ALL, NOTHING_LOST, NOTHING_TWICE, ONE_HISTORY, REFUSED_IS_ABSENT, SOMEBODY_LEADS, STALE_REFUSED,
    STORED_THEN_SHOWN, TWO_LEADERS,
};
use steps::Variant;

#[test]
fn the_promises_hold_with_one_fault_two_writes_and_a_tab_that_asks_to_lead() {
    let sometimes = [TWO_LEADERS, STALE_REFUSED, HANDED_OVER, FOUND_REPLY, ALL_STORED];
    holds(Variant::AsDesigned, Budget(1, 2, 1), &sometimes, &[]);
}

#[test]
fn the_promises_hold_with_two_faults_and_a_tab_that_asks_to_lead() {
    let sometimes = [TWO_LEADERS, STALE_REFUSED, HANDED_OVER, FOUND_REPLY];
    holds(Variant::AsDesigned, Budget(2, 1, 1), &sometimes, &[]);
}

#[test]
fn the_promises_hold_with_three_faults() {
    let sometimes = [TWO_LEADERS, STALE_REFUSED, FOUND_REPLY];
    holds(Variant::AsDesigned, Budget(3, 1, 0), &sometimes, &[]);
}

#[test]
#[ignore = "as long as the budget that the environment gives it"]
fn the_promises_hold_within_a_budget_of_your_own() {
    let of = |name| std::env::var(name).map_or(1, |value| value.parse().expect("a number"));
    holds(
        Variant::AsDesigned,
        Budget(of("FAULTS"), of("WRITES"), of("ASKINGS")),
        &[],
        &[],
    );
}

#[test]
fn without_the_fence_a_leader_that_woke_late_rewrites_the_history() {
    breaks(Variant::FenceOff, Budget(1, 1, 0), ONE_HISTORY);
    breaks(Variant::FenceOff, Budget(1, 2, 0), NOTHING_LOST);
}

#[test]
fn a_fence_that_checks_the_position_alone_is_none() {
    breaks(Variant::EpochUnchecked, Budget(1, 2, 0), EPOCHS_ASCEND);
    breaks(Variant::EpochUnchecked, Budget(1, 1, 0), NOTHING_TWICE);
    breaks(Variant::EpochUnchecked, Budget(2, 1, 0), REFUSED_IS_ABSENT);
}

#[test]
fn a_write_whose_reply_is_not_stored_is_run_again() {
    breaks(Variant::ReplyNotStored, Budget(0, 1, 0), NOTHING_TWICE);
}

#[test]
fn a_write_that_is_sent_again_to_a_leader_that_does_not_look_for_its_reply_is_run_again() {
    breaks(Variant::DedupeOff, Budget(0, 1, 0), NOTHING_TWICE);
}

#[test]
fn a_late_copy_of_a_write_whose_reply_was_forgotten_is_run_again_unless_it_is_known_to_be_late() {
    breaks(Variant::LateCopiesRun, Budget(0, 2, 0), NOTHING_TWICE);
}

#[test]
fn what_is_acknowledged_before_it_is_stored_can_be_lost() {
    breaks(Variant::AnswerBeforeAppend, Budget(1, 1, 0), NOTHING_LOST);
}

#[test]
fn what_is_told_before_it_is_stored_is_shown_and_may_never_have_been() {
    breaks(Variant::TellBeforeAppend, Budget(1, 1, 0), STORED_THEN_SHOWN);
}

#[test]
fn a_refusal_by_a_leadership_that_the_write_was_not_last_sent_to_may_be_untrue() {
    breaks(Variant::LateRefusalCounts, Budget(2, 1, 0), REFUSED_IS_ABSENT);
}

#[test]
fn a_tab_that_has_led_must_not_turn_to_a_leader_from_before_its_own_time() {
    breaks(Variant::OlderLeaderBelieved, Budget(3, 1, 0), REFUSED_IS_ABSENT);
}

#[test]
fn a_hand_over_in_the_same_epoch_while_an_append_is_under_way_breaks_what_was_answered() {
    breaks(Variant::HandOverUnfenced, Budget(1, 1, 1), REFUSED_IS_ABSENT);
}

#[test]
fn without_a_lease_a_frozen_leader_is_for_ever() {
    breaks(Variant::LeaseNeverLapses, Budget(1, 1, 1), SOMEBODY_LEADS);
    breaks(Variant::LeaseNeverLapses, Budget(1, 1, 1), ASKER_LED);
}

#[test]
fn a_write_that_is_sent_once_may_wait_for_ever() {
    breaks(Variant::NeverSentAgain, Budget(1, 1, 0), ALL_ANSWERED);
}

#[test]
fn a_new_leader_that_does_not_read_the_store_first_lacks_what_was_stored() {
    breaks(Variant::LeadsUnread, Budget(0, 1, 1), LEADER_SHOWS_ALL);
}

#[test]
fn a_new_leader_that_numbers_its_commits_from_what_it_shows_writes_over_the_history() {
    breaks(Variant::SeqReused, Budget(0, 2, 1), ONE_HISTORY);
    breaks(Variant::SeqReused, Budget(0, 2, 1), NOTHING_LOST);
}

#[test]
fn a_tab_that_shows_a_commit_without_the_one_before_shows_what_never_was() {
    breaks(Variant::GapIgnored, Budget(1, 2, 0), STORED_THEN_SHOWN);
}

#[test]
fn a_tab_that_never_asks_the_store_may_lag_for_ever() {
    breaks(Variant::NeverFetches, Budget(1, 1, 0), ALL_LEVEL);
}

#[test]
fn a_hand_over_without_draining_has_an_append_refused_and_breaks_nothing_else() {
    breaks(Variant::HandOverUndrained, Budget(0, 1, 1), IN_ORDER);
    let sometimes = [STALE_REFUSED, HANDED_OVER];
    holds(Variant::HandOverUndrained, Budget(1, 1, 1), &sometimes, &[IN_ORDER]);
}

#[test]
fn behind_the_check_of_the_epoch_that_of_the_position_is_a_second_line() {
    holds(Variant::PositionUnchecked, Budget(1, 1, 1), &[STALE_REFUSED], &[]);
    holds(Variant::PositionUnchecked, Budget(2, 1, 0), &[STALE_REFUSED], &[]);
}

#[test]
fn the_code_does_what_the_model_does() {
    let mut kinds = compare(Variant::AsDesigned, Budget(2, 1, 1), 20_000).expect("no difference");
    kinds.extend(compare(Variant::AsDesigned, Budget(3, 1, 2), 20_000).expect("no difference"));
    assert_eq!(kinds.len(), 32, "every kind of step but to calm down: {kinds:?}");
}

#[test]
fn the_code_is_told_from_a_model_with_another_rule() {
    // A variant that needs two writes, or that only does less, shows no difference here.
    for another in [
        Variant::FenceOff,
        Variant::EpochUnchecked,
        Variant::LeadsUnread,
        Variant::SeqReused,
        Variant::ReplyNotStored,
        Variant::DedupeOff,
        Variant::AnswerBeforeAppend,
        Variant::TellBeforeAppend,
        Variant::OlderLeaderBelieved,
        Variant::LateRefusalCounts,
        Variant::HandOverUnfenced,
        Variant::NeverSentAgain,
    ] {
        let difference = compare(another, Budget(3, 1, 2), 20_000).expect_err("another rule");
        println!("{difference}");
    }
}
