//! A connection: one user's hold on a database of this page.
//!
//! All users of one name share one session (so one replica, one port). Each closes for itself; the session is
//! closed with the last of them, so script that closes its `Database` does not take it from an element.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::session::{ListenerId, Session, Status};
use crate::request::{CallId, Event, Failure, FailureKind, LeaderInfo, NonLeaderWrites, QueryId, Request, Response};
use crate::sql::{Outcome, Rows, SqlFailure, Statement, Work};
use crate::storage::Durability;
use crate::web::{Inbox, Timer};

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
    closed: Cell<bool>,
}

/// What a write may take beyond its own timeout, which the worker watches, before the page gives up the worker's answer.
const GRACE_MS: u32 = 1_000;
const LEADER_PATIENCE_MS: f64 = 6_000.0;
/// As the guide has it.
const LEADERSHIP_TIMEOUT_MS: u32 = 5_000;

impl Connection {
    /// Returns at once; the database opens in the background, and calls wait for that.
    pub fn open(name: &str, options: OpenOptions) -> Connection {
        let session = Session::shared(name, options.durability);
        session.users.set(session.users.get() + 1);
        Connection(Rc::new(User {
            session,
            closed: Cell::new(false),
        }))
    }

    /// Resolves when the database is open.
    pub async fn opened(&self) -> Result<(), Failure> {
        self.session()?.opened().await
    }

    /// Resolves when it is known who leads, be it this tab: so that the first tab may write as soon as it has the
    /// database. Gives up after a lease and the time it takes to replace a leader that hangs.
    pub async fn led(&self) {
        let known = Inbox::<()>::default();
        let (heard, waited) = (known.clone(), known.clone());
        let _listener = self.listen(move |event| match event {
            Event::Leadership(info) if info.leader_id.is_empty() => {}
            Event::Leadership(_) | Event::Failed(_) => heard.push(()),
            _ => {}
        });
        let _patience = Timer::after(LEADER_PATIENCE_MS, move || waited.push(()));
        let status = self.status();
        if status.leader.leader_id.is_empty() && status.failure.is_none() {
            known.next().await;
        }
    }

    /// Resolves when this tab leads; fails after [`LEADERSHIP_TIMEOUT_MS`], since another tab may lead for good.
    pub async fn lead(&self) -> Result<(), Failure> {
        let ended = Inbox::<Result<(), Failure>>::default();
        let (heard, waited) = (ended.clone(), ended.clone());
        let _listener = self.listen(move |event| match event {
            Event::Leadership(info) if info.is_leader => heard.push(Ok(())),
            Event::Failed(failure) => heard.push(Err(failure.clone())),
            _ => {}
        });
        let _patience = Timer::after(f64::from(LEADERSHIP_TIMEOUT_MS), move || {
            waited.push(Err(another_leads()))
        });
        if self.leader_info().await?.is_leader {
            return Ok(());
        }
        ended.next().await
    }

    /// What [`Connection::execute`] does with row writes while another tab leads.
    pub async fn set_non_leader_writes(&self, policy: NonLeaderWrites) -> Result<(), Failure> {
        let (_, answer) = self.session()?.call(|call| Request::NonLeaderWrites { call, policy });
        answer.next().await.map(drop)
    }

    /// Runs a statement by what SQLite says it is: see [`Request::Execute`].
    pub async fn execute(&self, statement: Statement) -> Result<Outcome, Failure> {
        let (_, answer) = self.session()?.call(|call| Request::Execute { call, statement });
        outcome(answer.next().await?)
    }

    /// Queues work for the leader, whichever tab that is. After `timeout_ms` without an answer it fails, and says
    /// what is known of the write.
    pub async fn write(&self, work: Work, timeout_ms: u32) -> Result<Outcome, Failure> {
        let session = self.session()?;
        let (call, answer) = session.call(|call| Request::Write { call, work, timeout_ms });
        let patience_ms = f64::from(timeout_ms) + f64::from(GRACE_MS);
        let waiting = Rc::clone(session);
        let _patience = Timer::after(patience_ms, move || waiting.answer(call, Err(worker_is_silent())));
        outcome(answer.next().await?)
    }

    /// Resolves when all writes of this page so far are settled.
    pub async fn flush(&self) -> Result<(), Failure> {
        let (_, answer) = self.session()?.call(|call: CallId| Request::Sync { call });
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
        if let Err(failure) = self
            .session()
            .and_then(|session| session.status().failure.map_or(Ok(()), Err))
        {
            // As always not before this call has returned.
            wasm_bindgen_futures::spawn_local(async move { each(Err(SqlFailure::new(failure.code, failure.message))) });
            return Subscription {
                session,
                query: QueryId(0),
            };
        }
        let query = session.subscribe(Rc::new(RefCell::new(each)), |query| Request::Subscribe {
            query,
            statement,
        });
        Subscription { session, query }
    }

    /// Calls `each` with every event that is not the answer to somebody's call.
    pub fn listen(&self, each: impl FnMut(&Event) + 'static) -> Listener {
        let session = Rc::clone(&self.0.session);
        let listener = session.listen(Rc::new(RefCell::new(each)));
        Listener { session, listener }
    }

    pub fn status(&self) -> Status {
        self.0.session.status()
    }

    /// Ends this user's hold; the last one waits until the worker has given everything back. Again is harmless.
    pub async fn close(&self) -> Result<(), Failure> {
        if !self.0.leave() {
            return Ok(());
        }
        let session = &self.0.session;
        let (_, answer) = session.call(|call| Request::Close { call });
        session.retire();
        let closed = answer.next().await;
        session.end(Failure::closed());
        closed.map(drop)
    }

    /// Whether calls make sense: not after `close()`, not after the session failed.
    pub(super) fn usable(&self) -> Result<(), Failure> {
        self.session()?.status().failure.map_or(Ok(()), Err)
    }

    fn session(&self) -> Result<&Rc<Session>, Failure> {
        if self.0.closed.get() {
            Err(Failure::closed())
        } else {
            Ok(&self.0.session)
        }
    }
}

impl User {
    /// Whether it falls to this user to close the session.
    fn leave(&self) -> bool {
        if self.closed.replace(true) {
            return false;
        }
        self.session.users.set(self.session.users.get() - 1);
        self.session.users.get() == 0 && !self.session.is_over()
    }
}

impl Drop for User {
    fn drop(&mut self) {
        if self.leave() {
            // Nobody is left to wait for the answer; the request arrives though the port closes after it.
            let _unheard = self.session.call(|call| Request::Close { call });
            self.session.retire();
            self.session.end(Failure::closed());
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.session.unsubscribe(self.query);
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.session.unlisten(self.listener);
    }
}

fn outcome(response: Response) -> Result<Outcome, Failure> {
    match response {
        Response::Outcome(outcome) => Ok(outcome),
        other => Err(unexpected(&other)),
    }
}

fn unexpected(response: &Response) -> Failure {
    let message = format!("the worker gave an answer to another question: {response:?}");
    Failure::new(FailureKind::State, "ANSWER_UNREADABLE", message)
}

fn another_leads() -> Failure {
    let message = format!(
        "timeout: this tab did not become the leader within {LEADERSHIP_TIMEOUT_MS} ms, another one leads; queueWrite() \
         has that one write"
    );
    Failure::new(FailureKind::Write, "TIMEOUT", message)
}

fn worker_is_silent() -> Failure {
    let message =
        "timeout: the worker that runs SQLite gave no answer in time; the write may or may not have been done";
    Failure::new(FailureKind::Write, "TIMEOUT", message)
}
