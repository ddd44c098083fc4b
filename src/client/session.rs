//! A session: one database of this page, from the asking for it to its end, shared by all its users.
//!
//! It owns the page's end of the port. What comes in is matched with who waits for it: calls by their id, live
//! queries by theirs, listeners hear everything. Callbacks are called with nothing borrowed, so they may use
//! the session as they like, drop themselves included.
//!
//! Invariant: whatever waits here is answered, by the worker, by a timer of whoever waits, by the user that leaves,
//! or by the end of the session, which comes once. What a user asked to hear of ends with that user, also where
//! others keep the session.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::{Rc, Weak};

use wasm_bindgen_futures::spawn_local;
use web_sys::{MessageChannel, MessagePort};

use super::optimistic::Optimistic;
use super::worker::PageWorker;
use crate::request::{
    CallId, Change, Event, Failure, FailureKind, LeaderInfo, QueryId, Request, Response, UserId, decode, encode,
};
use crate::sql::{Rows, Script, SqlFailure};
use crate::storage::Durability;
use crate::web::{BrowserError, Inbox, Port, Recall, report_text};

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
type RowsCallback = Rc<RefCell<dyn FnMut(Result<Rows, SqlFailure>)>>;
pub(super) type EventCallback = Rc<RefCell<dyn FnMut(&Event)>>;

pub(super) struct Session {
    name: String,
    port: RefCell<Option<Port>>,
    state: RefCell<State>,
    /// How many users have not closed it.
    users: Cell<usize>,
    /// By what the worker sees, while SQLite runs, that the page's queries are to stop.
    recall: RefCell<Option<Recall>>,
    /// What the worker compares with: it is there as long as the session.
    control: RefCell<Option<Recall>>,
    pub(super) optimistic: RefCell<Optimistic>,
    /// The migrations of this page: see [`super::restore`].
    pub(super) migrations: RefCell<Vec<Script>>,
}

struct State {
    last_id: u64,
    /// Those who wait for the database to be open.
    opening: Vec<Answer>,
    calls: BTreeMap<CallId, Answer>,
    /// The calls that end with their user.
    bound: BTreeMap<CallId, UserId>,
    /// The calls that only read, so nothing is left uncertain where they end without an answer.
    reading: BTreeSet<CallId>,
    queries: BTreeMap<QueryId, Owned<RowsCallback>>,
    listeners: BTreeMap<ListenerId, Owned<EventCallback>>,
    status: Status,
}

/// What a user asked to hear of.
struct Owned<T> {
    user: UserId,
    each: T,
}

thread_local! {
    static SESSIONS: RefCell<BTreeMap<String, Weak<Session>>> = const { RefCell::new(BTreeMap::new()) };
}

impl Session {
    /// The session of this name; begins one if there is none that can be used.
    pub(super) fn shared(name: &str, durability: Durability) -> Rc<Self> {
        let shared = SESSIONS.with_borrow(|sessions| sessions.get(name).and_then(Weak::upgrade));
        if let Some(session) = shared.filter(|session| !session.is_over()) {
            return session;
        }
        let session = Rc::new(Session {
            name: name.to_owned(),
            port: RefCell::new(None),
            state: RefCell::new(State::default()),
            users: Cell::new(0),
            recall: RefCell::default(),
            control: RefCell::default(),
            optimistic: RefCell::default(),
            migrations: RefCell::default(),
        });
        SESSIONS.with_borrow_mut(|sessions| {
            sessions.retain(|_, session| session.strong_count() > 0);
            sessions.insert(name.to_owned(), Rc::downgrade(&session));
        });
        if let Err(failure) = session.begin(name, durability) {
            session.fail(&failure);
        }
        session
    }

    fn begin(self: &Rc<Self>, name: &str, durability: Durability) -> Result<(), Failure> {
        self.state.borrow_mut().status.durability = durability;
        let channel = MessageChannel::new().map_err(BrowserError::from)?;
        self.listen_to(channel.port1());
        PageWorker::current()?.serve(self, name, durability, &channel.port2())?;
        self.watch_out()
    }

    /// From now on queries stop when this session says so.
    fn watch_out(self: &Rc<Self>) -> Result<(), Failure> {
        let control = match self.control.take() {
            Some(control) => control,
            None => Recall::new()?,
        };
        let recall = Recall::new()?;
        let (name, control_name) = (recall.name().to_owned(), control.name().to_owned());
        self.control.replace(Some(control));
        self.recall.replace(Some(recall));
        self.send(&Request::Recall {
            name,
            control: control_name,
        });
        Ok(())
    }

    /// Ends every query of this page that runs or waits to.
    pub(super) fn interrupt(self: &Rc<Self>) -> Result<(), Failure> {
        if let Some(failure) = self.failure() {
            return Err(failure);
        }
        self.watch_out()?;
        let reading = std::mem::take(&mut self.state.borrow_mut().reading);
        for call in reading {
            self.answer(call, Err(interrupted()));
        }
        Ok(())
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
        self.state.borrow_mut().calls.insert(call, answer.clone());
        self.send(&request(call));
        (call, answer)
    }

    /// A call that the worker is not asked: it is answered from here, or by the end of the session.
    pub(super) fn wait(&self) -> (CallId, Answer) {
        let answer = Answer::default();
        let call = CallId(self.next_id());
        match self.failure() {
            Some(failure) => answer.push(Err(failure)),
            None => drop(self.state.borrow_mut().calls.insert(call, answer.clone())),
        }
        (call, answer)
    }

    /// A call that is answered with `DATABASE_CLOSED` when its user leaves, if it has no answer by then.
    pub(super) fn bind(&self, call: CallId, user: UserId) {
        self.state.borrow_mut().bound.insert(call, user);
    }

    /// A call that only reads: it may be answered by [`Session::interrupt`].
    pub(super) fn note_reading(&self, call: CallId) {
        self.state.borrow_mut().reading.insert(call);
    }

    /// Answers a call from here, if it has no answer yet.
    pub(super) fn answer(&self, call: CallId, answer: Result<Response, Failure>) {
        let waiting = {
            let mut state = self.state.borrow_mut();
            state.bound.remove(&call);
            state.reading.remove(&call);
            state.calls.remove(&call)
        };
        if let Some(waiting) = waiting {
            waiting.push(answer);
        }
    }

    pub(super) fn subscribe(
        self: &Rc<Self>,
        user: UserId,
        each: RowsCallback,
        request: impl FnOnce(QueryId) -> Request,
    ) -> QueryId {
        let query = QueryId(self.next_id());
        self.state.borrow_mut().queries.insert(query, Owned { user, each });
        self.send(&request(query));
        query
    }

    pub(super) fn unsubscribe(self: &Rc<Self>, query: QueryId) {
        let subscribed = self.state.borrow_mut().queries.remove(&query);
        if subscribed.is_some() {
            self.send(&Request::Unsubscribe { query });
        }
    }

    pub(super) fn listen(&self, user: UserId, each: EventCallback) -> ListenerId {
        let listener = ListenerId(self.next_id());
        self.state.borrow_mut().listeners.insert(listener, Owned { user, each });
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
    fn end(&self, failure: &Failure) {
        self.port.take();
        self.recall.take();
        self.control.take();
        let (opening, calls) = {
            let mut state = self.state.borrow_mut();
            state.status.failure.get_or_insert_with(|| failure.clone());
            state.status.pending = 0;
            state.bound.clear();
            state.reading.clear();
            (std::mem::take(&mut state.opening), std::mem::take(&mut state.calls))
        };
        opening
            .iter()
            .chain(calls.values())
            .for_each(|answer| answer.push(Err(failure.clone())));
    }

    fn next_id(&self) -> u64 {
        let mut state = self.state.borrow_mut();
        state.last_id += 1;
        state.last_id
    }

    /// Sends to the worker, where requests wait until the database is open.
    pub(super) fn send(self: &Rc<Self>, request: &Request) {
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
                let each = self
                    .state
                    .borrow()
                    .queries
                    .get(&query)
                    .map(|query| Rc::clone(&query.each));
                if let Some(each) = each {
                    (each.borrow_mut())(rows);
                }
            }
            Some(Event::Failed(failure)) => self.fail(&failure),
            Some(event) => {
                self.note(&event);
                self.tell_listeners(&event);
            }
            None => report_text("sqlite-elements: the page received an event that it cannot read"),
        }
    }

    fn note(&self, event: &Event) {
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
            Event::Answered { .. } | Event::Rows { .. } | Event::Failed(_) => {}
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

// Its users, and its end with the last of them.
impl Session {
    pub(super) fn join(&self) -> UserId {
        self.users.set(self.users.get() + 1);
        UserId(self.next_id())
    }

    /// A user is gone. What it asked to hear of ends now; what it registered is handed back, to be told of that or
    /// dropped. The last one also closes the session: see [`Session::closed`].
    pub(super) fn leave(self: &Rc<Self>, user: UserId) -> Vec<EventCallback> {
        self.users.set(self.users.get() - 1);
        let (calls, queries, listeners) = {
            let mut state = self.state.borrow_mut();
            let calls: Vec<CallId> = state
                .bound
                .extract_if(.., |_, bound| *bound == user)
                .map(|(call, _)| call)
                .collect();
            let queries: Vec<_> = state.queries.extract_if(.., |_, query| query.user == user).collect();
            let listeners: Vec<_> = state
                .listeners
                .extract_if(.., |_, listener| listener.user == user)
                .collect();
            (calls, queries, listeners)
        };
        for call in calls {
            self.answer(call, Err(Failure::closed()));
        }
        if !self.is_over() {
            let ended = queries.iter().map(|(query, _)| Request::Unsubscribe { query: *query });
            ended.for_each(|request| self.send(&request));
            self.send(&Request::Leave { user });
            if self.users.get() == 0 {
                self.close(user);
            }
        }
        listeners.into_iter().map(|(_, listener)| listener.each).collect()
    }

    /// From now on whoever opens this name begins a new session. This one ends when the writes of the page are settled
    /// and the worker has given everything back: a form whose element goes with its submission is saved all the same.
    fn close(self: &Rc<Self>, user: UserId) {
        SESSIONS.with_borrow_mut(|sessions| {
            if sessions
                .get(&self.name)
                .is_some_and(|held| held.as_ptr() == Rc::as_ptr(self))
            {
                sessions.remove(&self.name);
            }
        });
        let (_, settled) = self.call(|call| Request::Sync { call, user });
        let session = Rc::clone(self);
        spawn_local(async move {
            // A failure of the session is told to those whose calls it ends.
            let _settled_or_failed = settled.next().await;
            let (_, closed) = session.call(|call| Request::Close { call });
            let _closed_or_failed = closed.next().await;
            session.end(&Failure::closed());
        });
    }

    /// Resolves when the session is over, if nobody uses it any more.
    pub(super) async fn closed(&self) {
        if self.users.get() == 0 {
            let (_, ended) = self.wait();
            let _why = ended.next().await;
        }
    }
}

fn interrupted() -> Failure {
    Failure::new(
        FailureKind::Sqlite,
        "SQLITE_INTERRUPT",
        "the query was stopped by interrupt()",
    )
}

impl Default for State {
    fn default() -> Self {
        let leader = LeaderInfo {
            is_leader: false,
            leader_id: String::new(),
            lease_expiry_ms: 0,
        };
        State {
            last_id: 0,
            opening: Vec::new(),
            calls: BTreeMap::new(),
            bound: BTreeMap::new(),
            reading: BTreeSet::new(),
            queries: BTreeMap::new(),
            listeners: BTreeMap::new(),
            status: Status {
                tab: None,
                leader,
                pending: 0,
                last_change: None,
                durability: Durability::default(),
                in_memory: None,
                failure: None,
            },
        }
    }
}
