//! The engine's promises, natively and in a browser alike.

mod access;
mod classes;
mod foreign_files;
mod groups;
mod import;
mod limits;
#[cfg(not(target_family = "wasm"))]
mod measure;
mod migrations;
#[cfg(not(target_family = "wasm"))]
mod random;
mod remade;
mod results;
mod snapshots;
mod tab;
mod transactions;

#[cfg(target_family = "wasm")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);
