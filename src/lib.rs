//! The engine of sqlite-elements: one SQLite database that every tab of an origin shares.

pub mod sql;
pub mod storage;
