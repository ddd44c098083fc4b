//! wasm-bindgen's programs, each behind one word: `bindgen` makes the JavaScript for cargo's `.wasm`, and `test` runs a
//! compiled test file in a headless browser.
//!
//! Called by `tools/build.mjs`, and by cargo as the runner for wasm32 tests (`.cargo/config.toml`). This is a library
//! call and not an installed tool: so Cargo.lock keeps the program and the `wasm-bindgen` in the code at the same
//! version, which must match exactly.

use std::env::args_os;

fn main() -> anyhow::Result<()> {
    // A command line begins with the program's name. The word takes that place.
    let mut args = args_os().skip(1).peekable();
    match args.peek().and_then(|word| word.to_str()) {
        Some("bindgen") => wasm_bindgen_cli::wasm_bindgen::run_cli_with_args(args),
        Some("test") => wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(args),
        _ => anyhow::bail!("usage: wasm-glue bindgen|test …"),
    }
}
