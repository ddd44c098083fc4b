//! What a text is as a whole, from what SQLite says of its statements: its class, which decides who may run the text and
//! where, and how it ends the transaction around it.

use super::control::Control;
use super::prepared::Kind;

/// The class of a text; a text of several statements has the class that asks for most, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Changes nothing.
    Read,
    /// Creates, alters, or drops; any tab may forward it to the leader.
    Schema,
    /// Inserts, updates, or deletes rows.
    Write,
    /// Begins a transaction and leaves it open.
    Begins,
    /// `COMMIT`, `ROLLBACK` or `RELEASE`, or `SAVEPOINT` after other statements. Means something only inside an open
    /// transaction.
    Controls,
}

/// How a text ends the transaction around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With `COMMIT` or `END`: what it changed is to become durable.
    Commit,
    /// With `ROLLBACK`: nothing of it stays. `ROLLBACK TO` ends no transaction.
    Rollback,
}

/// How much of a text could be prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    All,
    Beginning,
}

/// How a text of these statements would end the transaction around it; `None` if it would not.
pub(super) fn ending(kinds: &[Kind]) -> Option<Ending> {
    match kinds.iter().rfind(|kind| !matches!(kind, Kind::Setting(_))) {
        Some(Kind::Transaction(Control::Commit)) => Some(Ending::Commit),
        Some(Kind::Transaction(Control::Rollback)) => Some(Ending::Rollback),
        _ => None,
    }
}

/// The class that asks for most. Settings of a unit may stand outside of its `BEGIN` and `COMMIT`, so they are judged
/// apart from the other statements.
pub(super) fn strongest(kinds: &[Kind], seen: Seen) -> Option<Class> {
    let (settings, others): (Vec<Kind>, Vec<Kind>) = kinds.iter().partition(|kind| matches!(kind, Kind::Setting(_)));
    strongest_of_others(&others, seen).max(settings.into_iter().map(class).max())
}

/// The class of all statements but settings. If a text puts `BEGIN` and `COMMIT` around itself, the class is that of
/// the statements between them: such a text is a unit like any other. A text whose later statements cannot be prepared
/// yet may turn out to be such a unit.
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
        // A setting holds for one unit, so it needs the writer, like a schema change.
        Kind::Setting(_) | Kind::Schema | Kind::Vacuum => Class::Schema,
        Kind::Rows => Class::Write,
        Kind::Transaction(_) => Class::Controls,
    }
}
