//! Arguments as script hands them in, parsed into our own words or refused with an error that names them, and says of what
//! kind they are, never what they hold.
//!
//! Whatever may run the page's own code is looked at in `arguments.js`, which see.

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

/// What `arguments.js` says of a date that is none.
const INVALID_DATE: f64 = 1.0;
/// Characters of a parameter's name that stand in a message.
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

/// Text in here is UTF-8, which has no place for half of a surrogate pair: two names that differ in such halves alone would
/// be one, and so would the two databases.
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

/// A boolean: what is merely truthy may be a mistake.
pub(super) fn flag(what: &str, given: &JsValue) -> Result<bool, ArgumentError> {
    given.as_bool().ok_or_else(|| wrong(what, "a boolean", given))
}

/// A time that passed, in milliseconds and fractions.
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

/// Whole milliseconds; fractions are rounded up.
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

/// The options of `newDatabase`: nothing, or `{ durability: "relaxed" | "strict" }`.
pub(super) fn durability(options: &JsValue) -> Result<Durability, ArgumentError> {
    let given = option(options, "durability")?;
    match given.as_string().as_deref() {
        Some("relaxed") => Ok(Durability::Relaxed),
        Some("strict") => Ok(Durability::Strict),
        _ if given.is_undefined() => Ok(Durability::Relaxed),
        _ => Err(wrong("options.durability", "\"relaxed\" or \"strict\"", &given)),
    }
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

/// One of the options; `undefined` where there are none.
fn option(options: &JsValue, name: &str) -> Result<JsValue, ArgumentError> {
    if options.is_null() || options.is_undefined() {
        return Ok(JsValue::UNDEFINED);
    }
    if !options.is_object() {
        return Err(wrong("options", "an object", options));
    }
    Reflect::get(options, &name.into()).map_err(ArgumentError::Thrown)
}

/// SQL and its parameters.
pub(super) fn statement(sql: &JsValue, params: &JsValue) -> Result<Statement, ArgumentError> {
    Ok(Statement {
        sql: text("sql", sql)?,
        params: parameters(params)?,
    })
}

/// The statements of a batch: each a string, or an array of SQL and parameters.
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

/// Parameters: an array for `?`, an object for `:name`, `@name` and `$name` (with the sign or without), or nothing.
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

/// What a call has brought so far, in bytes: what is too large is refused before it is copied into this module.
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

/// The least number of bytes that a string or a view of bytes will be.
fn size(given: &JsValue) -> usize {
    if let Some(text) = given.dyn_ref::<JsString>() {
        return text.length() as usize;
    }
    if let Some(bytes) = given.dyn_ref::<Uint8Array>() {
        return bytes.length() as usize;
    }
    0
}

/// What was looked at, or the kind of what is something else.
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

/// What `arguments.js` makes of a value to bind.
fn value(given: JsValue, what: impl Fn() -> String) -> Result<Value, ArgumentError> {
    if given.is_null() {
        return Ok(Value::Null);
    }
    if let Some(flag) = given.as_bool() {
        return Ok(Value::Integer(i64::from(flag)));
    }
    if let Some(number) = given.as_f64() {
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

/// By an array of one: the kind of what is no value, or why it is none.
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

/// The bytes of a `Blob`, an `ArrayBuffer`, or a view of one; a buffer's are read at once.
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

#[cfg(test)]
mod tests {
    use js_sys::{BigInt, DataView, Date, Function, Object};
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    fn positional(given: &JsValue) -> Result<Value, ArgumentError> {
        match parameters(&Array::of1(given))? {
            Params::Positional(mut values) => Ok(values.remove(0)),
            Params::Named(_) => panic!("an array is positional"),
        }
    }

    fn object(entries: &[(&str, JsValue)]) -> JsValue {
        let object = Object::new();
        entries
            .iter()
            .for_each(|(key, value)| drop(Reflect::set(&object, &(*key).into(), value)));
        object.into()
    }

    #[wasm_bindgen_test]
    fn each_kind_of_value_is_bound_as_what_it_is() {
        let bytes = Uint8Array::from(&[1, 2, 3][..]);
        let view = DataView::new(&bytes.buffer(), 1, 2);
        let date = Date::new(&0.0.into());
        let cases = [
            (JsValue::NULL, Value::Null),
            (JsValue::UNDEFINED, Value::Null),
            (true.into(), Value::Integer(1)),
            (false.into(), Value::Integer(0)),
            (0.0.into(), Value::Integer(0)),
            ((-0.0).into(), Value::Real(-0.0)),
            (1.5.into(), Value::Real(1.5)),
            (Number::MAX_SAFE_INTEGER.into(), Value::Integer((1 << 53) - 1)),
            (
                (Number::MAX_SAFE_INTEGER + 1.0).into(),
                Value::Real((1_u64 << 53) as f64),
            ),
            (f64::INFINITY.into(), Value::Real(f64::INFINITY)),
            (BigInt::from(i64::MIN).into(), Value::Integer(i64::MIN)),
            (BigInt::from(i64::MAX).into(), Value::Integer(i64::MAX)),
            ("naïve 🦀".into(), Value::from("naïve 🦀")),
            (bytes.clone().into(), Value::Blob(vec![1, 2, 3])),
            (bytes.buffer().into(), Value::Blob(vec![1, 2, 3])),
            (view.into(), Value::Blob(vec![2, 3])),
            (date.into(), Value::from("1970-01-01T00:00:00.000Z")),
        ];
        for (given, expected) in cases {
            assert_eq!(positional(&given), Ok(expected), "{given:?}");
        }
    }

    #[wasm_bindgen_test]
    fn a_bigint_beyond_64_bits_is_out_of_range() {
        for given in [BigInt::from(u64::MAX), BigInt::from(i128::from(i64::MIN) - 1)] {
            let refused = positional(&given.into()).unwrap_err();
            assert!(
                matches!(&refused, ArgumentError::Range { what, .. } if what == "parameter 1"),
                "{refused}"
            );
        }
    }

    #[wasm_bindgen_test]
    fn a_name_with_half_of_a_character_in_it_is_refused() {
        for whole in ["", "a", "\u{fffd}", "🦀", "e\u{301}", "a\0b"] {
            assert_eq!(name(&whole.into()), Ok(whole.to_owned()));
        }
        for text in ["'\\ud83e'", "'\\udd80'", "'a\\ud83e.db'", "'\\udd80\\ud83e'"] {
            let refused = name(&evaluated(text));
            assert!(
                matches!(&refused, Err(ArgumentError::Refused(failure)) if failure.code == Code::NameInvalid),
                "{text}: {refused:?}"
            );
        }
        assert!(matches!(name(&1.into()), Err(ArgumentError::Type { .. })));
    }

    #[wasm_bindgen_test]
    fn what_cannot_be_bound_is_refused_by_its_place() {
        for given in [
            object(&[]),
            Function::default().into(),
            JsValue::symbol(None),
            js_sys::Map::new().into(),
        ] {
            let list = Array::of2(&1.into(), &given);
            assert!(
                parameters(&list)
                    .unwrap_err()
                    .to_string()
                    .starts_with("parameter 2 must be"),
                "{given:?}"
            );
            let named = object(&[("key", given)]);
            assert!(
                parameters(&named)
                    .unwrap_err()
                    .to_string()
                    .starts_with("parameter \"key\" must be")
            );
        }
    }

    /// What the page's code throws, as it stands in the error.
    fn thrown<T: std::fmt::Debug>(refused: Result<T, ArgumentError>) -> String {
        let error = JsValue::from(refused.expect_err("its own code throws"));
        error.unchecked_ref::<js_sys::Error>().message().into()
    }

    fn evaluated(text: &str) -> JsValue {
        js_sys::eval(text).expect("the text is JavaScript")
    }

    #[wasm_bindgen_test]
    fn what_the_pages_own_code_throws_is_the_error() {
        let throws = "() => { throw new Error('mine'); }";
        for object in [
            "({ get a() { throw new Error('mine'); } })".to_owned(),
            format!("new Proxy({{ a: 1 }}, {{ get: {throws} }})"),
            format!("new Proxy({{ a: 1 }}, {{ ownKeys: {throws} }})"),
            format!("new Proxy({{ a: 1 }}, {{ getPrototypeOf: {throws} }})"),
            format!("new Proxy([1], {{ get: {throws} }})"),
            "Object.defineProperty([1], 0, { get() { throw new Error('mine'); } })".to_owned(),
        ] {
            let given = evaluated(&object);
            assert_eq!(thrown(parameters(&given)), "mine", "{object}");
            let pair = Array::of2(&"SELECT ?".into(), &given);
            assert_eq!(thrown(statements(&Array::of1(&pair))), "mine", "{object}");
        }
        let batch = evaluated(&format!("new Proxy([], {{ get: {throws} }})"));
        assert_eq!(thrown(statements(&batch)), "mine");
        let options = "({ get signal() { throw new Error('mine'); }, get durability() { throw new Error('mine'); } })";
        assert_eq!(thrown(signal(&evaluated(options))), "mine");
        assert_eq!(thrown(durability(&evaluated(options))), "mine");
        let revoked = "(() => { const { proxy, revoke } = Proxy.revocable([], {}); revoke(); return proxy; })()";
        assert!(matches!(parameters(&evaluated(revoked)), Err(ArgumentError::Thrown(_))));
        assert!(matches!(
            positional(&evaluated(revoked)),
            Err(ArgumentError::Type { .. })
        ));
    }

    #[wasm_bindgen_test]
    fn an_error_says_the_kind_and_never_what_is_held() {
        for (text, kind) in [
            ("['secret', 2]", "Array"),
            ("({ a: 'secret' })", "Object"),
            ("Object.create(null)", "Object"),
            ("({ toString() { throw new Error('secret'); } })", "Object"),
            ("[Object.create(null)]", "Array"),
            ("new Map([['secret', 1]])", "Map"),
            ("new String('secret')", "String"),
            ("new Float64Array(200000)", "Float64Array"),
            ("new (class Secretary {})()", "Secretary"),
            ("new (class { static name = 'x'.repeat(100000) })()", &"x".repeat(40)),
            (
                "new Proxy({}, { getPrototypeOf() { throw new Error('secret'); } })",
                "object",
            ),
            ("Symbol('secret')", "symbol"),
            ("(() => 'secret')", "function"),
            ("/secret/", "RegExp"),
            ("new SharedArrayBuffer(4)", "SharedArrayBuffer"),
        ] {
            let refused = positional(&evaluated(text)).unwrap_err().to_string();
            assert!(refused.ends_with(&format!(", not {kind}")), "{text}: {refused}");
        }
        let long = object(&[(&"n".repeat(100_000), Function::default().into())]);
        assert!(parameters(&long).unwrap_err().to_string().len() < 300);
    }

    #[wasm_bindgen_test]
    fn bytes_that_are_gone_are_not_bound_as_none() {
        for view in ["new Uint8Array(buffer)", "new DataView(buffer)", "buffer"] {
            let detached = format!(
                "(() => {{ const buffer = new ArrayBuffer(8); const given = {view}; structuredClone(buffer, {{ transfer: \
                 [buffer] }}); return given; }})()"
            );
            let given = evaluated(&detached);
            let refused = positional(&given);
            assert!(
                matches!(&refused, Err(ArgumentError::Range { range, .. }) if range.contains("transferred")),
                "{view}: {refused:?}"
            );
            assert!(bytes("file", &given).is_err(), "{view}");
        }
        let invalid = positional(&evaluated("new Date(NaN)"));
        assert!(matches!(&invalid, Err(ArgumentError::Range { range, .. }) if range.contains("date")));
    }

    #[wasm_bindgen_test]
    fn a_view_of_shared_memory_is_bound_by_what_it_holds_now() {
        let given = evaluated("new Uint8Array(new SharedArrayBuffer(2)).fill(7)");
        assert_eq!(positional(&given), Ok(Value::Blob(vec![7, 7])));
    }

    #[wasm_bindgen_test]
    fn names_are_taken_as_they_are_given() {
        let given = object(&[(":a", 1.into()), ("@b", 2.into()), ("$c", 3.into()), ("d", 4.into())]);
        let expected = [":a", "@b", "$c", "d"]
            .iter()
            .zip(1..)
            .map(|(name, value)| ((*name).to_owned(), Value::Integer(value)));
        assert_eq!(parameters(&given), Ok(Params::Named(expected.collect())));
    }

    #[wasm_bindgen_test]
    fn parameters_are_a_list_an_object_or_nothing() {
        assert_eq!(parameters(&JsValue::UNDEFINED), Ok(Params::none()));
        assert_eq!(parameters(&JsValue::NULL), Ok(Params::none()));
        for given in [
            "text".into(),
            1.into(),
            js_sys::Map::new().into(),
            Date::new_0().into(),
            Uint8Array::new(&1.into()).into(),
        ] {
            assert!(parameters(&given).is_err(), "{given:?}");
        }
    }

    #[wasm_bindgen_test]
    fn a_batch_is_of_texts_and_of_pairs() {
        let pair = Array::of2(&"b".into(), &Array::of1(&2.into()));
        let given = Array::of3(&"a".into(), &pair, &Array::of1(&"c".into()));
        let expected = vec![
            Statement::new("a"),
            Statement::with("b", vec![Value::Integer(2)]),
            Statement::new("c"),
        ];
        assert_eq!(statements(&given), Ok(expected));
        let wrong = Array::of1(&Array::of2(&"a".into(), &Array::of1(&Object::new())));
        assert!(
            statements(&wrong)
                .unwrap_err()
                .to_string()
                .starts_with("statements[0]: parameter 1")
        );
        assert!(
            statements(&Array::of1(&1.into()))
                .unwrap_err()
                .to_string()
                .starts_with("statements[0] must be")
        );
    }

    #[wasm_bindgen_test]
    fn what_is_too_large_is_refused_by_its_place_before_it_is_copied() {
        // Of which nothing is read: the browser gives them out untouched.
        let huge = Uint8Array::new_with_length((1 << 30) - 1);
        for given in [JsValue::from(huge.clone()), huge.buffer().into()] {
            let refused = parameters(&Array::of2(&1.into(), &given)).unwrap_err().to_string();
            assert!(
                refused.starts_with("parameter 2 is too large: 1073741823 bytes"),
                "{refused}"
            );
            let batch = Array::of1(&Array::of2(&"a".into(), &Array::of1(&given)));
            let refused = statements(&batch).unwrap_err().to_string();
            assert!(
                refused.starts_with("statements[0]: parameter 1 is too large"),
                "{refused}"
            );
        }
        let half: JsValue = Uint8Array::new_with_length(limits::LARGEST_REQUEST as u32 / 2 + 1).into();
        let refused = parameters(&Array::of2(&half, &half)).unwrap_err().to_string();
        assert!(refused.contains("several calls"), "{refused}");
        let pair = Array::of2(&"a".into(), &Array::of1(&half));
        assert!(statements(&Array::of1(&pair)).is_ok());
        let refused = statements(&Array::of2(&pair, &pair)).unwrap_err().to_string();
        assert!(refused.contains("several calls"), "{refused}");
    }

    #[wasm_bindgen_test]
    fn a_boolean_is_not_guessed_from_something_else() {
        assert_eq!(
            [flag("on", &true.into()), flag("on", &false.into())],
            [Ok(true), Ok(false)]
        );
        for given in [JsValue::UNDEFINED, JsValue::NULL, 1.into(), "true".into()] {
            let refused = flag("on", &given).unwrap_err().to_string();
            assert!(refused.starts_with("on must be a boolean, not "), "{refused}");
        }
    }

    #[wasm_bindgen_test]
    fn a_time_that_passed_is_a_finite_number_of_0_or_more() {
        for ms in [0.0, 15.5, 1e9] {
            assert_eq!(elapsed_ms("latencyMs", &ms.into()), Ok(ms));
        }
        for ms in [-1.0, f64::NAN, f64::INFINITY] {
            let refused = elapsed_ms("latencyMs", &ms.into());
            assert!(matches!(refused, Err(ArgumentError::Range { .. })), "{ms}: {refused:?}");
        }
        for given in [JsValue::UNDEFINED, "15".into(), BigInt::from(15).into()] {
            let refused = elapsed_ms("latencyMs", &given);
            assert!(matches!(refused, Err(ArgumentError::Type { .. })), "{refused:?}");
        }
    }

    #[wasm_bindgen_test]
    fn an_unknown_durability_is_refused() {
        assert_eq!(durability(&JsValue::UNDEFINED), Ok(Durability::Relaxed));
        assert_eq!(durability(&object(&[])), Ok(Durability::Relaxed));
        assert_eq!(
            durability(&object(&[("durability", "strict".into())])),
            Ok(Durability::Strict)
        );
        assert!(durability(&object(&[("durability", "Strict".into())])).is_err());
        assert!(durability(&"strict".into()).is_err());
    }
}
