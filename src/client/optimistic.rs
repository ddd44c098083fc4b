//! The optimistic mode: counts the queued writes of this page that have no answer yet, for a page that shows them.
//!
//! The session holds it, so all users of a database in a page share it. Every queued write counts from its call until
//! it ends, with or without an answer. Script may announce a write before it queues it. The announcement counts until a
//! write of the same text replaces it, so that the two count once.
//!
//! Refused: to count all writes and to ask the mode only when the count is read. When script switches the mode on
//! during a write, that count would include a write that script never expected.

use std::cell::RefCell;

use crate::ascending::Ascending;
use crate::sql::Work;

/// Names one write, queued or announced. A session never gives a number twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct WriteNumber(u64);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum OptimisticMode {
    /// Nothing is tracked.
    #[default]
    Off,
    On,
}

/// A queued write that is counted until this is dropped, with or without an answer.
pub(super) struct Tracked<'a> {
    optimistic: &'a RefCell<Optimistic>,
    write: WriteNumber,
}

#[derive(Debug, Default)]
pub(super) struct Optimistic {
    mode: OptimisticMode,
    last: u64,
    /// In the order in which they were announced.
    announced: Vec<(WriteNumber, String)>,
    queued: Ascending<WriteNumber, ()>,
}

impl Optimistic {
    pub(super) fn mode(&self) -> OptimisticMode {
        self.mode
    }

    /// Sets the mode. Switching off forgets all writes.
    pub(super) fn set_mode(&mut self, mode: OptimisticMode) {
        self.mode = mode;
        if mode == OptimisticMode::Off {
            self.clear();
        }
    }

    /// Announces a write of this text. `None` while the mode is off.
    pub(super) fn announce(&mut self, sql: &str) -> Option<WriteNumber> {
        let write = self.next()?;
        self.announced.push((write, sql.to_owned()));
        Some(write)
    }

    /// Counts a queued write of these texts until [`Optimistic::settle`]. It replaces the oldest announcement of each
    /// text. `None` while the mode is off.
    pub(super) fn queue<'a>(&mut self, texts: impl IntoIterator<Item = &'a str>) -> Option<WriteNumber> {
        let write = self.next()?;
        for text in texts {
            if let Some(place) = self.announced.iter().position(|(_, announced)| announced == text) {
                self.announced.remove(place);
            }
        }
        self.queued.insert(write, ());
        Some(write)
    }

    /// A queued write has its answer, or nobody waits for it any more. A forgotten write stays forgotten.
    pub(super) fn settle(&mut self, write: WriteNumber) {
        self.queued.remove(&write);
    }

    pub(super) fn pending(&self) -> usize {
        self.announced.len() + self.queued.len()
    }

    /// Forgets all writes. Those under way go on, uncounted.
    pub(super) fn clear(&mut self) {
        self.announced.clear();
        self.queued.clear();
    }

    fn next(&mut self) -> Option<WriteNumber> {
        if self.mode == OptimisticMode::Off {
            return None;
        }
        self.last += 1;
        Some(WriteNumber(self.last))
    }
}

impl<'a> Tracked<'a> {
    /// Counts a batch. Migrations are not counted, because a page shows nothing of them.
    pub(super) fn begin(optimistic: &'a RefCell<Optimistic>, work: &Work) -> Option<Self> {
        let Work::Batch { statements, .. } = work else {
            return None;
        };
        let texts = statements.iter().map(|statement| statement.sql.as_str());
        let write = optimistic.borrow_mut().queue(texts)?;
        Some(Tracked { optimistic, write })
    }
}

impl Drop for Tracked<'_> {
    fn drop(&mut self) {
        self.optimistic.borrow_mut().settle(self.write);
    }
}

impl std::fmt::Display for WriteNumber {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on() -> Optimistic {
        let mut optimistic = Optimistic::default();
        optimistic.set_mode(OptimisticMode::On);
        optimistic
    }

    #[test]
    fn nothing_is_tracked_while_the_mode_is_off() {
        let mut optimistic = Optimistic::default();
        assert_eq!(optimistic.mode(), OptimisticMode::Off);
        assert_eq!((optimistic.announce("a"), optimistic.queue(["a"])), (None, None));
        assert_eq!(optimistic.pending(), 0);
    }

    #[test]
    fn a_queued_write_counts_until_it_is_settled() {
        let mut optimistic = on();
        let (first, second) = (optimistic.queue(["a"]).unwrap(), optimistic.queue(["a"]).unwrap());
        assert_eq!(optimistic.pending(), 2);
        optimistic.settle(first);
        assert_eq!(optimistic.pending(), 1);
        optimistic.settle(first);
        assert_eq!(optimistic.pending(), 1, "settled once");
        optimistic.settle(second);
        assert_eq!(optimistic.pending(), 0);
    }

    #[test]
    fn an_announced_write_is_taken_over_by_the_one_that_is_queued() {
        let mut optimistic = on();
        let announced = [optimistic.announce("a"), optimistic.announce("a")];
        assert_ne!(announced[0], announced[1]);
        let write = optimistic.queue(["a"]).unwrap();
        assert_eq!(optimistic.pending(), 2, "one announced, one queued");
        let other = optimistic.queue(["b"]).unwrap();
        assert_eq!(optimistic.pending(), 3, "another text takes nothing over");
        optimistic.settle(write);
        optimistic.settle(other);
        assert_eq!(optimistic.pending(), 1, "the announcement that nothing took over stays");
    }

    #[test]
    fn a_batch_counts_once_and_takes_over_what_was_announced_of_it() {
        let mut optimistic = on();
        for sql in ["a", "b", "c"] {
            optimistic.announce(sql);
        }
        let batch = optimistic.queue(["a", "b"]).unwrap();
        assert_eq!(optimistic.pending(), 2);
        optimistic.settle(batch);
        assert_eq!(optimistic.pending(), 1);
    }

    #[test]
    fn what_is_forgotten_is_not_counted_again() {
        let mut optimistic = on();
        optimistic.announce("a");
        let before = optimistic.queue(["b"]).unwrap();
        optimistic.clear();
        assert_eq!(optimistic.pending(), 0);
        let after = optimistic.queue(["b"]).unwrap();
        assert_ne!(before, after);
        optimistic.settle(before);
        assert_eq!(
            optimistic.pending(),
            1,
            "the end of a forgotten write takes no other with it"
        );
        assert_eq!(optimistic.mode(), OptimisticMode::On, "the mode stays");
    }

    #[test]
    fn to_switch_off_forgets_all() {
        let mut optimistic = on();
        optimistic.announce("a");
        optimistic.queue(["b"]);
        optimistic.set_mode(OptimisticMode::Off);
        optimistic.set_mode(OptimisticMode::On);
        assert_eq!(optimistic.pending(), 0);
    }
}
