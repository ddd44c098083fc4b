//! The store itself: each operation of [`Store`] as one transaction.
//!
//! An append reads the head and looks for the commit before its own in one go, then adds its record and commits in
//! another. Adding at once, without waiting for the head, and aborting from the callback of the read was measured and
//! refused: it takes as long (Chromium, one page, relaxed: 0.8 ms both), and a caller that stopped listening would take
//! the fence down with it. Without the explicit commit an append takes 1.1 ms; without any check, 0.5 ms.

use js_sys::Uint8Array;

use super::connection::StoreConnection;
use super::keys::Keys;
use super::table::Table;
use super::transaction::Transaction;
use crate::storage::block_no::BlockNo;
use crate::storage::checkpoint::{Checkpoint, FoldedBlocks};
use crate::storage::commit::Commit;
use crate::storage::durability::Durability;
use crate::storage::head::{Head, Layout};
use crate::storage::lease::{Lease, LeaseStep};
use crate::storage::piece::pieces;
use crate::storage::position::{Epoch, Seq};
use crate::storage::record::RecordName;
use crate::storage::salvage::{Salvage, Salvaging};
use crate::storage::snapshot::{Assembly, Snapshot, following, newest};
use crate::storage::store::{CatchUp, Store};
use crate::storage::store_error::StoreError;

/// One tab's access to a database.
pub struct IndexedDbStore {
    connection: StoreConnection,
    durability: Durability,
}

impl IndexedDbStore {
    /// Opens the database with this name in the page's origin, or creates it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where there is no IndexedDB or the page may not use it,
    /// [`StoreError::Layout`] if a newer version of the library has been here.
    pub async fn open(name: &str, durability: Durability) -> Result<Self, StoreError> {
        let connection = StoreConnection::open(name).await?;
        Ok(IndexedDbStore { connection, durability })
    }

    /// Deletes the database. Stores that have it open close it, and fail with [`StoreError::Gone`] from then on. The
    /// deletion takes as long as the slowest of them (a frozen tab closes when it is resumed).
    ///
    /// # Errors
    /// As for [`IndexedDbStore::open`].
    pub async fn delete(name: &str) -> Result<(), StoreError> {
        StoreConnection::delete(name).await
    }

    /// Calls `tell` with [`StoreError::Gone`] as soon as the database is deleted, evicted, or cut off.
    pub fn on_lost(&self, tell: impl FnOnce(StoreError) + 'static) {
        self.connection.on_lost(tell);
    }

    fn read(&self, tables: &[Table]) -> Result<Transaction, StoreError> {
        Transaction::read(&self.connection, tables)
    }

    /// A record that has to be there, read in a transaction of its own: a failed read aborts the transaction that it is
    /// in.
    async fn present(&self, table: Table, name: RecordName) -> Result<Vec<u8>, StoreError> {
        self.alone(table, name).await?.ok_or_else(|| name.missing())
    }

    async fn alone(&self, table: Table, name: RecordName) -> Result<Option<Vec<u8>>, StoreError> {
        let mut transaction = self.read(&[table])?;
        let record = transaction.record(name);
        transaction.placed();
        record.await
    }

    /// The library's own keys in a table. `salvaging` is told of the others.
    async fn keys(&self, table: Table, salvaging: &mut Salvaging) -> Result<Keys, StoreError> {
        let mut transaction = self.read(&[table])?;
        let found = transaction.keys(table, f64::NEG_INFINITY);
        transaction.placed();
        let mut keys = Keys::default();
        for key in found.await?.iter() {
            if let Err(error) = keys.take(table, &key) {
                salvaging.foreign(&error);
            }
        }
        Ok(keys)
    }

    async fn append_once(&self, commit: &Commit) -> Result<(), StoreError> {
        let transaction = self.write(&[Table::Meta, Table::Commits])?;
        let head = transaction.record(RecordName::Head);
        let before = RecordName::Commit(commit.before.seq);
        let follows = transaction.contains(before);
        // The first record is encoded while the browser reads.
        let mut records = pieces(commit);
        let first = records.next();
        let layout = Layout::admitting(head.await?.as_deref(), commit.epoch)?;
        // The right epoch is not enough: the commit must also be the next one.
        if commit.seq() <= layout.checkpoint.seq {
            return Err(StoreError::Fenced { stored: layout.epoch });
        }
        if !follows.await? && commit.before.seq != layout.checkpoint.seq {
            return Err(before.missing());
        }
        // `add`, not `put`: if this seq is stored already, the transaction fails as fenced.
        if let Some(first) = first {
            transaction.add(RecordName::Commit(commit.seq()), &first)?;
        }
        for (record, index) in records.zip(1..) {
            if !transaction.is_taken().await {
                break;
            }
            transaction.add(RecordName::Piece(commit.seq(), index), &record)?;
        }
        transaction.complete(layout.epoch).await
    }

    fn write(&self, tables: &[Table]) -> Result<Transaction, StoreError> {
        Transaction::write(&self.connection, tables, self.durability)
    }
}

impl Store for IndexedDbStore {
    async fn load(&self) -> Result<Snapshot, StoreError> {
        let mut transaction = self.read(&Table::ALL)?;
        let head = transaction.record(RecordName::Head);
        let replies = transaction.record(RecordName::Replies);
        let blocks = transaction.keys(Table::Blocks, f64::NEG_INFINITY);
        let commits = transaction.keys(Table::Commits, f64::NEG_INFINITY);
        let mut assembly = Assembly::new(head.await?.as_deref())?;
        assembly.replies(replies.await?.as_deref())?;
        let blocks = Keys::of(Table::Blocks, &blocks.await?)?;
        let commits = Keys::of(Table::Commits, &commits.await?)?;
        let blocks = blocks.batches(Table::Blocks).map(|keys| (Table::Blocks, keys));
        let commits = commits.batches(Table::Commits).map(|keys| (Table::Commits, keys));
        let mut batches = blocks.chain(commits).peekable();
        while let Some((table, keys)) = batches.next() {
            let values = keys.values(&transaction, table);
            // This was the last request, so the transaction may end by itself.
            if batches.peek().is_none() {
                transaction.placed();
            }
            for (number, records) in values.await? {
                let mut records = records.iter().map(Uint8Array::to_vec);
                match table {
                    Table::Blocks => {
                        let number = BlockNo(number as u32);
                        let record = records.next().ok_or_else(|| RecordName::Block(number).missing())?;
                        assembly.block(number, &record)?;
                    }
                    Table::Meta | Table::Commits => assembly.commit(records)?,
                }
            }
        }
        assembly.finish()
    }

    async fn raise_epoch(&self) -> Result<Head, StoreError> {
        let transaction = self.write(&[Table::Meta, Table::Commits])?;
        let record = transaction.record(RecordName::Head);
        let last = transaction.last_commit().await?;
        let layout = Layout::stored(record.await?.as_deref())?.raised();
        let head = newest(&layout, last.as_ref().map(|(seq, record)| (*seq, record.as_slice())))?;
        transaction.put(RecordName::Head, &layout.encode())?;
        transaction.complete(layout.epoch).await?;
        Ok(head)
    }

    /// Tries twice if the browser says that there is no room: it may have counted wrongly, and has counted again since.
    async fn append(&self, commit: &Commit) -> Result<(), StoreError> {
        commit.fits()?;
        match self.append_once(commit).await {
            Err(StoreError::Quota(_)) => self.append_once(commit).await,
            done => done,
        }
    }

    async fn commits_after(&self, seq: Seq) -> Result<CatchUp, StoreError> {
        let mut transaction = self.read(&[Table::Meta, Table::Commits])?;
        let head = transaction.record(RecordName::Head);
        let known = transaction.contains(RecordName::Commit(seq));
        let keys = transaction.keys(Table::Commits, seq.next().0 as f64);
        let layout = Layout::stored(head.await?.as_deref())?;
        if !known.await? && seq != layout.checkpoint.seq {
            return Ok(CatchUp::Reload);
        }
        let keys = Keys::of(Table::Commits, &keys.await?)?.after(seq);
        let mut commits: Vec<Commit> = Vec::new();
        let mut batches = keys.batches(Table::Commits).peekable();
        while let Some(keys) = batches.next() {
            let values = keys.values(&transaction, Table::Commits);
            if batches.peek().is_none() {
                transaction.placed();
            }
            for (_, records) in values.await? {
                let last = commits.last().map_or(seq, Commit::seq);
                commits.push(following(last, records.iter().map(Uint8Array::to_vec))?);
            }
        }
        Ok(CatchUp::Commits(commits))
    }

    async fn write_blocks(&self, epoch: Epoch, folded: &FoldedBlocks) -> Result<(), StoreError> {
        let transaction = self.write(&Table::ALL)?;
        let head = transaction.record(RecordName::Head);
        let newest = RecordName::Commit(folded.newest);
        let known = transaction.contains(newest);
        let layout = Layout::admitting(head.await?.as_deref(), epoch)?;
        if !known.await? && folded.newest != layout.checkpoint.seq {
            return Err(newest.missing());
        }
        for block in &folded.blocks {
            transaction.put(RecordName::Block(block.number), &block.encode())?;
        }
        transaction.complete(epoch).await
    }

    async fn finish_checkpoint(&self, epoch: Epoch, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        let transaction = self.write(&Table::ALL)?;
        let newest = RecordName::Commit(checkpoint.position.seq);
        let head = transaction.record(RecordName::Head);
        let known = transaction.contains(newest);
        let layout = Layout::admitting(head.await?.as_deref(), epoch)?;
        let known = known.await?;
        let Some(layout) = layout.moved_to(checkpoint) else {
            return Ok(());
        };
        if !known {
            return Err(newest.missing());
        }
        transaction.put(RecordName::Head, &layout.encode())?;
        transaction.put(RecordName::Replies, &checkpoint.replies.encode())?;
        transaction.delete_commits_up_to(checkpoint.position.seq)?;
        transaction.delete_blocks_from(BlockNo(BlockNo::count(checkpoint.page_count)))?;
        transaction.complete(epoch).await
    }

    async fn salvage(&self) -> Result<Salvage, StoreError> {
        let mut salvaging = Salvaging::default();
        salvaging.head(self.alone(Table::Meta, RecordName::Head).await);
        for number in self.keys(Table::Blocks, &mut salvaging).await?.numbers {
            let number = BlockNo(number as u32);
            salvaging.block(number, self.present(Table::Blocks, RecordName::Block(number)).await);
        }
        let commits = self.keys(Table::Commits, &mut salvaging).await?;
        for (seq, names) in commits.commits() {
            let mut records = Vec::new();
            for name in names {
                records.push(self.present(Table::Commits, name).await);
            }
            salvaging.commit(seq, records);
        }
        Ok(salvaging.finish())
    }

    async fn lease(&self, step: &LeaseStep) -> Result<Lease, StoreError> {
        let transaction = Transaction::write(&self.connection, &[Table::Meta], Durability::Relaxed)?;
        let record = match transaction.record(RecordName::Lease).await {
            // A value that is not bytes counts as a damaged record.
            Err(StoreError::Corrupt { .. }) => None,
            record => record?,
        };
        let stored = Lease::stored(record.as_deref())?;
        let lease = stored.clone().after(step);
        if lease != stored {
            transaction.put(RecordName::Lease, &lease.encode())?;
            // The epoch is for a failed `add`, and there is none here.
            transaction.complete(Epoch::default()).await?;
        }
        Ok(lease)
    }
}
