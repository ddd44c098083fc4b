//! The document's tree, asked so that no field of a form can answer in the form's place.
//!
//! In a form with `<input name="closest">` in it, `form.closest` is that field, and a document is hidden likewise behind
//! the names of its forms; a call of `web_sys::Element::closest` ends in an exception then. Every element, node and
//! document may be such a form, or stand beside one on the way through the tree: so whatever this crate asks of the tree
//! goes through `tree.js`, and `clippy.toml` refuses the methods of `web_sys` for which there is one here.

use wasm_bindgen::prelude::*;
use web_sys::{Comment, Document, DocumentFragment, Element, Node};

#[wasm_bindgen(module = "/src/tree.js")]
extern "C" {
    #[wasm_bindgen(js_namespace = tree)]
    pub(crate) fn parent(node: &Node) -> Option<Node>;
    #[wasm_bindgen(js_namespace = tree)]
    pub(crate) fn next(node: &Node) -> Option<Node>;
    #[wasm_bindgen(js_namespace = tree)]
    pub(crate) fn first(node: &Node) -> Option<Node>;
    #[wasm_bindgen(js_namespace = tree)]
    pub(crate) fn last(node: &Node) -> Option<Node>;
    #[wasm_bindgen(js_namespace = tree, js_name = nodeName)]
    pub(crate) fn node_name(node: &Node) -> String;
    /// The document of a node; none if it is a document itself.
    #[wasm_bindgen(js_namespace = tree)]
    pub(crate) fn owner(node: &Node) -> Option<Document>;
    #[wasm_bindgen(js_namespace = tree, js_name = isConnected)]
    pub(crate) fn is_connected(node: &Node) -> bool;
    #[wasm_bindgen(js_namespace = tree)]
    pub(crate) fn root(node: &Node) -> Node;
    #[wasm_bindgen(js_namespace = tree)]
    pub(crate) fn contains(node: &Node, other: Option<&Node>) -> bool;
    #[wasm_bindgen(js_namespace = tree)]
    pub(crate) fn insert(parent: &Node, node: &Node, before: Option<&Node>);
    #[wasm_bindgen(js_namespace = tree)]
    pub(crate) fn append(parent: &Node, node: &Node);
    /// Takes a node out of its parent, if it has one.
    #[wasm_bindgen(js_namespace = tree)]
    pub(crate) fn detach(node: &Node);
    /// Moves a node with its state (DOM, 4.2.6). Throws where a node comes from elsewhere, and in browsers that cannot.
    #[wasm_bindgen(js_namespace = tree, js_name = move, catch)]
    pub(crate) fn carry(parent: &Node, node: &Node, before: Option<&Node>) -> Result<(), JsValue>;
    #[wasm_bindgen(js_namespace = tree, js_name = copy)]
    fn copy_with(node: &Node, deep: bool) -> Node;
    #[wasm_bindgen(js_namespace = tree, js_name = childAt)]
    pub(crate) fn child_at(node: &Node, at: u32) -> Option<Node>;
    #[wasm_bindgen(js_namespace = tree, js_name = childCount)]
    pub(crate) fn child_count(node: &Node) -> u32;

    /// The selector must be a valid one, here and below.
    #[wasm_bindgen(js_namespace = tree)]
    pub(crate) fn closest(element: &Element, selector: &str) -> Option<Element>;
    #[wasm_bindgen(js_namespace = tree)]
    pub(crate) fn matches(element: &Element, selector: &str) -> bool;
    #[wasm_bindgen(js_namespace = tree)]
    pub(crate) fn find(element: &Element, selector: &str) -> Option<Element>;
    #[wasm_bindgen(js_namespace = tree, js_name = findAll)]
    pub(crate) fn find_all(element: &Element, selector: &str) -> Vec<Element>;
    #[wasm_bindgen(js_namespace = tree, js_name = localName)]
    pub(crate) fn local_name(element: &Element) -> String;
    #[wasm_bindgen(js_namespace = tree)]
    pub(crate) fn attribute(element: &Element, name: &str) -> Option<String>;
    #[wasm_bindgen(js_namespace = tree, js_name = attributeNames)]
    pub(crate) fn attribute_names(element: &Element) -> Vec<String>;
    #[wasm_bindgen(js_namespace = tree, js_name = hasAttribute)]
    pub(crate) fn has_attribute(element: &Element, name: &str) -> bool;
    /// Fails for a name that a parser takes and `setAttribute` does not.
    #[wasm_bindgen(js_namespace = tree, js_name = setAttribute, catch)]
    pub(crate) fn try_to_set_attribute(element: &Element, name: &str, value: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(js_namespace = tree, js_name = removeAttribute)]
    pub(crate) fn remove_attribute(element: &Element, name: &str);
    /// One declaration. A value that the property does not take is ignored, as in a style sheet.
    #[wasm_bindgen(js_namespace = tree, js_name = setStyle)]
    pub(crate) fn set_style(element: &Element, property: &str, value: &str);

    /// Whether the document is being parsed.
    #[wasm_bindgen(js_namespace = tree, js_name = isLoading)]
    pub(crate) fn is_loading(document: &Document) -> bool;
    #[wasm_bindgen(js_namespace = tree, js_name = active)]
    pub(crate) fn active_in(document: &Document) -> Option<Element>;
    #[wasm_bindgen(js_namespace = tree, js_name = byId)]
    pub(crate) fn by_id(document: &Document, id: &str) -> Option<Element>;
    #[wasm_bindgen(js_namespace = tree)]
    pub(crate) fn create(document: &Document, tag: &str) -> Element;
    #[wasm_bindgen(js_namespace = tree, js_name = createComment)]
    pub(crate) fn create_comment(document: &Document, text: &str) -> Comment;
    #[wasm_bindgen(js_namespace = tree, js_name = createFragment)]
    pub(crate) fn create_fragment(document: &Document) -> DocumentFragment;
    #[wasm_bindgen(js_namespace = tree, js_name = adopt)]
    fn adopt_with(document: &Document, node: &Node, deep: bool) -> Node;
}

/// A copy of a node and all in it.
pub(crate) fn copy(node: &Node) -> Node {
    copy_with(node, true)
}

/// A copy of a node and all in it that belongs to this document, so that its custom elements are made.
pub(crate) fn adopt(document: &Document, node: &Node) -> Node {
    adopt_with(document, node, true)
}

pub(crate) fn children(node: &Node) -> impl Iterator<Item = Node> + use<> {
    std::iter::successors(first(node), next)
}

/// What stands behind a node, in its parent.
pub(crate) fn following(node: &Node) -> impl Iterator<Item = Node> + use<> {
    std::iter::successors(next(node), next)
}

/// Sets an attribute, or with `None` removes it, if that changes anything.
pub(crate) fn set_attribute(element: &Element, name: &str, value: Option<&str>) {
    match value {
        Some(value) if attribute(element, name).as_deref() != Some(value) => {
            try_to_set_attribute(element, name, value).expect_throw("the name is valid");
        }
        None if has_attribute(element, name) => remove_attribute(element, name),
        _ => {}
    }
}
