//! Reals as JavaScript writes and reads them (<https://tc39.es/ecma262/#sec-numeric-types-number-tostring>).
//!
//! Asked of the browser, which has the code: Rust's own takes 15 KiB of what every visitor downloads. Natively, where
//! only tests of the callers run, Rust's stands in; the two differ in how they write very large and small numbers.

#[cfg(target_family = "wasm")]
mod browser {
    use wasm_bindgen::prelude::*;

    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(js_name = String)]
        pub(super) fn text(real: f64) -> String;
        #[wasm_bindgen(js_name = Number)]
        pub(super) fn number(text: &str) -> f64;
    }
}

/// The shortest text that reads as this number.
#[cfg(target_family = "wasm")]
pub fn text(real: f64) -> String {
    browser::text(real)
}

#[cfg(not(target_family = "wasm"))]
pub fn text(real: f64) -> String {
    real.to_string()
}

/// A decimal number, with or without an exponent, that is finite.
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
