//! Queries that script can give up, by an `AbortSignal` (<https://dom.spec.whatwg.org/#interface-AbortSignal>).
//!
//! The promise rejects at once with the signal's reason; the worker, which hears nothing while SQLite runs, sees by a
//! [`Recall`] that nobody waits any more, and stops; one that it has not begun it never begins. A write cannot be given up: it may be done in another tab by now.

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::AbortSignal;

use super::connection::{Connection, outcome};
use crate::request::Failure;
use crate::sql::{Outcome, Statement};
use crate::web::{Inbox, Recall};

/// Runs a query until it is done or given up.
pub(super) async fn query(
    connection: &Connection,
    statement: Statement,
    signal: AbortSignal,
) -> Result<Outcome, JsValue> {
    if signal.aborted() {
        return Err(signal.reason());
    }
    // Dropped at the end, however it comes: then the worker need not go on.
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
    // If it has no answer: then it need not be begun.
    connection.cancel(call);
    signal.remove_event_listener_with_callback("abort", abort.as_ref().unchecked_ref())?;
    ended
}
