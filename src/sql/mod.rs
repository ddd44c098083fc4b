//! The words of SQL as they cross the layers: values, statements, rows, outcomes, what was read and written.
//!
//! Every layer uses these; they use none of them. They are plain data: `serde` carries them between
//! tabs, threads and the store.

mod access;
mod failure;
pub mod limits;
mod rows;
mod statement;
mod value;

pub use access::{Change, ReadSet, WriteSet};
pub use failure::SqlFailure;
pub use rows::{Rows, RowsBuilder};
pub use statement::{Answer, Outcome, Params, Permit, Script, Statement, Work};
pub use value::Value;
