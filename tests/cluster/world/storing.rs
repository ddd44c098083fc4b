//! A tab's calls to the store, done one at a time. A call is done at one instant, and its tab hears of it at a later one.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use sqlite_elements::storage::{MemoryStore, Snapshot, Store, StoreError};
use sqlite_elements::tab::{StoreAnswer, StoreCall};

/// Whether the disk has room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quota {
    Free,
    Exceeded,
}

pub(super) struct Storing {
    store: MemoryStore,
    calls: VecDeque<StoreCall>,
    stage: Stage,
    pace: StorePace,
    fails_next: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Idle,
    /// The first of the calls is with the store.
    UnderWay,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StorePace {
    Runs,
    /// Calls wait until they are released.
    Held,
}

impl Storing {
    pub(super) fn new(store: MemoryStore) -> Self {
        Storing {
            store,
            calls: VecDeque::new(),
            stage: Stage::Idle,
            pace: StorePace::Runs,
            fails_next: 0,
        }
    }

    pub(super) fn load(&self) -> Snapshot {
        now_or_never(self.store.load()).expect("what was stored can be loaded")
    }

    pub(super) fn push(&mut self, call: StoreCall) {
        self.calls.push_back(call);
    }

    pub(super) fn waiting(&self) -> usize {
        self.calls.len()
    }

    /// Hands the first call to the store. False if there is none, or the store has one.
    pub(super) fn begin(&mut self) -> bool {
        let begins = self.stage == Stage::Idle && self.pace == StorePace::Runs && !self.calls.is_empty();
        if begins {
            self.stage = Stage::UnderWay;
        }
        begins
    }

    /// Does the first call, unless calls are held.
    pub(super) fn perform(&mut self, refusal: Option<StoreError>, quota: Quota) -> Option<StoreAnswer> {
        self.stage = Stage::Idle;
        if self.pace == StorePace::Held {
            return None;
        }
        let call = self.calls.pop_front()?;
        let told = (self.fails_next > 0).then(|| StoreError::Failed("simulated".into()));
        self.fails_next = self.fails_next.saturating_sub(1);
        let writes = !matches!(call, StoreCall::CommitsAfter(_) | StoreCall::Load);
        let full = (quota == Quota::Exceeded && writes).then(|| StoreError::Quota("simulated".into()));
        Some(match full.or(told).or(refusal) {
            Some(error) => refused(&call, error),
            None => now_or_never(call.make(&self.store)),
        })
    }

    /// Does all calls and tells nobody, as when a tab dies between the two.
    pub(super) fn perform_unheard(&mut self) {
        for call in self.calls.drain(..) {
            let _unheard = now_or_never(call.make(&self.store));
        }
    }

    /// Does the call that is with the store, if there is one, and tells nobody.
    pub(super) fn finish_unheard(&mut self) {
        if self.stage == Stage::UnderWay
            && let Some(call) = self.calls.pop_front()
        {
            let _unheard = now_or_never(call.make(&self.store));
        }
    }

    pub(super) fn hold(&mut self) {
        self.pace = StorePace::Held;
    }

    pub(super) fn release(&mut self) {
        self.pace = StorePace::Runs;
    }

    pub(super) fn fail(&mut self, times: u32) {
        self.fails_next += times;
    }

    pub(super) fn mend(&mut self) {
        self.fails_next = 0;
    }
}

fn refused(call: &StoreCall, error: StoreError) -> StoreAnswer {
    match call {
        StoreCall::RaiseEpoch => StoreAnswer::EpochRaised(Err(error)),
        StoreCall::CommitsAfter(_) => StoreAnswer::CaughtUp(Err(error)),
        StoreCall::Load => StoreAnswer::Loaded(Err(error)),
        StoreCall::Append(_) => StoreAnswer::Appended(Err(error)),
        StoreCall::WriteBlocks { .. } => StoreAnswer::BlocksWritten(Err(error)),
        StoreCall::FinishCheckpoint { .. } => StoreAnswer::CheckpointFinished(Err(error)),
        StoreCall::Lease(_) => StoreAnswer::LeaseStepped(Err(error)),
    }
}

pub(crate) fn now_or_never<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("the store in memory answers at once"),
    }
}
