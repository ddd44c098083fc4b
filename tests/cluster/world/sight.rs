//! What there is to see of a world: what its pages are told, and what only checkers know.

use std::rc::Rc;

use sqlite_elements::request::Event;

use super::tab::TabNo;

#[derive(Debug)]
pub(crate) enum Sight {
    /// The tab is open.
    Opened(TabNo),
    Told(TabNo, Box<Event>),
    /// The tab has sent these bytes to another tab, or to all others.
    Said(Rc<[u8]>),
    /// A work with this text has killed or hung the worker of the tab.
    Poisoned(TabNo, String),
    /// The lock was taken from a tab that leads, runs, and can be heard.
    Robbed(TabNo),
    /// The tab is gone. The calls that it has not answered stay open.
    Gone(TabNo),
    /// A moment that [`super::World::remind`] asked for.
    Reminder(u64),
}
