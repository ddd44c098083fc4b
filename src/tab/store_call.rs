//! Store calls: what a tab asks of the store, and the store's answers.

use std::rc::Rc;

use crate::storage::{
    CatchUp, Checkpoint, Commit, Epoch, FoldedBlocks, Head, Lease, LeaseStep, Seq, Snapshot, Store, StoreError,
};

/// A call of one method of [`crate::storage::Store`].
#[derive(Debug)]
pub enum StoreCall {
    /// [`Store::raise_epoch`], answered by [`StoreAnswer::EpochRaised`].
    RaiseEpoch,
    /// [`Store::commits_after`], answered by [`StoreAnswer::CaughtUp`].
    CommitsAfter(Seq),
    /// [`Store::load`], answered by [`StoreAnswer::Loaded`].
    Load,
    /// [`Store::append`], answered by [`StoreAnswer::Appended`].
    Append(Rc<Commit>),
    /// [`Store::write_blocks`], answered by [`StoreAnswer::BlocksWritten`].
    WriteBlocks {
        /// That of this leader; a store with a newer one refuses the blocks.
        epoch: Epoch,
        /// A few, so that no append waits for long.
        blocks: FoldedBlocks,
    },
    /// [`Store::finish_checkpoint`], answered by [`StoreAnswer::CheckpointFinished`].
    FinishCheckpoint {
        /// That of this leader; a store with a newer one refuses the checkpoint.
        epoch: Epoch,
        /// Made only after all its blocks are stored.
        checkpoint: Checkpoint,
    },
    /// [`Store::lease`], answered by [`StoreAnswer::LeaseStepped`]. Only where there are no Web Locks.
    Lease(LeaseStep),
}

/// The answer to a [`StoreCall`].
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "handed over once, never kept in numbers")]
pub enum StoreAnswer {
    /// The head as of the new epoch, which is this tab's.
    EpochRaised(Result<Head, StoreError>),
    /// The commits behind the seq of the call, or the advice to reload.
    CaughtUp(Result<CatchUp, StoreError>),
    /// The whole database, to take the place of the image.
    Loaded(Result<Snapshot, StoreError>),
    /// If it is `Ok`, the commit is durable and may be published.
    Appended(Result<(), StoreError>),
    /// An error abandons the folding, and harms nothing.
    BlocksWritten(Result<(), StoreError>),
    /// If it is `Ok`, the log holds only commits behind the checkpoint.
    CheckpointFinished(Result<(), StoreError>),
    /// The lease after the step, which may have another holder than this tab.
    LeaseStepped(Result<Lease, StoreError>),
}

impl StoreCall {
    /// Makes the call.
    pub async fn make(self, store: &impl Store) -> StoreAnswer {
        match self {
            StoreCall::RaiseEpoch => StoreAnswer::EpochRaised(store.raise_epoch().await),
            StoreCall::CommitsAfter(seq) => StoreAnswer::CaughtUp(store.commits_after(seq).await),
            StoreCall::Load => StoreAnswer::Loaded(store.load().await),
            StoreCall::Append(commit) => StoreAnswer::Appended(store.append(&commit).await),
            StoreCall::WriteBlocks { epoch, blocks } => {
                StoreAnswer::BlocksWritten(store.write_blocks(epoch, &blocks).await)
            }
            StoreCall::FinishCheckpoint { epoch, checkpoint } => {
                StoreAnswer::CheckpointFinished(store.finish_checkpoint(epoch, &checkpoint).await)
            }
            StoreCall::Lease(step) => StoreAnswer::LeaseStepped(store.lease(&step).await),
        }
    }
}
