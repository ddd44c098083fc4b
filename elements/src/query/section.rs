//! What a query has rendered behind a template. In the document it ends with a comment.
//!
//! A query that was cloned, or saved with its page, contains rows that no view knows. The comment separates those rows
//! from the author's own nodes behind the template. An attribute on every row was refused: it costs time for each of
//! 10,000 rows, and the page's style sheets would see it.

#![cfg(target_family = "wasm")]

use wasm_bindgen::prelude::*;
use web_sys::{Comment, Element, Node};

use crate::tree;

const END: &str = "sqlite-elements";

/// Inserts the nodes made from a template behind it, and the comment behind those nodes. Returns all of them.
pub(crate) fn insert(template: &Node, parent: &Node, fragment: &Node, roots: &[Node]) -> Vec<Node> {
    tree::insert(parent, fragment, tree::next(template).as_ref());
    let end = close(roots.last().unwrap_or(template));
    roots.iter().cloned().chain(end).collect()
}

/// Inserts the comment behind the last rendered node, or behind the template if there is none.
pub(crate) fn close(last: &Node) -> Option<Node> {
    let (document, parent) = (tree::owner(last)?, tree::parent(last)?);
    let end: Node = tree::create_comment(&document, END).into();
    tree::insert(&parent, &end, tree::next(last).as_ref());
    Some(end)
}

/// Removes the nodes that a clone has copied. Those with `data-key` stay, because the view can adopt them.
pub(crate) fn sweep(template: &Node) {
    let following = || tree::following(template);
    let ours = following().take_while(|node| tree::node_name(node) != "TEMPLATE");
    let Some(length) = ours.collect::<Vec<_>>().iter().position(is_end) else {
        return;
    };
    let copied: Vec<Node> = following().take(length + 1).filter(|node| !has_key(node)).collect();
    copied.iter().for_each(tree::detach);
}

fn is_end(node: &Node) -> bool {
    node.dyn_ref::<Comment>().is_some_and(|comment| comment.data() == END)
}

fn has_key(node: &Node) -> bool {
    node.dyn_ref::<Element>()
        .is_some_and(|element| tree::has_attribute(element, "data-key"))
}
