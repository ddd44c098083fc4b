//! A `<sqlite-query>` as the page sees it: what the browser tells the element, and its properties and its method, as
//! `base.js` asks for them.

#![cfg(target_family = "wasm")]

use std::rc::Rc;

use js_sys::{Array, Promise, Reflect};
use sqlite_elements::client::{js_error, rows_object};
use wasm_bindgen::prelude::*;
use web_sys::HtmlElement;

use super::element::Query;
use crate::base::{self, Base};
use crate::shell::Core;
use crate::{document, schedule};

/// The core, as `base.js` sees it.
#[wasm_bindgen(skip_typescript)]
pub struct QueryCore(Rc<Query>);

impl Core for Query {
    const BASE: Base = Base::Query;
    /// The element also observes all `data-*` attributes, which cannot be listed here: see `document::watch_data`.
    const ATTRIBUTES: &'static [&'static str] = &["sql", "db", "form", "key", "row-key", "caption"];

    fn begin(element: &HtmlElement) -> Rc<Self> {
        let query = Rc::new(Query::new(element));
        base::attach(element, QueryCore(query.clone()).into());
        query
    }

    fn look_soon(self: &Rc<Self>) {
        schedule::soon(self.clone());
    }

    fn connected(self: &Rc<Self>, element: &HtmlElement) {
        document::warn_if_misplaced(element);
        self.look_soon();
    }

    fn changed(self: &Rc<Self>, attribute: &str) {
        if matches!(attribute, "key" | "row-key" | "caption") {
            self.refresh_view();
        }
        self.look_soon();
    }
}

#[wasm_bindgen]
impl QueryCore {
    /// The number of the element.
    #[wasm_bindgen(getter)]
    pub fn number(&self) -> u32 {
        self.0.number().0
    }

    /// The attribute `state`: `loading`, `ready`, `empty` or `error`.
    #[wasm_bindgen(getter)]
    pub fn state(&self) -> String {
        self.0.state().to_owned()
    }

    /// Why the state is `error`, or `null`.
    #[wasm_bindgen(getter)]
    pub fn error(&self) -> JsValue {
        self.0.failure().map_or(JsValue::NULL, |failure| js_error(&failure))
    }

    /// The rows as objects, made anew at each call.
    #[wasm_bindgen(getter)]
    pub fn rows(&self) -> JsValue {
        match self.0.rows() {
            Some(rows) => Reflect::get(&rows_object(&rows), &"rows".into()).expect_throw("it has rows"),
            None => Array::new().into(),
        }
    }

    /// Asks again. The promise resolves when the answer is shown.
    pub fn refresh(&self) -> Promise {
        Promise::new(&mut |resolve, _| self.0.ask_again(resolve))
    }
}
