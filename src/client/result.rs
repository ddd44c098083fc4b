//! Turns results into JavaScript objects: `{ columns, rows, rowsAffected, lastInsertId, timeMs }`.

#![cfg(target_family = "wasm")]

use js_sys::{Array, BigInt, JSON, Object, Reflect};
use wasm_bindgen::prelude::*;

use crate::request::{Change, Metrics};
use crate::sql::{Outcome, Rows};

/// Up to 2⁵³ a row id becomes a number: every integer up to there is exact.
const SAFE_INTEGER: i64 = 1 << 53;

#[wasm_bindgen(module = "/src/client/rows.js")]
extern "C" {
    #[wasm_bindgen(js_name = decodeRows)]
    fn decode_rows(packed: &[u8]) -> Object;
}

/// `{ columns, rows }`, decoded in one pass.
pub fn rows_object(rows: &Rows) -> Object {
    decode_rows(rows.as_bytes())
}

/// The whole result. `time_ms` is how long the caller waited.
pub(super) fn query_result(outcome: &Outcome, time_ms: f64) -> Object {
    let result = rows_object(&outcome.rows);
    set(&result, "rowsAffected", &(outcome.changes as f64).into());
    set(&result, "lastInsertId", &last_insert_id(outcome));
    set(&result, "timeMs", &time_ms.into());
    result
}

/// The details of a commit for script: `{ tables, seq, latencyMs }`.
pub fn change_detail(change: &Change) -> Object {
    let detail = Object::new();
    let tables: Array = change.tables.iter().map(JsValue::from).collect();
    set(&detail, "tables", &tables);
    set(&detail, "seq", &(change.seq as f64).into());
    let latency_ms = change.latency_ms.map_or(JsValue::NULL, JsValue::from);
    set(&detail, "latencyMs", &latency_ms);
    detail
}

/// The metrics as JSON: an object of numbers, under the guide's names.
pub(super) fn metrics_json(metrics: &Metrics) -> String {
    let object = Object::new();
    for (key, value) in [
        ("leadership_changes", metrics.leadership_changes as f64),
        ("write_conflicts", metrics.write_conflicts as f64),
        ("follower_refreshes", metrics.follower_refreshes as f64),
        ("avg_notification_latency_ms", metrics.avg_notification_latency_ms),
        ("total_notifications", metrics.total_notifications as f64),
        ("start_timestamp", metrics.start_timestamp_ms),
    ] {
        set(&object, key, &value.into());
    }
    let json = JSON::stringify(&object).expect_throw("an object of numbers has no circle");
    json.into()
}

/// A number where that is exact, otherwise a `BigInt`.
pub fn last_insert_id(outcome: &Outcome) -> JsValue {
    let integer = outcome.last_row_id;
    if (-SAFE_INTEGER..=SAFE_INTEGER).contains(&integer) {
        (integer as f64).into()
    } else {
        BigInt::from(integer).into()
    }
}

/// Sets a property. Cannot fail on a plain object that was just made.
pub(super) fn set(object: &Object, key: &str, value: &JsValue) {
    let _ = Reflect::set(object, &key.into(), value);
}

#[cfg(test)]
mod tests {
    use js_sys::Uint8Array;
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;
    use crate::sql::{RowsBuilder, Value};

    fn row_of(columns: &[&str], cells: &[Value]) -> Object {
        let mut builder = RowsBuilder::new(columns.iter().copied());
        cells.iter().for_each(|cell| builder.value(cell));
        let decoded = rows_object(&builder.finish());
        let rows: Array = field(&decoded, "rows").unchecked_into();
        assert_eq!(rows.length(), 1);
        rows.get(0).unchecked_into()
    }

    fn field(object: &Object, key: &str) -> JsValue {
        Reflect::get(object, &key.into()).unwrap()
    }

    #[wasm_bindgen_test]
    fn every_value_becomes_the_javascript_value_that_equals_it() {
        let cells = [
            (Value::Null, JsValue::NULL),
            (Value::Integer(-7), (-7.0).into()),
            (Value::Integer((1 << 53) - 1), (((1_u64 << 53) - 1) as f64).into()),
            // The number 2⁵³ may be a rounded 2⁵³ + 1: JavaScript's safe integers end before it.
            (Value::Integer(1 << 53), BigInt::from(1_i64 << 53).into()),
            (Value::Integer((1 << 53) + 1), BigInt::from((1_i64 << 53) + 1).into()),
            (Value::Integer(i64::MIN), BigInt::from(i64::MIN).into()),
            (Value::Real(-0.0), (-0.0).into()),
            (Value::Real(0.5), 0.5.into()),
            (Value::Real(f64::NEG_INFINITY), f64::NEG_INFINITY.into()),
            (Value::from(""), "".into()),
            (Value::from("\u{feff}naïve 🦀\0 end"), "\u{feff}naïve 🦀\0 end".into()),
            (Value::from("after"), "after".into()),
        ];
        for count in 1..=cells.len() {
            // Every length, so that the sections of the packed bytes fall on every alignment.
            let names: Vec<String> = (0..count).map(|column| format!("c{column}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let values: Vec<Value> = cells[..count].iter().map(|(value, _)| value.clone()).collect();
            let row = row_of(&names, &values);
            for (name, (_, expected)) in names.iter().zip(&cells) {
                assert!(
                    Object::is(&field(&row, name), expected),
                    "{name} of {count}: {:?}",
                    field(&row, name)
                );
            }
        }
    }

    #[wasm_bindgen_test]
    fn a_blob_is_a_copy_of_its_own() {
        let cells = [
            Value::Blob(vec![]),
            Value::from("é"),
            Value::Blob(vec![0, 255]),
            Value::Blob(vec![7]),
        ];
        let row = row_of(&["a", "b", "c", "d"], &cells);
        let bytes = |key| field(&row, key).unchecked_into::<Uint8Array>();
        assert_eq!(
            [bytes("a").to_vec(), bytes("c").to_vec(), bytes("d").to_vec()],
            [vec![], vec![0, 255], vec![7]]
        );
        assert_eq!(bytes("c").buffer().byte_length(), 2, "not a view of something larger");
    }

    #[wasm_bindgen_test]
    fn no_name_of_a_column_reaches_a_prototype() {
        let names = ["__proto__", "constructor", "toString", "plain"];
        let row = row_of(&names, &[1, 2, 3, 4].map(Value::Integer));
        assert_eq!(Object::get_prototype_of(&row), Object::get_prototype_of(&Object::new()));
        assert_eq!(Object::keys(&row).join(","), names.join(","));
        assert_eq!(Object::values(&row).join(","), "1,2,3,4");
    }

    #[wasm_bindgen_test]
    fn of_two_columns_with_one_name_the_later_counts() {
        let row = row_of(&["a", "a"], &[1, 2].map(Value::Integer));
        assert_eq!(field(&row, "a"), 2);
    }

    #[wasm_bindgen_test]
    fn a_result_without_rows_keeps_its_columns() {
        let decoded = rows_object(&RowsBuilder::new(["a", "b"].into_iter()).finish());
        assert_eq!(field(&decoded, "columns").unchecked_into::<Array>().join(","), "a,b");
        assert_eq!(field(&decoded, "rows").unchecked_into::<Array>().length(), 0);
    }

    fn outcome_of(last_row_id: i64) -> Outcome {
        Outcome {
            rows: Rows::default(),
            changes: 3,
            last_row_id,
        }
    }

    #[wasm_bindgen_test]
    fn a_large_row_id_stays_exact() {
        let result = query_result(&outcome_of(i64::MAX), 1.5);
        assert_eq!(field(&result, "lastInsertId"), JsValue::from(BigInt::from(i64::MAX)));
        assert_eq!(field(&result, "rowsAffected"), 3);
        assert_eq!(field(&result, "timeMs"), 1.5);
    }

    #[wasm_bindgen_test]
    fn a_row_id_is_a_number_up_to_2_to_the_53() {
        for exact in [0, 1, 1 << 53, -(1 << 53)] {
            assert_eq!(last_insert_id(&outcome_of(exact)).as_f64(), Some(exact as f64));
        }
        for beyond in [(1 << 53) + 1, -(1 << 53) - 1] {
            assert_eq!(last_insert_id(&outcome_of(beyond)), JsValue::from(BigInt::from(beyond)));
        }
    }

    #[wasm_bindgen_test]
    fn metrics_are_json_under_the_names_of_the_guide() {
        let metrics = Metrics {
            enabled: true,
            leadership_changes: 2,
            write_conflicts: 1,
            follower_refreshes: 5,
            avg_notification_latency_ms: 14.25,
            total_notifications: 10,
            start_timestamp_ms: 1_696_377_600_000.0,
        };
        let expected = "{\"leadership_changes\":2,\"write_conflicts\":1,\"follower_refreshes\":5,\
                        \"avg_notification_latency_ms\":14.25,\"total_notifications\":10,\
                        \"start_timestamp\":1696377600000}";
        assert_eq!(metrics_json(&metrics), expected);
    }
}
