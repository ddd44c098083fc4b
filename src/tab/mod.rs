//! A tab of a database, free of the browser: what its page asks, what the protocol says, and the SQL that both lead to.
//!
//! It decides nothing that the protocol decides. What is its own: which call of the page is answered by what, and when
//! which SQL runs.
//!
//! | owner | of |
//! |---|---|
//! | [`tab`] | protocol, desk, checkpoints, and the lock; the only one that knows all of them |
//! | [`desk`] | what the page asks: the owners below |
//! | [`calls`], [`transactions`] | calls that wait; transactions that stay open across calls |
//! | [`runner`], [`group`] | the SQL that waits for its moment; the writes that are one commit |
//! | [`live_queries`], [`checkpoints`] | what runs when its time has come; what is done when nothing else waits |
//! | [`timed_engine`], [`pulse`] | the engine, bound in time; what is said and looked for while SQLite runs |
//! | [`store_call`], [`lease`] | what the store is asked; what stands in for a Web Lock |
//! | [`agenda`], [`metrics`], [`words`], [`asked`] | what the driver is to do, the counts, and the words |
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

pub use lease::Election;
pub use pulse::{Look, Names, Pulse};
pub use store_call::{StoreAnswer, StoreCall};
pub use tab::Tab;
pub use unstored::Unstored;
pub use words::{Effect, Happening, LockCall};
