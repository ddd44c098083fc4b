//! Poison: works that kill or hang the worker that runs them. A work whose text has one of the words below unwinds out
//! of the engine as it is about to run, as in a worker that traps. The simulated browser decides what becomes of the
//! tab.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

use sqlite_elements::sabotage;
use sqlite_elements::sql::Work;

pub(crate) const CRASH: &str = "/* crash */";
pub(crate) const HANG: &str = "/* hang */";
pub(crate) const EXHAUST: &str = "/* exhaust */";

/// What a work has done to its worker.
#[derive(Clone, Debug)]
pub(crate) struct Poison {
    pub(crate) effect: Effect,
    /// The text of the work.
    pub(crate) sql: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Crash,
    Hang,
}

/// From now on poison acts on this thread.
pub(crate) fn brew() {
    sabotage::on_meeting(Some(Rc::new(|work| {
        let Work::Batch { statements, .. } = work else { return };
        let texts: Vec<&str> = statements.iter().map(|statement| statement.sql.as_str()).collect();
        let sql = texts.join("; ");
        let effect = match sql {
            // A work that asks for more memory than there is ends in a trap.
            _ if sql.contains(CRASH) || sql.contains(EXHAUST) => Effect::Crash,
            _ if sql.contains(HANG) => Effect::Hang,
            _ => return,
        };
        resume_unwind(Box::new(Poison { effect, sql }));
    })));
}

/// Runs `action`, which may meet poison.
pub(crate) fn taste<T>(action: impl FnOnce() -> T) -> Result<T, Poison> {
    catch_unwind(AssertUnwindSafe(action)).map_err(|cause| match cause.downcast::<Poison>() {
        Ok(poison) => *poison,
        Err(cause) => resume_unwind(cause),
    })
}
