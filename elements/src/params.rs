//! The parameters of an element's SQL: its `data-*` attributes, and the fields of its form.
//!
//! The attribute `data-list-id="7"` is bound as `:list_id`. So is a field named `list-id` or `list_id`: the name of a
//! parameter cannot contain a hyphen. A field takes precedence over an attribute of the same name.
//!
//! The type of a value depends on who wrote the text. [`text::authored`] reads what the page's author wrote. What a
//! person typed is text, except in number fields. An empty field for a number or a date is NULL. A checkbox is 1 or 0.
//! A chosen file is its bytes.
//!
//! Fields that may have several values give a JSON array, which `json_each` takes apart: a `<select multiple>`, several
//! fields with one name, and checkboxes that a query in the form renders with values. The number of such checkboxes
//! depends on the query, so even one of them is an array. Elements with `contenteditable` and `data-name` are fields
//! too.

#![cfg(target_family = "wasm")]

use js_sys::{Array, JSON};
use sqlite_elements::request::{Failure, FailureKind};
use sqlite_elements::sql::{Code, Value, limits};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, Element, File, FormData, HtmlFormElement, HtmlInputElement, HtmlOptionElement, HtmlSelectElement,
    HtmlTextAreaElement,
};

use crate::{text, tree};

#[wasm_bindgen(module = "/src/form.js")]
extern "C" {
    /// The fields of a form, in document order.
    #[wasm_bindgen(js_namespace = forms, js_name = fields)]
    fn fields_of(form: &HtmlFormElement) -> Array;
    /// The values that a form would send now, for [`reset_form`].
    #[wasm_bindgen(js_namespace = forms, js_name = said)]
    pub(crate) fn said_by_form(form: &HtmlFormElement) -> Array;
    /// The names of the checkboxes that the queries in an element render, even while they have no rows.
    #[wasm_bindgen(js_namespace = forms, js_name = awaited)]
    fn awaited_boxes(element: &Element) -> Vec<String>;
    /// Whether all of these fields are valid. If not, the browser reports the first invalid one to the user.
    #[wasm_bindgen(js_namespace = forms, js_name = report)]
    fn report_validity(fields: Vec<Element>) -> bool;
    /// Resets a form as its reset button would, unless its values are no longer `said`.
    #[wasm_bindgen(js_namespace = forms, js_name = reset)]
    pub(crate) fn reset_form(form: &HtmlFormElement, said: &Array);
}

#[wasm_bindgen(module = "/src/editable.js")]
extern "C" {
    /// The elements that people edit in place.
    #[wasm_bindgen(js_namespace = editable, js_name = within)]
    fn editables_within(element: &Element) -> Array;
    /// The text that a person sees in such an element.
    #[wasm_bindgen(js_namespace = editable, js_name = text)]
    fn edited_text(element: &Element) -> String;
}

/// The value of a parameter, or a file that must be read first, or why there is neither.
pub(crate) enum Field {
    Value(Value),
    File(File),
    Refused(Failure),
}

/// Parameters by name. A later one replaces an earlier one of the same name.
#[derive(Default)]
pub(crate) struct Fields(Vec<(String, Field)>);

impl Fields {
    /// The `data-*` attributes of an element.
    pub(crate) fn of_attributes(element: &Element) -> Self {
        let mut fields = Fields::default();
        for name in tree::attribute_names(element) {
            if let Some(parameter) = name.strip_prefix("data-") {
                let value = tree::attribute(element, &name).unwrap_or_default();
                fields.set(parameter, Field::Value(text::authored(&value)));
            }
        }
        fields
    }

    /// Adds the fields of a form, and the button that submitted it.
    pub(crate) fn add_form(&mut self, form: &HtmlFormElement, submitter: Option<&Element>) {
        let fields: Vec<Element> = fields_of(form).iter().map(JsCast::unchecked_into).collect();
        self.add_all(&fields, form, Some(form));
        self.add_editables(form, |_| true);
        if let Some(button) = submitter {
            self.add_button(button);
        }
    }

    /// Adds the fields of an element that has no form.
    pub(crate) fn add_within(&mut self, element: &Element) {
        let mut fields = tree::find_all(element, "[name]");
        fields.retain(|field| is_nearest(element, field));
        self.add_all(&fields, element, None);
        self.add_editables(element, |editable| is_nearest(element, editable));
    }

    /// Adds the elements with `contenteditable` and `data-name`, each as the text that a person sees.
    fn add_editables(&mut self, within: &Element, counts: impl Fn(&Element) -> bool) {
        for editable in editables_within(within).iter() {
            let editable: Element = editable.unchecked_into();
            if let Some(name) = tree::attribute(&editable, "data-name").filter(|_| counts(&editable)) {
                self.set(&name, Field::Value(Value::Text(edited_text(&editable))));
            }
        }
    }

    /// Adds the name and value of a button, if it has a name.
    pub(crate) fn add_button(&mut self, button: &Element) {
        if let Some(name) = tree::attribute(button, "name").filter(|name| !name.is_empty()) {
            let value = tree::attribute(button, "value").unwrap_or_default();
            self.set(&name, Field::Value(text::authored(&value)));
        }
    }

    /// The names of the parameters.
    pub(crate) fn names(&self) -> Vec<String> {
        self.0.iter().map(|(name, _)| name.clone()).collect()
    }

    /// The values. Files and refused fields are left out.
    pub(crate) fn values(self) -> Vec<(String, Value)> {
        let value = |(name, field)| match field {
            Field::Value(value) => Some((name, value)),
            Field::File(_) | Field::Refused(_) => None,
        };
        self.0.into_iter().filter_map(value).collect()
    }

    /// The values, with all files read.
    pub(crate) async fn read(self) -> Result<Vec<(String, Value)>, Failure> {
        let mut values = Vec::with_capacity(self.0.len());
        for (name, field) in self.0 {
            values.push(match field {
                Field::Value(value) => (name, value),
                Field::Refused(failure) => return Err(failure),
                Field::File(file) => {
                    limits::value(|| format!("the file {}", file.name()), file.size() as usize)?;
                    (name, Value::Blob(bytes(&file).await.map_err(|_| not_read())?))
                }
            });
        }
        Ok(values)
    }

    /// Adds fields, grouped by parameter. A group has one value: that of its checkboxes, of its one field, or of
    /// several fields.
    fn add_all(&mut self, fields: &[Element], within: &Element, form: Option<&HtmlFormElement>) {
        let mut groups: Vec<(String, Vec<&Element>)> = Vec::new();
        for field in fields {
            let Some(name) = tree::attribute(field, "name").filter(|name| !name.is_empty()) else {
                continue;
            };
            let parameter = parameter(&name);
            match groups.iter_mut().find(|(other, _)| *other == parameter) {
                Some((_, group)) => group.push(field),
                None => groups.push((parameter, vec![field])),
            }
        }
        for (parameter, group) in groups {
            if let Some(field) = of_group(&group, within, form) {
                self.set(&parameter, field);
            }
        }
        // Checkboxes of a query without rows are an empty list.
        for name in awaited_boxes(within) {
            if !fields
                .iter()
                .any(|field| tree::attribute(field, "name").as_ref() == Some(&name))
            {
                self.set(&name, json(std::iter::empty()));
            }
        }
    }

    fn set(&mut self, name: &str, field: Field) {
        let parameter = parameter(name);
        self.0.retain(|(other, _)| *other != parameter);
        self.0.push((parameter, field));
    }
}

/// Whether all fields of an element without a form are valid, as a browser checks a form before submission. The browser
/// reports the changed field first.
pub(crate) fn is_valid(element: &Element, changed: Option<&Element>) -> bool {
    let mut fields = tree::find_all(element, "input, select, textarea, [name]");
    fields.retain(|field| is_nearest(element, field));
    report_validity(changed.cloned().into_iter().chain(fields).collect())
}

/// Whether `inner` belongs to the write element `outer`, and not to another write element inside it.
pub(crate) fn is_nearest(outer: &Element, inner: &Element) -> bool {
    tree::closest(inner, "sqlite-write").as_ref() == Some(outer)
}

/// The name in SQL of a field or an attribute.
fn parameter(name: &str) -> String {
    name.replace('-', "_")
}

/// The value of all fields of one parameter. A hidden field beside a checkbox does not count: some server frameworks
/// put one there.
fn of_group(group: &[&Element], within: &Element, form: Option<&HtmlFormElement>) -> Option<Field> {
    let of_type = |kind: &str| -> Vec<&HtmlInputElement> {
        let inputs = group.iter().filter_map(|field| field.dyn_ref::<HtmlInputElement>());
        inputs.filter(|input| input.type_() == kind).collect()
    };
    let is_on = |input: &&&HtmlInputElement| !tree::matches(input, ":disabled");
    let boxes = of_type("checkbox");
    if boxes.len() > 1 || boxes.iter().any(|input| is_rendered(input, within)) {
        let chosen = boxes.iter().filter(is_on).filter(|input| input.checked());
        return Some(json(chosen.map(|input| text::authored(&input.value()))));
    }
    let radios = of_type("radio");
    let mut single = boxes.iter().chain(&radios).filter(is_on);
    if let Some(input) = single.clone().find(|input| input.checked()).or(single.next_back()) {
        return Some(Field::Value(match (input.type_().as_str(), input.checked()) {
            ("checkbox", is_checked) => Value::Integer(is_checked.into()),
            (_, true) => text::authored(&input.value()),
            // No radio button of the group is checked.
            (_, false) => Value::Null,
        }));
    }
    let says = |field: &&Element| of_field(field, form);
    let mut said: Vec<Field> = group.iter().filter_map(says).collect();
    match said.len() {
        0 | 1 => said.pop(),
        _ => Some(together(said)),
    }
}

/// Whether a query in the form renders this checkbox with a value of its own. Then there is one checkbox for each row
/// of the query.
fn is_rendered(input: &HtmlInputElement, within: &Element) -> bool {
    let query = tree::closest(input, "sqlite-query").filter(|_| tree::has_attribute(input, "value"));
    query.is_some_and(|query| !tree::contains(&query, Some(within)))
}

/// The value of one field that is neither a checkbox nor a radio button.
fn of_field(field: &Element, form: Option<&HtmlFormElement>) -> Option<Field> {
    if tree::matches(field, ":disabled") {
        None
    } else if let Some(input) = field.dyn_ref::<HtmlInputElement>() {
        of_input(input)
    } else if let Some(select) = field.dyn_ref::<HtmlSelectElement>() {
        Some(match select.multiple() {
            true => json(chosen(select).map(|value| text::authored(&value))),
            false => Field::Value(text::authored(&select.value())),
        })
    } else if let Some(area) = field.dyn_ref::<HtmlTextAreaElement>() {
        Some(Field::Value(Value::from(area.value().as_str())))
    } else if tree::local_name(field).contains('-') {
        of_custom_element(&tree::attribute(field, "name")?, form?)
    } else {
        None
    }
}

fn of_input(input: &HtmlInputElement) -> Option<Field> {
    let typed = input.value();
    Some(Field::Value(match input.type_().as_str() {
        "submit" | "button" | "reset" | "image" | "checkbox" | "radio" => return None,
        "number" | "range" => text::number(&typed),
        "hidden" => text::authored(&typed),
        "date" | "datetime-local" | "month" | "time" | "week" if typed.is_empty() => Value::Null,
        "file" => return of_files(input),
        _ => Value::Text(typed),
    }))
}

fn of_files(input: &HtmlInputElement) -> Option<Field> {
    let files = input.files();
    match files.as_ref().map_or(0, web_sys::FileList::length) {
        0 => Some(Field::Value(Value::Null)),
        1 => files?.item(0).map(Field::File),
        _ => Some(Field::Refused(several_files())),
    }
}

/// The value of several fields with one name: a JSON array in document order.
fn together(said: Vec<Field>) -> Field {
    let value = |field| match field {
        Field::Value(value) => Ok(value),
        Field::File(_) => Err(several_files()),
        Field::Refused(failure) => Err(failure),
    };
    match said.into_iter().map(value).collect::<Result<Vec<Value>, Failure>>() {
        Ok(values) => json(values.into_iter()),
        Err(failure) => Field::Refused(failure),
    }
}

fn chosen(select: &HtmlSelectElement) -> impl Iterator<Item = String> {
    let options = select.selected_options();
    let option = move |at| options.item(at)?.dyn_into::<HtmlOptionElement>().ok();
    (0..).map_while(option).map(|option| option.value())
}

/// A JSON array of the values. Integers keep all their digits: JSON does not limit them, and `json_each` reads 64 bits.
fn json(values: impl Iterator<Item = Value>) -> Field {
    let item = |value: Value| match value {
        Value::Null => "null".to_owned(),
        Value::Integer(_) | Value::Real(_) => text::of(&value),
        Value::Text(_) | Value::Blob(_) => {
            let quoted = JSON::stringify(&text::of(&value).into());
            quoted.expect_throw("a text has no circle").into()
        }
    };
    let items: Vec<String> = values.map(item).collect();
    Field::Value(Value::Text(format!("[{}]", items.join(","))))
}

/// The value that a form-associated custom element would send.
fn of_custom_element(name: &str, form: &HtmlFormElement) -> Option<Field> {
    let sent = FormData::new_with_form(form).ok()?.get(name);
    if let Some(text) = sent.as_string() {
        return Some(Field::Value(Value::Text(text)));
    }
    sent.dyn_into::<File>().ok().map(Field::File)
}

fn several_files() -> Failure {
    let message = "a parameter takes one file, and several were chosen; give each file a field and a name of its own, or write one row for each file by script";
    Failure::new(FailureKind::State, Code::FilesSeveral, message)
}

fn not_read() -> Failure {
    let message = "the chosen file cannot be read; choose it again";
    Failure::new(FailureKind::State, Code::FileNotRead, message)
}

async fn bytes(file: &Blob) -> Result<Vec<u8>, JsValue> {
    let buffer = JsFuture::from(file.array_buffer()).await?;
    Ok(js_sys::Uint8Array::new(&buffer).to_vec())
}
