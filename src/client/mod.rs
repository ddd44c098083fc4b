//! The client: the page's side of its databases, on the main thread.
//!
//! The elements use it, and script does as the class [`Database`]. It runs no SQL: the page's one worker serves each
//! database, and the two talk over a MessagePort in the words of [`crate::request`].
//!
//! ```text
//! Database (script), elements ──▶ Connection ──▶ Session ══ MessagePort ══▶ tab::worker
//!                                 one user       one database of this page, shared by its users
//! ```
//!
//! Every call is answered: by the worker, or with the failure that ended the session. A worker that dies or hangs is
//! replaced, and its sessions go on.
//!
//! What needs no browser is compiled and tested without one.

#![cfg_attr(
    not(target_family = "wasm"),
    allow(dead_code, reason = "what uses it runs in a browser")
)]

#[cfg(target_family = "wasm")]
mod abort;
#[cfg(target_family = "wasm")]
mod arguments;
mod calls;
#[cfg(target_family = "wasm")]
mod connection;
#[cfg(target_family = "wasm")]
mod coordination;
#[cfg(target_family = "wasm")]
mod database;
#[cfg(target_family = "wasm")]
mod error;
mod lasting;
mod listeners;
#[cfg(target_family = "wasm")]
mod optimistic;
#[cfg(target_family = "wasm")]
mod promise;
mod queries;
#[cfg(target_family = "wasm")]
mod recalls;
#[cfg(target_family = "wasm")]
mod restore;
#[cfg(target_family = "wasm")]
mod result;
#[cfg(target_family = "wasm")]
mod served;
#[cfg(target_family = "wasm")]
mod session;
#[cfg(target_family = "wasm")]
mod sessions;
mod status;
#[cfg(target_family = "wasm")]
mod stored;
#[cfg(target_family = "wasm")]
mod users;
#[cfg(target_family = "wasm")]
mod worker;

#[cfg(target_family = "wasm")]
pub use {
    arguments::database_name,
    connection::{Connection, Listener, OpenOptions, Subscription},
    database::{Database, LiveQuery},
    error::js_error,
    promise::{Settled, promise},
    result::{change_detail, last_insert_id, rows_object},
};

pub use status::Status;
