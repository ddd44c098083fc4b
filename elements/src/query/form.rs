//! The form whose fields are a query's parameters. It tells the query that a person has typed.
//!
//! The listeners stand at the root of the tree, because a field may belong to a form without being inside it (attribute
//! `form`).

#![cfg(target_family = "wasm")]

use js_sys::Reflect;
use wasm_bindgen::prelude::*;
use web_sys::{Element, Event, HtmlFormElement, Node};

use sqlite_elements::web::in_task;

use crate::tree;

const EVENTS: [&str; 4] = ["input", "change", "reset", "submit"];

/// Listens for a form's events until it is dropped.
#[must_use = "nothing is heard of the form after this is dropped"]
pub(crate) struct FormListener {
    form: HtmlFormElement,
    root: Node,
    heard: Closure<dyn FnMut(Event)>,
}

impl FormListener {
    /// Calls `changed` after a field of the form has changed, from a microtask or a task.
    pub(crate) fn new(form: HtmlFormElement, changed: impl Fn() + Clone + 'static) -> Self {
        let root = tree::root(&form);
        let own = form.clone();
        let heard = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
            if !concerns(&event, &own) {
                return;
            }
            match event.type_().as_str() {
                // The browser resets the fields after the event.
                "reset" => in_task(changed.clone()),
                "submit" => {
                    stay(&event, &own);
                    changed();
                }
                _ => changed(),
            }
        });
        for name in EVENTS {
            let listening = root.add_event_listener_with_callback(name, heard.as_ref().unchecked_ref());
            listening.expect_throw("a node can be listened to");
        }
        FormListener { form, root, heard }
    }

    /// The form.
    pub(crate) fn form(&self) -> &HtmlFormElement {
        &self.form
    }

    /// Whether this listener still belongs to the form and to its place in the tree.
    pub(crate) fn is_of(&self, form: &HtmlFormElement) -> bool {
        self.form == *form && self.root == tree::root(form)
    }
}

impl Drop for FormListener {
    fn drop(&mut self) {
        for name in EVENTS {
            let stopped = self
                .root
                .remove_event_listener_with_callback(name, self.heard.as_ref().unchecked_ref());
            stopped.expect_throw("a listener can be removed");
        }
    }
}

fn concerns(event: &Event, form: &HtmlFormElement) -> bool {
    let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else {
        return false;
    };
    let owner = Reflect::get(&target, &"form".into()).unwrap_or(JsValue::UNDEFINED);
    js_sys::Object::is(&owner, form) || tree::contains(form, Some(&target))
}

/// Enter in a search field does not leave the page, unless the form has an `action` or closes a dialog.
fn stay(event: &Event, form: &HtmlFormElement) {
    let method = tree::attribute(form, "method");
    let is_dialog = method.is_some_and(|method| method.eq_ignore_ascii_case("dialog"));
    if !tree::has_attribute(form, "action") && !is_dialog {
        event.prevent_default();
    }
}
