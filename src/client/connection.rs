//! A connection: one user's hold on a database of this page.
//!
//! All users of one name share one session (so one replica, one port). Each user closes its own hold; the last one
//! closes the session. So script that closes its `Database` does not take the database from an element. A transaction
//! across calls belongs to one user, and ends with that user.
//!
//! Every import passes the migrations of this page with the file ([`Connection::import`]), also when script imports over
//! a connection of its own: the elements say which migrations those are ([`Connection::keep_migrations`]). So both become
//! one commit, and a file on which the migrations fail is refused while the data is still there. Refused: to import
//! first and migrate then. A wrong file would leave a page that cannot be used, and no data to go back to.

#![cfg(target_family = "wasm")]

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;

use super::listeners::ListenerId;
use super::optimistic::{Optimistic, Tracked};
use super::session::{AnswerSlot, Session};
use super::sessions;
use super::status::Status;
use super::user::User;
use crate::durations::{LEAD_TIMEOUT_MS, LEADER_PATIENCE_MS};
use crate::request::{
    CallId, Event, Failure, FailureKind, LeaderInfo, Metrics, MetricsAction, NonLeaderWrites, QueryId, Request,
    Response, StatementKind,
};
use crate::sql::{Code, Outcome, Rows, Script, SqlFailure, Statement, Work};
use crate::storage::Durability;
use crate::web::Timer;

/// How a database is opened. The first user in a page decides for the whole page.
#[derive(Clone, Copy, Debug)]
pub struct OpenOptions {
    /// What a stored commit survives.
    pub durability: Durability,
}

/// One user of a database. Clones are the same user, which leaves when the last clone is dropped.
#[derive(Clone)]
pub struct Connection(Rc<User>);

/// A live query. Dropping it ends the query.
#[must_use = "the live query ends when this is dropped"]
pub struct Subscription {
    session: Rc<Session>,
    query: QueryId,
}

/// A listener. It hears nothing after it is dropped.
#[must_use = "the listener hears nothing once this is dropped"]
pub struct Listener {
    session: Rc<Session>,
    listener: ListenerId,
}

/// The worker watches a write's timeout. The page waits this much longer before it gives up the worker's answer.
const GRACE_MS: u32 = 1_000;
/// Long enough to check a file, migrate it, and store it whole.
const IMPORT_TIMEOUT_MS: u32 = 60_000;
/// The timeout that the guide promises.
const LEADERSHIP_TIMEOUT_MS: u32 = 5_000;

impl Connection {
    /// Opens a database in the background, and returns at once. Calls wait until it is open.
    pub fn open(name: &str, options: OpenOptions) -> Connection {
        Connection::to(sessions::shared(name, options.durability))
    }

    /// A connection to no database: this failure answers every call.
    pub fn refused(failure: &Failure) -> Connection {
        Connection::to(Session::refused(failure))
    }

    fn to(session: Rc<Session>) -> Connection {
        Connection(Rc::new(User::join(session)))
    }

    /// Resolves when the database is open.
    pub async fn opened(&self) -> Result<(), Failure> {
        self.session()?.opened().await
    }

    /// Resolves when a leader is known, which may be this tab: so the first tab can write as soon as it has the
    /// database. Gives up after a lease and the time to replace a leader that hangs. Fails only if the database fails.
    pub async fn led(&self) -> Result<(), Failure> {
        let known = |leader: &LeaderInfo| !leader.leader_id.is_empty();
        if known(&self.status().leader) {
            return self.usable();
        }
        self.wait(LEADER_PATIENCE_MS.into(), Ok(Response::Done), known, |_| {})
            .await
    }

    /// Resolves when this tab leads. Fails after [`LEADERSHIP_TIMEOUT_MS`], because another tab may lead for good.
    pub async fn lead(&self) -> Result<(), Failure> {
        // Ask the worker: this page's own knowledge may be older.
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

    /// Asks for leadership. Resolves when this tab leads.
    pub async fn request_leadership(&self) -> Result<(), Failure> {
        let session = self.session()?;
        let (call, answer) = session.call(|call| Request::Lead { call });
        session.bind(call, self.0.id);
        let _patience = self.patience(call, LEAD_TIMEOUT_MS, "this tab may become the leader all the same");
        answer.next().await.map(drop)
    }

    /// Sets what [`Connection::execute`] does with row writes while another tab leads.
    pub async fn set_non_leader_writes(&self, policy: NonLeaderWrites) -> Result<(), Failure> {
        let (_, answer) = self.session()?.call(|call| Request::NonLeaderWrites { call, policy });
        answer.next().await.map(drop)
    }

    /// Runs a statement as what SQLite says it is: see [`Request::Execute`].
    pub async fn execute(&self, statement: Statement) -> Result<Outcome, Failure> {
        statement.fits()?;
        let user = self.0.id;
        let execute = |call| Request::Execute { call, user, statement };
        let (_, answer) = self.session()?.call(execute);
        outcome(answer.next().await?)
    }

    /// Runs a statement that only reads: see [`Request::Query`]. The request is sent at once, not when the future is
    /// first polled, so that calls reach SQLite in their order.
    pub fn query(
        &self,
        statement: Statement,
        recall: Option<String>,
    ) -> impl Future<Output = Result<Outcome, Failure>> + use<> {
        let asked = self.ask(statement, recall);
        async move { outcome(asked?.1.next().await?) }
    }

    /// Sends a query as a call that can be cancelled.
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

    /// Cancels a query that nobody waits for any more.
    pub(super) fn cancel(&self, call: CallId) {
        self.0.session.cancel(call);
    }

    /// Stops every query of this page on this database that runs or waits, live queries included. Writes go on.
    pub fn interrupt(&self) -> Result<(), Failure> {
        self.session()?.interrupt()
    }

    /// The database as an SQLite file.
    pub async fn export(&self) -> Result<Vec<u8>, Failure> {
        let (_, answer) = self.session()?.call(|call| Request::Export { call });
        match answer.next().await? {
            Response::File(file) => Ok(file),
            other => Err(unexpected(&other)),
        }
    }

    /// The kind of a statement, as SQLite sees it. Nothing is run.
    pub async fn classify(&self, sql: String) -> Result<StatementKind, Failure> {
        let (_, answer) = self.session()?.call(|call| Request::Classify { call, sql });
        match answer.next().await? {
            Response::Kind(kind) => Ok(kind),
            other => Err(unexpected(&other)),
        }
    }

    /// Applies `action` to the metrics of this tab, and returns them.
    pub async fn metrics(&self, action: MetricsAction) -> Result<Metrics, Failure> {
        let (_, answer) = self.session()?.call(|call| Request::Metrics { call, action });
        match answer.next().await? {
            Response::Metrics(metrics) => Ok(metrics),
            other => Err(unexpected(&other)),
        }
    }

    /// Queues work for the leader, in this tab or another. After `timeout_ms` without an answer it fails, and the
    /// failure says what is known of the write.
    pub async fn write(&self, work: Work, timeout_ms: u32) -> Result<Outcome, Failure> {
        work.fits()?;
        let session = self.session()?;
        let _tracked = Tracked::begin(&session.optimistic, &work);
        let (call, answer) = session.call(|call| Request::Write { call, work, timeout_ms });
        let _patience = self.patience(call, timeout_ms, "the write may or may not have been done");
        outcome(answer.next().await?)
    }

    /// Keeps the migrations of this page, unless more are kept already: several elements may use the database, and some
    /// have none.
    pub fn keep_migrations(&self, scripts: &[Script]) {
        let kept = &self.0.session.migrations;
        if kept.borrow().len() <= scripts.len() {
            kept.replace(scripts.to_vec());
        }
    }

    /// Replaces everything in the database by an SQLite file, which the migrations of this page bring up to date.
    pub async fn import(&self, file: Vec<u8>) -> Result<(), Failure> {
        let scripts = self.0.session.migrations.borrow().clone();
        let work = Work::Import { file, scripts };
        self.write(work, IMPORT_TIMEOUT_MS).await.map(drop)
    }

    /// Resolves when all earlier writes of this page are settled.
    pub async fn flush(&self) -> Result<(), Failure> {
        let user = self.0.id;
        let (_, answer) = self.session()?.call(|call| Request::Sync { call, user });
        answer.next().await.map(drop)
    }

    /// The leader and its lease, as far as this tab knows.
    pub async fn leader_info(&self) -> Result<LeaderInfo, Failure> {
        let (_, answer) = self.session()?.call(|call| Request::LeaderInfo { call });
        match answer.next().await? {
            Response::Leadership(info) => Ok(info),
            other => Err(unexpected(&other)),
        }
    }

    /// Calls `each` with the rows of a query, soon and again whenever a commit changed them.
    pub fn subscribe(
        &self,
        statement: Statement,
        mut each: impl FnMut(Result<Rows, SqlFailure>) + 'static,
    ) -> Subscription {
        let session = Rc::clone(&self.0.session);
        if let Err(failure) = statement.fits().map_err(Failure::from).and_then(|()| self.usable()) {
            // Even a refusal never calls `each` before `subscribe` has returned.
            spawn_local(async move { each(Err(SqlFailure::new(failure.code, failure.message))) });
            return Subscription {
                session,
                query: QueryId(0),
            };
        }
        let query = session.subscribe(self.0.id, Rc::new(RefCell::new(each)), statement);
        Subscription { session, query }
    }

    /// Calls `each` with every event that is not the answer to a call. The last event is [`Event::Failed`], with
    /// `DATABASE_CLOSED` if this user closes.
    pub fn listen(&self, each: impl FnMut(&Event) + 'static) -> Listener {
        let session = Rc::clone(&self.0.session);
        // After the end there is nothing to hear, and nothing would ever drop what `each` owns.
        let listener = match self.usable() {
            Ok(()) => session.listen(self.0.id, Rc::new(RefCell::new(each))),
            Err(_) => ListenerId::NONE,
        };
        Listener { session, listener }
    }

    /// What this page knows of the database right now.
    pub fn status(&self) -> Status {
        self.0.session.status()
    }

    /// Ends this user's hold, its live queries, and its calls that wait for leadership. The last user waits until the
    /// writes under way are settled and the worker has given everything back. So does a user that closes again
    /// meanwhile.
    pub async fn close(&self) {
        for each in self.0.leave() {
            (each.borrow_mut())(&Event::Failed(Failure::closed()));
        }
        self.0.session.closed().await;
    }

    /// The optimistic mode, which all users of the database in this page share.
    pub(super) fn optimistic(&self) -> Result<&RefCell<Optimistic>, Failure> {
        self.usable()?;
        Ok(&self.0.session.optimistic)
    }

    /// Counts a write that is about to be queued. Returns its id, which no other tab gives.
    pub(super) async fn announce_write(&self, sql: &str) -> Result<String, Failure> {
        self.opened().await?;
        let write = self
            .optimistic()?
            .borrow_mut()
            .announce(sql)
            .ok_or_else(optimistic_off)?;
        Ok(format!("{}-{write}", self.status().tab.unwrap_or_default()))
    }

    /// Whether calls still make sense: `Err` after `close()`, and after the session has failed.
    pub(super) fn usable(&self) -> Result<(), Failure> {
        self.session()?.failure().map_or(Ok(()), Err)
    }

    fn session(&self) -> Result<&Rc<Session>, Failure> {
        if self.0.has_left() {
            Err(Failure::closed())
        } else {
            Ok(&self.0.session)
        }
    }

    /// Waits until `enough` holds for the known leader, for at most `patience_ms`; then answers `late`. `ask` may
    /// answer the call too.
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

    /// Answers a call from the page if the worker, which watches the time itself, does not.
    fn patience(&self, call: CallId, timeout_ms: u32, unknown: &'static str) -> Timer {
        let session = Rc::clone(&self.0.session);
        let patience_ms = f64::from(timeout_ms) + f64::from(GRACE_MS);
        Timer::after(patience_ms, move || {
            session.answer(call, Err(worker_is_silent(unknown)))
        })
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
