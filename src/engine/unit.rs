//! The end of a unit of work: what the unit did, and the check that none of its settings stays behind.
//!
//! Used for batches ([`super::work`]) and migration scripts ([`super::migration`]).

use super::effects::Effects;
use super::pragma;
use super::sqlite::Sqlite;
use crate::sql::SqlFailure;

/// What a unit did.
#[derive(Default)]
pub(super) struct Done {
    pub(super) effects: Effects,
    /// Reported in place of SQLite's own count of changed rows.
    pub(super) changes: Option<u64>,
}

/// Ends a batch or a script: checks what it did under its settings, then takes the settings back. A unit that only sets
/// something is refused.
pub(super) fn close(writer: &Sqlite, effects: &Effects) -> Result<(), SqlFailure> {
    if effects.statements == effects.settings && !writer.is_as_always() {
        return Err(pragma::alone());
    }
    writer.settle()?;
    writer.restore()
}
