//! The id of a write request, and up to which of its requests a tab has its replies.
//!
//! Each request carries [`SettledBelow`]. So whoever keeps answers for requests that may come again (the replies that are
//! stored, and the leader's queue) knows which of them nobody will ask for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The instance id of a tab. It is a UUIDv7, so ids sort by the time when they were made, and the lowest id is that of
/// the oldest tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TabId(pub Uuid);

impl std::fmt::Display for TabId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The request id of a write, for good: its tab, and that tab's own count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RequestId {
    /// The tab whose page asked.
    pub tab: TabId,
    /// From 1, one higher with each request of the tab.
    pub counter: u64,
}

/// How far a tab has come: all its requests with a smaller counter are settled there, so their answers may be forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SettledBelow(pub u64);

impl SettledBelow {
    /// Whether the tab that says so has the answer to this request of its own.
    pub fn covers(self, request: RequestId) -> bool {
        request.counter < self.0
    }

    /// The requests of this tab, among those that are kept, whose answers the tab has.
    pub fn of<T>(self, tab: TabId, kept: &BTreeMap<RequestId, T>) -> Vec<RequestId> {
        let settled = RequestId { tab, counter: 0 }..RequestId { tab, counter: self.0 };
        kept.range(settled).map(|(request, _)| *request).collect()
    }
}
