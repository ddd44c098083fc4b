//! What every store does: for IndexedDB, and for the memory that stands in for it in tests.

use super::checkpoint::{Checkpoint, FoldedBlocks};
use super::commit::Commit;
use super::head::Head;
use super::lease::{Lease, LeaseStep};
use super::position::{Epoch, Seq};
use super::salvage::Salvage;
use super::snapshot::Snapshot;
use super::store_error::StoreError;

/// The answer to "which commits came after mine?".
#[derive(Clone, Debug)]
pub enum CatchUp {
    /// All later commits, in order; empty if there are none.
    Commits(Vec<Commit>),
    /// The later commits are folded into the checkpoint, or the caller's commit was never part of this history: call
    /// [`Store::load`] again.
    Reload,
}

/// Keeps one database. Every method is one transaction: it happens as a whole or not at all.
///
/// Dropping a returned future does not undo what it started.
#[allow(async_fn_in_trait, reason = "one thread per tab: no Send bound is wanted")]
pub trait Store {
    /// Everything, as of one instant. A database that does not exist yet is empty.
    async fn load(&self) -> Result<Snapshot, StoreError>;

    /// Raises the epoch by one, and returns the head as of that instant. From then on every append under an older epoch
    /// is refused.
    async fn raise_epoch(&self) -> Result<Head, StoreError>;

    /// Appends a commit under its epoch. `Ok` means that the commit is stored, with the store's [`Durability`]. A
    /// commit of more than [`Commit::MOST_BYTES`] is [`StoreError::TooLarge`].
    async fn append(&self, commit: &Commit) -> Result<(), StoreError>;

    /// The commits after `seq`, as of one instant.
    async fn commits_after(&self, seq: Seq) -> Result<CatchUp, StoreError>;

    /// Overwrites blocks of the checkpoint, a bounded number at a time. Blocks may be newer than their checkpoint: the
    /// commits that changed them are still in the log and are applied over them, so stopping between two steps loses
    /// nothing. For the same reason the store refuses blocks whose newest commit it does not hold: no commit would ever
    /// put right what they overwrote.
    async fn write_blocks(&self, epoch: Epoch, blocks: &FoldedBlocks) -> Result<(), StoreError>;

    /// Moves the checkpoint: stores its position and replies, and deletes the commits up to it and the blocks beyond
    /// its page count.
    async fn finish_checkpoint(&self, epoch: Epoch, checkpoint: &Checkpoint) -> Result<(), StoreError>;

    /// Everything that can be read, however damaged the rest is.
    async fn salvage(&self) -> Result<Salvage, StoreError>;

    /// Takes one step on the lease, and returns the lease after it. A power cut may lose the step.
    async fn lease(&self, step: &LeaseStep) -> Result<Lease, StoreError>;
}
