//! Two states are the same if they differ only in which tab is which.
//!
//! Tabs differ by what they did and by their place in the queue, not by name. States that become equal when tabs are
//! renamed have the same futures up to that renaming, so the checker need follow only one of them. The checker tells
//! states apart by their hash. So the hash is of the state with its tabs in an order that does not depend on names.
//! (Equality still regards names, so each tab of a counterexample has one name from beginning to end.)

use std::hash::{Hash, Hasher};

use crate::state::{Role, State, TABS, Tab, TabState, WRITES, Write, WriteState};

impl Hash for State {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let mut order: [(u128, Tab); TABS] = [0, 1, 2].map(|tab| (self.of_tab(Tab(tab)), Tab(tab)));
        order.sort_unstable_by_key(|(what, _)| *what);
        let mut rank = [0u8; TABS];
        (0..).zip(order).for_each(|(place, (_, tab))| rank[tab.index()] = place);
        let mut rest = Packed::default();
        for (what, tab) in order {
            hasher.write_u128(what);
            let successor = match self.tab(tab).role {
                Role::Leading { successor, .. } => successor,
                _ => None,
            };
            rest.add(2, successor.map_or(0, |successor| 1 + rank[successor.index()]));
        }
        rest.add(4, self.store.epoch.0);
        rest.add(1, self.store.rewritten as u8);
        rest.add(1, self.calm as u8);
        rest.add(4, self.faults);
        rest.add(4, self.askings);
        rest.add(32, self.store.log.0);
        rest.add(32, self.messages.commits.0);
        for write in self.writes {
            let (what, owner) = match write {
                WriteState::NotAsked => (0u8, None),
                WriteState::Pending { owner, .. } => (1, Some(owner)),
                WriteState::Acknowledged { owner } => (2, Some(owner)),
                WriteState::Refused { owner } => (3, Some(owner)),
                WriteState::Orphan { owner } => (4, Some(owner)),
            };
            rest.add(3, what);
            rest.add(2, owner.map_or(0, |owner| rank[owner.index()]));
        }
        hasher.write_u128(rest.0);
        let mut sets = Packed::default();
        let requests = self.messages.requests.as_flattened();
        for epochs in requests.iter().chain(&self.messages.refusals) {
            sets.add(16, epochs.bits());
        }
        for write in self.writes {
            if let WriteState::Pending { sent, .. } = write {
                sets.add(4, sent.unwrap_or_default().0);
            }
        }
        sets.add(16, self.messages.leads.bits());
        hasher.write_u128(sets.0);
    }
}

impl State {
    /// Everything about a tab except the names of other tabs.
    fn of_tab(&self, tab: Tab) -> u128 {
        let mut packed = Packed::default();
        let TabState {
            life,
            role,
            known,
            is_over,
            image,
            append,
            asks,
            queue,
            refused,
            settled,
        } = *self.tab(tab);
        packed.add(2, life as u8);
        let (what, epoch, head) = match role {
            Role::Waiting => (0u8, 0, 0),
            Role::Granted => (1, 0, 0),
            Role::Rising { epoch, head } => (2, epoch.0, head.0),
            Role::Leading { epoch, successor } => (3, epoch.0, successor.is_some() as u8),
            Role::Keeping => (4, 0, 0),
        };
        packed.add(3, what);
        packed.add(4, epoch);
        packed.add(3, head);
        packed.add(4, known.0);
        packed.add(1, is_over as u8);
        packed.add(32, image.0);
        if let Some(append) = append {
            packed.add(8, append.commit.0);
            packed.add(2, append.at.0);
            packed.add(3, 1 + append.fate as u8);
        } else {
            packed.add(13, 0u8);
        }
        packed.add(1, asks as u8);
        packed.add(2, queue.bits());
        packed.add(2, refused.bits());
        packed.add(2, settled.bits());
        packed.add(16, self.messages.asks[tab.index()].bits());
        packed.add(16, self.messages.hand_overs[tab.index()].bits());
        let place = self.lock.queue.iter().position(|place| *place == Some(tab));
        let holds = (self.lock.holder == Some(tab)) as u8;
        packed.add(1, holds);
        packed.add(2, place.map_or(0, |place| 1 + place as u8));
        for write in 0..WRITES {
            let owns = self.owner(Write(write as u8)) == Some(tab);
            packed.add(1, owns as u8);
        }
        packed.0
    }
}

#[derive(Default)]
struct Packed(u128);

impl Packed {
    fn add(&mut self, bits: u32, value: impl Into<u128>) {
        let value = value.into();
        assert!(
            value >> bits == 0 && self.0.leading_zeros() >= bits,
            "two states would be one"
        );
        self.0 = self.0 << bits | value;
    }
}
