//! Values as text on a page, and text from a page as values.
//!
//! `query` shows cells with [`of`]. `params` reads attributes and fields with [`authored`] and [`number()`]. Numbers
//! are shown without the reader's locale: a template may put a number into an attribute, where a comma would change its
//! meaning. A page that wants `1.234,50` uses `format()` in SQL.

use sqlite_elements::sql::Value;

use crate::number;

/// A cell as text. NULL is empty, a blob is shown by its size, and a real as JavaScript prints it.
pub fn of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Integer(integer) => integer.to_string(),
        Value::Real(real) => number::text(*real),
        Value::Text(text) => text.clone(),
        Value::Blob(blob) => format!("[{} bytes]", blob.len()),
    }
}

/// SQLite's name of the value's storage class.
pub fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Integer(_) => "integer",
        Value::Real(_) => "real",
        Value::Text(_) => "text",
        Value::Blob(_) => "blob",
    }
}

/// Whether a boolean attribute is on for this value. It is off for NULL, 0, and an empty text or blob.
pub fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Integer(integer) => *integer != 0,
        Value::Real(real) => *real != 0.0,
        Value::Text(text) => !text.is_empty(),
        Value::Blob(blob) => !blob.is_empty(),
    }
}

/// The value of a text that the page's author wrote in an attribute, an option or a hidden field. An empty text is
/// NULL. A text that is exactly how a number prints is that number. Everything else is text, so `007` and `1e3` stay as
/// they are.
///
/// A number must not be bound as text. In `count(*) > :least` no column's affinity converts the text, and SQLite
/// considers any text greater than any number.
pub fn authored(text: &str) -> Value {
    if text.is_empty() {
        return Value::Null;
    }
    let number = number(text);
    if of(&number) == text { number } else { Value::from(text) }
}

/// The value of a number field: NULL if it is empty, else an integer if it is one, else a real.
pub fn number(text: &str) -> Value {
    match (text.parse(), number::parse(text)) {
        (Ok(integer), _) => Value::Integer(integer),
        (_, Some(real)) => Value::Real(real),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_read_as_people_expect() {
        let table = [
            (Value::Null, ""),
            (Value::from(-7), "-7"),
            (Value::from(i64::MAX), "9223372036854775807"),
            (Value::Real(3.0), "3"),
            (Value::Real(0.1), "0.1"),
            (Value::from("<b>"), "<b>"),
            (Value::Blob(vec![1, 2, 3]), "[3 bytes]"),
        ];
        for (value, text) in table {
            assert_eq!(of(&value), text);
        }
    }

    #[test]
    fn an_authored_text_is_a_number_only_if_it_reads_as_one() {
        let table = [
            ("", Value::Null),
            ("0", Value::from(0)),
            ("-12", Value::from(-12)),
            ("9223372036854775807", Value::from(i64::MAX)),
            ("1.5", Value::Real(1.5)),
            ("007", Value::from("007")),
            ("+1", Value::from("+1")),
            ("1.50", Value::from("1.50")),
            ("1e3", Value::from("1e3")),
            ("12345678901234567890123", Value::from("12345678901234567890123")),
            ("inf", Value::from("inf")),
            ("NaN", Value::from("NaN")),
            (" 1", Value::from(" 1")),
            ("Infinity", Value::from("Infinity")),
        ];
        for (text, value) in table {
            assert_eq!(authored(text), value, "{text}");
        }
    }

    #[test]
    fn a_number_field_is_a_number_or_null() {
        assert_eq!(number(""), Value::Null);
        assert_eq!(number("3"), Value::from(3));
        assert_eq!(number("1e3"), Value::Real(1000.0));
        assert_eq!(number("-0.5"), Value::Real(-0.5));
    }

    #[test]
    fn presence_follows_truth() {
        for value in [
            Value::Null,
            Value::from(0),
            Value::Real(0.0),
            Value::from(""),
            Value::Blob(vec![]),
        ] {
            assert!(!is_true(&value));
        }
        for value in [Value::from(1), Value::Real(0.5), Value::from("0"), Value::Blob(vec![0])] {
            assert!(is_true(&value));
        }
    }
}
