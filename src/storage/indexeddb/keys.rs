//! The keys in a table: which records it holds, and which keys are not the library's.
//!
//! The store reads keys before it reads values. So it knows how many records there are, reads a bounded number at a
//! time, and ends its transaction with the last request.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsValue;

use super::table::{Table, bytes, piece, piece_key};
use super::transaction::Transaction;
use crate::storage::position::Seq;
use crate::storage::record::RecordName;
use crate::storage::store_error::StoreError;

/// The keys of a table, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys {
    pub(super) numbers: Vec<u64>,
    /// Further records of large commits: seq and index.
    pieces: Vec<(u64, u32)>,
}

/// Some records in order: each with its number, and its bytes in as many pieces as there are.
pub(super) type Batch = Vec<(u64, Vec<Uint8Array>)>;

impl Keys {
    /// Reads all these keys. Fails at the first that is not the library's.
    pub(super) fn of(table: Table, keys: &Array) -> Result<Self, StoreError> {
        let mut found = Keys::default();
        keys.iter().try_for_each(|key| found.take(table, &key))?;
        Ok(found)
    }

    /// Adds one key. Fails if it is not the library's.
    pub(super) fn take(&mut self, table: Table, key: &JsValue) -> Result<(), StoreError> {
        if let Some(number) = table.number(key) {
            self.numbers.push(number);
        } else if table == Table::Commits
            && let Some(piece) = piece(key)
        {
            self.pieces.push(piece);
        } else {
            return Err(table.foreign(key));
        }
        Ok(())
    }

    /// Leaves out the commits up to this one.
    pub(super) fn after(mut self, seq: Seq) -> Self {
        self.numbers.retain(|number| *number > seq.0);
        self.pieces.retain(|(number, _)| *number > seq.0);
        self
    }

    /// The keys in portions, so that the browser's copy of a large database and ours are never both whole in memory.
    pub(super) fn batches(&self, table: Table) -> impl Iterator<Item = Keys> + '_ {
        // 16 MiB of default blocks. A commit may be much larger than a block.
        let length = if table == Table::Blocks { 64 } else { 16 };
        self.numbers.chunks(length).map(|numbers| Keys {
            numbers: numbers.to_vec(),
            pieces: self
                .pieces
                .iter()
                .copied()
                .filter(|(number, _)| numbers.contains(number))
                .collect(),
        })
    }

    /// Each commit, with the names of its records.
    pub(super) fn commits(&self) -> impl Iterator<Item = (Seq, Vec<RecordName>)> + '_ {
        self.numbers.iter().map(|number| {
            let seq = Seq(*number);
            let further = self.pieces.iter().filter(|(commit, _)| commit == number);
            let further = further.map(|(_, index)| RecordName::Piece(seq, *index));
            (seq, std::iter::once(RecordName::Commit(seq)).chain(further).collect())
        })
    }

    /// Asks for the records of these keys, at once and not when the future is polled.
    pub(super) fn values(
        self,
        transaction: &Transaction,
        table: Table,
    ) -> impl Future<Output = Result<Batch, StoreError>> + use<> {
        let from_to = |first: JsValue, last: JsValue| transaction.values(table, &first, &last);
        let key = |number: u64| JsValue::from(number as f64);
        // Within this transaction, the range from the first key to the last holds these keys and no others.
        let whole = self.numbers.first().zip(self.numbers.last());
        let whole = whole.map(|(first, last)| from_to(key(*first), key(*last)));
        let piece = |(number, index): (u64, u32)| piece_key(Seq(number), f64::from(index));
        let further = self.pieces.first().zip(self.pieces.last());
        let further = further.map(|(first, last)| from_to(piece(*first), piece(*last)));
        async move {
            let mut batch = Batch::new();
            if let Some(whole) = whole {
                for (number, value) in self.numbers.iter().zip(whole.await?.iter()) {
                    batch.push((*number, vec![bytes(table.record(*number), value)?]));
                }
            }
            if let Some(further) = further {
                for ((number, index), value) in self.pieces.iter().zip(further.await?.iter()) {
                    let value = bytes(RecordName::Piece(Seq(*number), *index), value)?;
                    let commit = batch.iter_mut().find(|(commit, _)| commit == number);
                    if let Some((_, pieces)) = commit {
                        pieces.push(value);
                    }
                }
            }
            Ok(batch)
        }
    }
}
