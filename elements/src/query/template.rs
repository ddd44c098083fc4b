//! A `<template>` prepared for one result: where its marks are, and which columns fill them.
//!
//! It is compiled once for each result's columns, and cloned for each row. In the clone, the texts and attributes with
//! marks are empty. So no `<img>` requests `{{src}}` from the server, and no custom element in it sees a mark. Values
//! are set as text and as attributes. They are never parsed as markup. To replace the marks in `template.innerHTML` was
//! refused: every cell would then be an injection.

#![cfg(target_family = "wasm")]

use std::rc::Rc;

use js_sys::{Array, Uint32Array};
use sqlite_elements::request::{Failure, FailureKind};
use sqlite_elements::sql::{Code, Value};
use wasm_bindgen::prelude::*;
use web_sys::{DocumentFragment, Element, HtmlTemplateElement, Node, Text};

use super::attribute::{self, Kind};
use super::binding::{Binding, Target};
use super::marks::{self, MarkError, Marked};
use crate::{document, failure, tree};

#[wasm_bindgen(module = "/src/bulk.js")]
extern "C" {
    #[wasm_bindgen(js_namespace = bulk, js_name = insert)]
    fn insert_in_bulk(
        root: &Node,
        paths: &Array,
        names: &Array,
        texts: &str,
        parent: &Node,
        before: Option<&Node>,
    ) -> Array;
}

/// The fewest rows for which `insert_many` is worth its cost.
const FEW: usize = 16;

/// The original that each row is cloned from.
pub(crate) struct Blueprint {
    content: DocumentFragment,
    bindings: Vec<(Path, Binding)>,
}

/// The path from the fragment to a node: the index of the child at every step.
type Path = Vec<u32>;

/// The nodes of one row.
pub(crate) struct Instance {
    /// The topmost nodes, in document order.
    pub(crate) roots: Vec<Node>,
    targets: Targets,
}

/// The nodes that are filled, one for each binding.
enum Targets {
    Own(Vec<Node>),
    /// Nodes of many rows that were inserted at once. Those of this row begin at `first`. They are cleared when the row
    /// is dropped.
    Among {
        nodes: Array,
        first: u32,
        count: u32,
    },
}

struct Compiler<'a> {
    columns: &'a [String],
    locale: Rc<str>,
    bindings: Vec<(Path, Binding)>,
}

impl Blueprint {
    /// Compiles a copy of the template's content. Fails at a mark that names no column, and at a mark where data is not
    /// allowed.
    pub(crate) fn compile(template: &HtmlTemplateElement, columns: &[String]) -> Result<Self, Failure> {
        let content = copy_of(template);
        trim(&content);
        let mut compiler = Compiler {
            columns,
            locale: locale(template),
            bindings: Vec::new(),
        };
        compiler.children(&content, &mut Vec::new())?;
        if tree::closest(template, "form").is_none() {
            compiler.radios(&content);
        }
        let mut bindings = compiler.bindings;
        bindings.sort_by_key(|(_, binding)| binding.turn());
        Ok(Blueprint { content, bindings })
    }

    /// A blueprint of a fragment that Rust has built.
    pub(crate) fn with_bindings(content: DocumentFragment, bindings: Vec<(Path, Binding)>) -> Self {
        Blueprint { content, bindings }
    }

    /// A filled clone, in a fragment for the caller to insert.
    pub(crate) fn instantiate(&self, row: &[Value]) -> (DocumentFragment, Instance) {
        let clone = tree::adopt(&document::of_page(), &self.content);
        let targets: Vec<Node> = self.bindings.iter().map(|(path, _)| walk(&clone, path)).collect();
        for ((_, binding), target) in self.bindings.iter().zip(&targets) {
            binding.fill(target, row);
        }
        let roots = tree::children(&clone).collect();
        let targets = Targets::Own(targets);
        (clone.unchecked_into(), Instance { roots, targets })
    }

    /// Inserts filled clones for all rows before a node. `None` if the rows must be inserted one by one.
    pub(crate) fn insert_many(
        &self,
        rows: &[Vec<Value>],
        parent: &Node,
        before: Option<&Node>,
    ) -> Option<Vec<Instance>> {
        let root = tree::first(&self.content)?;
        if tree::next(&root).is_some() || self.bindings.is_empty() || rows.len() < FEW {
            return None;
        }
        let names = self.bindings.iter().map(|(_, binding)| binding.name_in_bulk());
        let names: Array = names.collect::<Option<_>>()?;
        let mut texts: Vec<String> = Vec::with_capacity(rows.len() * self.bindings.len());
        for row in rows {
            texts.extend(self.bindings.iter().map(|(_, binding)| binding.text_in_bulk(row)));
        }
        // The texts are joined with NUL.
        if texts.iter().any(|text| text.contains('\0')) {
            return None;
        }
        // Without the first step, which leads from the fragment to `root`.
        let paths: Array = self
            .bindings
            .iter()
            .map(|(path, _)| Uint32Array::from(&path[1..]))
            .collect();
        let nodes = insert_in_bulk(&root, &paths, &names, &texts.join("\0"), parent, before);
        let count = self.bindings.len() as u32;
        let instance = |at: usize| {
            // In `nodes`, each row is its root, followed by its targets.
            let first = at as u32 * (count + 1) + 1;
            Instance {
                roots: vec![nodes.get(first - 1).unchecked_into()],
                targets: Targets::Among {
                    nodes: nodes.clone(),
                    first,
                    count,
                },
            }
        };
        Some((0..rows.len()).map(instance).collect())
    }

    /// Adopts an element in the document as a row, if it has the same structure. Touches only what differs.
    pub(crate) fn adopt(&self, root: &Element, row: &[Value]) -> Option<Instance> {
        let shape = tree::first(&self.content).filter(|first| tree::next(first).is_none())?;
        let mut targets = vec![None; self.bindings.len()];
        if !self.align(&shape, root, &mut vec![0], &mut targets) {
            return None;
        }
        let targets: Vec<Node> = targets.into_iter().collect::<Option<_>>()?;
        for ((_, binding), target) in self.bindings.iter().zip(&targets) {
            binding.correct(target, row);
        }
        let roots = vec![root.clone().into()];
        let targets = Targets::Own(targets);
        Some(Instance { roots, targets })
    }

    /// Finds the targets below a node that has the same structure as `shape`. `false` if the structure differs. Blanks
    /// between elements do not count. Neither does the content of a custom element without marks: that belongs to the
    /// custom element.
    fn align(&self, shape: &Node, node: &Node, path: &mut Path, targets: &mut [Option<Node>]) -> bool {
        let name = tree::node_name(node);
        if name != tree::node_name(shape) {
            return false;
        }
        let mut is_around_a_mark = false;
        let mut is_a_text = false;
        for ((bound, binding), target) in self.bindings.iter().zip(targets.iter_mut()) {
            if bound == path {
                *target = Some(node.clone());
                is_a_text |= matches!(binding.target, Target::Editable);
            }
            is_around_a_mark |= bound.len() > path.len() && bound.starts_with(path);
        }
        if is_a_text || !node.is_instance_of::<Element>() || (name.contains('-') && !is_around_a_mark) {
            return true;
        }
        let is_bound = |at: usize| {
            self.bindings
                .iter()
                .any(|(bound, _)| bound.split_last() == Some((&(at as u32), path)))
        };
        let shapes = tree::children(shape).enumerate();
        let shapes: Vec<_> = shapes.filter(|(at, shape)| is_bound(*at) || !is_blank(shape)).collect();
        let nodes: Vec<Node> = tree::children(node).filter(|node| !is_blank(node)).collect();
        shapes.len() == nodes.len()
            && shapes.iter().zip(nodes).all(|((at, shape), node)| {
                path.push(*at as u32);
                let fits = self.align(shape, &node, path, targets);
                path.pop();
                fits
            })
    }

    /// Whether the rows' texts change as time passes.
    pub(crate) fn ages(&self) -> bool {
        self.bindings.iter().any(|(_, binding)| binding.marked.ages())
    }

    /// Renews the texts that have aged.
    pub(crate) fn age(&self, instance: &Instance, row: &[Value]) {
        for (at, (_, binding)) in self.bindings.iter().enumerate() {
            if binding.marked.ages() {
                binding.fill(&instance.target(at), row);
            }
        }
    }

    /// Updates the nodes of one row from its old values to new ones. Touches only what differs.
    pub(crate) fn update(&self, instance: &Instance, old: &[Value], new: &[Value]) {
        for (at, (_, binding)) in self.bindings.iter().enumerate() {
            if binding.marked.differs(old, new) {
                binding.fill(&instance.target(at), new);
            }
        }
    }
}

impl Instance {
    fn target(&self, at: usize) -> Node {
        match &self.targets {
            Targets::Own(targets) => targets[at].clone(),
            Targets::Among { nodes, first, .. } => nodes.get(first + at as u32).unchecked_into(),
        }
    }
}

/// Clears this row's part of the shared array. JavaScript never collects what Rust holds, so the array must not keep
/// the nodes of rows that are gone.
impl Drop for Instance {
    fn drop(&mut self) {
        if let Targets::Among { nodes, first, count } = &self.targets {
            for at in first - 1..first + count {
                nodes.set(at, JsValue::UNDEFINED);
            }
        }
    }
}

impl Compiler<'_> {
    fn children(&mut self, parent: &Node, path: &mut Path) -> Result<(), Failure> {
        for (at, child) in tree::children(parent).enumerate() {
            path.push(at as u32);
            if let Some(element) = child.dyn_ref::<Element>() {
                self.element(element, path)?;
            } else if let Some(text) = child.dyn_ref::<Text>() {
                self.text(text, parent, path)?;
            }
            path.pop();
        }
        Ok(())
    }

    /// Does not look into a nested template: its marks belong to the nested query. The element's content is bound
    /// before its attributes: a `<select>` accepts no value without an option for it.
    fn element(&mut self, element: &Element, path: &mut Path) -> Result<(), Failure> {
        let local_name = tree::local_name(element);
        if local_name != "template" {
            self.children(element, path)?;
        }
        for name in tree::attribute_names(element) {
            let source = tree::attribute(element, &name).unwrap_or_default();
            if marks::parse(&source).is_some() {
                self.attribute(element, &local_name, &name, &source, path)?;
            }
        }
        Ok(())
    }

    /// An author who puts several radio buttons into one row means one group for each row. Without a form between them,
    /// HTML makes one group of all radio buttons with one name, in all rows.
    fn radios(&mut self, content: &Node) {
        for (at, root) in tree::children(content).enumerate() {
            let root = root.dyn_ref::<Element>();
            if root.is_some_and(|root| tree::find_all(root, "input[type=radio]").len() > 1) {
                let (marked, target) = (Marked::default(), Target::Radios);
                self.bindings.push((vec![at as u32], Binding { marked, target }));
            }
        }
    }

    fn attribute(
        &mut self,
        element: &Element,
        tag: &str,
        name: &str,
        source: &str,
        path: &Path,
    ) -> Result<(), Failure> {
        let place = format!("the attribute {name} of <{tag}>");
        let marked = self.resolve(source, &place)?;
        tree::remove_attribute(element, name);
        let name = attribute::filled(name);
        let target = match attribute::kind(tag, name) {
            Kind::Refused(reason) => return Err(refused(&place, reason)),
            _ if !is_settable(element, name) => {
                return Err(refused(&place, "no script can set an attribute of that name"));
            }
            Kind::Style => return self.style(source, tag, path),
            Kind::Boolean if marked.single().is_some() => Target::Presence(name.to_owned()),
            Kind::Address(leads) => Target::Address(name.to_owned(), leads),
            Kind::Boolean | Kind::Text if name == "value" && tag == "select" => Target::Choice,
            Kind::Boolean | Kind::Text if name == "value" && tag == "textarea" => {
                let text = path.iter().copied().chain([0]).collect();
                empty_text_in(element);
                self.bindings.push((
                    text,
                    Binding {
                        marked,
                        target: Target::Textarea,
                    },
                ));
                return Ok(());
            }
            Kind::Boolean | Kind::Text if name == "value" => Target::Value,
            Kind::Boolean | Kind::Text => Target::Attribute(name.to_owned()),
        };
        self.bindings.push((path.clone(), Binding { marked, target }));
        Ok(())
    }

    /// Binds every declaration of a `style` attribute that contains a mark, because the attribute itself has been
    /// removed.
    fn style(&mut self, source: &str, tag: &str, path: &Path) -> Result<(), Failure> {
        for (property, value) in attribute::declarations(source) {
            let marked = self.resolve(&value, &format!("the style of <{tag}>"))?;
            self.bindings.push((
                path.clone(),
                Binding {
                    marked,
                    target: Target::Style(property),
                },
            ));
        }
        Ok(())
    }

    fn text(&mut self, text: &Text, parent: &Node, path: &Path) -> Result<(), Failure> {
        let source = text.data();
        if marks::parse(&source).is_none() {
            return Ok(());
        }
        let tag = parent.dyn_ref::<Element>().map(tree::local_name).unwrap_or_default();
        let place = format!("the text of <{tag}>");
        if let Some(reason) = attribute::refusal_of_element(&tag) {
            return Err(refused(&place, reason));
        }
        let marked = self.resolve(&source, &place)?;
        text.set_data("");
        if parent.dyn_ref::<Element>().is_some_and(is_editable) {
            if tree::child_count(parent) > 1 {
                return Err(refused(
                    &place,
                    "what is edited in its place is one text, without elements in it",
                ));
            }
            let path = path[..path.len() - 1].to_vec();
            self.bindings.push((
                path,
                Binding {
                    marked,
                    target: Target::Editable,
                },
            ));
            return Ok(());
        }
        let target = if tag == "textarea" {
            Target::Textarea
        } else {
            Target::Text
        };
        self.bindings.push((path.clone(), Binding { marked, target }));
        Ok(())
    }

    fn resolve(&self, source: &str, place: &str) -> Result<Marked, Failure> {
        let literal = || vec![marks::Piece::Literal(source.to_owned())];
        let pieces = marks::parse(source).unwrap_or_else(literal);
        Marked::resolve(&pieces, self.columns, &self.locale).map_err(|error| match error {
            MarkError::Column(name) => failure::column_unknown(&format!("{{{{{name}}}}} in {place}"), self.columns),
            MarkError::Format(reason) => {
                Failure::new(FailureKind::State, Code::FormatUnknown, format!("in {place}: {reason}"))
            }
        })
    }
}

/// Whether people edit the element's text. The browser then replaces its text nodes as it likes.
fn is_editable(element: &Element) -> bool {
    let how = tree::attribute(element, "contenteditable");
    how.is_some_and(|how| !how.eq_ignore_ascii_case("false"))
}

/// Whether script can set an attribute with this name. Parsers also accept names that script cannot set, such as `a"b`.
fn is_settable(element: &Element, name: &str) -> bool {
    let document = document::of(element);
    tree::try_to_set_attribute(&tree::create(&document, "i"), name, "").is_ok()
}

/// Leaves one empty text node in the element.
fn empty_text_in(element: &Element) {
    // Setting an empty text would create no text node.
    element.set_text_content(Some(" "));
    let text = tree::first(element).expect_throw("an element takes a text");
    text.set_node_value(Some(""));
}

/// A copy of the template's content. A framework that builds elements by script appends that content as the template's
/// children. A parser puts it into `content`.
fn copy_of(template: &HtmlTemplateElement) -> DocumentFragment {
    let content = template.content();
    let copied: DocumentFragment = tree::copy(&content).unchecked_into();
    if tree::first(&content).is_none() {
        tree::children(template).for_each(|child| tree::append(&copied, &tree::copy(&child)));
    }
    copied
}

/// The language around an element, as its author declared it. Empty if no author did: then it is the browser's
/// language.
fn locale(element: &Element) -> Rc<str> {
    let around = tree::closest(element, "[lang]");
    around
        .and_then(|around| tree::attribute(&around, "lang"))
        .unwrap_or_default()
        .into()
}

fn refused(place: &str, reason: &str) -> Failure {
    Failure::new(
        FailureKind::State,
        Code::MarkRefused,
        format!("{place} takes no {{{{marks}}}}: {reason}"),
    )
}

/// Removes the blanks around the content, so that a list of rows is a list of elements.
fn trim(content: &Node) {
    for end in [tree::first, tree::last] {
        while let Some(blank) = end(content).filter(is_blank) {
            tree::detach(&blank);
        }
    }
}

fn is_blank(node: &Node) -> bool {
    node.dyn_ref::<Text>().is_some_and(|text| text.data().trim().is_empty())
}

fn walk(from: &Node, path: &[u32]) -> Node {
    path.iter().fold(from.clone(), |node, at| {
        tree::child_at(&node, *at).expect_throw("a clone has the same shape")
    })
}
