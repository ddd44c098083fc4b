//! What the page takes back of what it asked, while the worker is busy and hears no messages.
//!
//! Owned by [`super::session`]. The worker looks at names while SQLite runs: see [`Recall`], and for what each means
//! [`crate::tab::Pulse`].

use std::cell::RefCell;

use crate::request::Request;
use crate::web::{BrowserError, Recall};

#[derive(Default)]
pub(super) struct Recalls {
    /// By what the worker sees that the page's queries are to stop.
    page: RefCell<Option<Recall>>,
    /// What it compares with: it is there as long as the session.
    control: RefCell<Option<Recall>>,
    /// By what it sees that a live query may be needless by now.
    way: RefCell<Option<Recall>>,
}

impl Recalls {
    /// From now on queries stop when these names lead to nothing: has the worker told of them, and forgets those before.
    pub(super) fn renew(&self, tell: impl Fn(&Request)) -> Result<(), BrowserError> {
        let control = match self.control.take() {
            Some(control) => control,
            None => Recall::new()?,
        };
        let recall = Recall::new()?;
        let (name, control_name) = (recall.name().to_owned(), control.name().to_owned());
        self.control.replace(Some(control));
        self.page.replace(Some(recall));
        tell(&Request::Recall {
            name,
            control: control_name,
        });
        self.renew_way(tell)
    }

    /// Whether a live query that runs is now told to make way: once, until the way is renewed.
    pub(super) fn make_way(&self) -> bool {
        self.way.take().is_some()
    }

    /// From now on live queries make way by another name.
    pub(super) fn renew_way(&self, tell: impl Fn(&Request)) -> Result<(), BrowserError> {
        let way = Recall::new()?;
        let name = way.name().to_owned();
        // The old one is revoked only when the next one is under way.
        tell(&Request::MakeWay { name });
        self.way.replace(Some(way));
        Ok(())
    }

    pub(super) fn take_all(&self) {
        self.page.take();
        self.control.take();
        self.way.take();
    }
}
