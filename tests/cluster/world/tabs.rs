//! The tabs of a world by number, and the questions about all of them.

use std::collections::BTreeMap;

use sqlite_elements::request::LeaderInfo;
use sqlite_elements::tab::Tab;

use super::tab::{SimulatedTab, TabNo};

#[derive(Default)]
pub(crate) struct Tabs {
    tabs: BTreeMap<TabNo, SimulatedTab>,
    opened: usize,
}

impl Tabs {
    /// Those that are there: some of them may still be opening.
    pub(crate) fn all(&self) -> Vec<TabNo> {
        self.tabs.keys().copied().collect()
    }

    pub(crate) fn open(&self) -> Vec<TabNo> {
        self.which(SimulatedTab::is_open)
    }

    /// Those that hang and have not been ended.
    pub(crate) fn hung(&self) -> Vec<TabNo> {
        self.which(SimulatedTab::hangs)
    }

    /// Those that believe that they lead.
    pub(crate) fn leaders(&mut self) -> Vec<TabNo> {
        let mut open = self.open();
        open.retain(|number| self.leads(*number));
        open
    }

    /// The real code of a tab that is open.
    pub(crate) fn code(&mut self, number: TabNo) -> Option<&mut Tab> {
        self.find(number)?.code()
    }

    /// The store calls of the tab that wait.
    pub(crate) fn store_calls(&mut self, number: TabNo) -> usize {
        self.find(number).map_or(0, |tab| tab.storing.waiting())
    }

    /// What the tab has not read, oldest first: the bytes of a message, or `None` for anything else.
    pub(crate) fn unread(&mut self, number: TabNo) -> impl Iterator<Item = Option<&[u8]>> {
        let unread = self.find(number).into_iter().flat_map(|tab| tab.unread());
        unread.map(|arrival| arrival.letter().map(|letter| &letter.bytes[..]))
    }

    pub(super) fn leads(&mut self, number: TabNo) -> bool {
        let leadership = self.code(number).map(|tab| tab.leadership());
        leadership.is_some_and(|leadership| LeaderInfo::from(leadership).is_leader)
    }

    pub(super) fn add(&mut self, tab: SimulatedTab) -> TabNo {
        let number = TabNo(self.opened);
        self.opened += 1;
        self.tabs.insert(number, tab);
        number
    }

    pub(super) fn remove(&mut self, number: TabNo) -> Option<SimulatedTab> {
        self.tabs.remove(&number)
    }

    pub(super) fn find(&mut self, number: TabNo) -> Option<&mut SimulatedTab> {
        self.tabs.get_mut(&number)
    }

    pub(super) fn with(&mut self, number: TabNo, action: impl FnOnce(&mut SimulatedTab)) {
        if let Some(tab) = self.find(number) {
            action(tab);
        }
    }

    pub(super) fn each(&mut self) -> impl Iterator<Item = &mut SimulatedTab> {
        self.tabs.values_mut()
    }

    fn which(&self, is_so: impl Fn(&SimulatedTab) -> bool) -> Vec<TabNo> {
        let those = self.tabs.iter().filter(|(_, tab)| is_so(tab));
        those.map(|(number, _)| *number).collect()
    }
}
