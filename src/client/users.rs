//! The users of a session, and its end with the last of them.
//!
//! Called by [`super::connection`], of which each is a user.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;

use super::listeners::EventCallback;
use super::session::Session;
use super::sessions;
use super::worker::step_done;
use crate::request::{Failure, Request, UserId};
use crate::restart::Step;

impl Session {
    pub(super) fn join(&self) -> UserId {
        self.users.set(self.users.get() + 1);
        UserId(self.next_id())
    }

    /// A user is gone. What it asked to hear of ends now; what it registered is handed back, to be told of that or
    /// dropped. The last one also closes the session: see [`Session::closed`].
    pub(super) fn leave(self: &Rc<Self>, user: UserId) -> Vec<EventCallback> {
        self.users.set(self.users.get() - 1);
        let calls = self.calls.borrow().bound_to(user);
        let (queries, listeners) = (self.queries.take_of(user), self.listeners.take_of(user));
        for call in calls {
            self.answer(call, Err(Failure::closed()));
        }
        if !self.is_over() {
            for query in queries {
                self.send(&Request::Unsubscribe { query });
                step_done(Step::Query(self.number, query));
            }
            self.make_way();
            self.send(&Request::Leave { user });
            if self.users.get() == 0 {
                self.close(user);
            }
        }
        listeners
    }

    /// Whether nobody uses it any more.
    pub(super) fn is_left(&self) -> bool {
        self.users.get() == 0
    }

    /// It ends when the writes of the page are settled
    /// and the worker has given everything back: a form whose element goes with its submission is saved all the same.
    fn close(self: &Rc<Self>, user: UserId) {
        sessions::retire(self);
        let (_, settled) = self.call(|call| Request::Sync { call, user });
        let session = Rc::clone(self);
        spawn_local(async move {
            // A failure of the session is told to those whose calls it ends.
            let _settled_or_failed = settled.next().await;
            let (_, closed) = session.call(|call| Request::Close { call });
            let _closed_or_failed = closed.next().await;
            session.end(&Failure::closed());
        });
    }

    /// Resolves when the session is over, if nobody uses it any more.
    pub(super) async fn closed(&self) {
        if self.is_left() {
            let (_, ended) = self.wait();
            let _why = ended.next().await;
        }
    }
}
