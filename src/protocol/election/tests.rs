//! The states of one tab's election, without the rest of the protocol.

use uuid::Uuid;

use super::*;

const NOW: Timestamp = Timestamp(1_000_000_000);

fn tab(number: u128) -> TabId {
    TabId(Uuid::from_u128(number))
}

fn waiting() -> (Election, Outputs) {
    (Election::new(NOW, tab(1)), Outputs::default())
}

fn leading(epoch: Epoch) -> (Election, Outputs) {
    let (mut election, mut outputs) = waiting();
    election.lock_granted(NOW, &mut outputs);
    let position = Position::default();
    election.epoch_raised(&Head { epoch, position });
    assert_eq!(election.rise(position), Rise::Lead(epoch));
    election.lead(NOW, epoch);
    said(&mut outputs);
    (election, outputs)
}

fn said(outputs: &mut Outputs) -> Vec<Output> {
    std::iter::from_fn(|| outputs.next()).collect()
}

#[test]
fn a_lock_that_comes_while_the_page_is_away_is_given_back() {
    let (mut election, mut outputs) = waiting();
    election.go_away(&mut outputs);
    said(&mut outputs);
    election.lock_granted(NOW, &mut outputs);
    assert!(matches!(said(&mut outputs)[..], [Output::ReleaseLock]));
    assert!(!election.is_in_office());
}

#[test]
fn a_tab_that_is_away_asks_for_no_lock_until_it_is_back() {
    let (mut election, mut outputs) = leading(Epoch(1));
    election.hand_over(NOW, Epoch(1), tab(2), &mut outputs);
    election.go_away(&mut outputs);
    let wakes = Wake::ALL.into_iter().filter_map(|wake| election.due_at(wake));
    assert_eq!(wakes.collect::<Vec<_>>(), []);
    said(&mut outputs);
    election.come_back(NOW, &mut outputs);
    assert!(matches!(said(&mut outputs)[..], [Output::RequestLock, Output::Send(_)]));
    assert_eq!(election.due_at(Wake::QueueAgain), None);
}

#[test]
fn a_leader_serves_the_first_that_asks_and_takes_no_writes_from_then_on() {
    let (mut election, _) = leading(Epoch(3));
    assert_eq!(election.addressee(), Some((Epoch(3), Here::Leads)));
    assert!(!election.name_successor(tab(2), Epoch(2)), "of another leadership");
    assert!(election.name_successor(tab(2), Epoch(3)));
    assert!(!election.name_successor(tab(3), Epoch(3)));
    assert_eq!(election.addressee(), None);
}

#[test]
fn who_has_led_believes_no_leader_from_before() {
    let (mut election, mut outputs) = leading(Epoch(5));
    election.resign(&mut outputs);
    election.queue_anew(NOW, &mut outputs);
    assert_eq!(election.weigh(Epoch(4)), LeadClaim::Outdated);
    assert_eq!(election.weigh(Epoch(6)), LeadClaim::Stands);
    let (election, _) = leading(Epoch(5));
    assert_eq!(election.weigh(Epoch(6)), LeadClaim::Supersedes);
}

#[test]
fn a_tab_that_was_stopped_hears_a_whole_lease_of_silence_before_it_steals() {
    let (mut election, _) = waiting();
    let late = NOW.after_ms(60_000);
    election.attend(late);
    assert!(
        election
            .due_at(Wake::Steal)
            .is_some_and(|at| at >= late.after_ms(LEASE_MS))
    );
}

#[test]
fn a_tab_whose_store_is_ahead_does_not_lead() {
    let (mut election, mut outputs) = waiting();
    election.lock_granted(NOW, &mut outputs);
    let ahead = Position {
        seq: Seq(7),
        ..Position::default()
    };
    election.epoch_raised(&Head {
        epoch: Epoch(2),
        position: ahead,
    });
    assert_eq!(election.rise(Position::default()), Rise::Gone(Seq(7)));
    let newer = Position {
        seq: Seq(8),
        ..Position::default()
    };
    assert_eq!(election.rise(newer), Rise::Superseded);
}
