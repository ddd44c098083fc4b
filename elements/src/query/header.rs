//! The part above the rows of a `<sqlite-query>`, shown while there are rows. It is the content of
//! `<template for="header">`, filled from the first row, so that `count(*) OVER () AS total` can say how many rows
//! there are.
//!
//! `view` keeps one. It is updated like a row: only what differs is touched.

#![cfg(target_family = "wasm")]

use sqlite_elements::request::Failure;
use sqlite_elements::sql::Value;
use web_sys::{HtmlTemplateElement, Node};

use super::section;
use super::template::{Blueprint, Instance};
use crate::tree;

/// The nodes of a header, and the row that fills them.
pub(crate) struct Header {
    columns: Vec<String>,
    row: Vec<Value>,
    blueprint: Blueprint,
    instance: Instance,
    nodes: Vec<Node>,
}

impl Header {
    /// Inserts a header behind its template.
    pub(crate) fn new(template: &HtmlTemplateElement, columns: &[String], row: &[Value]) -> Result<Self, Failure> {
        let blueprint = Blueprint::compile(template, columns)?;
        let (fragment, instance) = blueprint.instantiate(row);
        let nodes = match tree::parent(template) {
            Some(parent) => section::insert(template, &parent, &fragment, &instance.roots),
            None => Vec::new(),
        };
        Ok(Header {
            nodes,
            columns: columns.to_vec(),
            row: row.to_vec(),
            blueprint,
            instance,
        })
    }

    /// Whether this header was made for these columns.
    pub(crate) fn fits(&self, columns: &[String]) -> bool {
        self.columns == columns
    }

    /// Fills the header from a new first row.
    pub(crate) fn update(&mut self, row: &[Value]) {
        self.blueprint.update(&self.instance, &self.row, row);
        self.row = row.to_vec();
    }

    /// Whether the header's texts change as time passes.
    pub(crate) fn ages(&self) -> bool {
        self.blueprint.ages()
    }

    /// Renews the texts that have aged.
    pub(crate) fn age(&self) {
        self.blueprint.age(&self.instance, &self.row);
    }

    /// The nodes of the header in the document.
    pub(crate) fn nodes(&self) -> &[Node] {
        &self.nodes
    }
}
