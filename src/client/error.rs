//! Turns failures into JavaScript `Error` objects. No other place does.

#![cfg(target_family = "wasm")]

use js_sys::{Error, Reflect};
use wasm_bindgen::JsValue;

use crate::request::{Failure, FailureKind};
use crate::sql::Code;
use crate::sql::limits::TooLarge;

/// An argument that a method does not take.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(super) enum ArgumentError {
    /// Becomes a `TypeError` with code `ARGUMENT_TYPE`.
    #[error("{what} must be {wanted}, not {given}")]
    Type {
        what: String,
        wanted: &'static str,
        given: String,
    },
    /// Becomes a `RangeError` with code `PARAMETER_RANGE`.
    #[error("{what} is out of range: {range}")]
    Range { what: String, range: &'static str },
    /// Of the right type, but refused for another reason.
    #[error("{0}")]
    Refused(Failure),
    /// A getter or a Proxy of the page threw this while the argument was read. Script gets the same exception back.
    #[error("an accessor of the argument threw")]
    Thrown(JsValue),
    /// Becomes an error like the engine's refusals, with code `VALUE_TOO_LARGE`.
    #[error("{outer}{refused}")]
    Large { outer: String, refused: TooLarge },
}

impl From<TooLarge> for ArgumentError {
    fn from(refused: TooLarge) -> Self {
        let outer = String::new();
        ArgumentError::Large { outer, refused }
    }
}

impl ArgumentError {
    /// Names the argument that contains the wrong one.
    pub(super) fn within(mut self, outer: &str) -> Self {
        match &mut self {
            ArgumentError::Type { what, .. } | ArgumentError::Range { what, .. } => *what = format!("{outer}: {what}"),
            ArgumentError::Large { outer: place, .. } => *place = format!("{outer}: {place}"),
            ArgumentError::Refused(_) | ArgumentError::Thrown(_) => {}
        }
        self
    }
}

/// An `Error` with `name`, `code` and `message`.
pub fn js_error(failure: &Failure) -> JsValue {
    labelled(Error::new(&failure.message).into(), failure.name.name(), &failure.code)
}

impl From<Failure> for JsValue {
    fn from(failure: Failure) -> Self {
        js_error(&failure)
    }
}

impl From<ArgumentError> for JsValue {
    fn from(error: ArgumentError) -> Self {
        let message = error.to_string();
        match error {
            ArgumentError::Type { .. } => labelled(
                js_sys::TypeError::new(&message).into(),
                "TypeError",
                &Code::ArgumentType,
            ),
            ArgumentError::Range { .. } => labelled(
                js_sys::RangeError::new(&message).into(),
                "RangeError",
                &Code::ParameterRange,
            ),
            ArgumentError::Refused(failure) => js_error(&failure),
            ArgumentError::Thrown(exception) => exception,
            ArgumentError::Large { .. } => js_error(&Failure::new(FailureKind::Sqlite, Code::ValueTooLarge, message)),
        }
    }
}

fn labelled(error: JsValue, name: &str, code: &Code) -> JsValue {
    for (key, value) in [("name", name), ("code", &code.name())] {
        // Cannot fail: a fresh error object takes any property.
        let _ = Reflect::set(&error, &key.into(), &value.into());
    }
    error
}
