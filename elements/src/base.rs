//! What Rust asks of `base.js`, and how the crate `custom-elements` is made to use its classes.

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

    /// Joins element and core.
    #[wasm_bindgen(js_namespace = elements)]
    pub(crate) fn attach(element: &Element, core: JsValue);
    #[wasm_bindgen(js_namespace = elements, js_name = numberOf)]
    fn raw_number_of(element: &Element) -> Option<u32>;
    /// Keeps what an element rendered, without keeping the element.
    #[wasm_bindgen(js_namespace = elements)]
    pub(crate) fn leave(element: &Element, nodes: Vec<Node>);
    #[wasm_bindgen(js_namespace = elements, js_name = hasLeft)]
    pub(crate) fn has_left(element: &Element) -> bool;
    #[wasm_bindgen(js_namespace = elements, js_name = takeLeft)]
    pub(crate) fn take_left(element: &Element) -> Array;
    #[wasm_bindgen(js_namespace = elements, js_name = showStates)]
    fn show_states_of(element: &Element, states: &str);
}

/// Makes the element match `:state(name)` for those that are true and for no other.
pub(crate) fn show_states(element: &Element, states: &[(&str, bool)]) {
    let states: Vec<&str> = states.iter().filter(|(_, on)| *on).map(|(name, _)| *name).collect();
    show_states_of(element, &states.join(" "));
}

/// Which base class.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Base {
    Db,
    Query,
    Write,
    Status,
}

/// The core's number of an element of this library that is defined already.
pub(crate) fn number_of(element: &Element) -> Option<ElementNumber> {
    raw_number_of(element).map(ElementNumber)
}

/// For `CustomElement::superclass`, which wants a class that lives for ever: asked once per tag and page.
pub(crate) fn superclass(base: Base) -> (Option<&'static str>, &'static Function) {
    let class = match base {
        Base::Db => SQLITE_DB.with(Function::clone),
        Base::Query => SQLITE_QUERY.with(Function::clone),
        Base::Write => SQLITE_WRITE.with(Function::clone),
        Base::Status => SQLITE_STATUS.with(Function::clone),
    };
    (None, Box::leak(Box::new(class)))
}
