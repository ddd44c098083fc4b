//! The document and the window around the elements: what the parser has finished, what changes, which element an id names
//! or has the focus, and what the person answers.
//!
//! A page may arrive as a stream. The browser connects an element when it has read the start tag. The element's scripts
//! and templates come later, perhaps seconds later. One MutationObserver serves all elements, and the browser keeps its
//! targets weakly.

#![cfg(target_family = "wasm")]

use std::cell::OnceCell;

use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::{
    Document, Element, HtmlElement, MutationObserver, MutationObserverInit, MutationRecord, Node, ShadowRoot, Window,
};

use crate::{base, schedule, tree};

#[wasm_bindgen(module = "/src/misplaced.js")]
extern "C" {
    /// Warns if the parser has moved the element out of a table. Waits until the element is parsed.
    #[wasm_bindgen(js_namespace = misplaced, js_name = look)]
    pub(crate) fn warn_if_misplaced(element: &Element);
}

thread_local! {
    static OBSERVER: OnceCell<MutationObserver> = const { OnceCell::new() };
    static DATA_OBSERVER: OnceCell<MutationObserver> = const { OnceCell::new() };
}

/// The window of the page.
pub(crate) fn window() -> Window {
    web_sys::window().expect_throw("elements live in a window")
}

/// The document of the page. An element may have another one: see [`of`].
pub(crate) fn of_page() -> Document {
    window().document().expect_throw("elements live in a document")
}

/// The document that owns an element.
pub(crate) fn of(element: &Node) -> Document {
    tree::owner(element).expect_throw("an element has a document")
}

/// Whether the page comes from the author's own machine.
pub(crate) fn is_local() -> bool {
    let host = window().location().hostname().unwrap_or_default();
    host.is_empty() || matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]") || host.ends_with(".localhost")
}

/// Whether the person confirms this question.
pub(crate) fn is_confirmed(question: &str) -> bool {
    window().confirm_with_message(question).unwrap_or(false)
}

/// Whether the parser still reads the document of this node.
pub(crate) fn is_loading(node: &Node) -> bool {
    tree::owner(node).is_some_and(|document| tree::is_loading(&document))
}

/// Whether the parser has finished this node and its content. It has when the document is parsed, or when another node
/// follows this node or one of its ancestors.
pub(crate) fn is_parsed(node: &Node) -> bool {
    if !is_loading(node) {
        return true;
    }
    std::iter::successors(Some(node.clone()), tree::parent).any(|node| tree::next(&node).is_some())
}

/// How far below an element its settings may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    Children,
    Descendants,
}

/// From now on the element looks again when nodes that matter to it come or go. To repeat the call is harmless.
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

/// From now on the element looks again when one of its own `data-*` attributes changes. `observedAttributes` cannot do
/// this: it needs complete names.
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

/// Makes every element look again when the document is parsed.
pub(crate) fn announce_when_parsed(document: &Document) {
    if tree::is_loading(document) {
        let parsed = Closure::once_into_js(schedule::announce);
        let listening = document.add_event_listener_with_callback("DOMContentLoaded", parsed.unchecked_ref());
        listening.expect_throw("a document can be listened to");
    }
}

/// The element with this id, in the tree that contains `from`.
pub(crate) fn by_id(from: &Element, id: &str) -> Option<Element> {
    let root = tree::root(from);
    if let Some(root) = root.dyn_ref::<ShadowRoot>() {
        return root.get_element_by_id(id);
    }
    tree::by_id(root.dyn_ref::<Document>()?, id)
}

/// The element with this id, in the tree that contains `from`. If that is a shadow tree, the trees around it are
/// searched too.
pub(crate) fn by_id_around(from: &Element, id: &str) -> Option<Element> {
    by_id(from, id).or_else(|| by_id_around(&tree::root(from).dyn_into::<ShadowRoot>().ok()?.host(), id))
}

/// The nearest element around `from` with this tag. The search leaves shadow trees.
pub(crate) fn around(from: &Element, tag: &str) -> Option<Element> {
    let mut from = from.clone();
    loop {
        if let Some(found) = tree::closest(&from, tag) {
            return Some(found);
        }
        from = tree::root(&from).dyn_into::<ShadowRoot>().ok()?.host();
    }
}

/// The element with the focus in the tree that contains `node`.
pub(crate) fn active_element(node: &Node) -> Option<Element> {
    let root = tree::root(node);
    if let Some(root) = root.dyn_ref::<ShadowRoot>() {
        return root.active_element();
    }
    tree::active_in(root.dyn_ref::<Document>()?)
}

/// The element, if it has not been collected and [`is_live`].
pub(crate) fn connected(element: &js_sys::WeakRef<HtmlElement>) -> Option<HtmlElement> {
    element.deref().filter(|element: &HtmlElement| is_live(element))
}

/// Whether an element is in a document and not inside a `<template>`. A framework may append elements to a `<template>`
/// as its children; a parser would have put them into its inert content.
pub(crate) fn is_live(element: &Element) -> bool {
    tree::is_connected(element) && tree::closest(element, "template").is_none()
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
    let parsing = is_loading(&target);
    // While the document is parsed, every node matters: a node behind a template shows that the template is complete.
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

/// Whether the nodes are or contain a template, or are a script with migrations.
fn holds_settings(nodes: &web_sys::NodeList) -> bool {
    (0..nodes.length())
        .filter_map(|at| nodes.item(at)?.dyn_into::<Element>().ok())
        .any(|element| tree::matches(&element, "template, script") || tree::find(&element, "template").is_some())
}
