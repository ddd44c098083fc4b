//! The sessions of this page, by the names of their databases. All users of a name share one session.

#![cfg(target_family = "wasm")]

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use super::session::Session;
use crate::storage::Durability;

thread_local! {
    static SESSIONS: RefCell<Sessions> = RefCell::default();
}

#[derive(Default)]
struct Sessions(Vec<Weak<Session>>);

/// The session of this name. Begins one if there is none, or the last one is over.
pub(super) fn shared(name: &str, durability: Durability) -> Rc<Session> {
    let shared = SESSIONS.with_borrow(|sessions| sessions.of(name));
    if let Some(session) = shared {
        return session;
    }
    let session = Session::open(name, durability);
    SESSIONS.with_borrow_mut(|sessions| sessions.insert(&session));
    session
}

/// Forgets this session, so that the next open of its name begins another.
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
