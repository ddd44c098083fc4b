//! How the scripts in a `<sqlite-db>` become the schema of its database: fetched where they have a `src`, and run by the
//! leader as one work. Called by [`super::element`], which says when.
//!
//! The outcome is the element's new state. A changed schema may mean that some tab has replaced all data with a backup,
//! and this page must then migrate the backup. So a page whose database could not be migrated recovers as soon as
//! somebody imports a file that can be.

use sqlite_elements::client::Connection;
use sqlite_elements::request::Failure;
use sqlite_elements::sql::{Code, Script, Work};

use crate::{document, migrations};

/// How long a migration may wait for a leader and then run: as long as a page lives. Each of its statements has a limit
/// of its own.
const MIGRATION_TIMEOUT_MS: u32 = 24 * 3_600_000;

/// Runs the migrations from these sources, if there are any. Resolves when the database is as they want it.
pub(super) async fn prepare(
    name: &str,
    connection: &Connection,
    sources: Vec<migrations::Source>,
) -> Result<(), Failure> {
    connection.opened().await?;
    if sources.is_empty() {
        return Ok(());
    }
    let mut scripts = migrations::load(&sources).await?;
    connection.keep_migrations(&scripts);
    let migrated = match migrate(connection, scripts.clone()).await {
        Err(failure) if migrations::lacks_file(&failure) => {
            migrations::bring(&mut scripts).await?;
            migrate(connection, scripts).await
        }
        done => done,
    };
    migrated.map_err(|failure| with_way_out(failure, name))
}

/// Repeats a migration whose worker died: something else may have killed the worker. To migrate again is harmless,
/// because the database knows which migrations it has.
async fn migrate(connection: &Connection, scripts: Vec<Script>) -> Result<(), Failure> {
    let write = |scripts| connection.write(Work::Migrate { scripts }, MIGRATION_TIMEOUT_MS);
    match write(scripts.clone()).await {
        Err(failure) if failure.code == Code::WorkerCrashed => write(scripts).await.map(drop),
        done => done.map(drop),
    }
}

/// On the author's own machine, the message says how to begin with an empty database. Elsewhere that would lose a
/// user's data.
fn with_way_out(failure: Failure, name: &str) -> Failure {
    let begins_otherwise = matches!(failure.code, Code::MigrationChanged | Code::MigrationFileLate);
    if !begins_otherwise || !document::is_local() {
        return failure;
    }
    let message = format!(
        "{}. While you develop: indexedDB.deleteDatabase({:?}) in the console, and a reload, begin anew without the data",
        failure.message,
        format!("sqlite-elements:{name}")
    );
    Failure { message, ..failure }
}
