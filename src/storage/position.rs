//! Where in the one history a replica stands.
//!
//! A [`Position`] is a sequence number plus the checksum of the whole image after that commit, so two
//! replicas at one position that differ in a single byte find out at the next commit.

use serde::{Deserialize, Serialize};

/// The fencing token: raised each time a tab begins to lead; an append under an older one is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Epoch(pub u64);

/// Number of a commit, counted from 1; 0 is the empty database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Seq(pub u64);

/// XOR of the checksums of all pages (see [`super::page_checksum`]); 0 for the empty database.
/// A commit updates it from the pages that it changes alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Checksum(pub u64);

/// A commit's number and the checksum of the image after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position {
    pub seq: Seq,
    pub checksum: Checksum,
}

/// No seq and no epoch is as large as this. A store's keys are numbers of JavaScript, exact up to here; at a million a
/// second it takes 285 years. A record that says more is damaged, whatever its checksum says.
const LIMIT: u64 = 1 << 53;

impl Epoch {
    #[must_use]
    pub fn next(self) -> Self {
        Epoch(self.0.saturating_add(1))
    }

    /// One that a record holds.
    pub(super) fn stored(number: u64) -> Option<Self> {
        (number < LIMIT).then_some(Epoch(number))
    }
}

impl Seq {
    #[must_use]
    pub fn next(self) -> Self {
        Seq(self.0.saturating_add(1))
    }

    /// One that a record or a key holds.
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
