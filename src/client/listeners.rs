//! The listeners of a database in this page: script, by its events, and the elements.
//!
//! Owned by [`super::session`]. Nothing is borrowed while a listener is called, so it may use the session freely, and
//! may drop itself or another listener.

use std::cell::RefCell;
use std::rc::Rc;

use crate::ascending::Ascending;
use crate::request::{Event, UserId};

/// Names one listener until it is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ListenerId(pub(super) u64);

impl ListenerId {
    /// The id of a listener that was never registered. Ids begin at 1.
    pub(super) const NONE: ListenerId = ListenerId(0);
}

pub(super) type EventCallback = Rc<RefCell<dyn FnMut(&Event)>>;

#[derive(Default)]
pub(super) struct Listeners(RefCell<Ascending<ListenerId, Listener>>);

struct Listener {
    user: UserId,
    each: EventCallback,
}

impl Listeners {
    pub(super) fn insert(&self, id: ListenerId, user: UserId, each: EventCallback) {
        self.0.borrow_mut().insert(id, Listener { user, each });
    }

    pub(super) fn remove(&self, id: ListenerId) {
        let gone = self.0.borrow_mut().remove(&id);
        // Dropped with nothing borrowed, because it may own something that uses the session.
        drop(gone);
    }

    /// Calls the listeners in the order of their ids. A listener that another one drops before its turn hears nothing.
    pub(super) fn tell(&self, event: &Event) {
        let ids: Vec<ListenerId> = self.0.borrow().keys().collect();
        for id in ids {
            let each = self.0.borrow().get(&id).map(|listener| Rc::clone(&listener.each));
            if let Some(each) = each {
                (each.borrow_mut())(event);
            }
        }
    }

    /// Takes out this user's listeners, which hear nothing more.
    pub(super) fn take_of(&self, user: UserId) -> Vec<EventCallback> {
        let taken = self.0.borrow_mut().take(|_, listener| listener.user == user);
        taken.into_iter().map(|(_, listener)| listener.each).collect()
    }

    /// Drops all listeners, after the last event.
    pub(super) fn drop_all(&self) {
        let all = self.0.take();
        // Dropped with nothing borrowed, because they may own something that uses the session.
        drop(all);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: UserId = UserId(1);

    fn noting(heard: &Rc<RefCell<Vec<u64>>>, id: u64) -> EventCallback {
        let heard = Rc::clone(heard);
        Rc::new(RefCell::new(move |_: &Event| heard.borrow_mut().push(id)))
    }

    #[test]
    fn listeners_hear_in_the_order_in_which_they_came() {
        let (listeners, heard) = (Listeners::default(), Rc::default());
        for id in [2, 1, 3] {
            listeners.insert(ListenerId(id), USER, noting(&heard, id));
        }
        listeners.tell(&Event::Pending { writes: 0 });
        assert_eq!(*heard.borrow(), [1, 2, 3]);
    }

    #[test]
    fn one_that_another_drops_before_its_turn_hears_nothing() {
        let (listeners, heard) = (Rc::new(Listeners::default()), Rc::default());
        let dropping = Rc::clone(&listeners);
        let first = Rc::new(RefCell::new(move |_: &Event| dropping.remove(ListenerId(2))));
        listeners.insert(ListenerId(1), USER, first);
        listeners.insert(ListenerId(2), USER, noting(&heard, 2));
        listeners.tell(&Event::Pending { writes: 0 });
        assert_eq!(*heard.borrow(), [0_u64; 0]);
    }

    #[test]
    fn what_a_user_registered_ends_with_that_user() {
        let (listeners, heard) = (Listeners::default(), Rc::default());
        listeners.insert(ListenerId(1), USER, noting(&heard, 1));
        listeners.insert(ListenerId(2), UserId(2), noting(&heard, 2));
        assert_eq!(listeners.take_of(USER).len(), 1);
        listeners.tell(&Event::Pending { writes: 0 });
        assert_eq!(*heard.borrow(), [2]);
    }
}
