//! A write on its way through a leader: waiting, put off, or not run.

use std::rc::Rc;

use crate::sql::Work;
use crate::storage::{RequestId, SettledBelow};
use crate::time::Timestamp;

/// A write that waits to be run by this leader.
#[derive(Clone, Debug)]
pub struct Queued {
    /// The id under which the write is settled.
    pub request: RequestId,
    /// What the write asks for.
    pub work: Rc<Work>,
    /// The sender has the replies to all its requests below this counter.
    pub settled_below: SettledBelow,
    /// Until when its page waits for the answer.
    pub deadline: Timestamp,
    /// For how long the write may keep the others waiting.
    pub patience: Patience,
}

/// For how long a write may keep the others waiting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Patience {
    /// For one turn: longer writes are put off once, so that the others get their turn.
    #[default]
    Turn,
    /// For the whole write: it was put off once, and the others had their turn.
    Whole,
}

impl Queued {
    /// A write with the patience of one turn.
    pub fn new(request: RequestId, work: Rc<Work>, settled_below: SettledBelow, deadline: Timestamp) -> Self {
        Queued {
            request,
            work,
            settled_below,
            deadline,
            patience: Patience::default(),
        }
    }
}

/// The writes of a group that were not done.
#[derive(Debug, Default)]
pub struct PutOff {
    /// Stopped, so that others get their turn.
    pub long: Option<Queued>,
    /// Not run, because they stood behind the stopped write.
    pub unrun: Vec<Queued>,
}
