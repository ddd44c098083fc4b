//! The names by which the page takes back queries while the worker is busy and hears no messages.
//!
//! Owned by [`super::session`]. The worker looks at the names while SQLite runs: see [`Recall`], and
//! [`crate::tab::Pulse`] for what each name means.

#![cfg(target_family = "wasm")]

use std::cell::RefCell;

use crate::request::Request;
use crate::web::{BrowserError, Recall};

#[derive(Default)]
pub(super) struct Recalls {
    /// The name that, once gone, stops the page's queries.
    page: RefCell<Option<Recall>>,
    /// The control name, which is there as long as the session.
    control: RefCell<Option<Recall>>,
    /// The name that, once gone, makes a live query make way.
    way: RefCell<Option<Recall>>,
}

impl Recalls {
    /// Makes new names and tells the worker. The old name is revoked, which stops the queries that followed it.
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

    /// Makes a live query that runs make way. Returns whether it did: only once, until `renew_way`.
    pub(super) fn make_way(&self) -> bool {
        self.way.take().is_some()
    }

    /// Makes a new name by which live queries make way, and tells the worker.
    pub(super) fn renew_way(&self, tell: impl Fn(&Request)) -> Result<(), BrowserError> {
        let way = Recall::new()?;
        let name = way.name().to_owned();
        // Send the new name first: `replace` revokes the old one.
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
