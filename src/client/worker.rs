//! The page's worker: one for all databases of the page, started when the first one opens.
//!
//! It runs this same library: its script, which `library.js` gives, fetches or contains it, and the WebAssembly that the
//! page has compiled already is posted to it (see [`crate::tab::worker`]). If it cannot be started or dies, every
//! session that it served fails, and the next database to open starts a new one.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::{MessagePort, WorkerType};

use super::session::Session;
use crate::request::{Failure, FailureKind, Request};
use crate::storage::Durability;
use crate::web::{BrowserError, Sight, SightWatch, Thread, ThreadEvent, Timer, report_panics};

/// A worker that a Content-Security-Policy forbids may give no sign at all: hence a bound.
const START_TIMEOUT_MS: f64 = 10_000.0;

#[wasm_bindgen(module = "/src/client/library.js")]
extern "C" {
    #[wasm_bindgen(js_name = workerSource)]
    fn worker_source() -> String;
    #[wasm_bindgen(js_name = workerKind)]
    fn worker_kind() -> WorkerType;
    /// Sentences for whoever reads that it could not be started.
    #[wasm_bindgen(js_name = workerNeeds)]
    fn worker_needs() -> String;
}

thread_local! {
    static CURRENT: RefCell<Option<Rc<PageWorker>>> = const { RefCell::new(None) };
}

pub(super) struct PageWorker {
    thread: RefCell<Option<Thread>>,
    stage: Cell<Stage>,
    patience: RefCell<Option<Timer>>,
    sessions: RefCell<Vec<Weak<Session>>>,
    sight: RefCell<Option<SightWatch>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Starting,
    Running,
}

impl PageWorker {
    /// The worker of this page; starts it if there is none.
    pub(super) fn current() -> Result<Rc<Self>, Failure> {
        if let Some(current) = CURRENT.with_borrow(Clone::clone) {
            return Ok(current);
        }
        let started = Self::start().map_err(|error| unavailable(&error.to_string()))?;
        CURRENT.set(Some(Rc::clone(&started)));
        Ok(started)
    }

    fn start() -> Result<Rc<Self>, BrowserError> {
        report_panics(|_| {});
        let worker = Rc::new(PageWorker {
            thread: RefCell::new(None),
            stage: Cell::new(Stage::Starting),
            patience: RefCell::new(None),
            sessions: RefCell::new(Vec::new()),
            sight: RefCell::new(None),
        });
        let seen = Rc::downgrade(&worker);
        *worker.sight.borrow_mut() = Some(SightWatch::begin(move |sight| {
            if let Some(worker) = seen.upgrade() {
                worker.tell(sight);
            }
        }));
        let heard = Rc::downgrade(&worker);
        let thread = Thread::start("sqlite-elements", worker_kind(), &worker_source(), move |event| {
            if let Some(worker) = heard.upgrade() {
                worker.heard(event);
            }
        })?;
        thread.post(&wasm_bindgen::module(), &Array::new())?;
        *worker.thread.borrow_mut() = Some(thread);
        let waiting = Rc::downgrade(&worker);
        *worker.patience.borrow_mut() = Some(Timer::after(START_TIMEOUT_MS, move || {
            if let Some(worker) = waiting.upgrade() {
                worker.end(&unavailable("it gave no sign of life within 10 s"));
            }
        }));
        Ok(worker)
    }

    /// Asks for a database to be served over `port`.
    pub(super) fn serve(
        &self,
        session: &Rc<Session>,
        name: &str,
        durability: Durability,
        port: &MessagePort,
    ) -> Result<(), Failure> {
        let mut sessions = self.sessions.borrow_mut();
        sessions.retain(|session| session.strong_count() > 0);
        sessions.push(Rc::downgrade(session));
        let durability = match durability {
            Durability::Relaxed => "relaxed",
            Durability::Strict => "strict",
        };
        let posted = match &*self.thread.borrow() {
            Some(thread) => thread.post(&Array::of2(&name.into(), &durability.into()), &Array::of1(port)),
            None => Ok(()),
        };
        posted.map_err(|error| unavailable(&error.to_string()))
    }

    /// Every database of the page goes out of sight with it.
    fn tell(&self, sight: Sight) {
        let sessions: Vec<Rc<Session>> = self.sessions.borrow().iter().filter_map(Weak::upgrade).collect();
        for session in sessions.into_iter().filter(|session| !session.is_over()) {
            session.send(&match sight {
                Sight::Lost => Request::Suspend,
                Sight::Regained => Request::Resume,
            });
        }
    }

    fn heard(&self, event: ThreadEvent) {
        match event {
            ThreadEvent::Message(word) if word == "ready" => {
                self.stage.set(Stage::Running);
                self.patience.take();
            }
            ThreadEvent::Message(panic) => self.end(&crashed(&panic.as_string().unwrap_or_default())),
            ThreadEvent::Error(text) if self.stage.get() == Stage::Starting => self.end(&unavailable(&text)),
            ThreadEvent::Error(text) => self.end(&crashed(&text)),
        }
    }

    /// The worker serves nobody any more.
    fn end(&self, failure: &Failure) {
        CURRENT.set(None);
        self.patience.take();
        self.thread.take();
        self.sight.take();
        let sessions = self.sessions.take();
        sessions
            .iter()
            .filter_map(Weak::upgrade)
            .for_each(|session| session.fail(failure));
    }
}

fn unavailable(reason: &str) -> Failure {
    let needs = worker_needs();
    let message = format!("the worker that runs SQLite could not be started ({reason}). {needs}");
    Failure::new(FailureKind::State, "WORKER_UNAVAILABLE", message)
}

fn crashed(reason: &str) -> Failure {
    let message = format!("the worker that runs SQLite has stopped: {reason}");
    Failure::new(FailureKind::State, "WORKER_CRASHED", message)
}
