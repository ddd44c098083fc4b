//! One IndexedDB transaction over records by name.
//!
//! It is undone when dropped, unless [`Transaction::complete`] was called: code that finds out half-way that it may not
//! write just returns. Requests are made when a method is called, not when its future is polled. So reads go out
//! together, and writes need not be awaited at all: the end of the transaction reports their errors.
//!
//! A reader calls [`Transaction::placed`] after its last request. Otherwise the transaction would last until this
//! thread hears of the results, and would keep all tabs from writing while the thread is busy.

use std::cell::RefCell;

use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    IdbCursorDirection, IdbCursorWithValue, IdbDatabase, IdbKeyRange, IdbObjectStore, IdbRequest, IdbTransaction,
};

use super::connection::StoreConnection;
use super::error::{Moment, store_error};
use super::table::{Table, bytes, piece_key, place};
use crate::storage::block_no::BlockNo;
use crate::storage::durability::Durability;
use crate::storage::position::{Epoch, Seq};
use crate::storage::record::RecordName;
use crate::storage::store_error::StoreError;
use crate::web::indexeddb::{answer, begin, commit, end};

pub(super) struct Transaction {
    raw: IdbTransaction,
    on_drop: OnDrop,
    /// The requests that write.
    writes: RefCell<Vec<IdbRequest>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OnDrop {
    Abort,
    Nothing,
}

impl Transaction {
    pub(super) fn read(connection: &StoreConnection, tables: &[Table]) -> Result<Self, StoreError> {
        Self::begin(connection, tables, "readonly", Durability::default())
    }

    pub(super) fn write(
        connection: &StoreConnection,
        tables: &[Table],
        durability: Durability,
    ) -> Result<Self, StoreError> {
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

    /// The newest commit of the log: its seq, and its first record.
    pub(super) async fn last_commit(&self) -> Result<Option<(Seq, Vec<u8>)>, StoreError> {
        let cursor = self.table(Table::Commits).and_then(|table| {
            // Numbers alone: arrays, the keys of further records, come after them.
            let numbers = IdbKeyRange::upper_bound(&f64::INFINITY.into())?;
            table.open_cursor_with_range_and_direction(&numbers, IdbCursorDirection::Prev)
        });
        let cursor = answer(cursor.map_err(asking)?).await.map_err(asking)?;
        if cursor.is_null() {
            return Ok(None);
        }
        let cursor: IdbCursorWithValue = cursor.unchecked_into();
        let (table, key) = (Table::Commits, cursor.key().map_err(asking)?);
        let seq = Seq(table.number(&key).ok_or_else(|| table.foreign(&key))?);
        let record = bytes(RecordName::Commit(seq), cursor.value().map_err(asking)?)?;
        Ok(Some((seq, record.to_vec())))
    }

    /// The keys of all records, from number `from` on.
    pub(super) fn keys(&self, table: Table, from: f64) -> impl Future<Output = Result<Array, StoreError>> + use<> {
        let asked = self.table(table).and_then(|table| {
            let range = IdbKeyRange::lower_bound(&from.into())?;
            Ok(answer(table.get_all_keys_with_key(&range)?))
        });
        async move { Ok(asked.map_err(asking)?.await.map_err(asking)?.unchecked_into()) }
    }

    /// The values of all records from one key to another, both included.
    pub(super) fn values(
        &self,
        table: Table,
        first: &JsValue,
        last: &JsValue,
    ) -> impl Future<Output = Result<Array, StoreError>> + use<> {
        let asked = self.table(table).and_then(|table| {
            let range = IdbKeyRange::bound(first, last)?;
            Ok(answer(table.get_all_with_key(&range)?))
        });
        async move { Ok(asked.map_err(asking)?.await.map_err(asking)?.unchecked_into()) }
    }

    /// Says that no request follows. The transaction ends when its requests are answered, even if this thread does not
    /// hear it.
    pub(super) fn placed(&mut self) {
        self.on_drop = OnDrop::Nothing;
        // Throws if the transaction was aborted, and then the requests say why.
        let _ = commit(&self.raw);
    }

    /// Writes a record, and replaces the old one if there is one.
    pub(super) fn put(&self, name: RecordName, record: &[u8]) -> Result<(), StoreError> {
        let value = Uint8Array::from(record);
        self.wrote(self.request(name, |table, key| table.put_with_key(&value, key)))
    }

    /// Writes a new record. If the record is there already, the transaction ends with [`StoreError::Fenced`].
    pub(super) fn add(&self, name: RecordName, record: &[u8]) -> Result<(), StoreError> {
        let value = Uint8Array::from(record);
        self.wrote(self.request(name, |table, key| table.add_with_key(&value, key)))
    }

    /// Waits until the browser has taken the last write, so that a large one lets go of its bytes. If it has not been
    /// taken, the transaction is undone, and its end says why.
    pub(super) async fn is_taken(&self) -> bool {
        let last = self.writes.borrow().last().cloned();
        match last.map(answer) {
            Some(answered) => answered.await.is_ok(),
            None => true,
        }
    }

    /// Deletes all commits up to this one, with their further records.
    pub(super) fn delete_commits_up_to(&self, last: Seq) -> Result<(), StoreError> {
        let number = JsValue::from(last.0 as f64);
        // Further records have keys of their own: arrays.
        let pieces = IdbKeyRange::bound(&Array::of1(&0.into()), &piece_key(last, f64::INFINITY));
        self.delete(Table::Commits, IdbKeyRange::upper_bound(&number))?;
        self.delete(Table::Commits, pieces)
    }

    /// Deletes all blocks from this one on.
    pub(super) fn delete_blocks_from(&self, first: BlockNo) -> Result<(), StoreError> {
        self.delete(Table::Blocks, IdbKeyRange::lower_bound(&first.0.into()))
    }

    /// Commits, and waits for the `complete` event. The transaction is done if it completed and its requests succeeded
    /// as well.
    pub(super) async fn complete(self, epoch: Epoch) -> Result<(), StoreError> {
        let database = self.raw.db();
        let done = self.end(epoch).await;
        if let Err(StoreError::Quota(_)) = done {
            recount(&database).await;
        }
        done
    }

    /// A browser may refuse a request of a transaction that is being committed, and complete the transaction all the
    /// same (Chromium does, for a value above 127 MiB). If there is one request, its error says so, and nothing was
    /// done. Of several requests, some would be done and some not. So the last of several is awaited before the commit,
    /// while a failed one still undoes all.
    async fn end(mut self, epoch: Epoch) -> Result<(), StoreError> {
        let ended = end(self.raw.clone());
        let writes = self.writes.take();
        self.on_drop = OnDrop::Nothing;
        let mut failed = writes.iter().any(|write| matches!(write.error(), Ok(Some(_))));
        if let [_, .., last] = writes.as_slice()
            && last.error().is_err()
        {
            // The last request has no answer yet. If one before it fails, so does the last.
            failed = answer(last.clone()).await.is_err();
        }
        // Without the explicit commit the browser would first report on each request. The call throws only if the
        // transaction was aborted, and then the end says why. If a request has failed, the commit would save the rest.
        if !failed {
            let _ = commit(&self.raw);
        }
        ended
            .await
            .map_err(|thrown| store_error(Moment::Ending(epoch), &thrown))?;
        writes.iter().try_for_each(|write| match write.error() {
            Ok(None) => Ok(()),
            Ok(Some(error)) => Err(store_error(Moment::Ending(epoch), &error)),
            // A request without an answer in a transaction that has ended: no browser does that.
            Err(thrown) => Err(StoreError::Failed(format!("{thrown:?}"))),
        })
    }

    fn begin(
        connection: &StoreConnection,
        tables: &[Table],
        mode: &str,
        durability: Durability,
    ) -> Result<Self, StoreError> {
        let tables: Vec<&str> = tables.iter().map(|table| table.name()).collect();
        let raw = begin(connection.database()?, &tables, mode, durability.name()).map_err(asking)?;
        Ok(Transaction {
            raw,
            on_drop: OnDrop::Abort,
            writes: RefCell::default(),
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
        self.wrote(self.table(table).and_then(|table| table.delete(&range?.into())))
    }

    fn wrote(&self, request: Result<IdbRequest, JsValue>) -> Result<(), StoreError> {
        let request = request.map_err(asking)?;
        self.writes.borrow_mut().push(request);
        Ok(())
    }
}

/// Makes the browser count again what this origin stores.
///
/// Chromium counts when a transaction has completed, and may do so while a large one is under way that it then refuses.
/// From then on it refuses small ones too, until one completes (seen for minutes; waiting, reading, or closing and
/// opening the database change nothing). A transaction that only deletes is never refused, and takes some milliseconds.
async fn recount(database: &IdbDatabase) {
    let meta = Table::Meta.name();
    let counted = begin(database, &[meta], "readwrite", "relaxed").and_then(|transaction| {
        let counted = end(transaction.clone());
        transaction.object_store(meta)?.delete(&"nothing".into())?;
        commit(&transaction)?;
        Ok(counted)
    });
    // Whether it succeeds or not, the caller has its answer already.
    if let Ok(counted) = counted {
        let _ = counted.await;
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if self.on_drop == OnDrop::Abort {
            // Throws if the transaction has ended by itself, as one does that only reads.
            let _ = self.raw.abort();
        }
    }
}

fn asking(thrown: JsValue) -> StoreError {
    store_error(Moment::Asking, &thrown)
}
