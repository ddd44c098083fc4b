//! What a query has rendered behind a template, as the document tells it: up to a comment.
//!
//! A query that is cloned, or saved with its page, comes with rows that nobody remembers to have rendered. By the comment
//! they can be told from what the page's author wrote behind the template. Refused: an attribute on every row, which
//! costs for each of 10,000, and the page's style sheets would see it.

use wasm_bindgen::prelude::*;
use web_sys::{Comment, Element, Node};

use crate::tree;

const END: &str = "sqlite-elements";

/// Puts what was made of a template behind it, and the comment behind that; gives all of it back.
pub(crate) fn insert(template: &Node, parent: &Node, fragment: &Node, roots: &[Node]) -> Vec<Node> {
    tree::insert(parent, fragment, tree::next(template).as_ref());
    let end = close(roots.last().unwrap_or(template));
    roots.iter().cloned().chain(end).collect()
}

/// Puts the comment behind the last rendered node, or behind the template if there is none.
pub(crate) fn close(last: &Node) -> Option<Node> {
    let (document, parent) = (tree::owner(last)?, tree::parent(last)?);
    let end: Node = tree::create_comment(&document, END).into();
    tree::insert(&parent, &end, tree::next(last).as_ref());
    Some(end)
}

/// Takes out what a clone has copied; not what has a `data-key`, which can be taken over.
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
