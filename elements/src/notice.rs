//! The message that an element shows in its place when something is wrong: `<p part="error" role="alert">`.
//!
//! In the light DOM, so that the page's own style sheet applies, as a child of the element: a page author sees
//! what is wrong with the SQL without opening the console. It is found again in the document and not held in Rust, so
//! an element that is moved keeps its message, and one that is gone can be collected.

use sqlite_elements::request::Failure;
use wasm_bindgen::prelude::*;
use web_sys::Element;

use crate::tree;

const SELECTOR: &str = ":scope > p[part=error][role=alert]";

/// Where in the element the message stands: what concerns all that is in it comes before that.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    First,
    Last,
}

/// Shows the failure in the element, in place of an earlier one.
pub(crate) fn show(element: &Element, failure: &Failure, place: Place) {
    let paragraph = find(element).unwrap_or_else(|| {
        let document = tree::owner(element).expect_throw("an element has a document");
        let paragraph = tree::create(&document, "p");
        tree::set_attribute(&paragraph, "part", Some("error"));
        tree::set_attribute(&paragraph, "role", Some("alert"));
        let before = tree::first(element).filter(|_| place == Place::First);
        tree::insert(element, &paragraph, before.as_ref());
        paragraph
    });
    if paragraph.text_content().as_deref() != Some(failure.message.as_str()) {
        paragraph.set_text_content(Some(&failure.message));
    }
}

pub(crate) fn clear(element: &Element) {
    if let Some(paragraph) = find(element) {
        tree::detach(&paragraph);
    }
}

fn find(element: &Element) -> Option<Element> {
    tree::find(element, SELECTOR)
}
