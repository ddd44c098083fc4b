//! The custom elements: `<sqlite-db>`, `<sqlite-query>`, `<sqlite-write>`, `<sqlite-status>`.
//!
//! A page author writes HTML; these make it live. Each is a module here, with a class in `base.js` for what script
//! sees of it. All live in the light DOM, so the page's style sheets apply, and none parses data as markup.
//!
//! ```text
//! db, query, write, status      one element each
//! params, buttons, notice, …    parts of elements
//! schedule, event, document     when an element looks, whom it tells, what is around it
//! failure                       what several elements may have to say
//! tree                          what is asked of any node, whatever a form's fields are called
//! query::{marks, order, attribute}, text, number   free of the document: compiled and tested natively too
//! ```

pub mod failure;
pub mod number;
pub mod query;
pub mod text;

#[cfg(target_family = "wasm")]
mod base;
#[cfg(target_family = "wasm")]
mod buttons;
#[cfg(target_family = "wasm")]
mod db;
#[cfg(target_family = "wasm")]
mod define;
#[cfg(target_family = "wasm")]
mod document;
#[cfg(target_family = "wasm")]
mod event;
#[cfg(target_family = "wasm")]
mod migrations;
#[cfg(target_family = "wasm")]
mod notice;
#[cfg(target_family = "wasm")]
mod params;
#[cfg(target_family = "wasm")]
mod schedule;
#[cfg(target_family = "wasm")]
mod status;
#[cfg(target_family = "wasm")]
mod style;
#[cfg(target_family = "wasm")]
mod tree;
#[cfg(target_family = "wasm")]
mod write;

#[cfg(target_family = "wasm")]
pub use define::define_elements;
