//! The one simulated browser: tabs with the real protocol, live queries, SQLite and VFS, and around them a clock, a
//! channel, locks and a disk that do what a browser may do at its worst.
//!
//! Scenarios drive it by hand, one step after the other ([`crate::browser::Browser`]). Seeded runs drive it by dice
//! ([`crate::simulation`]). Only the [`driver`] differs: who decides when something happens. All else is the same code,
//! so a seed can do what a scenario can, and what a seed finds can be told as a scenario.
//!
//! The model has a lock of its own (`tests/model/state.rs`), on purpose: its state is copied and hashed millions of
//! times and knows no time, and a model that shared code with this world would share its mistakes.

mod agenda;
mod arrival;
mod conditions;
mod dice;
mod driver;
mod locks;
mod network;
mod sight;
mod storing;
mod tab;
mod tabs;
#[expect(clippy::module_inception, reason = "the file is named after the type that it holds")]
mod world;

pub(crate) use conditions::{Conditions, Order, Versions};
pub(crate) use dice::Dice;
pub(crate) use driver::Driver;
pub(crate) use sight::Sight;
pub(crate) use storing::{Quota, now_or_never};
pub(crate) use tab::{Guard, TabNo};
pub(crate) use world::World;
