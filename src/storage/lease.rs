//! The lease: which tab may lead where the browser has no Web Locks, and which tabs wait for it.
//!
//! The lease is stored beside the head, and changed by compare-and-swap: [`super::Store::lease`] reads it, takes one
//! [`LeaseStep`], and writes it, in one transaction. `tab::lease` decides which step, and when. The lease makes one tab
//! lead at a time if all goes well; it guarantees nothing. A clock that jumps, or a record that is lost, gives two
//! holders, and then the epoch lets only one of them append.
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 8 | magic `SQEl`, version 1 |
//! | 8 | 16 | holder; all zero if there is none |
//! | 24 | 8 | when the lease lapses, in microseconds since the UNIX epoch |
//! | 32 | 24 each | candidates: id (16), when last seen (8) |
//! | last 8 | 8 | xxh3 of all bytes before |
//!
//! (For its frame see [`super::record`].) A damaged record counts as none: it concerns the next seconds alone, and
//! refusing it would keep the database from ever having a leader again.

use uuid::Uuid;

use super::record::{Kind, RecordError, RecordName, seal};
use super::request_id::TabId;
use super::store_error::StoreError;
use crate::durations::LEASE_MS;
use crate::time::Timestamp;

const KIND: Kind = Kind {
    magic: *b"SQEl",
    version: 1,
};

/// The stored record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lease {
    /// The tab that may lead.
    pub holder: Option<TabId>,
    /// When the lease lapses.
    pub expires: Timestamp,
    /// The tabs that wait, and when each was last seen. A tab that was not seen for the time of a lease does not count.
    pub candidates: Vec<(TabId, Timestamp)>,
}

/// A step of one tab at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseStep {
    /// The tab that asks. [`LeaseAct::Take`] makes it the holder.
    pub tab: TabId,
    /// When the tab asks, by its own clock. If the store takes the step later, the lease is shorter by the delay.
    pub at: Timestamp,
    /// Chosen before the lease is read: the store may find another holder by then.
    pub act: LeaseAct,
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaseAct {
    /// Notes that the tab waits. Takes the lease if it is free or has lapsed, and no candidate has a lower id.
    Wait {
        /// The tab that was heard to lead within the last lease. Its lease has not lapsed, even if the tab could not
        /// renew it.
        heard: Option<TabId>,
    },
    /// Extends the tab's own lease. Another tab's is left alone.
    Renew,
    /// Takes the lease from its holder.
    Take,
    /// Gives the tab's own lease back, and stops waiting.
    Release,
}

impl Lease {
    /// Reads the record as a store holds it.
    pub(super) fn stored(record: Option<&[u8]>) -> Result<Self, StoreError> {
        match record.map(Lease::decode) {
            Some(Err(error @ RecordError::Version { .. })) => Err(error.of(RecordName::Lease)),
            Some(Ok(lease)) => Ok(lease),
            Some(Err(RecordError::Damaged)) | None => Ok(Lease::default()),
        }
    }

    /// When `tab` may have the lease, if nobody renews it and no candidate with a lower id asks again. `lapses` says
    /// when the lease lapses.
    pub fn free_at(&self, tab: TabId, lapses: Timestamp) -> Timestamp {
        let before = self.candidates.iter().filter(|(other, _)| *other < tab);
        before
            .map(|(_, seen)| seen.after_ms(LEASE_MS))
            .fold(lapses, Timestamp::max)
    }

    /// The lease after a step. The tab that took the step holds the lease if [`Lease::holder`] says so.
    #[must_use]
    pub fn after(mut self, step: &LeaseStep) -> Self {
        let LeaseStep { tab, at, act } = *step;
        let own = self.holder == Some(tab);
        match act {
            LeaseAct::Wait { heard } => {
                // Another tab may have asked later and been served before. A time further in the future is from a clock
                // that was set back since.
                let lasts = |until: Timestamp| at < until && until <= at.after_ms(2 * LEASE_MS);
                self.candidates
                    .retain(|(other, seen)| *other != tab && lasts(seen.after_ms(LEASE_MS)));
                let held = self.holder.is_some() && (heard == self.holder || lasts(self.expires));
                let first = self.candidates.iter().all(|(other, _)| tab < *other);
                self.candidates.push((tab, at));
                if own || (!held && first) {
                    self.hold(tab, at);
                }
            }
            LeaseAct::Take => self.hold(tab, at),
            LeaseAct::Renew if own => self.hold(tab, at),
            LeaseAct::Renew => {}
            LeaseAct::Release => {
                self.forget(tab);
                self.holder = self.holder.filter(|_| !own);
            }
        }
        self
    }

    fn hold(&mut self, tab: TabId, at: Timestamp) {
        self.forget(tab);
        self.holder = Some(tab);
        self.expires = at.after_ms(LEASE_MS);
    }

    fn forget(&mut self, candidate: TabId) {
        self.candidates.retain(|(tab, _)| *tab != candidate);
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = KIND.begin(24 * (1 + self.candidates.len()));
        let holder = self.holder.unwrap_or(TabId(Uuid::nil()));
        let mut entry = |tab: TabId, time: Timestamp| {
            bytes.extend(tab.0.as_bytes());
            bytes.extend(time.0.to_le_bytes());
        };
        entry(holder, self.expires);
        self.candidates.iter().for_each(|(tab, seen)| entry(*tab, *seen));
        seal(bytes)
    }

    fn decode(record: &[u8]) -> Result<Self, RecordError> {
        let fields = KIND.open(record)?.rest();
        let mut entries = fields.chunks(24).map(entry);
        let (holder, expires) = entries.next().flatten().ok_or(RecordError::Damaged)?;
        Ok(Lease {
            holder: Some(holder).filter(|holder| !holder.0.is_nil()),
            expires,
            candidates: entries.collect::<Option<_>>().ok_or(RecordError::Damaged)?,
        })
    }
}

fn entry(bytes: &[u8]) -> Option<(TabId, Timestamp)> {
    let (id, time) = bytes.split_at_checked(16)?;
    let time = u64::from_le_bytes(time.try_into().ok()?);
    Some((TabId(Uuid::from_slice(id).ok()?), Timestamp(time)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp(1_000_000_000);
    const WAIT: LeaseAct = LeaseAct::Wait { heard: None };

    fn tab(number: u128) -> TabId {
        TabId(Uuid::from_u128(number))
    }

    fn after(lease: &Lease, number: u128, ms: u64, act: LeaseAct) -> Lease {
        let step = LeaseStep {
            tab: tab(number),
            at: START.after_ms(ms),
            act,
        };
        lease.clone().after(&step)
    }

    fn held_by(number: u128) -> Lease {
        let lease = after(&Lease::default(), number, 0, WAIT);
        assert_eq!(lease.holder, Some(tab(number)));
        lease
    }

    #[test]
    fn a_lease_comes_back_as_it_was_written() {
        for lease in [Lease::default(), after(&held_by(5), 3, 10, WAIT)] {
            assert_eq!(Lease::decode(&lease.encode()), Ok(lease));
        }
    }

    #[test]
    fn a_damaged_record_counts_as_none_and_a_newer_one_is_left_alone() {
        let mut bytes = held_by(5).encode();
        bytes[9] ^= 1;
        assert_eq!(Lease::stored(Some(&bytes)), Ok(Lease::default()));
        for length in [0, 23, 25] {
            let mut bytes = KIND.begin(length);
            bytes.extend(vec![1; length]);
            assert_eq!(Lease::stored(Some(&seal(bytes))), Ok(Lease::default()));
        }
        let newer = seal(Kind { version: 2, ..KIND }.begin(0));
        let expected = StoreError::Layout { stored: 2, known: 1 };
        assert_eq!(Lease::stored(Some(&newer)), Err(expected));
    }

    #[test]
    fn a_lease_that_has_not_lapsed_is_waited_for() {
        let lease = after(&held_by(5), 3, LEASE_MS - 1, WAIT);
        assert_eq!(lease.holder, Some(tab(5)), "though 3 is lower");
        assert_eq!(after(&lease, 3, LEASE_MS, WAIT).holder, Some(tab(3)));
    }

    #[test]
    fn who_is_heard_to_lead_has_its_lease_though_it_could_not_renew_it() {
        let heard = Some(tab(5));
        let lease = after(&held_by(5), 7, 8_000, LeaseAct::Wait { heard });
        assert_eq!(lease.holder, Some(tab(5)));
        let of_another = Some(tab(6));
        let lease = after(&lease, 7, 8_001, LeaseAct::Wait { heard: of_another });
        assert_eq!(lease.holder, Some(tab(7)));
    }

    #[test]
    fn of_the_candidates_that_are_there_the_lowest_gets_it() {
        let lease = after(&after(&held_by(5), 3, 0, WAIT), 4, 1_000, WAIT);
        let free = after(&lease, 5, 2_000, LeaseAct::Release);
        let free = after(&free, 4, 2_000, WAIT);
        assert_eq!(free.holder, None, "3 was seen 2 s ago");
        assert_eq!(after(&free, 3, 2_001, WAIT).holder, Some(tab(3)));
        assert_eq!(free.free_at(tab(4), START), START.after_ms(LEASE_MS));
        assert_eq!(
            free.free_at(tab(3), START.after_ms(1)),
            START.after_ms(1),
            "nobody is before 3"
        );
        assert_eq!(after(&free, 4, LEASE_MS, WAIT).holder, Some(tab(4)), "3 is gone");
        let left = after(&free, 3, 2_001, LeaseAct::Release);
        assert_eq!(after(&left, 4, 2_002, WAIT).holder, Some(tab(4)), "3 waits no more");
    }

    #[test]
    fn a_step_that_is_taken_late_takes_nothing_from_those_who_asked_later() {
        let lease = after(&held_by(5), 5, 1_000, LeaseAct::Renew);
        assert_eq!(after(&lease, 7, 900, WAIT).holder, Some(tab(5)));
        let free = after(&after(&lease, 3, 1_000, WAIT), 5, 1_000, LeaseAct::Release);
        assert_eq!(after(&free, 7, 900, WAIT).holder, None, "3 has the lower id");
    }

    #[test]
    fn a_lease_is_renewed_and_released_by_its_holder_alone() {
        let lease = held_by(5);
        assert_eq!(
            after(&lease, 5, 1_000, LeaseAct::Renew).expires,
            START.after_ms(1_000 + LEASE_MS)
        );
        assert_eq!(after(&lease, 4, 1_000, LeaseAct::Renew), lease);
        assert_eq!(after(&lease, 4, 1_000, LeaseAct::Release), lease);
    }

    #[test]
    fn a_taken_lease_is_the_takers() {
        let lease = after(&held_by(5), 9, 1_000, LeaseAct::Take);
        assert_eq!(
            (lease.holder, lease.expires),
            (Some(tab(9)), START.after_ms(1_000 + LEASE_MS))
        );
        assert_eq!(after(&lease, 5, 1_001, LeaseAct::Renew), lease);
    }

    #[test]
    fn a_clock_that_was_set_back_holds_nobody_up() {
        let lease = after(&held_by(5), 3, 3_000, WAIT);
        let step = LeaseStep {
            tab: tab(4),
            at: Timestamp(0),
            act: WAIT,
        };
        assert_eq!(lease.after(&step).holder, Some(tab(4)));
    }
}
