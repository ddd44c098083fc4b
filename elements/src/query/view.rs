//! What a `<sqlite-query>` shows of its answer, and where. It shows rows behind the row template, or a table. The
//! templates `for="header"`, `for="loading"`, `for="empty"` and `for="error"` are shown beside the rows or instead of
//! them.
//!
//! A view holds nodes of the document. So it exists only while its element is connected: JavaScript never collects what
//! Rust holds.

#![cfg(target_family = "wasm")]

use sqlite_elements::request::Failure;
use sqlite_elements::sql::Value;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement, HtmlTemplateElement, Node};

use super::header::Header;
use super::marks::find_column;
use super::rows::{Place, RenderedRows, standing_after};
use super::section;
use super::table::Table;
use super::template::Blueprint;
use crate::base;
use crate::document::{self, is_parsed};
use crate::{failure, notice, tree};

/// The templates of one query, and the nodes made from them.
#[derive(Default)]
pub(crate) struct View {
    templates: Templates,
    header: Option<Header>,
    body: Option<Body>,
    extra: Option<Extra>,
}

/// The templates that belong to a query and not to another query inside it.
#[derive(Default, PartialEq)]
pub(crate) struct Templates {
    row: Option<HtmlTemplateElement>,
    header: Option<HtmlTemplateElement>,
    loading: Option<HtmlTemplateElement>,
    empty: Option<HtmlTemplateElement>,
    error: Option<HtmlTemplateElement>,
}

enum Body {
    Rows { columns: Vec<String>, rows: RenderedRows },
    Table(Table),
}

/// The content of a template that is shown once.
struct Extra {
    purpose: Purpose,
    nodes: Vec<Node>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Loading,
    Empty,
    Error,
}

/// Which element reports a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speaker {
    Query,
    /// The message is in the `<sqlite-db>` already, once for all its queries.
    Database,
}

impl Body {
    fn nodes(&self) -> Vec<Node> {
        match self {
            Body::Rows { rows, .. } => rows.nodes().cloned().collect(),
            Body::Table(table) => vec![table.root().clone().into()],
        }
    }
}

impl Templates {
    /// The templates of this element.
    pub(crate) fn of(element: &Element) -> Self {
        let mut templates = Templates::default();
        for template in tree::find_all(element, "template") {
            // In SVG, `<template>` is an ordinary element.
            let Ok(template) = template.dyn_into::<HtmlTemplateElement>() else {
                continue;
            };
            if tree::closest(&template, "sqlite-query").as_ref() != Some(element) {
                continue;
            }
            // Some JSX libraries other than React write `htmlFor` without translating it.
            let purpose = ["for", "htmlfor"]
                .iter()
                .find_map(|name| tree::attribute(&template, name));
            let place = match purpose.as_deref() {
                None => &mut templates.row,
                Some("header") => &mut templates.header,
                Some("loading") => &mut templates.loading,
                Some("empty") => &mut templates.empty,
                Some("error") => &mut templates.error,
                Some(_) => continue,
            };
            place.get_or_insert(template);
        }
        templates
    }

    fn all(&self) -> impl Iterator<Item = &HtmlTemplateElement> {
        let all = [&self.row, &self.header, &self.loading, &self.empty, &self.error];
        all.into_iter().flatten()
    }
}

impl View {
    /// Follows the templates that are in the element now. `true` if everything shown was removed.
    pub(crate) fn follow(&mut self, element: &Element) -> bool {
        let templates = Templates::of(element);
        if templates == self.templates {
            return false;
        }
        self.clear(element);
        if self.templates == Templates::default() && !base::has_left(element) {
            templates.all().for_each(|template| section::sweep(template));
        }
        self.templates = templates;
        true
    }

    /// Whether rows or a table are shown, even with no rows in them.
    pub(crate) fn shows_rows(&self) -> bool {
        self.body.is_some()
    }

    /// How many rows are shown.
    pub(crate) fn count(&self) -> usize {
        match &self.body {
            Some(Body::Rows { rows, .. }) => rows.count(),
            _ => 0,
        }
    }

    /// Whether the row template is known: it is parsed completely, or the parser can find no more.
    pub(crate) fn is_complete(&self, element: &Element) -> bool {
        match &self.templates.row {
            None => is_parsed(element),
            // The server may send more rows behind the template.
            Some(template) if self.has_standing_rows() => {
                tree::parent(template).is_none_or(|parent| is_parsed(&parent))
            }
            Some(template) => is_parsed(template),
        }
    }

    fn has_standing_rows(&self) -> bool {
        let template = self.templates.row.as_ref();
        template.is_some_and(|template| !standing_after(template).is_empty())
    }

    /// Shows that there is no answer yet, unless rows of an earlier answer or of the server are shown.
    pub(crate) fn show_loading(&mut self, element: &Element) -> Result<(), Failure> {
        if self.body.is_some() || self.has_standing_rows() {
            return Ok(());
        }
        self.show_extra(element, Purpose::Loading, &[], &[])
    }

    /// Shows a result. Fails if the template or the key names a column that the result does not have. `again` renders
    /// the result once more.
    pub(crate) fn show_rows(
        &mut self,
        element: &HtmlElement,
        columns: &[String],
        values: Vec<Vec<Value>>,
        again: impl Fn() + 'static,
    ) -> Result<(), Failure> {
        let key_column = key_column(element, columns)?;
        self.body_for(element, columns, again)?;
        notice::clear(element);
        remove_left(element);
        match values.first() {
            None => self.show_extra(element, Purpose::Empty, &[], &[])?,
            Some(_) => self.clear_extra(),
        }
        self.show_header(columns, values.first())?;
        match self.body.as_mut() {
            Some(Body::Rows { rows, .. }) => rows.show(values, key_column),
            Some(Body::Table(table)) => table.show(values, key_column),
            None => {}
        }
        Ok(())
    }

    /// Shows the header for the first row. Removes it if there is no row.
    fn show_header(&mut self, columns: &[String], first: Option<&Vec<Value>>) -> Result<(), Failure> {
        let Some((template, first)) = self.templates.header.as_ref().zip(first) else {
            self.clear_header();
            return Ok(());
        };
        if let Some(header) = self.header.as_mut().filter(|header| header.fits(columns)) {
            header.update(first);
            return Ok(());
        }
        let header = Header::new(template, columns, first)?;
        self.clear_header();
        self.header = Some(header);
        Ok(())
    }

    /// Whether the shown texts change as time passes.
    pub(crate) fn ages(&self) -> bool {
        matches!(&self.body, Some(Body::Rows { rows, .. }) if rows.ages()) || self.header.iter().any(Header::ages)
    }

    /// Renews the texts that have aged.
    pub(crate) fn age(&self) {
        self.header.iter().for_each(Header::age);
        if let Some(Body::Rows { rows, .. }) = &self.body {
            rows.age();
        }
    }

    /// Shows a failure in place of the rows.
    pub(crate) fn show_failure(&mut self, element: &Element, failure: &Failure, speaker: Speaker) {
        remove_left(element);
        self.clear_body();
        let names = ["message".to_owned(), "code".to_owned()];
        let values = [
            Value::from(failure.message.as_str()),
            Value::from(&*failure.code.name()),
        ];
        self.clear_extra();
        let own_template = match self.show_extra(element, Purpose::Error, &names, &values) {
            Ok(()) => self.templates.error.is_some(),
            Err(failure) => return notice::show(element, &failure, notice::NoticePlace::Last),
        };
        match speaker {
            Speaker::Query if !own_template => notice::show(element, failure, notice::NoticePlace::Last),
            _ => notice::clear(element),
        }
    }

    /// Leaves the shown nodes in the document. They are removed when the element shows something again.
    pub(crate) fn leave(self, element: &Element) {
        let rows = self.body.iter().flat_map(Body::nodes);
        let extra = self.extra.iter().flat_map(|extra| extra.nodes.iter().cloned());
        let header = self.header.iter().flat_map(|header| header.nodes().iter().cloned());
        base::leave(element, header.chain(rows).chain(extra).collect());
    }

    fn clear(&mut self, element: &Element) {
        self.clear_body();
        self.clear_extra();
        notice::clear(element);
    }

    fn clear_header(&mut self) {
        self.header.take().iter().flat_map(Header::nodes).for_each(tree::detach);
    }

    fn clear_body(&mut self) {
        self.clear_header();
        match self.body.take() {
            Some(Body::Rows { rows, .. }) => rows.remove(),
            Some(Body::Table(table)) => tree::detach(table.root()),
            None => {}
        }
    }

    fn clear_extra(&mut self) {
        self.extra
            .take()
            .iter()
            .flat_map(|extra| &extra.nodes)
            .for_each(tree::detach);
    }

    /// Makes the body fit these columns.
    fn body_for(
        &mut self,
        element: &HtmlElement,
        columns: &[String],
        again: impl Fn() + 'static,
    ) -> Result<(), Failure> {
        let caption = tree::attribute(element, "caption");
        let fits = match &self.body {
            Some(Body::Rows { columns: before, .. }) => before == columns,
            Some(Body::Table(table)) => table.fits(columns, caption.as_deref()),
            None => false,
        };
        if fits {
            return Ok(());
        }
        self.clear_body();
        self.body = Some(match &self.templates.row {
            Some(template) => {
                let blueprint = Blueprint::compile(template, columns)?;
                let rows = RenderedRows::new(Place::After(template.clone().into()), blueprint);
                Body::Rows {
                    columns: columns.to_vec(),
                    rows,
                }
            }
            None => {
                if let Some(copied) = tree::find(element, ":scope > table[part=table]") {
                    tree::detach(&copied);
                }
                let document = document::of(element);
                let table = Table::new(&document, columns, caption.as_deref(), again);
                tree::append(element, table.root());
                Body::Table(table)
            }
        });
        Ok(())
    }

    /// Shows the template for a purpose, if there is one. Replaces the template for another purpose.
    fn show_extra(
        &mut self,
        element: &Element,
        purpose: Purpose,
        names: &[String],
        values: &[Value],
    ) -> Result<(), Failure> {
        if self.extra.as_ref().is_some_and(|extra| extra.purpose == purpose) {
            return Ok(());
        }
        self.clear_extra();
        let template = match purpose {
            Purpose::Loading => &self.templates.loading,
            Purpose::Empty => &self.templates.empty,
            Purpose::Error => &self.templates.error,
        };
        let Some(template) = template.as_ref().filter(|template| is_parsed(template)) else {
            return Ok(());
        };
        let Some(parent) = tree::parent(template) else {
            return Ok(());
        };
        let blueprint = Blueprint::compile(template, names)?;
        remove_left(element);
        let (fragment, instance) = blueprint.instantiate(values);
        let nodes = section::insert(template, &parent, &fragment, &instance.roots);
        self.extra = Some(Extra { purpose, nodes });
        Ok(())
    }
}

/// The column that tells rows apart: the one that `row-key` or `key` names, else `id` if there is one, else none (their
/// position). Frameworks keep `key` to themselves, so `row-key` does the same.
fn key_column(element: &Element, columns: &[String]) -> Result<Option<usize>, Failure> {
    let named = ["row-key", "key"].iter().find_map(|attribute| {
        let name = tree::attribute(element, attribute)?;
        Some((attribute, name))
    });
    let Some((attribute, name)) = named else {
        return Ok(find_column(columns, "id"));
    };
    find_column(columns, &name).map(Some).ok_or_else(|| {
        let place = format!("{attribute}=\"{name}\"");
        failure::column_unknown(&place, columns)
    })
}

/// Removes the nodes that an earlier connection of the element left.
fn remove_left(element: &Element) {
    base::take_left(element)
        .iter()
        .for_each(|node| tree::detach(node.unchecked_ref()));
}
