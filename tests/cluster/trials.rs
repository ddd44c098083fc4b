//! A write that kills or hangs the worker that runs it ends two leaders at the most, and no other write is refused for
//! it.

use sqlite_elements::request::{CallId, Request};
use sqlite_elements::sql::{Statement, Work};

use crate::browser::{A, B, Browser, C, D, TabNo};
use crate::poison;

/// After this time the last word of a leader has arrived, if there was one.
const WORD_MS: u64 = 500;

fn tabs_with_table(count: usize) -> Browser {
    poison::brew();
    Browser::with_table(count)
}

fn write(browser: &mut Browser, tab: TabNo, sql: &str) -> CallId {
    let work = Work::batch(vec![Statement::new(sql)]);
    browser.request(tab, |call| Request::Write {
        call,
        work,
        timeout_ms: 60_000,
    })
}

fn crash() -> String {
    format!("INSERT INTO t VALUES ('poison') {}", poison::CRASH)
}

fn code(browser: &mut Browser, tab: TabNo, call: CallId) -> Option<String> {
    let answer = browser.answer(tab, call)?;
    Some(answer.map_or_else(|failure| failure.code.to_string(), |_| "done".into()))
}

#[test]
fn a_write_that_kills_its_leader_meets_one_more_and_is_refused_by_the_third() {
    let mut browser = tabs_with_table(5);
    let asker = TabNo(4);
    let call = write(&mut browser, asker, &crash());
    browser.settle();
    assert_eq!(browser.poisoned(), [A, B]);
    assert_eq!(browser.leaders(), [C]);
    // B may have resigned, and its last word could arrive after the first word of C.
    assert_eq!(code(&mut browser, asker, call), None);
    browser.pass_ms(WORD_MS);
    assert_eq!(code(&mut browser, asker, call).as_deref(), Some("WRITE_POISONED"));
    let next = write(&mut browser, D, "INSERT INTO t VALUES ('next')");
    browser.settle();
    assert_eq!(code(&mut browser, D, next).as_deref(), Some("done"));
}

#[test]
fn writes_that_were_with_a_leader_that_was_killed_are_done_by_the_next() {
    let mut browser = tabs_with_table(5);
    let asker = TabNo(4);
    // The writes below are all in one group with the poison, some of them behind it.
    browser.hold_store(A);
    write(&mut browser, D, "INSERT INTO t VALUES (0)");
    browser.settle();
    let poison = write(&mut browser, asker, &crash());
    let innocent: Vec<_> = (1..=6)
        .map(|number| {
            let tab = if number % 2 == 0 { D } else { asker };
            (
                tab,
                write(&mut browser, tab, &format!("INSERT INTO t VALUES ({number})")),
            )
        })
        .collect();
    browser.settle();
    browser.release_store(A);
    browser.settle();
    browser.pass_ms(WORD_MS);
    assert_eq!(browser.poisoned(), [A, B]);
    assert_eq!(code(&mut browser, asker, poison).as_deref(), Some("WRITE_POISONED"));
    for (tab, call) in innocent {
        assert_eq!(code(&mut browser, tab, call).as_deref(), Some("done"));
    }
    let mut rows = browser.column(C, "SELECT a FROM t ORDER BY a");
    rows.dedup();
    assert_eq!(rows, ["0", "1", "2", "3", "4", "5", "6"]);
}

#[test]
fn a_poison_of_the_leaders_own_page_ends_no_other_tab() {
    let mut browser = tabs_with_table(3);
    write(&mut browser, A, &crash());
    browser.settle();
    assert_eq!(browser.poisoned(), [A]);
    assert_eq!(browser.leaders(), [B]);
}

#[test]
fn a_write_that_hangs_takes_two_leaders_and_is_refused_by_the_third() {
    let mut browser = tabs_with_table(5);
    let asker = TabNo(4);
    let sql = format!("INSERT INTO t VALUES ('poison') {}", poison::HANG);
    let call = write(&mut browser, asker, &sql);
    browser.pass_ms(6_000);
    assert_eq!(browser.poisoned().len(), 2);
    assert_eq!(code(&mut browser, asker, call), None);
    browser.pass_ms(6_000);
    assert_eq!(browser.poisoned().len(), 2);
    assert_eq!(code(&mut browser, asker, call).as_deref(), Some("WRITE_POISONED"));
    let next = write(&mut browser, asker, "INSERT INTO t VALUES ('next')");
    browser.settle();
    assert_eq!(code(&mut browser, asker, next).as_deref(), Some("done"));
}

#[test]
fn a_suspect_that_was_stored_after_all_is_acknowledged_and_not_refused() {
    let mut browser = tabs_with_table(4);
    browser.hold_store(A);
    let call = write(&mut browser, D, "INSERT INTO t VALUES (1)");
    browser.settle();
    browser.store_without_telling(A);
    browser.kill(A);
    browser.settle();
    assert_eq!(code(&mut browser, D, call).as_deref(), Some("done"));
    assert_eq!(browser.column(D, "SELECT a FROM t"), ["1"]);
}

#[test]
fn leaders_that_hand_over_or_close_make_no_suspects() {
    let mut browser = tabs_with_table(4);
    browser.hold_store(A);
    write(&mut browser, D, "INSERT INTO t VALUES (0)");
    browser.settle();
    let calls: Vec<_> = (1..=3)
        .map(|number| write(&mut browser, D, &format!("INSERT INTO t VALUES ({number})")))
        .collect();
    browser.request(A, |call| Request::Close { call });
    browser.settle();
    browser.release_store(A);
    browser.settle();
    assert_eq!(browser.leaders(), [B]);
    assert!(!browser.has_said_trying());
    for call in calls {
        assert_eq!(code(&mut browser, D, call).as_deref(), Some("done"));
    }
}

/// A work that it has not begun is the next leader's. It has said that it ended, and must not die of the work after
/// that.
#[test]
fn a_leader_that_has_resigned_runs_nothing_more() {
    poison::brew();
    let mut browser = Browser::without_locks(4);
    let leader = browser.leaders()[0];
    let asker = if leader == D { C } else { D };
    write(&mut browser, asker, "CREATE TABLE t(a)");
    browser.settle();
    // The poison waits, because the lease is being renewed. Then the leader goes out of sight.
    browser.hold_store(leader);
    browser.pass_ms(1_200);
    let call = write(&mut browser, asker, &crash());
    browser.settle();
    assert!(browser.poisoned().is_empty());
    browser.request(leader, |_| Request::Suspend);
    browser.settle();
    browser.release_store(leader);
    browser.settle();
    browser.pass_ms(20_000);
    let poisoned = browser.poisoned();
    assert_eq!((poisoned.len(), poisoned.contains(&leader)), (2, false), "{poisoned:?}");
    assert_eq!(code(&mut browser, asker, call).as_deref(), Some("WRITE_POISONED"));
}

/// While the leader asks for a suspect's go-ahead, other writes wait only for a moment.
#[test]
fn an_asker_that_is_frozen_keeps_nobody_from_writing() {
    let mut browser = tabs_with_table(4);
    browser.hold_store(A);
    let call = write(&mut browser, D, "INSERT INTO t VALUES (1)");
    browser.settle();
    browser.kill(A);
    // D hears of the new leader, sends its write again, and is frozen before it reads the question.
    browser.settle_until(|browser| browser.has_said_trying());
    browser.freeze(D);
    let other = write(&mut browser, C, "INSERT INTO t VALUES (2)");
    browser.pass_ms(600);
    assert_eq!(code(&mut browser, C, other).as_deref(), Some("done"));
    browser.thaw(D);
    browser.pass_ms(5_000);
    assert_eq!(code(&mut browser, D, call).as_deref(), Some("done"));
}
