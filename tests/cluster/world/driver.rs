//! Who decides when something happens in a world: a scenario by hand, or a seed by dice.

use super::conditions::{Conditions, Order, Versions};
use super::dice::Dice;

pub(crate) enum Driver {
    /// What is sent arrives at once. A tab reads it, and its store calls are done, when the scenario lets the tab act.
    Hand,
    /// What is sent arrives after a time that is drawn, and is read as it arrives. So are store calls.
    Dice(Box<Chance>),
}

pub(crate) struct Chance {
    dice: Dice,
    conditions: Conditions,
}

impl Driver {
    pub(crate) fn dice(dice: Dice, conditions: Conditions) -> Self {
        Driver::Dice(Box::new(Chance { dice, conditions }))
    }

    pub(super) fn change(&mut self, conditions: Conditions) {
        if let Driver::Dice(chance) = self {
            chance.conditions = conditions;
        }
    }

    /// The delays in µs of the copies of a message. By hand it arrives once, at once.
    pub(super) fn message_delays(&mut self) -> Vec<Option<u64>> {
        let Driver::Dice(chance) = self else { return vec![None] };
        let Chance { dice, conditions } = &mut **chance;
        let copies = match (dice.per_mille(conditions.lost), dice.per_mille(conditions.doubled)) {
            (true, _) => 0,
            (false, true) => 2,
            (false, false) => 1,
        };
        (0..copies)
            .map(|_| Some(dice.skewed_us(conditions.message_us)))
            .collect()
    }

    /// The time in µs until the store has done a call; `None` if the scenario says when.
    pub(super) fn store_us(&mut self) -> Option<u64> {
        match self {
            Driver::Hand => None,
            Driver::Dice(chance) => Some(chance.dice.skewed_us(chance.conditions.store_us)),
        }
    }

    pub(super) fn is_by_hand(&self) -> bool {
        matches!(self, Driver::Hand)
    }

    /// Whether the store fails at a call without having been told to.
    pub(super) fn store_fails(&mut self) -> bool {
        match self {
            Driver::Hand => false,
            Driver::Dice(chance) => chance.dice.per_mille(chance.conditions.store_fails),
        }
    }

    /// Whether a call that is with the store when its tab dies is done. A scenario says so by itself.
    pub(super) fn is_done_unheard(&mut self) -> bool {
        match self {
            Driver::Hand => false,
            Driver::Dice(chance) => chance.dice.per_mille(500),
        }
    }

    /// Whether the timer of a tab that goes on fires before it hears the messages of the time that it missed. Timers
    /// first is the harder case, so a scenario has that.
    pub(super) fn fires_timers_first(&mut self) -> bool {
        match self {
            Driver::Hand => true,
            Driver::Dice(chance) => chance.dice.per_mille(500),
        }
    }

    pub(super) fn keeps_order(&self) -> bool {
        self.conditions()
            .is_some_and(|conditions| conditions.order == Order::Kept)
    }

    /// Whether each message arrives and is understood. A scenario may lose any.
    pub(super) fn lets_all_hear(&self) -> bool {
        self.conditions().is_some_and(Conditions::lets_all_hear)
    }

    pub(super) fn has_two_versions(&self) -> bool {
        self.conditions()
            .is_some_and(|conditions| conditions.versions == Versions::Two)
    }

    fn conditions(&self) -> Option<&Conditions> {
        match self {
            Driver::Hand => None,
            Driver::Dice(chance) => Some(&chance.conditions),
        }
    }
}
