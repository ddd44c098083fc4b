//! A unit of work, as it ends: what it did, and that nothing which it set for itself is left behind.
//!
//! For batches ([`super::work`]) and scripts ([`super::migration`]) alike.

use super::effects::Effects;
use super::pragma;
use super::session::Session;
use crate::sql::SqlFailure;

/// What a unit did.
#[derive(Default)]
pub(super) struct Done {
    pub(super) effects: Effects,
    /// To be reported instead of SQLite's own count.
    pub(super) changes: Option<u64>,
}

/// The end of a batch or a script: what it set for itself ends here, and what it did under it is looked at.
pub(super) fn close(writer: &Session, effects: &Effects) -> Result<(), SqlFailure> {
    if effects.statements == effects.settings && !writer.is_as_always() {
        return Err(pragma::alone());
    }
    writer.settle()?;
    writer.restore()
}
