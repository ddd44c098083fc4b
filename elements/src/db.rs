//! `<sqlite-db name="app.db">`: opens a database that all tabs of the origin share, for the elements in it.
//!
//! Its schema stands in it as `<script type="application/sql">` children, or is named by their `src`: migrations, in
//! order, which the leading tab runs once for all tabs. Until they are done, queries and writes wait ([`reach`],
//! [`Db::ready`]). The element shows what it is doing by attributes, `state`, `leader` and `storage`, and by the events
//! `ready`, `commit`, `leaderchange`, `inmemory` and `error`.
//!
//! The event for a commit is not called `change`: that of every form field in the element would bubble to the same
//! listener.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::rc::{Rc, Weak};
use std::task::{Poll, Waker};

use custom_elements::CustomElement;
use js_sys::{Function, Object, WeakRef};
use sqlite_elements::client::{Connection, Database, Listener, OpenOptions, change_detail, js_error};
use sqlite_elements::request::{Change, Event, Failure, FailureKind, LeaderInfo, Origin};
use sqlite_elements::sql::Work;
use sqlite_elements::storage::Durability;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlElement};

use crate::base::{self, Base};
use crate::document::{self, Depth};
use crate::event::{detail, fire, fire_error};
use crate::schedule::{self, Due, ElementNumber, Look, announce};
use crate::{migrations, notice, style};

/// How long a migration may wait for a leader and then run.
const MIGRATION_TIMEOUT_MS: u32 = 60_000;

/// Names one opening of a database by an element, so that what arrives late from an earlier one is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SessionNumber(u32);

/// What an element finds that looks for its database.
pub(crate) enum Reach {
    Ready(SessionNumber, Connection),
    /// It is being opened or migrated.
    Loading,
    Failed(Failure),
    /// There is none around this element, or none of that id.
    Missing,
}

#[derive(Default)]
pub(crate) struct SqliteDb(Option<Rc<Db>>);

/// The core of one `<sqlite-db>`.
pub(crate) struct Db {
    number: ElementNumber,
    element: WeakRef<HtmlElement>,
    due: Due,
    session: RefCell<Option<Session>>,
    waiting: RefCell<Vec<Waker>>,
    /// How often it has left the document: who waits for it then waits in vain.
    departures: Cell<u32>,
}

struct Session {
    number: SessionNumber,
    name: String,
    durability: Durability,
    connection: Connection,
    /// What was asked to be run, as it stands in the element.
    scripts: Option<Vec<migrations::Source>>,
    phase: Phase,
    leader: Option<LeaderInfo>,
    /// The same connection as script sees it, made when it is first asked for.
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
    static DATABASES: RefCell<BTreeMap<ElementNumber, Weak<Db>>> = const { RefCell::new(BTreeMap::new()) };
}

impl CustomElement for SqliteDb {
    fn inject_children(&mut self, _this: &HtmlElement) {}

    fn shadow() -> bool {
        false
    }

    fn superclass() -> (Option<&'static str>, &'static Function) {
        base::superclass(Base::Db)
    }

    fn observed_attributes() -> &'static [&'static str] {
        &["name", "durability", "id"]
    }

    fn constructor(&mut self, this: &HtmlElement) {
        let db = Rc::new(Db::new(this));
        DATABASES.with_borrow_mut(|databases| databases.insert(db.number, Rc::downgrade(&db)));
        base::attach(this, DbCore(db.clone()).into());
        self.0 = Some(db);
    }

    fn connected_callback(&mut self, _this: &HtmlElement) {
        self.look_soon();
    }

    fn disconnected_callback(&mut self, _this: &HtmlElement) {
        self.look_soon();
    }

    fn attribute_changed_callback(&mut self, _: &HtmlElement, _: String, _: Option<String>, _: Option<String>) {
        self.look_soon();
    }
}

impl SqliteDb {
    fn look_soon(&self) {
        self.0.iter().cloned().for_each(|db| schedule::soon(db));
    }
}

/// The database of an element: the one that its attribute `db` names, else the nearest around it.
pub(crate) fn reach(element: &Element) -> Reach {
    find(element).map_or(Reach::Missing, |db| db.reach())
}

/// The core of the element's database, as [`reach`] finds it.
pub(crate) fn find(element: &Element) -> Option<Rc<Db>> {
    let found = match element.get_attribute("db") {
        Some(id) => document::by_id_around(element, &id),
        None => document::around(element, "sqlite-db"),
    };
    let number = base::number_of(&found?)?;
    DATABASES.with_borrow(|databases| databases.get(&number).and_then(Weak::upgrade))
}

/// Why there is no database for an element; `None` while one may still be parsed.
pub(crate) fn missing(element: &Element) -> Option<Failure> {
    let document = element.owner_document()?;
    (document.ready_state() != "loading").then(|| failure_of_missing(element))
}

pub(crate) fn failure_of_missing(element: &Element) -> Failure {
    let message = match element.get_attribute("db") {
        Some(id) => format!("db=\"{id}\": there is no <sqlite-db id=\"{id}\">"),
        None => format!(
            "<{}> must stand inside a <sqlite-db>, or name one by db=\"its id\"",
            element.local_name()
        ),
    };
    Failure::new(FailureKind::State, "DATABASE_MISSING", message)
}

fn failure_of_departure() -> Failure {
    let message = "the <sqlite-db> left the document before its database was ready";
    Failure::new(FailureKind::State, "DATABASE_MISSING", message)
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
        let name = element.get_attribute("name").unwrap_or_default();
        let durability = match element.get_attribute("durability").as_deref() {
            Some("strict") => Durability::Strict,
            _ => Durability::Relaxed,
        };
        let same = |session: &Session| session.name == name && session.durability == durability;
        if !self.session.borrow().as_ref().is_some_and(same) {
            self.open(&element, name, durability);
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

    /// The connection, as soon as the migrations are done. Fails if the element leaves the document before that.
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

    /// Gives back what a connected element holds; the worker closes the database when nobody else uses it.
    fn leave(&self) {
        schedule::discharge(self.number);
        let session = self.session.replace(None);
        drop(session);
        self.departures.set(self.departures.get() + 1);
        self.wake();
        announce();
    }

    fn open(self: &Rc<Self>, element: &HtmlElement, name: String, durability: Durability) {
        let number = SessionNumber(SESSIONS.replace(SESSIONS.get() + 1));
        let connection = Connection::open(&name, OpenOptions { durability });
        let weak = Rc::downgrade(self);
        let listener = connection.listen(move |event| {
            if let Some(db) = weak.upgrade() {
                db.heard(number, event);
            }
        });
        let session = Session {
            number,
            name: name.clone(),
            durability,
            connection,
            scripts: None,
            phase: Phase::Loading,
            leader: None,
            database: None,
            _listener: listener,
        };
        // The earlier one is dropped after the new one stands: what its end sets off must find the new one.
        let earlier = self.session.replace(Some(session));
        drop(earlier);
        document::set_attribute(element, "leader", None);
        document::set_attribute(element, "storage", None);
        self.show(number, Phase::Loading);
        if name.is_empty() {
            let message = "<sqlite-db> needs a name, as in <sqlite-db name=\"app.db\">";
            self.show(
                number,
                Phase::Failed(Failure::new(FailureKind::State, "NAME_MISSING", message)),
            );
        }
    }

    /// Runs the migrations that stand in the element, if there are more than before.
    fn migrate(self: &Rc<Self>, element: &HtmlElement) {
        let scripts = migrations::sources(element);
        let mut session = self.session.borrow_mut();
        let Some(session) = session.as_mut().filter(|session| !session.name.is_empty()) else {
            return;
        };
        // A framework may take scripts out again once they ran: that undoes nothing.
        if session
            .scripts
            .as_ref()
            .is_some_and(|before| before.starts_with(&scripts))
        {
            return;
        }
        session.scripts = Some(scripts.clone());
        let (number, connection, db) = (session.number, session.connection.clone(), self.clone());
        spawn_local(async move {
            let prepared = prepare(&connection, scripts.clone()).await;
            if !db.is_newest(number, &scripts) {
                return;
            }
            db.show(number, prepared.map_or_else(Phase::Failed, |()| Phase::Ready));
        });
    }

    fn is_newest(&self, number: SessionNumber, scripts: &[migrations::Source]) -> bool {
        let newest = |session: &Session| session.number == number && session.scripts.as_deref() == Some(scripts);
        self.session.borrow().as_ref().is_some_and(newest)
    }

    /// Enters a phase and shows it, unless the session it belongs to is over.
    fn show(&self, number: SessionNumber, phase: Phase) {
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
        document::set_attribute(&element, "state", Some(phase.name()));
        match phase {
            Phase::Loading => notice::clear(&element),
            Phase::Ready => {
                notice::clear(&element);
                fire(&element, "ready", JsValue::NULL);
            }
            Phase::Failed(failure) => {
                notice::show(&element, &failure);
                fire_error(&element, &failure);
            }
        }
    }

    fn wake(&self) {
        let wakers = self.waiting.take();
        wakers.into_iter().for_each(Waker::wake);
    }

    fn heard(&self, number: SessionNumber, event: &Event) {
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
            Event::Changed(change) => fire(&element, "commit", detail_of_commit(change)),
            Event::InMemory(reason) => {
                document::set_attribute(&element, "storage", Some("memory"));
                fire(&element, "inmemory", detail([("error", js_error(reason))]));
            }
            Event::Leadership(info) => self.show_leader(&element, info),
            Event::Failed(failure) => self.show(number, Phase::Failed(failure.clone())),
            _ => {}
        }
    }

    /// Also told when the lease is extended, which is nobody's business here.
    fn show_leader(&self, element: &HtmlElement, info: &LeaderInfo) {
        let mut session = self.session.borrow_mut();
        let Some(session) = session.as_mut() else { return };
        let same = |before: &LeaderInfo| before.is_leader == info.is_leader && before.leader_id == info.leader_id;
        if session.leader.as_ref().is_some_and(same) {
            return;
        }
        session.leader = Some(info.clone());
        document::set_attribute(element, "leader", info.is_leader.then_some(""));
        let fields = [
            ("isLeader", info.is_leader.into()),
            ("leaderId", info.leader_id.as_str().into()),
        ];
        fire(element, "leaderchange", detail(fields));
    }
}

/// Script may hold the `database` of this session, and the collector may take its time: closing does not wait for it.
impl Drop for Session {
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
        let _ = DATABASES.try_with(|databases| databases.borrow_mut().remove(&self.number));
    }
}

async fn prepare(connection: &Connection, sources: Vec<migrations::Source>) -> Result<(), Failure> {
    connection.opened().await?;
    if sources.is_empty() {
        return Ok(());
    }
    let mut scripts = migrations::load(&sources).await?;
    let migrate = |scripts| connection.write(Work::Migrate { scripts }, MIGRATION_TIMEOUT_MS);
    match migrate(scripts.clone()).await {
        Err(failure) if migrations::lacks_file(&failure) => {
            migrations::bring(&mut scripts).await?;
            migrate(scripts).await.map(drop)
        }
        done => done.map(drop),
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

/// What `base.js` asks of the core.
#[wasm_bindgen(skip_typescript)]
pub struct DbCore(Rc<Db>);

#[wasm_bindgen]
impl DbCore {
    #[wasm_bindgen(getter)]
    pub fn number(&self) -> u32 {
        self.0.number.0
    }

    #[wasm_bindgen(getter)]
    pub fn state(&self) -> String {
        self.0
            .session
            .borrow()
            .as_ref()
            .map_or("loading", |session| session.phase.name())
            .to_owned()
    }

    #[wasm_bindgen(getter)]
    pub fn error(&self) -> JsValue {
        match self.0.reach() {
            Reach::Failed(failure) => js_error(&failure),
            _ => JsValue::NULL,
        }
    }

    /// The element's own connection as a `Database`; it is closed when the element leaves the document or changes its
    /// name. `null` while the element is not connected.
    #[wasm_bindgen(getter)]
    pub fn database(&self) -> JsValue {
        let mut session = self.0.session.borrow_mut();
        let Some(session) = session.as_mut() else {
            return JsValue::NULL;
        };
        let connection = &session.connection;
        session
            .database
            .get_or_insert_with(|| Database::from(connection.clone()).into())
            .clone()
    }

    #[wasm_bindgen(getter)]
    pub fn leader(&self) -> bool {
        let session = self.0.session.borrow();
        session
            .as_ref()
            .and_then(|session| session.leader.as_ref())
            .is_some_and(|leader| leader.is_leader)
    }
}
