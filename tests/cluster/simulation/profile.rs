//! The kinds of trouble in one run. The seed turns each kind on or off, so some runs have only one kind and others have
//! all at once.

use super::faults::{Fault, Weights};
use crate::world::{Conditions, Dice, Order, Versions};

/// How much trouble a run has. Rates are per mille.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    pub(crate) tabs: usize,
    pub(crate) conditions: Conditions,
    /// The rate of writes that kill or hang the worker that runs them.
    pub(crate) poison: u64,
    /// The rate of acts that are faults.
    pub(crate) faults: u64,
    pub(crate) weights: Weights,
}

impl Profile {
    pub(crate) fn drawn(dice: &mut Dice) -> Self {
        let mut sometimes = |most: u64| if dice.per_mille(500) { dice.below(most) } else { 0 };
        let (lost, doubled, store_fails) = (sometimes(100), sometimes(200), sometimes(60));
        let poison = sometimes(60);
        let weights = Weights::drawn(|| sometimes(10));
        Profile {
            tabs: 2 + dice.below(3) as usize,
            conditions: Conditions {
                lost,
                doubled,
                order: if dice.per_mille(500) { Order::Kept } else { Order::Any },
                versions: if dice.per_mille(150) {
                    Versions::Two
                } else {
                    Versions::One
                },
                message_us: 50 << dice.below(5),
                store_us: 200 << dice.below(5),
                store_fails,
            },
            poison,
            faults: dice.below(300),
            weights,
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
            Fault::Mute,
            Fault::StoreFails,
            Fault::Quota,
            Fault::Phantom,
        ];
        self.conditions.lets_all_hear()
            && self.conditions.store_fails == 0
            && (self.faults == 0 || ends.into_iter().all(|fault| self.weights.lack(fault)))
    }
}
