//! The rows in the document, and how they become the rows of the next result.
//!
//! Rows with the same key keep their nodes, and with them the focus, the selection, scroll positions and anything that
//! script has attached to them. Rows that a server has rendered are kept too, if they have their keys in `data-key`.
//! `order` decides which rows move. This module moves them, from the last row to the first, each before its successor.

#![cfg(target_family = "wasm")]

use std::collections::HashMap;

use sqlite_elements::sql::Value;
use wasm_bindgen::prelude::*;
use web_sys::{Element, Node};

use super::order::{self, Key, Slot};
use super::section;
use super::template::{Blueprint, Instance};
use crate::{document, text, tree};

#[wasm_bindgen(module = "/src/choice.js")]
extern "C" {
    #[wasm_bindgen(js_namespace = choices, js_name = before)]
    fn choice_before(select: &Element) -> JsValue;
    #[wasm_bindgen(js_namespace = choices, js_name = after)]
    fn settle_choice(select: &Element, before: &JsValue);
}

/// Rows in the document. The nodes around them belong to the page.
pub(crate) struct RenderedRows {
    place: Place,
    blueprint: Blueprint,
    rows: Vec<Row>,
    stage: Stage,
    /// The comment behind the last row, if the rows stand behind a template.
    end: Option<Node>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing has been shown yet. Rows that a server has rendered may stand there.
    New,
    Shown,
}

/// Where the rows stand.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// Directly behind this node.
    After(Node),
    /// Inside this node, as its only content.
    In(Node),
}

struct Row {
    key: Key,
    values: Vec<Value>,
    instance: Instance,
}

impl RenderedRows {
    /// No rows yet, in this place.
    pub(crate) fn new(place: Place, blueprint: Blueprint) -> Self {
        RenderedRows {
            place,
            blueprint,
            rows: Vec::new(),
            stage: Stage::New,
            end: None,
        }
    }

    /// Makes the document show these rows. Touches only what differs.
    pub(crate) fn show(&mut self, values: Vec<Vec<Value>>, key_column: Option<usize>) {
        let select = self.select();
        let choice = select.as_ref().map(choice_before);
        self.render(values, key_column);
        if let Some((select, choice)) = select.zip(choice) {
            settle_choice(&select, &choice);
        }
    }

    /// The `<select>` whose options are the rows.
    fn select(&self) -> Option<Element> {
        match &self.place {
            Place::After(template) => tree::closest(tree::parent(template)?.dyn_ref::<Element>()?, "select"),
            Place::In(_) => None,
        }
    }

    fn render(&mut self, values: Vec<Vec<Value>>, key_column: Option<usize>) {
        let keys = order::keys(&values, key_column);
        if std::mem::replace(&mut self.stage, Stage::Shown) == Stage::New
            && let Place::After(template) = &self.place
        {
            self.rows = adopt(&self.blueprint, standing_after(template), &keys, &values, key_column);
            let last = self.rows.last().and_then(|row| row.instance.roots.last());
            self.end = section::close(last.unwrap_or(template));
        }
        let old_keys: Vec<Key> = self.rows.iter().map(|row| row.key.clone()).collect();
        let plan = order::plan(&old_keys, &keys, self.focused());
        let mut old: Vec<Option<Row>> = std::mem::take(&mut self.rows).into_iter().map(Some).collect();
        // The gone rows are removed first, so that `end` finds a node that stays.
        for gone in &plan.gone {
            old[*gone].take().iter().for_each(Row::remove);
        }
        let (parent, mut before) = self.end(old.iter().flatten());
        if plan.slots.iter().all(|slot| *slot == Slot::New)
            && let Some(instances) = self.blueprint.insert_many(&values, &parent, before.as_ref())
        {
            let rows = keys.into_iter().zip(values).zip(instances);
            let row = |((key, values), instance)| Row { key, values, instance };
            self.rows = rows.map(row).collect();
            return;
        }
        let mut rows = Vec::with_capacity(values.len());
        for ((slot, key), values) in plan.slots.into_iter().zip(keys).zip(values).rev() {
            let row = match slot {
                Slot::New => self.insert(key, values, &parent, before.as_ref()),
                Slot::Stays(at) | Slot::Moves(at) => {
                    let row = old[at].take().expect_throw("a plan uses an old row once");
                    if slot == Slot::Moves(at) || !row.is_in(&parent) {
                        row.instance
                            .roots
                            .iter()
                            .for_each(|node| carry(&parent, node, before.as_ref()));
                    }
                    self.blueprint.update(&row.instance, &row.values, &values);
                    Row { key, values, ..row }
                }
            };
            before = row.instance.roots.first().cloned().or(before);
            rows.push(row);
        }
        rows.reverse();
        self.rows = rows;
    }

    /// How many rows there are.
    pub(crate) fn count(&self) -> usize {
        self.rows.len()
    }

    /// Whether the rows' texts change as time passes.
    pub(crate) fn ages(&self) -> bool {
        !self.rows.is_empty() && self.blueprint.ages()
    }

    /// Renews the texts that have aged.
    pub(crate) fn age(&self) {
        self.rows
            .iter()
            .for_each(|row| self.blueprint.age(&row.instance, &row.values));
    }

    /// Every node of every row, and the comment behind them.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.rows.iter().flat_map(|row| &row.instance.roots).chain(&self.end)
    }

    /// Removes the rows from the document.
    pub(crate) fn remove(self) {
        self.rows.iter().for_each(Row::remove);
        self.end.iter().for_each(tree::detach);
    }

    fn insert(&self, key: Key, values: Vec<Value>, parent: &Node, before: Option<&Node>) -> Row {
        let (fragment, instance) = self.blueprint.instantiate(&values);
        tree::insert(parent, &fragment, before);
        Row { key, values, instance }
    }

    /// The parent of the rows, and the node after the last of them.
    fn end<'a>(&self, remaining: impl DoubleEndedIterator<Item = &'a Row>) -> (Node, Option<Node>) {
        let start = match &self.place {
            Place::In(parent) => return (parent.clone(), None),
            Place::After(start) => start,
        };
        let parent = tree::parent(start).expect_throw("a template in use has a parent");
        let in_place = |node: &&Node| tree::parent(node).as_ref() == Some(&parent);
        let last = remaining
            .rev()
            .flat_map(|row| row.instance.roots.iter().rev())
            .find(in_place);
        let after = tree::next(last.unwrap_or(start));
        (parent, after)
    }

    fn focused(&self) -> Option<usize> {
        let anchor = match &self.place {
            Place::After(node) | Place::In(node) => node,
        };
        let active: Node = document::active_element(anchor)?.into();
        let parent = match &self.place {
            Place::After(node) => tree::parent(node)?,
            Place::In(node) => node.clone(),
        };
        if !tree::contains(&parent, Some(&active)) {
            return None;
        }
        self.rows.iter().position(|row| {
            row.instance
                .roots
                .iter()
                .any(|root| tree::contains(root, Some(&active)))
        })
    }
}

impl Row {
    /// Whether the row still stands in `parent`. Script may have removed it.
    fn is_in(&self, parent: &Node) -> bool {
        self.instance
            .roots
            .iter()
            .all(|node| tree::parent(node).as_ref() == Some(parent))
    }

    fn remove(&self) {
        self.instance.roots.iter().for_each(tree::detach);
    }
}

/// The rows that a server has rendered behind the template: the elements with `data-key`.
pub(crate) fn standing_after(template: &Node) -> Vec<Element> {
    let elements = tree::following(template).filter_map(|node| node.dyn_into::<Element>().ok());
    elements
        .filter(|element| tree::has_attribute(element, "data-key"))
        .collect()
}

/// Adopts those elements as rows whose keys are in `keys`. Removes the others.
fn adopt(
    blueprint: &Blueprint,
    standing: Vec<Element>,
    keys: &[Key],
    values: &[Vec<Value>],
    key_column: Option<usize>,
) -> Vec<Row> {
    let name = |at: usize| match key_column {
        Some(column) => values[at].get(column).map(text::of).unwrap_or_default(),
        None => at.to_string(),
    };
    let mut places: HashMap<String, usize> = (0..values.len()).rev().map(|at| (name(at), at)).collect();
    let mut row = |root: &Element| {
        let at = places.remove(&tree::attribute(root, "data-key")?)?;
        let instance = blueprint.adopt(root, &values[at])?;
        Some(Row {
            key: keys[at].clone(),
            values: values[at].clone(),
            instance,
        })
    };
    let mut rows = Vec::with_capacity(standing.len());
    for root in standing {
        match row(&root) {
            Some(row) => rows.push(row),
            None => tree::detach(&root),
        }
    }
    rows
}

/// Moves a node. Keeps its state if the browser can (`moveBefore`; DOM, 4.2.6): scroll positions, running transitions,
/// and media that plays.
fn carry(parent: &Node, node: &Node, before: Option<&Node>) {
    if tree::carry(parent, node, before).is_err() {
        tree::insert(parent, node, before);
    }
}
