//! What `base.js` asks of a `<sqlite-db>`: the properties that script sees.

use std::rc::Rc;

use sqlite_elements::client::{Database, js_error};
use wasm_bindgen::prelude::*;

use super::{Db, Reach, Session};

/// What `base.js` asks of the core.
#[wasm_bindgen(skip_typescript)]
pub struct DbCore(Rc<Db>);

impl DbCore {
    pub(super) fn of(db: Rc<Db>) -> Self {
        DbCore(db)
    }
}

#[wasm_bindgen]
impl DbCore {
    #[wasm_bindgen(getter)]
    pub fn number(&self) -> u32 {
        self.0.number.0
    }

    #[wasm_bindgen(getter)]
    pub fn state(&self) -> String {
        self.0
            .session
            .borrow()
            .as_ref()
            .map_or("loading", |session| session.phase.name())
            .to_owned()
    }

    #[wasm_bindgen(getter)]
    pub fn error(&self) -> JsValue {
        match self.0.reach() {
            Reach::Failed(failure) => js_error(&failure),
            _ => JsValue::NULL,
        }
    }

    /// The element's own connection as a `Database`; it is closed when the element leaves the document or changes its
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

    #[wasm_bindgen(getter)]
    pub fn leader(&self) -> bool {
        self.0.session.borrow().as_ref().is_some_and(Session::leads)
    }

    #[wasm_bindgen(getter)]
    pub fn pending(&self) -> u32 {
        self.0.pending()
    }
}
