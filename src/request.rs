//! The messages between a page and its worker about one database.
//!
//! `client` sends [`Request`]s and receives [`Event`]s over one MessagePort per open database. `tab` is the other end.
//! [`crate::encoding`] defines their bytes.

use serde::{Deserialize, Serialize};

pub use crate::encoding::{decode, encode};
use crate::sql::limits::TooLarge;
use crate::sql::{Code, Outcome, Rows, SqlFailure, Statement, Work};

/// Identifies one call until it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CallId(pub u64);

/// Identifies one live query until the page drops it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct QueryId(pub u64);

/// Identifies one user of the database in the page: a script's `Database`, or an element. A transaction belongs to one
/// user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct UserId(pub u64);

/// A message from the page to its worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Runs a statement according to what SQLite says it is. A read runs in this tab. A row write runs only in the
    /// leader. The leader runs a schema change, whichever tab asks. Between a `BEGIN` and a `COMMIT` of this user, the
    /// statement runs inside that transaction. Answered by `Response::Outcome`.
    Execute {
        /// Higher than that of every earlier call of the session.
        call: CallId,
        /// Decides whether the statement runs inside an open transaction.
        user: UserId,
        /// Several statements in one text are one atomic unit.
        statement: Statement,
    },
    /// The same for reads; anything else fails with `SQLITE_READONLY`. The query stops once the page drops the
    /// [`crate::web::Recall`] with the name `recall`. Answered by `Response::Outcome`.
    Query {
        /// The page may name it in [`Request::Cancel`] until the answer comes.
        call: CallId,
        /// Decides whether the query sees the changes of an open transaction.
        user: UserId,
        /// One text that only reads.
        statement: Statement,
        /// A blob URL. `None` for a query that the page cannot stop by itself.
        recall: Option<String>,
    },
    /// Says what a text is, without running it. Answered by `Response::Kind`.
    Classify {
        /// Answered by this tab alone, behind the page's earlier requests.
        call: CallId,
        /// One or more statements. It is prepared against the schema that this tab has.
        sql: String,
    },
    /// Queues work for the leader, whichever tab leads. Answered by `Response::Outcome`.
    Write {
        /// Answered when the write is settled.
        call: CallId,
        /// One atomic unit, which gets its request id in this tab.
        work: Work,
        /// How long the write waits for its reply, in milliseconds.
        timeout_ms: u32,
    },
    /// Answered by `Response::Done` once all earlier writes of this page are settled. If this user has a transaction
    /// open, answered at once, because all other writes wait for that transaction.
    Sync {
        /// Succeeds even if those writes failed: each has its own answer.
        call: CallId,
        /// Only an open transaction of this user makes the answer come at once.
        user: UserId,
    },
    /// Makes this tab the leader. Answered by `Response::Done` once the tab leads.
    Lead {
        /// Fails with a timeout if the leader does not hand over in time.
        call: CallId,
    },
    /// Reads or changes the [`Metrics`] of this tab. Answered by `Response::Metrics`.
    Metrics {
        /// Answered ahead of requests that wait for SQL.
        call: CallId,
        /// Applied before the metrics are read.
        action: MetricsAction,
    },
    /// Asks who leads. Answered by `Response::Leadership`.
    LeaderInfo {
        /// Answered ahead of requests that wait for SQL, with what this tab has heard so far.
        call: CallId,
    },
    /// Sets what [`Request::Execute`] does with row writes while another tab leads. Answered by `Response::Done`.
    NonLeaderWrites {
        /// Answered by this tab alone: other tabs do not share the policy.
        call: CallId,
        /// For all users of this page, until the next such request. At first it is `Refused`.
        policy: NonLeaderWrites,
    },
    /// Starts a live query. Until [`Request::Unsubscribe`], [`Event::Rows`] brings its rows, first at once, then
    /// whenever they change.
    Subscribe {
        /// Chosen by the page. If the id is in use, its live query is replaced.
        query: QueryId,
        /// Must only read. It runs again after a commit whose write set meets its read set.
        statement: Statement,
    },
    /// Ends a live query. No more [`Event::Rows`] follow. Not answered.
    Unsubscribe {
        /// From [`Request::Subscribe`]; an unknown id is ignored.
        query: QueryId,
    },
    /// From now on, a running live query makes way once the page drops the [`crate::web::Recall`] with this name: the
    /// page has asked something that may make the query needless. Not answered.
    MakeWay {
        /// A blob URL, which takes the place of the name sent before.
        name: String,
    },
    /// Nobody waits for this query any more. Not answered. The query is not answered either, unless it has begun.
    Cancel {
        /// Of a [`Request::Query`]; the id of any other call is ignored.
        call: CallId,
    },
    /// This user is gone. A transaction that it left open is rolled back. Not answered.
    Leave {
        /// Makes no calls after this.
        user: UserId,
    },
    /// This user had a transaction open in a worker that died. The user's next call fails and says so. Not answered.
    Lost {
        /// Was in the last [`Event::Transactions`] of the dead worker.
        user: UserId,
    },
    /// The page goes out of sight, and the browser may freeze it. Not answered.
    Suspend,
    /// The page is back. Not answered. Later calls see what the store holds now, or something newer.
    Resume,
    /// From now on, all queries of this page stop once the page drops the [`crate::web::Recall`] with this name. The
    /// page never drops `control`: if the worker finds neither name, the page's policy forbids looking, and nothing
    /// stops. Queries that still wait are stopped now. Not answered.
    Recall {
        /// A blob URL, which takes the place of the name sent before.
        name: String,
        /// A blob URL, looked at only when `name` leads to nothing.
        control: String,
    },
    /// Exports the database as an SQLite file, as this tab sees it. Answered by `Response::File`.
    Export {
        /// Answered with durable pages only; an open transaction does not show in them.
        call: CallId,
    },
    /// Closes the database and gives back all that it holds. Answered by `Response::Done`; nothing is answered after
    /// it.
    Close {
        /// Answered once all earlier writes are settled.
        call: CallId,
    },
}

impl Request {
    /// Whether the request still matters while the database closes.
    pub fn concerns_the_end(&self) -> bool {
        matches!(
            self,
            Request::Close { .. }
                | Request::Leave { .. }
                | Request::Unsubscribe { .. }
                | Request::Suspend
                | Request::Resume
        )
    }
}

/// What happens to a row write that is not queued, in a tab that does not lead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum NonLeaderWrites {
    /// It fails with `WRITE_PERMISSION_DENIED`.
    #[default]
    Refused,
    /// The leader runs it, as it runs queued writes. There is still one history: no follower writes by itself.
    Forwarded,
}

/// The kind of a text, as SQLite classifies it. A text of several statements has the kind that demands most, in this
/// order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StatementKind {
    /// Changes nothing. It runs in this tab.
    Read,
    /// Creates, alters or drops. The leader runs it, whichever tab asks.
    Schema,
    /// Inserts, updates or deletes rows. Only the leader runs it.
    Write,
    /// `BEGIN`, `COMMIT`, `ROLLBACK`, `SAVEPOINT` or `RELEASE` that opens or ends a transaction across calls.
    Transaction,
}

impl StatementKind {
    /// The name that script sees.
    pub fn name(self) -> &'static str {
        match self {
            StatementKind::Read => "read",
            StatementKind::Schema => "schema",
            StatementKind::Write => "write",
            StatementKind::Transaction => "transaction",
        }
    }
}

/// What to do with a tab's [`Metrics`]. The actions that record something do nothing while metrics are off.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum MetricsAction {
    /// Changes nothing. All other actions return the metrics too.
    Read,
    /// Goes on with the counts from before, if there are any.
    Enable,
    /// Stops counting. The counts stay, and can still be read.
    Disable,
    /// Sets all counts to zero, and the start to now.
    Reset,
    /// Adds one to [`Metrics::leadership_changes`].
    RecordLeadershipChange,
    /// Adds one to [`Metrics::total_notifications`], and the latency to the average.
    RecordNotificationLatency {
        /// In milliseconds, measured by the page.
        latency_ms: f64,
    },
    /// Adds one to [`Metrics::write_conflicts`].
    RecordWriteConflict,
    /// Adds one to [`Metrics::follower_refreshes`].
    RecordFollowerRefresh,
}

/// What this tab counted while metrics were on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Whether the tab counts now. Off until [`MetricsAction::Enable`].
    pub enabled: bool,
    /// How often this tab became the leader or ceased to be.
    pub leadership_changes: u64,
    /// Row writes that were refused because this tab does not lead.
    pub write_conflicts: u64,
    /// Commits of other tabs that this tab's image applied.
    pub follower_refreshes: u64,
    /// Milliseconds from a commit being in the leader's store to this tab's image showing it: the average over the last
    /// 100 commits that were broadcast, or 0 if there were none.
    pub avg_notification_latency_ms: f64,
    /// Commits that this tab broadcast, or received by broadcast.
    pub total_notifications: u64,
    /// When counting began, in milliseconds since the UNIX epoch.
    pub start_timestamp_ms: f64,
}

/// A message from the worker to the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The first event. `seq` is that of the newest commit that the store held when the database was opened.
    Found {
        /// 0 if nothing was ever committed.
        seq: u64,
    },
    /// The database is open. Only [`Event::Found`] and [`Event::InMemory`] may come before this event. `tab` is the
    /// tab's instance id.
    Opened {
        /// A UUIDv7 as text, as in [`LeaderInfo::leader_id`].
        tab: String,
    },
    /// The browser offers this page no storage; the failure says why. The database is empty, belongs to this tab alone,
    /// and is gone with it.
    InMemory(Failure),
    /// The answer to a call.
    Answered {
        /// From the request. Each call is answered once.
        call: CallId,
        /// The request says which [`Response`] it brings.
        answer: Result<Response, Failure>,
    },
    /// All rows of a live query, or why it has none. Not sent if they are the same as before.
    Rows {
        /// From [`Request::Subscribe`].
        query: QueryId,
        /// Packed: equal bytes are equal rows.
        rows: Result<Rows, SqlFailure>,
    },
    /// A commit became visible in this tab.
    Changed(Change),
    /// The leader has changed, or its lease was extended.
    Leadership(LeaderInfo),
    /// How many writes of this page are pending.
    Pending {
        /// 0 when each write has its answer.
        writes: u32,
    },
    /// The users who have a transaction open, or who were not yet told that theirs is lost. They must be told if the
    /// worker dies.
    Transactions {
        /// Replaces the list sent before; empty if no transaction is at stake.
        users: Vec<UserId>,
    },
    /// Something went wrong outside of any call. The database goes on.
    Warning(Failure),
    /// The database could not be opened, or cannot go on. Every call is answered with this failure.
    Failed(Failure),
}

/// The result of a call that succeeded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Response {
    /// For [`Request::Execute`], [`Request::Query`] and [`Request::Write`].
    Outcome(Outcome),
    /// For [`Request::LeaderInfo`].
    Leadership(LeaderInfo),
    /// For [`Request::Classify`].
    Kind(StatementKind),
    /// For [`Request::Metrics`], after its action.
    Metrics(Metrics),
    /// The bytes of an SQLite database file.
    File(#[serde(with = "serde_bytes")] Vec<u8>),
    /// The call is done and has no result.
    Done,
}

/// Who leads, as far as this tab knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaderInfo {
    /// Whether this tab leads.
    pub is_leader: bool,
    /// Instance id of the leader; empty while none is known.
    pub leader_id: String,
    /// When the leader's lease ends, in milliseconds since the UNIX epoch.
    pub lease_expiry_ms: u64,
}

impl LeaderInfo {
    /// No leader is known.
    pub fn unknown() -> Self {
        LeaderInfo {
            is_leader: false,
            leader_id: String::new(),
            lease_expiry_ms: 0,
        }
    }
}

/// What a page is told about a commit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// This tab's image already shows the commit with this number.
    pub seq: u64,
    /// `Schema` also if the image was reloaded, because anything may have changed.
    pub kind: ChangeKind,
    /// `Elsewhere` also if the image was reloaded.
    pub origin: Origin,
    /// Names of the tables written, in lower case.
    pub tables: Vec<String>,
    /// Milliseconds from the commit being in the leader's store to this tab's image showing it. `None` for a commit of
    /// this tab, and for one that came from the store and not by broadcast.
    pub latency_ms: Option<f64>,
}

/// Whether a commit changed the schema, or only rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChangeKind {
    /// Only rows, of the tables in [`Change::tables`].
    Data,
    /// The schema, and perhaps rows too.
    Schema,
}

impl ChangeKind {
    /// The name that script sees.
    pub fn name(self) -> &'static str {
        match self {
            ChangeKind::Data => "data",
            ChangeKind::Schema => "schema",
        }
    }
}

/// Whose writes a commit holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// Only this page's.
    Here,
    /// Another tab's, alone or among others.
    Elsewhere,
}

/// Why a call failed, for people and for programs. It becomes an `Error` with `name`, `code` and `message`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// `SqliteError`, `WriteError`, `StorageError` or `StateError`.
    pub name: FailureKind,
    /// For programs: stable, unlike the message.
    pub code: Code,
    /// For people: what is wrong, and what to do about it.
    pub message: String,
}

/// The kind of a failure. Its name becomes the `name` of the JavaScript error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailureKind {
    /// SQLite, or this engine on its behalf, refused the statement.
    Sqlite,
    /// A write has no reply, or may not be made in this tab.
    Write,
    /// The store refused, or there is none.
    Storage,
    /// The call makes no sense in the state of the database (closed, not open yet).
    State,
}

impl FailureKind {
    /// The `name` of the JavaScript error.
    pub fn name(self) -> &'static str {
        match self {
            FailureKind::Sqlite => "SqliteError",
            FailureKind::Write => "WriteError",
            FailureKind::Storage => "StorageError",
            FailureKind::State => "StateError",
        }
    }
}

impl Failure {
    /// A failure with this kind, code and message.
    pub fn new(name: FailureKind, code: Code, message: impl Into<String>) -> Self {
        Failure {
            name,
            code,
            message: message.into(),
        }
    }

    /// The answer to every call after `close()`.
    pub fn closed() -> Self {
        let message = "the database is closed; open it again with Database.newDatabase()";
        Failure::new(FailureKind::State, Code::DatabaseClosed, message)
    }

    /// There was no answer in time. `what` names the call, and says what is known about it.
    pub fn timeout(what: &str) -> Self {
        Failure::new(FailureKind::Write, Code::Timeout, format!("timeout: {what}"))
    }
}

impl From<SqlFailure> for Failure {
    fn from(failure: SqlFailure) -> Self {
        let name = match failure.code {
            Code::WritePermissionDenied => FailureKind::Write,
            _ => FailureKind::Sqlite,
        };
        Failure {
            name,
            code: failure.code,
            message: failure.message,
        }
    }
}

impl From<TooLarge> for Failure {
    fn from(refused: TooLarge) -> Self {
        Failure::new(FailureKind::Sqlite, Code::ValueTooLarge, refused.to_string())
    }
}
