//! What starts a write: a form, a button, a field, or script; and what is bound then.

use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement, HtmlFormElement};

use crate::params::{Fields, is_nearest, is_valid};
use crate::{document, tree};

/// What started a write.
pub(super) enum Cause {
    Form {
        form: HtmlFormElement,
        /// The form's values when it was submitted.
        said: Array,
        submitter: Option<Element>,
    },
    Button(Element),
    Field(Element),
    Script,
}

impl Cause {
    /// Whether the fields are valid. The browser has validated a form before it submits it.
    pub(super) fn is_valid(&self, element: &Element) -> bool {
        match self {
            Cause::Button(button) => tree::has_attribute(button, "formnovalidate") || is_valid(element, None),
            Cause::Field(field) => is_valid(element, Some(field)),
            Cause::Form { .. } | Cause::Script => true,
        }
    }
}

pub(super) fn fields_of(element: &HtmlElement, cause: &Cause) -> Fields {
    let mut fields = Fields::of_attributes(element);
    match cause {
        Cause::Form { form, submitter, .. } => fields.add_form(form, submitter.as_ref()),
        Cause::Button(button) => {
            fields.add_within(element);
            fields.add_button(button);
        }
        Cause::Field(_) => fields.add_within(element),
        Cause::Script => match form_in(element) {
            Some(form) => fields.add_form(&form, None),
            None => fields.add_within(element),
        },
    }
    fields
}

pub(super) fn form_in(element: &Element) -> Option<HtmlFormElement> {
    let form = tree::find(element, "form:not([id^=sqlite-radios-])")?;
    is_nearest(element, &form).then(|| form.unchecked_into())
}

pub(super) fn is_confirmed(element: &Element) -> bool {
    tree::attribute(element, "confirm").is_none_or(|question| document::is_confirmed(&question))
}
