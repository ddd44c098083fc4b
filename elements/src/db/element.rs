//! The element `<sqlite-db>`: its database, the state that it shows, and the events that it fires.
//!
//! Its migrations run once for all tabs. Until they are done, queries and writes wait ([`Db::reach`], [`Db::ready`]). The
//! event for a commit is not called `change`: the `change` event of every form field in the element bubbles to the same
//! listener.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::{Rc, Weak};
use std::task::{Poll, Waker};

use js_sys::{Object, WeakRef};
use sqlite_elements::ascending::Ascending;
use sqlite_elements::client::{Connection, change_detail, js_error};
use sqlite_elements::request::{Change, ChangeKind, Event, Failure, FailureKind, LeaderInfo, Origin};
use sqlite_elements::sql::Code;
use sqlite_elements::web::in_task;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlElement;

use super::opening::{Migrating, Opening, OpeningNumber, Phase, Settings, settings_of};
use super::schema;
use crate::base::show_states;
use crate::document::{self, Depth};
use crate::event::{detail, dispatch, fire, fire_error};
use crate::notice::NoticePlace;
use crate::schedule::{self, Due, ElementNumber, Look, announce};
use crate::{migrations, notice, style, tree};

/// What an element finds when it looks for its database.
pub(crate) enum Reach {
    Ready(OpeningNumber, Connection),
    /// The database is being opened or migrated.
    Loading,
    Failed(Failure),
    /// There is no database around this element, or none with that id.
    Missing,
}

/// The core of one `<sqlite-db>`.
pub(crate) struct Db {
    number: ElementNumber,
    element: WeakRef<HtmlElement>,
    due: Due,
    session: RefCell<Option<Opening>>,
    waiting: RefCell<Vec<Waker>>,
    /// How often the element has left the document. A caller that waits for it then waits in vain.
    departures: Cell<u32>,
    /// How many writes of this page are under way, as the last `pending` event said or will say.
    told_pending: Cell<u32>,
    tells_pending: Cell<bool>,
}

thread_local! {
    static DATABASES: RefCell<Ascending<ElementNumber, Weak<Db>>> = const { RefCell::new(Ascending::new()) };
}

fn failure_of_departure() -> Failure {
    let message = "the <sqlite-db> left the document before its database was ready; put it back";
    Failure::new(FailureKind::State, Code::DatabaseMissing, message)
}

impl Look for Db {
    fn due(&self) -> &Due {
        &self.due
    }

    fn look(self: Rc<Self>) {
        let Some(element) = document::connected(&self.element) else {
            return self.leave();
        };
        let core: Rc<dyn Look> = self.clone();
        schedule::enlist(self.number, Rc::downgrade(&core));
        document::watch(&element, Depth::Children);
        style::adopt(&element);
        let settings = settings_of(&element);
        let same = |session: &Opening| *session.settings() == settings;
        if !self.session.borrow().as_ref().is_some_and(same) {
            self.open(&element, settings);
        }
        if document::is_parsed(&element) {
            self.migrate(&element);
        }
    }
}

impl Db {
    /// The core of this element. From now on [`Db::numbered`] finds it.
    pub(super) fn new(element: &HtmlElement) -> Rc<Self> {
        let number = ElementNumber::next();
        let db = Rc::new(Db {
            number,
            element: WeakRef::new(element),
            due: Due::default(),
            session: RefCell::default(),
            waiting: RefCell::default(),
            departures: Cell::new(0),
            told_pending: Cell::new(0),
            tells_pending: Cell::new(false),
        });
        DATABASES.with_borrow_mut(|databases| databases.insert(number, Rc::downgrade(&db)));
        db
    }

    /// The core of this number, as long as its element lives.
    pub(super) fn numbered(number: ElementNumber) -> Option<Rc<Self>> {
        DATABASES.with_borrow(|databases| databases.get(&number).and_then(Weak::upgrade))
    }

    pub(super) fn number(&self) -> ElementNumber {
        self.number
    }

    pub(super) fn reach(&self) -> Reach {
        match self.session.borrow().as_ref() {
            None => Reach::Loading,
            Some(session) => match session.phase() {
                Phase::Loading => Reach::Loading,
                Phase::Ready => Reach::Ready(session.number(), session.connection().clone()),
                Phase::Failed(failure) => Reach::Failed(failure.clone()),
            },
        }
    }

    /// The connection, once the migrations are done. Fails if the element leaves the document before that.
    pub(crate) async fn ready(&self) -> Result<Connection, Failure> {
        let departures = self.departures.get();
        poll_fn(|context| match self.reach() {
            Reach::Ready(_, connection) => Poll::Ready(Ok(connection)),
            Reach::Failed(failure) => Poll::Ready(Err(failure)),
            _ if self.departures.get() != departures => Poll::Ready(Err(failure_of_departure())),
            Reach::Loading | Reach::Missing => {
                self.waiting.borrow_mut().push(context.waker().clone());
                Poll::Pending
            }
        })
        .await
    }

    /// Gives back what a connected element holds. The worker closes the database when nothing else uses it.
    fn leave(&self) {
        schedule::discharge(self.number);
        let session = self.session.replace(None);
        drop(session);
        self.departures.set(self.departures.get() + 1);
        self.wake();
        announce();
    }

    fn open(self: &Rc<Self>, element: &HtmlElement, settings: Settings) {
        let weak = Rc::downgrade(self);
        let session = Opening::begin(settings.clone(), move |number, event| {
            if let Some(db) = weak.upgrade() {
                db.heard(number, event);
            }
        });
        let number = session.number();
        // The earlier session is dropped after the new one is in place: its end has effects that must find the new one.
        let earlier = self.session.replace(Some(session));
        drop(earlier);
        tree::set_attribute(element, "leader", None);
        tree::set_attribute(element, "storage", None);
        self.show(number, Phase::Loading);
        if let Err(refusal) = settings {
            self.show(number, Phase::Failed(refusal));
        }
    }

    /// Calls `ask` with the session of this number. `None` if that session is over.
    fn of_session<T>(&self, number: OpeningNumber, ask: impl FnOnce(&mut Opening) -> T) -> Option<T> {
        let mut session = self.session.borrow_mut();
        let session = session.as_mut().filter(|session| session.number() == number);
        session.map(ask)
    }

    /// Enters a phase and shows it, unless the session of this number is over.
    fn show(&self, number: OpeningNumber, phase: Phase) {
        if self
            .of_session(number, |session| session.enter(phase.clone()))
            .is_none()
        {
            return;
        }
        self.wake();
        announce();
        let Some(element) = document::connected(&self.element) else {
            return;
        };
        tree::set_attribute(&element, "state", Some(phase.name()));
        self.show_states(&element);
        match phase {
            Phase::Loading => notice::clear(&element),
            Phase::Ready => {
                notice::clear(&element);
                fire(&element, "ready", JsValue::NULL);
            }
            Phase::Failed(failure) => {
                notice::show(&element, &failure, NoticePlace::First);
                fire_error(&element, &failure, &[]);
            }
        }
    }

    fn wake(&self) {
        let wakers = self.waiting.take();
        wakers.into_iter().for_each(Waker::wake);
    }

    fn heard(self: &Rc<Self>, number: OpeningNumber, event: &Event) {
        let Some(element) = document::connected(&self.element) else {
            return;
        };
        let is_current = |session: &Opening| session.number() == number;
        if !self.session.borrow().as_ref().is_some_and(is_current) {
            return;
        }
        match event {
            Event::Changed(change) => {
                fire(&element, "commit", detail_of_commit(change));
                if change.kind == ChangeKind::Schema {
                    self.migrate_again(number);
                }
            }
            Event::InMemory(reason) => {
                tree::set_attribute(&element, "storage", Some("memory"));
                self.show_states(&element);
                fire(&element, "inmemory", detail([("error", js_error(reason))]));
            }
            Event::Leadership(info) => self.show_leader(&element, info),
            Event::Failed(failure) => self.show(number, Phase::Failed(failure.clone())),
            Event::Pending { .. } => {
                self.show_states(&element);
                self.tell_pending();
            }
            _ => {}
        }
    }

    /// The attribute `state`.
    pub(super) fn state(&self) -> &'static str {
        let session = self.session.borrow();
        session.as_ref().map_or("loading", |session| session.phase().name())
    }

    /// Whether this tab leads.
    pub(super) fn leads(&self) -> bool {
        self.session.borrow().as_ref().is_some_and(Opening::leads)
    }

    /// The element's connection as script sees it; `null` while the element is not connected.
    pub(super) fn database(&self) -> JsValue {
        self.session
            .borrow_mut()
            .as_mut()
            .map_or(JsValue::NULL, Opening::database)
    }

    /// How many writes of this page have no answer yet.
    pub(super) fn pending(&self) -> u32 {
        let session = self.session.borrow();
        session
            .as_ref()
            .map_or(0, |session| session.connection().status().pending)
    }

    /// Dispatches one `pending` event for everything that happens in a task: a loop of a thousand writes is not a
    /// thousand events.
    fn tell_pending(self: &Rc<Self>) {
        if self.tells_pending.replace(true) {
            return;
        }
        let db = self.clone();
        in_task(move || {
            db.tells_pending.set(false);
            let pending = db.pending();
            let element = document::connected(&db.element);
            if let Some(element) = element.filter(|_| db.told_pending.replace(pending) != pending) {
                dispatch(&element, "pending", detail([("pending", pending.into())]));
            }
        });
    }

    fn show_states(&self, element: &HtmlElement) {
        let session = self.session.borrow();
        let Some(session) = session.as_ref() else { return };
        let status = session.connection().status();
        show_states(
            element,
            &[
                (session.phase().name(), true),
                ("leader", session.leads()),
                ("memory", status.in_memory.is_some()),
                ("pending", status.pending > 0),
            ],
        );
    }

    /// Shows who leads, if that is news.
    fn show_leader(&self, element: &HtmlElement, info: &LeaderInfo) {
        let mut guard = self.session.borrow_mut();
        let Some(session) = guard.as_mut() else { return };
        if !session.note_leader(info) {
            return;
        }
        drop(guard);
        tree::set_attribute(element, "leader", info.is_leader.then_some(""));
        self.show_states(element);
        let fields = [
            ("isLeader", info.is_leader.into()),
            ("leaderId", info.leader_id.as_str().into()),
        ];
        fire(element, "leaderchange", detail(fields));
    }
}

// The migrations in the element: it migrates when they are parsed, when there are more of them, and when the schema has
// changed. One migration is under way at a time, and a request that comes meanwhile runs after it.
impl Db {
    /// Runs the migrations in the element, if there are more than before.
    fn migrate(self: &Rc<Self>, element: &HtmlElement) {
        let scripts = migrations::sources(element);
        let mut session = self.session.borrow_mut();
        let Some(session) = session.as_mut() else {
            return;
        };
        if !session.take_scripts(scripts) {
            return;
        }
        let number = session.number();
        if session.begin_migrating() {
            self.migrate_now(number);
        }
    }

    /// The schema has changed. Perhaps some tab has replaced all data with a backup, which this page must migrate. If
    /// nothing is to be done, the worker answers from its own copy.
    fn migrate_again(self: &Rc<Self>, number: OpeningNumber) {
        let mut session = self.session.borrow_mut();
        let session = session.as_mut().filter(|session| session.has_scripts());
        if session.is_some_and(Opening::begin_migrating) {
            self.migrate_now(number);
        }
    }

    fn migrate_now(self: &Rc<Self>, number: OpeningNumber) {
        let db = self.clone();
        spawn_local(async move {
            loop {
                let Some((name, connection, scripts)) = db.of_session(number, Opening::begin_preparing) else {
                    return;
                };
                let prepared = schema::prepare(&name, &connection, scripts).await;
                match db.of_session(number, Opening::has_migrated) {
                    Some(Migrating::Again) => {}
                    Some(_) => return db.migrated(number, prepared),
                    None => return,
                }
            }
        });
    }

    fn migrated(&self, number: OpeningNumber, prepared: Result<(), Failure>) {
        let phase = prepared.map_or_else(Phase::Failed, |()| Phase::Ready);
        // No news: the database is ready as before, it has the same failure as before, or a failure has ended the
        // connection.
        let is_known = self.of_session(number, |session| match (session.phase(), &phase) {
            (Phase::Failed(known), Phase::Failed(failure)) => known == failure,
            (Phase::Ready, Phase::Ready) => true,
            (_, Phase::Ready) => session.connection().status().failure.is_some(),
            _ => false,
        });
        if is_known == Some(false) {
            self.show(number, phase);
        }
    }
}

impl Drop for Db {
    fn drop(&mut self) {
        schedule::discharge(self.number);
        // While the page itself is unloaded, this list may be dropped before an element.
        let _ = DATABASES.try_with(|databases| databases.borrow_mut().remove(&self.number));
    }
}

fn detail_of_commit(change: &Change) -> JsValue {
    let origin = match change.origin {
        Origin::Here => "here",
        Origin::Elsewhere => "elsewhere",
    };
    let commit = detail([("kind", change.kind.name().into()), ("origin", origin.into())]);
    Object::assign(&change_detail(change), commit.unchecked_ref()).into()
}
