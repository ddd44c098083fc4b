//! Migrations: scripts of a page that run once per database, in order.
//!
//! The database itself records which scripts have run, so the record commits, rolls back, replicates and is exported
//! together with what the scripts made. Nothing ever replays SQL, only pages, so `applied_at` may come from the clock
//! of any tab that led.

use rusqlite::Connection;

use super::authorizer::Watch;
use super::bracket::Bracket;
use super::effects::Effects;
use super::recognition::{self, Rehearsal};
use super::sqlite::Sqlite;
use super::unit::{self, Done};
use crate::sql::{Code, Params, ResultCode, Script, SqlFailure};

/// The most characters of a script that a message quotes.
const EXCERPT: usize = 60;

/// Whether a database has run all scripts of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Migrations {
    /// Every script of the page is recorded, so nothing is to be run.
    Applied,
    /// A leader has to run [`crate::sql::Work::Migrate`].
    Pending,
}

/// Compares the scripts with the record.
pub(super) fn state(reader: &Sqlite, scripts: &[Script]) -> Result<Migrations, SqlFailure> {
    let recorded = check(reader, scripts)?;
    Ok(if recorded < scripts.len() {
        Migrations::Pending
    } else {
        Migrations::Applied
    })
}

/// Runs the scripts that have not run yet, inside the caller's transaction.
pub(super) fn migrate(writer: &Sqlite, scripts: &[Script], rehearse: Rehearsal) -> Result<Done, SqlFailure> {
    let recorded = check(writer, scripts)?;
    if recorded > 0 || recognition::is_empty(writer)? {
        return complete(writer, scripts, recorded, recorded);
    }
    match recognition::known(writer, scripts, rehearse)? {
        0 => complete(writer, scripts, recorded, 0).map_err(unrecognised),
        known => complete(writer, scripts, recorded, known),
    }
}

/// Brings an imported file up to date, inside the caller's transaction. If the first script is a file, its bytes may be
/// needed to say whether the imported file began with it. Then the migrations are left to the page, which will bring
/// the bytes.
pub(super) fn bring_up_to_date(writer: &Sqlite, scripts: &[Script], rehearse: Rehearsal) -> Result<Done, SqlFailure> {
    migrate(writer, scripts, rehearse).or_else(|failure| match failure.code {
        Code::MigrationFileNeeded => Ok(Done::default()),
        Code::Sqlite(ResultCode::INTERRUPT) => Err(failure),
        _ => Err(SqlFailure::import_refused(&format!(
            "the migrations of this page do not run on it, and nothing was changed: {}",
            failure.message
        ))),
    })
}

/// Runs the scripts from `known` on, and records those from `recorded` on.
fn complete(writer: &Sqlite, scripts: &[Script], recorded: usize, known: usize) -> Result<Done, SqlFailure> {
    let mut done = Done {
        changes: Some(0),
        ..Done::default()
    };
    for (index, script) in scripts.iter().enumerate().skip(recorded) {
        let number = index + 1;
        let effects = match script {
            _ if index < known => Effects::default(),
            Script::Sql(sql) => run(writer, sql).map_err(|failure| named(failure, number))?,
            // A file that a new database began with is recorded already: see [`begin`].
            Script::File { name, file: None } => return Err(needed(name)),
            Script::File { name, .. } => {
                let message = format!(
                    "the database has tables already, so it cannot begin with {name}; import that file, which takes the place of \
                     everything, or begin anew with Database.delete(name)"
                );
                return Err(named(SqlFailure::new(Code::MigrationFileLate, message), number));
            }
        };
        writer.own(|connection| record(connection, number, &script.record()))?;
        writer.forget_schema();
        done.effects.then(effects);
        done.effects.writes.note_schema();
        done.changes = done.changes.map(|changes| changes + 1);
    }
    Ok(done)
}

fn run(writer: &Sqlite, sql: &str) -> Result<Effects, SqlFailure> {
    let bracket = Bracket::default();
    writer.begins_script();
    let effects = writer.perform(sql, &Params::none(), Watch::Statement, &|kind| bracket.admit(kind))?;
    bracket.finish()?;
    unit::close(writer, &effects)?;
    Ok(effects)
}

/// The file that the scripts begin with, if the database must begin with it and has not done so yet.
pub(super) fn seed<'a>(writer: &Sqlite, scripts: &'a [Script]) -> Result<Option<&'a [u8]>, SqlFailure> {
    let late = scripts
        .iter()
        .skip(1)
        .position(|script| matches!(script, Script::File { .. }));
    if let Some(late) = late {
        let message =
            "a file can only be the first migration, for it takes the place of everything; put it before all others";
        return Err(named(SqlFailure::new(Code::MigrationFileLate, message), late + 2));
    }
    let Some(Script::File { name, file }) = scripts.first() else {
        return Ok(None);
    };
    if check(writer, scripts)? > 0 {
        return Ok(None);
    }
    // Only the file's bytes tell whether a database with tables began with it.
    let bytes = file.as_deref().ok_or_else(|| needed(name))?;
    Ok(recognition::is_empty(writer)?.then_some(bytes))
}

/// Records the first script, a file that the database has just begun with. If the file has a record of its own, from
/// the page that made it, that record is dropped.
pub(super) fn begin(writer: &Sqlite, scripts: &[Script]) -> Result<(), SqlFailure> {
    let record = |first: &Script| writer.own(|connection| record(connection, 1, &first.record()));
    scripts.first().map_or(Ok(()), record)?;
    writer.forget_schema();
    Ok(())
}

/// How many scripts have run. The scripts that both sides have must be equal except for white space. A database may
/// have more than this page, if a newer version of the page is open in another tab.
fn check(session: &Sqlite, scripts: &[Script]) -> Result<usize, SqlFailure> {
    let recorded = session.own(recorded)?;
    for (index, (ran, script)) in recorded.iter().zip(scripts).enumerate() {
        if !is_same(ran, script) {
            return Err(changed(index, ran, scripts));
        }
    }
    Ok(recorded.len())
}

/// Ignores white space, and the address that a file was fetched from: a new address does not make it another file.
fn is_same(ran: &str, script: &Script) -> bool {
    match script {
        Script::Sql(sql) => ran.split_whitespace().eq(sql.split_whitespace()),
        Script::File { .. } => ran.starts_with(Script::FILE_RECORD),
    }
}

/// The error for a changed script: what is different, and the way out.
fn changed(index: usize, ran: &str, scripts: &[Script]) -> SqlFailure {
    let number = index + 1;
    let now = scripts[index].record();
    let (before, after) = difference(ran, &now);
    let moved = scripts.iter().position(|script| is_same(ran, script));
    let how = match moved {
        Some(place) => format!(
            "the script that ran as migration {number} is migration {} now",
            place + 1
        ),
        None => format!(
            "migration {number} has run on this database already, with another text: where it said {before}, it says \
             {after} now"
        ),
    };
    let message = format!("{how}. Leave it as it was, where it was, and add a new script after the last");
    SqlFailure::new(Code::MigrationChanged, message)
}

/// An excerpt of each text from the first different word on, as long as a message can hold.
fn difference(before: &str, after: &str) -> (String, String) {
    let same = before
        .split_whitespace()
        .zip(after.split_whitespace())
        .take_while(|(before, after)| before == after)
        .count();
    let excerpt = |text: &str| {
        let rest = text.split_whitespace().skip(same).collect::<Vec<_>>().join(" ");
        match rest.char_indices().nth(EXCERPT) {
            Some((end, _)) => format!("`{} …`", &rest[..end]),
            None if rest.is_empty() => "nothing more".to_owned(),
            None => format!("`{rest}`"),
        }
    };
    (excerpt(before), excerpt(after))
}

fn recorded(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    if !has_record(connection)? {
        return Ok(Vec::new());
    }
    let mut scripts = connection.prepare(RECORDED)?;
    let scripts = scripts.query_map([], |row| row.get(0))?;
    scripts.collect()
}

/// Selects the recorded texts in order. Runs only if [`has_record`].
pub(super) const RECORDED: &str = "SELECT CAST(ifnull(sql, '') AS TEXT) FROM _elements_migrations ORDER BY id";

/// Whether there is a record of migrations. An imported file may have anything else under its name.
pub(super) fn has_record(connection: &Connection) -> rusqlite::Result<bool> {
    let mut columns = connection.prepare(
        "SELECT count(*) FROM sqlite_schema, pragma_table_xinfo('_elements_migrations') AS column \
         WHERE sqlite_schema.type = 'table' AND sqlite_schema.name = '_elements_migrations' AND column.name IN ('id', 'sql')",
    )?;
    Ok(columns.query_row([], |row| row.get::<_, i64>(0))? == 2)
}

/// Records that a script has run. Script 1 begins a new record in place of anything that has its name.
fn record(connection: &Connection, number: usize, script: &str) -> rusqlite::Result<()> {
    if number == 1 {
        let mut kind = connection.prepare("SELECT type FROM sqlite_schema WHERE name = '_elements_migrations'")?;
        let kind: Option<String> = kind.query_map([], |row| row.get(0))?.next().transpose()?;
        if let Some(kind) = kind {
            connection.execute_batch(&format!("DROP {kind} _elements_migrations"))?;
        }
        connection.execute_batch(
            "CREATE TABLE _elements_migrations(\
             id INTEGER PRIMARY KEY, sql TEXT NOT NULL, applied_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP)",
        )?;
    }
    let insert = "INSERT INTO _elements_migrations(id, sql) VALUES (?1, ?2)";
    connection
        .execute(insert, rusqlite::params![number as i64, script])
        .map(drop)
}

fn needed(name: &str) -> SqlFailure {
    SqlFailure::new(Code::MigrationFileNeeded, format!("the bytes of {name} are needed"))
}

/// Adds to the failure what its author may not see: these scripts did not make the database.
fn unrecognised(failure: SqlFailure) -> SqlFailure {
    let hint = match failure.code {
        Code::MigrationFileNeeded | Code::Sqlite(ResultCode::INTERRUPT) => return failure,
        _ => {
            ". The database has tables and no record of migrations, and what is there is not what the first of them, or \
             more, would have made: import another file, or begin anew with Database.delete(name)"
        }
    };
    SqlFailure {
        message: failure.message + hint,
        ..failure
    }
}

fn named(failure: SqlFailure, number: usize) -> SqlFailure {
    SqlFailure {
        message: format!("migration {number}: {}", failure.message),
        ..failure
    }
}
