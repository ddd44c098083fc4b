//! The leader's write queue: requests in order of arrival, each once, and the group that is being stored.
//!
//! Group commit: while one group is on its way to the store, arriving writes wait here, and all of them
//! make the next group. Running them meanwhile on top of pages that may yet be taken back was refused:
//! a run takes microseconds where an append takes a millisecond, so it would buy little and cost the
//! simple rule "at most one group is not durable".

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use super::WriteError;
use crate::sql::{Answer, Outcome, Work};
use crate::storage::{Commit, RequestId, Seq};

/// A write that waits to be run by this leader.
#[derive(Clone, Debug)]
pub struct Queued {
    pub request: RequestId,
    pub work: Work,
    pub settled_below: u64,
}

/// What each request of a group is to be answered.
pub(super) type Answers = Vec<(RequestId, Answer)>;

/// What has been run and is not durable yet.
#[derive(Debug)]
pub(super) enum Group {
    /// The engine runs these.
    Running(Vec<RequestId>),
    /// The store has been asked to keep this commit.
    Storing { commit: Rc<Commit>, answers: Answers },
}

#[derive(Debug, Default)]
pub(super) struct WriteQueue {
    waiting: VecDeque<Queued>,
    known: BTreeSet<RequestId>,
    group: Option<Group>,
    unstored: BTreeMap<RequestId, Unstored>,
}

/// An answer that no commit holds: remembered while this leadership lasts, so that a request which is
/// sent again gets the same answer and is not run again.
#[derive(Clone, Debug)]
pub(super) struct Unstored {
    pub(super) answer: Result<Outcome, WriteError>,
    pub(super) seq: Seq,
}

impl WriteQueue {
    /// Writes to a group: enough to share one append, few enough that the first is not kept waiting.
    const GROUP: usize = 128;

    /// Adds a write unless it is here already.
    pub(super) fn push(&mut self, queued: Queued) {
        if self.known.insert(queued.request) {
            self.waiting.push_back(queued);
        }
    }

    pub(super) fn remember(&mut self, request: RequestId, unstored: Unstored) {
        self.unstored.insert(request, unstored);
    }

    /// The answer that was given to this request and is not stored; forgets those that its tab has.
    pub(super) fn remembered(&mut self, queued: &Queued) -> Option<Unstored> {
        let RequestId { tab, .. } = queued.request;
        let settled = RequestId { tab, counter: 0 }..RequestId {
            tab,
            counter: queued.settled_below,
        };
        let gone: Vec<RequestId> = self.unstored.range(settled).map(|(id, _)| *id).collect();
        gone.iter().for_each(|request| {
            self.unstored.remove(request);
        });
        self.unstored.get(&queued.request).cloned()
    }

    /// Takes back a write that has not been run.
    pub(super) fn withdraw(&mut self, request: RequestId) -> Option<Queued> {
        let at = self.waiting.iter().position(|queued| queued.request == request)?;
        self.known.remove(&request);
        self.waiting.remove(at)
    }

    /// The next group to run, if none is under way.
    pub(super) fn next_group(&mut self) -> Option<Vec<Queued>> {
        if self.group.is_some() || self.waiting.is_empty() {
            return None;
        }
        let count = self.waiting.len().min(Self::GROUP);
        let group: Vec<Queued> = self.waiting.drain(..count).collect();
        self.group = Some(Group::Running(group.iter().map(|queued| queued.request).collect()));
        Some(group)
    }

    /// The engine has run the group, and this commit is to be stored.
    pub(super) fn storing(&mut self, commit: Rc<Commit>, answers: Vec<Answer>) {
        if let Some(Group::Running(requests)) = self.group.take() {
            let answers = requests.into_iter().zip(answers).collect();
            self.group = Some(Group::Storing { commit, answers });
        }
    }

    /// The group has changed nothing.
    pub(super) fn nothing_to_store(&mut self, answers: Vec<Answer>) -> Answers {
        let Some(Group::Running(requests)) = self.group.take() else {
            return Vec::new();
        };
        requests.iter().for_each(|request| {
            self.known.remove(request);
        });
        requests.into_iter().zip(answers).collect()
    }

    /// The store has answered: gives the commit and the answers that waited for it.
    pub(super) fn stored(&mut self) -> Option<(Rc<Commit>, Answers)> {
        let Some(Group::Storing { commit, answers }) = self.group.take() else {
            return None;
        };
        answers.iter().for_each(|(request, _)| {
            self.known.remove(request);
        });
        Some((commit, answers))
    }

    /// The requests of the group that is run or stored right now.
    pub(super) fn under_way(&self) -> Vec<RequestId> {
        match &self.group {
            Some(Group::Running(requests)) => requests.clone(),
            Some(Group::Storing { answers, .. }) => answers.iter().map(|(request, _)| *request).collect(),
            None => Vec::new(),
        }
    }

    /// A group is run or stored right now.
    pub(super) fn is_busy(&self) -> bool {
        self.group.is_some()
    }

    /// This tab leads no more: what waits is the next leader's, its senders will send it there.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
        self.known.clear();
        self.unstored.clear();
    }
}
