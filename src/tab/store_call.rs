//! Store calls: what a tab asks of the store, and the store's answers.

use std::rc::Rc;

use crate::storage::{
    CatchUp, Checkpoint, Commit, Epoch, FoldedBlocks, Head, Lease, LeaseStep, Seq, Snapshot, Store, StoreError,
};

/// A call of one method of [`crate::storage::Store`].
#[derive(Debug)]
pub enum StoreCall {
    RaiseEpoch,
    CommitsAfter(Seq),
    Load,
    Append(Rc<Commit>),
    WriteBlocks { epoch: Epoch, blocks: FoldedBlocks },
    FinishCheckpoint { epoch: Epoch, checkpoint: Checkpoint },
    Lease(LeaseStep),
}

/// The answer to a [`StoreCall`].
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "handed over once, never kept in numbers")]
pub enum StoreAnswer {
    EpochRaised(Result<Head, StoreError>),
    CaughtUp(Result<CatchUp, StoreError>),
    Loaded(Result<Snapshot, StoreError>),
    Appended(Result<(), StoreError>),
    BlocksWritten(Result<(), StoreError>),
    CheckpointFinished(Result<(), StoreError>),
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
