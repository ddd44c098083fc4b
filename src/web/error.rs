//! What the browser throws, as a Rust error. Only this file takes DOM exceptions apart.
//!
//! The error keeps the exception's name (`AbortError`, `QuotaExceededError`, `SecurityError` …, see
//! <https://webidl.spec.whatwg.org/#idl-DOMException-error-names>). Callers decide by the name, never by the message,
//! which differs between browsers.

use wasm_bindgen::{JsCast, JsValue};

/// An exception, or the reason of a rejected promise.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}{}{message}", if .message.is_empty() { "" } else { ": " })]
pub struct BrowserError {
    pub(crate) name: String,
    pub(crate) message: String,
}

impl From<JsValue> for BrowserError {
    fn from(thrown: JsValue) -> Self {
        if let Some(exception) = thrown.dyn_ref::<web_sys::DomException>() {
            return BrowserError {
                name: exception.name(),
                message: exception.message(),
            };
        }
        if let Some(error) = thrown.dyn_ref::<js_sys::Error>() {
            return BrowserError {
                name: error.name().into(),
                message: error.message().into(),
            };
        }
        BrowserError {
            name: "Error".to_owned(),
            message: format!("{thrown:?}"),
        }
    }
}
