//! The faults that strike at single moments of a run, and how often each is drawn.

use std::collections::BTreeMap;

use crate::world::Dice;

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
    /// Its store calls are held for a while.
    Hold,
    /// The tab is gone at once, and so is what it has said and nobody has read.
    Mute,
}

impl Fault {
    const ALL: [Fault; 15] = [
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
        Fault::Hold,
        Fault::Mute,
    ];
}

/// The weight with which each fault is drawn.
#[derive(Clone, Debug, Default)]
pub(crate) struct Weights(BTreeMap<Fault, u64>);

impl Weights {
    pub(crate) fn drawn(mut weight: impl FnMut() -> u64) -> Self {
        Weights(Fault::ALL.map(|fault| (fault, weight())).into())
    }

    /// Whether this fault is never drawn.
    pub(crate) fn lack(&self, fault: Fault) -> bool {
        self.0.get(&fault).is_none_or(|weight| *weight == 0)
    }

    pub(crate) fn draw(&self, dice: &mut Dice) -> Option<Fault> {
        let total: u64 = self.0.values().sum();
        let mut at = dice.below(total);
        for (fault, weight) in &self.0 {
            if at < *weight {
                return Some(*fault);
            }
            at -= weight;
        }
        None
    }
}
