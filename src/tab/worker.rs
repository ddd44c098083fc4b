//! The driver: runs a [`super::Tab`] in a browser. `elements/index.ts` starts it in the page's worker.
//!
//! The driver decides nothing. One task per open database owns the tab: it takes one event from the inbox,
//! hands it to the tab, carries out every effect in order, sets the timer, and waits again. Callbacks of the browser
//! only push to the inbox, so the tab is never re-entered and needs no lock.
//!
//! The page posts to the worker: first the compiled module; then for each database the array `[name, durability, seen]`
//! (`"relaxed"` or `"strict"`, and the seq of the newest commit that the page has seen) with a MessagePort, over which
//! the two then talk in the words of [`crate::request`]; and `"alive?"`. The worker posts `"here"` when its script
//! runs, `"ready"` when it can serve, `"alive"` when asked and once a second while it is busy, and the text of a panic.
//! After a panic the worker closes itself, so that its locks are free at once and another tab can lead.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent, MessagePort};

use super::lease::Locking;
use super::pulse::{Glance, Names, Pulse};
use super::store_call::{StoreAnswer, StoreCall};
use super::tab::Tab;
use super::unstored::Unstored;
use super::words::{Effect, Happening, LockCall};
use crate::engine::{OnProgress, Progress};
use crate::request::{Event, Failure, FailureKind, Request, Response, decode, encode};
use crate::sql::Code;
use crate::storage::{Durability, IndexedDbStore, Seq, Snapshot, Store, StoreError, TabId};
use crate::time::Timestamp;
use crate::web::{
    Broadcast, BrowserError, Inbox, LockEvent, LockQueue, Port, Timer, in_task, is_there, report_panics, report_text,
    since_epoch_ms, since_start_ms, time_ordered_id,
};

/// For so long an event waits at most for others that are posted with it, unless no SQL runs: then it does not wait.
const QUEUED_MS: f64 = 2.0;

/// The driver's inbox: events for the tab, or the failure that ends it.
type Happenings = Inbox<Result<Happening, Failure>>;

/// Makes this worker serve the databases that its page asks for.
#[wasm_bindgen(js_name = serveDatabases)]
pub fn serve_databases() {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    report_panics(|text| {
        let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
        // If posting fails too, the console has the text.
        let _ = scope.post_message(&text.into());
        scope.close();
    });
    let asked = Closure::<dyn FnMut(MessageEvent)>::new(|event: MessageEvent| {
        if event.data().is_string() {
            return say_alive();
        }
        let words: Array = event.data().unchecked_into();
        let name = words.get(0).as_string().unwrap_or_default();
        let durability = words.get(1).as_string().as_deref().and_then(Durability::named);
        let seen = Seq(words.get(2).as_f64().unwrap_or_default() as u64);
        spawn_local(serve_again(
            name,
            durability.unwrap_or_default(),
            seen,
            event.ports().get(0).unchecked_into(),
        ));
    });
    scope.set_onmessage(Some(asked.as_ref().unchecked_ref()));
    // The listener stays for as long as the worker lives.
    asked.forget();
    if let Err(error) = scope.post_message(&"ready".into()) {
        report_text(&format!("sqlite-elements: {}", BrowserError::from(error)));
    }
}

/// Serves one database over one port, until the page closes it or it fails.
pub async fn serve(name: String, durability: Durability, port: MessagePort) {
    serve_again(name, durability, Seq::default(), port).await;
}

/// Serves a database whose commits up to `seen` the page has seen.
async fn serve_again(name: String, durability: Durability, seen: Seq, port: MessagePort) {
    let inbox = Happenings::default();
    let asked = inbox.clone();
    let port = Rc::new(Port::listen(port, move |bytes| {
        decode(&bytes).for_each(|request: Option<Request>| {
            asked.push(request.map(Happening::Asked).ok_or_else(unreadable));
        });
    }));
    let served = match Driver::open(&name, durability, seen, &port, &inbox).await {
        Ok(driver) => driver.drive().await,
        Err(failure) => Err(failure),
    };
    if let Err(failure) = served
        && let Err(error) = port.post(|part| encode(&Event::Failed(failure.clone()), part))
    {
        report_text(&format!(
            "sqlite-elements: {name}: {failure}; the page could not be told: {error}"
        ));
    }
}

struct Driver<'a> {
    tab: Tab,
    port: &'a Rc<Port>,
    inbox: &'a Happenings,
    /// Absent in memory mode, which shares nothing.
    channel: Option<Rc<Broadcast>>,
    /// Receives the messages for this tab alone.
    _own_channel: Option<Broadcast>,
    /// Absent in lease mode and in memory mode.
    lock: Option<LockQueue>,
    store: StoreQueue,
    timer: Option<(Timestamp, Timer)>,
    /// When the oldest event was queued that has not been posted.
    queued_since_ms: Option<f64>,
}

impl<'a> Driver<'a> {
    async fn open(
        name: &str,
        durability: Durability,
        seen: Seq,
        port: &'a Rc<Port>,
        inbox: &'a Happenings,
    ) -> Result<Self, Failure> {
        let shared_name = format!("sqlite-elements:{name}");
        // Open the channel first: messages that arrive while the store loads wait in the inbox.
        let opened = match listen(&shared_name, inbox) {
            Ok(channel) => IndexedDbStore::open(name, durability)
                .await
                .map(|store| (store, channel)),
            // Pages that may not store anything may not open a channel either.
            Err(error) => Err(StoreError::Unavailable(error.to_string())),
        };
        match opened {
            Ok((store, channel)) => {
                let lost = inbox.clone();
                store.on_lost(move |error| lost.push(Err(error.into())));
                let locked = inbox.clone();
                let lock = LockQueue::new(&shared_name, move |event| locked.push(happening(event)));
                let snapshot = store.load().await?;
                let found = snapshot.head.position.seq;
                if found < seen {
                    return Err(StoreError::Gone("it was deleted while its worker was down".into()).into());
                }
                port.post(|part| encode(&Event::Found { seq: found.0 }, part))?;
                Driver::begin(Keeper::Store(store), snapshot, lock, Some(channel), port, inbox)
            }
            Err(StoreError::Unavailable(reason)) => {
                port.post(|part| encode(&Event::InMemory(in_memory(&reason)), part))?;
                // Each tab has a database of its own in memory, so these tabs must not hear each other.
                let keeper = Keeper::Nobody(Unstored::default());
                Driver::begin(keeper, Snapshot::empty(), None, None, port, inbox)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn begin(
        keeper: Keeper,
        snapshot: Snapshot,
        lock: Option<LockQueue>,
        channel: Option<Broadcast>,
        port: &'a Rc<Port>,
        inbox: &'a Happenings,
    ) -> Result<Self, Failure> {
        let channel = channel.map(Rc::new);
        let election = lock.as_ref().map_or(Locking::Lease, |_| Locking::Locks);
        let id = TabId(time_ordered_id());
        // Opened before any other tab can know this one, so that no message is missed.
        let own_channel = match &channel {
            Some(_) => Some(listen(&name_of_one(id), inbox)?),
            None => None,
        };
        let mut tab = Tab::open(now(), id, snapshot, election)?;
        let on_progress = pulse(&tab.pulse(), &channel, port);
        tab.engine().set_on_progress(on_progress);
        Ok(Driver {
            tab,
            port,
            inbox,
            channel,
            _own_channel: own_channel,
            lock,
            store: StoreQueue::start(keeper, inbox.clone()),
            timer: None,
            queued_since_ms: None,
        })
    }

    fn call_lock(&self, call: LockCall) {
        let Some(lock) = &self.lock else { return };
        match call {
            LockCall::Request => lock.request(),
            LockCall::Steal => lock.steal(),
            LockCall::Release => lock.release(),
        }
    }

    async fn drive(mut self) -> Result<(), Failure> {
        loop {
            // The tab's rule: carry out all effects of one event, or of one piece of SQL, before the next.
            while let Some(effect) = self.tab.poll() {
                say_alive_if_due();
                match effect {
                    Effect::Lock(call) => self.call_lock(call),
                    Effect::Store(call) => self.store.push(call),
                    Effect::Broadcast(bytes) => {
                        if let Some(channel) = &self.channel {
                            channel.post(&bytes)?;
                        }
                    }
                    Effect::Send { to, bytes } => Broadcast::post_once(&name_of_one(to), &bytes)?,
                    Effect::Tell(event) => self.tell(&event)?,
                    Effect::Closed => return Ok(()),
                }
            }
            self.flush_if_due()?;
            if self.tab.work(now()) {
                continue;
            }
            self.set_timer();
            if self.inbox.is_empty() {
                self.flush_soon();
            }
            let happening = self.inbox.next().await?;
            if self.is_cancelled(&happening).await {
                continue;
            }
            if matches!(happening, Happening::TimedOut) {
                self.timer = None;
            }
            say_alive_if_due();
            self.tab.handle(now(), happening);
        }
    }

    /// Whether this is a query that the page has cancelled by now. Only a query that can be taken back is checked: the
    /// check waits for messages that have already arrived, which the browser delivers one by one.
    async fn is_cancelled(&self, happening: &Happening) -> bool {
        let Happening::Asked(Request::Query {
            call, recall: Some(_), ..
        }) = happening
        else {
            return false;
        };
        let arrived = Inbox::default();
        let all = arrived.clone();
        in_task(move || all.push(()));
        arrived.next().await;
        let cancels = |next: &Result<Happening, Failure>| matches!(next, Ok(Happening::Asked(Request::Cancel { call: cancelled })) if cancelled == call);
        self.inbox.take_first(cancels).is_some()
    }

    /// Queues an event for the page. Events that follow one another closely are posted as one message, because a message
    /// costs more than the point select that it answers.
    fn tell(&mut self, event: &Event) -> Result<(), Failure> {
        // Who waits for earlier writes (`sync`) goes on after their callers have heard: a message is a task of its own.
        let ends_a_wait = matches!(
            event,
            Event::Answered {
                answer: Ok(Response::Done),
                ..
            }
        );
        if ends_a_wait {
            self.queued_since_ms = None;
            self.port.flush()?;
        }
        self.queued_since_ms.get_or_insert_with(since_start_ms);
        self.port.queue(|part| encode(event, part));
        Ok(())
    }

    /// Posts what has been queued for a while, before the next piece of SQL.
    fn flush_if_due(&mut self) -> Result<(), Failure> {
        let Some(since_ms) = self.queued_since_ms else {
            return Ok(());
        };
        if since_start_ms() - since_ms >= QUEUED_MS {
            self.queued_since_ms = None;
            self.port.flush()?;
        }
        Ok(())
    }

    /// Posts what is queued when the store has begun its call, which takes longer.
    fn flush_soon(&mut self) {
        if self.queued_since_ms.take().is_none() {
            return;
        }
        let (port, inbox) = (Rc::clone(self.port), self.inbox.clone());
        spawn_local(async move {
            if let Err(error) = port.flush() {
                inbox.push(Err(error.into()));
            }
        });
    }

    /// Sets the timer, unless the deadline is unchanged: setting it anew at each message could put it off for ever.
    fn set_timer(&mut self) {
        let deadline = self.tab.deadline();
        if deadline == self.timer.as_ref().map(|(set_for, _)| *set_for) {
            return;
        }
        self.timer = deadline.map(|deadline| {
            let inbox = self.inbox.clone();
            let delay_ms = deadline.ms_since(now());
            (
                deadline,
                Timer::after(delay_ms, move || inbox.push(Ok(Happening::TimedOut))),
            )
        });
    }
}

fn listen(name: &str, inbox: &Happenings) -> Result<Broadcast, BrowserError> {
    let heard = inbox.clone();
    Broadcast::open(name, move |bytes| heard.push(Ok(Happening::Heard(bytes))))
}

/// The name of the channel on which one tab listens alone. It differs from the channel of every database.
fn name_of_one(tab: TabId) -> String {
    format!("sqlite-elements-tab:{tab}")
}

/// Makes store calls one after the other. Dropping it closes the store after the last call.
struct StoreQueue(Inbox<Option<StoreCall>>);

impl StoreQueue {
    fn start(mut keeper: Keeper, answers: Happenings) -> Self {
        let calls = Inbox::default();
        let queue = StoreQueue(calls.clone());
        spawn_local(async move {
            while let Some(call) = calls.next().await {
                answers.push(Ok(Happening::Stored(keeper.make(call).await)));
            }
        });
        queue
    }

    fn push(&self, call: StoreCall) {
        self.0.push(Some(call));
    }
}

impl Drop for StoreQueue {
    fn drop(&mut self) {
        self.0.push(None);
    }
}

/// What keeps the database.
#[allow(clippy::large_enum_variant, reason = "there is one for each open database")]
enum Keeper {
    Store(IndexedDbStore),
    Nobody(Unstored),
}

impl Keeper {
    async fn make(&mut self, call: StoreCall) -> StoreAnswer {
        match self {
            Keeper::Store(store) => call.make(store).await,
            Keeper::Nobody(unstored) => unstored.answer(call),
        }
    }
}

/// Sends the leader's heartbeats and the answers that are queued while SQLite keeps this thread busy: posting does not
/// need the event loop.
fn pulse(pulse: &Rc<RefCell<Pulse>>, channel: &Option<Rc<Broadcast>>, port: &Rc<Port>) -> OnProgress {
    let (pulse, channel, port) = (Rc::clone(pulse), channel.clone(), Rc::clone(port));
    Rc::new(move |headway| {
        say_alive_if_due();
        if let Err(error) = port.flush() {
            report_text(&format!("sqlite-elements: the page could not be told: {error}"));
        }
        let look = pulse.borrow().to_look_at(headway.calls).map(look);
        if let Some(look) = look
            && pulse.borrow_mut().looked(look) == Progress::Interrupt
        {
            return Progress::Interrupt;
        }
        let (said, progress) = pulse.borrow_mut().beat(now(), headway);
        if let Some((bytes, channel)) = said.zip(channel.as_ref())
            && let Err(error) = channel.post(&bytes)
        {
            report_text(&format!("sqlite-elements: a heartbeat could not be sent: {error}"));
        }
        progress
    })
}

/// How often a busy worker says that it is alive: see [`crate::watchdog`].
const ALIVE_EVERY_MS: f64 = 1_000.0;

thread_local! {
    static SAID_ALIVE_MS: Cell<f64> = const { Cell::new(0.0) };
}

fn say_alive_if_due() {
    if since_start_ms() - SAID_ALIVE_MS.get() >= ALIVE_EVERY_MS {
        say_alive();
    }
}

fn say_alive() {
    SAID_ALIVE_MS.set(since_start_ms());
    // In tests the driver runs in a window, which has nobody to tell.
    if let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() {
        // If posting fails, the page hears nothing and ends this worker.
        let _ = scope.post_message(&"alive".into());
    }
}

fn look(names: &Names) -> Glance {
    if is_there(&names.recall) {
        Glance::Found
    } else if is_there(&names.control) {
        Glance::Missing
    } else {
        Glance::Blind
    }
}

fn now() -> Timestamp {
    Timestamp::from_ms(since_epoch_ms())
}

fn happening(event: LockEvent) -> Result<Happening, Failure> {
    match event {
        LockEvent::Granted => Ok(Happening::LockGranted),
        LockEvent::Lost => Ok(Happening::LockLost),
        LockEvent::Refused(error) => Err(error.into()),
    }
}

fn in_memory(reason: &str) -> Failure {
    let message = format!(
        "the browser offers this page no storage ({reason}): the database is kept in the memory of this tab alone, and \
         is gone with it"
    );
    Failure::new(FailureKind::Storage, Code::StorageUnavailable, message)
}

fn unreadable() -> Failure {
    Failure::new(
        FailureKind::State,
        Code::RequestUnreadable,
        "the worker received a request that it cannot read; reload the page, so that both are of one version",
    )
}

impl From<BrowserError> for Failure {
    fn from(error: BrowserError) -> Self {
        let message = format!("the browser refused what the database needs ({error}); reload the page to try again");
        Failure::new(FailureKind::State, Code::BrowserRefused, message)
    }
}
