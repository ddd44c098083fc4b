//! Pending writes: what this tab's page asked for and has no answer to yet.
//!
//! Each keeps its request id until it is settled, whoever leads meanwhile; that id is what makes sending
//! it again harmless.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::Timestamp;
use super::trials::Past;
use crate::sql::{Outcome, SqlFailure, Work};
use crate::storage::{Epoch, RequestId, Seq, TabId};

/// Why a write was not done, or not known to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum WriteError {
    /// SQLite refused it; it had no effect.
    #[error(transparent)]
    Sql(#[from] SqlFailure),
    /// The store refused the commit; it had no effect and may be tried again.
    #[error("the write was not stored, and nothing was changed: {reason}")]
    Store { reason: String, cause: StoreCause },
    /// No answer in time.
    #[error("timeout: no leader answered in time; the write {fate}")]
    Timeout { fate: Fate },
    /// Two leaders ended while they had it, the second while it ran alone. It had no effect.
    #[error(
        "the write was given up and had no effect: two tabs that ran it lost their workers over it (it crashed them, hung, \
         or used up their memory); change the statement or its values before you send it again"
    )]
    Poisoned,
    /// This tab closed the database before the answer came.
    #[error("the database was closed; the write {fate}")]
    Closed { fate: Fate },
}

/// Why a store refused, as far as a page can act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StoreCause {
    Quota,
    Gone,
    Other,
    TooLarge,
}

/// What is known of a write that has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fate {
    /// It was never handed to a leader and never will be.
    NeverRun,
    /// A leader had it; it may have been done, or may still be.
    Unknown,
}

impl std::fmt::Display for Fate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Fate::NeverRun => "was never run",
            Fate::Unknown => "may or may not have been done",
        })
    }
}

/// One write that waits for its answer.
#[derive(Debug)]
pub(super) struct Pending {
    /// Shared with what is queued or sent: it may be large.
    pub(super) work: Rc<Work>,
    pub(super) deadline: Timestamp,
    /// The leadership that it was last sent to (or that runs it here), and when.
    pub(super) sent: Option<(Epoch, Timestamp)>,
    pub(super) past: Past,
    /// Answered, but the replica is not there yet.
    pub(super) done_at: Option<(Seq, Outcome)>,
}

impl Pending {
    /// What is known of it as long as no answer comes.
    pub(super) fn fate(&self) -> Fate {
        if self.sent.is_some() {
            Fate::Unknown
        } else {
            Fate::NeverRun
        }
    }
}

/// All of them, by counter.
#[derive(Debug)]
pub(super) struct PendingWrites {
    tab: TabId,
    next: u64,
    writes: BTreeMap<u64, Pending>,
}

impl PendingWrites {
    pub(super) fn new(tab: TabId) -> Self {
        PendingWrites {
            tab,
            next: 1,
            writes: BTreeMap::new(),
        }
    }

    /// A request id that names something which is nobody's but this tab's.
    pub(super) fn reserve(&mut self) -> RequestId {
        let request = RequestId {
            tab: self.tab,
            counter: self.next,
        };
        self.next += 1;
        request
    }

    pub(super) fn add(&mut self, work: Work, deadline: Timestamp) -> RequestId {
        let request = self.reserve();
        let pending = Pending {
            work: Rc::new(work),
            deadline,
            sent: None,
            past: Past::default(),
            done_at: None,
        };
        self.writes.insert(request.counter, pending);
        request
    }

    pub(super) fn find(&mut self, request: RequestId) -> Option<&mut Pending> {
        if request.tab != self.tab {
            return None;
        }
        self.writes.get_mut(&request.counter)
    }

    pub(super) fn remove(&mut self, request: RequestId) -> Option<Pending> {
        if request.tab != self.tab {
            return None;
        }
        self.writes.remove(&request.counter)
    }

    pub(super) fn requests(&self) -> Vec<RequestId> {
        self.writes
            .keys()
            .map(|counter| RequestId {
                tab: self.tab,
                counter: *counter,
            })
            .collect()
    }

    pub(super) fn settled_below(&self) -> u64 {
        self.writes.keys().next().copied().unwrap_or(self.next)
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.writes.values().map(|pending| pending.deadline).min()
    }

    /// When the first of those is judged that wait for a leader's last word.
    pub(super) fn word_deadline(&self) -> Option<Timestamp> {
        self.writes.values().filter_map(|pending| pending.past.word_until).min()
    }

    pub(super) fn overdue(&self, now: Timestamp) -> Vec<RequestId> {
        let overdue = self.writes.iter().filter(|(_, pending)| pending.deadline <= now);
        overdue
            .map(|(counter, _)| RequestId {
                tab: self.tab,
                counter: *counter,
            })
            .collect()
    }

    /// Those whose answer waited for the replica to reach `seq`.
    pub(super) fn reached(&self, seq: Seq) -> Vec<(RequestId, Outcome)> {
        let mut reached = Vec::new();
        for (counter, pending) in &self.writes {
            if let Some((at, outcome)) = &pending.done_at
                && *at <= seq
            {
                reached.push((
                    RequestId {
                        tab: self.tab,
                        counter: *counter,
                    },
                    outcome.clone(),
                ));
            }
        }
        reached
    }

    pub(super) fn len(&self) -> usize {
        self.writes.len()
    }
}
