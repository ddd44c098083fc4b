//! A store in memory: the twin of the one in IndexedDB, for tests and for the simulated browser.
//!
//! A [`Disk`] holds the records of one database, encoded as IndexedDB would hold them, so that tests cover reading them
//! back too. Each tab opens a [`MemoryStore`] of its own on it. Every operation is done when its future is first
//! polled.
//!
//! A disk can be told to fail ([`Disk::fail`]) before or after the next operation of a kind, to lose everything
//! ([`Disk::evict`]), or to damage one record ([`Disk::flip_byte`], [`Disk::put`]). There is no fault in the middle of
//! an operation, because a transaction has no middle. But a transaction may complete although its request has failed
//! ([`FaultPoint::Request`]).

use std::cell::{RefCell, RefMut};
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::sabotage::{self, Sabotage};

use super::block_no::BlockNo;
use super::checkpoint::{Checkpoint, FoldedBlocks};
use super::commit::Commit;
use super::head::{Head, Layout};
use super::lease::{Lease, LeaseStep};
use super::piece::pieces;
use super::position::{Epoch, Seq};
use super::record::RecordName;
use super::salvage::Salvage;
use super::salvage::Salvaging;
use super::snapshot::Snapshot;
use super::snapshot::{Assembly, following, newest};
use super::store::{CatchUp, Store};
use super::store_error::StoreError;

/// What outlives the tabs. Clones share one disk.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    contents: Rc<RefCell<Contents>>,
}

/// One tab's access to a disk.
#[derive(Clone, Debug)]
pub struct MemoryStore {
    disk: Disk,
    /// The evictions of the disk when this tab opened it. If there are more since then, every operation fails.
    evictions: u32,
}

/// The methods of [`Store`] that can be told to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// [`Store::load`].
    Load,
    /// [`Store::raise_epoch`].
    RaiseEpoch,
    /// [`Store::append`].
    Append,
    /// [`Store::commits_after`].
    CommitsAfter,
    /// [`Store::write_blocks`].
    WriteBlocks,
    /// [`Store::finish_checkpoint`].
    FinishCheckpoint,
    /// [`Store::lease`].
    Lease,
}

/// Where the next operation of a kind fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultPoint {
    /// Nothing is done, and the caller gets the error.
    Before(Operation),
    /// All is done, and the caller gets the error: as when a tab dies, or its connection is cut, between the commit of
    /// a transaction and the news of it.
    After(Operation),
    /// Nothing is done, and the transaction is reported as complete. Only its request reports the error, as in Chromium
    /// for a value that is too large. A store that looks at its requests gives the error to the caller.
    Request(Operation),
}

#[derive(Debug, Default)]
struct Contents {
    head: Option<Vec<u8>>,
    replies: Option<Vec<u8>>,
    lease: Option<Vec<u8>>,
    /// Each commit in its pieces.
    commits: BTreeMap<Seq, Vec<Vec<u8>>>,
    blocks: BTreeMap<BlockNo, Vec<u8>>,
    faults: Vec<(FaultPoint, StoreError)>,
    evictions: u32,
}

impl Disk {
    /// Opens the database for another tab.
    pub fn open(&self) -> MemoryStore {
        MemoryStore {
            disk: self.clone(),
            evictions: self.contents.borrow().evictions,
        }
    }

    /// Makes the next operation fail at this point. Several faults at one point happen one after the other.
    pub fn fail(&self, at: FaultPoint, error: StoreError) {
        self.contents.borrow_mut().faults.push((at, error));
    }

    /// Cancels the faults that have not happened yet.
    pub fn mend(&self) {
        self.contents.borrow_mut().faults.clear();
    }

    /// Removes everything, as a browser does that runs out of space. From now on open stores fail with
    /// [`StoreError::Gone`], and stores that are opened later find an empty database.
    pub fn evict(&self) {
        let mut contents = self.contents.borrow_mut();
        *contents = Contents {
            evictions: contents.evictions + 1,
            ..Contents::default()
        };
    }

    /// Changes one byte of a record. False if there is no such byte.
    #[must_use]
    pub fn flip_byte(&self, record: RecordName, at: usize) -> bool {
        let Some(mut bytes) = self.bytes(record) else {
            return false;
        };
        let byte = bytes.get_mut(at);
        let is_there = byte.map(|byte| *byte ^= 0x10).is_some();
        self.put(record, Some(bytes));
        is_there
    }

    /// The bytes of a record, if it is there.
    pub fn bytes(&self, record: RecordName) -> Option<Vec<u8>> {
        let contents = self.contents.borrow();
        match record {
            RecordName::Head => contents.head.clone(),
            RecordName::Replies => contents.replies.clone(),
            RecordName::Lease => contents.lease.clone(),
            RecordName::Commit(seq) => contents.commits.get(&seq)?.first().cloned(),
            RecordName::Piece(seq, index) => contents.commits.get(&seq)?.get(index as usize).cloned(),
            RecordName::Block(number) => contents.blocks.get(&number).cloned(),
        }
    }

    /// Writes a record, or removes it, past all checks. Removing a record of a commit also removes those after it.
    pub fn put(&self, record: RecordName, bytes: Option<Vec<u8>>) {
        let mut contents = self.contents.borrow_mut();
        match record {
            RecordName::Head => contents.head = bytes,
            RecordName::Replies => contents.replies = bytes,
            RecordName::Lease => contents.lease = bytes,
            RecordName::Commit(_) | RecordName::Piece(..) => contents.put_piece(record, bytes),
            RecordName::Block(number) => match bytes {
                Some(bytes) => drop(contents.blocks.insert(number, bytes)),
                None => drop(contents.blocks.remove(&number)),
            },
        }
    }

    /// The names of all records.
    pub fn records(&self) -> Vec<RecordName> {
        let contents = self.contents.borrow();
        let meta = [
            (RecordName::Head, &contents.head),
            (RecordName::Replies, &contents.replies),
            (RecordName::Lease, &contents.lease),
        ];
        let meta = meta
            .into_iter()
            .filter(|(_, bytes)| bytes.is_some())
            .map(|(name, _)| name);
        let commits = contents
            .commits
            .iter()
            .flat_map(|(seq, pieces)| (0..pieces.len() as u32).map(|index| RecordName::part(*seq, index)));
        let blocks = contents.blocks.keys().map(|number| RecordName::Block(*number));
        meta.chain(commits).chain(blocks).collect()
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
        contents.fault(FaultPoint::Request(operation))?;
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
            for records in contents.commits.values() {
                assembly.commit(records.iter().cloned())?;
            }
            assembly.finish()
        })
    }

    async fn raise_epoch(&self) -> Result<Head, StoreError> {
        self.perform(Operation::RaiseEpoch, |contents| {
            let layout = Layout::stored(contents.head.as_deref())?.raised();
            let last = contents.commits.last_key_value();
            let first = last.and_then(|(seq, records)| Some((*seq, records.first()?.as_slice())));
            let head = newest(&layout, first)?;
            contents.head = Some(layout.encode());
            Ok(head)
        })
    }

    async fn append(&self, commit: &Commit) -> Result<(), StoreError> {
        if sabotage::is(Sabotage::PhantomAppendBelieved) {
            let request = FaultPoint::Request(Operation::Append);
            if self.contents()?.fault(request).is_err() {
                return Ok(());
            }
        }
        self.perform(Operation::Append, |contents| {
            commit.fits()?;
            let seq = commit.seq();
            if sabotage::is(Sabotage::FenceOff) {
                contents.commits.insert(seq, pieces(commit).collect());
                return Ok(());
            }
            let layout = Layout::admitting(contents.head.as_deref(), commit.epoch)?;
            // The second line of defence after the epoch: a commit with this seq is stored already.
            if seq <= layout.checkpoint.seq || contents.commits.contains_key(&seq) {
                return Err(StoreError::Fenced { stored: layout.epoch });
            }
            contents.require(&layout, commit.before.seq)?;
            contents.commits.insert(seq, pieces(commit).collect());
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
            for (_, records) in contents.commits.range(seq.next()..) {
                let last = commits.last().map_or(seq, Commit::seq);
                commits.push(following(last, records.iter().cloned())?);
            }
            Ok(CatchUp::Commits(commits))
        })
    }

    async fn write_blocks(&self, epoch: Epoch, folded: &FoldedBlocks) -> Result<(), StoreError> {
        self.perform(Operation::WriteBlocks, |contents| {
            let layout = Layout::admitting(contents.head.as_deref(), epoch)?;
            contents.require(&layout, folded.newest)?;
            let records = folded.blocks.iter().map(|block| (block.number, block.encode()));
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
        for (seq, records) in &contents.commits {
            salvaging.commit(*seq, records.iter().cloned().map(Ok));
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

    fn put_piece(&mut self, record: RecordName, bytes: Option<Vec<u8>>) {
        let (RecordName::Commit(seq) | RecordName::Piece(seq, _)) = record else {
            return;
        };
        let index = if let RecordName::Piece(_, index) = record {
            index as usize
        } else {
            0
        };
        let mut pieces = self.commits.remove(&seq).unwrap_or_default();
        match bytes {
            Some(bytes) if index < pieces.len() => pieces[index] = bytes,
            Some(bytes) => pieces.push(bytes),
            None => pieces.truncate(index),
        }
        if !pieces.is_empty() {
            self.commits.insert(seq, pieces);
        }
    }

    /// Checks that this commit is in the log, or is the one that the checkpoint stands for.
    fn require(&self, layout: &Layout, seq: Seq) -> Result<(), StoreError> {
        if seq == layout.checkpoint.seq || self.commits.contains_key(&seq) {
            return Ok(());
        }
        Err(RecordName::Commit(seq).missing())
    }
}
