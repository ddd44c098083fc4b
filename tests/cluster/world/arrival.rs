//! What arrives at a tab, and waits in its inbox until the tab reads it.

use std::rc::Rc;

use sqlite_elements::request::Request;
use sqlite_elements::tab::StoreAnswer;

use super::locks::Attempt;
use super::tab::TabNo;

#[derive(Debug)]
pub(super) enum Arrival {
    /// Its page asks for something.
    Asked(Request),
    Heard(Letter),
    LockGranted(Attempt),
    LockLost(Attempt),
    Stored(Box<StoreAnswer>),
}

/// A message of another tab.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    /// `None` if it comes from none of the tabs.
    pub(super) from: Option<TabNo>,
    pub(super) bytes: Rc<[u8]>,
}

impl Arrival {
    pub(super) fn letter(&self) -> Option<&Letter> {
        match self {
            Arrival::Heard(letter) => Some(letter),
            _ => None,
        }
    }
}
