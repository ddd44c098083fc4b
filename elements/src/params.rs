//! The parameters of an element's SQL: its `data-*` attributes and the fields of its form.
//!
//! `data-list-id="7"` is bound as `:list_id`, a field named `list-id` or `list_id` likewise: a hyphen cannot stand in
//! the name of a parameter. A field wins over an attribute of the same name. Types follow who wrote the text: what
//! the page's author wrote is read by [`text::authored`]; what somebody typed is text, except in fields for numbers;
//! a field for a number or a date that is empty is NULL; a checkbox is 1 or 0; a chosen file is its bytes. What may be
//! several values, a `<select multiple>` and checkboxes of one name, is a JSON array, which `json_each` takes apart.
//! Elements with `contenteditable` and `data-name` are fields too.

use js_sys::{Array, JSON};
use sqlite_elements::request::{Failure, FailureKind};
use sqlite_elements::sql::{Value, limits};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, Element, File, FormData, HtmlFormElement, HtmlInputElement, HtmlOptionElement, HtmlSelectElement,
    HtmlTextAreaElement,
};

use crate::text;

#[wasm_bindgen(module = "/src/form.js")]
extern "C" {
    #[wasm_bindgen(js_namespace = forms, js_name = fields)]
    fn fields_of(form: &HtmlFormElement) -> Array;
    /// What a form says, for [`reset_form`].
    #[wasm_bindgen(js_namespace = forms, js_name = said)]
    pub(crate) fn said_by_form(form: &HtmlFormElement) -> Array;
    /// As if its reset button was clicked, unless it says something else by now.
    #[wasm_bindgen(js_namespace = forms, js_name = reset)]
    pub(crate) fn reset_form(form: &HtmlFormElement, said: &Array);
}

#[wasm_bindgen(module = "/src/editable.js")]
extern "C" {
    /// The elements that people edit in their place.
    #[wasm_bindgen(js_namespace = editable, js_name = within)]
    fn editables_within(element: &Element) -> Array;
    #[wasm_bindgen(js_namespace = editable, js_name = text)]
    fn edited_text(element: &Element) -> String;
}

/// A parameter's value, or a file to be read first.
pub(crate) enum Field {
    Value(Value),
    File(File),
}

/// Parameters by name, later ones winning over earlier ones.
#[derive(Default)]
pub(crate) struct Fields(Vec<(String, Field)>);

impl Fields {
    /// The `data-*` attributes of an element.
    pub(crate) fn of_attributes(element: &Element) -> Self {
        let mut fields = Fields::default();
        for name in element.get_attribute_names().iter().filter_map(|name| name.as_string()) {
            if let Some(parameter) = name.strip_prefix("data-") {
                let value = element.get_attribute(&name).unwrap_or_default();
                fields.set(parameter, Field::Value(text::authored(&value)));
            }
        }
        fields
    }

    /// Adds the fields of a form, and what the button says that sent it.
    pub(crate) fn add_form(&mut self, form: &HtmlFormElement, submitter: Option<&Element>) {
        let fields: Vec<Element> = fields_of(form).iter().map(JsCast::unchecked_into).collect();
        self.add_all(&fields, Some(form));
        self.add_editables(form, |_| true);
        if let Some(button) = submitter {
            self.add_button(button);
        }
    }

    /// Adds the fields in an element that has no form.
    pub(crate) fn add_within(&mut self, element: &Element) {
        let all = element.query_selector_all("[name]").expect_throw("a valid selector");
        let fields = (0..all.length()).filter_map(|at| all.get(at)?.dyn_into::<Element>().ok());
        let fields: Vec<Element> = fields.filter(|field| is_nearest(element, field)).collect();
        self.add_all(&fields, None);
        self.add_editables(element, |editable| is_nearest(element, editable));
    }

    /// Adds what stands in elements with `contenteditable` and `data-name`, as the text that one sees.
    fn add_editables(&mut self, within: &Element, counts: impl Fn(&Element) -> bool) {
        for editable in editables_within(within).iter() {
            let editable: Element = editable.unchecked_into();
            if let Some(name) = editable.get_attribute("data-name").filter(|_| counts(&editable)) {
                self.set(&name, Field::Value(Value::Text(edited_text(&editable))));
            }
        }
    }

    pub(crate) fn add_button(&mut self, button: &Element) {
        if let Some(name) = button.get_attribute("name").filter(|name| !name.is_empty()) {
            let value = button.get_attribute("value").unwrap_or_default();
            self.set(&name, Field::Value(text::authored(&value)));
        }
    }

    /// What the parameters are called.
    pub(crate) fn names(&self) -> Vec<String> {
        self.0.iter().map(|(name, _)| name.clone()).collect()
    }

    /// Values only; files are left out.
    pub(crate) fn values(self) -> Vec<(String, Value)> {
        let value = |(name, field)| match field {
            Field::Value(value) => Some((name, value)),
            Field::File(_) => None,
        };
        self.0.into_iter().filter_map(value).collect()
    }

    /// Values, files being read.
    pub(crate) async fn read(self) -> Result<Vec<(String, Value)>, Failure> {
        let mut values = Vec::with_capacity(self.0.len());
        for (name, field) in self.0 {
            values.push(match field {
                Field::Value(value) => (name, value),
                Field::File(file) => {
                    limits::value(|| format!("the file {}", file.name()), file.size() as usize)?;
                    (name, Value::Blob(bytes(&file).await.map_err(|_| not_read())?))
                }
            });
        }
        Ok(values)
    }

    fn add_all(&mut self, fields: &[Element], form: Option<&HtmlFormElement>) {
        for field in fields {
            let group = boxes_like(field, fields);
            if group.len() > 1 {
                let chosen = group.iter().filter(|input| input.checked() && !input.disabled());
                self.set(&group[0].name(), json(chosen.map(|input| input.value())));
            } else {
                self.add(field, form);
            }
        }
    }

    fn add(&mut self, field: &Element, form: Option<&HtmlFormElement>) {
        let Some(name) = field.get_attribute("name").filter(|name| !name.is_empty()) else {
            return;
        };
        if field.matches(":disabled").unwrap_or(false) {
            return;
        }
        let value = if let Some(input) = field.dyn_ref::<HtmlInputElement>() {
            self.of_input(&name, input)
        } else if let Some(select) = field.dyn_ref::<HtmlSelectElement>() {
            Some(match select.multiple() {
                true => json(chosen(select)),
                false => Field::Value(text::authored(&select.value())),
            })
        } else if let Some(area) = field.dyn_ref::<HtmlTextAreaElement>() {
            Some(Field::Value(Value::from(area.value().as_str())))
        } else if field.local_name().contains('-') {
            form.and_then(|form| of_custom_element(&name, form))
        } else {
            None
        };
        if let Some(value) = value {
            self.set(&name, value);
        }
    }

    fn of_input(&self, name: &str, input: &HtmlInputElement) -> Option<Field> {
        let typed = input.value();
        Some(Field::Value(match input.type_().as_str() {
            "submit" | "button" | "reset" | "image" => return None,
            "checkbox" => Value::Integer(input.checked().into()),
            "radio" if input.checked() => text::authored(&typed),
            // Of a group, the checked one counts; none checked is NULL.
            "radio" if self.has(name) => return None,
            "radio" => Value::Null,
            "number" | "range" => text::number(&typed),
            "hidden" => text::authored(&typed),
            "date" | "datetime-local" | "month" | "time" | "week" if typed.is_empty() => Value::Null,
            "file" => match input.files().and_then(|files| files.item(0)) {
                Some(file) => return Some(Field::File(file)),
                None => Value::Null,
            },
            _ => Value::Text(typed),
        }))
    }

    fn has(&self, name: &str) -> bool {
        let parameter = name.replace('-', "_");
        self.0.iter().any(|(other, _)| *other == parameter)
    }

    fn set(&mut self, name: &str, field: Field) {
        let parameter = name.replace('-', "_");
        self.0.retain(|(other, _)| *other != parameter);
        self.0.push((parameter, field));
    }
}

/// Whether `inner` belongs to the write element `outer` and not to another one inside of it.
pub(crate) fn is_nearest(outer: &Element, inner: &Element) -> bool {
    inner.closest("sqlite-write").ok().flatten().as_ref() == Some(outer)
}

/// The checkboxes of the same name, if the field is one.
fn boxes_like<'a>(field: &'a Element, fields: &'a [Element]) -> Vec<&'a HtmlInputElement> {
    let name = |element: &'a Element| {
        let input = element.dyn_ref::<HtmlInputElement>();
        input.filter(|input| input.type_() == "checkbox" && !input.name().is_empty())
    };
    let Some(own) = name(field) else {
        return Vec::new();
    };
    fields
        .iter()
        .filter_map(name)
        .filter(|other| other.name() == own.name())
        .collect()
}

fn chosen(select: &HtmlSelectElement) -> impl Iterator<Item = String> {
    let options = select.selected_options();
    let option = move |at| options.item(at)?.dyn_into::<HtmlOptionElement>().ok();
    (0..).map_while(option).map(|option| option.value())
}

/// What the page's author wrote, several times.
fn json(values: impl Iterator<Item = String>) -> Field {
    let values: Array = values
        .map(|value| match text::authored(&value) {
            Value::Integer(integer) if integer.unsigned_abs() <= 1 << 53 => (integer as f64).into(),
            Value::Real(real) => real.into(),
            _ => JsValue::from(value),
        })
        .collect();
    let text = JSON::stringify(&values).expect_throw("texts and numbers have no circle");
    Field::Value(Value::Text(text.into()))
}

/// A form-associated custom element: what it would send.
fn of_custom_element(name: &str, form: &HtmlFormElement) -> Option<Field> {
    let sent = FormData::new_with_form(form).ok()?.get(name);
    if let Some(text) = sent.as_string() {
        return Some(Field::Value(Value::Text(text)));
    }
    sent.dyn_into::<File>().ok().map(Field::File)
}

fn not_read() -> Failure {
    let message = "the chosen file cannot be read; choose it again";
    Failure::new(FailureKind::State, "FILE_NOT_READ", message)
}

async fn bytes(file: &Blob) -> Result<Vec<u8>, JsValue> {
    let buffer = JsFuture::from(file.array_buffer()).await?;
    Ok(js_sys::Uint8Array::new(&buffer).to_vec())
}
