//! Migrations: scripts of a page that run once per database, in order.
//!
//! Which have run is recorded in the database itself, so it commits, rolls back, replicates and is
//! exported with what the scripts made. Nothing ever replays SQL, only pages, so `applied_at` may be
//! the clock of whichever tab led.

use rusqlite::Connection;

use super::authorizer::Watch;
use super::bracket::Bracket;
use super::effects::Effects;
use super::session::Session;
use super::work::{self, Done};
use crate::sql::{Params, Script, SqlFailure};

/// Whether a database has all scripts of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Migrations {
    Applied,
    /// A leader has to run [`crate::sql::Work::Migrate`].
    Pending,
}

/// Compares the scripts with what is recorded.
pub(super) fn state(reader: &Session, scripts: &[Script]) -> Result<Migrations, SqlFailure> {
    let recorded = check(reader, scripts)?;
    Ok(if recorded < scripts.len() {
        Migrations::Pending
    } else {
        Migrations::Applied
    })
}

/// Runs the scripts that have not run yet, inside the transaction of the caller.
pub(super) fn migrate(writer: &Session, scripts: &[Script]) -> Result<Done, SqlFailure> {
    let recorded = check(writer, scripts)?;
    let mut done = Done {
        changes: Some(0),
        ..Done::default()
    };
    for (index, script) in scripts.iter().enumerate().skip(recorded) {
        let number = index + 1;
        let effects = match script {
            Script::Sql(sql) => run(writer, sql).map_err(|failure| named(failure, number))?,
            // It has taken the place of everything already: see `Engine::seed`.
            Script::File { .. } => Effects::default(),
        };
        writer.own(|connection| record(connection, number, &script.record()))?;
        writer.forget_schema();
        done.effects.then(effects);
        done.effects.writes.note_schema();
        done.changes = done.changes.map(|changes| changes + 1);
    }
    Ok(done)
}

fn run(writer: &Session, sql: &str) -> Result<Effects, SqlFailure> {
    let bracket = Bracket::default();
    writer.begins_script();
    let effects = writer.perform(sql, &Params::none(), Watch::Statement, &|kind| bracket.admit(kind))?;
    bracket.finish()?;
    work::close(writer, &effects)?;
    Ok(effects)
}

/// The file that the scripts begin with, if the database is to begin with it and has not yet.
pub(super) fn seed<'a>(writer: &Session, scripts: &'a [Script]) -> Result<Option<&'a [u8]>, SqlFailure> {
    let late = scripts
        .iter()
        .skip(1)
        .position(|script| matches!(script, Script::File { .. }));
    if let Some(late) = late {
        let message = "a file can only be the first migration: it takes the place of everything";
        return Err(named(SqlFailure::new("MIGRATION_FILE_LATE", message), late + 2));
    }
    let Some(Script::File { name, file }) = scripts.first() else {
        return Ok(None);
    };
    if check(writer, scripts)? > 0 {
        return Ok(None);
    }
    let tables = "SELECT EXISTS (SELECT 1 FROM sqlite_schema)";
    if writer.own(|connection| connection.query_row(tables, [], |row| row.get(0)))? {
        let message = format!("the database has tables already, so it cannot begin with {name}");
        return Err(named(SqlFailure::new("MIGRATION_FILE_LATE", message), 1));
    }
    let needed = || SqlFailure::new("MIGRATION_FILE_NEEDED", format!("the bytes of {name} are needed"));
    file.as_deref().map(Some).ok_or_else(needed)
}

/// Forgets what an imported file says of the migrations of the page that it is from.
pub(super) fn forget(writer: &Session) -> Result<(), SqlFailure> {
    writer.own(|connection| connection.execute_batch("DROP TABLE IF EXISTS _elements_migrations"))
}

/// How many scripts have run. All that both sides have must be equal but for white space.
/// A database may have more than this page: a newer version of the page is open in another tab.
fn check(session: &Session, scripts: &[Script]) -> Result<usize, SqlFailure> {
    let recorded = session.own(recorded)?;
    for (index, (ran, script)) in recorded.iter().zip(scripts).enumerate() {
        if !ran.split_whitespace().eq(script.record().split_whitespace()) {
            return Err(SqlFailure::new(
                "MIGRATION_CHANGED",
                format!(
                    "migration {} has run on this database already, with another text. Leave it as it \
                     was and add a new script after the last",
                    index + 1
                ),
            ));
        }
    }
    Ok(recorded.len())
}

fn recorded(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut exists =
        connection.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '_elements_migrations'")?;
    if !exists.exists([])? {
        return Ok(Vec::new());
    }
    let mut scripts = connection.prepare("SELECT sql FROM _elements_migrations ORDER BY id")?;
    let scripts = scripts.query_map([], |row| row.get(0))?;
    scripts.collect()
}

fn record(connection: &Connection, number: usize, script: &str) -> rusqlite::Result<()> {
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS _elements_migrations(\
         id INTEGER PRIMARY KEY, sql TEXT NOT NULL, applied_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP)",
    )?;
    let insert = "INSERT INTO _elements_migrations(id, sql) VALUES (?1, ?2)";
    connection
        .execute(insert, rusqlite::params![number as i64, script])
        .map(drop)
}

fn named(failure: SqlFailure, number: usize) -> SqlFailure {
    SqlFailure {
        message: format!("migration {number}: {}", failure.message),
        ..failure
    }
}
