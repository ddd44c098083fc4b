//! Transaction control: what the authorizer reports of it, and what tells such statements apart.

/// What a statement does to a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Control {
    /// `BEGIN`
    Begin,
    /// `COMMIT`, `END`
    Commit,
    /// `ROLLBACK`
    Rollback,
    /// `SAVEPOINT`
    Savepoint,
    /// `RELEASE`, `ROLLBACK TO`
    EndSavepoint,
}
