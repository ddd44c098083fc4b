//! A store in memory: the twin of the one in IndexedDB, for tests and for the simulated browser.
//!
//! A [`Disk`] holds the records of one database, encoded as IndexedDB would hold them, so that reading
//! them back is tested too. Each tab opens a [`MemoryStore`] of its own on it. Every operation is done
//! when its future is first polled.
//!
//! A disk can be told to fail ([`Disk::fail`]) before or after the next operation of a kind, to lose
//! everything ([`Disk::evict`]), or to damage one record ([`Disk::flip_byte`]). There is no fault in the
//! middle of an operation because a transaction has no middle.

use std::cell::{RefCell, RefMut};
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::sabotage::{self, Sabotage};

use super::salvage::Salvaging;
use super::snapshot::{Assembly, following, newest};
use super::{
    Block, BlockNo, CatchUp, Checkpoint, Commit, Epoch, Head, Layout, Lease, LeaseStep, RecordName, Salvage, Seq,
    Snapshot, Store, StoreError,
};

/// What outlives the tabs. Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    contents: Rc<RefCell<Contents>>,
}

/// One tab's access to a disk.
#[derive(Clone, Debug)]
pub struct MemoryStore {
    disk: Disk,
    /// Of the disk when this tab opened it; evictions counted since then are fatal to it.
    evictions: u32,
}

/// The methods of [`Store`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Load,
    RaiseEpoch,
    Append,
    CommitsAfter,
    WriteBlocks,
    FinishCheckpoint,
    Lease,
}

/// Where the next operation of a kind fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultPoint {
    /// Nothing is done; the caller is told the error.
    Before(Operation),
    /// All is done, but the caller is told the error: as when a tab dies, or its connection is cut,
    /// between the commit of a transaction and the news of it.
    After(Operation),
}

#[derive(Debug, Default)]
struct Contents {
    head: Option<Vec<u8>>,
    replies: Option<Vec<u8>>,
    lease: Option<Vec<u8>>,
    commits: BTreeMap<Seq, Vec<u8>>,
    blocks: BTreeMap<BlockNo, Vec<u8>>,
    faults: Vec<(FaultPoint, StoreError)>,
    evictions: u32,
}

impl Disk {
    /// Another tab opens the database.
    pub fn open(&self) -> MemoryStore {
        MemoryStore {
            disk: self.clone(),
            evictions: self.contents.borrow().evictions,
        }
    }

    /// Lets the next operation fail there. Several faults at one point happen one after the other.
    pub fn fail(&self, at: FaultPoint, error: StoreError) {
        self.contents.borrow_mut().faults.push((at, error));
    }

    /// Removes everything, as a browser does that runs out of space: open stores answer
    /// [`StoreError::Gone`] from now on, stores opened later find an empty database.
    pub fn evict(&self) {
        let mut contents = self.contents.borrow_mut();
        *contents = Contents {
            evictions: contents.evictions + 1,
            ..Contents::default()
        };
    }

    /// Alters one byte of a record. False if there is no such byte.
    #[must_use]
    pub fn flip_byte(&self, record: RecordName, at: usize) -> bool {
        let mut contents = self.contents.borrow_mut();
        let bytes = match record {
            RecordName::Head => contents.head.as_mut(),
            RecordName::Replies => contents.replies.as_mut(),
            RecordName::Lease => contents.lease.as_mut(),
            RecordName::Commit(seq) => contents.commits.get_mut(&seq),
            RecordName::Block(number) => contents.blocks.get_mut(&number),
        };
        let byte = bytes.and_then(|bytes| bytes.get_mut(at));
        byte.map(|byte| *byte ^= 0x10).is_some()
    }
}

impl MemoryStore {
    fn contents(&self) -> Result<RefMut<'_, Contents>, StoreError> {
        let contents = self.disk.contents.borrow_mut();
        if contents.evictions != self.evictions {
            return Err(StoreError::Gone("it was evicted".into()));
        }
        Ok(contents)
    }

    fn perform<T>(
        &self,
        operation: Operation,
        transaction: impl FnOnce(&mut Contents) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut contents = self.contents()?;
        contents.fault(FaultPoint::Before(operation))?;
        let done = transaction(&mut contents)?;
        contents.fault(FaultPoint::After(operation))?;
        Ok(done)
    }
}

impl Store for MemoryStore {
    async fn load(&self) -> Result<Snapshot, StoreError> {
        self.perform(Operation::Load, |contents| {
            let mut assembly = Assembly::new(contents.head.as_deref())?;
            for (number, record) in &contents.blocks {
                assembly.block(*number, record)?;
            }
            assembly.replies(contents.replies.as_deref())?;
            for record in contents.commits.values() {
                assembly.commit(record)?;
            }
            assembly.finish()
        })
    }

    async fn raise_epoch(&self) -> Result<Head, StoreError> {
        self.perform(Operation::RaiseEpoch, |contents| {
            let layout = Layout::stored(contents.head.as_deref())?.raised();
            let last = contents.commits.last_key_value();
            let head = newest(&layout, last.map(|(seq, record)| (*seq, record.as_slice())))?;
            contents.head = Some(layout.encode());
            Ok(head)
        })
    }

    async fn append(&self, commit: &Commit) -> Result<(), StoreError> {
        self.perform(Operation::Append, |contents| {
            let seq = commit.seq();
            if sabotage::is(Sabotage::FenceOff) {
                contents.commits.insert(seq, commit.encode());
                return Ok(());
            }
            let layout = Layout::admitting(contents.head.as_deref(), commit.epoch)?;
            if seq <= layout.checkpoint.seq || contents.commits.contains_key(&seq) {
                return Err(StoreError::Fenced { stored: layout.epoch });
            }
            contents.require(&layout, commit.before.seq)?;
            contents.commits.insert(seq, commit.encode());
            Ok(())
        })
    }

    async fn commits_after(&self, seq: Seq) -> Result<CatchUp, StoreError> {
        self.perform(Operation::CommitsAfter, |contents| {
            let layout = Layout::stored(contents.head.as_deref())?;
            if contents.require(&layout, seq).is_err() {
                return Ok(CatchUp::Reload);
            }
            let mut commits: Vec<Commit> = Vec::new();
            for (_, record) in contents.commits.range(seq.next()..) {
                let last = commits.last().map_or(seq, Commit::seq);
                commits.push(following(last, record)?);
            }
            Ok(CatchUp::Commits(commits))
        })
    }

    async fn write_blocks(&self, epoch: Epoch, blocks: &[Block]) -> Result<(), StoreError> {
        self.perform(Operation::WriteBlocks, |contents| {
            Layout::admitting(contents.head.as_deref(), epoch)?;
            let records = blocks.iter().map(|block| (block.number, block.encode()));
            contents.blocks.extend(records);
            Ok(())
        })
    }

    async fn finish_checkpoint(&self, epoch: Epoch, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        self.perform(Operation::FinishCheckpoint, |contents| {
            let layout = Layout::admitting(contents.head.as_deref(), epoch)?;
            let Some(layout) = layout.moved_to(checkpoint) else {
                return Ok(());
            };
            let seq = checkpoint.position.seq;
            if !contents.commits.contains_key(&seq) {
                return Err(RecordName::Commit(seq).missing());
            }
            contents.head = Some(layout.encode());
            contents.replies = Some(checkpoint.replies.encode());
            let kept = if sabotage::is(Sabotage::CheckpointLosesCommit) {
                seq.next().next()
            } else {
                seq.next()
            };
            contents.commits = contents.commits.split_off(&kept);
            contents
                .blocks
                .split_off(&BlockNo(BlockNo::count(checkpoint.page_count)));
            Ok(())
        })
    }

    async fn salvage(&self) -> Result<Salvage, StoreError> {
        let contents = self.contents()?;
        let mut salvaging = Salvaging::default();
        salvaging.head(Ok(contents.head.clone()));
        for (number, record) in &contents.blocks {
            salvaging.block(*number, Ok(record.clone()));
        }
        for (seq, record) in &contents.commits {
            salvaging.commit(*seq, Ok(record.clone()));
        }
        Ok(salvaging.finish())
    }

    async fn lease(&self, step: &LeaseStep) -> Result<Lease, StoreError> {
        self.perform(Operation::Lease, |contents| {
            let lease = Lease::stored(contents.lease.as_deref())?.after(step);
            contents.lease = Some(lease.encode());
            Ok(lease)
        })
    }
}

impl Contents {
    fn fault(&mut self, here: FaultPoint) -> Result<(), StoreError> {
        match self.faults.iter().position(|(at, _)| *at == here) {
            Some(index) => Err(self.faults.remove(index).1),
            None => Ok(()),
        }
    }

    /// That this commit is part of the log, or the one that the checkpoint stands for.
    fn require(&self, layout: &Layout, seq: Seq) -> Result<(), StoreError> {
        if seq == layout.checkpoint.seq || self.commits.contains_key(&seq) {
            return Ok(());
        }
        Err(RecordName::Commit(seq).missing())
    }
}
