//! The sessions of this page by the names of their databases: all users of a name share one.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use super::session::Session;
use crate::storage::Durability;

thread_local! {
    static SESSIONS: RefCell<Sessions> = RefCell::default();
}

#[derive(Default)]
struct Sessions(Vec<Weak<Session>>);

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
        let mut open = self.0.iter().filter_map(Weak::upgrade);
        open.find(|session| session.name() == name && !session.is_over())
    }

    fn insert(&mut self, session: &Rc<Session>) {
        self.0.retain(|session| session.strong_count() > 0);
        self.0.push(Rc::downgrade(session));
    }

    fn remove(&mut self, session: &Rc<Session>) {
        self.0.retain(|other| other.as_ptr() != Rc::as_ptr(session));
    }
}
