//! A user: one hold on a session, and the session's end with the last of them.
//!
//! Each [`super::connection`] is one user. A session cannot end itself in this way: [`super::sessions`] must forget it
//! first, and `sessions` knows the session.

#![cfg(target_family = "wasm")]

use std::cell::Cell;
use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;

use super::listeners::EventCallback;
use super::session::Session;
use super::sessions;
use super::worker::step_done;
use crate::request::{Failure, Request, UserId};
use crate::restart::Step;

pub(super) struct User {
    pub(super) session: Rc<Session>,
    pub(super) id: UserId,
    closed: Cell<bool>,
}

impl User {
    pub(super) fn join(session: Rc<Session>) -> Self {
        session.users.set(session.users.get() + 1);
        User {
            id: UserId(session.next_id()),
            session,
            closed: Cell::new(false),
        }
    }

    pub(super) fn has_left(&self) -> bool {
        self.closed.get()
    }

    /// Leaves the session. This user's calls and live queries end now. Its listeners are returned, to be told or
    /// dropped; a second call returns none. The last user also closes the session: see [`Session::closed`].
    pub(super) fn leave(&self) -> Vec<EventCallback> {
        if self.closed.replace(true) {
            return Vec::new();
        }
        let (session, user) = (&self.session, self.id);
        session.users.set(session.users.get() - 1);
        let calls = session.calls.borrow().bound_to(user);
        let (queries, listeners) = (session.queries.take_of(user), session.listeners.take_of(user));
        for call in calls {
            session.answer(call, Err(Failure::closed()));
        }
        if !session.is_over() {
            for query in queries {
                session.send(&Request::Unsubscribe { query });
                step_done(Step::Query(session.number, query));
            }
            session.make_way();
            session.send(&Request::Leave { user });
            if session.is_left() {
                self.close();
            }
        }
        listeners
    }

    /// Closes the session once the page's writes are settled and the worker has given everything back. So a form is
    /// saved even if its element goes away with its submission.
    fn close(&self) {
        let (session, user) = (Rc::clone(&self.session), self.id);
        sessions::retire(&session);
        let (_, settled) = session.call(|call| Request::Sync { call, user });
        spawn_local(async move {
            // A failure of the session reaches the callers of the calls that it ends.
            let _settled_or_failed = settled.next().await;
            let (_, closed) = session.call(|call| Request::Close { call });
            let _closed_or_failed = closed.next().await;
            session.end(&Failure::closed());
        });
    }
}

impl Drop for User {
    fn drop(&mut self) {
        // The drop may happen inside a callback, so the listeners are dropped and not called.
        drop(self.leave());
    }
}
