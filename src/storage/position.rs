//! Where a replica stands in the one history.
//!
//! A [`Position`] is a seq, and the checksum of the whole image after that commit. So two replicas at one position that
//! differ in a single byte find out at the next commit.

use serde::{Deserialize, Serialize};

/// The fencing token. Each new leader raises it, and an append under an older one is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Epoch(pub u64);

/// The number of a commit, from 1; 0 is the empty database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Seq(pub u64);

/// XOR of the checksums of all pages (see [`super::page_checksum`]); 0 for the empty database. A commit updates it from
/// only those pages that it changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Checksum(pub u64);

/// The seq of a commit, and the checksum of the image after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position {
    /// Of the newest commit in the image; 0 before the first.
    pub seq: Seq,
    /// Over all pages of the image, also those that the commit did not change.
    pub checksum: Checksum,
}

/// Every seq and every epoch is below this. A store's keys are JavaScript numbers, which are exact up to here; at a
/// million commits a second that takes 285 years. A record with a larger number is damaged, whatever its checksum says.
const LIMIT: u64 = 1 << 53;

impl Epoch {
    /// The epoch of the next leadership.
    #[must_use]
    pub fn next(self) -> Self {
        Epoch(self.0.saturating_add(1))
    }

    /// An epoch from a record. `None` if it is not below the limit.
    pub(super) fn stored(number: u64) -> Option<Self> {
        (number < LIMIT).then_some(Epoch(number))
    }
}

impl Seq {
    /// The seq of the next commit.
    #[must_use]
    pub fn next(self) -> Self {
        Seq(self.0.saturating_add(1))
    }

    /// A seq from a record or a key. `None` if it is not below the limit.
    pub(super) fn stored(number: u64) -> Option<Self> {
        (number < LIMIT).then_some(Seq(number))
    }
}

impl std::fmt::Display for Epoch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "epoch {}", self.0)
    }
}

impl std::fmt::Display for Seq {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "commit {}", self.0)
    }
}
