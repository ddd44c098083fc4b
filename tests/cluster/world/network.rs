//! The channel between tabs: who can read whom, and which messages must not overtake each other.
//!
//! A BroadcastChannel loses no message between two tabs that live. What a tab said just before its process died may be
//! lost, and what a frozen page did not read when it was discarded. Seeds may lose any message, which is more than a
//! browser does: see [`super::Conditions`].

use std::collections::BTreeMap;
use std::rc::Rc;

use sqlite_elements::time::Timestamp;

use super::arrival::Letter;
use super::tab::TabNo;

/// The first byte of a message that another version of the library has sent.
const UNKNOWN_VERSION: u8 = 99;

/// Tabs of one version understand each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Version(pub(super) usize);

#[derive(Debug, Default)]
pub(super) struct Network {
    /// The tabs that have another version than [`Version::default`].
    versions: BTreeMap<TabNo, Version>,
    last_arrival: BTreeMap<(TabNo, TabNo), Timestamp>,
}

impl Network {
    pub(super) fn set_version(&mut self, tab: TabNo, version: Version) {
        self.versions.insert(tab, version);
    }

    /// All tabs have one version again.
    pub(super) fn update_all(&mut self) {
        self.versions.clear();
    }

    /// The message as it arrives.
    pub(super) fn letter(&self, from: TabNo, to: TabNo, bytes: &Rc<[u8]>) -> Letter {
        let mut bytes = Rc::clone(bytes);
        if self.version(from) != self.version(to) {
            Rc::make_mut(&mut bytes)[0] = UNKNOWN_VERSION;
        }
        Letter {
            from: Some(from),
            bytes,
        }
    }

    /// When a message arrives that would arrive at `at` but for those before it.
    pub(super) fn in_order(&mut self, from: TabNo, to: TabNo, at: Timestamp) -> Timestamp {
        let last = self.last_arrival.entry((from, to)).or_default();
        *last = at.max(*last);
        *last
    }

    fn version(&self, tab: TabNo) -> Version {
        self.versions.get(&tab).copied().unwrap_or_default()
    }
}
