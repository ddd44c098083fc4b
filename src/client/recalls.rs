//! What the page takes back of what it asked, while the worker is busy and hears no messages.
//!
//! Called by [`super::connection`] and [`super::session`]. The worker looks at names while SQLite runs: see [`Recall`], and
//! for what each means [`crate::tab::Pulse`].

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;

use super::session::Session;
use crate::request::{CallId, Failure, Request};
use crate::sql::SqlFailure;
use crate::web::Recall;

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
    pub(super) fn take_all(&self) {
        self.page.take();
        self.control.take();
        self.way.take();
    }
}

impl Session {
    /// From now on queries stop when this session says so.
    pub(super) fn watch_out(self: &Rc<Self>) -> Result<(), Failure> {
        let control = match self.recalls.control.take() {
            Some(control) => control,
            None => Recall::new()?,
        };
        let recall = Recall::new()?;
        let (name, control_name) = (recall.name().to_owned(), control.name().to_owned());
        self.recalls.control.replace(Some(control));
        self.recalls.page.replace(Some(recall));
        self.send(&Request::Recall {
            name,
            control: control_name,
        });
        let way = Recall::new()?;
        let name = way.name().to_owned();
        // Revoked only when the next one is under way.
        self.send(&Request::MakeWay { name });
        self.recalls.way.replace(Some(way));
        Ok(())
    }

    /// Has a live query that runs make way for what was just sent. Once for all that is sent in one go.
    pub(super) fn make_way(self: &Rc<Self>) {
        let Some(way) = self.recalls.way.take() else { return };
        drop(way);
        let session = Rc::clone(self);
        spawn_local(async move {
            // Without a name nothing makes way, and all is done in its turn.
            if let Ok(way) = Recall::new() {
                let name = way.name().to_owned();
                session.send(&Request::MakeWay { name });
                session.recalls.way.replace(Some(way));
            }
        });
    }

    /// Ends every query of this page that runs or waits to.
    pub(super) fn interrupt(self: &Rc<Self>) -> Result<(), Failure> {
        if let Some(failure) = self.failure() {
            return Err(failure);
        }
        self.watch_out()?;
        let queries = self.calls.borrow().queries();
        for call in queries {
            self.answer(call, Err(interrupted()));
        }
        Ok(())
    }

    /// Nobody waits for this query any more.
    pub(super) fn cancel(self: &Rc<Self>, call: CallId) {
        let waiting = self.calls.borrow_mut().take(call);
        if let Some(waiting) = waiting {
            waiting.push(Err(interrupted()));
            self.send(&Request::Cancel { call });
        }
    }
}

fn interrupted() -> Failure {
    SqlFailure::query_stopped("interrupt() was called").into()
}
