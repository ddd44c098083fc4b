//! The properties of a `<sqlite-db>`, as `base.js` asks for them.

use std::rc::Rc;

use sqlite_elements::client::{Database, js_error};
use wasm_bindgen::prelude::*;

use super::{Db, Opening, Reach};

/// The core, as `base.js` sees it.
#[wasm_bindgen(skip_typescript)]
pub struct DbCore(Rc<Db>);

impl DbCore {
    /// The core's handle for `base.js`.
    pub(super) fn of(db: Rc<Db>) -> Self {
        DbCore(db)
    }
}

#[wasm_bindgen]
impl DbCore {
    /// The number of the element.
    #[wasm_bindgen(getter)]
    pub fn number(&self) -> u32 {
        self.0.number.0
    }

    /// The attribute `state`: `loading`, `ready` or `error`.
    #[wasm_bindgen(getter)]
    pub fn state(&self) -> String {
        self.0
            .session
            .borrow()
            .as_ref()
            .map_or("loading", |session| session.phase.name())
            .to_owned()
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
        let mut session = self.0.session.borrow_mut();
        let Some(session) = session.as_mut() else {
            return JsValue::NULL;
        };
        let connection = &session.connection;
        session
            .database
            .get_or_insert_with(|| Database::from(connection.clone()).into())
            .clone()
    }

    /// Whether this tab leads.
    #[wasm_bindgen(getter)]
    pub fn leader(&self) -> bool {
        self.0.session.borrow().as_ref().is_some_and(Opening::leads)
    }

    /// How many writes of this page have no answer yet.
    #[wasm_bindgen(getter)]
    pub fn pending(&self) -> u32 {
        self.0.pending()
    }
}
