//! The `BEGIN` and `COMMIT` that a unit may put around itself, as scripts and dumps do.
//!
//! A unit is a transaction of its own already, so the pair changes nothing and is passed over. Used by `work` for each
//! unit, by `migration` for each script, and for queries. A pair that would change something is refused (a statement
//! after the `COMMIT`, a `BEGIN` that nothing ends, a `ROLLBACK`): the text and the unit would not be one transaction.
//! Cutting the pair out of the text was refused: only SQLite says where a statement ends.

use std::cell::Cell;

use super::control::Control;
use super::prepared::Kind;
use crate::sql::{Code, SqlFailure};

/// What to do with a prepared statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    Run,
    /// Do not run it: it would change nothing.
    PassOver,
}

/// How far a unit has come between its own `BEGIN` and `COMMIT`.
#[derive(Debug, Default)]
pub(super) struct Bracket(Cell<Place>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Nothing,
    Bare,
    Begun,
    Committed,
}

impl Bracket {
    /// Decides what to do with the unit's next statement.
    pub(super) fn admit(&self, kind: Kind) -> Result<Admission, SqlFailure> {
        let (place, admission) = match (kind, self.0.get()) {
            // A setting ends with the unit, so it may stand anywhere, even after the COMMIT.
            (Kind::Setting(_), place) => (place, Admission::Run),
            (_, Place::Committed) => return Err(refused("nothing can follow the COMMIT")),
            (Kind::Transaction(Control::Begin), Place::Nothing) => (Place::Begun, Admission::PassOver),
            (Kind::Transaction(Control::Commit), Place::Begun) => (Place::Committed, Admission::PassOver),
            (Kind::Transaction(Control::Begin), _) => return Err(refused("BEGIN can only stand first")),
            (Kind::Transaction(Control::Commit), _) => return Err(refused("COMMIT has no BEGIN before it")),
            (Kind::Transaction(Control::Rollback), _) => return Err(refused("ROLLBACK cannot stand here")),
            (_, Place::Begun) => (Place::Begun, Admission::Run),
            (_, Place::Nothing | Place::Bare) => (Place::Bare, Admission::Run),
        };
        self.0.set(place);
        Ok(admission)
    }

    /// Checks at the end of the unit that its `BEGIN` has a `COMMIT`.
    pub(super) fn finish(&self) -> Result<(), SqlFailure> {
        match self.0.get() {
            Place::Begun => Err(refused("BEGIN has no COMMIT after it")),
            Place::Nothing | Place::Bare | Place::Committed => Ok(()),
        }
    }
}

fn refused(what: &str) -> SqlFailure {
    SqlFailure::new(
        Code::TransactionInBatch,
        format!(
            "{what}: the statements of one request are a transaction already, and if one fails, none has an \
             effect. Leave BEGIN and COMMIT out, or put one pair around all of them"
        ),
    )
}
