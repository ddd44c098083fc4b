//! IndexedDB as futures: the result of a request, the end of a transaction, and listeners that remove themselves.
//! Nothing is decided here; `storage::indexeddb` decides.
//!
//! Every future listens from the moment it is made, not from its first poll. So several requests can be made and then
//! awaited one by one. Waking goes through a microtask (`wasm-bindgen-futures`), and a transaction stays active in the
//! microtasks after its request's event (Indexed Database API 3.0, 5.9 "fire a success event"). So the next request may
//! follow an `await`.
//!
//! A crate was refused: these few adapters are all that is needed, and they keep in sight what a store must control
//! itself (durability, and that "done" means a transaction's `complete`, never a request's success).

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{Event, EventTarget, IdbDatabase, IdbFactory, IdbRequest, IdbTransaction};

// Two methods as the standard has them. `web_sys` keeps the options behind a compiler flag, and calls `commit`
// deprecated because it once was a Mozilla invention.
#[wasm_bindgen]
extern "C" {
    type Database;
    #[wasm_bindgen(method, catch)]
    fn transaction(this: &Database, tables: &Array, mode: &str, options: &Object) -> Result<IdbTransaction, JsValue>;

    type Transaction;
    #[wasm_bindgen(method, catch)]
    fn commit(this: &Transaction) -> Result<(), JsValue>;
}

/// Listens to the named events of one target until it is dropped.
#[must_use = "nothing is heard after this is dropped"]
pub struct EventListener {
    target: EventTarget,
    names: &'static [&'static str],
    heard: Closure<dyn FnMut(Event)>,
}

/// Resolves with the first of several events.
struct FirstEvent {
    state: Rc<RefCell<State>>,
    _listener: EventListener,
}

#[derive(Default)]
struct State {
    event: Option<Event>,
    waker: Option<Waker>,
}

/// The `indexedDB` of this window or worker; `None` where there is none.
///
/// # Errors
/// What the browser throws where a page may not even ask (an opaque origin, or storage switched off).
pub fn factory() -> Result<Option<IdbFactory>, JsValue> {
    let factory = Reflect::get(&js_sys::global(), &"indexedDB".into())?;
    Ok(factory.dyn_into().ok())
}

/// `IDBDatabase.transaction(tables, mode, { durability })`.
///
/// # Errors
/// `InvalidStateError` if the connection is closed, `NotFoundError` if a table does not exist.
pub fn begin(database: &IdbDatabase, tables: &[&str], mode: &str, durability: &str) -> Result<IdbTransaction, JsValue> {
    let tables: Array = tables.iter().map(|table| JsValue::from(*table)).collect();
    let options = Object::new();
    Reflect::set(&options, &"durability".into(), &durability.into())?;
    database
        .unchecked_ref::<Database>()
        .transaction(&tables, mode, &options)
}

/// `IDBTransaction.commit()`: no request follows, so the transaction does not wait until this thread has heard the
/// results of its requests.
///
/// # Errors
/// `InvalidStateError` if the transaction has ended.
pub fn commit(transaction: &IdbTransaction) -> Result<(), JsValue> {
    transaction.unchecked_ref::<Transaction>().commit()
}

/// The result of a request.
///
/// # Errors
/// Its `error`, a `DOMException`.
pub fn answer(request: IdbRequest) -> impl Future<Output = Result<JsValue, JsValue>> {
    let settled = FirstEvent::new(&request, &["success", "error"]);
    async move {
        settled.await;
        match request.error()? {
            Some(error) => Err(error.into()),
            None => request.result(),
        }
    }
}

/// The end of a transaction. `Ok` means that it is `complete`, so what it wrote is kept.
///
/// # Errors
/// Why it was aborted: a `DOMException`, or `null` if [`IdbTransaction::abort`] was called.
pub fn end(transaction: IdbTransaction) -> impl Future<Output = Result<(), JsValue>> {
    let ended = FirstEvent::new(&transaction, &["complete", "abort"]);
    async move {
        match ended.await.type_().as_str() {
            "complete" => Ok(()),
            _ => Err(transaction.error().map_or(JsValue::NULL, JsValue::from)),
        }
    }
}

impl EventListener {
    /// Calls `heard` for each of these events, until the listener is dropped.
    pub fn new(target: &EventTarget, names: &'static [&'static str], heard: impl FnMut(Event) + 'static) -> Self {
        let heard = Closure::<dyn FnMut(Event)>::new(heard);
        for name in names {
            target
                .add_event_listener_with_callback(name, heard.as_ref().unchecked_ref())
                .expect("DOM 2.7: adding a listener throws nothing");
        }
        EventListener {
            target: target.clone(),
            names,
            heard,
        }
    }
}

impl Drop for EventListener {
    fn drop(&mut self) {
        for name in self.names {
            self.target
                .remove_event_listener_with_callback(name, self.heard.as_ref().unchecked_ref())
                .expect("DOM 2.7: removing a listener throws nothing");
        }
    }
}

impl FirstEvent {
    fn new(target: &EventTarget, names: &'static [&'static str]) -> Self {
        let state = Rc::new(RefCell::new(State::default()));
        let heard = {
            let state = Rc::clone(&state);
            move |event| {
                let mut state = state.borrow_mut();
                state.event.get_or_insert(event);
                if let Some(waker) = state.waker.take() {
                    waker.wake();
                }
            }
        };
        FirstEvent {
            state,
            _listener: EventListener::new(target, names, heard),
        }
    }
}

impl Future for FirstEvent {
    type Output = Event;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Event> {
        let mut state = self.state.borrow_mut();
        match state.event.take() {
            Some(event) => Poll::Ready(event),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}
