//! The document around the elements: what is parsed already, what changes, whom an id names.
//!
//! A page may be streamed: an element is connected when its start tag is read, its scripts and templates come later,
//! perhaps seconds later. One MutationObserver serves all elements; the browser keeps its targets weakly.

use std::cell::OnceCell;

use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::{
    Document, Element, HtmlElement, MutationObserver, MutationObserverInit, MutationRecord, Node, ShadowRoot,
};

use crate::{base, schedule};

thread_local! {
    static OBSERVER: OnceCell<MutationObserver> = const { OnceCell::new() };
    static DATA_OBSERVER: OnceCell<MutationObserver> = const { OnceCell::new() };
}

/// Whether the parser is done with this node and all in it: the document is parsed, or something follows the node.
pub(crate) fn is_parsed(node: &Node) -> bool {
    if node
        .owner_document()
        .is_none_or(|document| document.ready_state() != "loading")
    {
        return true;
    }
    std::iter::successors(Some(node.clone()), Node::parent_node).any(|node| node.next_sibling().is_some())
}

/// How far below an element its settings may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    Children,
    Descendants,
}

/// From now on the element looks again when nodes come or go that matter to it. Harmless when repeated.
pub(crate) fn watch(element: &Element, depth: Depth) {
    let init = MutationObserverInit::new();
    init.set_child_list(true);
    init.set_subtree(depth == Depth::Descendants);
    OBSERVER.with(|observer| {
        let observer = observer.get_or_init(|| observer_with(children_changed));
        observer
            .observe_with_options(element, &init)
            .expect_throw("children can be observed");
    });
}

/// From now on the element looks again when a `data-*` attribute of its own changes: `observedAttributes` wants names.
pub(crate) fn watch_data(element: &Element) {
    let init = MutationObserverInit::new();
    init.set_attributes(true);
    DATA_OBSERVER.with(|observer| {
        let observer = observer.get_or_init(|| observer_with(data_changed));
        observer
            .observe_with_options(element, &init)
            .expect_throw("attributes can be observed");
    });
}

/// When the document is parsed, everybody looks again.
pub(crate) fn announce_when_parsed(document: &Document) {
    if document.ready_state() == "loading" {
        let parsed = Closure::once_into_js(schedule::announce);
        let listening = document.add_event_listener_with_callback("DOMContentLoaded", parsed.unchecked_ref());
        listening.expect_throw("a document can be listened to");
    }
}

/// The element that an id names, in the tree that `from` stands in.
pub(crate) fn by_id(from: &Element, id: &str) -> Option<Element> {
    let root = from.get_root_node();
    if let Some(root) = root.dyn_ref::<ShadowRoot>() {
        return root.get_element_by_id(id);
    }
    root.dyn_ref::<Document>()?.get_element_by_id(id)
}

/// The element that an id names, in the tree that `from` stands in or, out of shadow trees, in one around it.
pub(crate) fn by_id_around(from: &Element, id: &str) -> Option<Element> {
    by_id(from, id).or_else(|| by_id_around(&from.get_root_node().dyn_into::<ShadowRoot>().ok()?.host(), id))
}

/// The nearest element around `from` with this tag, also out of shadow trees.
pub(crate) fn around(from: &Element, tag: &str) -> Option<Element> {
    let mut from = from.clone();
    loop {
        if let Some(found) = from.closest(tag).expect_throw("a tag is a selector") {
            return Some(found);
        }
        from = from.get_root_node().dyn_into::<ShadowRoot>().ok()?.host();
    }
}

/// The element itself, if it is not collected and is in a document.
pub(crate) fn connected(element: &js_sys::WeakRef<HtmlElement>) -> Option<HtmlElement> {
    element.deref().filter(|element: &HtmlElement| is_live(element))
}

/// Whether it is in a document, and not what a framework has appended to a `<template>`, where a parser would have
/// made it inert.
pub(crate) fn is_live(element: &Element) -> bool {
    element.is_connected()
        && element
            .closest("template")
            .expect_throw("a tag is a selector")
            .is_none()
}

/// Sets an attribute, or with `None` removes it, if that changes anything.
pub(crate) fn set_attribute(element: &Element, name: &str, value: Option<&str>) {
    match value {
        Some(value) if element.get_attribute(name).as_deref() != Some(value) => {
            let set = match name.starts_with("xlink:") {
                // An SVG knows it by its namespace alone.
                true => element.set_attribute_ns(Some("http://www.w3.org/1999/xlink"), name, value),
                false => element.set_attribute(name, value),
            };
            set.expect_throw("the name is valid");
        }
        None if element.has_attribute(name) => {
            element
                .remove_attribute(name)
                .expect_throw("an attribute can be removed");
        }
        _ => {}
    }
}

/// An observer that lives as long as the page.
fn observer_with(heard: fn(MutationRecord)) -> MutationObserver {
    let each = move |records: Array| records.iter().for_each(|record| heard(record.unchecked_into()));
    let heard = Closure::<dyn FnMut(Array)>::new(each).into_js_value();
    MutationObserver::new(heard.unchecked_ref()).expect_throw("MutationObserver exists")
}

fn data_changed(record: MutationRecord) {
    let is_data = record.attribute_name().is_some_and(|name| name.starts_with("data-"));
    let target = record
        .target()
        .filter(|_| is_data)
        .and_then(|target| target.dyn_into::<Element>().ok());
    if let Some(number) = target.and_then(|element| base::number_of(&element)) {
        schedule::soon_by_number(number);
    }
}

fn children_changed(record: MutationRecord) {
    let Some(target) = record.target() else { return };
    let parsing = target
        .owner_document()
        .is_some_and(|document| document.ready_state() == "loading");
    let matters = parsing
        || [record.added_nodes(), record.removed_nodes()]
            .iter()
            .any(holds_settings);
    let nearest = target
        .dyn_ref::<Element>()
        .and_then(|target| around(target, "sqlite-query, sqlite-db"));
    if let Some(number) = nearest
        .filter(|_| matters)
        .and_then(|element| base::number_of(&element))
    {
        schedule::soon_by_number(number);
    }
}

/// Whether a template or a script with migrations is among the nodes or in them.
fn holds_settings(nodes: &web_sys::NodeList) -> bool {
    (0..nodes.length())
        .filter_map(|at| nodes.item(at)?.dyn_into::<Element>().ok())
        .any(|element| {
            let matches = |tag: &str| element.local_name() == tag;
            matches("template")
                || matches("script")
                || element.query_selector("template").is_ok_and(|found| found.is_some())
        })
}
