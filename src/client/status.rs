//! What a page knows of a database right now, from the events of its worker. Pure, so that it is tested natively.

use crate::request::{Change, Event, Failure, LeaderInfo};
use crate::storage::Durability;

/// What a page knows of a database right now.
#[derive(Clone, Debug)]
pub struct Status {
    /// The id of this tab; `None` until the database is open.
    pub tab: Option<String>,
    /// The leader and its lease.
    pub leader: LeaderInfo,
    /// The number of writes of this page that have no answer yet.
    pub pending: u32,
    /// The newest commit that the page heard of; `None` before the first.
    pub last_change: Option<Change>,
    /// The durability that this page asked for when it opened the database.
    pub durability: Durability,
    /// Why the database is in memory only; `None` if it is stored.
    pub in_memory: Option<Failure>,
    /// Why the database cannot be used any more; `None` while it can.
    pub failure: Option<Failure>,
}

impl Status {
    pub(super) fn note(&mut self, event: &Event) {
        match event {
            Event::Opened { tab } => self.tab = Some(tab.clone()),
            Event::InMemory(reason) => self.in_memory = Some(reason.clone()),
            Event::Changed(change) => self.last_change = Some(change.clone()),
            Event::Leadership(leader) => self.leader = leader.clone(),
            Event::Pending { writes } => self.pending = *writes,
            Event::Answered { .. }
            | Event::Rows { .. }
            | Event::Failed(_)
            | Event::Found { .. }
            | Event::Warning(_)
            | Event::Transactions { .. } => {}
        }
    }

    /// The worker died. The page knows nothing of the next worker yet.
    pub(super) fn forget_worker(&mut self) {
        self.tab = None;
        self.leader = LeaderInfo::unknown();
        self.pending = 0;
    }

    /// The session is over. Only the first failure counts.
    pub(super) fn end(&mut self, failure: &Failure) {
        self.failure.get_or_insert_with(|| failure.clone());
        self.pending = 0;
    }
}

impl Default for Status {
    fn default() -> Self {
        Status {
            tab: None,
            leader: LeaderInfo::unknown(),
            pending: 0,
            last_change: None,
            durability: Durability::default(),
            in_memory: None,
            failure: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::FailureKind;
    use crate::sql::Code;

    #[test]
    fn a_page_whose_worker_died_knows_neither_tab_nor_leader_nor_writes_under_way() {
        let mut status = Status::default();
        status.note(&Event::Opened { tab: "one".into() });
        status.note(&Event::Pending { writes: 3 });
        status.forget_worker();
        assert_eq!((status.tab, status.pending), (None, 0));
        assert!(!status.leader.is_leader);
    }

    #[test]
    fn of_several_ends_the_first_counts() {
        let mut status = Status::default();
        let closed = Failure::closed();
        status.end(&closed);
        status.end(&Failure::new(FailureKind::State, Code::WorkerCrashed, "it died"));
        assert_eq!(status.failure, Some(closed));
    }
}
