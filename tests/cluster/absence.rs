//! Pages that go out of sight and come back: they keep no other tab waiting, and show nothing stale.

use sqlite_elements::request::Request;

use crate::browser::{A, B, Browser, PAGE, TabNo};

fn hide(browser: &mut Browser, tab: TabNo) {
    browser.request(tab, |_| Request::Suspend);
    browser.settle();
}

#[test]
fn a_leader_that_goes_out_of_sight_is_replaced_at_once_and_keeps_nothing() {
    let mut browser = Browser::with_table(2);
    hide(&mut browser, A);
    assert_eq!(browser.leaders(), [B]);
    browser.freeze(A);
    let write = browser.write(B, "INSERT INTO t VALUES (1)");
    browser.pass_ms(60_000);
    assert!(browser.is_done(B, write));
    browser.thaw(A);
    browser.request(A, |_| Request::Resume);
    browser.settle();
    assert_eq!(browser.leaders(), [B]);
    browser.kill(B);
    browser.settle();
    assert_eq!(browser.leaders(), [A], "it queues again");
}

#[test]
fn a_tab_out_of_sight_does_not_take_the_lead() {
    let mut browser = Browser::with_table(2);
    hide(&mut browser, B);
    browser.kill(A);
    browser.pass_ms(20_000);
    assert!(browser.leaders().is_empty());
    browser.request(B, |_| Request::Resume);
    browser.settle();
    assert_eq!(browser.leaders(), [B]);
}

#[test]
fn a_tab_that_comes_back_reads_the_store_before_it_answers() {
    let mut browser = Browser::with_table(2);
    hide(&mut browser, B);
    browser.freeze(B);
    browser.write(A, "INSERT INTO t VALUES ('meanwhile')");
    browser.settle();
    browser.lose_messages(B);
    browser.thaw(B);
    browser.hold_store(B);
    browser.request(B, |_| Request::Resume);
    let asked = browser.query(B, PAGE, "SELECT a FROM t");
    browser.settle();
    assert_eq!(browser.answer(B, asked), None);
    browser.release_store(B);
    browser.settle();
    let rows = browser.answer(B, asked).expect("answered").expect("rows").rows;
    assert_eq!(rows.len(), 1);
}

#[test]
fn what_was_on_its_way_to_the_store_is_settled_by_what_the_store_has() {
    let mut browser = Browser::with_table(2);
    browser.hold_store(A);
    let write = browser.write(A, "INSERT INTO t VALUES (1)");
    browser.settle();
    hide(&mut browser, A);
    assert_eq!(browser.answer(A, write), None);
    browser.release_store(A);
    browser.request(A, |_| Request::Resume);
    browser.pass_ms(3_000);
    assert!(browser.is_done(A, write));
    assert_eq!(browser.column(B, "SELECT a FROM t"), ["1"]);
    assert_eq!(browser.leaders(), [B]);
}

#[test]
fn a_transaction_that_was_open_is_lost_and_says_so() {
    let mut browser = Browser::with_table(2);
    browser.execute(A, PAGE, "BEGIN; INSERT INTO t VALUES (1)");
    browser.settle();
    hide(&mut browser, A);
    browser.request(A, |_| Request::Resume);
    let commit = browser.execute(A, PAGE, "COMMIT");
    browser.settle();
    assert_eq!(
        browser.answer(A, commit).expect("answered").unwrap_err().code.name(),
        "TRANSACTION_LOST"
    );
    assert!(browser.column(B, "SELECT a FROM t").is_empty());
}

/// The tab is stopped as by SIGSTOP, or as its machine sleeps: no event says that its page goes out of sight.
#[test]
fn a_tab_that_was_stopped_takes_no_lead_from_a_leader_that_is_there() {
    for mut browser in [Browser::with_tabs(3), Browser::without_locks(3)] {
        let leaders = browser.leaders();
        let epoch = browser.epoch();
        let stopped = if leaders == [A] { B } else { A };
        browser.freeze(stopped);
        browser.pass_ms(60_000);
        browser.thaw(stopped);
        browser.settle();
        browser.pass_ms(20_000);
        assert_eq!((browser.leaders(), browser.epoch()), (leaders, epoch));
    }
}

#[test]
fn tabs_that_are_all_stopped_and_go_on_together_keep_their_leader() {
    for mut browser in [Browser::with_tabs(3), Browser::without_locks(3)] {
        let leaders = browser.leaders();
        let epoch = browser.epoch();
        let tabs = [TabNo(0), TabNo(1), TabNo(2)];
        tabs.iter().for_each(|tab| browser.freeze(*tab));
        browser.pass_ms(60_000);
        // The leader is the last to wake.
        let (first, last): (Vec<TabNo>, Vec<TabNo>) = tabs.iter().partition(|tab| !leaders.contains(tab));
        for tab in first.into_iter().chain(last) {
            browser.thaw(tab);
            browser.settle();
        }
        browser.pass_ms(20_000);
        assert_eq!((browser.leaders(), browser.epoch()), (leaders, epoch));
    }
}

#[test]
fn a_tab_that_was_stopped_replaces_a_leader_that_has_died_meanwhile() {
    let mut browser = Browser::with_tabs(2);
    browser.freeze(B);
    browser.pass_ms(10_000);
    browser.freeze(A);
    browser.thaw(B);
    browser.pass_ms(7_000);
    assert!(browser.leaders().contains(&B));
}

/// The tab was stopped while it was given the lead. The leader took the lead back when the tab did not come.
#[test]
fn a_tab_that_was_stopped_takes_no_lead_that_it_was_given_long_ago() {
    let mut browser = Browser::with_tabs(3);
    browser.request(B, |call| Request::Lead { call });
    browser.settle_alone(B);
    browser.freeze(B);
    browser.pass_ms(8_000);
    let leaders = browser.leaders();
    assert!(!leaders.contains(&B), "{leaders:?}");
    let epoch = browser.epoch();
    browser.thaw(B);
    // The tab may ask again. Then the leader gives it the lead; it must not take the lead by itself.
    browser.step(B);
    assert_eq!(browser.lock_holder(), Some(leaders[0]));
    assert_eq!(browser.epoch(), epoch);
    assert_eq!(browser.leaders(), leaders);
}
