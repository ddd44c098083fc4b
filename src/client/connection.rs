//! A connection: one user's hold on a database of this page.
//!
//! All users of one name share one session (so one replica, one port). Each closes for itself; the session is
//! closed with the last of them, so script that closes its `Database` does not take it from an element. A
//! transaction across calls is one user's, and ends with it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;

use super::listeners::{EventCallback, ListenerId};
use super::optimistic::{Optimistic, OptimisticMode, WriteNumber};
use super::session::{AnswerSlot, Session};
use super::sessions;
use super::status::Status;
use crate::durations::{LEAD_TIMEOUT_MS, LEADER_PATIENCE_MS};
use crate::request::{
    CallId, Event, Failure, FailureKind, LeaderInfo, Metrics, MetricsAction, NonLeaderWrites, QueryId, Request,
    Response, StatementKind, UserId,
};
use crate::sql::{Code, Outcome, Rows, Script, SqlFailure, Statement, Work};
use crate::storage::Durability;
use crate::web::Timer;

/// How a database is opened. The first user in a page decides for all of that page.
#[derive(Clone, Copy, Debug)]
pub struct OpenOptions {
    pub durability: Durability,
}

/// One user of a database; its clones are the same user. Closed when the last of them is dropped.
#[derive(Clone)]
pub struct Connection(Rc<User>);

/// A live query; ended on drop.
#[must_use = "the live query ends when this is dropped"]
pub struct Subscription {
    session: Rc<Session>,
    query: QueryId,
}

/// A listener; hears nothing more after drop.
#[must_use = "the listener hears nothing once this is dropped"]
pub struct Listener {
    session: Rc<Session>,
    listener: ListenerId,
}

struct User {
    session: Rc<Session>,
    id: UserId,
    closed: Cell<bool>,
}

/// A queued write that the optimistic mode counts: until it is dropped, answered or not.
struct Tracked<'a> {
    optimistic: &'a RefCell<Optimistic>,
    write: WriteNumber,
}

/// What a write may take beyond its own timeout, which the worker watches, before the page gives up the worker's answer.
const GRACE_MS: u32 = 1_000;
/// As the guide has it.
const LEADERSHIP_TIMEOUT_MS: u32 = 5_000;

impl Connection {
    /// Returns at once; the database opens in the background, and calls wait for that.
    pub fn open(name: &str, options: OpenOptions) -> Connection {
        Connection::to(sessions::shared(name, options.durability))
    }

    /// To no database: every call is answered with this failure.
    pub fn refused(failure: &Failure) -> Connection {
        Connection::to(Session::refused(failure))
    }

    fn to(session: Rc<Session>) -> Connection {
        let id = session.join();
        Connection(Rc::new(User {
            session,
            id,
            closed: Cell::new(false),
        }))
    }

    /// Resolves when the database is open.
    pub async fn opened(&self) -> Result<(), Failure> {
        self.session()?.opened().await
    }

    /// Resolves when it is known who leads, be it this tab: so that the first tab may write as soon as it has the
    /// database. Gives up after a lease and the time it takes to replace a leader that hangs; fails only if the
    /// database does.
    pub async fn led(&self) -> Result<(), Failure> {
        let known = |leader: &LeaderInfo| !leader.leader_id.is_empty();
        if known(&self.status().leader) {
            return self.usable();
        }
        self.wait(LEADER_PATIENCE_MS.into(), Ok(Response::Done), known, |_| {})
            .await
    }

    /// Resolves when this tab leads; fails after [`LEADERSHIP_TIMEOUT_MS`], since another tab may lead for good.
    pub async fn lead(&self) -> Result<(), Failure> {
        // What this page was told may be older than what the worker knows: it is asked.
        let asked = self.clone();
        let ask = move |call| {
            spawn_local(async move {
                match asked.leader_info().await {
                    Ok(leader) if !leader.is_leader => {}
                    answer => asked.0.session.answer(call, answer.map(|_| Response::Done)),
                }
            });
        };
        let patience_ms = f64::from(LEADERSHIP_TIMEOUT_MS);
        self.wait(patience_ms, Err(another_leads()), |leader| leader.is_leader, ask)
            .await
    }

    /// Makes this tab the leader; resolves when it leads.
    pub async fn request_leadership(&self) -> Result<(), Failure> {
        let session = self.session()?;
        let (call, answer) = session.call(|call| Request::Lead { call });
        session.bind(call, self.0.id);
        let _patience = self.patience(call, LEAD_TIMEOUT_MS, "this tab may become the leader all the same");
        answer.next().await.map(drop)
    }

    /// What [`Connection::execute`] does with row writes while another tab leads.
    pub async fn set_non_leader_writes(&self, policy: NonLeaderWrites) -> Result<(), Failure> {
        let (_, answer) = self.session()?.call(|call| Request::NonLeaderWrites { call, policy });
        answer.next().await.map(drop)
    }

    /// Runs a statement by what SQLite says it is: see [`Request::Execute`].
    pub async fn execute(&self, statement: Statement) -> Result<Outcome, Failure> {
        statement.fits()?;
        let user = self.0.id;
        let execute = |call| Request::Execute { call, user, statement };
        let (_, answer) = self.session()?.call(execute);
        outcome(answer.next().await?)
    }

    /// The same for what only reads: see [`Request::Query`]. Asked at once, not when the answer is first waited for: calls
    /// reach SQLite in their order.
    pub fn query(
        &self,
        statement: Statement,
        recall: Option<String>,
    ) -> impl Future<Output = Result<Outcome, Failure>> + use<> {
        let asked = self.ask(statement, recall);
        async move { outcome(asked?.1.next().await?) }
    }

    /// The same, as a call that can be cancelled.
    pub(super) fn ask(&self, statement: Statement, recall: Option<String>) -> Result<(CallId, AnswerSlot), Failure> {
        let user = self.0.id;
        let fits = statement.fits().map_err(Failure::from);
        let query = |call| Request::Query {
            call,
            user,
            statement,
            recall,
        };
        fits?;
        Ok(self.session()?.call(query))
    }

    /// Nobody waits for this query any more.
    pub(super) fn cancel(&self, call: CallId) {
        self.0.session.cancel(call);
    }

    /// Ends every query of this page on this database that runs or waits to, live ones included. Writes go on.
    pub fn interrupt(&self) -> Result<(), Failure> {
        self.session()?.interrupt()
    }

    /// The database as a SQLite file.
    pub async fn export(&self) -> Result<Vec<u8>, Failure> {
        let (_, answer) = self.session()?.call(|call| Request::Export { call });
        match answer.next().await? {
            Response::File(file) => Ok(file),
            other => Err(unexpected(&other)),
        }
    }

    /// What SQLite says that a text is; nothing is run.
    pub async fn classify(&self, sql: String) -> Result<StatementKind, Failure> {
        let (_, answer) = self.session()?.call(|call| Request::Classify { call, sql });
        match answer.next().await? {
            Response::Kind(kind) => Ok(kind),
            other => Err(unexpected(&other)),
        }
    }

    /// Counts of what this tab and the others do together, after `action`.
    pub async fn metrics(&self, action: MetricsAction) -> Result<Metrics, Failure> {
        let (_, answer) = self.session()?.call(|call| Request::Metrics { call, action });
        match answer.next().await? {
            Response::Metrics(metrics) => Ok(metrics),
            other => Err(unexpected(&other)),
        }
    }

    /// Queues work for the leader, whichever tab that is. After `timeout_ms` without an answer it fails, and says
    /// what is known of the write.
    pub async fn write(&self, work: Work, timeout_ms: u32) -> Result<Outcome, Failure> {
        work.fits()?;
        let session = self.session()?;
        let _tracked = self.track(&work);
        let (call, answer) = session.call(|call| Request::Write { call, work, timeout_ms });
        let _patience = self.patience(call, timeout_ms, "the write may or may not have been done");
        outcome(answer.next().await?)
    }

    /// Resolves when all writes of this page so far are settled.
    pub async fn flush(&self) -> Result<(), Failure> {
        let user = self.0.id;
        let (_, answer) = self.session()?.call(|call| Request::Sync { call, user });
        answer.next().await.map(drop)
    }

    pub async fn leader_info(&self) -> Result<LeaderInfo, Failure> {
        let (_, answer) = self.session()?.call(|call| Request::LeaderInfo { call });
        match answer.next().await? {
            Response::Leadership(info) => Ok(info),
            other => Err(unexpected(&other)),
        }
    }

    /// Calls `each` with the rows of a query, soon and whenever they have changed.
    pub fn subscribe(
        &self,
        statement: Statement,
        mut each: impl FnMut(Result<Rows, SqlFailure>) + 'static,
    ) -> Subscription {
        let session = Rc::clone(&self.0.session);
        if let Err(failure) = statement.fits().map_err(Failure::from).and_then(|()| self.usable()) {
            // As always not before this call has returned.
            spawn_local(async move { each(Err(SqlFailure::new(failure.code, failure.message))) });
            return Subscription {
                session,
                query: QueryId(0),
            };
        }
        let query = session.subscribe(self.0.id, Rc::new(RefCell::new(each)), statement);
        Subscription { session, query }
    }

    /// Calls `each` with every event that is not the answer to somebody's call. The last is [`Event::Failed`], with
    /// `DATABASE_CLOSED` where this user closes.
    pub fn listen(&self, each: impl FnMut(&Event) + 'static) -> Listener {
        let session = Rc::clone(&self.0.session);
        // There is nothing to hear any more; and what it owns would never be dropped.
        let listener = match self.usable() {
            Ok(()) => session.listen(self.0.id, Rc::new(RefCell::new(each))),
            Err(_) => ListenerId::NONE,
        };
        Listener { session, listener }
    }

    pub fn status(&self) -> Status {
        self.0.session.status()
    }

    /// Ends this user's hold, its live queries, and what of its calls waits for leadership. The last user waits until
    /// the writes under way are settled and the worker has given everything back, and so does who closes a second time
    /// meanwhile.
    pub async fn close(&self) {
        for each in self.0.leave() {
            (each.borrow_mut())(&Event::Failed(Failure::closed()));
        }
        self.0.session.closed().await;
    }

    pub(super) fn migrations(&self) -> &RefCell<Vec<Script>> {
        &self.0.session.migrations
    }

    /// Whether calls make sense: not after `close()`, not after the session failed.
    pub(super) fn usable(&self) -> Result<(), Failure> {
        self.session()?.failure().map_or(Ok(()), Err)
    }

    fn session(&self) -> Result<&Rc<Session>, Failure> {
        if self.0.closed.get() {
            Err(Failure::closed())
        } else {
            Ok(&self.0.session)
        }
    }

    /// Waits until `enough` is known of who leads, for `patience_ms` at the most and then with the answer `late`.
    /// `ask` may answer the call too.
    async fn wait(
        &self,
        patience_ms: f64,
        late: Result<Response, Failure>,
        enough: impl Fn(&LeaderInfo) -> bool + 'static,
        ask: impl FnOnce(CallId),
    ) -> Result<(), Failure> {
        let session = self.session()?;
        let (call, answer) = session.wait();
        session.bind(call, self.0.id);
        let (hearing, waiting) = (Rc::downgrade(session), Rc::downgrade(session));
        let _listener = self.listen(move |event| match (event, hearing.upgrade()) {
            (Event::Leadership(leader), Some(session)) if enough(leader) => session.answer(call, Ok(Response::Done)),
            _ => {}
        });
        let _patience = Timer::after(patience_ms, move || {
            if let Some(session) = waiting.upgrade() {
                session.answer(call, late);
            }
        });
        ask(call);
        answer.next().await.map(drop)
    }

    /// Answers a call from here if the worker, which watches the time itself, does not.
    fn patience(&self, call: CallId, timeout_ms: u32, unknown: &'static str) -> Timer {
        let session = Rc::clone(&self.0.session);
        let patience_ms = f64::from(timeout_ms) + f64::from(GRACE_MS);
        Timer::after(patience_ms, move || {
            session.answer(call, Err(worker_is_silent(unknown)))
        })
    }
}

// The optimistic mode: of all users of the database in this page.
impl Connection {
    pub(super) fn set_optimistic_mode(&self, mode: OptimisticMode) -> Result<(), Failure> {
        self.optimistic()?.borrow_mut().set_mode(mode);
        Ok(())
    }

    pub(super) fn optimistic_mode(&self) -> Result<OptimisticMode, Failure> {
        Ok(self.optimistic()?.borrow().mode())
    }

    /// Counts a write that is to be queued; gives its id, which no other tab gives.
    pub(super) async fn announce_write(&self, sql: &str) -> Result<String, Failure> {
        self.opened().await?;
        let write = self
            .optimistic()?
            .borrow_mut()
            .announce(sql)
            .ok_or_else(optimistic_off)?;
        Ok(format!("{}-{write}", self.status().tab.unwrap_or_default()))
    }

    pub(super) fn pending_writes(&self) -> Result<usize, Failure> {
        Ok(self.optimistic()?.borrow().pending())
    }

    pub(super) fn forget_pending_writes(&self) -> Result<(), Failure> {
        self.optimistic()?.borrow_mut().clear();
        Ok(())
    }

    fn optimistic(&self) -> Result<&RefCell<Optimistic>, Failure> {
        self.usable()?;
        Ok(&self.0.session.optimistic)
    }

    /// Migrations are nobody's to wait for: a page shows nothing of them.
    fn track(&self, work: &Work) -> Option<Tracked<'_>> {
        let Work::Batch { statements, .. } = work else {
            return None;
        };
        let optimistic = &self.0.session.optimistic;
        let texts = statements.iter().map(|statement| statement.sql.as_str());
        let write = optimistic.borrow_mut().queue(texts)?;
        Some(Tracked { optimistic, write })
    }
}

impl Drop for Tracked<'_> {
    fn drop(&mut self) {
        self.optimistic.borrow_mut().settle(self.write);
    }
}

impl User {
    /// Whom of its listeners to tell; again is harmless.
    fn leave(&self) -> Vec<EventCallback> {
        if self.closed.replace(true) {
            Vec::new()
        } else {
            self.session.leave(self.id)
        }
    }
}

impl Drop for User {
    fn drop(&mut self) {
        // Whoever listened had no hold on the connection, and hears nothing: the drop may be inside a callback.
        drop(self.leave());
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.session.unsubscribe(self.query);
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.session.listeners.remove(self.listener);
    }
}

pub(super) fn outcome(response: Response) -> Result<Outcome, Failure> {
    match response {
        Response::Outcome(outcome) => Ok(outcome),
        other => Err(unexpected(&other)),
    }
}

fn unexpected(response: &Response) -> Failure {
    let kind = match response {
        Response::Outcome(_) => "an outcome",
        Response::Leadership(_) => "who leads",
        Response::Kind(_) => "a kind",
        Response::Metrics(_) => "metrics",
        Response::File(_) => "a file",
        Response::Done => "done",
    };
    let message = format!("the worker gave the answer to another question ({kind}); reload the page");
    Failure::new(FailureKind::State, Code::AnswerUnreadable, message)
}

fn another_leads() -> Failure {
    Failure::timeout(&format!(
        "this tab did not become the leader within {LEADERSHIP_TIMEOUT_MS} ms, another one leads; queueWrite() \
         has that one write"
    ))
}

fn worker_is_silent(unknown: &str) -> Failure {
    Failure::timeout(&format!(
        "the worker that runs SQLite gave no answer in time; {unknown}"
    ))
}

fn optimistic_off() -> Failure {
    let message = "optimistic mode is off, so writes are not tracked; call enableOptimisticUpdates(true) first";
    Failure::new(FailureKind::State, Code::OptimisticModeOff, message)
}
