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
//! What needs a browser says so itself, below its first words, and is compiled for a browser alone. The rest is compiled
//! and tested without one.

#![cfg_attr(
    not(target_family = "wasm"),
    allow(dead_code, reason = "what uses it runs in a browser")
)]

mod abort;
mod arguments;
mod calls;
mod connection;
mod database;
mod error;
mod lasting;
mod listeners;
mod optimistic;
mod promise;
mod queries;
mod recalls;
mod result;
mod served;
mod session;
mod sessions;
mod status;
mod user;
mod worker;

#[cfg(test)]
mod tests;

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
