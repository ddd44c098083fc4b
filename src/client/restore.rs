//! Restoring: an SQLite file takes the place of a database, brought up to date by the migrations of this page.
//!
//! The elements say which migrations those are ([`Connection::keep_migrations`]); whoever imports, be it script that has a
//! connection of its own, hands them over with the file ([`Connection::import`]). So the two are one commit, and a file
//! that the migrations do not run on is refused while the data is still there. To import first and migrate then was
//! refused: a wrong file would leave a page that cannot be used, and no data to go back to.

use super::connection::Connection;
use crate::request::Failure;
use crate::sql::{Script, Work};

/// A file is looked through, migrated, and stored whole.
const IMPORT_TIMEOUT_MS: u32 = 60_000;

impl Connection {
    /// From now on these are the migrations of this page, unless more are kept already: several elements may have the
    /// database, and one of them none.
    pub fn keep_migrations(&self, scripts: &[Script]) {
        let kept = self.migrations();
        if kept.borrow().len() <= scripts.len() {
            kept.replace(scripts.to_vec());
        }
    }

    /// Puts a file in the place of all that the database holds.
    pub async fn import(&self, file: Vec<u8>) -> Result<(), Failure> {
        let scripts = self.migrations().borrow().clone();
        let work = Work::Import { file, scripts };
        self.write(work, IMPORT_TIMEOUT_MS).await.map(drop)
    }
}
