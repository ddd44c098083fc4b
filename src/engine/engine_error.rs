//! Why the engine cannot work with an image: the error of opening one.

use crate::sql::SqlFailure;

/// Why an engine cannot work with an image.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// The pages are not those of an SQLite database: load or import others.
    #[error("it is no SQLite database: {0}")]
    NotADatabase(&'static str),
    /// SQLite could not open the database.
    #[error("SQLite cannot open it: {0}")]
    Sqlite(SqlFailure),
    /// SQLite refused the virtual file system: nothing can be opened in this process.
    #[error("SQLite does not accept the file system: {0}")]
    Vfs(String),
}
