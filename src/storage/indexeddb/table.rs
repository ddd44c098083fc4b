//! The tables of the database: its object stores, and the key of each record.
//!
//! A key that no version of the library writes (another type, a fraction, a number too large to be exact) is damage.
//! The error shows it.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use crate::storage::block_no::BlockNo;
use crate::storage::position::Seq;
use crate::storage::record::RecordName;
use crate::storage::store_error::StoreError;

/// An object store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    Meta,
    Commits,
    Blocks,
}

impl Table {
    pub(super) const ALL: [Table; 3] = [Table::Meta, Table::Commits, Table::Blocks];

    pub(super) fn name(self) -> &'static str {
        match self {
            Table::Meta => "meta",
            Table::Commits => "commits",
            Table::Blocks => "blocks",
        }
    }

    /// The record with this number.
    pub(super) fn record(self, number: u64) -> RecordName {
        match self {
            Table::Blocks => RecordName::Block(BlockNo(number as u32)),
            Table::Meta | Table::Commits => RecordName::Commit(Seq(number)),
        }
    }

    /// The number in a key, if this table can have such a key.
    pub(super) fn number(self, key: &JsValue) -> Option<u64> {
        let number = key.as_f64().filter(|number| *number >= 0.0 && number.fract() == 0.0)?;
        match self {
            Table::Blocks => BlockNo::stored(number as u64).map(|block| u64::from(block.0)),
            Table::Meta | Table::Commits => Seq::stored(number as u64).map(|seq| seq.0),
        }
    }

    /// The error about a key that is not the library's.
    pub(super) fn foreign(self, key: &JsValue) -> StoreError {
        let said = match (key.as_f64(), key.as_string()) {
            (Some(number), _) => number.to_string(),
            (_, Some(text)) => format!("\"{}\"", text.chars().take(40).collect::<String>()),
            _ => "of another type".into(),
        };
        StoreError::Corrupt {
            record: format!("{} key {said}", self.name()),
            reason: "no version of sqlite-elements writes it".into(),
        }
    }
}

/// The table and the key of a record.
pub(super) fn place(name: RecordName) -> (Table, JsValue) {
    match name {
        RecordName::Head => (Table::Meta, "head".into()),
        RecordName::Replies => (Table::Meta, "replies".into()),
        RecordName::Lease => (Table::Meta, "lease".into()),
        RecordName::Commit(seq) => (Table::Commits, (seq.0 as f64).into()),
        RecordName::Piece(seq, index) => (Table::Commits, piece_key(seq, f64::from(index))),
        RecordName::Block(number) => (Table::Blocks, number.0.into()),
    }
}

/// The key of a further record of a commit. IndexedDB sorts arrays after all numbers.
pub(super) fn piece_key(seq: Seq, index: f64) -> JsValue {
    Array::of2(&(seq.0 as f64).into(), &index.into()).into()
}

/// The seq and the index in a key, if it is that of a further record of a commit.
pub(super) fn piece(key: &JsValue) -> Option<(u64, u32)> {
    let parts: &Array = key.dyn_ref()?;
    let seq = Table::Commits.number(&parts.get(0))?;
    let index = parts
        .get(1)
        .as_f64()
        .filter(|index| *index >= 1.0 && index.fract() == 0.0)?;
    (parts.length() == 2 && index <= f64::from(u32::MAX)).then_some((seq, index as u32))
}

/// The bytes of a record. Fails if its value is anything else.
pub(super) fn bytes(name: RecordName, value: JsValue) -> Result<Uint8Array, StoreError> {
    value.dyn_into().map_err(|_| name.corrupt("it is not bytes"))
}
