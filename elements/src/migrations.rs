//! The scripts that stand in a `<sqlite-db>`: `<script type="application/sql">`, with text or with `src`.
//!
//! A data block in HTML's sense (4.12.1): browsers neither run nor fetch it, so no Content-Security-Policy minds it,
//! and its text needs no escaping. Which of the scripts a database already has is the engine's business.

use sqlite_elements::request::{Failure, FailureKind};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, Response};

/// One migration, as it stands in the element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Text(String),
    /// An address, relative to the document's base.
    Address(String),
}

/// The scripts among the element's children, in order.
pub(crate) fn sources(element: &Element) -> Vec<Source> {
    std::iter::successors(element.first_element_child(), Element::next_element_sibling)
        .filter(|child| child.local_name() == "script")
        .filter(|child| {
            child
                .get_attribute("type")
                .is_some_and(|kind| kind.eq_ignore_ascii_case("application/sql"))
        })
        .map(|script| match script.get_attribute("src") {
            Some(address) => Source::Address(address),
            None => Source::Text(script.text_content().unwrap_or_default()),
        })
        .collect()
}

/// The SQL of all sources, in order.
pub(crate) async fn load(sources: Vec<Source>) -> Result<Vec<String>, Failure> {
    let mut scripts = Vec::with_capacity(sources.len());
    for source in sources {
        scripts.push(match source {
            Source::Text(text) => text,
            Source::Address(address) => fetch(&address).await.map_err(|reason| {
                let message = format!("the migration at {address} cannot be loaded: {reason}");
                Failure::new(FailureKind::State, "MIGRATION_NOT_LOADED", message)
            })?,
        });
    }
    Ok(scripts)
}

async fn fetch(address: &str) -> Result<String, String> {
    let message = |error: JsValue| {
        error
            .dyn_into::<js_sys::Error>()
            .map_or_else(|_| String::new(), |e| e.message().into())
    };
    let window = web_sys::window().expect_throw("elements live in a window");
    let response = JsFuture::from(window.fetch_with_str(address)).await.map_err(message)?;
    let response: Response = response.unchecked_into();
    if !response.ok() {
        return Err(format!("the server answered {}", response.status()));
    }
    let text = JsFuture::from(response.text().map_err(message)?)
        .await
        .map_err(message)?;
    Ok(text.as_string().unwrap_or_default())
}
