//! What pages can know of a run: what they asked, when, what they were answered, what they read.
//!
//! The checkers look at this and at the bytes on disk, and at nothing else: they know no commit, no epoch, no
//! request id.

use std::collections::BTreeMap;

use sqlite_elements::request::Failure;
use sqlite_elements::time::Timestamp;

use crate::browser::TabNo;

/// Numbers an operation. Each writes its number into the table `journal`, so the data tells what was done, and in
/// what order.
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

/// What the page knows of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// No answer yet.
    Open,
    Acknowledged(Timestamp),
    /// Answered that it has no effect.
    NotDone(String),
    /// Answered that nobody knows; or the tab is gone.
    Unknown,
}

/// A query of the journal: how many rows there were, and a sum that tells which.
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
    /// Where the lead was taken from a tab that was there and could be heard.
    pub(crate) robbed: Vec<TabNo>,
    /// When each tab's page came back into sight.
    pub(crate) returns: BTreeMap<TabNo, Vec<Timestamp>>,
}

impl Fate {
    /// What a failed write says of itself.
    pub(crate) fn of(failure: &Failure) -> Self {
        if failure.message.contains("may or may not") {
            Fate::Unknown
        } else {
            Fate::NotDone(failure.code.to_string())
        }
    }
}
