//! The client: the page's side of its databases, on the main thread.
//!
//! Used by the elements and, as the class [`Database`], by script. It runs no SQL: each database is served by
//! the page's one worker, and they talk over a MessagePort in the words of [`crate::request`].
//!
//! ```text
//! Database (script), elements ──▶ Connection ──▶ Session ══ MessagePort ══▶ tab::worker
//!                                 one user       one database of this page, shared by its users
//! ```
//!
//! Every call is answered: by the worker, or with the failure that ended the session. A worker that dies or hangs is
//! replaced, and its sessions go on.

mod abort;
mod arguments;
mod calls;
mod connection;
mod coordination;
mod database;
mod error;
mod optimistic;
mod promise;
mod recalls;
mod restore;
mod result;
mod revival;
mod session;
mod stored;
mod users;
mod worker;

pub use arguments::database_name;
pub use connection::{Connection, Listener, OpenOptions, Subscription};
pub use database::{Database, LiveQuery};
pub use error::js_error;
pub use promise::{Settled, promise};
pub use result::{change_detail, last_insert_id, rows_object};
pub use session::Status;
