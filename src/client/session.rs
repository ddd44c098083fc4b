//! A session: one database of this page, from its opening to its end, shared by all its users.
//!
//! It owns the page's end of the port, and matches what comes in with what waits: calls by their id, live queries by
//! theirs, and listeners hear every event. Nothing is borrowed while a callback is called, so a callback may use
//! the session freely, and may drop itself. [`super::sessions`] knows which session a name has.
//!
//! Invariant: every call that waits here is answered. The worker answers it, or the worker's death ([`super::served`]),
//! a timer of the caller, the user that leaves, or the end of the session, which comes once. A user's live queries and
//! listeners end with that user, even if other users keep the session.

#![cfg(target_family = "wasm")]

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use web_sys::{MessageChannel, MessagePort};

use super::calls::{Calls, Stake};
use super::lasting::Lasting;
use super::listeners::{EventCallback, ListenerId, Listeners};
use super::optimistic::Optimistic;
use super::queries::{Queries, RowsCallback};
use super::recalls::Recalls;
use super::served::{Aftermath, Served};
use super::status::Status;
use super::worker::{PageWorker, step_done};
use crate::request::{
    CallId, Event, Failure, FailureKind, LeaderInfo, QueryId, Request, Response, UserId, decode, encode,
};
use crate::restart::{Bystanders, SessionNumber, Step};
use crate::sql::{Code, Script, SqlFailure, Statement};
use crate::storage::Durability;
use crate::web::{BrowserError, Inbox, Port, Sight, report_text};

pub(super) type AnswerSlot = Inbox<Result<Response, Failure>>;

pub(super) struct Session {
    pub(super) number: SessionNumber,
    name: String,
    port: RefCell<Option<Port>>,
    last_id: Cell<u64>,
    /// The calls that wait for the database to open.
    opening: RefCell<Vec<AnswerSlot>>,
    pub(super) calls: RefCell<Calls<AnswerSlot>>,
    pub(super) queries: Queries,
    pub(super) listeners: Listeners,
    pub(super) status: RefCell<Status>,
    /// What the next worker is told if this one dies.
    lasting: RefCell<Lasting>,
    /// The number of users that have not left.
    pub(super) users: Cell<usize>,
    recalls: Recalls,
    pub(super) optimistic: RefCell<Optimistic>,
    /// The migrations of this page: see [`super::connection`].
    pub(super) migrations: RefCell<Vec<Script>>,
}

thread_local! {
    static NUMBERS: Cell<u32> = const { Cell::new(0) };
}

impl Session {
    /// Begins a session of this name.
    pub(super) fn open(name: &str, durability: Durability) -> Rc<Self> {
        let session = Session::new(name);
        if let Err(failure) = session.begin(durability) {
            session.fail(&failure);
        }
        session
    }

    /// A session that is over from the beginning: it opens nothing, and nobody shares it.
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
            last_id: Cell::new(0),
            opening: RefCell::default(),
            calls: RefCell::default(),
            queries: Queries::default(),
            listeners: Listeners::default(),
            status: RefCell::default(),
            lasting: RefCell::default(),
            users: Cell::new(0),
            recalls: Recalls::default(),
            optimistic: RefCell::default(),
            migrations: RefCell::default(),
        })
    }

    fn begin(self: &Rc<Self>, durability: Durability) -> Result<(), Failure> {
        self.status.borrow_mut().durability = durability;
        let port = self.connect()?;
        let served: Rc<dyn Served> = self.clone();
        PageWorker::current()?.serve(&served, port)?;
        self.watch_out()
    }

    /// Makes a new port. The returned end is for the worker, which gets all requests from now on.
    fn connect(self: &Rc<Self>) -> Result<MessagePort, Failure> {
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
                decode(&bytes).for_each(|event| session.heard(event));
            }
        });
        *self.port.borrow_mut() = Some(port);
    }

    pub(super) fn status(&self) -> Status {
        self.status.borrow().clone()
    }

    pub(super) fn failure(&self) -> Option<Failure> {
        self.status.borrow().failure.clone()
    }

    pub(super) fn is_over(&self) -> bool {
        self.status.borrow().failure.is_some()
    }

    pub(super) async fn opened(&self) -> Result<(), Failure> {
        let opened = AnswerSlot::default();
        {
            let status = self.status.borrow();
            if let Some(failure) = &status.failure {
                return Err(failure.clone());
            }
            if status.tab.is_some() {
                return Ok(());
            }
        }
        self.opening.borrow_mut().push(opened.clone());
        opened.next().await.map(drop)
    }

    /// Whether the session has no users any more.
    pub(super) fn is_left(&self) -> bool {
        self.users.get() == 0
    }

    /// Resolves when the session is over, or at once if it still has users.
    pub(super) async fn closed(&self) {
        if self.is_left() {
            let (_, ended) = self.wait();
            let _why = ended.next().await;
        }
    }

    /// Sends a request. The inbox gets the answer, or the failure that ended the session.
    pub(super) fn call(self: &Rc<Self>, request: impl FnOnce(CallId) -> Request) -> (CallId, AnswerSlot) {
        let answer = AnswerSlot::default();
        let call = CallId(self.next_id());
        let request = request(call);
        let stake = Stake::of(&request);
        self.calls.borrow_mut().insert(call, answer.clone(), stake);
        self.send(&request);
        (call, answer)
    }

    /// A call that the worker does not get: the page answers it, or the end of the session does.
    pub(super) fn wait(&self) -> (CallId, AnswerSlot) {
        let answer = AnswerSlot::default();
        let call = CallId(self.next_id());
        match self.failure() {
            Some(failure) => answer.push(Err(failure)),
            None => self.calls.borrow_mut().insert(call, answer.clone(), Stake::Here),
        }
        (call, answer)
    }

    /// Binds a call to a user. If the user leaves first, `DATABASE_CLOSED` answers the call.
    pub(super) fn bind(&self, call: CallId, user: UserId) {
        self.calls.borrow_mut().bind(call, user);
    }

    /// Answers a call from the page, unless it has an answer already.
    pub(super) fn answer(&self, call: CallId, answer: Result<Response, Failure>) {
        let waiting = self.calls.borrow_mut().take(call);
        if let Some(waiting) = waiting {
            waiting.push(answer);
        }
    }

    pub(super) fn subscribe(self: &Rc<Self>, user: UserId, each: RowsCallback, statement: Statement) -> QueryId {
        let query = QueryId(self.next_id());
        self.queries.insert(query, user, each, statement);
        self.ask(query);
        query
    }

    /// Makes the worker answer a live query from now on, if the page still wants it.
    pub(super) fn ask(self: &Rc<Self>, query: QueryId) {
        match self.queries.ask(query) {
            Some(statement) => self.send(&Request::Subscribe { query, statement }),
            None => step_done(Step::Query(self.number, query)),
        }
    }

    pub(super) fn unsubscribe(self: &Rc<Self>, query: QueryId) {
        if self.queries.remove(query).is_some() {
            self.send(&Request::Unsubscribe { query });
            self.make_way();
            step_done(Step::Query(self.number, query));
        }
    }

    pub(super) fn listen(&self, user: UserId, each: EventCallback) -> ListenerId {
        let id = ListenerId(self.next_id());
        self.listeners.insert(id, user, each);
        id
    }

    /// Ends the session with this failure, which answers every call. Live queries and listeners hear of it.
    pub(super) fn fail(&self, failure: &Failure) {
        if self.is_over() {
            return;
        }
        // End first: a callback that uses the session must find it over.
        self.end(failure);
        for each in self.queries.take_all() {
            (each.borrow_mut())(Err(SqlFailure::new(failure.code.clone(), failure.message.clone())));
        }
        self.listeners.tell(&Event::Failed(failure.clone()));
        self.listeners.drop_all();
    }

    /// Ends the session with this failure, which answers every call. Only the first end counts.
    pub(super) fn end(&self, failure: &Failure) {
        self.port.take();
        self.recalls.take_all();
        self.status.borrow_mut().end(failure);
        let (opening, calls) = (self.opening.take(), self.calls.borrow_mut().take_all());
        for answer in opening.iter().chain(&calls) {
            answer.push(Err(failure.clone()));
        }
        step_done(Step::Open(self.number));
    }

    /// Makes the names by which this session can stop its queries, and tells the worker.
    fn watch_out(self: &Rc<Self>) -> Result<(), Failure> {
        Ok(self.recalls.renew(|request| self.send(request))?)
    }

    /// Makes a live query that runs make way for what was just sent: once for everything sent in one go.
    pub(super) fn make_way(self: &Rc<Self>) {
        if self.recalls.make_way() {
            let session = Rc::clone(self);
            spawn_local(async move {
                // Without a name no query makes way, and the worker serves everything in its turn.
                let _ = session.recalls.renew_way(|request| session.send(request));
            });
        }
    }

    /// Stops every query of this page that runs or waits.
    pub(super) fn interrupt(self: &Rc<Self>) -> Result<(), Failure> {
        if let Some(failure) = self.failure() {
            return Err(failure);
        }
        self.watch_out()?;
        let queries = self.calls.borrow().queries();
        for call in queries {
            self.answer(call, Err(interrupted()));
        }
        Ok(())
    }

    /// Cancels a query that nobody waits for any more.
    pub(super) fn cancel(self: &Rc<Self>, call: CallId) {
        let waiting = self.calls.borrow_mut().take(call);
        if let Some(waiting) = waiting {
            waiting.push(Err(interrupted()));
            self.send(&Request::Cancel { call });
        }
    }

    pub(super) fn next_id(&self) -> u64 {
        self.last_id.set(self.last_id.get() + 1);
        self.last_id.get()
    }

    /// Sends a request to the worker, where it waits until the database is open.
    pub(super) fn send(self: &Rc<Self>, request: &Request) {
        self.lasting.borrow_mut().note(request);
        let posted = match (&*self.port.borrow(), &self.status.borrow().failure) {
            (_, Some(failure)) => Err(failure.clone()),
            (Some(port), None) => {
                if port.is_flushed() {
                    spawn_local(Rc::clone(self).flush());
                }
                port.queue(|part| encode(request, part));
                match request {
                    // Chromium runs no microtasks of a page that it freezes.
                    Request::Suspend => port.flush().map_err(Failure::from),
                    _ => Ok(()),
                }
            }
            (None, None) => Ok(()),
        };
        if let Err(failure) = posted {
            // Later, not from in here: the caller may be a listener that is being called.
            spawn_local(Rc::clone(self).could_not_send(failure));
        }
    }

    /// Posts everything that the page has sent in one go as one message: a thousand calls at once cost one.
    async fn flush(self: Rc<Self>) {
        let posted = self.port.borrow().as_ref().map_or(Ok(()), Port::flush);
        if let Err(error) = posted {
            self.could_not_send(error.into()).await;
        }
    }

    async fn could_not_send(self: Rc<Self>, failure: Failure) {
        self.fail(&failure);
        // If the session was over already, `fail` does nothing: answer the call that could not be sent.
        self.end(&failure);
    }

    fn heard(&self, event: Option<Event>) {
        match event {
            Some(Event::Answered { call, answer }) => self.answer(call, answer),
            Some(Event::Rows { query, rows }) => {
                let each = self.queries.answered(query);
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
        self.listeners.tell(event);
    }

    fn note(&self, event: &Event) {
        self.lasting.borrow_mut().heard(event);
        self.status.borrow_mut().note(event);
        match event {
            Event::Opened { .. } => {
                for opened in self.opening.take() {
                    opened.push(Ok(Response::Done));
                }
            }
            Event::InMemory(reason) => report_text(&format!("sqlite-elements: {}: {reason}", self.name)),
            Event::Warning(warning) => report_text(&format!("sqlite-elements: {}: {warning}", self.name)),
            _ => {}
        }
    }
}

impl Served for Session {
    fn number(&self) -> SessionNumber {
        self.number
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn durability(&self) -> Durability {
        self.status.borrow().durability
    }

    fn seen(&self) -> u64 {
        self.lasting.borrow().seen()
    }

    fn is_over(&self) -> bool {
        Session::is_over(self)
    }

    fn tell_of_sight(self: Rc<Self>, sight: Sight) {
        self.send(&match sight {
            Sight::Lost => Request::Suspend,
            Sight::Regained => Request::Resume,
        });
    }

    fn ask(self: Rc<Self>, query: QueryId) {
        Session::ask(&self, query);
    }

    fn take_query(&self, query: QueryId) -> Option<RowsCallback> {
        self.queries.remove(query)
    }

    fn bystanders(&self, taken_up: Option<Step>) -> Bystanders {
        let taken_up = match taken_up {
            Some(Step::Query(number, query)) if number == self.number => Some(query),
            _ => None,
        };
        let is_busy = self.calls.borrow().are_asked() || self.queries.wait_beside(taken_up);
        // Calls of a database that is not open yet only wait: the worker does nothing for them.
        match self.status.borrow().tab.is_some() && is_busy {
            true => Bystanders::Some,
            false => Bystanders::None,
        }
    }

    fn fate(&self) -> Aftermath {
        match &self.status.borrow().in_memory {
            _ if self.is_left() => Aftermath::IsOver,
            Some(_) => Aftermath::IsLost(gone_with_its_worker()),
            None => Aftermath::GoesOn,
        }
    }

    fn orphan(&self, died: &Failure) {
        self.status.borrow_mut().forget_worker();
        self.queries.forget_worker();
        let orphans = self.calls.borrow_mut().take_orphans(died);
        for (waiting, answer) in orphans {
            waiting.push(answer);
        }
    }

    fn revive(self: Rc<Self>) -> Result<MessagePort, Failure> {
        let port = self.connect()?;
        self.watch_out()?;
        let requests = self.lasting.borrow().requests();
        requests.iter().for_each(|request| self.send(request));
        Ok(port)
    }

    fn steps(&self) -> Vec<Step> {
        let queries = self
            .queries
            .ids()
            .into_iter()
            .map(|query| Step::Query(self.number, query));
        [Step::Open(self.number)].into_iter().chain(queries).collect()
    }

    fn tell_of_death(&self, died: &Failure) {
        self.happened(&Event::Leadership(LeaderInfo::unknown()));
        self.happened(&Event::Pending { writes: 0 });
        let message = format!("{died}; another one was started");
        self.happened(&Event::Warning(Failure::new(
            FailureKind::State,
            died.code.clone(),
            message,
        )));
    }

    fn fail(&self, failure: &Failure) {
        Session::fail(self, failure);
    }

    fn end(&self, failure: &Failure) {
        Session::end(self, failure);
    }
}

fn interrupted() -> Failure {
    SqlFailure::query_stopped("interrupt() was called").into()
}

fn gone_with_its_worker() -> Failure {
    let message = "the worker that runs SQLite died, and the database was in its memory alone: it is gone; reload the \
                   page to begin anew";
    Failure::new(FailureKind::State, Code::WorkerCrashed, message)
}
