//! The store in IndexedDB: one database for each SQLite database, in any window or worker of the origin.
//!
//! | object store | key | value |
//! |---|---|---|
//! | `meta` | `"head"` | who may append, where the checkpoint stands (`head`) |
//! | `meta` | `"replies"` | replies to requests, as of the checkpoint (`reply`) |
//! | `meta` | `"lease"` | who leads and who waits, where there are no Web Locks (`lease`) |
//! | `commits` | seq | a commit (`commit`), or the first piece of one |
//! | `commits` | `[seq, n]` | its `n`-th further piece (`piece`), if it is too large for one record |
//! | `blocks` | number | 64 pages of the checkpoint (`block`) |
//!
//! All values are `Uint8Array`s of one record each. `storage` decides what they mean; this folder decides only how they
//! are read and written. Every operation is one transaction that begins by reading the head. One that writes checks the
//! epoch in the head, and is kept or undone as a whole.

mod connection;
mod error;
mod indexeddb_store;
mod keys;
mod table;
mod transaction;

pub use indexeddb_store::IndexedDbStore;
