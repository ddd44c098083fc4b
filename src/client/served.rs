//! What a page's worker serves: a session, as [`super::worker`] sees it.
//!
//! The session knows the worker; the worker knows only this trait of the session. When the worker dies, it calls in
//! this order: [`Served::orphan`], [`Served::revive`], [`Served::tell_of_death`]. The session stays, with its users,
//! listeners and live queries. It answers the calls that the dead worker had, since nobody else will. New requests wait
//! in the new port until the next worker takes it, so their callers wait meanwhile.

#![cfg(target_family = "wasm")]

use std::rc::Rc;

use web_sys::MessagePort;

use super::queries::RowsCallback;
use crate::request::{Failure, QueryId};
use crate::restart::{Bystanders, SessionNumber, Step};
use crate::storage::Durability;
use crate::web::Sight;

/// A session, as the worker sees it.
pub(super) trait Served {
    fn number(&self) -> SessionNumber;
    fn name(&self) -> &str;
    fn durability(&self) -> Durability;
    /// The stored database must be at least at this seq. Otherwise it is another database.
    fn seen(&self) -> u64;
    fn is_over(&self) -> bool;

    /// The page goes out of sight, or comes back.
    fn tell_of_sight(self: Rc<Self>, sight: Sight);
    /// Makes the worker answer this live query from now on.
    fn ask(self: Rc<Self>, query: QueryId);
    /// Takes out a live query that is over, and returns its callback.
    fn take_query(&self, query: QueryId) -> Option<RowsCallback>;

    /// Whether the worker had other work of this session than the step that it took up.
    fn bystanders(&self, taken_up: Option<Step>) -> Bystanders;
    fn fate(&self) -> Aftermath;
    /// Answers the calls that the dead worker had.
    fn orphan(&self, died: &Failure);
    /// A port for the next worker, in which that worker's first requests already wait.
    fn revive(self: Rc<Self>) -> Result<MessagePort, Failure>;
    /// What the next worker must take up of this session.
    fn steps(&self) -> Vec<Step>;
    /// Tells the listeners that the worker died and that the database goes on.
    fn tell_of_death(&self, died: &Failure);

    /// Ends the session with this failure, and tells its live queries and listeners.
    fn fail(&self, failure: &Failure);
    /// Ends the session with this failure, which answers its calls.
    fn end(&self, failure: &Failure);
}

/// What becomes of a session whose worker died.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Aftermath {
    GoesOn,
    /// It has no users left.
    IsOver,
    /// Its database was in the worker's memory.
    IsLost(Failure),
}
