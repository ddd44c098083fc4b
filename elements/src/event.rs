//! The elements' events, each dispatched from a task of its own.
//!
//! Built-in elements do so ("queue an element task", HTML, 8.1.7.1), and for the same reason: a script that creates
//! an element and then adds a listener misses nothing, and a listener may do to the element what it likes.

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

/// Dispatches a `CustomEvent` that neither bubbles nor can be cancelled, in a task of its own.
pub(crate) fn fire(element: &Element, name: &'static str, detail: JsValue) {
    let element = element.clone();
    in_task(move || dispatch(&element, name, detail));
}

/// The same at once: for what runs in a task already.
pub(crate) fn dispatch(element: &Element, name: &'static str, detail: JsValue) {
    let init = CustomEventInit::new();
    init.set_detail(&detail);
    let event = CustomEvent::new_with_event_init_dict(name, &init).expect_throw("CustomEvent exists");
    // Throws only if the event is being dispatched already, and this one is new.
    element
        .dispatch_event(&event)
        .expect_throw("a new event can be dispatched");
}

/// Dispatches `error`, its `detail` being the JavaScript error, and has the console say once what failed where: with the
/// SQL and the names of its parameters, whose values are the page's own business. The element is named and not handed over:
/// what the console was given it keeps, and an element that is gone would never be collected.
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

/// A plain object.
pub(crate) fn detail<const N: usize>(fields: [(&str, JsValue); N]) -> JsValue {
    let object = Object::new();
    for (name, value) in fields {
        Reflect::set(&object, &name.into(), &value).expect_throw("a new object can be written");
    }
    object.into()
}
