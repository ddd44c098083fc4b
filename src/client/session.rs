//! A session: one database of this page, from the asking for it to its end, shared by all its users.
//!
//! It owns the page's end of the port. What comes in is matched with who waits for it: calls by their id, live
//! queries by theirs, listeners hear everything. Callbacks are called with nothing borrowed, so they may use
//! the session as they like, drop themselves included.
//!
//! Invariant: whatever waits here is answered, by the worker, by its death ([`super::revival`]), by a timer of whoever
//! waits, by the user that leaves, or by the end of the session, which comes once. What a user asked to hear of ends with
//! that user, also where others keep the session.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

use wasm_bindgen_futures::spawn_local;
use web_sys::{MessageChannel, MessagePort};

use super::calls::{Calls, Stake};
use super::optimistic::Optimistic;
use super::recalls::Recalls;
use super::revival::Lasting;
use super::worker::{PageWorker, step_done};
use crate::request::{CallId, Change, Event, Failure, LeaderInfo, QueryId, Request, Response, UserId, decode, encode};
use crate::restart::{SessionNumber, Step};
use crate::sql::{Rows, Script, SqlFailure, Statement};
use crate::storage::Durability;
use crate::web::{BrowserError, Inbox, Port, report_text};

/// What is known of a database right now.
#[derive(Clone, Debug)]
pub struct Status {
    /// Instance id of this tab; absent until the database is open.
    pub tab: Option<String>,
    pub leader: LeaderInfo,
    /// Writes of this page that have no answer yet.
    pub pending: u32,
    pub last_change: Option<Change>,
    /// What this page asked for when it opened the database.
    pub durability: Durability,
    /// Why the database is in memory only, if it is.
    pub in_memory: Option<Failure>,
    /// Why the database cannot be used (any more).
    pub failure: Option<Failure>,
}

/// Names one listener until it is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ListenerId(u64);

impl ListenerId {
    /// Of what was never registered; ids begin at 1.
    pub(super) const NONE: ListenerId = ListenerId(0);
}

pub(super) type Answer = Inbox<Result<Response, Failure>>;
pub(super) type RowsCallback = Rc<RefCell<dyn FnMut(Result<Rows, SqlFailure>)>>;
pub(super) type EventCallback = Rc<RefCell<dyn FnMut(&Event)>>;

pub(super) struct Session {
    pub(super) number: SessionNumber,
    name: String,
    port: RefCell<Option<Port>>,
    pub(super) state: RefCell<State>,
    /// What the next worker is to be told, should this one die.
    pub(super) lasting: RefCell<Lasting>,
    /// How many users have not closed it.
    pub(super) users: Cell<usize>,
    pub(super) recalls: Recalls,
    pub(super) optimistic: RefCell<Optimistic>,
    /// The migrations of this page: see [`super::restore`].
    pub(super) migrations: RefCell<Vec<Script>>,
}

pub(super) struct State {
    last_id: u64,
    /// Those who wait for the database to be open.
    opening: Vec<Answer>,
    pub(super) calls: Calls,
    pub(super) queries: BTreeMap<QueryId, LiveQuery>,
    pub(super) listeners: BTreeMap<ListenerId, Heard>,
    pub(super) status: Status,
}

/// A live query of a user.
pub(super) struct LiveQuery {
    pub(super) user: UserId,
    each: RowsCallback,
    pub(super) statement: Statement,
    pub(super) asked: Asked,
}

/// How far the worker is with a live query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// It has not been told of it.
    No,
    Waiting,
    Answered,
}

/// What a user asked to hear of.
pub(super) struct Heard {
    pub(super) user: UserId,
    pub(super) each: EventCallback,
}

thread_local! {
    static NUMBERS: Cell<u32> = const { Cell::new(0) };
    static SESSIONS: RefCell<BTreeMap<String, Weak<Session>>> = const { RefCell::new(BTreeMap::new()) };
}

impl Session {
    /// The session of this name; begins one if there is none that can be used.
    pub(super) fn shared(name: &str, durability: Durability) -> Rc<Self> {
        let shared = SESSIONS.with_borrow(|sessions| sessions.get(name).and_then(Weak::upgrade));
        if let Some(session) = shared.filter(|session| !session.is_over()) {
            return session;
        }
        let session = Session::new(name);
        SESSIONS.with_borrow_mut(|sessions| {
            sessions.retain(|_, session| session.strong_count() > 0);
            sessions.insert(name.to_owned(), Rc::downgrade(&session));
        });
        if let Err(failure) = session.begin(durability) {
            session.fail(&failure);
        }
        session
    }

    /// One that is over from the beginning: nothing is opened, and nobody shares it.
    pub(super) fn refused(failure: &Failure) -> Rc<Self> {
        let session = Session::new("");
        session.end(failure);
        session
    }

    fn new(name: &str) -> Rc<Self> {
        NUMBERS.set(NUMBERS.get() + 1);
        Rc::new(Session {
            number: SessionNumber(NUMBERS.get()),
            name: name.to_owned(),
            port: RefCell::new(None),
            state: RefCell::new(State::default()),
            lasting: RefCell::default(),
            users: Cell::new(0),
            recalls: Recalls::default(),
            optimistic: RefCell::default(),
            migrations: RefCell::default(),
        })
    }

    /// From now on whoever opens this name begins a new session.
    pub(super) fn retire(&self) {
        SESSIONS.with_borrow_mut(|sessions| {
            let shared = sessions.get(&self.name).map(Weak::as_ptr);
            if shared.is_some_and(|shared| std::ptr::eq(shared, self)) {
                sessions.remove(&self.name);
            }
        });
    }

    fn begin(self: &Rc<Self>, durability: Durability) -> Result<(), Failure> {
        self.state.borrow_mut().status.durability = durability;
        let port = self.connect()?;
        PageWorker::current()?.serve(self, port)?;
        self.watch_out()
    }

    /// From now on requests go to whoever has the other end, which is handed back.
    pub(super) fn connect(self: &Rc<Self>) -> Result<MessagePort, Failure> {
        let channel = MessageChannel::new().map_err(BrowserError::from)?;
        self.listen_to(channel.port1());
        Ok(channel.port2())
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    fn listen_to(self: &Rc<Self>, port: MessagePort) {
        let heard = Rc::downgrade(self);
        let port = Port::listen(port, move |bytes| {
            if let Some(session) = heard.upgrade() {
                session.heard(&bytes);
            }
        });
        *self.port.borrow_mut() = Some(port);
    }

    pub(super) fn status(&self) -> Status {
        self.state.borrow().status.clone()
    }

    pub(super) fn failure(&self) -> Option<Failure> {
        self.state.borrow().status.failure.clone()
    }

    pub(super) fn is_over(&self) -> bool {
        self.state.borrow().status.failure.is_some()
    }

    pub(super) async fn opened(&self) -> Result<(), Failure> {
        let opened = Answer::default();
        {
            let mut state = self.state.borrow_mut();
            if let Some(failure) = &state.status.failure {
                return Err(failure.clone());
            }
            if state.status.tab.is_some() {
                return Ok(());
            }
            state.opening.push(opened.clone());
        }
        opened.next().await.map(drop)
    }

    /// Sends a request; its answer, or the failure that ended the session, comes into the inbox.
    pub(super) fn call(self: &Rc<Self>, request: impl FnOnce(CallId) -> Request) -> (CallId, Answer) {
        let answer = Answer::default();
        let call = CallId(self.next_id());
        let request = request(call);
        let stake = Stake::of(&request);
        self.state.borrow_mut().calls.insert(call, answer.clone(), stake);
        self.send(&request);
        (call, answer)
    }

    /// A call that the worker is not asked: it is answered from here, or by the end of the session.
    pub(super) fn wait(&self) -> (CallId, Answer) {
        let answer = Answer::default();
        let call = CallId(self.next_id());
        match self.failure() {
            Some(failure) => answer.push(Err(failure)),
            None => self.state.borrow_mut().calls.insert(call, answer.clone(), Stake::Here),
        }
        (call, answer)
    }

    /// A call that is answered with `DATABASE_CLOSED` when its user leaves, if it has no answer by then.
    pub(super) fn bind(&self, call: CallId, user: UserId) {
        self.state.borrow_mut().calls.bind(call, user);
    }

    /// Answers a call from here, if it has no answer yet.
    pub(super) fn answer(&self, call: CallId, answer: Result<Response, Failure>) {
        let waiting = self.state.borrow_mut().calls.take(call);
        if let Some(waiting) = waiting {
            waiting.push(answer);
        }
    }

    pub(super) fn subscribe(self: &Rc<Self>, user: UserId, each: RowsCallback, statement: Statement) -> QueryId {
        let query = QueryId(self.next_id());
        let asked = Asked::No;
        let live = LiveQuery {
            user,
            each,
            statement,
            asked,
        };
        self.state.borrow_mut().queries.insert(query, live);
        self.ask(query);
        query
    }

    /// Has the worker answer a live query from now on, if anybody wants it still.
    pub(super) fn ask(self: &Rc<Self>, query: QueryId) {
        let statement = self.state.borrow_mut().queries.get_mut(&query).map(|live| {
            live.asked = Asked::Waiting;
            live.statement.clone()
        });
        match statement {
            Some(statement) => self.send(&Request::Subscribe { query, statement }),
            None => step_done(Step::Query(self.number, query)),
        }
    }

    pub(super) fn unsubscribe(self: &Rc<Self>, query: QueryId) {
        let subscribed = self.state.borrow_mut().queries.remove(&query);
        if subscribed.is_some() {
            self.send(&Request::Unsubscribe { query });
            self.make_way();
            step_done(Step::Query(self.number, query));
        }
    }

    /// Whom to tell of a live query; it is over.
    pub(super) fn take_query(&self, query: QueryId) -> Option<RowsCallback> {
        let taken = self.state.borrow_mut().queries.remove(&query);
        taken.map(|live| live.each)
    }

    pub(super) fn listen(&self, user: UserId, each: EventCallback) -> ListenerId {
        let listener = ListenerId(self.next_id());
        self.state.borrow_mut().listeners.insert(listener, Heard { user, each });
        listener
    }

    pub(super) fn unlisten(&self, listener: ListenerId) {
        let gone = self.state.borrow_mut().listeners.remove(&listener);
        // Dropped only now: it may own what uses the session.
        drop(gone);
    }

    /// The session cannot go on: every call is answered with the failure, live queries and listeners hear of it.
    pub(super) fn fail(&self, failure: &Failure) {
        if self.is_over() {
            return;
        }
        self.end(failure);
        let queries = std::mem::take(&mut self.state.borrow_mut().queries);
        for query in queries.into_values() {
            (query.each.borrow_mut())(Err(SqlFailure::new(failure.code.clone(), failure.message.clone())));
        }
        self.tell_listeners(&Event::Failed(failure.clone()));
        // They have heard the last; dropped with nothing borrowed, for they may own what uses the session.
        let listeners = std::mem::take(&mut self.state.borrow_mut().listeners);
        drop(listeners);
    }

    /// Ends the session: every call is answered with the failure. Only the first end counts.
    pub(super) fn end(&self, failure: &Failure) {
        self.port.take();
        self.recalls.take_all();
        let (opening, calls) = {
            let mut state = self.state.borrow_mut();
            state.status.failure.get_or_insert_with(|| failure.clone());
            state.status.pending = 0;
            (std::mem::take(&mut state.opening), state.calls.take_all())
        };
        opening
            .iter()
            .chain(&calls)
            .for_each(|answer| answer.push(Err(failure.clone())));
        step_done(Step::Open(self.number));
    }

    pub(super) fn next_id(&self) -> u64 {
        let mut state = self.state.borrow_mut();
        state.last_id += 1;
        state.last_id
    }

    /// Sends to the worker, where requests wait until the database is open.
    pub(super) fn send(self: &Rc<Self>, request: &Request) {
        self.lasting.borrow_mut().note(request);
        let posted = match (&*self.port.borrow(), &self.state.borrow().status.failure) {
            (_, Some(failure)) => Err(failure.clone()),
            (Some(port), None) => port.post(|part| encode(request, part)).map_err(Failure::from),
            (None, None) => Ok(()),
        };
        if let Err(failure) = posted {
            // Not from in here: the caller may be one of the listeners.
            let session = Rc::clone(self);
            spawn_local(async move {
                session.fail(&failure);
                // Where it was over before: the call that could not be sent.
                session.end(&failure);
            });
        }
    }

    fn heard(&self, bytes: &[u8]) {
        match decode(bytes) {
            Some(Event::Answered { call, answer }) => self.answer(call, answer),
            Some(Event::Rows { query, rows }) => {
                let each = self.state.borrow_mut().queries.get_mut(&query).map(|live| {
                    live.asked = Asked::Answered;
                    Rc::clone(&live.each)
                });
                step_done(Step::Query(self.number, query));
                if let Some(each) = each {
                    (each.borrow_mut())(rows);
                }
            }
            Some(Event::Failed(failure)) => self.fail(&failure),
            Some(event) => self.happened(&event),
            None => report_text("sqlite-elements: the page received an event that it cannot read"),
        }
    }

    pub(super) fn happened(&self, event: &Event) {
        self.note(event);
        if let Event::Opened { .. } = event {
            step_done(Step::Open(self.number));
        }
        self.tell_listeners(event);
    }

    fn note(&self, event: &Event) {
        self.lasting.borrow_mut().heard(event);
        let mut state = self.state.borrow_mut();
        match event {
            Event::Opened { tab } => {
                state.status.tab = Some(tab.clone());
                state
                    .opening
                    .drain(..)
                    .for_each(|opened| opened.push(Ok(Response::Done)));
            }
            Event::InMemory(reason) => {
                report_text(&format!("sqlite-elements: {}: {reason}", self.name));
                state.status.in_memory = Some(reason.clone());
            }
            Event::Changed(change) => state.status.last_change = Some(change.clone()),
            Event::Leadership(leader) => state.status.leader = leader.clone(),
            Event::Pending { writes } => state.status.pending = *writes,
            Event::Warning(warning) => report_text(&format!("sqlite-elements: {}: {warning}", self.name)),
            Event::Answered { .. }
            | Event::Rows { .. }
            | Event::Failed(_)
            | Event::Found { .. }
            | Event::Transactions { .. } => {}
        }
    }

    /// In the order in which they came; one that is dropped by another before its turn hears nothing.
    fn tell_listeners(&self, event: &Event) {
        let listeners: Vec<ListenerId> = self.state.borrow().listeners.keys().copied().collect();
        for listener in listeners {
            let each = self
                .state
                .borrow()
                .listeners
                .get(&listener)
                .map(|listener| Rc::clone(&listener.each));
            if let Some(each) = each {
                (each.borrow_mut())(event);
            }
        }
    }
}

impl Default for State {
    fn default() -> Self {
        State {
            last_id: 0,
            opening: Vec::new(),
            calls: Calls::default(),
            queries: BTreeMap::new(),
            listeners: BTreeMap::new(),
            status: Status {
                tab: None,
                leader: LeaderInfo::unknown(),
                pending: 0,
                last_change: None,
                durability: Durability::default(),
                in_memory: None,
                failure: None,
            },
        }
    }
}
