//! What is stored under a name, without opening it as a database: to save what can be read, and to begin anew.
//!
//! Called by script, on the page's thread: it reads and deletes records and runs no SQL. The worker is not asked,
//! because it serves databases that are open, and a damaged one cannot be.

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
    /// `{ file, damaged }`: see [`crate::storage::Salvage`].
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

    pub fn delete(name: JsValue) -> Promise {
        let name = arguments::name(&name);
        promise(async move { done(IndexedDbStore::delete(&name?).await.map_err(Failure::from)) })
    }
}
