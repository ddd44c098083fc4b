//! Web Locks: one place in the queue for one exclusive lock (<https://w3c.github.io/web-locks/>).
//!
//! The platform lends a lock to a callback, until the promise that the callback returned settles. This file turns that
//! into three calls and three events. Each call ends the previous [`Attempt`]; `request` and `steal` begin a new one.
//! An attempt that has ended reports nothing more, however late the browser answers.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortController, DomException};

use super::error::BrowserError;

// web-sys keeps Web Locks behind a compiler flag.
#[wasm_bindgen]
extern "C" {
    #[derive(Clone)]
    type LockManager;

    #[wasm_bindgen(method)]
    fn request(this: &LockManager, name: &str, options: &Object, granted: &JsValue) -> Promise;

    /// Absent where the origin is not secure.
    #[wasm_bindgen(thread_local_v2, js_namespace = navigator, js_name = locks)]
    static LOCKS: Option<LockManager>;
}

/// The outcome of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockEvent {
    /// The lock is ours until it is released or stolen.
    Granted,
    /// The lock was ours, and another tab stole it.
    Lost,
    /// The browser refused the request.
    Refused(BrowserError),
}

/// Asks for one lock, again and again, with at most one request outstanding. Dropping it gives the lock back.
#[must_use = "the lock is released when this is dropped"]
pub struct LockQueue {
    locks: LockManager,
    name: String,
    report: Rc<dyn Fn(LockEvent)>,
    attempt: RefCell<Option<Rc<Attempt>>>,
}

/// One request, from its beginning to its end.
struct Attempt {
    stage: Cell<Stage>,
    abort: AbortController,
    /// Resolves the promise for which the browser lends the lock.
    give_back: RefCell<Option<Function>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Waiting,
    Held,
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Queue,
    Steal,
}

impl LockQueue {
    /// Makes a queue that has asked for nothing yet. `None` where the browser has no Web Locks: on plain-http origins.
    pub fn new(name: &str, report: impl Fn(LockEvent) + 'static) -> Option<Self> {
        let locks = LOCKS.with(Clone::clone)?;
        Some(LockQueue {
            locks,
            name: name.to_owned(),
            report: Rc::new(report),
            attempt: RefCell::new(None),
        })
    }

    /// Queues for the lock, behind all tabs that wait already.
    pub fn request(&self) {
        self.begin(Manner::Queue);
    }

    /// Takes the lock from its holder, ahead of all tabs that wait.
    pub fn steal(&self) {
        self.begin(Manner::Steal);
    }

    /// Gives the lock back, or leaves the queue.
    pub fn release(&self) {
        if let Some(attempt) = self.attempt.take() {
            attempt.end();
        }
    }

    fn begin(&self, manner: Manner) {
        self.release();
        match Attempt::new() {
            Ok(attempt) => {
                *self.attempt.borrow_mut() = Some(Rc::clone(&attempt));
                let (locks, name) = (self.locks.clone(), self.name.clone());
                spawn_local(attempt.run(locks, name, manner, Rc::clone(&self.report)));
            }
            Err(error) => (self.report)(LockEvent::Refused(error)),
        }
    }
}

fn is_abort(thrown: &JsValue) -> bool {
    let exception: Option<&DomException> = thrown.dyn_ref();
    exception.is_some_and(|exception| exception.name() == "AbortError")
}

impl Drop for LockQueue {
    fn drop(&mut self) {
        self.release();
    }
}

impl Attempt {
    fn new() -> Result<Rc<Self>, BrowserError> {
        let abort = AbortController::new()?;
        Ok(Rc::new(Attempt {
            stage: Cell::new(Stage::Waiting),
            abort,
            give_back: RefCell::new(None),
        }))
    }

    /// Makes the request, and reports how it ended unless this side ended it.
    async fn run(self: Rc<Self>, locks: LockManager, name: String, manner: Manner, report: Rc<dyn Fn(LockEvent)>) {
        let options = Object::new();
        // The specification rejects `signal` together with `steal`.
        let (key, value) = match manner {
            Manner::Steal => ("steal", JsValue::TRUE),
            Manner::Queue => ("signal", self.abort.signal().into()),
        };
        // A property of a fresh object can always be set.
        let _ = Reflect::set(&options, &key.into(), &value);
        let (attempt, tell) = (Rc::clone(&self), Rc::clone(&report));
        let granted = Closure::once(move |_lock: JsValue| attempt.granted(&*tell));
        let asked = locks.request(&name, &options, granted.as_ref());
        let settled = JsFuture::from(asked).await;
        match (settled, self.stage.replace(Stage::Over)) {
            (_, Stage::Over) | (Ok(_), _) => {}
            (Err(_), Stage::Held) => report(LockEvent::Lost),
            // Stolen before this thread heard that it had the lock: this side has not ended the attempt.
            (Err(error), Stage::Waiting) if is_abort(&error) => report(LockEvent::Lost),
            (Err(error), Stage::Waiting) => report(LockEvent::Refused(error.into())),
        }
    }

    /// The browser lends the lock for as long as the returned promise is pending.
    fn granted(&self, report: &dyn Fn(LockEvent)) -> Promise {
        // This side ended the attempt before the browser granted it: give the lock back at once.
        if self.stage.get() == Stage::Over {
            return Promise::resolve(&JsValue::UNDEFINED);
        }
        self.stage.set(Stage::Held);
        let lent = Promise::new(&mut |resolve, _| *self.give_back.borrow_mut() = Some(resolve));
        report(LockEvent::Granted);
        lent
    }

    fn end(&self) {
        self.stage.set(Stage::Over);
        self.abort.abort();
        if let Some(give_back) = self.give_back.take() {
            // Calling a resolve function does not throw.
            let _ = give_back.call0(&JsValue::UNDEFINED);
        }
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;
    use crate::web::inbox::Inbox;

    fn queue(name: &str) -> (LockQueue, Inbox<LockEvent>) {
        let events = Inbox::default();
        let heard = events.clone();
        let queue = LockQueue::new(name, move |event| heard.push(event));
        (queue.expect("tests run on localhost, where there are locks"), events)
    }

    #[wasm_bindgen_test]
    async fn the_next_in_the_queue_has_the_lock_once_it_is_released() {
        let ((first, first_events), (second, second_events)) = (queue("queue"), queue("queue"));
        first.request();
        second.request();
        assert_eq!(first_events.next().await, LockEvent::Granted);
        assert_eq!(second_events.take(), []);
        first.release();
        assert_eq!(second_events.next().await, LockEvent::Granted);
        assert_eq!(first_events.take(), [], "a release is not reported");
    }

    #[wasm_bindgen_test]
    async fn who_is_stolen_from_hears_of_it_once_and_can_queue_again() {
        let ((first, first_events), (second, second_events)) = (queue("steal"), queue("steal"));
        first.request();
        assert_eq!(first_events.next().await, LockEvent::Granted);
        second.request();
        second.steal();
        assert_eq!(second_events.next().await, LockEvent::Granted);
        assert_eq!(first_events.next().await, LockEvent::Lost);
        first.request();
        drop(second);
        assert_eq!(first_events.next().await, LockEvent::Granted);
        assert_eq!(
            second_events.take(),
            [],
            "the request that the theft replaced is not reported"
        );
    }

    #[wasm_bindgen_test]
    async fn who_leaves_the_queue_is_passed_over() {
        let names = [queue("leave"), queue("leave"), queue("leave")];
        let [(first, first_events), (second, second_events), (third, third_events)] = names;
        [&first, &second, &third].iter().for_each(|queue| queue.request());
        assert_eq!(first_events.next().await, LockEvent::Granted);
        second.release();
        first.release();
        assert_eq!(third_events.next().await, LockEvent::Granted);
        assert_eq!(second_events.take(), []);
    }
}
