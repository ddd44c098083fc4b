//! Transactions across calls: one commit or nothing, and no other write inside.

use sqlite_elements::request::{Failure, Request, UserId};
use sqlite_elements::sql::{Outcome, Statement};
use sqlite_elements::storage::{FaultPoint, Operation, StoreError};

use crate::browser::{A, B, Browser};

/// Two users of one page.
const ONE: UserId = UserId(1);
const OTHER: UserId = UserId(2);

/// Tabs that share a table `t(a)`; A leads.
fn tabs_with_table(count: usize) -> Browser {
    let mut browser = Browser::with_tabs(count);
    browser.write(A, "CREATE TABLE t(a UNIQUE)");
    browser.settle();
    browser
}

fn run(browser: &mut Browser, user: UserId, sql: &str) -> Result<Outcome, Failure> {
    let call = browser.execute(A, user, sql);
    browser.settle();
    browser.answer(A, call).unwrap_or_else(|| panic!("{sql} is answered"))
}

fn code(browser: &mut Browser, user: UserId, sql: &str) -> String {
    run(browser, user, sql).expect_err("it fails").code.to_string()
}

fn seq(browser: &mut Browser) -> u64 {
    use sqlite_elements::request::Event;
    let seqs = browser.events(B).iter().filter_map(|event| match event {
        Event::Changed(change) => Some(change.seq),
        _ => None,
    });
    seqs.max().unwrap_or_default()
}

#[test]
fn a_transaction_is_one_commit_and_nobody_sees_it_before() {
    let mut browser = tabs_with_table(2);
    let before = seq(&mut browser);
    run(&mut browser, ONE, "BEGIN TRANSACTION").unwrap();
    run(&mut browser, ONE, "INSERT INTO t VALUES (1)").unwrap();
    run(&mut browser, ONE, "INSERT INTO t VALUES (2)").unwrap();
    let seen_inside = run(&mut browser, ONE, "SELECT a FROM t").unwrap();
    assert_eq!(seen_inside.rows.len(), 2);
    let seen_outside = run(&mut browser, OTHER, "SELECT a FROM t").unwrap();
    assert_eq!(seen_outside.rows.len(), 0, "another user of the same page");
    assert!(browser.rows(A).is_empty() && browser.rows(B).is_empty());
    run(&mut browser, ONE, "COMMIT").unwrap();
    assert_eq!(browser.rows(A), ["1", "2"]);
    assert_eq!(browser.rows(B), ["1", "2"]);
    assert_eq!(seq(&mut browser), before + 1);
}

#[test]
fn commit_is_answered_when_the_store_has_it_and_not_before() {
    let mut browser = tabs_with_table(2);
    run(&mut browser, ONE, "BEGIN; INSERT INTO t VALUES (1)").unwrap();
    browser.hold_store(A);
    let call = browser.execute(A, ONE, "COMMIT");
    browser.settle();
    assert_eq!(browser.answer(A, call), None);
    assert!(browser.rows(A).is_empty());
    browser.release_store(A);
    browser.settle();
    assert!(browser.is_done(A, call));
    assert_eq!(browser.rows(B), ["1"]);
}

#[test]
fn nobody_elses_write_lands_inside_and_all_of_them_come_after() {
    let mut browser = tabs_with_table(2);
    run(&mut browser, ONE, "BEGIN").unwrap();
    let waiting = [
        (A, browser.write(A, "INSERT INTO t VALUES ('queued here')")),
        (B, browser.write(B, "INSERT INTO t VALUES ('queued there')")),
        (A, browser.execute(A, OTHER, "INSERT INTO t VALUES ('another user')")),
    ];
    browser.settle();
    run(&mut browser, ONE, "INSERT INTO t VALUES ('inside')").unwrap();
    for (tab, call) in waiting {
        assert_eq!(browser.answer(tab, call), None, "it waits for the transaction");
    }
    run(&mut browser, ONE, "ROLLBACK").unwrap();
    browser.settle();
    for (tab, call) in waiting {
        assert!(browser.is_done(tab, call));
    }
    let mut rows = browser.rows(B);
    rows.sort();
    assert_eq!(rows, ["another user", "queued here", "queued there"]);
}

#[test]
fn a_transaction_waits_for_the_writes_before_it() {
    let mut browser = tabs_with_table(2);
    browser.hold_store(A);
    let before = browser.write(B, "INSERT INTO t VALUES (1)");
    browser.settle();
    let waiting = browser.write(B, "INSERT INTO t VALUES ('waiting')");
    browser.settle();
    let begin = browser.execute(A, ONE, "BEGIN");
    let inside = browser.execute(
        A,
        ONE,
        "INSERT INTO t SELECT 2 WHERE EXISTS (SELECT 1 FROM t WHERE a = 1)",
    );
    let commit = browser.execute(A, ONE, "COMMIT");
    browser.settle();
    assert_eq!(browser.answer(A, begin), None);
    browser.release_store(A);
    browser.settle();
    for (tab, call) in [(B, before), (B, waiting), (A, begin), (A, commit)] {
        assert!(browser.is_done(tab, call));
    }
    assert_eq!(browser.answer(A, inside).unwrap().unwrap().changes, 1);
    assert_eq!(browser.rows(B), ["1", "waiting", "2"]);
}

#[test]
fn calls_that_are_not_awaited_go_in_in_their_order() {
    let mut browser = tabs_with_table(2);
    let texts = [
        "BEGIN",
        "INSERT INTO t VALUES (1)",
        "COMMIT",
        "INSERT INTO t VALUES (2)",
        "BEGIN",
        "INSERT INTO t VALUES (3)",
        "ROLLBACK",
        "INSERT INTO t VALUES (4)",
    ];
    let calls = texts.map(|sql| browser.execute(A, ONE, sql));
    browser.settle();
    for (call, sql) in calls.into_iter().zip(texts) {
        assert!(browser.is_done(A, call), "{sql}");
    }
    assert_eq!(browser.rows(B), ["1", "2", "4"]);
}

#[test]
fn two_users_transactions_take_turns() {
    let mut browser = tabs_with_table(1);
    run(&mut browser, ONE, "BEGIN; INSERT INTO t VALUES (1)").unwrap();
    let begin = browser.execute(A, OTHER, "BEGIN");
    let insert = browser.execute(A, OTHER, "INSERT INTO t VALUES (2)");
    browser.settle();
    assert_eq!(browser.answer(A, begin), None);
    run(&mut browser, ONE, "COMMIT").unwrap();
    assert!(browser.is_done(A, begin) && browser.is_done(A, insert));
    assert_eq!(browser.rows(A), ["1"], "the second is not committed yet");
    run(&mut browser, OTHER, "COMMIT").unwrap();
    assert_eq!(browser.rows(A), ["1", "2"]);
}

#[test]
fn a_follower_cannot_hold_a_transaction_open_and_is_told_the_way() {
    let mut browser = tabs_with_table(2);
    let call = browser.execute(B, ONE, "BEGIN");
    browser.settle();
    let failure = browser.answer(B, call).unwrap().unwrap_err();
    assert_eq!(failure.code.name(), "WRITE_PERMISSION_DENIED");
    assert!(failure.message.contains("WRITE_PERMISSION_DENIED") && failure.message.contains("batch()"));
    let call = browser.write(B, "BEGIN; INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); COMMIT");
    browser.settle();
    assert!(browser.is_done(B, call));
    assert_eq!(browser.rows(A), ["1", "2"]);
}

#[test]
fn control_without_a_transaction_is_an_error_and_changes_nothing() {
    let mut browser = tabs_with_table(1);
    for sql in ["COMMIT", "ROLLBACK", "RELEASE s"] {
        assert_eq!(code(&mut browser, ONE, sql), "SQLITE_ERROR", "{sql}");
    }
    run(&mut browser, ONE, "BEGIN").unwrap();
    assert_eq!(code(&mut browser, ONE, "BEGIN"), "SQLITE_ERROR", "within a transaction");
    run(&mut browser, ONE, "INSERT INTO t VALUES (1)").unwrap();
    run(&mut browser, ONE, "COMMIT").unwrap();
    assert_eq!(browser.rows(A), ["1"]);
}

#[test]
fn a_transaction_whose_tab_loses_leadership_is_rolled_back_and_says_so() {
    let mut browser = tabs_with_table(2);
    run(&mut browser, ONE, "BEGIN; INSERT INTO t VALUES ('lost')").unwrap();
    browser.freeze(A);
    browser.pass_ms(6_000);
    assert_eq!(browser.leaders(), [A, B]);
    let call = browser.write(B, "INSERT INTO t VALUES ('kept')");
    browser.settle();
    assert!(browser.is_done(B, call));
    browser.thaw(A);
    browser.settle();
    for sql in ["INSERT INTO t VALUES ('not by itself')", "SELECT 1", "COMMIT"] {
        assert_eq!(code(&mut browser, ONE, sql), "TRANSACTION_LOST", "{sql}");
    }
    assert!(run(&mut browser, ONE, "SELECT 1").is_ok(), "COMMIT has ended it");
    for tab in [A, B] {
        assert_eq!(browser.rows(tab), ["kept"]);
    }
    assert_eq!(browser.image_bytes(A), browser.image_bytes(B));
}

#[test]
fn leadership_lost_while_the_commit_is_stored_decides_nothing_by_itself() {
    for durable in [true, false] {
        let mut browser = tabs_with_table(2);
        run(&mut browser, ONE, "BEGIN; INSERT INTO t VALUES (1)").unwrap();
        browser.hold_store(A);
        let call = browser.execute(A, ONE, "COMMIT");
        browser.settle();
        if durable {
            browser.release_store(A);
            browser.settle();
        }
        browser.freeze(A);
        browser.pass_ms(6_000);
        browser.release_store(A);
        browser.thaw(A);
        browser.settle();
        let answer = browser.answer(A, call).expect("answered");
        assert_eq!(answer.is_ok(), durable);
        let expected: &[&str] = if durable { &["1"] } else { &[] };
        assert_eq!(browser.rows(A), expected);
        assert_eq!(browser.rows(B), expected);
    }
}

#[test]
fn a_lost_transaction_is_over_with_rollback_or_a_new_begin() {
    let mut browser = tabs_with_table(1);
    for over in ["ROLLBACK", "BEGIN; DELETE FROM t WHERE 0"] {
        run(&mut browser, ONE, "BEGIN; INSERT INTO t VALUES (1)").unwrap();
        assert_eq!(
            code(&mut browser, ONE, "INSERT OR ROLLBACK INTO t VALUES (1)"),
            "SQLITE_CONSTRAINT_UNIQUE"
        );
        assert_eq!(code(&mut browser, ONE, "INSERT INTO t VALUES (2)"), "TRANSACTION_LOST");
        assert!(run(&mut browser, ONE, over).is_ok());
    }
    run(&mut browser, ONE, "INSERT INTO t VALUES (3)").unwrap();
    run(&mut browser, ONE, "COMMIT").unwrap();
    assert_eq!(browser.rows(A), ["3"]);
}

#[test]
fn a_silent_transaction_is_taken_away_only_when_others_wait_and_they_are_served() {
    let mut browser = tabs_with_table(2);
    run(&mut browser, ONE, "BEGIN; INSERT INTO t VALUES ('silent')").unwrap();
    browser.pass_ms(60_000);
    run(&mut browser, ONE, "INSERT INTO t VALUES ('still there')").unwrap();
    let waiting = browser.write(B, "INSERT INTO t VALUES ('waiting')");
    browser.pass_ms(3_000);
    run(&mut browser, ONE, "SELECT 1").unwrap();
    let second = browser.write(B, "INSERT INTO t VALUES ('second')");
    browser.pass_ms(1_900);
    assert_eq!(browser.answer(B, waiting), None);
    browser.pass_ms(3_100);
    assert!(
        browser.is_done(B, second),
        "asked for just as the transaction fell silent"
    );
    let failure = run(&mut browser, ONE, "COMMIT").unwrap_err();
    assert_eq!(failure.code.name(), "TRANSACTION_LOST");
    assert!(failure.message.contains("silent for 4 s"), "{failure}");
    assert!(!browser.rows(B).contains(&"silent".to_owned()));
}

#[test]
fn a_commit_that_cannot_be_stored_is_refused_with_the_cause_and_leaves_nothing() {
    let mut browser = tabs_with_table(2);
    run(&mut browser, ONE, "BEGIN; INSERT INTO t VALUES (1)").unwrap();
    browser.disk.fail(
        FaultPoint::Before(Operation::Append),
        StoreError::Quota("the disk is full".into()),
    );
    assert_eq!(code(&mut browser, ONE, "COMMIT"), "QUOTA_EXCEEDED");
    assert!(browser.rows(A).is_empty());
    run(&mut browser, ONE, "INSERT INTO t VALUES (2)").unwrap();
    assert_eq!(browser.rows(B), ["2"]);
}

#[test]
fn a_user_who_leaves_takes_its_transaction_along() {
    let mut browser = tabs_with_table(2);
    run(&mut browser, ONE, "BEGIN; INSERT INTO t VALUES (1)").unwrap();
    let queued = browser.execute(A, OTHER, "BEGIN");
    browser.settle();
    browser.request(A, |_| Request::Leave { user: OTHER });
    browser.settle();
    assert_eq!(
        browser.answer(A, queued).unwrap().unwrap_err().code.name(),
        "DATABASE_CLOSED",
        "one that waits is answered"
    );
    let waiting = browser.write(B, "INSERT INTO t VALUES (2)");
    browser.settle();
    browser.request(A, |_| Request::Leave { user: ONE });
    browser.settle();
    assert!(browser.is_done(B, waiting));
    assert_eq!(browser.rows(A), ["2"]);
}

#[test]
fn a_database_that_is_closed_rolls_back_and_the_next_leader_goes_on() {
    let mut browser = tabs_with_table(2);
    run(&mut browser, ONE, "BEGIN; INSERT INTO t VALUES (1)").unwrap();
    let waits = browser.execute(A, OTHER, "BEGIN");
    let waiting = browser.write(B, "INSERT INTO t VALUES (2)");
    browser.settle();
    let closed = browser.request(A, |call| Request::Close { call });
    browser.settle();
    assert!(browser.is_done(A, closed));
    assert_eq!(
        browser.answer(A, waits).unwrap().unwrap_err().code.name(),
        "DATABASE_CLOSED"
    );
    browser.pass_ms(3_000);
    assert!(browser.is_done(B, waiting));
    assert_eq!(browser.leaders(), [B]);
    assert_eq!(browser.rows(B), ["2"]);
}

#[test]
fn a_tab_that_dies_takes_its_open_transaction_along() {
    let mut browser = tabs_with_table(2);
    run(&mut browser, ONE, "BEGIN; INSERT INTO t VALUES (1)").unwrap();
    let waiting = browser.write(B, "INSERT INTO t VALUES (2)");
    browser.settle();
    browser.kill(A);
    browser.settle();
    assert!(browser.is_done(B, waiting));
    assert_eq!(browser.rows(B), ["2"]);
}

#[test]
fn a_sync_inside_a_transaction_does_not_wait_for_what_waits_for_it() {
    let mut browser = tabs_with_table(1);
    run(&mut browser, ONE, "BEGIN; INSERT INTO t VALUES (1)").unwrap();
    let queued = browser.write(A, "INSERT INTO t VALUES (2)");
    let mine = browser.request(A, |call| Request::Sync { call, user: ONE });
    let others = browser.request(A, |call| Request::Sync { call, user: OTHER });
    browser.settle();
    assert!(browser.is_done(A, mine));
    assert_eq!(browser.answer(A, others), None);
    run(&mut browser, ONE, "COMMIT").unwrap();
    assert!(browser.is_done(A, queued) && browser.is_done(A, others));
}

#[test]
fn a_begin_that_cannot_have_its_turn_fails_with_all_that_was_asked_behind_it() {
    let mut browser = tabs_with_table(1);
    run(&mut browser, ONE, "BEGIN").unwrap();
    let texts = [
        "BEGIN",
        "INSERT INTO t VALUES (1)",
        "COMMIT",
        "INSERT INTO t VALUES (2)",
    ];
    let [begin, insert, commit, after] = texts.map(|sql| browser.execute(A, OTHER, sql));
    for _ in 0..11 {
        // The transaction is not silent: its user calls all the time.
        run(&mut browser, ONE, "SELECT 1").unwrap();
        browser.pass_ms(1_000);
    }
    for call in [begin, insert, commit] {
        assert_eq!(browser.answer(A, call).unwrap().unwrap_err().code.name(), "TIMEOUT");
    }
    run(&mut browser, ONE, "COMMIT").unwrap();
    browser.settle();
    assert!(browser.is_done(A, after), "it stands behind the COMMIT");
    assert_eq!(browser.rows(A), ["2"]);
}

#[test]
fn a_query_by_the_owner_sees_the_transaction_and_only_reads() {
    let mut browser = tabs_with_table(1);
    run(&mut browser, ONE, "BEGIN; INSERT INTO t VALUES (1)").unwrap();
    let query = |browser: &mut Browser, user, sql: &str| {
        let statement = Statement::new(sql);
        let call = browser.request(A, |call| Request::Query {
            call,
            user,
            statement,
            recall: None,
        });
        browser.settle();
        browser.answer(A, call).expect("answered")
    };
    assert_eq!(query(&mut browser, ONE, "SELECT a FROM t").unwrap().rows.len(), 1);
    assert_eq!(query(&mut browser, OTHER, "SELECT a FROM t").unwrap().rows.len(), 0);
    for user in [ONE, OTHER] {
        let refused = query(&mut browser, user, "DELETE FROM t").unwrap_err();
        assert_eq!(refused.code.name(), "SQLITE_READONLY");
    }
    run(&mut browser, ONE, "COMMIT").unwrap();
    assert_eq!(browser.rows(A), ["1"]);
}
