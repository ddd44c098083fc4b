//! The arguments that script may pass, and the errors for all others.

#![cfg(target_family = "wasm")]

use js_sys::{Array, BigInt, DataView, Date, Function, Number, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use super::arguments::*;
use super::error::ArgumentError;
use crate::sql::{Code, Params, Statement, Value, limits};
use crate::storage::Durability;

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

/// The message of the exception that the page's own code threw.
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
    // The browser hands these out untouched, and the test reads none of the bytes.
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
