//! The engine: SQLite over the pages of an image. `tab` uses it in every tab; only a leader runs work.
//!
//! ```text
//!   query ──▶ reader ──▶ View::Committed ─┐
//!                                         ├─ Pages { image, overlay } ──▶ publish | revert | apply
//!   run ────▶ writer ──▶ View::Staged ────┘
//! ```
//!
//! The **reader** sees what is durable and nothing else. The **writer** sees its own pages over the image. Both are
//! SQLite connections over one set of pages.
//!
//! | owner | of |
//! |---|---|
//! | [`engine`] | reader, writer and their pages; only `engine` knows all of them |
//! | [`reader`], [`writer`] | one connection each, and when it is opened anew; what is staged |
//! | [`pages`], [`vfs`], [`header`] | the image and the overlay; the file system that SQLite sees; page 1 |
//! | [`sqlite`], over [`prepared`], [`text`] | a connection's settings and remembered statements |
//! | [`authorizer`], [`schema`], [`given_rowid`], [`effects`] | what a statement reads, writes and gives back |
//! | [`work`], [`unit`], [`bracket`], [`import`] | a unit of work; the `BEGIN` and `COMMIT` around it; a file |
//! | [`migration`], [`recognition`] | the scripts that run once; how many a foreign database has run |
//! | [`query`], [`transaction`], [`class`] | a query; a transaction across calls; what a text is |
//! | [`pragma`], [`enforcement`], [`double_quotes`] | the settings of a unit |
//! | [`limits`], [`progress`], [`sound`], [`effort`] | what a statement may cost; whether a file is sound |
//! | [`parameters`], [`control`], [`failure`], [`engine_error`] | values to bind; words; errors |

mod authorizer;
mod bracket;
mod class;
mod control;
mod double_quotes;
mod effects;
mod effort;
mod enforcement;
#[allow(clippy::module_inception, reason = "the holder, beside its owners")]
mod engine;
mod engine_error;
mod failure;
mod given_rowid;
mod header;
mod import;
mod limits;
mod migration;
mod pages;
mod parameters;
mod pragma;
mod prepared;
mod progress;
mod query;
mod reader;
mod recognition;
mod schema;
mod sound;
mod sqlite;
mod text;
mod transaction;
mod unit;
mod vfs;
mod work;
mod writer;

#[cfg(test)]
mod tests;

pub use class::{Class, Ending};
pub use engine::{Engine, Run};
pub use engine_error::EngineError;
pub use limits::{DATABASE_BYTES, RESULT_BYTES, VALUE_BYTES};
pub use migration::Migrations;
pub use progress::{Headway, OnProgress, Progress};
pub use query::Queried;
pub use writer::{Staged, Standing};
