//! A work that runs for a long time: its leader stays the leader, and the work is stopped when no page waits for it.

use std::cell::RefCell;
use std::rc::Rc;

use sqlite_elements::protocol::Message;
use sqlite_elements::request::{CallId, Request};
use sqlite_elements::sql::{Statement, Work};
use sqlite_elements::time::Timestamp;

use crate::browser::{A, B, Browser, TabNo};

const LONG: &str = "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) \
                    SELECT count(*) FROM n";

/// Moves the leader's clock by `step_ms` each time that SQLite calls. Returns what the leader says meanwhile.
fn slow_down(browser: &mut Browser, step_ms: u64) -> Rc<RefCell<Vec<Message>>> {
    let said = Rc::new(RefCell::new(Vec::new()));
    let (kept, now) = (Rc::clone(&said), RefCell::new(browser.now()));
    let tab = browser.tab_itself(A);
    let pulse = tab.pulse();
    tab.engine().set_on_progress(Rc::new(move |headway| {
        let later: Timestamp = now.borrow().after_ms(step_ms);
        now.replace(later);
        let (bytes, progress) = pulse.borrow_mut().beat(later, headway);
        kept.borrow_mut()
            .extend(bytes.map(|bytes| Message::decode(&bytes).expect("a message")));
        progress
    }));
    said
}

fn write_long(browser: &mut Browser, timeout_ms: u32) -> Option<Result<u64, String>> {
    let work = Work::batch(vec![Statement::new(LONG)]);
    let call = browser.request(B, |call| Request::Write { call, work, timeout_ms });
    browser.settle();
    let answer = browser.answer(B, call)?;
    Some(
        answer
            .map(|outcome| outcome.changes)
            .map_err(|failure| failure.code.to_string()),
    )
}

#[test]
fn a_leader_renews_its_lease_while_sqlite_runs() {
    let mut browser = Browser::with_table(2);
    let begin = browser.now();
    let said = slow_down(&mut browser, 50);
    assert_eq!(write_long(&mut browser, 60_000), Some(Ok(1)));
    let said = said.borrow();
    assert!(said.len() > 3, "SQLite called often enough: {}", said.len());
    let mut last = begin;
    for message in said.iter() {
        let Message::Lead { lease_expiry, .. } = message else {
            panic!("not a sign of life: {message:?}");
        };
        let later_ms = lease_expiry.ms_since(last);
        assert!(later_ms >= 1_000.0, "one each second, and each extends the lease");
        last = *lease_expiry;
    }
    assert_eq!(browser.column(B, "SELECT a FROM t"), ["300000"]);
}

#[test]
fn a_work_that_takes_longer_than_its_page_waits_is_stopped_and_has_no_effect() {
    let mut browser = Browser::with_table(2);
    let said = slow_down(&mut browser, 300);
    assert_eq!(write_long(&mut browser, 2_000), Some(Err("SQLITE_INTERRUPT".into())));
    assert!(said.borrow().len() <= 2, "nothing is said after that");
    assert!(browser.column(A, "SELECT a FROM t").is_empty());
    let next = browser.write(B, "INSERT INTO t VALUES ('next')");
    browser.settle();
    assert!(browser.is_done(B, next));
    assert_eq!(browser.column(B, "SELECT a FROM t"), ["next"]);
}

const ENDLESS: &str =
    "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

fn write_endless(browser: &mut Browser, tab: TabNo) -> CallId {
    let work = Work::batch(vec![Statement::new(ENDLESS)]);
    browser.request(tab, |call| Request::Write {
        call,
        work,
        timeout_ms: 600_000,
    })
}

#[test]
fn a_write_that_takes_long_lets_the_others_have_their_turn_and_is_stopped_after_a_minute() {
    let mut browser = Browser::with_table(2);
    let said = slow_down(&mut browser, 300);
    let endless = write_endless(&mut browser, B);
    browser.settle_until(|browser| browser.answer(B, endless).is_none() && !said.borrow().is_empty());
    // The leader could not know of this write while SQLite ran.
    let next = browser.write(A, "INSERT INTO t VALUES ('next')");
    browser.settle_until(|browser| browser.answer(A, next).is_some());
    assert!(browser.is_done(A, next));
    assert_eq!(browser.answer(B, endless), None, "it is not given up yet");
    browser.pass_ms(1_000);
    let failure = browser.answer(B, endless).expect("answered").unwrap_err();
    assert_eq!(failure.code.name(), "WRITE_TOO_LONG");
    assert_eq!(browser.column(B, "SELECT a FROM t"), ["next"]);
}

#[test]
fn a_write_that_takes_long_is_given_up_when_its_tab_is_gone() {
    let mut browser = Browser::with_table(2);
    let said = slow_down(&mut browser, 300);
    write_endless(&mut browser, B);
    browser.settle_until(|_| !said.borrow().is_empty());
    browser.kill(B);
    let before = said.borrow().len();
    browser.pass_ms(2_000);
    let next = browser.write(A, "INSERT INTO t VALUES ('next')");
    browser.settle();
    assert!(browser.is_done(A, next));
    assert_eq!(said.borrow().len(), before, "it was not run again");
}

#[test]
fn a_live_query_without_end_is_stopped_and_says_so_in_its_place() {
    let mut browser = Browser::with_table(2);
    slow_down(&mut browser, 300);
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    browser.subscribe(A, 1, endless);
    browser.settle();
    let told = browser.told(A, 1);
    assert!(
        matches!(&told[..], [Err(failure)] if failure.code.name() == "QUERY_TOO_LONG"),
        "{told:?}"
    );
    let next = browser.write(A, "INSERT INTO t VALUES ('next')");
    browser.settle();
    assert!(browser.is_done(A, next));
    assert!(browser.told(A, 1).is_empty(), "it is not run again");
}
