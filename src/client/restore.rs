//! Restoring: an SQLite file replaces a database, and the migrations of this page bring the file up to date.
//!
//! The elements say which migrations those are ([`Connection::keep_migrations`]). Every import passes them with the
//! file ([`Connection::import`]), also when script imports over a connection of its own. So both become one commit, and
//! a file on which the migrations fail is refused while the data is still there. Refused: to import first and migrate
//! then. A wrong file would leave a page that cannot be used, and no data to go back to.

use super::connection::Connection;
use crate::request::Failure;
use crate::sql::{Script, Work};

/// Long enough to check a file, migrate it, and store it whole.
const IMPORT_TIMEOUT_MS: u32 = 60_000;

impl Connection {
    /// Keeps the migrations of this page, unless more are kept already: several elements may use the database, and some
    /// have none.
    pub fn keep_migrations(&self, scripts: &[Script]) {
        let kept = self.migrations();
        if kept.borrow().len() <= scripts.len() {
            kept.replace(scripts.to_vec());
        }
    }

    /// Replaces everything in the database by an SQLite file.
    pub async fn import(&self, file: Vec<u8>) -> Result<(), Failure> {
        let scripts = self.migrations().borrow().clone();
        let work = Work::Import { file, scripts };
        self.write(work, IMPORT_TIMEOUT_MS).await.map(drop)
    }
}
