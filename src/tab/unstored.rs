//! Answers a tab's store calls where the browser offers no storage: keeps nothing, and answers as a store would.
//!
//! The database is the image of its one tab. There are no other tabs to hear from, so nothing is ever read back, and
//! only the position of the newest commit must be known. Refused: a second implementation of `Store`. It would compile
//! every future around the store a second time (11 KiB in brotli), though nothing here needs to wait.

use super::store_call::{StoreAnswer, StoreCall};
use crate::storage::{CatchUp, Head, Lease, Snapshot, StoreError};

/// The store of a database that is in memory only.
#[derive(Debug, Default)]
pub struct Unstored {
    head: Head,
    lease: Lease,
}

impl Unstored {
    /// Answers a store call at once.
    pub fn answer(&mut self, call: StoreCall) -> StoreAnswer {
        match call {
            StoreCall::RaiseEpoch => {
                self.head.epoch = self.head.epoch.next();
                StoreAnswer::EpochRaised(Ok(self.head))
            }
            StoreCall::Append(commit) => {
                self.head.position = commit.after;
                StoreAnswer::Appended(Ok(()))
            }
            StoreCall::CommitsAfter(_) => StoreAnswer::CaughtUp(Ok(CatchUp::Commits(Vec::new()))),
            StoreCall::Load if self.head == Head::default() => StoreAnswer::Loaded(Ok(Snapshot::empty())),
            StoreCall::Load => StoreAnswer::Loaded(Err(StoreError::Gone("it was in memory only".into()))),
            StoreCall::WriteBlocks { .. } => StoreAnswer::BlocksWritten(Ok(())),
            StoreCall::FinishCheckpoint { .. } => StoreAnswer::CheckpointFinished(Ok(())),
            StoreCall::Lease(step) => {
                self.lease = std::mem::take(&mut self.lease).after(&step);
                StoreAnswer::LeaseStepped(Ok(self.lease.clone()))
            }
        }
    }
}
