//! What kinds of trouble one run has: each kind is on or off by the seed, so that some runs are calm in all but
//! one respect and others have everything at once.

use std::collections::BTreeMap;

use super::random::Random;

/// Rates are per mille of the chances there are.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    pub(crate) tabs: usize,
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
    pub(crate) order: Order,
    pub(crate) versions: Versions,
    /// Least delay of a message and of a store call.
    pub(crate) message_us: u64,
    pub(crate) store_us: u64,
    pub(crate) store_fails: u64,
    /// Of the writes, so many kill or hang whatever runs them.
    pub(crate) poison: u64,
    /// Of the acts of a run, so many are faults.
    pub(crate) faults: u64,
    /// How often each fault is drawn, by weight.
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
    /// Every other tab has another version of the library, as while a site is updated.
    Two,
}

/// What can befall a tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// Gone at once, with all it had in hand.
    Crash,
    /// Its page closes the database, and it is gone when that is done.
    Close,
    /// Its page goes away while it closes.
    AbruptClose,
    Freeze,
    Thaw,
    /// The lock is taken from whoever holds it, for no reason of ours.
    Steal,
    /// Its page goes out of sight, is frozen perhaps, and comes back.
    Hide,
    /// Its page asks to lead.
    AskToLead,
    /// Its store fails the next time.
    StoreFails,
    /// The store of all tabs is full for a while.
    Quota,
    /// The next append fails as a request, though its transaction ends well.
    Phantom,
    /// A byte of what it has in memory is altered.
    Damage,
    /// What other tabs have said to it and it has not looked at is lost.
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

    /// Nothing goes wrong.
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

    /// Whether no message is lost, no store fails, and no tab ends or stops but by poison.
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
