//! The leader's write queue: each request once, in order of arrival, and the group that is under way.
//!
//! Group commit: while the store appends one group, arriving writes wait here, and together they make the next group.
//! Refused: to run them meanwhile on top of pages that may yet be dropped. A run takes microseconds where an append
//! takes a millisecond, so that would gain little and cost the simple rule "at most one group is not durable".

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use super::long_writes::{LongWrites, Others};
use super::queued::{Patience, PutOff, Queued};
use super::trials::{Trial, Trials};
use super::write_error::WriteError;
use crate::ascending::Ascending;
use crate::sabotage::{self, Sabotage};
use crate::sql::{Answer, Outcome};
use crate::storage::{Commit, RequestId, Seq, SettledBelow, TabId};
use crate::time::Timestamp;

/// The answer to each request of a group.
pub(super) type Answers = Vec<(RequestId, Answer)>;

/// What to do next.
#[derive(Debug)]
pub(super) enum Next {
    Group(Vec<Queued>),
    /// The page of this tab gets the writer to itself.
    Turn(RequestId),
    /// Ask the asker of this suspect whether it agrees to the trial.
    AskToTry(RequestId),
}

#[derive(Debug)]
enum Waiting {
    Write(Queued),
    Turn(RequestId),
}

/// The group that has been run and is not durable yet.
#[derive(Debug)]
enum Group {
    /// The engine runs these.
    Running(Vec<RequestId>),
    /// The store has been asked to append this commit.
    Storing { commit: Rc<Commit>, answers: Answers },
    /// A transaction of this tab's page is open.
    Turn,
}

#[derive(Debug, Default)]
pub(super) struct WriteQueue {
    waiting: VecDeque<Waiting>,
    trials: Trials,
    long: LongWrites,
    known: BTreeSet<RequestId>,
    group: Option<Group>,
    unstored: BTreeMap<RequestId, Remembered>,
    /// By what each tab sent to this leader.
    settled_below: Ascending<TabId, SettledBelow>,
}

/// An answer that no commit holds. It is remembered as long as this tab leads, so that a request which is sent again
/// gets the same answer and is not run again.
#[derive(Clone, Debug)]
pub(super) struct Remembered {
    pub(super) answer: Result<Outcome, WriteError>,
    pub(super) seq: Seq,
}

impl WriteQueue {
    /// The most writes in a group: enough to share one append, few enough that the first does not wait long.
    const GROUP: usize = 128;

    /// Adds a write, unless the queue has it already.
    pub(super) fn push(&mut self, queued: Queued) {
        if self.known.insert(queued.request) || sabotage::is(Sabotage::DedupeOff) {
            self.waiting.push_back(Waiting::Write(queued));
        }
    }

    /// Adds a write that may have ended a leader.
    pub(super) fn push_suspect(&mut self, suspect: Queued) {
        if self.known.insert(suspect.request) {
            self.trials.push(suspect);
        }
    }

    /// The asker agrees to the trial of its suspect.
    pub(super) fn allow(&mut self, request: RequestId) {
        self.trials.allow(request);
        self.long.allow(request);
    }

    /// When to look for something to do, if nothing is heard before.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        // While the leader waits for the asker of a trial, nothing else begins.
        self.trials.deadline().or_else(|| self.long.deadline())
    }

    pub(super) fn push_turn(&mut self, request: RequestId) {
        self.waiting.push_back(Waiting::Turn(request));
    }

    pub(super) fn withdraw_turn(&mut self, request: RequestId) {
        self.waiting
            .retain(|waiting| !matches!(waiting, Waiting::Turn(turn) if *turn == request));
    }

    /// Whether the tab has its answer already. Then this is a late copy, and this leader may have forgotten the answer.
    pub(super) fn is_settled(&mut self, queued: &Queued) -> bool {
        let tab = queued.request.tab;
        let before = self.settled_below.get(&tab).copied().unwrap_or_default();
        let settled_below = queued.settled_below.max(before);
        self.settled_below.insert(tab, settled_below);
        settled_below.covers(queued.request) && !sabotage::is(Sabotage::DedupeOff)
    }

    pub(super) fn remember(&mut self, request: RequestId, unstored: Remembered) {
        self.unstored.insert(request, unstored);
    }

    /// The answer that this leader gave to the request and did not store. Forgets those that the tab has.
    pub(super) fn remembered(&mut self, queued: &Queued) -> Option<Remembered> {
        let gone = queued.settled_below.of(queued.request.tab, &self.unstored);
        gone.iter().for_each(|request| {
            self.unstored.remove(request);
        });
        self.unstored.get(&queued.request).cloned()
    }

    /// Takes out a write that has not been run.
    pub(super) fn withdraw(&mut self, request: RequestId) -> Option<Queued> {
        let apart = self.trials.withdraw(request);
        if let Some(queued) = apart.or_else(|| self.long.withdraw(request)) {
            self.known.remove(&request);
            return Some(queued);
        }
        let is_it = |waiting: &Waiting| matches!(waiting, Waiting::Write(queued) if queued.request == request);
        let at = self.waiting.iter().position(is_it)?;
        self.known.remove(&request);
        match self.waiting.remove(at)? {
            Waiting::Write(queued) => Some(queued),
            Waiting::Turn(_) => None,
        }
    }

    /// What to do next, if nothing is under way. Trials come first, because everything waits for them; then writes, in
    /// groups, and turns, in order of arrival; then long writes.
    pub(super) fn next(&mut self, now: Timestamp, here: TabId) -> Option<Next> {
        if self.group.is_some() {
            return None;
        }
        loop {
            let trial = match self.trials.next(now, here) {
                Trial::None => {
                    let others = if self.waiting.is_empty() {
                        Others::None
                    } else {
                        Others::Wait
                    };
                    self.long.next(now, here, others)
                }
                Trial::Wait => return None,
                trial => trial,
            };
            match trial {
                Trial::Run(queued) => return Some(self.begin(vec![queued])),
                Trial::Ask(request) => return Some(Next::AskToTry(request)),
                Trial::Drop(request) => {
                    self.known.remove(&request);
                }
                Trial::Wait | Trial::None => return self.next_in_order(),
            }
        }
    }

    fn next_in_order(&mut self) -> Option<Next> {
        let mut group = Vec::new();
        while group.len() < Self::GROUP {
            match self.waiting.pop_front() {
                Some(Waiting::Write(queued)) => group.push(queued),
                Some(Waiting::Turn(request)) if group.is_empty() => {
                    self.group = Some(Group::Turn);
                    return Some(Next::Turn(request));
                }
                Some(other) => {
                    self.waiting.push_front(other);
                    break;
                }
                None => break,
            }
        }
        (!group.is_empty()).then(|| self.begin(group))
    }

    fn begin(&mut self, group: Vec<Queued>) -> Next {
        self.group = Some(Group::Running(group.iter().map(|queued| queued.request).collect()));
        Next::Group(group)
    }

    /// Returns the writes of the group that were not run: the long one to the long writes, the others to the front.
    pub(super) fn put_back(&mut self, now: Timestamp, PutOff { long, unrun }: PutOff) {
        if let Some(Group::Running(requests)) = &mut self.group {
            // These get no answer from this group, so `answers` must stay in step with the requests that remain.
            requests.truncate(requests.len() - unrun.len() - usize::from(long.is_some()));
        }
        for queued in unrun.into_iter().rev() {
            // A request that is not known was dropped meanwhile: this tab no longer leads.
            if self.known.contains(&queued.request) {
                self.waiting.push_front(Waiting::Write(queued));
            }
        }
        if let Some(queued) = long {
            let patience = Patience::Whole;
            self.long.push(now, Queued { patience, ..queued });
        }
    }

    /// The turn has ended, and this commit is to be stored.
    pub(super) fn storing_turn(&mut self, commit: Rc<Commit>) {
        let answers = Vec::new();
        self.group = Some(Group::Storing { commit, answers });
    }

    /// The turn has ended, and nothing is to be stored.
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

    /// The requests of the group that is being run or stored.
    pub(super) fn under_way(&self) -> Vec<RequestId> {
        match &self.group {
            Some(Group::Running(requests)) => requests.clone(),
            Some(Group::Storing { answers, .. }) => answers.iter().map(|(request, _)| *request).collect(),
            Some(Group::Turn) | None => Vec::new(),
        }
    }

    /// Whether anything waits for the group or turn that is under way.
    pub(super) fn is_waited_for(&self) -> bool {
        !self.waiting.is_empty() || !self.trials.is_empty() || !self.long.is_empty()
    }

    /// Whether a group is being run or stored, or a turn is open.
    pub(super) fn is_busy(&self) -> bool {
        self.group.is_some()
    }

    /// This tab no longer leads. Each sender will send its waiting writes to the next leader.
    pub(super) fn clear(&mut self) {
        // `group` stays: what is on its way to the store must still be answered.
        self.waiting.clear();
        self.trials.clear();
        self.long.clear();
        self.known.clear();
        self.unstored.clear();
        self.settled_below.clear();
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::sql::Work;

    const NOW: Timestamp = Timestamp(1_000_000);

    fn queued(tab: u128) -> Queued {
        let tab = TabId(Uuid::from_u128(tab));
        Queued::new(
            RequestId { tab, counter: 1 },
            Rc::new(Work::batch(Vec::new())),
            SettledBelow(0),
            NOW,
        )
    }

    #[test]
    fn while_an_asker_is_waited_for_nothing_else_wakes_the_leader() {
        let here = TabId(Uuid::from_u128(1));
        let mut queue = WriteQueue::default();
        queue.push(queued(2));
        assert!(matches!(queue.next(NOW, here), Some(Next::Group(_))));
        let long = Some(queued(2));
        let unrun = Vec::new();
        queue.put_back(NOW, PutOff { long, unrun });
        queue.nothing_to_store(Vec::new());
        let rested = queue.deadline().expect("the long write goes on then");
        queue.push_suspect(queued(3));
        assert!(matches!(queue.next(rested, here), Some(Next::AskToTry(_))));
        assert!(queue.deadline().is_some_and(|until| until > rested));
    }
}
