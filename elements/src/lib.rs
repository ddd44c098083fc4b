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
//!
//! Rust is their language. What is in JavaScript, and why (its types are in comments, and checked):
//!
//! | file | has | because |
//! |---|---|---|
//! | `base.js` | the classes that the elements extend | accessors on a prototype and `super()` are written in JavaScript alone; weak maps of nodes, since what Rust holds is never collected |
//! | `tree.js` | questions about nodes | `web_sys` calls `form.closest`, which a field of that name hides; the prototypes' methods are out of its reach |
//! | `bulk.js` | the first rows of a query | one call for all rows: in Rust every text and attribute is a call from WebAssembly |
//! | `choice.js`, `editable.js`, `form.js` | what people choose and type | every step asks the browser: Rust would add a call from WebAssembly to each |
//! | `misplaced.js` | the warning of elements that the parser moved | the same, and it runs once |
//! | `format.js` | formats and the order of texts | `Intl`, `Date` and regular expressions are in the browser already; in Rust they would come with the page |
//! | `transition.js` | view transitions | to `web_sys` they are unstable: behind a flag of the compiler |

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
mod shell;
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
