//! The buttons of a `<sqlite-write>`: which of them count, and how they are disabled while a write is under way.

#![cfg(target_family = "wasm")]

use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement};

use crate::document;
use crate::params::is_nearest;
use crate::tree::{self, set_attribute};

/// Buttons that can start a write.
const SELECTOR: &str = "button:not([type=reset]), input:is([type=submit], [type=button], [type=image])";

/// Buttons that stay disabled until this value is dropped.
#[must_use = "the buttons are on again when this is dropped"]
pub(crate) struct SwitchedOff {
    buttons: Vec<Element>,
    focused: Option<HtmlElement>,
}

/// The button that a click on `target` activates.
pub(crate) fn around(element: &Element, target: &Element) -> Option<Element> {
    let button = tree::closest(target, SELECTOR)?;
    tree::contains(element, Some(&button)).then_some(button)
}

/// Whether the element has a button that can start a write.
pub(crate) fn any(element: &Element) -> bool {
    all(element).next().is_some()
}

/// Disables the buttons that are enabled.
pub(crate) fn switch_off(element: &Element) -> SwitchedOff {
    let active = document::active_element(element);
    let buttons: Vec<Element> = all(element)
        .filter(|button| !tree::has_attribute(button, "disabled"))
        .collect();
    let focused = buttons.iter().find(|button| active.as_ref() == Some(button)).cloned();
    buttons
        .iter()
        .for_each(|button| set_attribute(button, "disabled", Some("")));
    SwitchedOff {
        buttons,
        focused: focused.and_then(|button| button.dyn_into().ok()),
    }
}

fn all(element: &Element) -> impl Iterator<Item = Element> {
    let element = element.clone();
    let all = tree::find_all(&element, SELECTOR).into_iter();
    all.filter(move |button| is_nearest(&element, button))
}

impl Drop for SwitchedOff {
    fn drop(&mut self) {
        self.buttons
            .iter()
            .for_each(|button| set_attribute(button, "disabled", None));
        // The browser takes the focus from a button that is disabled. Without this, a keyboard user would lose their
        // place.
        if let Some(button) = self.focused.take().filter(|button| tree::is_connected(button)) {
            let elsewhere = document::active_element(&button).is_some_and(|active| tree::local_name(&active) != "body");
            if !elsewhere {
                let _ = button.focus();
            }
        }
    }
}
