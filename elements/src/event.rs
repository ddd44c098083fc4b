//! The elements' events. Each is dispatched from a task of its own.
//!
//! Built-in elements do the same ("queue an element task", HTML, 8.1.7.1), for the same reasons: a script that creates
//! an element and then adds a listener misses no event, and a listener may do anything to the element.

#![cfg(target_family = "wasm")]

use js_sys::{Object, Reflect};
use sqlite_elements::client::js_error;
use sqlite_elements::request::Failure;
use sqlite_elements::web::in_task;
use wasm_bindgen::prelude::*;
use web_sys::{CustomEvent, CustomEventInit, Element};

use crate::tree;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn console_error(text: &str);
}

/// Dispatches a `CustomEvent` in a task of its own. The event does not bubble and cannot be cancelled.
pub(crate) fn fire(element: &Element, name: &'static str, detail: JsValue) {
    let element = element.clone();
    in_task(move || dispatch(&element, name, detail));
}

/// Dispatches the same event at once. The caller must run in a task already.
pub(crate) fn dispatch(element: &Element, name: &'static str, detail: JsValue) {
    let init = CustomEventInit::new();
    init.set_detail(&detail);
    let event = CustomEvent::new_with_event_init_dict(name, &init).expect_throw("CustomEvent exists");
    // `dispatchEvent` throws only if the event is being dispatched already, and this event is new.
    element
        .dispatch_event(&event)
        .expect_throw("a new event can be dispatched");
}

/// Dispatches `error` with the JavaScript error as its `detail`, and logs the failure once to the console. The log has
/// the element's name, the SQL and the names of its parameters, but no values: those are the page's private data. It
/// never has the element itself: the console keeps every object that it is given, so a removed element would never be
/// collected.
pub(crate) fn fire_error(element: &Element, failure: &Failure, names: &[String]) {
    let id = match element.id() {
        id if id.is_empty() => id,
        id => format!(" id={id:?}"),
    };
    let mut text = format!(
        "<{}{id}>: {} ({})",
        tree::local_name(element),
        failure.message,
        failure.code
    );
    if let Some(sql) = tree::attribute(element, "sql") {
        text += &format!("\nSQL: {sql}");
    }
    if !names.is_empty() {
        text += &format!("\nParameters: :{}", names.join(", :"));
    }
    console_error(&text);
    fire(element, "error", js_error(failure));
}

/// A plain object with these properties.
pub(crate) fn detail<const N: usize>(fields: [(&str, JsValue); N]) -> JsValue {
    let object = Object::new();
    for (name, value) in fields {
        Reflect::set(&object, &name.into(), &value).expect_throw("a new object can be written");
    }
    object.into()
}
