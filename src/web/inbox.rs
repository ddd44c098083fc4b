//! An inbox: callbacks push events into it, and one task awaits them.
//!
//! It connects the browser, which calls back, with code that reads from top to bottom. A push never runs the receiver:
//! the receiver wakes in its own microtask, so nothing here is re-entered. One thread, many senders (clones), one
//! receiver. A library's channel was refused: it would be more code than this.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// A queue that can be awaited.
#[derive(Debug)]
pub struct Inbox<T>(Rc<RefCell<Queue<T>>>);

#[derive(Debug)]
struct Queue<T> {
    items: VecDeque<T>,
    receiver: Option<Waker>,
}

impl<T> Inbox<T> {
    /// Adds an item, and wakes the receiver.
    pub fn push(&self, item: T) {
        let receiver = {
            let mut queue = self.0.borrow_mut();
            queue.items.push_back(item);
            queue.receiver.take()
        };
        if let Some(receiver) = receiver {
            receiver.wake();
        }
    }

    /// Whether nothing waits in it.
    pub fn is_empty(&self) -> bool {
        self.0.borrow().items.is_empty()
    }

    /// Removes and returns the oldest item that is wanted, ahead of its turn.
    pub fn take_first(&self, wanted: impl Fn(&T) -> bool) -> Option<T> {
        let mut queue = self.0.borrow_mut();
        let at = queue.items.iter().position(wanted)?;
        queue.items.remove(at)
    }

    /// Removes and returns the oldest item, as soon as there is one.
    pub async fn next(&self) -> T {
        poll_fn(|context| {
            let mut queue = self.0.borrow_mut();
            match queue.items.pop_front() {
                Some(item) => Poll::Ready(item),
                None => {
                    queue.receiver = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}

#[cfg(test)]
impl<T> Inbox<T> {
    /// Removes and returns all items that are here now.
    pub(crate) fn take(&self) -> Vec<T> {
        self.0.borrow_mut().items.drain(..).collect()
    }
}

impl<T> Clone for Inbox<T> {
    fn clone(&self) -> Self {
        Inbox(Rc::clone(&self.0))
    }
}

impl<T> Default for Inbox<T> {
    fn default() -> Self {
        Inbox(Rc::new(RefCell::new(Queue {
            items: VecDeque::new(),
            receiver: None,
        })))
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_futures::spawn_local;
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    #[wasm_bindgen_test]
    async fn items_come_out_in_the_order_they_went_in() {
        let inbox = Inbox::default();
        let sender = inbox.clone();
        spawn_local(async move { (1..=3).for_each(|item| sender.push(item)) });
        assert_eq!([inbox.next().await, inbox.next().await, inbox.next().await], [1, 2, 3]);
    }

    #[wasm_bindgen_test]
    async fn what_is_taken_out_of_its_turn_leaves_the_others_in_theirs() {
        let inbox = Inbox::default();
        [1, 2, 3, 2].into_iter().for_each(|item| inbox.push(item));
        assert_eq!(inbox.take_first(|item| *item == 2), Some(2));
        assert_eq!(inbox.take_first(|item| *item == 4), None);
        assert_eq!(inbox.take(), [1, 3, 2]);
    }

    #[wasm_bindgen_test]
    async fn a_push_does_not_run_the_receiver() {
        let (inbox, done) = (Inbox::default(), Inbox::default());
        let (items, received) = (inbox.clone(), done.clone());
        spawn_local(async move {
            let item: u8 = items.next().await;
            received.push(item);
        });
        // Lets the receiver begin to wait.
        let turn = Inbox::default();
        let next = turn.clone();
        spawn_local(async move { next.push(()) });
        turn.next().await;
        inbox.push(7);
        assert_eq!(done.take(), Vec::<u8>::new(), "it runs in a microtask of its own");
        assert_eq!(done.next().await, 7);
    }
}
