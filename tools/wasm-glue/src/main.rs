//! wasm-bindgen's programs, behind one word each: `bindgen` makes the JavaScript of cargo's `.wasm`, and `test` runs a
//! compiled test file in a headless browser.
//! Called by `tools/build.mjs`, and by cargo as the runner of wasm32's tests (`.cargo/config.toml`). A library call instead
//! of an installed tool, so that Cargo.lock keeps it and the `wasm-bindgen` that the code is compiled with at the same
//! version (they must match exactly).

use std::env::args_os;

fn main() -> anyhow::Result<()> {
    // The word takes the place of the program's name, which a command line begins with.
    let mut args = args_os().skip(1).peekable();
    match args.peek().and_then(|word| word.to_str()) {
        Some("bindgen") => wasm_bindgen_cli::wasm_bindgen::run_cli_with_args(args),
        Some("test") => wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(args),
        _ => anyhow::bail!("usage: wasm-glue bindgen|test …"),
    }
}
