//! `requestLeadership`: leadership goes to the tab that asks, and nothing is lost on the way.

use sqlite_elements::request::{CallId, Request};

use crate::browser::{A, B, Browser, C, PAGE, TabNo};

fn ask(browser: &mut Browser, tab: TabNo) -> CallId {
    browser.request(tab, |call| Request::Lead { call })
}

#[test]
fn who_asks_leads_at_once_before_those_who_queue() {
    let mut browser = Browser::with_table(3);
    let call = ask(&mut browser, C);
    browser.settle();
    assert!(browser.is_done(C, call));
    assert_eq!(browser.leaders(), [C]);
    let call = ask(&mut browser, C);
    browser.settle();
    assert!(browser.is_done(C, call), "the leader is told so at once");
    browser.kill(C);
    browser.settle();
    assert_eq!(browser.leaders(), [B], "who handed over queues behind those who waited");
    browser.kill(B);
    browser.settle();
    assert_eq!(browser.leaders(), [A]);
}

#[test]
fn what_the_leader_has_begun_is_finished_and_what_comes_later_is_the_next_leaders() {
    let mut browser = Browser::with_table(3);
    browser.hold_store(A);
    let begun = browser.write(B, "INSERT INTO t VALUES ('begun')");
    browser.settle();
    let waiting = browser.write(B, "INSERT INTO t VALUES ('waiting')");
    browser.settle();
    let call = ask(&mut browser, C);
    browser.settle();
    let later = browser.write(B, "INSERT INTO t VALUES ('later')");
    let own = browser.write(A, "INSERT INTO t VALUES ('own')");
    browser.settle();
    assert_eq!(browser.leaders(), [A]);
    browser.release_store(A);
    browser.settle();
    assert_eq!(browser.leaders(), [C]);
    assert!(browser.is_done(C, call));
    for (tab, write) in [(B, begun), (B, waiting), (B, later), (A, own)] {
        assert!(browser.is_done(tab, write));
    }
    for tab in [A, B, C] {
        assert_eq!(browser.sorted_rows(tab), ["begun", "later", "own", "waiting"]);
    }
}

#[test]
fn a_stream_of_writes_does_not_keep_leadership() {
    let mut browser = Browser::with_table(3);
    let mut writes = vec![browser.write(B, "INSERT INTO t VALUES (0)")];
    browser.step(B);
    browser.step(A);
    ask(&mut browser, C);
    while browser.has_arrivals(C) {
        browser.step(C);
    }
    let mut rounds = 0;
    while browser.leaders() == [A] {
        rounds += 1;
        assert!(rounds < 50, "A is always busy");
        writes.push(browser.write(B, &format!("INSERT INTO t VALUES ({rounds})")));
        // The write is sent and arrives before the store has what A stores.
        for tab in [B, A] {
            while browser.has_arrivals(tab) {
                browser.step(tab);
            }
        }
        browser.step(A);
    }
    browser.settle();
    assert_eq!(browser.leaders(), [C]);
    for write in writes {
        assert!(browser.is_done(B, write));
    }
}

#[test]
fn a_transaction_that_has_not_begun_is_refused_when_leadership_goes() {
    let mut browser = Browser::with_table(2);
    browser.hold_store(A);
    browser.write(A, "INSERT INTO t VALUES (1)");
    browser.settle();
    let begin = browser.execute(A, PAGE, "BEGIN");
    browser.settle();
    ask(&mut browser, B);
    browser.settle();
    let failure = browser.answer(A, begin).expect("answered").unwrap_err();
    assert_eq!(failure.code.name(), "WRITE_PERMISSION_DENIED");
    browser.release_store(A);
    browser.settle();
    assert_eq!(browser.leaders(), [B]);
}

#[test]
fn an_open_transaction_is_finished_first() {
    let mut browser = Browser::with_table(2);
    browser.execute(A, PAGE, "BEGIN");
    browser.execute(A, PAGE, "INSERT INTO t VALUES (1)");
    browser.settle();
    let call = ask(&mut browser, B);
    browser.pass_ms(3_000);
    assert_eq!(browser.answer(B, call), None);
    let commit = browser.execute(A, PAGE, "COMMIT");
    browser.settle();
    assert!(browser.is_done(A, commit) && browser.is_done(B, call));
    assert_eq!(browser.leaders(), [B]);
    assert_eq!(browser.sorted_rows(B), ["1"]);
}

#[test]
fn a_silent_transaction_does_not_keep_leadership() {
    let mut browser = Browser::with_table(2);
    browser.execute(A, PAGE, "BEGIN; INSERT INTO t VALUES (1)");
    browser.settle();
    let call = ask(&mut browser, B);
    browser.pass_ms(5_100);
    assert!(browser.is_done(B, call));
    let commit = browser.execute(A, PAGE, "COMMIT");
    browser.settle();
    let failure = browser.answer(A, commit).unwrap().unwrap_err();
    assert_eq!(failure.code.name(), "TRANSACTION_LOST");
    assert!(browser.sorted_rows(B).is_empty());
}

#[test]
fn of_two_who_ask_at_once_each_leads_in_turn() {
    let mut browser = Browser::with_table(3);
    let calls = [B, C].map(|tab| (tab, ask(&mut browser, tab)));
    browser.pass_ms(3_000);
    for (tab, call) in calls {
        assert!(browser.is_done(tab, call));
    }
    assert_eq!(browser.leaders().len(), 1);
}

#[test]
fn a_leader_that_hangs_is_replaced_when_its_lease_lapses() {
    let mut browser = Browser::with_table(2);
    browser.freeze(A);
    let call = ask(&mut browser, B);
    browser.pass_ms(6_000);
    assert!(browser.is_done(B, call));
    browser.thaw(A);
    browser.pass_ms(1_000);
    assert_eq!(browser.leaders(), [B]);
}

#[test]
fn an_asker_that_dies_leaves_somebody_leading() {
    let mut browser = Browser::with_table(3);
    ask(&mut browser, C);
    browser.step(C);
    browser.step(A);
    assert!(browser.leaders().is_empty(), "A has handed over");
    browser.kill(C);
    browser.pass_ms(2_000);
    assert_eq!(browser.leaders().len(), 1);
    let write = browser.write(B, "INSERT INTO t VALUES (1)");
    browser.pass_ms(100);
    assert!(browser.is_done(B, write));
}

#[test]
fn an_asker_whose_message_was_lost_asks_again() {
    let mut browser = Browser::with_table(2);
    let call = ask(&mut browser, B);
    browser.step(B);
    browser.lose_messages(A);
    browser.pass_ms(2_500);
    assert!(browser.is_done(B, call));
    assert_eq!(browser.leaders(), [B]);
}

#[test]
fn a_leader_that_is_kept_busy_says_no_in_time() {
    let mut browser = Browser::with_table(2);
    browser.execute(A, PAGE, "BEGIN");
    browser.settle();
    let call = ask(&mut browser, B);
    for _ in 0..11 {
        browser.execute(A, PAGE, "SELECT 1");
        browser.pass_ms(1_000);
    }
    let failure = browser.answer(B, call).expect("answered").unwrap_err();
    assert_eq!(failure.code.name(), "TIMEOUT");
}

#[test]
fn an_asker_that_closes_is_answered() {
    let mut browser = Browser::with_table(2);
    browser.execute(A, PAGE, "BEGIN");
    browser.settle();
    let call = ask(&mut browser, B);
    browser.settle();
    browser.request(B, |call| Request::Close { call });
    browser.settle();
    assert_eq!(
        browser.answer(B, call).expect("answered").unwrap_err().code.name(),
        "DATABASE_CLOSED"
    );
}
