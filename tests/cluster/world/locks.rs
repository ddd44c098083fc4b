//! The Web Lock of a database: one holder and a queue.
//!
//! Each call of a tab begins a new attempt and ends the one before, as each request has a promise of its own: news of
//! an earlier attempt no longer counts.

use std::collections::VecDeque;

use sqlite_elements::tab::LockCall;
use sqlite_elements::time::Timestamp;

use super::tab::TabNo;

/// The number of a tab's call for the lock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Attempt(pub(super) u64);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) tab: TabNo,
    pub(super) attempt: Attempt,
}

/// What a tab is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LockNews {
    Granted(Claim),
    Lost(Claim),
}

#[derive(Debug, Default)]
pub(super) struct Locks {
    holder: Option<Claim>,
    held_since: Timestamp,
    queue: VecDeque<Claim>,
}

impl Locks {
    pub(super) fn holder(&self) -> Option<TabNo> {
        self.holder.map(|claim| claim.tab)
    }

    pub(super) fn held_since(&self) -> Timestamp {
        self.held_since
    }

    pub(super) fn call(&mut self, now: Timestamp, claim: Claim, call: LockCall) -> Vec<LockNews> {
        self.forget(claim.tab);
        match call {
            LockCall::Request => self.queue.push_back(claim),
            LockCall::Steal => return self.pass_on(now, claim),
            LockCall::Release => {}
        }
        self.grant_next(now)
    }

    /// The tab is gone.
    pub(super) fn leave(&mut self, now: Timestamp, tab: TabNo) -> Vec<LockNews> {
        self.forget(tab);
        self.grant_next(now)
    }

    /// The browser takes the lock from its holder and gives it to the tab that has waited for longest.
    pub(super) fn rob(&mut self, now: Timestamp) -> Vec<LockNews> {
        match self.queue.pop_front() {
            Some(next) => self.pass_on(now, next),
            None => Vec::new(),
        }
    }

    fn forget(&mut self, tab: TabNo) {
        self.queue.retain(|claim| claim.tab != tab);
        self.holder = self.holder.filter(|claim| claim.tab != tab);
    }

    fn pass_on(&mut self, now: Timestamp, to: Claim) -> Vec<LockNews> {
        let lost = self.holder.replace(to).map(LockNews::Lost);
        self.held_since = now;
        lost.into_iter().chain([LockNews::Granted(to)]).collect()
    }

    fn grant_next(&mut self, now: Timestamp) -> Vec<LockNews> {
        if self.holder.is_some() {
            return Vec::new();
        }
        self.rob(now)
    }
}
