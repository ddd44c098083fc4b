//! When SQL runs: not while a store call of its tab is open. Then it runs in order, and no call waits for ever.

use sqlite_elements::request::Request;

use crate::browser::{A, B, Browser, PAGE};

/// A transaction of IndexedDB that waits for a busy worker would keep all tabs from writing.
#[test]
fn a_leader_runs_no_sql_while_its_append_is_with_the_store() {
    let mut browser = Browser::with_table(2);
    browser.hold_store(A);
    browser.write(A, "INSERT INTO t VALUES (1)");
    browser.settle();
    let call = browser.query(A, PAGE, "SELECT count(*) FROM t");
    browser.subscribe(A, 1, "SELECT a FROM t");
    browser.settle();
    assert_eq!(browser.answer(A, call), None);
    assert!(browser.told(A, 1).is_empty());
    browser.release_store(A);
    browser.settle();
    assert!(browser.is_done(A, call));
    assert_eq!(browser.told(A, 1).len(), 1);
}

#[test]
fn a_follower_runs_no_sql_while_it_reads_the_store() {
    let mut browser = Browser::with_table(2);
    browser.write(A, "INSERT INTO t VALUES (1)");
    browser.settle_alone(A);
    browser.lose_messages(B);
    browser.hold_store(B);
    browser.pass_ms(1_500);
    assert_eq!(browser.held_store_calls(B), 1, "a heartbeat tells of more than B has");
    let call = browser.query(B, PAGE, "SELECT count(*) FROM t");
    browser.settle();
    assert_eq!(browser.answer(B, call), None);
    browser.release_store(B);
    browser.settle();
    assert!(browser.is_done(B, call));
}

#[test]
fn what_a_page_asks_keeps_its_order_while_sql_waits() {
    let mut browser = Browser::with_table(2);
    browser.execute(A, PAGE, "BEGIN");
    browser.settle();
    let calls =
        ["INSERT INTO t VALUES (1)", "COMMIT", "SELECT count(*) FROM t"].map(|sql| browser.execute(A, PAGE, sql));
    let sync = browser.request(A, |call| Request::Sync { call, user: PAGE });
    browser.settle();
    assert!(calls.iter().all(|call| browser.is_done(A, *call)));
    assert!(browser.is_done(A, sync));
    assert_eq!(browser.column(B, "SELECT a FROM t"), ["1"]);
}

#[test]
fn a_leader_that_always_stores_answers_its_queries_all_the_same() {
    let mut browser = Browser::with_table(2);
    browser.subscribe(A, 1, "SELECT count(*) FROM t");
    browser.settle();
    browser.told(A, 1);
    browser.hold_store(A);
    browser.write(B, "INSERT INTO t VALUES (0)");
    browser.settle();
    for number in 1..=20 {
        // There is always a next group when an append is done.
        browser.write(B, &format!("INSERT INTO t VALUES ({number})"));
        let call = browser.query(A, PAGE, "SELECT count(*) FROM t");
        browser.settle();
        browser.release_store(A);
        assert!(browser.step(A), "the store answers");
        browser.hold_store(A);
        assert!(browser.is_done(A, call), "after {number} appends");
    }
    browser.pass_ms(20);
    browser.release_store(A);
    browser.settle();
    assert_eq!(browser.told(A, 1).len(), 1);
}

#[test]
fn an_interrupt_ends_what_waits_for_the_store_too() {
    let mut browser = Browser::with_table(2);
    browser.hold_store(A);
    browser.write(A, "INSERT INTO t VALUES (1)");
    browser.settle();
    let calls = [
        browser.query(A, PAGE, "SELECT count(*) FROM t"),
        browser.execute(A, PAGE, "SELECT count(*) FROM t"),
    ];
    let write = browser.execute(A, PAGE, "INSERT INTO t VALUES (2)");
    browser.request(A, |_| Request::Recall {
        name: "blob:new".into(),
        control: "blob:control".into(),
    });
    browser.settle();
    for call in calls {
        let failure = browser.answer(A, call).expect("answered").unwrap_err();
        assert_eq!(failure.code.name(), "SQLITE_INTERRUPT");
    }
    browser.release_store(A);
    browser.settle();
    assert!(browser.is_done(A, write));
    assert_eq!(browser.column(B, "SELECT a FROM t"), ["1", "2"]);
}
