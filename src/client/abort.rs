//! Queries that script can abort, by an `AbortSignal` (<https://dom.spec.whatwg.org/#interface-AbortSignal>).
//!
//! The promise rejects at once with the signal's reason. The worker hears no messages while SQLite runs, but a
//! [`Recall`] shows it that nobody waits for the query, and it stops. It never begins an aborted query that still
//! waits. A write cannot be aborted, because another tab may have done it by now.

#![cfg(target_family = "wasm")]

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::AbortSignal;

use super::connection::{Connection, outcome};
use crate::request::Failure;
use crate::sql::{Outcome, Statement};
use crate::web::{Inbox, Recall};

/// Runs a query until it is done or aborted.
pub(super) async fn query(
    connection: &Connection,
    statement: Statement,
    signal: AbortSignal,
) -> Result<Outcome, JsValue> {
    if signal.aborted() {
        return Err(signal.reason());
    }
    // Dropped on every way out, which tells the worker that it need not go on.
    let recall = Recall::new().map_err(Failure::from)?;
    let name = recall.name().to_owned();
    let ended = Inbox::<Result<Outcome, JsValue>>::default();
    let (done, given_up, reason) = (ended.clone(), ended.clone(), signal.clone());
    let abort = Closure::<dyn FnMut()>::new(move || given_up.push(Err(reason.reason())));
    signal.add_event_listener_with_callback("abort", abort.as_ref().unchecked_ref())?;
    let (call, answer) = connection.ask(statement, Some(name))?;
    spawn_local(async move {
        let answered = answer.next().await.and_then(outcome);
        done.push(answered.map_err(JsValue::from));
    });
    let ended = ended.next().await;
    // Without an answer the query was aborted, and the worker need not begin it.
    connection.cancel(call);
    signal.remove_event_listener_with_callback("abort", abort.as_ref().unchecked_ref())?;
    ended
}
