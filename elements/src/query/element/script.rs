//! The properties and the method of a `<sqlite-query>`, as `base.js` asks for them.

use std::rc::Rc;

use js_sys::{Array, Promise, Reflect};
use sqlite_elements::client::{js_error, rows_object};
use wasm_bindgen::prelude::*;

use super::{Answer, Query};
use crate::schedule;

/// The core, as `base.js` sees it.
#[wasm_bindgen(skip_typescript)]
pub struct QueryCore(Rc<Query>);

impl QueryCore {
    /// The core's handle for `base.js`.
    pub(super) fn of(query: Rc<Query>) -> Self {
        QueryCore(query)
    }
}

#[wasm_bindgen]
impl QueryCore {
    /// The number of the element.
    #[wasm_bindgen(getter)]
    pub fn number(&self) -> u32 {
        self.0.number.0
    }

    /// The attribute `state`: `loading`, `ready`, `empty` or `error`.
    #[wasm_bindgen(getter)]
    pub fn state(&self) -> String {
        self.0.state().to_owned()
    }

    /// Why the state is `error`, or `null`.
    #[wasm_bindgen(getter)]
    pub fn error(&self) -> JsValue {
        match &*self.0.answer.borrow() {
            Answer::Failed(failure, _) => js_error(failure),
            _ => JsValue::NULL,
        }
    }

    /// The rows as objects, made anew at each call.
    #[wasm_bindgen(getter)]
    pub fn rows(&self) -> JsValue {
        match &*self.0.answer.borrow() {
            Answer::Rows(rows) => Reflect::get(&rows_object(rows), &"rows".into()).expect_throw("it has rows"),
            _ => Array::new().into(),
        }
    }

    /// Asks again. The promise resolves when the answer is shown.
    pub fn refresh(&self) -> Promise {
        drop(self.0.asked.take());
        let promise = Promise::new(&mut |resolve, _| self.0.refreshing.borrow_mut().push(resolve));
        schedule::soon(self.0.clone());
        promise
    }
}
