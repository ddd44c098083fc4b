//! Arguments from script: parsed into this library's own types, or refused with an error that names the argument and
//! its kind, and never shows its value.
//!
//! `arguments.js` reads whatever may run the page's own code, such as getters and proxies.

#![cfg(target_family = "wasm")]

use js_sys::{Array, Function, JsString, Number, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortSignal;

use super::error::ArgumentError;
use crate::request::{Failure, FailureKind};
use crate::sql::{Code, Params, Statement, Value, limits};
use crate::storage::Durability;

#[wasm_bindgen(module = "/src/client/arguments.js")]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = given, js_name = parametersOf)]
    fn parameters_of(given: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = given, js_name = statementsOf)]
    fn statements_of(given: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = given, js_name = bytesOf)]
    fn bytes_of(given: &JsValue) -> JsValue;
    #[wasm_bindgen(js_namespace = given, js_name = isBlob)]
    fn is_blob(given: &JsValue) -> bool;
    #[wasm_bindgen(catch, js_namespace = given, js_name = bytesOfBlob)]
    fn bytes_of_blob(blob: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(js_namespace = given, js_name = isSignal)]
    fn is_signal(given: &JsValue) -> bool;
    #[wasm_bindgen(js_namespace = given, js_name = kindOf)]
    fn kind_of(given: &JsValue) -> String;
}

/// The code by which `arguments.js` reports an invalid date.
const INVALID_DATE: f64 = 1.0;
/// The most characters of a parameter's name in an error message.
const LONGEST_NAME: usize = 40;

/// A string.
pub(super) fn text(what: &str, given: &JsValue) -> Result<String, ArgumentError> {
    limits::request(size(given))?;
    given.as_string().ok_or_else(|| wrong(what, "a string", given))
}

/// The name of a database.
pub(super) fn name(given: &JsValue) -> Result<String, ArgumentError> {
    text("the name of a database", given)?;
    database_name(given).map_err(ArgumentError::Refused)
}

/// The name of a database, or a `NAME_INVALID` failure if it has a lone surrogate. Text here is UTF-8, which cannot
/// hold one: two names that differ only in lone surrogates would become one name, and so would their databases.
pub fn database_name(given: &JsValue) -> Result<String, Failure> {
    let name = given.as_string().unwrap_or_default();
    let as_kept = JsValue::from(&name);
    if as_kept == *given {
        return Ok(name);
    }
    let message = "the name of a database has half of a character in it (a lone surrogate, as where a text is cut in the \
                   middle of an emoji), and such names cannot be told apart; use whole characters";
    Err(Failure::new(FailureKind::State, Code::NameInvalid, message))
}

/// A function.
pub(super) fn callback(what: &str, given: JsValue) -> Result<Function, ArgumentError> {
    given.dyn_into().map_err(|given| wrong(what, "a function", &given))
}

/// A boolean. A value that is only truthy is refused, since it may be a mistake.
pub(super) fn flag(what: &str, given: &JsValue) -> Result<bool, ArgumentError> {
    given.as_bool().ok_or_else(|| wrong(what, "a boolean", given))
}

/// A duration in milliseconds, with fractions.
pub(super) fn elapsed_ms(what: &str, given: &JsValue) -> Result<f64, ArgumentError> {
    let ms = given.as_f64().ok_or_else(|| wrong(what, "a number", given))?;
    if !ms.is_finite() || ms < 0.0 {
        return Err(ArgumentError::Range {
            what: what.to_owned(),
            range: "0 milliseconds or more, and finite",
        });
    }
    Ok(ms)
}

/// Whole milliseconds. Fractions are rounded up.
pub(super) fn milliseconds(what: &str, given: &JsValue) -> Result<u32, ArgumentError> {
    let ms = given.as_f64().ok_or_else(|| wrong(what, "a number", given))?;
    if !(0.0..=f64::from(u32::MAX)).contains(&ms) {
        return Err(ArgumentError::Range {
            what: what.to_owned(),
            range: "0 to 2³² - 1 milliseconds",
        });
    }
    Ok(ms.ceil() as u32)
}

/// The durability in the options of `newDatabase`: nothing, or `{ durability: "relaxed" | "strict" }`.
pub(super) fn durability(options: &JsValue) -> Result<Durability, ArgumentError> {
    let given = option(options, "durability")?;
    if given.is_undefined() {
        return Ok(Durability::default());
    }
    let named = given.as_string().as_deref().and_then(Durability::named);
    named.ok_or_else(|| wrong("options.durability", "\"relaxed\" or \"strict\"", &given))
}

/// The signal in the options of a query: nothing, or `{ signal }`.
pub(super) fn signal(options: &JsValue) -> Result<Option<AbortSignal>, ArgumentError> {
    let given = option(options, "signal")?;
    if given.is_null() || given.is_undefined() {
        return Ok(None);
    }
    if !is_signal(&given) {
        return Err(wrong("options.signal", "an AbortSignal", &given));
    }
    Ok(Some(given.unchecked_into()))
}

/// One option; `undefined` if there are no options.
fn option(options: &JsValue, name: &str) -> Result<JsValue, ArgumentError> {
    if options.is_null() || options.is_undefined() {
        return Ok(JsValue::UNDEFINED);
    }
    if !options.is_object() {
        return Err(wrong("options", "an object", options));
    }
    Reflect::get(options, &name.into()).map_err(ArgumentError::Thrown)
}

/// SQL with its parameters.
pub(super) fn statement(sql: &JsValue, params: &JsValue) -> Result<Statement, ArgumentError> {
    Ok(Statement {
        sql: text("sql", sql)?,
        params: parameters(params)?,
    })
}

/// The statements of a batch. Each is a string, or an array of SQL and parameters.
pub(super) fn statements(given: &JsValue) -> Result<Vec<Statement>, ArgumentError> {
    let list = statements_of(given).map_err(ArgumentError::Thrown)?;
    let list = of_kind(list).map_err(|kind| mistaken("statements", "an array", kind))?;
    let mut room = Room::default();
    let one = |(index, entry): (usize, JsValue)| match entry.dyn_ref::<Array>() {
        Some(pair) => Ok(Statement {
            sql: text(&format!("statements[{index}][0]"), &pair.get(0))?,
            params: parameters(&pair.get(1)).map_err(|error| error.within(&format!("statements[{index}]")))?,
        }),
        None => Ok(Statement::new(text(&format!("statements[{index}]"), &entry)?)),
    };
    let kept = |statement: Result<Statement, ArgumentError>| {
        let statement = statement?;
        room.take(statement.weight()).map(|()| statement)
    };
    list.iter().enumerate().map(one).map(kept).collect()
}

/// Parameters: an array for `?`, an object for `:name`, `@name` and `$name` (with or without the sign), or nothing.
pub(super) fn parameters(given: &JsValue) -> Result<Params, ArgumentError> {
    let pair = parameters_of(given).map_err(ArgumentError::Thrown)?;
    let pair = of_kind(pair).map_err(|kind| mistaken("parameters", "an array or a plain object", kind))?;
    let mut room = Room::default();
    let values = pair.get(1).unchecked_into::<Array>().into_iter().enumerate();
    let Some(names) = pair.get(0).dyn_ref::<Array>().cloned() else {
        let one = |(index, given)| room.value(given, || format!("parameter {}", index + 1));
        return Ok(Params::Positional(
            values.map(one).collect::<Result<_, ArgumentError>>()?,
        ));
    };
    let named = values.map(|(index, given)| {
        let name = names.get(index as u32).as_string().unwrap_or_default();
        let value = room.value(given, || format!("parameter {:?}", brief(&name)))?;
        Ok((name, value))
    });
    Ok(Params::Named(named.collect::<Result<_, ArgumentError>>()?))
}

/// How many bytes a call has taken so far. Values that are too large are refused before they are copied into this
/// module.
#[derive(Default)]
struct Room {
    taken: usize,
}

impl Room {
    fn value(&mut self, given: JsValue, what: impl Fn() -> String) -> Result<Value, ArgumentError> {
        let size = size(&given);
        limits::value(&what, size)?;
        limits::request(self.taken.saturating_add(size))?;
        let value = value(given, &what)?;
        limits::value(&what, value.weight())?;
        self.take(value.weight()).map(|()| value)
    }

    fn take(&mut self, bytes: usize) -> Result<(), ArgumentError> {
        self.taken = self.taken.saturating_add(bytes);
        Ok(limits::request(self.taken)?)
    }
}

/// The least number of bytes that a string or a byte array takes.
fn size(given: &JsValue) -> usize {
    if let Some(text) = given.dyn_ref::<JsString>() {
        return text.length() as usize;
    }
    if let Some(bytes) = given.dyn_ref::<Uint8Array>() {
        return bytes.length() as usize;
    }
    0
}

/// The array that `arguments.js` made, or the kind of the value that it refused.
fn of_kind(given: JsValue) -> Result<Array, String> {
    given
        .dyn_into()
        .map_err(|kind: JsValue| kind.as_string().unwrap_or_default())
}

fn brief(name: &str) -> String {
    match name.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

/// A value to bind, as `arguments.js` prepared it.
fn value(given: JsValue, what: impl Fn() -> String) -> Result<Value, ArgumentError> {
    if given.is_null() {
        return Ok(Value::Null);
    }
    if let Some(flag) = given.as_bool() {
        return Ok(Value::Integer(i64::from(flag)));
    }
    if let Some(number) = given.as_f64() {
        // -0.0 stays a REAL: an INTEGER has no negative zero.
        let is_integer = Number::is_safe_integer(&given) && !(number == 0.0 && number.is_sign_negative());
        return Ok(if is_integer {
            Value::Integer(number as i64)
        } else {
            Value::Real(number)
        });
    }
    if let Some(text) = given.as_string() {
        return Ok(Value::Text(text));
    }
    if given.is_bigint() {
        let integer = i64::try_from(given);
        return integer.map(Value::Integer).map_err(|_| ArgumentError::Range {
            what: what(),
            range: "SQLite's integers have 64 bits",
        });
    }
    if let Some(bytes) = given.dyn_ref::<Uint8Array>() {
        return Ok(Value::Blob(bytes.to_vec()));
    }
    let wanted = "null, a boolean, number, bigint, string, Uint8Array, ArrayBuffer, DataView or Date";
    Err(refused(&what(), wanted, &given))
}

/// The error for a refused value. `why` is an array of one: the kind of the value, or a code for its reason.
fn refused(what: &str, wanted: &'static str, why: &JsValue) -> ArgumentError {
    let why = why.unchecked_ref::<Array>().get(0);
    let range = match why.as_f64() {
        Some(INVALID_DATE) => "it is an invalid date",
        Some(_) => "its bytes are gone: the buffer was transferred to somebody else, or made smaller",
        None => return mistaken(what, wanted, why.as_string().unwrap_or_default()),
    };
    ArgumentError::Range {
        what: what.to_owned(),
        range,
    }
}

/// The bytes of a `Blob`, an `ArrayBuffer`, or a view of one. A buffer is read at once, a `Blob` when awaited.
pub(super) fn bytes(
    what: &str,
    given: &JsValue,
) -> Result<impl Future<Output = Result<Vec<u8>, JsValue>> + use<>, ArgumentError> {
    const WANTED: &str = "a Blob, an ArrayBuffer or a Uint8Array";
    let buffered = bytes_of(given);
    let size = match is_blob(given) {
        true => Reflect::get(given, &"size".into())
            .ok()
            .and_then(|size| size.as_f64())
            .unwrap_or_default() as usize,
        false => size(&buffered),
    };
    limits::file(|| what.to_owned(), size)?;
    let found = match buffered.dyn_ref::<Uint8Array>() {
        Some(bytes) => Ok(bytes.to_vec()),
        None if is_blob(given) => Err(given.clone()),
        None if buffered.is_undefined() => return Err(wrong(what, WANTED, given)),
        None => return Err(refused(what, WANTED, &buffered)),
    };
    Ok(async move {
        match found {
            Ok(bytes) => Ok(bytes),
            Err(blob) => {
                let read = JsFuture::from(bytes_of_blob(&blob)?).await?;
                Ok(Uint8Array::new(&read).to_vec())
            }
        }
    })
}

pub(super) fn wrong(what: &str, wanted: &'static str, given: &JsValue) -> ArgumentError {
    mistaken(what, wanted, kind_of(given))
}

fn mistaken(what: &str, wanted: &'static str, given: String) -> ArgumentError {
    ArgumentError::Type {
        what: what.to_owned(),
        wanted,
        given,
    }
}
