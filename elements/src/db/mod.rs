//! `<sqlite-db name="app.db">`: opens a database for the elements inside it. All tabs of the origin share the database.
//!
//! The schema stands in the element as `<script type="application/sql">` children, with text or with `src`. These
//! scripts are migrations. The leader runs them in order, once for all tabs. Until they are done, queries and writes
//! wait. The element shows its state in the attributes `state`, `leader` and `storage`, in
//! custom states, and by the events `ready`, `commit`, `leaderchange`, `pending`, `inmemory` and `error`.
//!
//! | file | of |
//! |---|---|
//! | [`element`], over [`opening`] | the element; one opening of its database, with its settings and migrations |
//! | [`schema`] | how the scripts become the schema |
//! | [`nearest`] | which database another element uses |
//! | [`script`] | the element as the page sees it |

#![cfg(target_family = "wasm")]

mod element;
mod nearest;
mod opening;
mod schema;
mod script;

pub(crate) use element::{Db, Reach};
pub(crate) use nearest::{failure_of_missing, find, missing, reach};
pub(crate) use opening::OpeningNumber;
