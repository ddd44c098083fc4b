//! The engine of sqlite-elements: one SQLite database that all tabs of an origin share.
//!
//! ```text
//! client ──messages (request)──▶ tab ──▶ { protocol, engine, live } ──▶ storage ──▶ web
//! ```
//!
//! Each module may use the modules to its right, never those to its left. `sql` holds the types that all of them share:
//! values, statements, rows, read sets and write sets.
//!
//! Only `client`, `web`, `storage::indexeddb` and `tab::worker` touch the browser. Everything else has no clock, no
//! randomness and no async runtime, so `cargo test` runs the same code, many tabs at once.

#![warn(missing_docs)]

pub mod ascending;
pub mod client;
pub mod durations;
mod encoding;
pub mod engine;
pub mod live;
pub mod protocol;
pub mod request;
pub mod restart;
pub mod sabotage;
pub mod sql;
pub mod storage;
pub mod tab;
pub mod time;
pub mod watchdog;

#[cfg(target_family = "wasm")]
pub mod web;
