//! The message that an element shows in its place when something is wrong: `<p part="error" role="alert">`.
//!
//! In the light DOM, so that the page's own style sheet applies, as a child of the element: a page author sees
//! what is wrong with the SQL without opening the console. It is found again in the document and not held in Rust, so
//! an element that is moved keeps its message, and one that is gone can be collected.

use sqlite_elements::request::Failure;
use wasm_bindgen::prelude::*;
use web_sys::Element;

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
        let document = element.owner_document().expect_throw("an element has a document");
        let paragraph = document.create_element("p").expect_throw("p is a tag");
        paragraph
            .set_attribute("part", "error")
            .expect_throw("the name is valid");
        paragraph
            .set_attribute("role", "alert")
            .expect_throw("the name is valid");
        let before = element.first_child().filter(|_| place == Place::First);
        element
            .insert_before(&paragraph, before.as_ref())
            .expect_throw("an element takes children");
        paragraph
    });
    if paragraph.text_content().as_deref() != Some(failure.message.as_str()) {
        paragraph.set_text_content(Some(&failure.message));
    }
}

pub(crate) fn clear(element: &Element) {
    if let Some(paragraph) = find(element) {
        paragraph.remove();
    }
}

fn find(element: &Element) -> Option<Element> {
    element.query_selector(SELECTOR).expect_throw("a valid selector")
}
