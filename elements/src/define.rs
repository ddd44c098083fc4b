//! Makes the tags known to the browser.

use custom_elements::CustomElement;
use wasm_bindgen::prelude::*;

use crate::db::Db;
use crate::document;
use crate::query::element::Query;
use crate::shell::Shell;
use crate::status::Status;
use crate::write::Write;

/// Defines the elements, on the page's side; a tag that somebody has defined already stays theirs, so that a second
/// include of the library does nothing. The database comes first: elements are upgraded in the order of definition,
/// and a query looks for the database around it.
#[wasm_bindgen]
pub fn define_elements() {
    let window = web_sys::window().expect_throw("elements are defined in a window");
    let registry = window.custom_elements();
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
        Shell::<Status>::define("sqlite-status");
    }
    if let Some(document) = window.document() {
        document::announce_when_parsed(&document);
    }
}
