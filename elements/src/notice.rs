//! The message that an element shows when something is wrong: `<p part="error" role="alert">`, a child of the element.
//!
//! The message stands in the light DOM, so the page's own style sheet applies. A page author sees what is wrong with
//! the SQL and need not open the console. Rust does not hold the paragraph but finds it again in the document: so an
//! element that is moved keeps its message, and an element that is gone can be collected.

#![cfg(target_family = "wasm")]

use sqlite_elements::request::Failure;
use web_sys::Element;

use crate::{document, tree};

const SELECTOR: &str = ":scope > p[part=error][role=alert]";

/// Where the message stands in the element. A message about everything in the element comes first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoticePlace {
    First,
    Last,
}

/// Shows the failure in the element. Replaces an earlier message.
pub(crate) fn show(element: &Element, failure: &Failure, place: NoticePlace) {
    let paragraph = find(element).unwrap_or_else(|| {
        let document = document::of(element);
        let paragraph = tree::create(&document, "p");
        tree::set_attribute(&paragraph, "part", Some("error"));
        tree::set_attribute(&paragraph, "role", Some("alert"));
        let before = tree::first(element).filter(|_| place == NoticePlace::First);
        tree::insert(element, &paragraph, before.as_ref());
        paragraph
    });
    if paragraph.text_content().as_deref() != Some(failure.message.as_str()) {
        paragraph.set_text_content(Some(&failure.message));
    }
}

/// Removes the message, if there is one.
pub(crate) fn clear(element: &Element) {
    if let Some(paragraph) = find(element) {
        tree::detach(&paragraph);
    }
}

fn find(element: &Element) -> Option<Element> {
    tree::find(element, SELECTOR)
}
