//! The document's tree. Here no form field can answer in the form's place.
//!
//! In a form that contains `<input name="closest">`, `form.closest` is that field. A document's properties are hidden
//! in the same way by the names of its forms. A call of `web_sys::Element::closest` then ends in an exception. Every
//! element, node and document may be such a form, or may stand next to one on a path through the tree. So this crate
//! asks the tree only through `tree.js`. `clippy.toml` refuses the methods of `web_sys` that have a function here.

#![cfg(target_family = "wasm")]

use wasm_bindgen::prelude::*;
use web_sys::{Comment, Document, DocumentFragment, Element, Node};

#[wasm_bindgen(module = "/src/tree.js")]
extern "C" {
    /// The parent of a node.
    #[wasm_bindgen(js_namespace = tree)]
    pub(crate) fn parent(node: &Node) -> Option<Node>;
    /// The next sibling of a node.
    #[wasm_bindgen(js_namespace = tree)]
    pub(crate) fn next(node: &Node) -> Option<Node>;
    /// The first child of a node.
    #[wasm_bindgen(js_namespace = tree)]
    pub(crate) fn first(node: &Node) -> Option<Node>;
    /// The last child of a node.
    #[wasm_bindgen(js_namespace = tree)]
    pub(crate) fn last(node: &Node) -> Option<Node>;
    /// The node's name: a tag in upper case, or `#text`, `#comment` and the like.
    #[wasm_bindgen(js_namespace = tree, js_name = nodeName)]
    pub(crate) fn node_name(node: &Node) -> String;
    /// The document of a node. `None` if the node is a document itself.
    #[wasm_bindgen(js_namespace = tree)]
    pub(crate) fn owner(node: &Node) -> Option<Document>;
    /// Whether the node is in a document.
    #[wasm_bindgen(js_namespace = tree, js_name = isConnected)]
    pub(crate) fn is_connected(node: &Node) -> bool;
    /// The root of the tree that contains the node: a document, a shadow root, or the topmost node.
    #[wasm_bindgen(js_namespace = tree)]
    pub(crate) fn root(node: &Node) -> Node;
    /// Whether `other` is the node itself or inside it.
    #[wasm_bindgen(js_namespace = tree)]
    pub(crate) fn contains(node: &Node, other: Option<&Node>) -> bool;
    /// Inserts a node before another child of `parent`, or at its end.
    #[wasm_bindgen(js_namespace = tree)]
    pub(crate) fn insert(parent: &Node, node: &Node, before: Option<&Node>);
    /// Inserts a node as the last child of `parent`.
    #[wasm_bindgen(js_namespace = tree)]
    pub(crate) fn append(parent: &Node, node: &Node);
    /// Removes a node from its parent, if it has one.
    #[wasm_bindgen(js_namespace = tree)]
    pub(crate) fn detach(node: &Node);
    /// Moves a node and keeps its state (`moveBefore`; DOM, 4.2.6). Fails if the node comes from elsewhere, or if the
    /// browser has no `moveBefore`.
    #[wasm_bindgen(js_namespace = tree, js_name = move, catch)]
    pub(crate) fn carry(parent: &Node, node: &Node, before: Option<&Node>) -> Result<(), JsValue>;
    #[wasm_bindgen(js_namespace = tree, js_name = copy)]
    fn copy_with(node: &Node, deep: bool) -> Node;
    /// The child at this index.
    #[wasm_bindgen(js_namespace = tree, js_name = childAt)]
    pub(crate) fn child_at(node: &Node, at: u32) -> Option<Node>;
    /// How many children the node has.
    #[wasm_bindgen(js_namespace = tree, js_name = childCount)]
    pub(crate) fn child_count(node: &Node) -> u32;

    /// The nearest element, from this one upwards, that matches the selector. The selector must be valid, here and in
    /// the functions below.
    #[wasm_bindgen(js_namespace = tree)]
    pub(crate) fn closest(element: &Element, selector: &str) -> Option<Element>;
    /// Whether the element matches the selector.
    #[wasm_bindgen(js_namespace = tree)]
    pub(crate) fn matches(element: &Element, selector: &str) -> bool;
    /// The first descendant that matches the selector.
    #[wasm_bindgen(js_namespace = tree)]
    pub(crate) fn find(element: &Element, selector: &str) -> Option<Element>;
    /// All descendants that match the selector, in document order.
    #[wasm_bindgen(js_namespace = tree, js_name = findAll)]
    pub(crate) fn find_all(element: &Element, selector: &str) -> Vec<Element>;
    /// The element's tag without a prefix.
    #[wasm_bindgen(js_namespace = tree, js_name = localName)]
    pub(crate) fn local_name(element: &Element) -> String;
    /// The value of an attribute.
    #[wasm_bindgen(js_namespace = tree)]
    pub(crate) fn attribute(element: &Element, name: &str) -> Option<String>;
    /// The names of all attributes.
    #[wasm_bindgen(js_namespace = tree, js_name = attributeNames)]
    pub(crate) fn attribute_names(element: &Element) -> Vec<String>;
    /// Whether the element has the attribute.
    #[wasm_bindgen(js_namespace = tree, js_name = hasAttribute)]
    pub(crate) fn has_attribute(element: &Element, name: &str) -> bool;
    /// Sets an attribute. Fails for a name that a parser accepts and `setAttribute` does not.
    #[wasm_bindgen(js_namespace = tree, js_name = setAttribute, catch)]
    pub(crate) fn try_to_set_attribute(element: &Element, name: &str, value: &str) -> Result<(), JsValue>;
    /// Removes an attribute.
    #[wasm_bindgen(js_namespace = tree, js_name = removeAttribute)]
    pub(crate) fn remove_attribute(element: &Element, name: &str);
    /// Sets one style declaration. A value that the property does not accept is ignored, as in a style sheet.
    #[wasm_bindgen(js_namespace = tree, js_name = setStyle)]
    pub(crate) fn set_style(element: &Element, property: &str, value: &str);

    /// Whether the document is being parsed.
    #[wasm_bindgen(js_namespace = tree, js_name = isLoading)]
    pub(crate) fn is_loading(document: &Document) -> bool;
    /// The element that has the focus.
    #[wasm_bindgen(js_namespace = tree, js_name = active)]
    pub(crate) fn active_in(document: &Document) -> Option<Element>;
    /// The element with this id.
    #[wasm_bindgen(js_namespace = tree, js_name = byId)]
    pub(crate) fn by_id(document: &Document, id: &str) -> Option<Element>;
    /// Creates an element.
    #[wasm_bindgen(js_namespace = tree)]
    pub(crate) fn create(document: &Document, tag: &str) -> Element;
    /// Creates a comment.
    #[wasm_bindgen(js_namespace = tree, js_name = createComment)]
    pub(crate) fn create_comment(document: &Document, text: &str) -> Comment;
    /// Creates an empty document fragment.
    #[wasm_bindgen(js_namespace = tree, js_name = createFragment)]
    pub(crate) fn create_fragment(document: &Document) -> DocumentFragment;
    #[wasm_bindgen(js_namespace = tree, js_name = adopt)]
    fn adopt_with(document: &Document, node: &Node, deep: bool) -> Node;
}

/// A copy of a node and its content.
pub(crate) fn copy(node: &Node) -> Node {
    copy_with(node, true)
}

/// A copy of a node and its content that belongs to this document. So the browser constructs the custom elements in it.
pub(crate) fn adopt(document: &Document, node: &Node) -> Node {
    adopt_with(document, node, true)
}

/// The children of a node, in order.
pub(crate) fn children(node: &Node) -> impl Iterator<Item = Node> + use<> {
    std::iter::successors(first(node), next)
}

/// The siblings that follow a node.
pub(crate) fn following(node: &Node) -> impl Iterator<Item = Node> + use<> {
    std::iter::successors(next(node), next)
}

/// Sets an attribute, or removes it if `value` is `None`. Does nothing if nothing would change.
pub(crate) fn set_attribute(element: &Element, name: &str, value: Option<&str>) {
    match value {
        Some(value) if attribute(element, name).as_deref() != Some(value) => {
            try_to_set_attribute(element, name, value).expect_throw("the name is valid");
        }
        None if has_attribute(element, name) => remove_attribute(element, name),
        _ => {}
    }
}
