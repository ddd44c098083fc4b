//! What the page and its worker say to each other about one database.
//!
//! `client` sends [`Request`]s and hears [`Event`]s over one MessagePort per open database; `tab` is at the
//! other end. How they are encoded: [`crate::encoding`].

use serde::{Deserialize, Serialize};

pub use crate::encoding::{decode, encode};
use crate::sql::limits::TooLarge;
use crate::sql::{Code, Outcome, Rows, SqlFailure, Statement, Work};

/// Names one call until it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CallId(pub u64);

/// Names one live query until it is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct QueryId(pub u64);

/// Names one user of the database in the page (a `Database` of script, an element): a transaction is one user's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct UserId(pub u64);

/// From the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Runs a statement by what SQLite says it is: reads run here, row writes only in the leader, schema
    /// changes by the leader whoever asks; between a `BEGIN` and a `COMMIT` of this user, inside that
    /// transaction. Answered by `Response::Outcome`.
    Execute {
        call: CallId,
        user: UserId,
        statement: Statement,
    },
    /// The same for what only reads; anything else fails with `SQLITE_READONLY`. Stopped once `recall` (a name of
    /// [`crate::web::Recall`]) is taken back. Answered by `Response::Outcome`.
    Query {
        call: CallId,
        user: UserId,
        statement: Statement,
        recall: Option<String>,
    },
    /// Says what a text is without running it. Answered by `Response::Kind`.
    Classify {
        call: CallId,
        sql: String,
    },
    /// Queues work for the leader, whichever tab that is. Answered by `Response::Outcome`.
    Write {
        call: CallId,
        work: Work,
        timeout_ms: u32,
    },
    /// Answered by `Response::Done` when all writes of this page before it are settled; at once while this user
    /// has a transaction open, for which all others wait.
    Sync {
        call: CallId,
        user: UserId,
    },
    /// Makes this tab the leader. Answered by `Response::Done` once it leads.
    Lead {
        call: CallId,
    },
    /// Counts of what this tab and the others do together. Answered by `Response::Metrics`.
    Metrics {
        call: CallId,
        action: MetricsAction,
    },
    /// Answered by `Response::Leadership`.
    LeaderInfo {
        call: CallId,
    },
    /// What [`Request::Execute`] does with row writes while another tab leads. Answered by `Response::Done`.
    NonLeaderWrites {
        call: CallId,
        policy: NonLeaderWrites,
    },
    /// From now on [`Event::Rows`] tells the rows of this query, first at once, then whenever they change.
    Subscribe {
        query: QueryId,
        statement: Statement,
    },
    Unsubscribe {
        query: QueryId,
    },
    /// From now on a live query that runs makes way once this name of [`crate::web::Recall`] leads to nothing any more:
    /// the page asks something that may make it needless. Not answered.
    MakeWay {
        name: String,
    },
    /// Nobody waits for this query any more. Not answered, and nor is the query if it was not begun.
    Cancel {
        call: CallId,
    },
    /// This user is gone: a transaction that it left open is rolled back. Not answered.
    Leave {
        user: UserId,
    },
    /// This user had a transaction open in a worker that died: it is told at its next call. Not answered.
    Lost {
        user: UserId,
    },
    /// The page goes out of sight and may be frozen. Not answered.
    Suspend,
    /// It is back. Not answered; calls after it are answered by what the store held then, or later.
    Resume,
    /// From now on all queries of this page stop once this name of [`crate::web::Recall`] leads to nothing any more,
    /// while `control` does. Not answered.
    Recall {
        name: String,
        control: String,
    },
    /// The database as a SQLite file, as this tab shows it. Answered by `Response::File`.
    Export {
        call: CallId,
    },
    /// Gives everything back. Answered by `Response::Done`; nothing is answered after it.
    Close {
        call: CallId,
    },
}

impl Request {
    /// Whether it still means something while the database is being closed.
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

/// What becomes of row writes that are not queued, in a tab that does not lead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum NonLeaderWrites {
    /// They fail with `WRITE_PERMISSION_DENIED`.
    #[default]
    Refused,
    /// The leader does them, as it does queued ones. There is still one history: no tab writes by itself.
    Forwarded,
}

/// What SQLite says that a text is; of several statements the one that asks for most, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StatementKind {
    Read,
    Schema,
    Write,
    /// `BEGIN`, `COMMIT`, `ROLLBACK`, `SAVEPOINT`, `RELEASE` that open or end a transaction across calls.
    Transaction,
}

impl StatementKind {
    /// As script reads it.
    pub fn name(self) -> &'static str {
        match self {
            StatementKind::Read => "read",
            StatementKind::Schema => "schema",
            StatementKind::Write => "write",
            StatementKind::Transaction => "transaction",
        }
    }
}

/// What is done with a tab's [`Metrics`]. To record while they are off does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum MetricsAction {
    Read,
    Enable,
    Disable,
    /// All to zero, and the start is now.
    Reset,
    RecordLeadershipChange,
    RecordNotificationLatency {
        latency_ms: f64,
    },
    RecordWriteConflict,
    RecordFollowerRefresh,
}

/// What was counted in this tab while counting was on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    pub enabled: bool,
    /// How often this tab became the leader or ceased to be.
    pub leadership_changes: u64,
    /// Row writes that were refused because this tab does not lead.
    pub write_conflicts: u64,
    /// Commits of other tabs that this tab's image took over.
    pub follower_refreshes: u64,
    /// From the leader's store having a commit to this tab's image showing it, over the last 100 that were
    /// broadcast; 0 if there was none.
    pub avg_notification_latency_ms: f64,
    /// Commits that this tab announced to others or heard announced.
    pub total_notifications: u64,
    /// When counting began, in milliseconds since the UNIX epoch.
    pub start_timestamp_ms: f64,
}

/// From the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// How many commits were stored before the database was opened: the first event.
    Found { seq: u64 },
    /// The database is open: the first event but for [`Event::Found`] and [`Event::InMemory`].
    Opened { tab: String },
    /// The browser offers this page no storage, for this reason: the database is empty, this tab's alone, and gone
    /// with it.
    InMemory(Failure),
    Answered {
        call: CallId,
        answer: Result<Response, Failure>,
    },
    /// All rows of a live query, or why it has none. Not sent when they are the same as before.
    Rows {
        query: QueryId,
        rows: Result<Rows, SqlFailure>,
    },
    /// A commit became visible in this tab.
    Changed(Change),
    /// Who leads has changed, or the lease was extended.
    Leadership(LeaderInfo),
    /// How many writes of this page have no answer yet.
    Pending { writes: u32 },
    /// Whose transactions are open, or lost without their having been told: they are to be told should the worker die.
    Transactions { users: Vec<UserId> },
    /// Something went wrong that no call waits for; the database goes on.
    Warning(Failure),
    /// The database could not be opened or cannot go on; every call is answered with this failure.
    Failed(Failure),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Response {
    Outcome(Outcome),
    Leadership(LeaderInfo),
    Kind(StatementKind),
    Metrics(Metrics),
    File(#[serde(with = "serde_bytes")] Vec<u8>),
    Done,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaderInfo {
    pub is_leader: bool,
    /// Instance id of the leading tab; empty while none is known.
    pub leader_id: String,
    /// Milliseconds since the UNIX epoch.
    pub lease_expiry_ms: u64,
}

impl LeaderInfo {
    pub fn unknown() -> Self {
        LeaderInfo {
            is_leader: false,
            leader_id: String::new(),
            lease_expiry_ms: 0,
        }
    }
}

/// What a page is told of a commit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    pub seq: u64,
    pub kind: ChangeKind,
    pub origin: Origin,
    /// Names of the tables written, in lower case.
    pub tables: Vec<String>,
    /// Milliseconds from the leader's store having it to this tab's image showing it; `None` where the
    /// commit was this tab's own, or came from the store and not by broadcast.
    pub latency_ms: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChangeKind {
    Data,
    Schema,
}

impl ChangeKind {
    /// As script reads it.
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

/// Why a call was not done, for people and programs: becomes an `Error` with `name`, `code`, `message`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// `SqliteError`, `WriteError`, `StorageError` or `StateError`.
    pub name: FailureKind,
    pub code: Code,
    pub message: String,
}

/// What kind of thing went wrong; its name is the `name` of the JavaScript error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailureKind {
    /// SQLite, or this engine on its behalf, refused the statement.
    Sqlite,
    /// A write has no answer, or may not be made here.
    Write,
    /// The store refused or is not there.
    Storage,
    /// The call makes no sense in the state the database is in (closed, not open yet).
    State,
}

impl FailureKind {
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

    /// No answer in time; `what` says of what, and what is known of it.
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
