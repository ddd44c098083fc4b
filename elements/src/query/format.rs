//! Formats: `{{price | currency EUR}}`, `{{at | relative}}`. They say how a cell reads in the language of the page.
//!
//! What a column *is* belongs in the SQL. How it reads to a person belongs in the browser, which knows the rules of
//! languages (`Intl`). `marks` parses the formats, and `template` finds the language around the element. A value that
//! does not fit the format is shown unformatted, and so is NULL: then the page is as it would be without the format.
//! `format.js` decides which values fit, and which time zone a text without one means.

use sqlite_elements::sql::Value;

use crate::text;

/// The part of a mark behind its `|`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    kind: &'static str,
    argument: String,
}

/// The formats, and the argument that each accepts.
const KINDS: [(&str, Argument); 9] = [
    ("number", Argument::Digits),
    ("percent", Argument::Digits),
    ("currency", Argument::Currency),
    ("compact", Argument::None),
    ("bytes", Argument::None),
    ("date", Argument::Style),
    ("time", Argument::Style),
    ("datetime", Argument::Style),
    ("relative", Argument::None),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Argument {
    None,
    /// The number of digits behind the decimal point.
    Digits,
    /// A currency code of ISO 4217.
    Currency,
    /// `full`, `long`, `medium` or `short`.
    Style,
}

impl Format {
    /// Parses a format. The error says what to write instead.
    pub fn parse(source: &str) -> Result<Self, String> {
        let (name, argument) = source
            .trim()
            .split_once(char::is_whitespace)
            .unwrap_or((source.trim(), ""));
        let argument = argument.trim();
        let Some((kind, takes)) = KINDS.into_iter().find(|(kind, _)| *kind == name) else {
            let kinds: Vec<&str> = KINDS.iter().map(|(kind, _)| *kind).collect();
            return Err(format!("{name} is no format; there are: {}", kinds.join(", ")));
        };
        let fits = match takes {
            Argument::None => argument.is_empty(),
            Argument::Digits => argument.len() <= 1 && argument.bytes().all(|byte| byte.is_ascii_digit()),
            Argument::Currency => argument.len() == 3 && argument.bytes().all(|byte| byte.is_ascii_alphabetic()),
            Argument::Style => matches!(argument, "" | "full" | "long" | "medium" | "short"),
        };
        let example = match takes {
            Argument::None => format!("{kind} takes nothing behind it"),
            Argument::Digits => format!("{kind} takes the number of digits, as in {kind} 2"),
            Argument::Currency => "currency takes a currency's code, as in currency EUR".to_owned(),
            Argument::Style => format!("{kind} takes full, long, medium or short"),
        };
        let argument = argument.to_owned();
        if fits {
            Ok(Format { kind, argument })
        } else {
            Err(example)
        }
    }

    /// Whether the text of one value changes as time passes.
    pub fn ages(&self) -> bool {
        self.kind == "relative"
    }

    /// The text of a cell in the language `locale`.
    pub fn apply(&self, locale: &str, value: &Value) -> String {
        browser::text(self, locale, value).unwrap_or_else(|| text::of(value))
    }
}

#[cfg(target_family = "wasm")]
mod browser {
    use sqlite_elements::sql::Value;
    use wasm_bindgen::prelude::*;

    use super::Format;

    #[wasm_bindgen(module = "/src/format.js")]
    extern "C" {
        #[wasm_bindgen(js_namespace = formats)]
        fn format(kind: &str, argument: &str, locale: &str, value: JsValue) -> Option<String>;
    }

    /// The formatted text. `None` if the value does not fit the format.
    pub(super) fn text(wanted: &Format, locale: &str, value: &Value) -> Option<String> {
        let given = match value {
            Value::Null | Value::Blob(_) => return None,
            // As a BigInt: a double would lose digits.
            Value::Integer(integer) if integer.unsigned_abs() > 1 << 53 => (*integer).into(),
            Value::Integer(integer) => (*integer as f64).into(),
            Value::Real(real) => (*real).into(),
            Value::Text(text) => text.as_str().into(),
        };
        format(wanted.kind, &wanted.argument, locale, given)
    }
}

/// Natively there is no browser, and so no languages.
#[cfg(not(target_family = "wasm"))]
mod browser {
    use sqlite_elements::sql::Value;

    use super::Format;

    /// Always `None`: then the value is shown unformatted.
    pub(super) fn text(_: &Format, _: &str, _: &Value) -> Option<String> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_that_is_none_says_what_there_is() {
        assert!(Format::parse("nmber").is_err_and(|message| message.contains("nmber") && message.contains("number")));
        for wrong in [
            "number two",
            "number 22",
            "currency",
            "currency euro",
            "date tiny",
            "relative now",
        ] {
            assert!(Format::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_format_may_take_an_argument() {
        for right in [
            "number",
            " number  2 ",
            "percent",
            "currency EUR",
            "date",
            "date long",
            "relative",
            "bytes",
        ] {
            assert!(Format::parse(right).is_ok(), "{right}");
        }
        assert!(Format::parse("relative").is_ok_and(|format| format.ages()));
    }
}
