//! What pages can know of a run: what they asked and when, what they were answered, and what they read.
//!
//! The checkers look only at this and at the bytes on disk. They know no commit, no epoch, and no request id.

use std::collections::BTreeMap;

use sqlite_elements::request::Failure;
use sqlite_elements::time::Timestamp;

use crate::browser::TabNo;

/// The number of an operation. Each operation writes its number into the table `journal`, so the data tells which were
/// done, and in which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OpNo(pub(crate) u64);

/// One unit of writing, asked for once.
#[derive(Clone, Debug)]
pub(crate) struct Op {
    pub(crate) tab: TabNo,
    pub(crate) asked: Timestamp,
    /// Its statements; a plain SQLite that runs them does the same.
    pub(crate) sql: String,
    pub(crate) fate: Fate,
}

/// What the page knows of the fate of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// No answer yet.
    Open,
    Acknowledged(Timestamp),
    /// The answer was that it has no effect.
    NotDone(String),
    /// The answer was that nobody knows, or the tab is gone.
    Unknown,
}

/// A query of the journal: how many rows there were, and a sum that tells which rows.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    pub(crate) tab: TabNo,
    pub(crate) asked: Timestamp,
    pub(crate) answered: Timestamp,
    pub(crate) count: u64,
    pub(crate) sum: i64,
}

#[derive(Debug, Default)]
pub(crate) struct History {
    pub(crate) ops: BTreeMap<OpNo, Op>,
    pub(crate) reads: Vec<Read>,
    /// Works that killed or hung the worker of a tab.
    pub(crate) poisoned: Vec<(OpNo, TabNo)>,
    /// Tabs from which the lead was taken although they were there and could be heard.
    pub(crate) robbed: Vec<TabNo>,
    /// When each tab's page came back into sight.
    pub(crate) returns: BTreeMap<TabNo, Vec<Timestamp>>,
}

impl Fate {
    /// What a failure says of its write.
    pub(crate) fn of(failure: &Failure) -> Self {
        if failure.message.contains("may or may not") {
            Fate::Unknown
        } else {
            Fate::NotDone(failure.code.to_string())
        }
    }
}
