//! What a unit may set for itself: that foreign keys are not enforced or only at its end, and how ALTER TABLE renames.
//!
//! A table is changed beyond what ALTER TABLE can by making it anew (<https://sqlite.org/lang_altertable.html>, 7), and
//! the scripts that do it, everybody's and every tool's, switch foreign keys off first: else DROP TABLE deletes the
//! rows, and takes along or refuses those that refer to them. In SQLite that PRAGMA does nothing inside a transaction,
//! and a unit is one from its first statement on. So the switch here is `sqlite3_db_config`, which works there.
//! Beginning the unit again without enforcement was refused: what stands before the PRAGMA is to run with it.
//!
//! Three things make that safe. Before the unit commits, all references are checked: one that was whole before and is
//! not any more refuses the unit, by name. Whatever was set ends with the unit, however it ends. And a DROP TABLE that
//! would touch rows of other tables while references are enforced is refused with this way out.

use std::collections::BTreeMap;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, Error, ffi};

use super::pragma::{Setting, Switch};
use crate::sql::{Code, ResultCode, SqlFailure};

const FOREIGN_KEY: Code = Code::Sqlite(ResultCode::CONSTRAINT_FOREIGNKEY);
const WAY_OUT: &str = "to make a table anew and keep them, put PRAGMA foreign_keys = OFF in front of the statements and \
                       PRAGMA foreign_keys = ON behind them, in the same text, batch or migration; all references are \
                       checked at its end";

/// How the connection stands while a unit runs.
#[derive(Debug)]
pub(super) struct Enforcement {
    foreign_keys: Switch,
    deferred: Switch,
    legacy: Switch,
    /// What was broken when it was first switched off or deferred; `None` if it never was.
    before: Option<Broken>,
}

/// Rows whose parent is not there, and how often each; or why that cannot be told.
type Broken = Result<BTreeMap<Reference, usize>, String>;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Reference {
    table: String,
    /// None in a table WITHOUT ROWID.
    row: Option<i64>,
    parent: String,
}

/// How a DROP TABLE is to be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dropping {
    AsItIs,
    /// References are looked at when the unit ends.
    WithoutForeignKeys,
}

impl Default for Enforcement {
    fn default() -> Self {
        Enforcement {
            foreign_keys: Switch::On,
            deferred: Switch::Off,
            legacy: Switch::Off,
            before: None,
        }
    }
}

impl Enforcement {
    pub(super) fn set(&mut self, connection: &Connection, setting: Setting) -> rusqlite::Result<()> {
        let loosens = matches!(setting, Setting::ForeignKeys(_) | Setting::DeferForeignKeys(_));
        if loosens && !setting.says_what_is_so() && self.before.is_none() {
            self.before = Some(broken(connection)?);
        }
        match setting {
            Setting::ForeignKeys(switch) => {
                self.foreign_keys = switch;
                connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, switch.is_on())?;
            }
            Setting::DeferForeignKeys(switch) => {
                self.deferred = switch;
                // Switching it off makes SQLite forget what it has still to check. The end of the unit will not.
                connection.pragma_update(None, "defer_foreign_keys", switch.is_on())?;
            }
            Setting::LegacyAlterTable(switch) => {
                self.legacy = switch;
                connection.set_db_config(DbConfig::SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, switch.is_on())?;
            }
        }
        Ok(())
    }

    /// Whether a statement may have been refused only because its parent's table is yet to be made, as scripts have it
    /// that name their tables in any order.
    pub(super) fn may_wait(&self, error: &Error) -> bool {
        let (Error::SqliteFailure(_, Some(message)) | Error::SqlInputError { msg: message, .. }) = error else {
            return false;
        };
        self.foreign_keys.is_on() && message.starts_with("no such table: main.")
    }

    /// One statement is to run without foreign keys: what it leaves is looked at when the unit ends.
    pub(super) fn loosen(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        if self.before.is_none() {
            self.before = Some(broken(connection)?);
        }
        connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false)
            .map(drop)
    }

    /// It has run.
    pub(super) fn tighten(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)
            .map(drop)
    }

    /// Whether nothing is set.
    pub(super) fn is_as_always(&self) -> bool {
        self.foreign_keys.is_on() && !self.deferred.is_on() && !self.legacy.is_on()
    }

    /// The unit is about to commit: are all references as whole as before? If they are, SQLite need not count them.
    pub(super) fn settle(&self, connection: &Connection) -> rusqlite::Result<Result<(), SqlFailure>> {
        let Some(before) = &self.before else {
            return Ok(Ok(()));
        };
        match (before, broken(connection)?) {
            (Err(before), Err(after)) if *before == after => {}
            (_, Err(after)) => return Ok(Err(SqlFailure::new(Code::Sqlite(ResultCode::ERROR), after))),
            (before, Ok(after)) => {
                let none = BTreeMap::new();
                if let Some(refusal) = newly_broken(before.as_ref().unwrap_or(&none), &after) {
                    return Ok(Err(refusal));
                }
            }
        }
        connection.pragma_update(None, "defer_foreign_keys", false)?;
        Ok(Ok(()))
    }

    /// The unit is over.
    pub(super) fn restore(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        if !self.foreign_keys.is_on() {
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
        }
        if self.deferred.is_on() {
            connection.pragma_update(None, "defer_foreign_keys", false)?;
        }
        if self.legacy.is_on() {
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, false)?;
        }
        *self = Enforcement::default();
        Ok(())
    }

    /// Looks at a DROP TABLE for which SQLite would write to other tables.
    pub(super) fn dropping(
        &self,
        connection: &Connection,
        table: &str,
    ) -> rusqlite::Result<Result<Dropping, SqlFailure>> {
        if !self.foreign_keys.is_on() {
            return Ok(Ok(Dropping::AsItIs));
        }
        let touched = touched_by_drop(connection, table)?;
        Ok(match touched.first() {
            None => Ok(Dropping::AsItIs),
            Some(_) if self.deferred.is_on() => Ok(Dropping::WithoutForeignKeys),
            Some((child, action)) => Err(SqlFailure::new(
                FOREIGN_KEY,
                format!(
                    "DROP TABLE {table} would change rows of {child}, which refer to it ON DELETE {action}: {WAY_OUT}. \
                     If they are to go too, delete them, or drop {child}, first"
                ),
            )),
        })
    }
}

/// Runs something without foreign keys, which are on.
pub(super) fn without_foreign_keys<T>(connection: &Connection, run: impl FnOnce() -> T) -> rusqlite::Result<T> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false)?;
    let result = run();
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
    Ok(result)
}

/// SQLite's refusal of a DROP TABLE to which rows refer, with the way out.
pub(super) fn explained(refusal: SqlFailure, table: &str) -> SqlFailure {
    // By the message: for RESTRICT the code is that of a trigger.
    if !refusal.message.starts_with("FOREIGN KEY") {
        return refusal;
    }
    let message = format!("{}: rows of other tables refer to {table}; {WAY_OUT}", refusal.message);
    SqlFailure::new(FOREIGN_KEY, message)
}

/// SQLite's refusal of a COMMIT, with the row for which it was.
pub(super) fn named(connection: &Connection, refusal: SqlFailure) -> SqlFailure {
    if refusal.code != FOREIGN_KEY {
        return refusal;
    }
    match broken(connection) {
        Ok(Ok(broken)) => newly_broken(&BTreeMap::new(), &broken).unwrap_or_else(|| {
            // A parent that was dropped and made anew: SQLite counts what it lost and not what it got back.
            let message = format!("{}, though no row lacks its parent now: {WAY_OUT}", refusal.message);
            SqlFailure::new(refusal.code, message)
        }),
        _ => refusal,
    }
}

fn broken(connection: &Connection) -> rusqlite::Result<Broken> {
    let mut found = BTreeMap::new();
    let mut check = connection.prepare("SELECT \"table\", rowid, parent FROM pragma_foreign_key_check")?;
    let mut rows = check.query([])?;
    loop {
        let row = match rows.next() {
            Ok(Some(row)) => row,
            Ok(None) => return Ok(Ok(found)),
            // A reference to columns that are no key of the parent: there is nothing to compare with.
            Err(Error::SqliteFailure(cause, Some(message))) if cause.extended_code == ffi::SQLITE_ERROR => {
                return Ok(Err(message));
            }
            Err(error) => return Err(error),
        };
        let reference = Reference {
            table: row.get(0)?,
            row: row.get(1)?,
            parent: row.get(2)?,
        };
        *found.entry(reference).or_insert(0) += 1;
    }
}

/// A refusal that names the first of the references that were whole before.
fn newly_broken(before: &BTreeMap<Reference, usize>, after: &BTreeMap<Reference, usize>) -> Option<SqlFailure> {
    let new =
        |(reference, count): (&Reference, &usize)| count.saturating_sub(before.get(reference).copied().unwrap_or(0));
    let (Reference { table, row, parent }, _) = after.iter().find(|entry| new(*entry) > 0)?;
    let more = after.iter().map(new).sum::<usize>() - 1;
    let row = row.map_or("a row".to_owned(), |row| format!("row {row}"));
    let more = match more {
        0 => String::new(),
        1 => ", and one more row likewise".to_owned(),
        more => format!(", and {more} more rows likewise"),
    };
    let message = format!(
        "FOREIGN KEY constraint failed: {row} of {table} refers to a row of {parent} that is not there{more}. So the \
         statements cannot be committed"
    );
    Some(SqlFailure::new(FOREIGN_KEY, message))
}

/// The tables with rows that a DROP TABLE would delete or change, and by which action.
fn touched_by_drop(connection: &Connection, table: &str) -> rusqlite::Result<Vec<(String, String)>> {
    let mut keys = connection.prepare(
        "SELECT entry.name, group_concat('\"' || replace(key.\"from\", '\"', '\"\"') || '\" IS NOT NULL', ' AND '), key.on_delete \
         FROM sqlite_schema AS entry, pragma_foreign_key_list(entry.name) AS key \
         WHERE entry.type = 'table' AND entry.rootpage <> 0 AND lower(key.\"table\") = lower(?1) \
         AND lower(entry.name) <> lower(?1) AND key.on_delete NOT IN ('NO ACTION', 'RESTRICT') \
         GROUP BY entry.name, key.id",
    )?;
    let keys: Vec<(String, String, String)> = keys
        .query_map([table], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut touched = Vec::new();
    for (child, refers, action) in keys {
        let name = child.replace('"', "\"\"");
        let exists = format!("SELECT EXISTS (SELECT 1 FROM main.\"{name}\" WHERE {refers})");
        if connection.query_row(&exists, [], |row| row.get(0))? {
            touched.push((child, action));
        }
    }
    Ok(touched)
}
