//! The page's worker: one for all databases of the page, started when the first one opens.
//!
//! The worker runs this same library: `library.js` names its script, and the page posts it the WebAssembly that is
//! already compiled (see [`crate::tab::worker`]). The page's policy decides from which script a worker may start, and
//! no script can read that policy. So the scripts are tried in turn, and the worker gets what it is to serve only after
//! it has said `"here"`. If no script starts, every session that waits for the worker fails, and the next database to
//! open tries again. A worker that dies or hangs ([`Watchdog`] finds that out) is ended, so that its locks and its
//! store are free. The next worker takes up its sessions in the order of [`Restart`].

#![cfg(target_family = "wasm")]

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::MessagePort;

use super::queries::RowsCallback;
use super::served::{Aftermath, Served};
use crate::request::{Failure, FailureKind};
use crate::restart::{Bystanders, Restart, Step, Verdict};
use crate::sql::{Code, SqlFailure};
use crate::watchdog::{self, BOUND_TICKS, Timers, Watchdog};
use crate::web::{
    BrowserError, Sight, SightWatch, Thread, ThreadEvent, Timer, WorkerScript, are_throttled, report_panics,
    since_start_ms,
};

/// After this many ticks without an answer to a step of the restart, though the worker lives, the next step begins.
const STEP_TICKS: u32 = 5;
/// After this many ticks of life the worker is well, and the death of its predecessors no longer counts.
const WELL_TICKS: u32 = 10;

#[wasm_bindgen(module = "/src/client/library.js")]
extern "C" {
    /// The script with this number, from 0. There is at least one.
    #[wasm_bindgen(js_name = workerScript)]
    fn worker_script(number: u32) -> Option<WorkerScript>;
    /// Sentences for the developer who reads that no worker could be started.
    #[wasm_bindgen(js_name = workerNeeds)]
    fn worker_needs() -> String;
}

thread_local! {
    static CURRENT: RefCell<Option<Rc<PageWorker>>> = const { RefCell::new(None) };
    /// The number of the script that is being tried, or that started.
    static SCRIPT: Cell<u32> = const { Cell::new(0) };
}

pub(super) struct PageWorker {
    /// `None` once the worker is ended.
    thread: RefCell<Option<Thread>>,
    stage: Cell<Stage>,
    /// How many threads were started before this one in its place. Their events are ignored.
    tries: Cell<u32>,
    is_here: Cell<bool>,
    /// Sessions with their ports, until the worker says `"here"`.
    waiting: RefCell<Vec<(Weak<dyn Served>, MessagePort)>>,
    served: RefCell<Vec<InService>>,
    restart: RefCell<Restart>,
    watchdog: RefCell<Watchdog>,
    tick: RefCell<Option<Timer>>,
    /// Ticks since the last step of the restart, or since the start.
    ticks: Cell<u32>,
    sight_watch: RefCell<Option<SightWatch>>,
    sight: Cell<Sight>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The first worker of the page, or the first after one that did not start.
    Starting,
    /// In the place of a worker that died.
    StartingAnew,
    Running,
}

type Failing = Vec<(Rc<dyn Served>, Failure)>;

struct InService {
    session: Weak<dyn Served>,
    /// The port of the session, until the worker gets it.
    port: Option<MessagePort>,
}

/// A step of the restart has gone well, or is no longer wanted: the next one begins.
pub(super) fn step_done(step: Step) {
    if let Some(worker) = CURRENT.with_borrow(Clone::clone) {
        let was_under_way = worker.restart.borrow_mut().done(step);
        if was_under_way {
            worker.take_up();
        }
    }
}

impl PageWorker {
    /// The worker of this page. Starts it if there is none.
    pub(super) fn current() -> Result<Rc<Self>, Failure> {
        if let Some(current) = CURRENT.with_borrow(Clone::clone) {
            return Ok(current);
        }
        report_panics(|_| {});
        Self::start(Stage::Starting, Restart::default(), Sight::Regained)
    }

    fn start(stage: Stage, restart: Restart, sight: Sight) -> Result<Rc<Self>, Failure> {
        let worker = Rc::new(PageWorker {
            thread: RefCell::new(None),
            stage: Cell::new(stage),
            tries: Cell::new(0),
            is_here: Cell::new(false),
            waiting: RefCell::default(),
            served: RefCell::default(),
            restart: RefCell::new(restart),
            watchdog: RefCell::default(),
            tick: RefCell::default(),
            ticks: Cell::new(0),
            sight_watch: RefCell::default(),
            sight: Cell::new(sight),
        });
        worker.start_thread().map_err(|error| unavailable(&error.to_string()))?;
        CURRENT.set(Some(Rc::clone(&worker)));
        Ok(worker)
    }

    fn start_thread(self: &Rc<Self>) -> Result<(), BrowserError> {
        let seen = Rc::downgrade(self);
        self.sight_watch.replace(Some(SightWatch::begin(move |sight| {
            if let Some(worker) = seen.upgrade() {
                worker.tell(sight);
            }
        })));
        loop {
            match self.try_script() {
                Err(_) if next_script() => {}
                tried => return tried,
            }
        }
    }

    fn try_script(self: &Rc<Self>) -> Result<(), BrowserError> {
        let script = worker_script(SCRIPT.get()).expect_throw("there is a script of this number");
        let (heard, this_try) = (Rc::downgrade(self), self.tries.get());
        let thread = Thread::start(&script, move |event| {
            if let Some(worker) = heard.upgrade().filter(|worker| worker.tries.get() == this_try) {
                worker.heard(event);
            }
        })?;
        self.thread.replace(Some(thread));
        Ok(())
    }

    /// Tries the next script. Nothing was posted to this worker yet, so nothing is lost with it.
    fn could_not_start(self: &Rc<Self>, failure: Failure) {
        self.tries.set(self.tries.get() + 1);
        if !next_script() {
            return self.dies(failure);
        }
        let worker = Rc::clone(self);
        // Later, not from a callback of the thread: the callback is dropped with the thread.
        self.tick.replace(Some(Timer::after(0.0, move || worker.try_again())));
    }

    fn try_again(self: &Rc<Self>) {
        if self.thread.borrow().is_none() {
            return;
        }
        self.watchdog.take();
        match self.start_thread() {
            Ok(()) => self.watch(since_start_ms()),
            Err(error) => self.end(&unavailable(&error.to_string())),
        }
    }

    fn arrives(&self) {
        self.is_here.set(true);
        for (session, port) in self.waiting.take() {
            // A session that is over by now is not served at all.
            if let Some(session) = session.upgrade().filter(|session| !session.is_over())
                && let Err(failure) = self.post(&session, &port)
            {
                session.fail(&failure);
            }
        }
    }

    /// Asks the worker to serve a session over `port`.
    pub(super) fn serve(self: &Rc<Self>, session: &Rc<dyn Served>, port: MessagePort) -> Result<(), Failure> {
        self.served.borrow_mut().push(InService {
            session: Rc::downgrade(session),
            port: None,
        });
        if self.tick.borrow().is_none() {
            self.watch(since_start_ms());
        }
        self.hand_over(session, &port)
    }

    fn hand_over(&self, session: &Rc<dyn Served>, port: &MessagePort) -> Result<(), Failure> {
        if self.sight.get() == Sight::Lost {
            Rc::clone(session).tell_of_sight(Sight::Lost);
        }
        if self.is_here.get() {
            return self.post(session, port);
        }
        let waiting = (Rc::downgrade(session), port.clone());
        self.waiting.borrow_mut().push(waiting);
        Ok(())
    }

    fn post(&self, session: &Rc<dyn Served>, port: &MessagePort) -> Result<(), Failure> {
        let durability = session.durability().name();
        let seen = session.seen() as f64;
        let words = Array::of3(&session.name().into(), &durability.into(), &seen.into());
        let posted = match &*self.thread.borrow() {
            Some(thread) => thread.post(&words, &Array::of1(port)),
            None => Ok(()),
        };
        posted.map_err(|error| unavailable(&error.to_string()))
    }

    /// All databases of the page go out of sight with it, or come back.
    fn tell(&self, sight: Sight) {
        self.sight.set(sight);
        if sight == Sight::Regained {
            // The worker was as still as the page, so its silence means nothing.
            self.watchdog.take();
        }
        for session in self.sessions() {
            session.tell_of_sight(sight);
        }
    }

    /// The sessions that are not over.
    fn sessions(&self) -> Vec<Rc<dyn Served>> {
        let served = self.served.borrow();
        let sessions = served.iter().filter_map(|served| served.session.upgrade());
        sessions.filter(|session| !session.is_over()).collect()
    }

    fn heard(self: &Rc<Self>, event: ThreadEvent) {
        self.watchdog.borrow_mut().heard();
        match event {
            ThreadEvent::Message(word) if word == "here" => self.arrives(),
            ThreadEvent::Message(word) if word == "ready" => self.stage.set(Stage::Running),
            ThreadEvent::Message(word) if word == "alive" => {}
            ThreadEvent::Message(panic) => self.dies(crashed(&panic.as_string().unwrap_or_default())),
            ThreadEvent::Error(text) if !self.is_here.get() => self.could_not_start(unavailable(&text)),
            ThreadEvent::Error(text) if self.stage.get() == Stage::Running => self.dies(crashed(&text)),
            ThreadEvent::Error(text) => self.dies(unavailable(&text)),
        }
    }
}

// The worker's end, and what follows.
impl PageWorker {
    /// Ends the worker in a later task, so that answers which it gave before are heard first.
    fn dies(self: &Rc<Self>, failure: Failure) {
        let worker = Rc::clone(self);
        self.tick.replace(Some(Timer::after(0.0, move || worker.end(&failure))));
    }

    fn end(&self, failure: &Failure) {
        if self.thread.take().is_none() {
            return;
        }
        self.sight_watch.take();
        CURRENT.set(None);
        let sessions = self.sessions();
        // A first worker that never ran would only fail again, so there is no restart.
        if self.stage.get() == Stage::Starting {
            sessions.iter().for_each(|session| session.fail(failure));
            return;
        }
        let mut restart = self.restart.take();
        let verdict = restart.died(bystanders(&sessions, restart.trying()));
        let (mut going_on, mut failing) = part(sessions, verdict, failure);
        let condemned = condemned(&going_on, verdict);
        going_on.iter().for_each(|session| session.orphan(failure));
        if !going_on.is_empty()
            && let Err(failure) = Self::follow(restart, self.sight.get(), &going_on)
        {
            failing.extend(going_on.drain(..).map(|session| (session, failure.clone())));
        }
        // Callbacks may do anything, so they come last, when the next worker is in place.
        going_on.iter().for_each(|session| session.tell_of_death(failure));
        failing.iter().for_each(|(session, failure)| session.fail(failure));
        condemned.iter().for_each(|each| (each.borrow_mut())(Err(poisoned())));
    }

    /// Starts the next worker, which takes up these sessions.
    fn follow(mut restart: Restart, sight: Sight, sessions: &[Rc<dyn Served>]) -> Result<(), Failure> {
        restart.begin(sessions.iter().flat_map(|session| session.steps()));
        let worker = Self::start(Stage::StartingAnew, restart, sight)?;
        for session in sessions {
            let port = Some(Rc::clone(session).revive()?);
            let session = Rc::downgrade(session);
            worker.served.borrow_mut().push(InService { session, port });
        }
        worker.watch(since_start_ms());
        worker.take_up();
        Ok(())
    }

    /// Begins the next step of the restart that is still wanted, if none is under way.
    fn take_up(&self) {
        self.ticks.set(0);
        loop {
            let step = self.restart.borrow_mut().take_up();
            let Some(step) = step else { return };
            let (Step::Open(number) | Step::Query(number, _)) = step;
            if let Some(session) = self.sessions().into_iter().find(|session| session.number() == number) {
                return self.begin(step, &session);
            }
            self.restart.borrow_mut().done(step);
        }
    }

    fn begin(&self, step: Step, session: &Rc<dyn Served>) {
        match step {
            Step::Query(_, query) => Rc::clone(session).ask(query),
            Step::Open(_) => {
                let port = self.take_port(session);
                if let Some(Err(failure)) = port.map(|port| self.hand_over(session, &port)) {
                    session.fail(&failure);
                }
            }
        }
    }

    fn take_port(&self, session: &Rc<dyn Served>) -> Option<MessagePort> {
        let mut served = self.served.borrow_mut();
        let served = served
            .iter_mut()
            .find(|served| std::ptr::addr_eq(served.session.as_ptr(), Rc::as_ptr(session)));
        served?.port.take()
    }
}

// Whether the worker lives.
impl PageWorker {
    fn watch(self: &Rc<Self>, last_ms: f64) {
        let delay_ms = f64::from(self.watchdog.borrow().delay_ms());
        let watched = Rc::downgrade(self);
        self.tick.replace(Some(Timer::after(delay_ms, move || {
            if let Some(worker) = watched.upgrade() {
                worker.ticked(since_start_ms() - last_ms);
            }
        })));
    }

    fn ticked(self: &Rc<Self>, elapsed_ms: f64) {
        self.served
            .borrow_mut()
            .retain(|served| served.session.strong_count() > 0);
        if self.served.borrow().is_empty() {
            self.tick.take();
            return;
        }
        let timers = match are_throttled() {
            true => Timers::Throttled,
            false => Timers::Prompt,
        };
        let step = self.watchdog.borrow_mut().tick(elapsed_ms, timers);
        match step {
            watchdog::WatchStep::GiveUp if !self.is_here.get() => return self.could_not_start(self.hung()),
            watchdog::WatchStep::GiveUp => return self.end(&self.hung()),
            watchdog::WatchStep::Ask => self.ask_for_a_sign(),
            watchdog::WatchStep::Wait => {}
        }
        self.count_tick();
        self.watch(since_start_ms());
    }

    fn ask_for_a_sign(&self) {
        if let Some(thread) = &*self.thread.borrow() {
            // If posting fails, the worker's silence shows that.
            let _ = thread.post(&"alive?".into(), &Array::new());
        }
    }

    fn count_tick(&self) {
        // Only a tick without an overdue sign of life counts.
        if !self.watchdog.borrow().is_content() {
            return;
        }
        self.ticks.set(self.ticks.get() + 1);
        let trying = self.restart.borrow().trying();
        if trying.is_some() && self.ticks.get() >= STEP_TICKS {
            self.restart.borrow_mut().move_on();
            self.take_up();
        } else if trying.is_none() && self.ticks.get() >= WELL_TICKS {
            self.restart.borrow_mut().is_well();
        }
    }

    fn hung(&self) -> Failure {
        if self.stage.get() == Stage::Running {
            crashed(&format!(
                "it gave no sign of life for {BOUND_TICKS} s and was ended; a statement may hang inside a function"
            ))
        } else {
            unavailable(&format!("it gave no sign of life within {BOUND_TICKS} s"))
        }
    }
}

/// Goes on to the next script. After the last one, the next worker begins with the first.
fn next_script() -> bool {
    let next = SCRIPT.get() + 1;
    let is_there = worker_script(next).is_some();
    SCRIPT.set(if is_there { next } else { 0 });
    is_there
}

fn bystanders(sessions: &[Rc<dyn Served>], taken_up: Option<Step>) -> Bystanders {
    let is_busy = |session: &Rc<dyn Served>| session.bystanders(taken_up) == Bystanders::Some;
    match sessions.iter().any(is_busy) {
        true => Bystanders::Some,
        false => Bystanders::None,
    }
}

/// The sessions that go on, and those that fail, each with its failure.
fn part(sessions: Vec<Rc<dyn Served>>, verdict: Verdict, failure: &Failure) -> (Vec<Rc<dyn Served>>, Failing) {
    let (mut going_on, mut failing) = (Vec::new(), Vec::new());
    for session in sessions {
        match session.fate() {
            _ if verdict == Verdict::EndAll || verdict == Verdict::End(Step::Open(session.number())) => {
                failing.push((session, failure.clone()));
            }
            Aftermath::IsOver => session.end(&Failure::closed()),
            Aftermath::IsLost(failure) => failing.push((session, failure)),
            Aftermath::GoesOn => going_on.push(session),
        }
    }
    (going_on, failing)
}

fn condemned(sessions: &[Rc<dyn Served>], verdict: Verdict) -> Option<RowsCallback> {
    let Verdict::End(Step::Query(number, query)) = verdict else {
        return None;
    };
    let session = sessions.iter().find(|session| session.number() == number)?;
    session.take_query(query)
}

fn unavailable(reason: &str) -> Failure {
    let needs = worker_needs();
    let message = format!("the worker that runs SQLite could not be started ({reason}). {needs}");
    Failure::new(FailureKind::State, Code::WorkerUnavailable, message)
}

fn crashed(reason: &str) -> Failure {
    let message = format!("the worker that runs SQLite has stopped: {reason}");
    Failure::new(FailureKind::State, Code::WorkerCrashed, message)
}

/// The last answer to a live query that kills workers.
fn poisoned() -> SqlFailure {
    let message = "the worker that runs SQLite dies of this live query, so it is not asked any more; the database \
                   and its other queries go on";
    SqlFailure::new(Code::QueryPoisoned, message)
}
