//! `<sqlite-db name="app.db">`: opens a database for the elements inside it. All tabs of the origin share the database.
//!
//! The schema stands in the element as `<script type="application/sql">` children, with text or with `src`. These
//! scripts are migrations. The leader runs them in order, once for all tabs. Until they are done, queries and writes
//! wait ([`reach`], [`Db::ready`]). The element shows its state in the attributes `state`, `leader` and `storage`, in
//! custom states, and by the events `ready`, `commit`, `leaderchange`, `pending`, `inmemory` and `error`.
//!
//! The event for a commit is not called `change`: the `change` event of every form field in the element bubbles to the
//! same listener.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use js_sys::{Object, WeakRef};
use sqlite_elements::client::{Connection, Listener, OpenOptions, change_detail, database_name, js_error};
use sqlite_elements::request::{Change, ChangeKind, Event, Failure, FailureKind, LeaderInfo, Origin};
use sqlite_elements::sql::Code;
use sqlite_elements::storage::Durability;
use sqlite_elements::web::in_task;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlElement;

use crate::base::{self, Base, show_states};
use crate::document::{self, Depth};
use crate::event::{detail, dispatch, fire, fire_error};
use crate::notice::NoticePlace;
use crate::schedule::{self, Due, ElementNumber, Look, announce};
use crate::shell::Core;
use crate::{migrations, notice, style, tree};

mod nearest;
mod schema;
mod script;

pub(crate) use nearest::{failure_of_missing, find, missing, reach};
use schema::Migrating;

#[wasm_bindgen]
extern "C" {
    type Attributed;
    /// The attribute as the document has it. A Rust `String` may differ: it cannot hold half of a surrogate pair.
    #[wasm_bindgen(method, js_name = getAttribute)]
    fn attribute(this: &Attributed, name: &str) -> JsValue;
}

/// The number of one opening of a database by an element. It shows that something late belongs to an earlier opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpeningNumber(u32);

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

/// The database's name and durability, or why it cannot be opened.
type Settings = Result<(String, Durability), Failure>;

struct Opening {
    number: OpeningNumber,
    settings: Settings,
    connection: Connection,
    /// The migrations that were last requested, as they stand in the element.
    scripts: Option<Vec<migrations::Source>>,
    migrating: Migrating,
    phase: Phase,
    leader: Option<LeaderInfo>,
    /// The same connection as script sees it. Made at the first request.
    database: Option<JsValue>,
    _listener: Listener,
}

#[derive(Clone)]
enum Phase {
    Loading,
    Ready,
    Failed(Failure),
}

thread_local! {
    static SESSIONS: Cell<u32> = const { Cell::new(0) };
}

impl Core for Db {
    const BASE: Base = Base::Db;
    const ATTRIBUTES: &'static [&'static str] = &["name", "durability", "id"];

    fn begin(element: &HtmlElement) -> Rc<Self> {
        let db = Rc::new(Db::new(element));
        nearest::enter(db.number, Rc::downgrade(&db));
        base::attach(element, script::DbCore::of(db.clone()).into());
        db
    }

    fn look_soon(self: &Rc<Self>) {
        schedule::soon(self.clone());
    }
}

fn settings_of(element: &HtmlElement) -> Settings {
    let name = element.unchecked_ref::<Attributed>().attribute("name");
    if name.is_null() || name == "" {
        let message = "<sqlite-db> needs a name, as in <sqlite-db name=\"app.db\">";
        return Err(Failure::new(FailureKind::State, Code::NameMissing, message));
    }
    Ok((database_name(&name)?, durability_of(element)?))
}

fn durability_of(element: &HtmlElement) -> Result<Durability, Failure> {
    match tree::attribute(element, "durability").as_deref() {
        None | Some("") => Ok(Durability::default()),
        // A wrong value is an error: an author who misspells "strict" relies on it.
        Some(given) => Durability::named(given).ok_or_else(|| {
            let message = format!(
                "durability=\"{given}\" of a <sqlite-db> is neither \"relaxed\" nor \"strict\"; correct it, or leave it out"
            );
            Failure::new(FailureKind::State, Code::DurabilityUnknown, message)
        }),
    }
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
        let same = |session: &Opening| session.settings == settings;
        if !self.session.borrow().as_ref().is_some_and(same) {
            self.open(&element, settings);
        }
        if document::is_parsed(&element) {
            self.migrate(&element);
        }
    }
}

impl Db {
    fn new(element: &HtmlElement) -> Self {
        Db {
            number: ElementNumber::next(),
            element: WeakRef::new(element),
            due: Due::default(),
            session: RefCell::default(),
            waiting: RefCell::default(),
            departures: Cell::new(0),
            told_pending: Cell::new(0),
            tells_pending: Cell::new(false),
        }
    }

    fn reach(&self) -> Reach {
        match self.session.borrow().as_ref() {
            None => Reach::Loading,
            Some(session) => match &session.phase {
                Phase::Loading => Reach::Loading,
                Phase::Ready => Reach::Ready(session.number, session.connection.clone()),
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
        let number = OpeningNumber(SESSIONS.replace(SESSIONS.get() + 1));
        let connection = match &settings {
            Ok((name, durability)) => Connection::open(
                name,
                OpenOptions {
                    durability: *durability,
                },
            ),
            Err(refusal) => Connection::refused(refusal),
        };
        let weak = Rc::downgrade(self);
        let listener = connection.listen(move |event| {
            if let Some(db) = weak.upgrade() {
                db.heard(number, event);
            }
        });
        let session = Opening {
            number,
            settings: settings.clone(),
            connection,
            scripts: None,
            migrating: Migrating::No,
            phase: Phase::Loading,
            leader: None,
            database: None,
            _listener: listener,
        };
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
        let session = session.as_mut().filter(|session| session.number == number);
        session.map(ask)
    }

    /// Enters a phase and shows it, unless the session of this number is over.
    fn show(&self, number: OpeningNumber, phase: Phase) {
        match self
            .session
            .borrow_mut()
            .as_mut()
            .filter(|session| session.number == number)
        {
            Some(session) => session.phase = phase.clone(),
            None => return,
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
        if self
            .session
            .borrow()
            .as_ref()
            .is_none_or(|session| session.number != number)
        {
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

    /// How many writes of this page have no answer yet.
    fn pending(&self) -> u32 {
        let session = self.session.borrow();
        session
            .as_ref()
            .map_or(0, |session| session.connection.status().pending)
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
        let status = session.connection.status();
        show_states(
            element,
            &[
                (session.phase.name(), true),
                ("leader", session.leads()),
                ("memory", status.in_memory.is_some()),
                ("pending", status.pending > 0),
            ],
        );
    }

    /// Shows who leads. The event also comes when the lease is extended, which changes nothing here.
    fn show_leader(&self, element: &HtmlElement, info: &LeaderInfo) {
        let mut guard = self.session.borrow_mut();
        let Some(session) = guard.as_mut() else { return };
        let same = |before: &LeaderInfo| before.is_leader == info.is_leader && before.leader_id == info.leader_id;
        if session.leader.as_ref().is_some_and(same) {
            return;
        }
        session.leader = Some(info.clone());
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

impl Opening {
    fn leads(&self) -> bool {
        self.leader.as_ref().is_some_and(|leader| leader.is_leader)
    }
}

/// Closes the connection at once. Script may still hold this session's `database`, and garbage collection may take
/// long.
impl Drop for Opening {
    fn drop(&mut self) {
        let connection = self.connection.clone();
        spawn_local(async move { connection.close().await });
    }
}

impl Phase {
    fn name(&self) -> &'static str {
        match self {
            Phase::Loading => "loading",
            Phase::Ready => "ready",
            Phase::Failed(_) => "error",
        }
    }
}

impl Drop for Db {
    fn drop(&mut self) {
        schedule::discharge(self.number);
        nearest::remove(self.number);
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
