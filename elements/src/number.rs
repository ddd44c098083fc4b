//! Reals as JavaScript writes and reads them (<https://tc39.es/ecma262/#sec-numeric-types-number-tostring>).
//!
//! The browser does both, because it has the code already: Rust's own code adds 15 KiB to the download of every
//! visitor. Natively, where only the callers' tests run, Rust's code takes its place. The two differ in how they write
//! very large and very small numbers.

#[cfg(target_family = "wasm")]
mod browser {
    use wasm_bindgen::prelude::*;

    #[wasm_bindgen]
    extern "C" {
        /// `String(real)`.
        #[wasm_bindgen(js_name = String)]
        pub(super) fn text(real: f64) -> String;
        /// `Number(text)`.
        #[wasm_bindgen(js_name = Number)]
        pub(super) fn number(text: &str) -> f64;
    }
}

/// The shortest text that reads as this number.
#[cfg(target_family = "wasm")]
pub fn text(real: f64) -> String {
    browser::text(real)
}

/// Rust's text of this number, for native tests.
#[cfg(not(target_family = "wasm"))]
pub fn text(real: f64) -> String {
    real.to_string()
}

/// The value of a decimal number, with or without an exponent. `None` if the text is not one, or if the value is not
/// finite.
pub fn parse(text: &str) -> Option<f64> {
    let decimal = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E');
    let number = (!text.is_empty() && text.bytes().all(decimal)).then(|| read(text))?;
    number.is_finite().then_some(number)
}

#[cfg(target_family = "wasm")]
fn read(text: &str) -> f64 {
    browser::number(text)
}

#[cfg(not(target_family = "wasm"))]
fn read(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_finite_decimal_numbers_are_numbers() {
        assert_eq!(parse("-1.5e3"), Some(-1500.0));
        for text in ["", " 1", "0x10", "Infinity", "NaN", "1e999", "1.2.3", "e"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
