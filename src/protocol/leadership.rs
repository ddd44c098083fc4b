//! Who leads, as one tab knows it.

use crate::storage::TabId;
use crate::time::Timestamp;

/// The leader, as far as this tab knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leadership {
    /// The leader, once this tab has heard of one.
    pub leader: Option<TabId>,
    /// Whether this tab is the leader.
    pub here: Here,
    /// When the lease lapses, unless the leader renews it.
    pub lease_expiry: Timestamp,
}

/// Whether the leader is this tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Here {
    /// The store has this tab's epoch, and the replica has caught up with the head.
    Leads,
    /// Also while this tab still catches up before it leads, and after it has closed.
    #[default]
    Follows,
}
