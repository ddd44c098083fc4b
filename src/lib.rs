//! The engine of sqlite-elements: one SQLite database that every tab of an origin shares.
//!
//! ```text
//! client ──messages (request)──▶ tab ──▶ { protocol, engine, live } ──▶ storage ──▶ web
//! ```
//!
//! Each name on the left may use those on its right and never the other way round. `sql` holds the
//! words that all of them share (values, statements, rows, read and write sets).
//!
//! Everything but `client`, `web`, `storage::indexeddb` and `tab::worker` is free of the browser: no
//! clock, no randomness, no async runtime. So the same code runs inside `cargo test`, many tabs at once.

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
