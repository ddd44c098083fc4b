//! The users of a session, and the session's end with the last of them.
//!
//! Called by [`super::connection`]: each connection is one user.

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

    /// A user leaves. Its calls and live queries end now. Its listeners are returned, to be told or dropped. The last
    /// user also closes the session: see [`Session::closed`].
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

    /// Whether the session has no users any more.
    pub(super) fn is_left(&self) -> bool {
        self.users.get() == 0
    }

    /// Closes the session once the page's writes are settled and the worker has given everything back. So a form is
    /// saved even if its element goes away with its submission.
    fn close(self: &Rc<Self>, user: UserId) {
        sessions::retire(self);
        let (_, settled) = self.call(|call| Request::Sync { call, user });
        let session = Rc::clone(self);
        spawn_local(async move {
            // A failure of the session reaches the callers of the calls that it ends.
            let _settled_or_failed = settled.next().await;
            let (_, closed) = session.call(|call| Request::Close { call });
            let _closed_or_failed = closed.next().await;
            session.end(&Failure::closed());
        });
    }

    /// Resolves when the session is over, or at once if it still has users.
    pub(super) async fn closed(&self) {
        if self.is_left() {
            let (_, ended) = self.wait();
            let _why = ended.next().await;
        }
    }
}
