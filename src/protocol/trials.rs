//! Trials: keep a write that ends its leader from ending one leader after another.
//!
//! A write may kill the worker that runs it, hang it, or use up its memory. A dead leader cannot be asked. But the tab
//! that asked for the write knows to which leaders it sent the write, and whether each said that it ended. So the write
//! carries a [`Record`] of that, at no cost in store transactions:
//!
//! ```text
//!            a leadership that had it        one that had said Trying
//!  Clean ────────── ended in silence ──▶ Suspect ─── ended in silence ──▶ Condemned
//!    ▲                                      │
//!    └── (never)          it is run alone, and only after its asker has said GoAhead
//! ```
//!
//! A **suspect** may be innocent: perhaps it waited behind the write that killed. So the leader tries it: it names the
//! suspect (`Trying`), runs nothing else meanwhile, and runs the suspect alone once the asker has noted the trial and
//! said `GoAhead`. If that leader now ends, nothing else can have ended it. A leader that ends for another reason says
//! so (`Resigned`, `HandOver`). That message and the first message of the next leader come from two tabs, in any order,
//! so the asker waits a moment before it condemns.
//!
//! A **condemned** write is not run any more. The next leader says whether it was done after all, and refuses it if
//! not. So no write meets a third leader, whatever messages are lost: without `GoAhead` a suspect is not run.
//!
//! A write of the leader's own page needs no `GoAhead`: if it ends this worker, the page that asked for it knows, and
//! does not send it again.
//!
//! Refused: to tell each tab before each group what is about to run. Every write would pay for that.

use std::collections::{BTreeSet, VecDeque};

use super::queued::Queued;
use super::record::Record;
use crate::durations::{LAST_WORD_MS, TRIAL_MS};
use crate::sabotage::{self, Sabotage};
use crate::storage::{Epoch, RequestId, TabId};
use crate::time::Timestamp;

/// How many ended leaderships are remembered: more than a write waits through.
const MOST_ENDINGS: usize = 64;

/// What the asker has seen of one write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Past {
    record: Record,
    /// The last leadership that was allowed to try it.
    tried: Option<Epoch>,
    /// Until when the last word of that leadership may still come, now that this tab has heard a newer leader.
    word_until: Option<Timestamp>,
}

/// The leaderships that said that they ended, or were this tab's own. None of them died of a write.
#[derive(Debug, Default)]
pub(super) struct Endings(VecDeque<Epoch>);

impl Past {
    pub(super) fn record(&self) -> Record {
        self.record
    }

    /// When to judge the write, if it waits for a last word.
    pub(super) fn judged_at(&self) -> Option<Timestamp> {
        self.word_until
    }

    /// Whether it is too early to judge: the leadership that tried the write is over, but its last word may still come.
    pub(super) fn awaits_word(&mut self, now: Timestamp, epoch: Epoch, endings: &Endings) -> bool {
        let was_tried = self.record == Record::Suspect && self.tried == Some(epoch);
        let is_silent = was_tried && !endings.0.contains(&epoch);
        self.word_until = is_silent.then(|| self.word_until.unwrap_or(now.after_ms(LAST_WORD_MS)));
        self.word_until.is_some_and(|until| now < until)
    }

    /// The leadership to which the write was sent is over and has not answered.
    pub(super) fn outlived(&mut self, epoch: Epoch, endings: &Endings) {
        let was_tried = self.tried.take() == Some(epoch);
        self.word_until = None;
        if endings.0.contains(&epoch) || sabotage::is(Sabotage::DeathsNotCounted) {
            return;
        }
        self.record = match self.record {
            Record::Clean => Record::Suspect,
            Record::Suspect if was_tried => Record::Condemned,
            other => other,
        };
    }

    pub(super) fn allow(&mut self, epoch: Epoch) {
        self.tried = Some(epoch);
    }
}

impl Endings {
    pub(super) fn note(&mut self, epoch: Epoch) {
        if !self.0.contains(&epoch) {
            self.0.push_back(epoch);
        }
        if self.0.len() > MOST_ENDINGS {
            self.0.pop_front();
        }
    }
}

/// The leader's suspects, each of which is tried alone.
#[derive(Debug, Default)]
pub(super) struct Trials {
    waiting: VecDeque<Queued>,
    allowed: BTreeSet<RequestId>,
    /// The suspect whose asker was asked, and until when the asker may answer.
    asked: Option<(RequestId, Timestamp)>,
}

/// What the trials want before any other write runs.
#[derive(Debug)]
pub(super) enum Trial {
    Run(Queued),
    /// Ask the asker of this suspect.
    Ask(RequestId),
    /// The asker was asked; wait for its answer.
    Wait,
    /// The asker is gone: forget the write.
    Drop(RequestId),
    None,
}

impl Trials {
    pub(super) fn push(&mut self, suspect: Queued) {
        self.waiting.push_back(suspect);
    }

    pub(super) fn allow(&mut self, request: RequestId) {
        if self.waiting.iter().any(|suspect| suspect.request == request) {
            self.allowed.insert(request);
        }
    }

    pub(super) fn withdraw(&mut self, request: RequestId) -> Option<Queued> {
        let at = self.waiting.iter().position(|suspect| suspect.request == request)?;
        self.end(request);
        self.waiting.remove(at)
    }

    pub(super) fn next(&mut self, now: Timestamp, here: TabId) -> Trial {
        if let Some((request, until)) = self.asked {
            // The asker may have noted the trial already. Run nothing else until it answers or its time is over: if
            // another write ended this leader now, the asker would blame this one.
            return if self.allowed.contains(&request) {
                self.withdraw(request).map_or(Trial::None, Trial::Run)
            } else if now < until {
                Trial::Wait
            } else {
                self.withdraw(request);
                Trial::Drop(request)
            };
        }
        let may_run = |suspect: &Queued| suspect.request.tab == here || self.allowed.contains(&suspect.request);
        let ready = self.waiting.iter().find(|suspect| may_run(suspect));
        match (ready, self.waiting.front()) {
            (Some(Queued { request, .. }), _) => self.withdraw(*request).map_or(Trial::None, Trial::Run),
            (None, Some(Queued { request, .. })) => {
                self.asked = Some((*request, now.after_ms(TRIAL_MS)));
                Trial::Ask(*request)
            }
            (None, None) => Trial::None,
        }
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.asked.map(|(_, until)| until)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn clear(&mut self) {
        *self = Trials::default();
    }

    fn end(&mut self, request: RequestId) {
        self.allowed.remove(&request);
        self.asked = self.asked.filter(|(asked, _)| *asked != request);
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use uuid::Uuid;

    use super::*;
    use crate::sql::Work;
    use crate::storage::SettledBelow;

    const NOW: Timestamp = Timestamp(1_000_000);

    fn suspect(tab: u128, counter: u64) -> Queued {
        let request = RequestId {
            tab: TabId(Uuid::from_u128(tab)),
            counter,
        };
        Queued::new(request, Rc::new(Work::batch(Vec::new())), SettledBelow::default(), NOW)
    }

    fn here() -> TabId {
        TabId(Uuid::from_u128(1))
    }

    #[test]
    fn a_write_is_condemned_by_the_second_leader_that_dies_of_it_and_by_no_other() {
        let endings = Endings::default();
        let mut past = Past::default();
        past.outlived(Epoch(1), &endings);
        assert_eq!(past.record, Record::Suspect);
        past.outlived(Epoch(2), &endings);
        assert_eq!(past.record, Record::Suspect, "it was not tried");
        past.allow(Epoch(3));
        past.outlived(Epoch(3), &endings);
        assert_eq!(past.record, Record::Condemned);
    }

    #[test]
    fn a_write_is_not_condemned_before_the_last_word_of_its_leader_can_have_come() {
        let mut endings = Endings::default();
        let mut past = Past::default();
        past.outlived(Epoch(1), &endings);
        past.allow(Epoch(2));
        assert!(past.awaits_word(NOW, Epoch(2), &endings));
        assert!(past.awaits_word(NOW.after_ms(LAST_WORD_MS - 1), Epoch(2), &endings));
        let mut silent = past;
        assert!(!silent.awaits_word(NOW.after_ms(LAST_WORD_MS), Epoch(2), &endings));
        silent.outlived(Epoch(2), &endings);
        assert_eq!((silent.record, silent.word_until), (Record::Condemned, None));
        endings.note(Epoch(2));
        assert!(!past.awaits_word(NOW.after_ms(1), Epoch(2), &endings));
        past.outlived(Epoch(2), &endings);
        assert_eq!((past.record, past.word_until), (Record::Suspect, None));
    }

    #[test]
    fn a_leadership_that_said_that_it_ended_makes_no_suspect() {
        let mut endings = Endings::default();
        endings.note(Epoch(1));
        let mut past = Past::default();
        past.outlived(Epoch(1), &endings);
        assert_eq!(past.record, Record::Clean);
    }

    #[test]
    fn a_suspect_is_run_only_once_its_asker_agrees_and_all_wait_for_that() {
        let mut trials = Trials::default();
        trials.push(suspect(2, 1));
        trials.push(suspect(3, 1));
        assert!(matches!(trials.next(NOW, here()), Trial::Ask(_)));
        assert!(matches!(trials.next(NOW, here()), Trial::Wait));
        trials.allow(suspect(2, 1).request);
        assert!(matches!(trials.next(NOW, here()), Trial::Run(it) if it.request.tab != here()));
        assert!(matches!(trials.next(NOW, here()), Trial::Ask(_)));
    }

    #[test]
    fn a_suspect_whose_asker_is_gone_keeps_nobody_waiting() {
        let mut trials = Trials::default();
        trials.push(suspect(2, 1));
        assert!(matches!(trials.next(NOW, here()), Trial::Ask(_)));
        let late = NOW.after_ms(TRIAL_MS);
        assert!(matches!(trials.next(late, here()), Trial::Drop(_)));
        assert!(matches!(trials.next(late, here()), Trial::None));
    }

    #[test]
    fn a_suspect_of_the_leaders_own_page_needs_no_asking() {
        let mut trials = Trials::default();
        trials.push(suspect(1, 1));
        assert!(matches!(trials.next(NOW, here()), Trial::Run(_)));
    }
}
