//! What a page's worker serves: the sessions, as [`super::worker`] sees them.
//!
//! A session knows the worker, to be served; the worker knows of a session only this. When it dies, it calls in this order:
//! [`Served::orphan`], [`Served::revive`], [`Served::tell_of_death`]. The session stays, with its users, listeners and live
//! queries; what was under way in the worker is answered, since nobody else will. Requests wait in the new port until the
//! new worker takes it, so a caller waits meanwhile.

use std::rc::Rc;

use web_sys::MessagePort;

use super::queries::RowsCallback;
use crate::request::{Failure, QueryId};
use crate::restart::{Bystanders, SessionNumber, Step};
use crate::storage::Durability;
use crate::web::Sight;

pub(super) trait Served {
    fn number(&self) -> SessionNumber;
    fn name(&self) -> &str;
    fn durability(&self) -> Durability;
    /// What is stored must be this new, or it is another database.
    fn seen(&self) -> u64;
    fn is_over(&self) -> bool;

    /// The page goes out of sight, or is back.
    fn tell_of_sight(self: Rc<Self>, sight: Sight);
    /// The worker is to answer this live query from now on.
    fn ask(self: Rc<Self>, query: QueryId);
    /// Whom to tell of a live query that is over.
    fn take_query(&self, query: QueryId) -> Option<RowsCallback>;

    /// Whether the worker had anything of this session to do but what it took up.
    fn bystanders(&self, taken_up: Option<Step>) -> Bystanders;
    fn fate(&self) -> Fate;
    /// Answers what the worker cannot answer any more.
    fn orphan(&self, died: &Failure);
    /// A port for the next worker, in which what it is to know before all else waits.
    fn revive(self: Rc<Self>) -> Result<MessagePort, Failure>;
    /// What the next worker is to take up of this session.
    fn steps(&self) -> Vec<Step>;
    /// The database goes on, and its listeners see that something happened to it.
    fn tell_of_death(&self, died: &Failure);

    /// The session cannot go on.
    fn fail(&self, failure: &Failure);
    fn end(&self, failure: &Failure);
}

/// What becomes of a session whose worker died.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    GoesOn,
    /// There is nobody to go on for.
    IsOver,
    /// It was in memory.
    IsLost(Failure),
}
