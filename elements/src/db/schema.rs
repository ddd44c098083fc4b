//! How a `<sqlite-db>` brings its database to the schema that its scripts say: when they have come, when there are more
//! of them, and when the schema has changed. The last may mean that a backup has taken the place of all, in any tab,
//! which this page has to bring up to date. Called by [`super`].
//!
//! One comparison is under way at a time; what comes meanwhile is done after it. What a comparison finds is the
//! element's new state, so a page whose database could not be migrated is well again as soon as a file that can be was
//! imported.

use std::rc::Rc;

use sqlite_elements::client::Connection;
use sqlite_elements::request::Failure;
use sqlite_elements::sql::{Code, Script, Work};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlElement;

use super::{Db, Phase, Session, SessionNumber};
use crate::migrations;

/// How long a migration may wait for a leader and then run: for as long as a page is there. Each of its statements has a
/// bound of its own.
const MIGRATION_TIMEOUT_MS: u32 = 24 * 3_600_000;

/// Whether the database is being compared with the scripts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Migrating {
    No,
    UnderWay,
    /// Meanwhile the schema has changed, or there are more scripts: it is to be done once more.
    Again,
}

impl Db {
    /// Runs the migrations that stand in the element, if there are more than before.
    pub(super) fn migrate(self: &Rc<Self>, element: &HtmlElement) {
        let scripts = migrations::sources(element);
        let mut session = self.session.borrow_mut();
        let Some(session) = session.as_mut().filter(|session| session.settings.is_ok()) else {
            return;
        };
        // A framework may take scripts out again once they ran: that undoes nothing.
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

    /// The schema has changed: perhaps because a backup has taken the place of all, which this page has to bring up to
    /// date. Where nothing is to be done, the worker says so from what it holds.
    pub(super) fn migrate_again(self: &Rc<Self>, number: SessionNumber) {
        let mut session = self.session.borrow_mut();
        let session = session.as_mut().filter(|session| session.has_scripts());
        if session.is_some_and(Session::begin_migrating) {
            self.migrate_now(number);
        }
    }

    fn migrate_now(self: &Rc<Self>, number: SessionNumber) {
        let db = self.clone();
        spawn_local(async move {
            loop {
                let Some((name, connection, scripts)) = db.of_session(number, Session::begin_preparing) else {
                    return;
                };
                let prepared = prepare(&name, &connection, scripts).await;
                match db.of_session(number, Session::has_migrated) {
                    Some(Migrating::Again) => {}
                    Some(_) => return db.migrated(number, prepared),
                    None => return,
                }
            }
        });
    }

    fn migrated(&self, number: SessionNumber, prepared: Result<(), Failure>) {
        let phase = prepared.map_or_else(Phase::Failed, |()| Phase::Ready);
        // One that is ready still is no news, nor is a failure that was heard of before, or one that ended all.
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

impl Session {
    fn has_scripts(&self) -> bool {
        self.scripts.as_ref().is_some_and(|scripts| !scripts.is_empty())
    }

    /// Whether that is to be set off; else it is under way, and will be done once more.
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

    /// Ends it, unless it is to be done once more.
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

/// A worker that died with a migration may have died of something else. To migrate again is harmless: what was done is known.
async fn migrate(connection: &Connection, scripts: Vec<Script>) -> Result<(), Failure> {
    let write = |scripts| connection.write(Work::Migrate { scripts }, MIGRATION_TIMEOUT_MS);
    match write(scripts.clone()).await {
        Err(failure) if failure.code == Code::WorkerCrashed => write(scripts).await.map(drop),
        done => done.map(drop),
    }
}

/// Where a page is made, its author may begin anew; where it is used, that would lose somebody's data.
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
