//! The shell of a custom element: what the crate `custom-elements` calls, written once for all tags.
//!
//! The element itself is a class of `base.js`; what it does is its core's affair. The shell makes the core when the
//! element is made, and tells it of what the browser tells the element.

#![cfg(target_family = "wasm")]

use std::rc::Rc;

use custom_elements::CustomElement;
use js_sys::Function;
use web_sys::HtmlElement;

use crate::base::{self, Base};

/// One element, as the crate keeps it.
pub(crate) struct Shell<C>(Option<Rc<C>>);

/// What an element does.
pub(crate) trait Core: Sized + 'static {
    const BASE: Base;
    /// A change of these is told.
    const ATTRIBUTES: &'static [&'static str];

    /// Makes the core of an element, and joins both ([`base::attach`]).
    fn begin(element: &HtmlElement) -> Rc<Self>;

    /// Something happened to the element that may change what it does.
    fn look_soon(self: &Rc<Self>) {}

    fn connected(self: &Rc<Self>, _element: &HtmlElement) {
        self.look_soon();
    }

    fn disconnected(self: &Rc<Self>) {
        self.look_soon();
    }

    fn changed(self: &Rc<Self>, _attribute: &str) {
        self.look_soon();
    }
}

impl<C> Default for Shell<C> {
    fn default() -> Self {
        Shell(None)
    }
}

impl<C: Core> CustomElement for Shell<C> {
    fn inject_children(&mut self, _this: &HtmlElement) {}

    fn shadow() -> bool {
        false
    }

    fn superclass() -> (Option<&'static str>, &'static Function) {
        base::superclass(C::BASE)
    }

    fn observed_attributes() -> &'static [&'static str] {
        C::ATTRIBUTES
    }

    fn constructor(&mut self, this: &HtmlElement) {
        self.0 = Some(C::begin(this));
    }

    fn connected_callback(&mut self, this: &HtmlElement) {
        if let Some(core) = &self.0 {
            core.connected(this);
        }
    }

    fn disconnected_callback(&mut self, _this: &HtmlElement) {
        if let Some(core) = &self.0 {
            core.disconnected();
        }
    }

    fn attribute_changed_callback(&mut self, _: &HtmlElement, name: String, _: Option<String>, _: Option<String>) {
        if let Some(core) = &self.0 {
            core.changed(&name);
        }
    }
}
