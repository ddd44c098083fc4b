//! What is stored under a name, without opening a database: `recover` saves what can be read, `delete` begins anew.
//!
//! Script calls this on the page's thread. It reads and deletes records, and runs no SQL. The worker is not asked,
//! because it serves open databases, and a damaged database cannot be opened.

use js_sys::{Array, Object, Promise, Uint8Array};
use wasm_bindgen::prelude::*;

use super::arguments;
use super::database::Database;
use super::promise::{done, promise};
use super::result::set;
use crate::request::Failure;
use crate::storage::{Durability, IndexedDbStore, Store};

#[wasm_bindgen]
impl Database {
    /// Resolves to `{ file, damaged }`: see [`crate::storage::Salvage`].
    pub fn recover(name: JsValue) -> Promise {
        let name = arguments::name(&name);
        promise(async move {
            let store = IndexedDbStore::open(&name?, Durability::default()).await;
            let salvage = store.map_err(Failure::from)?.salvage().await.map_err(Failure::from)?;
            let found = Object::new();
            set(&found, "file", &Uint8Array::from(salvage.file.as_slice()));
            let damaged: Array = salvage.damaged.iter().map(JsValue::from).collect();
            set(&found, "damaged", &damaged);
            Ok(found.into())
        })
    }

    /// Deletes everything that is stored under this name.
    pub fn delete(name: JsValue) -> Promise {
        let name = arguments::name(&name);
        promise(async move { done(IndexedDbStore::delete(&name?).await.map_err(Failure::from)) })
    }
}
