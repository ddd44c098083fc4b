//! What a text is as a whole, from what SQLite says its statements are: who may run it, and where.

use super::control::Control;
use super::prepared::Kind;

/// What the statements of a text are; of several the one that asks for most, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Changes nothing.
    Read,
    /// Creates, alters, or drops; may be forwarded from any tab.
    Schema,
    /// Inserts, updates, or deletes rows.
    Write,
    /// Begins a transaction and leaves it open.
    Begins,
    /// `COMMIT`, `ROLLBACK`, `SAVEPOINT`, `RELEASE` in or behind other statements: means something only inside
    /// a transaction that is open.
    Controls,
}

/// How much of a text could be prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    All,
    Beginning,
}

/// Of several kinds the one that asks for most. What a unit sets for itself may stand around its `BEGIN` and `COMMIT`.
pub(super) fn strongest(kinds: &[Kind], seen: Seen) -> Option<Class> {
    let (settings, others): (Vec<Kind>, Vec<Kind>) = kinds.iter().partition(|kind| matches!(kind, Kind::Setting(_)));
    strongest_of_others(&others, seen).max(settings.into_iter().map(class).max())
}

/// Of a text that puts `BEGIN` and `COMMIT` around itself, what is between them: such a text is a unit like any
/// other. One whose later statements cannot be prepared yet may turn out to be one.
fn strongest_of_others(kinds: &[Kind], seen: Seen) -> Option<Class> {
    let [Kind::Transaction(Control::Begin), inner @ ..] = kinds else {
        let begins = matches!(kinds.first(), Some(Kind::Transaction(Control::Savepoint)));
        let strongest = kinds.iter().copied().map(class).max();
        return if begins { Some(Class::Begins) } else { strongest };
    };
    let (inner, closed) = match inner {
        [inner @ .., Kind::Transaction(Control::Commit)] => (inner, true),
        inner => (inner, seen == Seen::Beginning),
    };
    let nested = [Control::Savepoint, Control::EndSavepoint].map(Kind::Transaction);
    let is_unit = closed
        && inner
            .iter()
            .all(|kind| !matches!(kind, Kind::Transaction(_)) || nested.contains(kind));
    if !is_unit {
        return Some(Class::Begins);
    }
    let inner = inner.iter().filter(|kind| !nested.contains(kind));
    inner.copied().map(class).max().or(closed.then_some(Class::Read))
}

fn class(kind: Kind) -> Class {
    match kind {
        Kind::Read => Class::Read,
        Kind::Setting(setting) if setting.says_what_is_so() => Class::Read,
        // A setting is for a unit.
        Kind::Setting(_) | Kind::Schema | Kind::Vacuum => Class::Schema,
        Kind::Rows => Class::Write,
        Kind::Transaction(_) => Class::Controls,
    }
}
