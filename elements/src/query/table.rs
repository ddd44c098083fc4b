//! What a query without a template shows: a real table, with a caption and column headers, as assistive technology
//! and style sheets expect it.

use sqlite_elements::sql::Value;
use wasm_bindgen::prelude::*;
use web_sys::{Document, Element, Node};

use super::binding::{Binding, Target};
use super::marks::Marked;
use super::rows::{Place, Rows};
use super::template::Blueprint;

/// A `<table>` for results of certain columns.
pub(crate) struct Table {
    root: Element,
    columns: Vec<String>,
    caption: Option<String>,
    heads: Vec<Element>,
    rows: Rows,
}

impl Table {
    /// The table, not in the document yet, without rows.
    pub(crate) fn new(document: &Document, columns: &[String], caption: Option<&str>) -> Self {
        let root = element(document, "table", document.create_document_fragment().as_ref());
        root.set_attribute("part", "table").expect_throw("the name is valid");
        if let Some(caption) = caption {
            element(document, "caption", &root).set_text_content(Some(caption));
        }
        let head = element(document, "tr", &element(document, "thead", &root));
        let heads = columns.iter().map(|column| {
            let cell = element(document, "th", &head);
            cell.set_attribute("scope", "col").expect_throw("the name is valid");
            cell.set_text_content(Some(column));
            cell
        });
        let heads = heads.collect();
        let body = element(document, "tbody", &root);
        let rows = Rows::new(Place::In(body.into()), blueprint(document, columns.len()));
        Table {
            root,
            columns: columns.to_vec(),
            caption: caption.map(str::to_owned),
            heads,
            rows,
        }
    }

    pub(crate) fn root(&self) -> &Element {
        &self.root
    }

    pub(crate) fn fits(&self, columns: &[String], caption: Option<&str>) -> bool {
        self.columns == columns && self.caption.as_deref() == caption
    }

    pub(crate) fn show(&mut self, values: Vec<Vec<Value>>, key_column: Option<usize>) {
        self.align_heads(&values);
        self.rows.show(values, key_column);
    }

    /// A column's header stands as its first value does.
    fn align_heads(&self, values: &[Vec<Value>]) {
        for (at, head) in self.heads.iter().enumerate() {
            let first = values
                .iter()
                .filter_map(|row| row.get(at))
                .find(|value| **value != Value::Null);
            let kind = first.map(crate::text::type_of);
            crate::document::set_attribute(head, "data-type", kind);
        }
    }
}

fn blueprint(document: &Document, columns: usize) -> Blueprint {
    let content = document.create_document_fragment();
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
    let element = document.create_element(tag).expect_throw("a tag of HTML");
    parent
        .append_child(&element)
        .expect_throw("a new element takes children");
    element
}
