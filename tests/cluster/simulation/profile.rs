//! The kinds of trouble in one run. The seed turns each kind on or off, so some runs have only one kind and others have
//! all at once.

use std::collections::BTreeMap;

use super::random::Random;

/// How much trouble a run has. Rates are per mille.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    pub(crate) tabs: usize,
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
    pub(crate) order: Order,
    pub(crate) versions: Versions,
    /// The least delay of a message, in µs.
    pub(crate) message_us: u64,
    /// The least delay of a store call, in µs.
    pub(crate) store_us: u64,
    pub(crate) store_fails: u64,
    /// The rate of writes that kill or hang the worker that runs them.
    pub(crate) poison: u64,
    /// The rate of acts that are faults.
    pub(crate) faults: u64,
    /// The weight with which each fault is drawn.
    pub(crate) weights: BTreeMap<Fault, u64>,
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

/// What can befall a tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// The tab is gone at once, with all that it had in hand.
    Crash,
    /// Its page closes the database, and then the tab is gone.
    Close,
    /// Its page goes away while it closes.
    AbruptClose,
    Freeze,
    Thaw,
    /// The browser takes the lock from its holder, for no reason of ours.
    Steal,
    /// Its page goes out of sight, is perhaps frozen, and comes back.
    Hide,
    /// Its page asks to lead.
    AskToLead,
    /// Its next store calls fail.
    StoreFails,
    /// The store of all tabs is full for a while.
    Quota,
    /// The next append fails as a request, although its transaction completes.
    Phantom,
    /// A byte of its image is altered.
    Damage,
    /// The unread messages of other tabs to it are lost.
    Deaf,
}

impl Fault {
    const ALL: [Fault; 13] = [
        Fault::Crash,
        Fault::Close,
        Fault::AbruptClose,
        Fault::Freeze,
        Fault::Thaw,
        Fault::Steal,
        Fault::Hide,
        Fault::AskToLead,
        Fault::StoreFails,
        Fault::Quota,
        Fault::Phantom,
        Fault::Damage,
        Fault::Deaf,
    ];
}

impl Profile {
    pub(crate) fn drawn(random: &mut Random) -> Self {
        let mut sometimes = |most: u64| if random.per_mille(500) { random.below(most) } else { 0 };
        let (lost, doubled, store_fails) = (sometimes(100), sometimes(200), sometimes(60));
        let poison = sometimes(60);
        let weights = Fault::ALL.map(|fault| (fault, sometimes(10))).into();
        Profile {
            tabs: 2 + random.below(3) as usize,
            lost,
            doubled,
            order: if random.per_mille(500) { Order::Kept } else { Order::Any },
            versions: if random.per_mille(150) {
                Versions::Two
            } else {
                Versions::One
            },
            message_us: 50 << random.below(5),
            store_us: 200 << random.below(5),
            store_fails,
            poison,
            faults: random.below(300),
            weights,
        }
    }

    /// A run in which nothing goes wrong.
    pub(crate) fn calm() -> Self {
        Profile {
            tabs: 3,
            lost: 0,
            doubled: 0,
            order: Order::Kept,
            versions: Versions::One,
            message_us: 50,
            store_us: 200,
            store_fails: 0,
            poison: 0,
            faults: 0,
            weights: BTreeMap::new(),
        }
    }

    /// Whether no message is lost, no store fails, and only poison ends or stops a tab.
    pub(crate) fn is_kind(&self) -> bool {
        let ends = [
            Fault::Crash,
            Fault::AbruptClose,
            Fault::Close,
            Fault::Freeze,
            Fault::Hide,
            Fault::Steal,
            Fault::Deaf,
            Fault::StoreFails,
            Fault::Quota,
            Fault::Phantom,
        ];
        let none = |fault: &Fault| self.weights.get(fault).is_none_or(|weight| *weight == 0);
        self.lost == 0
            && self.store_fails == 0
            && self.versions == Versions::One
            && (self.faults == 0 || ends.iter().all(none))
    }

    pub(crate) fn fault(&self, random: &mut Random) -> Option<Fault> {
        let total: u64 = self.weights.values().sum();
        let mut at = random.below(total);
        for (fault, weight) in &self.weights {
            if at < *weight {
                return Some(*fault);
            }
            at -= weight;
        }
        None
    }
}
