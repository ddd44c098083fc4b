//! What a `<sqlite-query>` shows above its rows while there are any: its `<template for="header">`, filled from the first
//! row, so that `count(*) OVER () AS total` can say how many there are.
//!
//! `view` keeps one. Filled like a row: what differs is touched, and nothing else.

use sqlite_elements::request::Failure;
use sqlite_elements::sql::Value;
use web_sys::{HtmlTemplateElement, Node};

use super::section;
use super::template::{Blueprint, Instance};
use crate::tree;

pub(crate) struct Header {
    columns: Vec<String>,
    row: Vec<Value>,
    blueprint: Blueprint,
    instance: Instance,
    nodes: Vec<Node>,
}

impl Header {
    /// Inserts it behind its template.
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

    pub(crate) fn fits(&self, columns: &[String]) -> bool {
        self.columns == columns
    }

    pub(crate) fn update(&mut self, row: &[Value]) {
        self.blueprint.update(&self.instance, &self.row, row);
        self.row = row.to_vec();
    }

    /// Whether what it says changes as time passes.
    pub(crate) fn ages(&self) -> bool {
        self.blueprint.ages()
    }

    /// Says anew what has aged.
    pub(crate) fn age(&self) {
        self.blueprint.age(&self.instance, &self.row);
    }

    pub(crate) fn nodes(&self) -> &[Node] {
        &self.nodes
    }
}
