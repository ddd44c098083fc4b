//! One SQL value, in SQLite's five storage classes (<https://sqlite.org/datatype3.html>, 2).
//!
//! Integers keep all 64 bits here. Only the client, at the boundary to JavaScript, decides between number and `BigInt`.

use serde::{Deserialize, Serialize};

/// One SQL value. Equality is by bits, so that "has this cell changed?" has one answer for NaN too.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Value {
    /// SQL's NULL, here equal to itself.
    Null,
    /// All 64 bits, signed.
    Integer(i64),
    /// A NaN becomes NULL when SQLite binds it.
    Real(f64),
    /// UTF-8, whatever the encoding of the database.
    Text(String),
    /// Serialised as one run of bytes: element by element, serde takes twenty times as long.
    Blob(#[serde(with = "serde_bytes")] Vec<u8>),
}

impl Value {
    /// Size in bytes. Every number, and NULL, counts 8.
    pub fn weight(&self) -> usize {
        match self {
            Value::Null | Value::Integer(_) | Value::Real(_) => 8,
            Value::Text(text) => text.len(),
            Value::Blob(blob) => blob.len(),
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Integer(a), Value::Integer(b)) => a == b,
            (Value::Real(a), Value::Real(b)) => a.to_bits() == b.to_bits(),
            (Value::Text(a), Value::Text(b)) => a == b,
            (Value::Blob(a), Value::Blob(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Value {}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned())
    }
}

impl From<i64> for Value {
    fn from(integer: i64) -> Self {
        Value::Integer(integer)
    }
}
