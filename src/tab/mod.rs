//! A tab of a database, free of the browser: the requests of its page, the outputs of the protocol, and the SQL for
//! both.
//!
//! The protocol decides everything between tabs. The tab decides which answer a call of the page gets, and when SQL
//! runs.
//!
//! | owner | of |
//! |---|---|
//! | [`tab`] | protocol, desk, checkpoints and lock; only `tab` knows all of them |
//! | [`desk`] | the page's requests, and the owners below |
//! | [`calls`], [`transactions`] | calls that wait; transactions that stay open across calls |
//! | [`runner`], [`group`] | the SQL that waits for its moment; the writes that become one commit |
//! | [`live_queries`], [`checkpoints`] | live queries at their deadlines; checkpoints when nothing else waits |
//! | [`timed_engine`], [`pulse`] | the engine with time limits; heartbeats and checks while SQLite runs |
//! | [`store_call`], [`lease`] | calls of the store; the lease that replaces a Web Lock |
//! | [`agenda`], [`metrics`], [`words`], [`asked`] | the effects for the driver, the counts, the words |
//! | [`worker`] | the driver, in a browser |

mod agenda;
mod asked;
mod calls;
mod checkpoints;
mod desk;
mod failure;
mod group;
mod lease;
mod live_queries;
mod metrics;
mod pulse;
mod runner;
mod store_call;
#[allow(clippy::module_inception, reason = "the holder, beside its owners")]
mod tab;
mod timed_engine;
mod transactions;
mod unstored;
mod words;

#[cfg(target_family = "wasm")]
pub mod worker;

pub use lease::Locking;
pub use pulse::{Glance, Names, Pulse};
pub use store_call::{StoreAnswer, StoreCall};
pub use tab::Tab;
pub use unstored::Unstored;
pub use words::{Effect, Happening, LockCall};
