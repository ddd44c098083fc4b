//! The table of a query without a template: a real table, with a caption and column headers, as assistive technology
//! and style sheets expect it. Its headers are buttons that sort: ascending, descending, and in the query's own order
//! again.
//!
//! The table sorts the rows that it has. To run the query again with another ORDER BY was refused: the text of the
//! query is the author's, and its LIMIT may depend on the order.

#![cfg(target_family = "wasm")]

use std::cell::Cell;
use std::cmp::Ordering;
use std::rc::Rc;

use sqlite_elements::sql::Value;
use wasm_bindgen::prelude::*;
use web_sys::{Document, Element, Event, Node};

use super::binding::{Binding, Target};
use super::marks::Marked;
use super::rows::{Place, RenderedRows};
use super::template::Blueprint;
use crate::tree;

#[wasm_bindgen(module = "/src/format.js")]
extern "C" {
    /// Negative, 0 or positive, as `one` comes before, with or after `other`.
    #[wasm_bindgen(js_namespace = formats)]
    fn collate(one: &str, other: &str) -> i32;
}

/// A `<table>` for results with certain columns.
pub(crate) struct Table {
    root: Element,
    columns: Vec<String>,
    caption: Option<String>,
    heads: Vec<Element>,
    rows: RenderedRows,
    sort: Rc<Cell<Option<Sort>>>,
    /// The listener lives as long as the table.
    _clicked: Closure<dyn FnMut(Event)>,
}

/// The column to sort by, and the direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sort {
    column: usize,
    direction: Direction,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Ascending,
    Descending,
}

impl Table {
    /// The table, without rows and not in the document yet. When a person sorts the table, the table asks for its rows
    /// with `again`.
    pub(crate) fn new(
        document: &Document,
        columns: &[String],
        caption: Option<&str>,
        again: impl Fn() + 'static,
    ) -> Self {
        let root = element(document, "table", tree::create_fragment(document).as_ref());
        tree::set_attribute(&root, "part", Some("table"));
        if let Some(caption) = caption {
            element(document, "caption", &root).set_text_content(Some(caption));
        }
        let head = element(document, "tr", &element(document, "thead", &root));
        let heads = columns.iter().map(|column| {
            let cell = element(document, "th", &head);
            tree::set_attribute(&cell, "scope", Some("col"));
            let button = element(document, "button", &cell);
            tree::set_attribute(&button, "type", Some("button"));
            tree::set_attribute(&button, "part", Some("sort"));
            button.set_text_content(Some(column));
            cell
        });
        let heads: Vec<Element> = heads.collect();
        let sort = Rc::new(Cell::new(None));
        let clicked = on_click(&heads, Rc::clone(&sort), again);
        head.add_event_listener_with_callback("click", clicked.as_ref().unchecked_ref())
            .expect_throw("a row can be listened to");
        let body = element(document, "tbody", &root);
        let rows = RenderedRows::new(Place::In(body.into()), blueprint(document, columns.len()));
        Table {
            root,
            columns: columns.to_vec(),
            caption: caption.map(str::to_owned),
            heads,
            rows,
            sort,
            _clicked: clicked,
        }
    }

    /// The `<table>` element.
    pub(crate) fn root(&self) -> &Element {
        &self.root
    }

    /// Whether this table was made for these columns and this caption.
    pub(crate) fn fits(&self, columns: &[String], caption: Option<&str>) -> bool {
        self.columns == columns && self.caption.as_deref() == caption
    }

    /// Shows these rows, sorted as the person asked.
    pub(crate) fn show(&mut self, mut values: Vec<Vec<Value>>, key_column: Option<usize>) {
        self.align_heads(&values);
        let sort = self.sort.get();
        if let Some(Sort { column, direction }) = sort {
            values.sort_by(|one, other| {
                let order = compare(&one[column], &other[column]);
                match direction {
                    Direction::Ascending => order,
                    Direction::Descending => order.reverse(),
                }
            });
        }
        for (at, head) in self.heads.iter().enumerate() {
            let here = sort.filter(|sort| sort.column == at).map(|sort| sort.direction);
            let said = here.map(|direction| match direction {
                Direction::Ascending => "ascending",
                Direction::Descending => "descending",
            });
            tree::set_attribute(head, "aria-sort", said);
        }
        self.rows.show(values, key_column);
    }

    /// Aligns each column's header like the column's first value.
    fn align_heads(&self, values: &[Vec<Value>]) {
        for (at, head) in self.heads.iter().enumerate() {
            let first = values
                .iter()
                .filter_map(|row| row.get(at))
                .find(|value| **value != Value::Null);
            let kind = first.map(crate::text::type_of);
            tree::set_attribute(head, "data-type", kind);
        }
    }
}

/// The effect of a click on a header: ascending, then descending, then the query's own order.
fn on_click(heads: &[Element], sort: Rc<Cell<Option<Sort>>>, again: impl Fn() + 'static) -> Closure<dyn FnMut(Event)> {
    let heads = heads.to_vec();
    Closure::new(move |event: Event| {
        let target = event.target().and_then(|target| target.dyn_into::<Node>().ok());
        let Some(column) = heads.iter().position(|head| tree::contains(head, target.as_ref())) else {
            return;
        };
        let direction = match sort.get().filter(|sort| sort.column == column) {
            None => Some(Direction::Ascending),
            Some(sort) => (sort.direction == Direction::Ascending).then_some(Direction::Descending),
        };
        sort.set(direction.map(|direction| Sort { column, direction }));
        again();
    })
}

/// Compares two values: by SQLite's order of the storage classes (NULL, numbers, texts, blobs), and texts by the rules
/// of the page's language.
fn compare(one: &Value, other: &Value) -> Ordering {
    let number = |value: &Value| match value {
        Value::Integer(integer) => Some(*integer as f64),
        Value::Real(real) => Some(*real),
        Value::Null | Value::Text(_) | Value::Blob(_) => None,
    };
    let kind = |value: &Value| match value {
        Value::Null => 0,
        Value::Integer(_) | Value::Real(_) => 1,
        Value::Text(_) => 2,
        Value::Blob(_) => 3,
    };
    match (one, other) {
        (Value::Integer(one), Value::Integer(other)) => one.cmp(other),
        (Value::Text(one), Value::Text(other)) => collate(one, other).cmp(&0),
        (Value::Blob(one), Value::Blob(other)) => one.cmp(other),
        _ => match (number(one), number(other)) {
            (Some(one), Some(other)) => one.total_cmp(&other),
            _ => kind(one).cmp(&kind(other)),
        },
    }
}

fn blueprint(document: &Document, columns: usize) -> Blueprint {
    let content = tree::create_fragment(document);
    let row = element(document, "tr", &content);
    let bindings = (0..columns).map(|column| {
        element(document, "td", &row);
        (
            vec![0, column as u32],
            Binding {
                marked: Marked::column(column),
                target: Target::Cell,
            },
        )
    });
    let bindings = bindings.collect();
    Blueprint::with_bindings(content, bindings)
}

fn element(document: &Document, tag: &str, parent: &Node) -> Element {
    let element = tree::create(document, tag);
    tree::append(parent, &element);
    element
}
