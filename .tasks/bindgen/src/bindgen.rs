//! The `wasm-bindgen` command: turns cargo's `.wasm` into one that JavaScript can load, and its JavaScript.
//! Called by `.tasks/build.mjs`. A library call instead of an installed tool, so that Cargo.lock keeps it and the
//! `wasm-bindgen` that the code is compiled with at the same version (they must match exactly).

fn main() -> anyhow::Result<()> {
    wasm_bindgen_cli::wasm_bindgen::run_cli_with_args(std::env::args_os())
}
