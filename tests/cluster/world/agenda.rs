//! The agenda and the clock of a world. The clock moves only when the next entry is taken, or when it is told to.
//!
//! Entries for the same instant happen in the order in which they were entered. Nothing else decides, so a seed replays
//! exactly.

use std::collections::BTreeMap;

use sqlite_elements::time::Timestamp;

use super::arrival::Arrival;
use super::tab::TabNo;

#[derive(Debug)]
pub(super) struct Agenda {
    now: Timestamp,
    entries: u64,
    due: BTreeMap<(Timestamp, u64), Due>,
}

#[derive(Debug)]
pub(super) enum Due {
    Arrive(TabNo, Box<Arrival>),
    /// The store has read the image with which a tab opens.
    Load(TabNo),
    Open(TabNo),
    /// The store does the first call of the tab.
    Store(TabNo),
    Wake(TabNo),
    Watchdog(TabNo),
    Remind(u64),
}

impl Agenda {
    pub(super) fn new() -> Self {
        Agenda {
            now: Timestamp::from_ms(1_700_000_000_000.0),
            entries: 0,
            due: BTreeMap::new(),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    pub(super) fn move_to(&mut self, at: Timestamp) {
        self.now = self.now.max(at);
    }

    pub(super) fn enter(&mut self, at: Timestamp, due: Due) {
        self.entries += 1;
        self.due.insert((at.max(self.now), self.entries), due);
    }

    pub(super) fn enter_in(&mut self, after_us: u64, due: Due) {
        self.enter(Timestamp(self.now.0 + after_us), due);
    }

    /// Takes the next entry, if it is due until `end`. It is then that time.
    pub(super) fn take(&mut self, end: Timestamp) -> Option<Due> {
        let entry = self.due.first_entry().filter(|entry| entry.key().0 <= end)?;
        self.now = self.now.max(entry.key().0);
        Some(entry.remove())
    }

    /// Takes out arrivals that are on their way.
    pub(super) fn lose_arrivals(&mut self, is_lost: impl Fn(TabNo, &Arrival) -> bool) {
        self.due
            .retain(|_, due| !matches!(due, Due::Arrive(to, arrival) if is_lost(*to, arrival)));
    }
}
