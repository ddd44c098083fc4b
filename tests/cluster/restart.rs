//! A page whose worker died: the next worker knows which transactions the page's users have lost. A query that its page
//! has ended or interrupted is not run.

use sqlite_elements::request::{Event, QueryId, Request, UserId};

use crate::browser::{A, Browser};

const USER: UserId = UserId(1);

fn run(browser: &mut Browser, sql: &str) -> Result<(), String> {
    let call = browser.execute(A, USER, sql);
    browser.settle();
    let answer = browser.answer(A, call).unwrap_or_else(|| panic!("{sql} is answered"));
    answer.map(drop).map_err(|failure| failure.code.to_string())
}

/// The users whose transactions would be lost with the worker, each time that the page was told.
fn told(browser: &mut Browser) -> Vec<Vec<UserId>> {
    let users = browser.events(A).iter().filter_map(|event| match event {
        Event::Transactions { users } => Some(users.clone()),
        _ => None,
    });
    users.collect()
}

#[test]
fn the_page_knows_from_begin_to_commit_whose_transaction_would_be_lost() {
    let mut browser = Browser::with_tabs(1);
    run(&mut browser, "CREATE TABLE t(a)").unwrap();
    run(&mut browser, "BEGIN").unwrap();
    run(&mut browser, "INSERT INTO t VALUES (1)").unwrap();
    assert_eq!(told(&mut browser), [vec![USER]]);
    run(&mut browser, "COMMIT").unwrap();
    assert_eq!(told(&mut browser), [vec![USER], vec![]]);
}

#[test]
fn a_transaction_that_died_with_a_worker_is_told_as_lost_until_it_is_rolled_back() {
    let mut browser = Browser::with_tabs(1);
    run(&mut browser, "CREATE TABLE t(a)").unwrap();
    browser.request(A, |_| Request::Lost { user: USER });
    let lost = Err("TRANSACTION_LOST".to_owned());
    assert_eq!(run(&mut browser, "INSERT INTO t VALUES (1)"), lost);
    assert_eq!(run(&mut browser, "INSERT INTO t VALUES (2)"), lost);
    assert_eq!(told(&mut browser), [vec![USER]], "should this worker die too");
    run(&mut browser, "ROLLBACK").unwrap();
    assert_eq!(told(&mut browser), [vec![USER], vec![]]);
    run(&mut browser, "INSERT INTO t VALUES (3)").unwrap();
    assert_eq!(browser.column(A, "SELECT a FROM t"), ["3"]);
}

#[test]
fn a_live_query_whose_end_has_arrived_is_never_run() {
    let mut browser = Browser::with_tabs(1);
    browser.subscribe(A, 1, "SELECT 1");
    browser.subscribe(A, 2, "SELECT 2");
    browser.request(A, |_| Request::Unsubscribe { query: QueryId(1) });
    browser.settle();
    assert!(browser.told(A, 1).is_empty());
    assert_eq!(browser.told(A, 2).len(), 1);
}

#[test]
fn an_interrupt_ends_live_queries_that_wait_to_run() {
    let mut browser = Browser::with_tabs(1);
    browser.subscribe(A, 1, "SELECT 1");
    browser.request(A, |_| Request::Recall {
        name: "blob:page".into(),
        control: "blob:control".into(),
    });
    browser.settle();
    let told = browser.told(A, 1);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].as_ref().unwrap_err().code.name(), "SQLITE_INTERRUPT");
}
