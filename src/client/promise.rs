//! Promises, made in one place: each method has its own future, and all share the code around it.
//!
//! Refused: `async` methods of a `#[wasm_bindgen]` class. Each brings a copy of the code around its future (some
//! 3 KiB, so 60 KiB in all), and reads its arguments a microtask after the call, when script may have changed them.

#![cfg(target_family = "wasm")]

use std::pin::Pin;

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;

/// The value or the exception with which a promise settles.
pub type Settled = Result<JsValue, JsValue>;

/// A promise for the result of a call. The call begins a microtask later, so that calls take effect in their order.
pub fn promise(call: impl Future<Output = Settled> + 'static) -> Promise {
    let call: Pin<Box<dyn Future<Output = Settled>>> = Box::pin(call);
    future_to_promise(call)
}

/// The settled value of a call that returns nothing.
pub(super) fn done<E: Into<JsValue>>(result: Result<(), E>) -> Settled {
    result.map(|()| JsValue::UNDEFINED).map_err(E::into)
}
