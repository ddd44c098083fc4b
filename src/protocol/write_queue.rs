//! The leader's write queue: requests in order of arrival, each once, and the group that is being stored.
//!
//! Group commit: while one group is on its way to the store, arriving writes wait here, and all of them
//! make the next group. Running them meanwhile on top of pages that may yet be taken back was refused:
//! a run takes microseconds where an append takes a millisecond, so it would buy little and cost the
//! simple rule "at most one group is not durable".

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use super::{Timestamp, WriteError};
use crate::sabotage::{self, Sabotage};
use crate::sql::{Answer, Outcome, Work};
use crate::storage::{Commit, RequestId, Seq, TabId};

/// A write that waits to be run by this leader.
#[derive(Clone, Debug)]
pub struct Queued {
    pub request: RequestId,
    pub work: Rc<Work>,
    pub settled_below: u64,
    /// Until when its page waits for it.
    pub deadline: Timestamp,
}

/// What each request of a group is to be answered.
pub(super) type Answers = Vec<(RequestId, Answer)>;

/// What is to be done next.
#[derive(Debug)]
pub(super) enum Next {
    Group(Vec<Queued>),
    /// The page of this tab has the writer to itself.
    Turn(RequestId),
}

#[derive(Debug)]
enum Waiting {
    Write(Queued),
    Turn(RequestId),
}

/// What has been run and is not durable yet.
#[derive(Debug)]
enum Group {
    /// The engine runs these.
    Running(Vec<RequestId>),
    /// The store has been asked to keep this commit.
    Storing { commit: Rc<Commit>, answers: Answers },
    /// A transaction of this tab's page is open.
    Turn,
}

#[derive(Debug, Default)]
pub(super) struct WriteQueue {
    waiting: VecDeque<Waiting>,
    known: BTreeSet<RequestId>,
    group: Option<Group>,
    unstored: BTreeMap<RequestId, Unstored>,
    /// Below this counter each tab has its answers, by what it sent to this leadership.
    settled_below: BTreeMap<TabId, u64>,
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
        if self.known.insert(queued.request) || sabotage::is(Sabotage::DedupeOff) {
            self.waiting.push_back(Waiting::Write(queued));
        }
    }

    pub(super) fn push_turn(&mut self, request: RequestId) {
        self.waiting.push_back(Waiting::Turn(request));
    }

    pub(super) fn withdraw_turn(&mut self, request: RequestId) {
        self.waiting
            .retain(|waiting| !matches!(waiting, Waiting::Turn(turn) if *turn == request));
    }

    /// Whether the tab has its answer: then this is a late copy, and what answered it may be forgotten here.
    pub(super) fn is_settled(&mut self, queued: &Queued) -> bool {
        let settled_below = self.settled_below.entry(queued.request.tab).or_default();
        *settled_below = queued.settled_below.max(*settled_below);
        queued.request.counter < *settled_below && !sabotage::is(Sabotage::DedupeOff)
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
        let is_it = |waiting: &Waiting| matches!(waiting, Waiting::Write(queued) if queued.request == request);
        let at = self.waiting.iter().position(is_it)?;
        self.known.remove(&request);
        match self.waiting.remove(at)? {
            Waiting::Write(queued) => Some(queued),
            Waiting::Turn(_) => None,
        }
    }

    /// What is to be done next, if nothing is under way: in order of arrival, writes in groups.
    pub(super) fn next(&mut self) -> Option<Next> {
        if self.group.is_some() {
            return None;
        }
        let mut group = Vec::new();
        while group.len() < Self::GROUP {
            match self.waiting.pop_front() {
                Some(Waiting::Write(queued)) => group.push(queued),
                Some(Waiting::Turn(request)) if group.is_empty() => {
                    self.group = Some(Group::Turn);
                    return Some(Next::Turn(request));
                }
                Some(turn) => {
                    self.waiting.push_front(turn);
                    break;
                }
                None => break,
            }
        }
        if group.is_empty() {
            return None;
        }
        self.group = Some(Group::Running(group.iter().map(|queued| queued.request).collect()));
        Some(Next::Group(group))
    }

    /// The turn is over, and this commit is to be stored.
    pub(super) fn storing_turn(&mut self, commit: Rc<Commit>) {
        let answers = Vec::new();
        self.group = Some(Group::Storing { commit, answers });
    }

    /// The turn is over, and nothing is to be stored.
    pub(super) fn release_turn(&mut self) {
        if matches!(self.group, Some(Group::Turn)) {
            self.group = None;
        }
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
            Some(Group::Turn) | None => Vec::new(),
        }
    }

    /// Something waits for what is under way.
    pub(super) fn is_waited_for(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// A group is run or stored right now, or a turn is open.
    pub(super) fn is_busy(&self) -> bool {
        self.group.is_some()
    }

    /// This tab leads no more: what waits is the next leader's, its senders will send it there.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
        self.known.clear();
        self.unstored.clear();
        self.settled_below.clear();
    }
}
