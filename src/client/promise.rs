//! Promises, made in one place: each method has its own future, and all share the code around them.
//!
//! `async` methods of a `#[wasm_bindgen]` class were refused: each brings a copy of the code around its future (some
//! 3 KiB, so 60 KiB in all), and reads its arguments a microtask after the call, when the caller may have changed them.

use std::pin::Pin;

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;

/// What a promise settles to.
pub type Settled = Result<JsValue, JsValue>;

/// The promise of what a call comes to. It begins a microtask later, so that calls have their effects in their order.
pub fn promise(call: impl Future<Output = Settled> + 'static) -> Promise {
    let call: Pin<Box<dyn Future<Output = Settled>>> = Box::pin(call);
    future_to_promise(call)
}

/// Of a call that has nothing to tell but that it is done.
pub(super) fn done<E: Into<JsValue>>(result: Result<(), E>) -> Settled {
    result.map(|()| JsValue::UNDEFINED).map_err(E::into)
}
