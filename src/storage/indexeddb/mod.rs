//! The store in IndexedDB: one database for each SQLite database, in any window or worker of the origin.
//!
//! | object store | key | value |
//! |---|---|---|
//! | `meta` | `"head"` | who may append, where the checkpoint stands (`head`) |
//! | `meta` | `"replies"` | answers to requests, as of the checkpoint (`reply`) |
//! | `meta` | `"lease"` | who leads and who waits, where there are no Web Locks (`lease`) |
//! | `commits` | seq | a commit (`commit`) |
//! | `blocks` | number | 64 pages of the checkpoint (`block`) |
//!
//! All values are `Uint8Array`s of one record each; what they mean is decided in `storage`, here only how
//! they are read and written. Every operation is one transaction that begins by reading the head; one
//! that writes checks the epoch in it and is kept or undone as a whole.
//!
//! An append reads the head and looks for the commit before its own in one go, and adds its record and
//! commits in another. Adding at once, without waiting for the head, and aborting from the callback of
//! the read was measured and refused: it takes as long (Chromium, one page, relaxed: 0.8 ms both), and a
//! caller that stopped listening would take the fence down with it. Without the explicit commit the same
//! takes 1.1 ms; an append without any check, 0.5 ms.

mod connection;
mod error;
mod transaction;

use self::connection::Connection;
use self::transaction::{Table, Transaction};
use super::salvage::Salvaging;
use super::snapshot::{Assembly, following, newest};
use super::{
    Block, BlockNo, CatchUp, Checkpoint, Commit, Epoch, Head, Layout, Lease, LeaseStep, RecordName, Salvage, Seq,
    Snapshot, Store, StoreError,
};

/// What an acknowledged append survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// A crash of the tab and of the browser: the operating system has the bytes.
    #[default]
    Relaxed,
    /// A power cut too: the disk has them.
    Strict,
}

/// One tab's access to a database.
pub struct IndexedDbStore {
    connection: Connection,
    durability: Durability,
}

impl IndexedDbStore {
    /// Opens the database of this name in the page's origin, or creates it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where there is no IndexedDB or the page may not use it,
    /// [`StoreError::Layout`] if a newer version of the library has been here.
    pub async fn open(name: &str, durability: Durability) -> Result<Self, StoreError> {
        let connection = Connection::open(name).await?;
        Ok(IndexedDbStore { connection, durability })
    }

    /// Deletes the database. Stores that have it open let go of it and answer [`StoreError::Gone`] from
    /// then on; it takes as long as the slowest of them (a frozen tab closes when it is resumed).
    ///
    /// # Errors
    /// As for [`IndexedDbStore::open`].
    pub async fn delete(name: &str) -> Result<(), StoreError> {
        Connection::delete(name).await
    }

    /// Has `tell` called with [`StoreError::Gone`] as soon as the database is deleted, evicted, or cut off.
    pub fn on_lost(&self, tell: impl FnOnce(StoreError) + 'static) {
        self.connection.on_lost(tell);
    }

    fn read(&self, tables: &[Table]) -> Result<Transaction, StoreError> {
        Transaction::read(&self.connection, tables)
    }

    /// A record that has to be there.
    async fn present(&self, table: Table, name: RecordName) -> Result<Vec<u8>, StoreError> {
        let record = self.read(&[table])?.record(name).await?;
        record.ok_or_else(|| name.missing())
    }

    fn write(&self, tables: &[Table]) -> Result<Transaction, StoreError> {
        Transaction::write(&self.connection, tables, self.durability)
    }
}

impl Store for IndexedDbStore {
    async fn load(&self) -> Result<Snapshot, StoreError> {
        let transaction = self.read(&Table::ALL)?;
        let head = transaction.record(RecordName::Head);
        let replies = transaction.record(RecordName::Replies);
        let mut assembly = Assembly::new(head.await?.as_deref())?;
        assembly.replies(replies.await?.as_deref())?;
        let mut blocks = Batches::new(&transaction, Table::Blocks, 0);
        while let Some(batch) = blocks.next().await? {
            for (number, record) in batch {
                assembly.block(BlockNo(number as u32), &record.to_vec())?;
            }
        }
        let mut commits = Batches::new(&transaction, Table::Commits, 0);
        while let Some(batch) = commits.next().await? {
            for (_, record) in batch {
                assembly.commit(&record.to_vec())?;
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

    async fn append(&self, commit: &Commit) -> Result<(), StoreError> {
        let record = commit.encode();
        let transaction = self.write(&[Table::Meta, Table::Commits])?;
        let head = transaction.record(RecordName::Head);
        let before = RecordName::Commit(commit.before.seq);
        let follows = transaction.contains(before);
        let layout = Layout::admitting(head.await?.as_deref(), commit.epoch)?;
        if commit.seq() <= layout.checkpoint.seq {
            return Err(StoreError::Fenced { stored: layout.epoch });
        }
        if !follows.await? && commit.before.seq != layout.checkpoint.seq {
            return Err(before.missing());
        }
        transaction.add(RecordName::Commit(commit.seq()), &record)?;
        transaction.complete(layout.epoch).await
    }

    async fn commits_after(&self, seq: Seq) -> Result<CatchUp, StoreError> {
        let transaction = self.read(&[Table::Meta, Table::Commits])?;
        let head = transaction.record(RecordName::Head);
        let known = transaction.contains(RecordName::Commit(seq));
        let layout = Layout::stored(head.await?.as_deref())?;
        if !known.await? && seq != layout.checkpoint.seq {
            return Ok(CatchUp::Reload);
        }
        let mut commits: Vec<Commit> = Vec::new();
        let mut younger = Batches::new(&transaction, Table::Commits, seq.next().0);
        while let Some(batch) = younger.next().await? {
            for (_, record) in batch {
                let last = commits.last().map_or(seq, Commit::seq);
                commits.push(following(last, &record.to_vec())?);
            }
        }
        Ok(CatchUp::Commits(commits))
    }

    async fn write_blocks(&self, epoch: Epoch, blocks: &[Block]) -> Result<(), StoreError> {
        let transaction = self.write(&[Table::Meta, Table::Blocks])?;
        let head = transaction.record(RecordName::Head).await?;
        Layout::admitting(head.as_deref(), epoch)?;
        for block in blocks {
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

    /// Each record in a transaction of its own: a failed read aborts the one that it is in.
    async fn salvage(&self) -> Result<Salvage, StoreError> {
        let mut salvaging = Salvaging::default();
        salvaging.head(self.read(&[Table::Meta])?.record(RecordName::Head).await);
        for number in self.read(&[Table::Blocks])?.numbers(Table::Blocks).await? {
            let number = BlockNo(u32::try_from(number).unwrap_or(u32::MAX));
            salvaging.block(number, self.present(Table::Blocks, RecordName::Block(number)).await);
        }
        for seq in self.read(&[Table::Commits])?.numbers(Table::Commits).await? {
            let record = self.present(Table::Commits, RecordName::Commit(Seq(seq))).await;
            salvaging.commit(Seq(seq), record);
        }
        Ok(salvaging.finish())
    }

    async fn lease(&self, step: &LeaseStep) -> Result<Lease, StoreError> {
        let transaction = Transaction::write(&self.connection, &[Table::Meta], Durability::Relaxed)?;
        let stored = Lease::stored(transaction.record(RecordName::Lease).await?.as_deref())?;
        let lease = stored.clone().after(step);
        if lease != stored {
            transaction.put(RecordName::Lease, &lease.encode())?;
            transaction.complete(Epoch::default()).await?;
        }
        Ok(lease)
    }
}

/// The records of an object store, some at a time, so that the browser's copy of a large database and
/// ours are never both whole in memory.
struct Batches<'t> {
    transaction: &'t Transaction,
    table: Table,
    /// Where the next batch begins; none after the last.
    from: Option<u64>,
}

impl<'t> Batches<'t> {
    fn new(transaction: &'t Transaction, table: Table, from: u64) -> Self {
        Batches {
            transaction,
            table,
            from: Some(from),
        }
    }

    async fn next(&mut self) -> Result<Option<Vec<(u64, js_sys::Uint8Array)>>, StoreError> {
        let Some(from) = self.from else { return Ok(None) };
        let batch = self.transaction.batch(self.table, from).await?;
        let full = batch.len() == Transaction::BATCH as usize;
        self.from = batch.last().filter(|_| full).map(|(number, _)| number + 1);
        Ok(Some(batch))
    }
}
