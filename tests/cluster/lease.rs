//! Tabs without Web Locks: the lease in the store elects the leader.

use sqlite_elements::request::{CallId, Request};
use sqlite_elements::storage::{FaultPoint, Operation, StoreError};

use crate::browser::{A, B, Browser, C, D, TabNo};

fn tabs_with_table(count: usize) -> Browser {
    Browser::without_locks(count).and_table()
}

fn close(browser: &mut Browser, tab: TabNo) -> CallId {
    browser.request(tab, |call| Request::Close { call })
}

#[test]
fn the_first_tab_leads_at_once_and_goes_on_leading() {
    let mut browser = tabs_with_table(3);
    assert_eq!(browser.leaders(), [A]);
    let write = browser.write(C, "INSERT INTO t VALUES ('from C')");
    browser.settle();
    assert!(browser.is_done(C, write));
    let epoch = browser.epoch();
    browser.pass_ms(60_000);
    assert_eq!(
        (browser.leaders(), browser.epoch()),
        (vec![A], epoch),
        "it renews its lease"
    );
    assert_eq!(browser.sorted_rows(B), ["from C"]);
}

#[test]
fn a_leader_that_closes_hands_over_at_once_and_then_says_that_it_is_closed() {
    let mut browser = tabs_with_table(2);
    browser.hold_store(A);
    let closing = close(&mut browser, A);
    browser.settle();
    assert!(!browser.is_done(A, closing), "the store still says that it leads");
    browser.release_store(A);
    browser.settle();
    assert!(browser.is_done(A, closing));
    assert_eq!(browser.leaders(), [B]);
}

#[test]
fn a_page_that_goes_away_hands_over_at_once_and_waits_again_when_it_is_back() {
    let mut browser = tabs_with_table(2);
    browser.request(A, |_| Request::Suspend);
    browser.settle();
    assert_eq!(browser.leaders(), [B]);
    browser.request(A, |_| Request::Resume);
    browser.settle();
    close(&mut browser, B);
    browser.settle();
    assert!(browser.leaders().contains(&A));
}

#[test]
fn a_leader_whose_word_of_leaving_is_lost_is_replaced_within_a_second() {
    let mut browser = tabs_with_table(2);
    close(&mut browser, A);
    while browser.has_arrivals(A) || browser.held_store_calls(A) > 0 {
        browser.step(A);
    }
    browser.lose_messages(B);
    browser.settle();
    assert!(!browser.leaders().contains(&B));
    browser.pass_ms(1_000);
    assert!(browser.leaders().contains(&B));
}

#[test]
fn of_those_who_wait_the_lowest_leads_though_it_came_back_last() {
    let mut browser = tabs_with_table(3);
    let call = browser.request(C, |call| Request::Lead { call });
    browser.settle();
    assert!(browser.is_done(C, call));
    browser.pass_ms(2_000);
    close(&mut browser, C);
    browser.pass_ms(100);
    assert_eq!(browser.leaders(), [A], "B has waited for longer");
}

#[test]
fn a_candidate_that_is_gone_keeps_nobody_waiting_for_longer_than_a_lease() {
    let mut browser = tabs_with_table(3);
    browser.pass_ms(1_500);
    browser.kill(B);
    close(&mut browser, A);
    browser.settle();
    assert!(!browser.leaders().contains(&C));
    browser.pass_ms(6_000);
    assert!(browser.leaders().contains(&C));
}

#[test]
fn when_the_leaders_tab_is_gone_the_lowest_leads_as_soon_as_the_lease_has_lapsed() {
    let mut browser = tabs_with_table(3);
    browser.pass_ms(2_500);
    browser.kill(A);
    let write = browser.write(C, "INSERT INTO t VALUES ('meanwhile')");
    browser.pass_ms(3_300);
    assert_eq!(browser.leaders(), [], "renewed half a second before");
    browser.pass_ms(400);
    assert_eq!(browser.leaders(), [B]);
    assert!(browser.is_done(C, write));
}

#[test]
fn a_write_that_is_made_as_the_leader_dies_is_done_before_its_own_timeout() {
    for leaves in [&[A][..], &[A, B]] {
        for phase_ms in (0..1_000).step_by(90) {
            let mut browser = tabs_with_table(1);
            for _ in [B, C, D] {
                browser.pass_ms(330);
                browser.open();
                browser.settle();
            }
            browser.pass_ms(2_000 + phase_ms);
            let mut writes = Vec::new();
            writes.push((D, browser.write(D, "INSERT INTO t VALUES ('sent to the leader')")));
            leaves.iter().for_each(|tab| browser.kill(*tab));
            for tab in [C, D] {
                writes.push((tab, browser.write(tab, "INSERT INTO t VALUES ('after it')")));
            }
            // The rest of the timeout is for slow stores.
            browser.pass_ms(4_500);
            for (tab, write) in writes {
                assert!(browser.is_done(tab, write), "{tab:?}, {phase_ms} ms, {leaves:?} gone");
            }
            assert_eq!(browser.sorted_rows(C).len(), 3);
        }
    }
}

#[test]
fn a_holder_whose_timers_are_held_to_whole_seconds_keeps_its_lease() {
    let mut browser = tabs_with_table(3);
    let epoch = browser.epoch();
    for _ in 0..60 {
        browser.freeze(A);
        browser.pass_ms(1_990);
        browser.thaw(A);
        browser.settle();
    }
    assert_eq!((browser.leaders(), browser.epoch()), (vec![A], epoch));
}

#[test]
fn a_frozen_holder_is_replaced_when_its_lease_lapses_and_cannot_write_when_it_wakes() {
    let mut browser = tabs_with_table(2);
    browser.hold_store(A);
    let late = browser.write(A, "INSERT INTO t VALUES ('late')");
    browser.settle();
    browser.freeze(A);
    browser.pass_ms(6_000);
    assert_eq!(browser.leaders(), [A, B], "A does not know yet");
    let write = browser.write(B, "INSERT INTO t VALUES ('next')");
    browser.settle();
    assert!(browser.is_done(B, write));
    browser.release_store(A);
    browser.thaw(A);
    browser.pass_ms(2_000);
    assert_eq!(browser.leaders(), [B]);
    for tab in [A, B] {
        assert_eq!(browser.sorted_rows(tab), ["next"], "the store refused what A had begun");
    }
    assert!(browser.answer(A, late).is_some(), "settled, one way or the other");
}

#[test]
fn a_holder_that_finds_another_holder_steps_down_though_it_heard_nothing() {
    let mut browser = tabs_with_table(2);
    browser.freeze(A);
    browser.pass_ms(6_000);
    browser.lose_messages(A);
    browser.thaw(A);
    browser.settle();
    assert_eq!(browser.leaders(), [B]);
}

#[test]
fn a_holder_that_is_heard_keeps_its_lease_though_it_cannot_renew_it() {
    let mut browser = tabs_with_table(2);
    let epoch = browser.epoch();
    browser.hold_store(A);
    browser.pass_ms(12_000);
    assert_eq!((browser.leaders(), browser.epoch()), (vec![A], epoch));
    browser.release_store(A);
    browser.pass_ms(2_000);
    assert_eq!((browser.leaders(), browser.epoch()), (vec![A], epoch));
}

#[test]
fn a_lease_that_cannot_be_stored_for_a_moment_is_asked_for_again() {
    let mut browser = Browser::without_locks(0);
    for point in [
        FaultPoint::Before(Operation::Lease),
        FaultPoint::After(Operation::Lease),
    ] {
        browser.disk.fail(point, StoreError::Failed("for once".into()));
        let tab = browser.open();
        browser.settle();
        assert_eq!(browser.leaders(), []);
        browser.pass_ms(1_000);
        assert_eq!(browser.leaders(), [tab]);
        close(&mut browser, tab);
        browser.settle();
        browser.kill(tab);
    }
}

#[test]
fn who_asks_for_leadership_gets_it_at_once_and_nothing_is_lost() {
    let mut browser = tabs_with_table(3);
    let mut writes = Vec::new();
    for asker in [C, B, A, C] {
        writes.push(browser.write(B, "INSERT INTO t VALUES (1)"));
        let call = browser.request(asker, |call| Request::Lead { call });
        browser.settle();
        assert!(browser.is_done(asker, call));
        assert_eq!(browser.leaders(), [asker]);
    }
    browser.pass_ms(3_000);
    assert_eq!(browser.leaders(), [C], "who had it before wants it back from nobody");
    assert!(writes.into_iter().all(|write| browser.is_done(B, write)));
    assert_eq!(browser.sorted_rows(A).len(), 4);
}

#[test]
fn an_asker_that_dies_leaves_somebody_leading() {
    let mut browser = tabs_with_table(3);
    browser.request(C, |call| Request::Lead { call });
    browser.step(C);
    browser.step(A);
    assert_eq!(browser.leaders(), [], "A has handed over");
    browser.kill(C);
    browser.pass_ms(1_200);
    assert_eq!(browser.leaders(), [A]);
}

#[test]
fn a_store_that_is_gone_is_reported_by_those_who_wait_too() {
    let mut browser = tabs_with_table(2);
    browser.disk.evict();
    browser.pass_ms(1_000);
    for tab in [A, B] {
        assert!(browser.has_failed(tab), "{tab:?}");
    }
}
