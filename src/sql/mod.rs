//! SQL as it crosses the layers: values, statements, rows, outcomes, read sets, write sets, and the codes of errors.
//!
//! Every layer uses these types, and they use no layer. They are plain data: `serde` carries them between tabs, threads
//! and the store.

mod access;
mod code;
mod failure;
pub mod limits;
mod result_code;
mod rows;
mod statement;
mod value;

pub use access::{ReadSet, TableChange, WriteSet};
pub use code::{Code, OtherCode};
pub use failure::SqlFailure;
pub use result_code::ResultCode;
pub use rows::{Rows, RowsBuilder};
pub use statement::{Answer, Outcome, Params, Permit, Script, Statement, Work};
pub use value::Value;
