//! How a `<sqlite-db>` migrates its database to the schema in its scripts. It migrates when the scripts are parsed,
//! when there are more of them, and when the schema has changed. A changed schema may mean that some tab has replaced
//! all data with a backup, and this page must then migrate the backup. Called by [`super`].
//!
//! One migration is under way at a time. A request that comes meanwhile runs after it. The outcome is the element's new
//! state. So a page whose database could not be migrated recovers as soon as somebody imports a file that can be.

use std::rc::Rc;

use sqlite_elements::client::Connection;
use sqlite_elements::request::Failure;
use sqlite_elements::sql::{Code, Script, Work};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlElement;

use super::{Db, Opening, OpeningNumber, Phase};
use crate::migrations;

/// How long a migration may wait for a leader and then run: as long as a page lives. Each of its statements has a limit
/// of its own.
const MIGRATION_TIMEOUT_MS: u32 = 24 * 3_600_000;

/// Whether a migration is under way.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Migrating {
    No,
    UnderWay,
    /// One is under way. Meanwhile the schema has changed, or there are more scripts, so another one must follow.
    Again,
}

impl Db {
    /// Runs the migrations in the element, if there are more than before.
    pub(super) fn migrate(self: &Rc<Self>, element: &HtmlElement) {
        let scripts = migrations::sources(element);
        let mut session = self.session.borrow_mut();
        let Some(session) = session.as_mut().filter(|session| session.settings.is_ok()) else {
            return;
        };
        // A framework may remove scripts after they ran. That undoes nothing.
        if session
            .scripts
            .as_ref()
            .is_some_and(|before| before.starts_with(&scripts))
        {
            return;
        }
        session.scripts = Some(scripts);
        let number = session.number;
        if session.begin_migrating() {
            self.migrate_now(number);
        }
    }

    /// The schema has changed. Perhaps some tab has replaced all data with a backup, which this page must migrate. If
    /// nothing is to be done, the worker answers from its own copy.
    pub(super) fn migrate_again(self: &Rc<Self>, number: OpeningNumber) {
        let mut session = self.session.borrow_mut();
        let session = session.as_mut().filter(|session| session.has_scripts());
        if session.is_some_and(Opening::begin_migrating) {
            self.migrate_now(number);
        }
    }

    fn migrate_now(self: &Rc<Self>, number: OpeningNumber) {
        let db = self.clone();
        spawn_local(async move {
            loop {
                let Some((name, connection, scripts)) = db.of_session(number, Opening::begin_preparing) else {
                    return;
                };
                let prepared = prepare(&name, &connection, scripts).await;
                match db.of_session(number, Opening::has_migrated) {
                    Some(Migrating::Again) => {}
                    Some(_) => return db.migrated(number, prepared),
                    None => return,
                }
            }
        });
    }

    fn migrated(&self, number: OpeningNumber, prepared: Result<(), Failure>) {
        let phase = prepared.map_or_else(Phase::Failed, |()| Phase::Ready);
        // No news: the database is ready as before, it has the same failure as before, or a failure has ended the
        // connection.
        let is_known = self.of_session(number, |session| match (&session.phase, &phase) {
            (Phase::Failed(known), Phase::Failed(failure)) => known == failure,
            (Phase::Ready, Phase::Ready) => true,
            (_, Phase::Ready) => session.connection.status().failure.is_some(),
            _ => false,
        });
        if is_known == Some(false) {
            self.show(number, phase);
        }
    }
}

impl Opening {
    fn has_scripts(&self) -> bool {
        self.scripts.as_ref().is_some_and(|scripts| !scripts.is_empty())
    }

    /// Whether the caller must start a migration. If not, one is under way, and another one will follow it.
    fn begin_migrating(&mut self) -> bool {
        let before = self.migrating;
        self.migrating = match before {
            Migrating::No => Migrating::UnderWay,
            Migrating::UnderWay | Migrating::Again => Migrating::Again,
        };
        before == Migrating::No
    }

    fn begin_preparing(&mut self) -> (String, Connection, Vec<migrations::Source>) {
        self.migrating = Migrating::UnderWay;
        let scripts = self.scripts.clone().unwrap_or_default();
        let name = self.settings.as_ref().map(|(name, _)| name.clone());
        (name.unwrap_or_default(), self.connection.clone(), scripts)
    }

    /// Ends the migration, unless another one must follow.
    fn has_migrated(&mut self) -> Migrating {
        let so_far = self.migrating;
        if so_far == Migrating::UnderWay {
            self.migrating = Migrating::No;
        }
        so_far
    }
}

async fn prepare(name: &str, connection: &Connection, sources: Vec<migrations::Source>) -> Result<(), Failure> {
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
    if !begins_otherwise || !is_local() {
        return failure;
    }
    let message = format!(
        "{}. While you develop: indexedDB.deleteDatabase({:?}) in the console, and a reload, begin anew without the data",
        failure.message,
        format!("sqlite-elements:{name}")
    );
    Failure { message, ..failure }
}

fn is_local() -> bool {
    let window = web_sys::window().expect_throw("elements live in a window");
    let host = window.location().hostname().unwrap_or_default();
    host.is_empty() || matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]") || host.ends_with(".localhost")
}
