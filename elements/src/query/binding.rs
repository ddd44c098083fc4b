//! One mark of a template and its target: a text, an attribute, a property of a field or of a style.
//!
//! `template` creates the bindings, and calls [`Binding::fill`] when the cells of a target have changed. A field that a
//! person is editing keeps the typed text.

#![cfg(target_family = "wasm")]

use sqlite_elements::sql::Value;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlInputElement, HtmlOptionElement, HtmlTextAreaElement, Node, Text};

use super::attribute::{self, Leads};
use super::marks::Marked;
use crate::tree::{self, set_attribute};
use crate::{document, text};

#[wasm_bindgen(module = "/src/choice.js")]
extern "C" {
    #[wasm_bindgen(js_namespace = choices, js_name = fill)]
    fn fill_choice(select: &Element, value: &str);
}

#[wasm_bindgen(module = "/src/form.js")]
extern "C" {
    /// Makes the radio buttons of a row groups of their own.
    #[wasm_bindgen(js_namespace = forms, js_name = part)]
    fn part_radios(row: &Element);
}

#[wasm_bindgen(module = "/src/editable.js")]
extern "C" {
    #[wasm_bindgen(js_namespace = editable, js_name = fill)]
    fn fill_editable(element: &Element, text: &str);
}

/// A target, and the text that fills it.
#[derive(Clone, Debug)]
pub(crate) struct Binding {
    pub(crate) marked: Marked,
    pub(crate) target: Target,
}

/// The target of a text.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// A text node.
    Text,
    /// The text node in a `<textarea>`, and the text that the field shows.
    Textarea,
    Attribute(String),
    /// The whole text of an element that people edit in place.
    Editable,
    /// The attribute `value`, and the text that the field shows.
    Value,
    /// The attribute `value` of a `<select>`, and which of its options are selected, now or when they come.
    Choice,
    /// The radio buttons in an element. Such a binding has no text.
    Radios,
    /// A boolean attribute, and the property whose default it is.
    Presence(String),
    /// An address that a browser follows. The attribute is left out if the address would run script.
    Address(String, Leads),
    /// One style declaration. It is set through the CSSOM: a strict Content-Security-Policy forbids the attribute
    /// `style`.
    Style(String),
    /// A cell of the table that a query without a template shows.
    Cell,
}

impl Binding {
    /// Puts the text of `row` into the target.
    pub(crate) fn fill(&self, node: &Node, row: &[Value]) {
        match &self.target {
            Target::Text => node.set_node_value(Some(&self.marked.join(row))),
            Target::Textarea => fill_textarea(node, &self.marked.join(row)),
            Target::Editable => fill_editable(node.unchecked_ref(), &self.marked.join(row)),
            Target::Cell => self.fill_cell(node, row),
            Target::Attribute(name) => set_attribute(node.unchecked_ref(), name, Some(&self.marked.join(row))),
            Target::Choice => fill_choice(node.unchecked_ref(), &self.marked.join(row)),
            Target::Radios => part_radios(node.unchecked_ref()),
            Target::Value => fill_value(node.unchecked_ref(), &self.marked.join(row)),
            Target::Presence(name) => fill_presence(node.unchecked_ref(), name, self.is_true(row)),
            Target::Address(name, leads) => {
                let address = self.marked.join(row);
                let address = Some(address.as_str()).filter(|address| !attribute::runs_script(address, *leads));
                set_attribute(node.unchecked_ref(), name, address);
            }
            Target::Style(property) => tree::set_style(node.unchecked_ref(), property, &self.marked.join(row)),
        }
    }

    /// The order in which the targets of a row are filled. A value comes after its bounds (`type`, `min`, `max`),
    /// because a field changes a value that does not fit. A choice comes after its options. Groups are made when the
    /// names are known.
    pub(crate) fn turn(&self) -> u8 {
        match self.target {
            Target::Radios => 3,
            Target::Choice => 2,
            Target::Value => 1,
            _ => 0,
        }
    }

    /// The name of the target in `bulk.js`. `None` for a target that needs more than its text set.
    pub(crate) fn name_in_bulk(&self) -> Option<JsValue> {
        match &self.target {
            Target::Text => Some("".into()),
            Target::Cell => Some("td".into()),
            Target::Attribute(name) => Some(name.as_str().into()),
            _ => None,
        }
    }

    /// The text for `bulk.js`.
    pub(crate) fn text_in_bulk(&self, row: &[Value]) -> String {
        match &self.target {
            Target::Cell => {
                let value = self.cell(row);
                format!("{}{}", &text::type_of(value)[..1], text::of(value))
            }
            _ => self.marked.join(row),
        }
    }

    fn cell<'a>(&self, row: &'a [Value]) -> &'a Value {
        let column = self.marked.single();
        column.and_then(|column| row.get(column)).unwrap_or(&Value::Null)
    }

    /// Fills a target that a server has filled already. A text node that says the same is not touched.
    pub(crate) fn correct(&self, node: &Node, row: &[Value]) {
        let says_so = || {
            let text = node.dyn_ref::<Text>();
            text.is_some_and(|text| text.data().trim() == self.marked.join(row).trim())
        };
        if !matches!(self.target, Target::Text) || !says_so() {
            self.fill(node, row);
        }
    }

    fn is_true(&self, row: &[Value]) -> bool {
        self.marked
            .single()
            .and_then(|column| row.get(column))
            .is_some_and(text::is_true)
    }

    fn fill_cell(&self, node: &Node, row: &[Value]) {
        let cell: &Element = node.unchecked_ref();
        let value = self.cell(row);
        cell.set_text_content(Some(&text::of(value)));
        set_attribute(cell, "data-type", Some(text::type_of(value)));
        set_attribute(cell, "data-null", matches!(value, Value::Null).then_some(""));
    }
}

fn fill_textarea(text: &Node, value: &str) {
    let area = tree::parent(text).and_then(|parent| parent.dyn_into::<HtmlTextAreaElement>().ok());
    let keeps = area
        .as_ref()
        .is_some_and(|area| is_focused(area) && area.default_value().is_ok_and(|default| area.value() != default));
    let Some(area) = area else {
        return text.set_node_value(Some(value));
    };
    keeping_caret(area.unchecked_ref(), || {
        text.set_node_value(Some(value));
        if !keeps && area.value() != value {
            area.set_value(value);
        }
    });
}

/// Fills an input, or anything else with a `value`: options, buttons, meters, custom elements.
fn fill_value(element: &Element, value: &str) {
    if let Some(input) = element.dyn_ref::<HtmlInputElement>() {
        let keeps = is_focused(input) && input.value() != input.default_value();
        keeping_caret(input, || {
            set_attribute(input, "value", Some(value));
            if !keeps && input.value() != value {
                input.set_value(value);
            }
        });
        return;
    }
    set_attribute(element, "value", Some(value));
}

fn fill_presence(element: &Element, name: &str, on: bool) {
    set_attribute(element, name, on.then_some(""));
    if let Some(input) = element.dyn_ref::<HtmlInputElement>().filter(|_| name == "checked") {
        input.set_checked(on);
    } else if let Some(option) = element.dyn_ref::<HtmlOptionElement>().filter(|_| name == "selected") {
        option.set_selected(on);
    }
}

/// Keeps the caret of a person who is in the field but has not typed. A `<textarea>` has the same methods, so it is
/// cast to an input.
fn keeping_caret(field: &HtmlInputElement, change: impl FnOnce()) {
    // A field whose type has no caret gives `None`.
    let place = |place: Result<Option<u32>, JsValue>| place.ok().flatten().filter(|_| is_focused(field));
    let caret = place(field.selection_start()).zip(place(field.selection_end()));
    change();
    if let Some((start, end)) = caret {
        // This cannot fail: the field had a caret.
        let _ = field.set_selection_range(start, end);
    }
}

fn is_focused(element: &Element) -> bool {
    document::active_element(element).as_ref() == Some(element)
}
