//! `<sqlite-query sql="SELECT …">`: shows the rows of a live query.
//!
//! It subscribes at the database around it (or the one named by `db`) and renders every answer: through its first
//! `<template>`, or as a table. Parameters are its `data-*` attributes and the fields of the form that `form` names,
//! which are read again as somebody types. Only the answer to what is asked now counts: the subscription of an
//! earlier question is dropped, and until the new answer is there the old rows stay.

pub mod attribute;
pub mod format;
pub mod marks;
pub mod order;

#[cfg(target_family = "wasm")]
mod binding;
#[cfg(target_family = "wasm")]
pub(crate) mod element;
#[cfg(target_family = "wasm")]
mod form;
#[cfg(target_family = "wasm")]
mod header;
#[cfg(target_family = "wasm")]
mod rows;
#[cfg(target_family = "wasm")]
mod section;
#[cfg(target_family = "wasm")]
mod table;
#[cfg(target_family = "wasm")]
mod template;
#[cfg(target_family = "wasm")]
mod view;

#[cfg(target_family = "wasm")]
pub(crate) use binding::active_element;
