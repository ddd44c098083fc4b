//! Defines the custom elements in the browser.

#![cfg(target_family = "wasm")]

use custom_elements::CustomElement;
use wasm_bindgen::prelude::*;

use crate::db::Db;
use crate::document;
use crate::query::Query;
use crate::shell::Shell;
use crate::status::StatusLine;
use crate::write::Write;

/// Defines the elements in a page. A tag that is defined already is left alone, so that a second include of the library
/// does nothing. The database comes first: the browser upgrades elements in the order of their definition, and a query
/// looks for the database around it.
#[wasm_bindgen]
pub fn define_elements() {
    let registry = document::window().custom_elements();
    let is_free = |tag: &str| registry.get(tag).is_undefined();
    if is_free("sqlite-db") {
        Shell::<Db>::define("sqlite-db");
    }
    if is_free("sqlite-query") {
        Shell::<Query>::define("sqlite-query");
    }
    if is_free("sqlite-write") {
        Shell::<Write>::define("sqlite-write");
    }
    if is_free("sqlite-status") {
        Shell::<StatusLine>::define("sqlite-status");
    }
    document::announce_when_parsed(&document::of_page());
}
