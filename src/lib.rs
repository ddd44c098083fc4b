//! The engine of sqlite-elements: one SQLite database that every tab of an origin shares.

pub mod live;
pub mod protocol;
pub mod request;
pub mod sql;
pub mod storage;
pub mod time;
