//! Arguments as script hands them in, parsed into our own words or refused with an error that names them.

use js_sys::{Array, ArrayBuffer, DataView, Date, Function, Number, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use super::error::ArgumentError;
use crate::sql::{Params, Statement, Value};
use crate::storage::Durability;

/// A string.
pub(super) fn text(what: &str, given: &JsValue) -> Result<String, ArgumentError> {
    given.as_string().ok_or_else(|| wrong(what, "a string", given))
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
    if options.is_null() || options.is_undefined() {
        return Ok(Durability::Relaxed);
    }
    if !options.is_object() {
        return Err(wrong("options", "an object", options));
    }
    let given = Reflect::get(options, &"durability".into()).unwrap_or_default();
    match given.as_string().as_deref() {
        Some("relaxed") => Ok(Durability::Relaxed),
        Some("strict") => Ok(Durability::Strict),
        _ if given.is_undefined() => Ok(Durability::Relaxed),
        _ => Err(wrong("options.durability", "\"relaxed\" or \"strict\"", &given)),
    }
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
    let list: &Array = given.dyn_ref().ok_or_else(|| wrong("statements", "an array", given))?;
    let one = |(index, entry): (usize, JsValue)| match entry.dyn_ref::<Array>() {
        Some(pair) => Ok(Statement {
            sql: text(&format!("statements[{index}][0]"), &pair.get(0))?,
            params: parameters(&pair.get(1)).map_err(|error| error.within(&format!("statements[{index}]")))?,
        }),
        None => Ok(Statement::new(text(&format!("statements[{index}]"), &entry)?)),
    };
    list.iter().enumerate().map(one).collect()
}

/// Parameters: an array for `?`, an object for `:name`, `@name` and `$name` (with the sign or without), or nothing.
pub(super) fn parameters(given: &JsValue) -> Result<Params, ArgumentError> {
    if given.is_undefined() || given.is_null() {
        return Ok(Params::none());
    }
    if let Some(list) = given.dyn_ref::<Array>() {
        let one = |(index, given): (usize, JsValue)| value(&given, || format!("parameter {}", index + 1));
        return Ok(Params::Positional(
            list.iter().enumerate().map(one).collect::<Result<_, _>>()?,
        ));
    }
    if !is_plain(given) {
        return Err(wrong("parameters", "an array or a plain object", given));
    }
    let named = Object::entries(given.unchecked_ref()).into_iter().map(|entry| {
        let entry: Array = entry.unchecked_into();
        let key = entry.get(0).as_string().unwrap_or_default();
        let value = value(&entry.get(1), || format!("parameter {key:?}"))?;
        Ok((key, value))
    });
    Ok(Params::Named(named.collect::<Result<_, _>>()?))
}

fn value(given: &JsValue, what: impl Fn() -> String) -> Result<Value, ArgumentError> {
    if given.is_null() || given.is_undefined() {
        return Ok(Value::Null);
    }
    if let Some(flag) = given.as_bool() {
        return Ok(Value::Integer(i64::from(flag)));
    }
    if let Some(number) = given.as_f64() {
        let is_integer = Number::is_safe_integer(given) && !(number == 0.0 && number.is_sign_negative());
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
        let integer = i64::try_from(given.clone());
        return integer.map(Value::Integer).map_err(|_| ArgumentError::Range {
            what: what(),
            range: "SQLite's integers have 64 bits",
        });
    }
    if let Some(bytes) = buffered(given) {
        return Ok(Value::Blob(bytes));
    }
    if let Some(date) = given.dyn_ref::<Date>() {
        if date.get_time().is_nan() {
            return Err(ArgumentError::Range {
                what: what(),
                range: "it is an invalid date",
            });
        }
        return Ok(Value::Text(date.to_iso_string().into()));
    }
    let wanted = "null, a boolean, number, bigint, string, Uint8Array, ArrayBuffer, DataView or Date";
    Err(wrong(&what(), wanted, given))
}

/// An object literal or one without a prototype: not a Map, a Date, an element.
/// The bytes of a `Blob`, an `ArrayBuffer`, or a view of one; a buffer's are read at once.
pub(super) fn bytes(
    what: &str,
    given: &JsValue,
) -> Result<impl Future<Output = Result<Vec<u8>, JsValue>> + use<>, ArgumentError> {
    let buffered = match given.dyn_ref::<Blob>() {
        Some(_) => None,
        None => Some(buffered(given).ok_or_else(|| wrong(what, "a Blob, an ArrayBuffer or a Uint8Array", given))?),
    };
    let blob = given.clone();
    Ok(async move {
        match buffered {
            Some(bytes) => Ok(bytes),
            None => {
                let read = JsFuture::from(blob.unchecked_ref::<Blob>().array_buffer()).await?;
                Ok(Uint8Array::new(&read).to_vec())
            }
        }
    })
}

/// The bytes of an `ArrayBuffer` or of a view of one.
fn buffered(given: &JsValue) -> Option<Vec<u8>> {
    if let Some(bytes) = given.dyn_ref::<Uint8Array>() {
        return Some(bytes.to_vec());
    }
    if given.is_instance_of::<ArrayBuffer>() {
        return Some(Uint8Array::new(given).to_vec());
    }
    let view = given.dyn_ref::<DataView>()?;
    let (offset, length) = (view.byte_offset() as u32, view.byte_length() as u32);
    Some(Uint8Array::new_with_byte_offset_and_length(&view.buffer(), offset, length).to_vec())
}

fn is_plain(given: &JsValue) -> bool {
    if !given.is_object() {
        return false;
    }
    let prototype: JsValue = Object::get_prototype_of(given).into();
    // Of any realm: an object from an iframe has that iframe's Object.prototype.
    prototype.is_null() || JsValue::from(Object::get_prototype_of(&prototype)).is_null()
}

pub(super) fn wrong(what: &str, wanted: &'static str, given: &JsValue) -> ArgumentError {
    ArgumentError::Type {
        what: what.to_owned(),
        wanted,
        given: kind(given),
    }
}

/// What a developer would call this value.
fn kind(given: &JsValue) -> String {
    if given.is_null() {
        return "null".to_owned();
    }
    if given.is_object() {
        let tag = String::from(given.unchecked_ref::<Object>().to_string());
        return tag.trim_start_matches("[object ").trim_end_matches(']').to_owned();
    }
    given.js_typeof().as_string().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use js_sys::BigInt;
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
