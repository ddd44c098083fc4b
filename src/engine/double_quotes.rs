//! Texts in double quotes: SQLite took them for texts once, and schemas of other programs may have them still
//! (<https://sqlite.org/quirks.html>, 8). The engine does not, but where it works on what such a program left.

use rusqlite::Connection;
use rusqlite::config::DbConfig;

/// Has texts in double quotes understood for a while, as schemas of other programs may have them.
pub(super) fn texts_in_double_quotes(connection: &Connection) -> rusqlite::Result<impl Drop + '_> {
    struct Back<'a>(&'a Connection);
    impl Drop for Back<'_> {
        fn drop(&mut self) {
            // What was set can be set back.
            _ = self.0.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false);
        }
    }
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, true)?;
    Ok(Back(connection))
}
