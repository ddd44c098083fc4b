//! The client without a worker, because none can be started: nothing hangs, and each caller is told why.
//!
//! The worker imports `sqlite-elements.js` from beside the client's module. There is no such file beside a test's
//! module, so the worker fails as it does on a page whose policy forbids it. The client with a worker is tested end to
//! end, in several tabs.
#![cfg(target_family = "wasm")]

use std::cell::RefCell;
use std::rc::Rc;

use sqlite_elements::client::{Connection, OpenOptions, js_error};
use sqlite_elements::request::{Event, Failure, FailureKind, MetricsAction};
use sqlite_elements::sql::{Code, Statement, Work};
use sqlite_elements::storage::Durability;
use sqlite_elements::web::Inbox;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use wasm_bindgen_test::wasm_bindgen_test;

fn open(name: &str) -> Connection {
    Connection::open(
        name,
        OpenOptions {
            durability: Durability::Relaxed,
        },
    )
}

#[wasm_bindgen_test]
async fn every_call_is_answered_if_the_worker_cannot_start() {
    let connection = open("unavailable");
    let asked_before = Inbox::default();
    let (writer, written) = (connection.clone(), asked_before.clone());
    spawn_local(async move {
        written.push(
            writer
                .write(Work::batch(vec![Statement::new("SELECT 1")]), 60_000)
                .await,
        );
    });
    let answers = [
        connection.opened().await.unwrap_err(),
        asked_before.next().await.unwrap_err(),
        connection.execute(Statement::new("SELECT 1")).await.unwrap_err(),
        connection.flush().await.unwrap_err(),
        connection.leader_info().await.unwrap_err(),
        connection.query(Statement::new("SELECT 1"), None).await.unwrap_err(),
        connection.classify("SELECT 1".to_owned()).await.unwrap_err(),
        connection.metrics(MetricsAction::Read).await.unwrap_err(),
        connection.led().await.unwrap_err(),
        connection.lead().await.unwrap_err(),
        connection.request_leadership().await.unwrap_err(),
    ];
    for failure in &answers {
        assert_eq!(failure.code.name(), "WORKER_UNAVAILABLE");
        assert!(
            failure.message.contains("worker-src blob:"),
            "it names the policy: {failure}"
        );
    }
    assert_eq!(connection.status().failure.as_ref(), Some(&answers[0]));
    connection.close().await;
    assert_eq!(connection.opened().await, Err(Failure::closed()));
}

#[wasm_bindgen_test]
async fn who_waits_for_leadership_is_told_at_once_that_the_database_failed() {
    let connection = open("unavailable");
    let answers = Inbox::default();
    for wait in 0..3 {
        let (waiting, answered) = (connection.clone(), answers.clone());
        spawn_local(async move {
            answered.push(match wait {
                0 => waiting.led().await,
                1 => waiting.lead().await,
                _ => waiting.request_leadership().await,
            });
        });
    }
    let failure = connection.opened().await.unwrap_err();
    assert_eq!(failure.code.name(), "WORKER_UNAVAILABLE");
    for _ in 0..3 {
        assert_eq!(answers.next().await, Err(failure.clone()));
    }
}

#[wasm_bindgen_test]
async fn what_a_user_waits_for_and_hears_of_ends_with_it() {
    let (first, second) = (open("ending"), open("ending"));
    let told = Rc::new(RefCell::new(Vec::new()));
    let (heard, others) = (Rc::clone(&told), Rc::clone(&told));
    let _listener = first.listen(move |event| match event {
        Event::Failed(failure) => heard.borrow_mut().push(("first", failure.code.to_string())),
        other => panic!("nothing else can have happened: {other:?}"),
    });
    let _live = first.subscribe(Statement::new("SELECT 1"), |answer| {
        panic!("it ended with its user: {answer:?}");
    });
    let _other = second.listen(move |_| others.borrow_mut().push(("second", String::new())));
    let answers = Inbox::default();
    let (waiting, answered) = (first.clone(), answers.clone());
    spawn_local(async move { answered.push(waiting.lead().await) });
    let (closing, closed) = (first.clone(), answers.clone());
    spawn_local(async move {
        closing.close().await;
        closed.push(closing.opened().await);
    });
    assert_eq!(answers.next().await, Err(Failure::closed()));
    assert_eq!(answers.next().await, Err(Failure::closed()));
    assert_eq!(*told.borrow(), [("first", "DATABASE_CLOSED".to_owned())]);
    assert_eq!(second.opened().await.unwrap_err().code.name(), "WORKER_UNAVAILABLE");
}

#[wasm_bindgen_test]
async fn closing_is_for_all_who_close_at_once() {
    let connection = open("closing");
    let closed = Inbox::default();
    for _ in 0..2 {
        let (closing, done) = (connection.clone(), closed.clone());
        spawn_local(async move {
            closing.close().await;
            done.push(closing.status().failure.is_some());
        });
    }
    for _ in 0..2 {
        assert!(closed.next().await, "the session is over when close() resolves");
    }
    connection.close().await;
    let next = open("closing");
    assert_eq!(
        next.opened().await.unwrap_err().code.name(),
        "WORKER_UNAVAILABLE",
        "a new session, not the closed one"
    );
}

#[wasm_bindgen_test]
async fn listeners_and_live_queries_are_told_if_the_worker_cannot_start() {
    let told = Rc::new(RefCell::new(Vec::new()));
    let connection = open("unavailable");
    let (heard, rows) = (Rc::clone(&told), Rc::clone(&told));
    let _listener = connection.listen(move |event| match event {
        Event::Failed(failure) => heard.borrow_mut().push(("listener", failure.code.to_string())),
        other => panic!("nothing else can have happened: {other:?}"),
    });
    let _live = connection.subscribe(Statement::new("SELECT 1"), move |answer| {
        rows.borrow_mut()
            .push(("live query", answer.unwrap_err().code.to_string()));
    });
    connection.opened().await.unwrap_err();
    let code = "WORKER_UNAVAILABLE".to_owned();
    assert_eq!(*told.borrow(), [("live query", code.clone()), ("listener", code)]);
}

#[wasm_bindgen_test]
async fn each_user_closes_for_itself() {
    let (first, second) = (open("shared"), open("shared"));
    first.close().await;
    assert_eq!(first.execute(Statement::new("SELECT 1")).await, Err(Failure::closed()));
    assert_eq!(second.opened().await.unwrap_err().code.name(), "WORKER_UNAVAILABLE");
}

#[wasm_bindgen_test]
fn a_failure_is_an_error_with_a_name_and_a_code() {
    let error = js_error(&Failure::new(
        FailureKind::Write,
        Code::Timeout,
        "timeout: nobody answered",
    ));
    let error: js_sys::Error = error.dyn_into().unwrap();
    assert_eq!(error.name(), "WriteError");
    assert_eq!(error.message(), "timeout: nobody answered");
    assert_eq!(js_sys::Reflect::get(&error, &"code".into()).unwrap(), "TIMEOUT");
}
