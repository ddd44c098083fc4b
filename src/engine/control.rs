//! Control of transactions, as the authorizer hears of it and as statements are told apart by it.

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
