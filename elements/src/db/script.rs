//! A `<sqlite-db>` as the page sees it: what the browser tells the element, and its properties, as `base.js` asks for them.

use std::rc::Rc;

use sqlite_elements::client::js_error;
use wasm_bindgen::prelude::*;
use web_sys::HtmlElement;

use super::element::{Db, Reach};
use crate::base::{self, Base};
use crate::schedule;
use crate::shell::Core;

/// The core, as `base.js` sees it.
#[wasm_bindgen(skip_typescript)]
pub struct DbCore(Rc<Db>);

impl Core for Db {
    const BASE: Base = Base::Db;
    const ATTRIBUTES: &'static [&'static str] = &["name", "durability", "id"];

    fn begin(element: &HtmlElement) -> Rc<Self> {
        let db = Db::new(element);
        base::attach(element, DbCore(db.clone()).into());
        db
    }

    fn look_soon(self: &Rc<Self>) {
        schedule::soon(self.clone());
    }
}

#[wasm_bindgen]
impl DbCore {
    /// The number of the element.
    #[wasm_bindgen(getter)]
    pub fn number(&self) -> u32 {
        self.0.number().0
    }

    /// The attribute `state`: `loading`, `ready` or `error`.
    #[wasm_bindgen(getter)]
    pub fn state(&self) -> String {
        self.0.state().to_owned()
    }

    /// Why the state is `error`, or `null`.
    #[wasm_bindgen(getter)]
    pub fn error(&self) -> JsValue {
        match self.0.reach() {
            Reach::Failed(failure) => js_error(&failure),
            _ => JsValue::NULL,
        }
    }

    /// The element's own connection as a `Database`. It is closed when the element leaves the document or changes its
    /// name. `null` while the element is not connected.
    #[wasm_bindgen(getter)]
    pub fn database(&self) -> JsValue {
        self.0.database()
    }

    /// Whether this tab leads.
    #[wasm_bindgen(getter)]
    pub fn leader(&self) -> bool {
        self.0.leads()
    }

    /// How many writes of this page have no answer yet.
    #[wasm_bindgen(getter)]
    pub fn pending(&self) -> u32 {
        self.0.pending()
    }
}
