//! `<sqlite-query sql="SELECT …">`: shows the rows of a live query.
//!
//! The element subscribes to the database around it, or to the database that `db` names. It renders every answer
//! through its first `<template>`, or as a table. Its parameters are its `data-*` attributes and the fields of the form
//! that `form` names. The element reads those fields again as a person types. Only the answer to the current question
//! counts: a new question drops the subscription of the earlier one. The old rows stay until the new answer is there.

pub mod attribute;
pub mod format;
pub mod marks;
pub mod order;

mod binding;
mod element;
mod form;
mod header;
mod rows;
mod script;
mod section;
mod table;
mod template;
mod view;

#[cfg(target_family = "wasm")]
pub(crate) use element::Query;
