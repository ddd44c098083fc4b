//! Long writes: the leader stops such a write once, so that others get their turn, and runs it again after them.
//!
//! A worker that runs SQL hears no messages, so a leader cannot know whether anybody waits for a write to end. The
//! leader therefore stops a long write once, listens for [`PAUSE_MS`], serves what it hears, and then runs the write
//! whole. If other writes never pause, the long write goes before them after [`MOST_MS`]. The leader first asks the tab
//! that sent the write, as with a suspect ([`super::trials`]), and drops a write whose tab is gone.

use std::collections::VecDeque;

use super::queued::Queued;
use super::trials::{Trial, Trials};
use crate::storage::{RequestId, TabId};
use crate::time::Timestamp;

/// Longer than messages take that wait for a busy worker.
const PAUSE_MS: u64 = 100;
/// The longest time that a long write waits for other writes.
const MOST_MS: u64 = 10_000;

/// Whether other writes wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Others {
    Wait,
    None,
}

#[derive(Debug, Default)]
pub(super) struct LongWrites {
    waiting: VecDeque<Long>,
    trials: Trials,
}

#[derive(Debug)]
struct Long {
    queued: Queued,
    put_off: Timestamp,
}

impl LongWrites {
    pub(super) fn push(&mut self, now: Timestamp, queued: Queued) {
        self.waiting.push_back(Long { queued, put_off: now });
    }

    pub(super) fn allow(&mut self, request: RequestId) {
        self.trials.allow(request);
    }

    pub(super) fn withdraw(&mut self, request: RequestId) -> Option<Queued> {
        if let Some(queued) = self.trials.withdraw(request) {
            return Some(queued);
        }
        let at = self.waiting.iter().position(|long| long.queued.request == request)?;
        self.waiting.remove(at).map(|long| long.queued)
    }

    /// What to do about the long writes now.
    pub(super) fn next(&mut self, now: Timestamp, here: TabId, others: Others) -> Trial {
        let overdue = self
            .waiting
            .front()
            .is_some_and(|long| long.put_off.after_ms(MOST_MS) <= now);
        let rested = self.deadline_of_pause().is_some_and(|at| at <= now);
        if others == Others::Wait && !overdue {
            return Trial::None;
        }
        if self.trials.is_empty()
            // One at a time: the next long write waits until the asker of this one has answered.
            && (overdue || rested)
            && let Some(Long { queued, .. }) = self.waiting.pop_front()
        {
            self.trials.push(queued);
        }
        self.trials.next(now, here)
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.trials.deadline().or(self.deadline_of_pause())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.trials.is_empty()
    }

    pub(super) fn clear(&mut self) {
        *self = LongWrites::default();
    }

    fn deadline_of_pause(&self) -> Option<Timestamp> {
        self.waiting.front().map(|long| long.put_off.after_ms(PAUSE_MS))
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

    fn tab(number: u128) -> TabId {
        TabId(Uuid::from_u128(number))
    }

    fn long_writes() -> LongWrites {
        let mut long = LongWrites::default();
        let request = RequestId {
            tab: tab(2),
            counter: 1,
        };
        long.push(
            NOW,
            Queued::new(request, Rc::new(Work::batch(Vec::new())), SettledBelow::default(), NOW),
        );
        long
    }

    #[test]
    fn a_long_write_lets_others_be_heard_first() {
        let mut long = long_writes();
        assert!(matches!(long.next(NOW, tab(1), Others::None), Trial::None));
        let rested = long.deadline().expect("it waits");
        assert!(matches!(long.next(rested, tab(1), Others::Wait), Trial::None));
        assert!(matches!(long.next(rested, tab(1), Others::None), Trial::Ask(_)));
    }

    #[test]
    fn a_long_write_is_not_kept_waiting_by_others_that_never_pause() {
        let mut long = long_writes();
        let late = NOW.after_ms(MOST_MS);
        assert!(matches!(long.next(late, tab(2), Others::Wait), Trial::Run(_)));
        assert!(long.is_empty());
    }
}
