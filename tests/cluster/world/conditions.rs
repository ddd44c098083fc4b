//! How well the channel and the store of a world work. Rates are per mille.

/// The weather of a run, while faults ([`crate::simulation`]) strike at single moments.
#[derive(Clone, Debug)]
pub(crate) struct Conditions {
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
    pub(crate) order: Order,
    pub(crate) versions: Versions,
    /// The least delay of a message, in µs.
    pub(crate) message_us: u64,
    /// The least delay of a store call, in µs.
    pub(crate) store_us: u64,
    pub(crate) store_fails: u64,
}

/// Whether messages of one tab to another keep their order, as a BroadcastChannel promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Kept,
    Any,
}

/// Whether all tabs understand each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Versions {
    One,
    /// Every second tab has another version of the library, as while a site is updated.
    Two,
}

impl Conditions {
    /// Nothing goes wrong.
    pub(crate) fn calm() -> Self {
        Conditions {
            lost: 0,
            doubled: 0,
            order: Order::Kept,
            versions: Versions::One,
            message_us: 50,
            store_us: 200,
            store_fails: 0,
        }
    }

    /// Whether each message arrives and is understood.
    pub(crate) fn lets_all_hear(&self) -> bool {
        self.lost == 0 && self.versions == Versions::One
    }
}
