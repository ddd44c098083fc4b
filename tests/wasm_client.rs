//! The client where its worker cannot be started: nothing hangs, everybody is told, and why.
//!
//! The worker imports the module that the client was bundled into and calls its `startWorker`; a test's module
//! has none, so the worker fails as it does on a page whose policy forbids it. With a worker the client is tested
//! end to end, in several tabs.
#![cfg(target_family = "wasm")]

use std::cell::RefCell;
use std::rc::Rc;

use sqlite_elements::client::{Connection, OpenOptions, js_error};
use sqlite_elements::request::{Event, Failure, FailureKind};
use sqlite_elements::sql::{Statement, Work};
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
    ];
    for failure in &answers {
        assert_eq!(failure.code, "WORKER_UNAVAILABLE");
        assert!(
            failure.message.contains("worker-src blob:"),
            "it names the policy: {failure}"
        );
    }
    assert_eq!(connection.status().failure.as_ref(), Some(&answers[0]));
    assert_eq!(connection.close().await, Ok(()));
    assert_eq!(connection.opened().await, Err(Failure::closed()));
}

#[wasm_bindgen_test]
async fn listeners_and_live_queries_are_told_if_the_worker_cannot_start() {
    let told = Rc::new(RefCell::new(Vec::new()));
    let connection = open("unavailable");
    let (heard, rows) = (Rc::clone(&told), Rc::clone(&told));
    let _listener = connection.listen(move |event| match event {
        Event::Failed(failure) => heard.borrow_mut().push(("listener", failure.code.clone())),
        other => panic!("nothing else can have happened: {other:?}"),
    });
    let _live = connection.subscribe(Statement::new("SELECT 1"), move |answer| {
        rows.borrow_mut().push(("live query", answer.unwrap_err().code));
    });
    connection.opened().await.unwrap_err();
    let code = "WORKER_UNAVAILABLE".to_owned();
    assert_eq!(*told.borrow(), [("live query", code.clone()), ("listener", code)]);
}

#[wasm_bindgen_test]
async fn each_user_closes_for_itself() {
    let (first, second) = (open("shared"), open("shared"));
    first.close().await.unwrap();
    assert_eq!(first.execute(Statement::new("SELECT 1")).await, Err(Failure::closed()));
    assert_eq!(second.opened().await.unwrap_err().code, "WORKER_UNAVAILABLE");
}

#[wasm_bindgen_test]
fn a_failure_is_an_error_with_a_name_and_a_code() {
    let error = js_error(&Failure::new(FailureKind::Write, "TIMEOUT", "timeout: nobody answered"));
    let error: js_sys::Error = error.dyn_into().unwrap();
    assert_eq!(error.name(), "WriteError");
    assert_eq!(error.message(), "timeout: nobody answered");
    assert_eq!(js_sys::Reflect::get(&error, &"code".into()).unwrap(), "TIMEOUT");
}
