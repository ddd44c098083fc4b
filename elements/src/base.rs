//! The functions and classes of `base.js`, as Rust sees them. The elements extend these classes.

#![cfg(target_family = "wasm")]

use js_sys::{Array, Function};
use wasm_bindgen::prelude::*;
use web_sys::{Element, Node};

use crate::schedule::ElementNumber;

#[wasm_bindgen(module = "/src/base.js")]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_name = SqliteDbBase)]
    static SQLITE_DB: Function;
    #[wasm_bindgen(thread_local_v2, js_name = SqliteQueryBase)]
    static SQLITE_QUERY: Function;
    #[wasm_bindgen(thread_local_v2, js_name = SqliteWriteBase)]
    static SQLITE_WRITE: Function;
    #[wasm_bindgen(thread_local_v2, js_name = SqliteStatusBase)]
    static SQLITE_STATUS: Function;

    /// Gives an element its core.
    #[wasm_bindgen(js_namespace = elements)]
    pub(crate) fn attach(element: &Element, core: JsValue);
    #[wasm_bindgen(js_namespace = elements, js_name = numberOf)]
    fn raw_number_of(element: &Element) -> Option<u32>;
    /// Remembers the nodes that an element rendered, without keeping the element alive.
    #[wasm_bindgen(js_namespace = elements)]
    pub(crate) fn leave(element: &Element, nodes: Vec<Node>);
    /// Whether [`leave`] has remembered nodes of this element.
    #[wasm_bindgen(js_namespace = elements, js_name = hasLeft)]
    pub(crate) fn has_left(element: &Element) -> bool;
    /// The nodes that [`leave`] remembered. They are forgotten by this call.
    #[wasm_bindgen(js_namespace = elements, js_name = takeLeft)]
    pub(crate) fn take_left(element: &Element) -> Array;
    #[wasm_bindgen(js_namespace = elements, js_name = showStates)]
    fn show_states_of(element: &Element, states: &str);
}

/// Makes the element match `:state(name)` for each state that is `true`, and for no other.
pub(crate) fn show_states(element: &Element, states: &[(&str, bool)]) {
    let states: Vec<&str> = states.iter().filter(|(_, on)| *on).map(|(name, _)| *name).collect();
    show_states_of(element, &states.join(" "));
}

/// The base class of each element.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Base {
    Db,
    Query,
    Write,
    Status,
}

/// The number of the element's core. `None` if the element is not one of this library, or not defined yet.
pub(crate) fn number_of(element: &Element) -> Option<ElementNumber> {
    raw_number_of(element).map(ElementNumber)
}

/// The base class for `CustomElement::superclass`, which needs a `'static` reference. So the class is leaked, once for
/// each tag in a page.
pub(crate) fn superclass(base: Base) -> (Option<&'static str>, &'static Function) {
    let class = match base {
        Base::Db => SQLITE_DB.with(Function::clone),
        Base::Query => SQLITE_QUERY.with(Function::clone),
        Base::Write => SQLITE_WRITE.with(Function::clone),
        Base::Status => SQLITE_STATUS.with(Function::clone),
    };
    (None, Box::leak(Box::new(class)))
}
