//! Rows as script sees them: an array of plain objects.

use js_sys::{Array, BigInt, Object, Reflect, Uint8Array};
use sqlite_elements::sql::{Rows, Value};
use wasm_bindgen::prelude::*;

/// The largest integer that a JavaScript number holds exactly, and so does its neighbour.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// One object per row. Own properties, whatever a column is called: `__proto__` is a name like any other.
pub(crate) fn objects(rows: &Rows) -> JsValue {
    let (columns, table) = rows.table();
    let columns: Vec<JsValue> = columns.iter().map(|column| JsValue::from(column.as_str())).collect();
    let object = |row: Vec<Value>| {
        let object = Object::new();
        for (column, value) in columns.iter().zip(&row) {
            let descriptor = Object::new();
            for (name, setting) in [("value", of(value)), ("writable", JsValue::TRUE)] {
                Reflect::set(&descriptor, &name.into(), &setting).expect_throw("a new object can be written");
            }
            for name in ["enumerable", "configurable"] {
                Reflect::set(&descriptor, &name.into(), &JsValue::TRUE).expect_throw("a new object can be written");
            }
            Object::define_property(&object, column, &descriptor);
        }
        JsValue::from(object)
    };
    table.into_iter().map(object).collect::<Array>().into()
}

/// An integer beyond what a number holds exactly is a `BigInt`, a blob a `Uint8Array`.
pub(crate) fn of(value: &Value) -> JsValue {
    match value {
        Value::Null => JsValue::NULL,
        Value::Integer(integer) => of_integer(*integer),
        Value::Real(real) => JsValue::from(*real),
        Value::Text(text) => JsValue::from(text.as_str()),
        Value::Blob(blob) => Uint8Array::from(blob.as_slice()).into(),
    }
}

pub(crate) fn of_integer(integer: i64) -> JsValue {
    if integer.unsigned_abs() <= MAX_SAFE_INTEGER {
        JsValue::from(integer as f64)
    } else {
        BigInt::from(integer).into()
    }
}
