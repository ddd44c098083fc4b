//! One IndexedDB transaction over records by name.
//!
//! It is undone when dropped, unless [`Transaction::complete`] was called: whoever finds out half-way
//! that it may not write just returns. Requests are made when a method is called, not when its future is
//! polled; so reads go out together, and writes need not be awaited at all, the end tells about them.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{IdbCursorDirection, IdbCursorWithValue, IdbKeyRange, IdbObjectStore, IdbRequest, IdbTransaction};

use super::Durability;
use super::connection::Connection;
use super::error::{Moment, store_error};
use crate::storage::{BlockNo, Epoch, RecordName, Seq, StoreError};
use crate::web::indexeddb::{answer, begin, commit, end};

/// The object stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    Meta,
    Commits,
    Blocks,
}

pub(super) struct Transaction {
    raw: IdbTransaction,
    on_drop: OnDrop,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OnDrop {
    Abort,
    Nothing,
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
}

impl Transaction {
    /// Records to a batch: 16 MiB of default blocks.
    pub(super) const BATCH: u32 = 64;

    pub(super) fn read(connection: &Connection, tables: &[Table]) -> Result<Self, StoreError> {
        Self::begin(connection, tables, "readonly", Durability::default())
    }

    pub(super) fn write(connection: &Connection, tables: &[Table], durability: Durability) -> Result<Self, StoreError> {
        Self::begin(connection, tables, "readwrite", durability)
    }

    /// The bytes of a record, if it is there.
    pub(super) fn record(&self, name: RecordName) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + use<> {
        let asked = self.ask(name, |table, key| table.get(key));
        async move {
            let value = asked.await?;
            if value.is_undefined() {
                Ok(None)
            } else {
                bytes(name, value).map(|it| Some(it.to_vec()))
            }
        }
    }

    pub(super) fn contains(&self, name: RecordName) -> impl Future<Output = Result<bool, StoreError>> + use<> {
        let asked = self.ask(name, |table, key| table.get_key(key));
        async move { Ok(!asked.await?.is_undefined()) }
    }

    /// The last record of the log.
    pub(super) async fn last_commit(&self) -> Result<Option<(Seq, Vec<u8>)>, StoreError> {
        let cursor = self
            .table(Table::Commits)
            .and_then(|table| table.open_cursor_with_range_and_direction(&JsValue::NULL, IdbCursorDirection::Prev));
        let cursor = answer(cursor.map_err(asking)?).await.map_err(asking)?;
        if cursor.is_null() {
            return Ok(None);
        }
        let cursor: IdbCursorWithValue = cursor.unchecked_into();
        let seq = Seq(number(&cursor.key().map_err(asking)?));
        let record = bytes(RecordName::Commit(seq), cursor.value().map_err(asking)?)?;
        Ok(Some((seq, record.to_vec())))
    }

    /// The numbers of all records, in order.
    pub(super) async fn numbers(&self, table: Table) -> Result<Vec<u64>, StoreError> {
        let keys = self.table(table).and_then(|table| table.get_all_keys());
        let keys: Array = answer(keys.map_err(asking)?).await.map_err(asking)?.unchecked_into();
        Ok(keys.iter().map(|key| number(&key)).collect())
    }

    /// Up to [`Self::BATCH`] records in order of their numbers, beginning with number `from`.
    pub(super) fn batch(
        &self,
        table: Table,
        from: u64,
    ) -> impl Future<Output = Result<Vec<(u64, Uint8Array)>, StoreError>> + use<> {
        let asked = self.table(table).and_then(|table| {
            let range = IdbKeyRange::lower_bound(&(from as f64).into())?;
            let keys = table.get_all_keys_with_key_and_limit(&range, Self::BATCH)?;
            let values = table.get_all_with_key_and_limit(&range, Self::BATCH)?;
            Ok((answer(keys), answer(values)))
        });
        async move {
            let (keys, values) = asked.map_err(asking)?;
            let keys: Array = keys.await.map_err(asking)?.unchecked_into();
            let values: Array = values.await.map_err(asking)?.unchecked_into();
            let named = |(key, value)| {
                let number = number(&key);
                let name = match table {
                    Table::Blocks => RecordName::Block(BlockNo(number as u32)),
                    _ => RecordName::Commit(Seq(number)),
                };
                Ok((number, bytes(name, value)?))
            };
            keys.iter().zip(values.iter()).map(named).collect()
        }
    }

    /// Writes a record, over the old one if there is one.
    pub(super) fn put(&self, name: RecordName, record: &[u8]) -> Result<(), StoreError> {
        let value = Uint8Array::from(record);
        self.request(name, |table, key| table.put_with_key(&value, key))
            .map(drop)
            .map_err(asking)
    }

    /// Writes a new record. If it is there already the end will be [`StoreError::Fenced`].
    pub(super) fn add(&self, name: RecordName, record: &[u8]) -> Result<(), StoreError> {
        let value = Uint8Array::from(record);
        self.request(name, |table, key| table.add_with_key(&value, key))
            .map(drop)
            .map_err(asking)
    }

    /// Deletes all commits up to this one.
    pub(super) fn delete_commits_up_to(&self, last: Seq) -> Result<(), StoreError> {
        self.delete(Table::Commits, IdbKeyRange::upper_bound(&(last.0 as f64).into()))
    }

    /// Deletes all blocks from this one on.
    pub(super) fn delete_blocks_from(&self, first: BlockNo) -> Result<(), StoreError> {
        self.delete(Table::Blocks, IdbKeyRange::lower_bound(&first.0.into()))
    }

    /// Commits, and waits for the `complete` event.
    pub(super) async fn complete(mut self, epoch: Epoch) -> Result<(), StoreError> {
        let ended = end(self.raw.clone());
        self.on_drop = OnDrop::Nothing;
        // Without it the browser would first report on each request. It throws only if the transaction
        // has been aborted, and then the end says why.
        let _ = commit(&self.raw);
        ended
            .await
            .map_err(|thrown| store_error(Moment::Ending(epoch), &thrown))
    }

    fn begin(
        connection: &Connection,
        tables: &[Table],
        mode: &str,
        durability: Durability,
    ) -> Result<Self, StoreError> {
        let tables: Vec<&str> = tables.iter().map(|table| table.name()).collect();
        let durability = match durability {
            Durability::Relaxed => "relaxed",
            Durability::Strict => "strict",
        };
        let raw = begin(connection.database()?, &tables, mode, durability).map_err(asking)?;
        Ok(Transaction {
            raw,
            on_drop: OnDrop::Abort,
        })
    }

    fn table(&self, table: Table) -> Result<IdbObjectStore, JsValue> {
        self.raw.object_store(table.name())
    }

    fn request(
        &self,
        name: RecordName,
        make: impl FnOnce(&IdbObjectStore, &JsValue) -> Result<IdbRequest, JsValue>,
    ) -> Result<IdbRequest, JsValue> {
        let (table, key) = place(name);
        make(&self.table(table)?, &key)
    }

    fn ask<M>(&self, name: RecordName, make: M) -> impl Future<Output = Result<JsValue, StoreError>> + use<M>
    where
        M: FnOnce(&IdbObjectStore, &JsValue) -> Result<IdbRequest, JsValue>,
    {
        let asked = self.request(name, make).map(answer);
        async move { asked.map_err(asking)?.await.map_err(asking) }
    }

    fn delete(&self, table: Table, range: Result<IdbKeyRange, JsValue>) -> Result<(), StoreError> {
        let deleted = self.table(table).and_then(|table| table.delete(&range?.into()));
        deleted.map(drop).map_err(asking)
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if self.on_drop == OnDrop::Abort {
            // Throws if it has ended by itself, as a transaction does that only reads.
            let _ = self.raw.abort();
        }
    }
}

fn place(name: RecordName) -> (Table, JsValue) {
    match name {
        RecordName::Head => (Table::Meta, "head".into()),
        RecordName::Replies => (Table::Meta, "replies".into()),
        RecordName::Lease => (Table::Meta, "lease".into()),
        RecordName::Commit(seq) => (Table::Commits, (seq.0 as f64).into()),
        RecordName::Block(number) => (Table::Blocks, number.0.into()),
    }
}

fn bytes(name: RecordName, value: JsValue) -> Result<Uint8Array, StoreError> {
    value.dyn_into().map_err(|_| name.corrupt("it is not bytes"))
}

fn number(key: &JsValue) -> u64 {
    key.as_f64().unwrap_or_default() as u64
}

fn asking(thrown: JsValue) -> StoreError {
    store_error(Moment::Asking, &thrown)
}
