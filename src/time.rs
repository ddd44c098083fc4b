//! Time as the pure modules see it: a number that the driver hands in.

use serde::{Deserialize, Serialize};

/// Microseconds since the UNIX epoch by the driver's clock. All tabs of an origin run on one machine, so their times
/// can be compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// From milliseconds since the UNIX epoch.
    pub fn from_ms(ms: f64) -> Self {
        Timestamp((ms * 1_000.0) as u64)
    }

    /// The time `ms` milliseconds later.
    #[must_use]
    pub fn after_ms(self, ms: u64) -> Self {
        Timestamp(self.0.saturating_add(ms * 1_000))
    }

    /// Whole milliseconds since the UNIX epoch.
    pub fn as_ms(self) -> u64 {
        self.0 / 1_000
    }

    /// Milliseconds from `earlier` to this time; 0 if `earlier` is not earlier.
    pub fn ms_since(self, earlier: Timestamp) -> f64 {
        self.0.saturating_sub(earlier.0) as f64 / 1_000.0
    }
}
