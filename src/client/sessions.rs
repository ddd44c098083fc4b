//! The sessions of this page by the names of their databases: all users of a name share one.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

use super::session::Session;
use crate::storage::Durability;

thread_local! {
    static SESSIONS: RefCell<Sessions> = RefCell::default();
}

#[derive(Default)]
struct Sessions(BTreeMap<String, Weak<Session>>);

/// The session of this name; begins one if there is none that can be used.
pub(super) fn shared(name: &str, durability: Durability) -> Rc<Session> {
    let shared = SESSIONS.with_borrow(|sessions| sessions.of(name));
    if let Some(session) = shared {
        return session;
    }
    let session = Session::open(name, durability);
    SESSIONS.with_borrow_mut(|sessions| sessions.insert(&session));
    session
}

/// From now on a session of this name is another one.
pub(super) fn retire(session: &Rc<Session>) {
    SESSIONS.with_borrow_mut(|sessions| sessions.remove(session));
}

impl Sessions {
    fn of(&self, name: &str) -> Option<Rc<Session>> {
        let session = self.0.get(name)?.upgrade()?;
        (!session.is_over()).then_some(session)
    }

    fn insert(&mut self, session: &Rc<Session>) {
        self.0.retain(|_, session| session.strong_count() > 0);
        self.0.insert(session.name().to_owned(), Rc::downgrade(session));
    }

    fn remove(&mut self, session: &Rc<Session>) {
        let shared = self.0.get(session.name()).map(Weak::as_ptr);
        if shared == Some(Rc::as_ptr(session)) {
            self.0.remove(session.name());
        }
    }
}
