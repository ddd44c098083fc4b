//! What a query has rendered behind a template, as the document tells it: up to a comment.
//!
//! A query that is cloned, or saved with its page, comes with rows that nobody remembers to have rendered. By the comment
//! they can be told from what the page's author wrote behind the template. Refused: an attribute on every row, which
//! costs for each of 10,000, and the page's style sheets would see it.

use wasm_bindgen::prelude::*;
use web_sys::{Element, Node};

const END: &str = "sqlite-elements";

/// Puts what was made of a template behind it, and the comment behind that; gives all of it back.
pub(crate) fn insert(template: &Node, parent: &Node, fragment: &Node, roots: &[Node]) -> Vec<Node> {
    let inserted = parent.insert_before(fragment, template.next_sibling().as_ref());
    inserted.expect_throw("content goes where its template stands");
    let end = close(roots.last().unwrap_or(template));
    roots.iter().cloned().chain(end).collect()
}

/// Puts the comment behind the last rendered node, or behind the template if there is none.
pub(crate) fn close(last: &Node) -> Option<Node> {
    let (document, parent) = (last.owner_document()?, last.parent_node()?);
    let end: Node = document.create_comment(END).into();
    let inserted = parent.insert_before(&end, last.next_sibling().as_ref());
    inserted.expect_throw("a comment goes anywhere");
    Some(end)
}

/// Takes out what a clone has copied; not what has a `data-key`, which can be taken over.
pub(crate) fn sweep(template: &Node) {
    let following = || std::iter::successors(template.next_sibling(), Node::next_sibling);
    let ours = following().take_while(|node| node.node_name() != "TEMPLATE");
    let Some(length) = ours.collect::<Vec<_>>().iter().position(is_end) else {
        return;
    };
    let copied: Vec<Node> = following().take(length + 1).filter(|node| !has_key(node)).collect();
    copied.iter().for_each(remove);
}

fn is_end(node: &Node) -> bool {
    node.node_type() == Node::COMMENT_NODE && node.node_value().as_deref() == Some(END)
}

fn has_key(node: &Node) -> bool {
    node.dyn_ref::<Element>()
        .is_some_and(|element| element.has_attribute("data-key"))
}

pub(crate) fn remove(node: &Node) {
    if let Some(parent) = node.parent_node() {
        parent.remove_child(node).expect_throw("a child can be removed");
    }
}
