//! Translates what the browser throws into the errors of a store. Only this file decides how.
//!
//! Names: Indexed Database API 3.0, section 3 "Exceptions", and Web IDL 4.3. The same name may mean different things at
//! different moments, hence [`Moment`].

use wasm_bindgen::JsValue;

use crate::storage::position::Epoch;
use crate::storage::store_error::StoreError;
use crate::web::BrowserError;

/// When something was thrown.
#[derive(Clone, Copy, Debug)]
pub(super) enum Moment {
    /// The database was to be opened or deleted.
    Opening,
    /// A transaction was begun or a request made.
    Asking,
    /// A transaction that writes under this epoch was to be completed.
    Ending(Epoch),
}

/// Whether a database could not be opened because its version is newer.
pub(super) fn is_newer(thrown: &JsValue) -> bool {
    name_and_message(thrown).0 == "VersionError"
}

pub(super) fn store_error(moment: Moment, thrown: &JsValue) -> StoreError {
    let (name, message) = name_and_message(thrown);
    let said = match thrown.is_null() {
        true => String::new(),
        false => BrowserError::from(thrown.clone()).to_string(),
    };
    match (name.as_str(), moment) {
        ("QuotaExceededError", _) => StoreError::Quota(message),
        // The key of an `add` was taken: that seq is stored already.
        ("ConstraintError", Moment::Ending(stored)) => StoreError::Fenced { stored },
        ("SecurityError" | "InvalidStateError" | "NotSupportedError" | "NotAllowedError", Moment::Opening) => {
            StoreError::Unavailable(said)
        }
        // Chromium, if the user does not let a site, or a frame of another site, store anything.
        ("UnknownError", Moment::Opening) if message.contains("denied permission") => StoreError::Unavailable(said),
        // The connection is closed. Or it was cut, and then nobody knows whether a transaction that was being committed
        // has happened. (A store aborts no transaction whose end it awaits.)
        ("InvalidStateError" | "AbortError" | "", _) => StoreError::Gone(said),
        // WebKit, after its storage process has died: the connection does not come back.
        ("UnknownError", _) if message.contains("server lost") => StoreError::Gone(said),
        ("NotFoundError", _) => damaged("database", said),
        // Chromium keeps large values in files of their own, which may be lost or unreadable.
        ("DataError" | "NotReadableError", Moment::Asking) => damaged("value", said),
        _ => StoreError::Failed(said),
    }
}

fn damaged(record: &str, reason: String) -> StoreError {
    StoreError::Corrupt {
        record: record.into(),
        reason,
    }
}

/// Both are empty for `null`: a transaction that ended without a reason.
fn name_and_message(thrown: &JsValue) -> (String, String) {
    if thrown.is_null() {
        return Default::default();
    }
    let BrowserError { name, message } = thrown.clone().into();
    (name, message)
}
