//! Texts in double quotes. SQLite once accepted them as string literals, and schemas of other programs may still have
//! them (<https://sqlite.org/quirks.html>, 8). The engine accepts them only while it works on such a schema.

use rusqlite::Connection;
use rusqlite::config::DbConfig;

/// Accepts texts in double quotes in schemas until the returned guard is dropped.
pub(super) fn texts_in_double_quotes(connection: &Connection) -> rusqlite::Result<impl Drop + '_> {
    struct Back<'a>(&'a Connection);
    impl Drop for Back<'_> {
        fn drop(&mut self) {
            // Setting it has worked, so setting it back works too.
            _ = self.0.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false);
        }
    }
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, true)?;
    Ok(Back(connection))
}
