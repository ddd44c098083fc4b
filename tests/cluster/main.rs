//! A cluster of tabs in a simulated browser: the real protocol, live queries, SQLite, and VFS over a store in memory.
//! Each test shows one promise of the design as a scenario.
#![cfg(not(target_family = "wasm"))]

mod absence;
mod browser;
mod divergence;
mod execute;
mod hand_over;
mod lease;
mod metrics;
mod poison;
mod pulse;
mod restart;
mod runner;
mod scenarios;
mod simulation;
mod transactions;
mod trials;
mod versions;
mod world;
