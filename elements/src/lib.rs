//! The custom elements: `<sqlite-db>`, `<sqlite-query>`, `<sqlite-write>`, `<sqlite-status>`.
//!
//! A page author writes HTML, and these elements make it live. Each element is a module here. Its class in `base.js`
//! has the properties and methods that script sees. All of them live in the light DOM, so the page's style sheets
//! apply. None of them parses data as markup.
//!
//! ```text
//! db, query, write, status      one element each
//! params, buttons, notice, …    parts of elements
//! schedule, event, document     when an element looks at the document, whom it tells, what is around it
//! failure                       failures that several elements have
//! tree                          questions about nodes, which no form field can answer in the node's place
//! query::{marks, order, attribute}, text, number   independent of the document: compiled and tested natively too
//! ```
//!
//! The elements are written in Rust. These files are in JavaScript, with types in comments that are checked:
//!
//! - `base.js`: the classes that the elements extend. Only JavaScript can put accessors on a prototype and call
//!   `super()`. It also has weak maps of nodes, because JavaScript never collects what Rust holds.
//! - `tree.js`: questions about nodes. `web_sys` calls `form.closest`, which a field of that name hides, and it cannot
//!   call the prototypes' methods.
//! - `bulk.js`: the first rows of a query. One call inserts all rows. In Rust, every text and every attribute would be
//!   a call from WebAssembly.
//! - `choice.js`, `editable.js`, `form.js`: what people choose and type. Every step asks the browser, and Rust would
//!   add a call from WebAssembly to each.
//! - `misplaced.js`: the warning about elements that the parser moved. The reason is the same, and it runs once.
//! - `format.js`: formats and the order of texts. `Intl`, `Date` and regular expressions are in the browser already. In
//!   Rust, every page would have to download them.
//! - `transition.js`: view transitions. They are unstable in `web_sys`: it has them behind a compiler flag.

pub mod failure;
pub mod number;
pub mod query;
pub mod text;

mod base;
mod buttons;
mod db;
mod define;
mod document;
mod event;
mod migrations;
mod notice;
mod params;
mod schedule;
mod shell;
mod status;
mod style;
mod tree;
mod write;

#[cfg(target_family = "wasm")]
pub use define::define_elements;
