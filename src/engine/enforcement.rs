//! What a unit may set for itself: foreign keys off or checked only at its end, and how ALTER TABLE renames.
//!
//! To change a table beyond what ALTER TABLE can do, a script makes the table anew
//! (<https://sqlite.org/lang_altertable.html>, 7). Such scripts, written by hand or by a tool, switch foreign keys off
//! first. Otherwise DROP TABLE deletes the rows of the table, and then either deletes the rows that refer to them or
//! fails because of them. In SQLite that PRAGMA does nothing inside a transaction, and a unit is a transaction from its
//! first statement on. So the switch here is `sqlite3_db_config`, which works inside a transaction. Beginning the unit
//! again without enforcement was refused: the statements before the PRAGMA must run with enforcement.
//!
//! Three rules make that safe:
//! * before the unit commits, all references are checked; a reference that was whole before and is broken now refuses
//!   the unit, and the error names it;
//! * every setting ends with the unit, however the unit ends;
//! * while references are enforced, a DROP TABLE that would touch rows of other tables is refused, and the error names
//!   this way out.

use std::collections::BTreeMap;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, Error, ffi};

use super::pragma::{Setting, Switch};
use crate::sql::{Code, ResultCode, SqlFailure};

const FOREIGN_KEY: Code = Code::Sqlite(ResultCode::CONSTRAINT_FOREIGNKEY);
const WAY_OUT: &str = "to make a table anew and keep them, put PRAGMA foreign_keys = OFF in front of the statements and \
                       PRAGMA foreign_keys = ON behind them, in the same text, batch or migration; all references are \
                       checked at its end";

/// The settings of the connection while a unit runs.
#[derive(Debug)]
pub(super) struct Enforcement {
    foreign_keys: Switch,
    deferred: Switch,
    legacy: Switch,
    /// The references that were broken when the unit first switched enforcement off or deferred it; `None` if it never
    /// did.
    before: Option<Broken>,
}

/// Rows whose parent is missing, with a count for each; or the reason why SQLite cannot tell.
type Broken = Result<BTreeMap<Reference, usize>, String>;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Reference {
    table: String,
    /// `None` in a table WITHOUT ROWID.
    row: Option<i64>,
    parent: String,
}

/// How to run a DROP TABLE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dropping {
    AsItIs,
    /// The references are checked when the unit ends.
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
                // Switching it off makes SQLite forget the checks that are still due. `settle` makes them all the same.
                connection.pragma_update(None, "defer_foreign_keys", switch.is_on())?;
            }
            Setting::LegacyAlterTable(switch) => {
                self.legacy = switch;
                connection.set_db_config(DbConfig::SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, switch.is_on())?;
            }
        }
        Ok(())
    }

    /// Whether a statement may have been refused only because its parent table does not exist yet: scripts may make
    /// their tables in any order.
    pub(super) fn may_wait(&self, error: &Error) -> bool {
        let (Error::SqliteFailure(_, Some(message)) | Error::SqlInputError { msg: message, .. }) = error else {
            return false;
        };
        // SQLite looks a parent table up with the name of the schema, and so reports it with that name.
        self.foreign_keys.is_on() && message.starts_with("no such table: main.")
    }

    /// Switches foreign keys off for one statement. What the statement leaves is checked when the unit ends.
    pub(super) fn loosen(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        if self.before.is_none() {
            self.before = Some(broken(connection)?);
        }
        connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false)
            .map(drop)
    }

    /// Switches foreign keys on again after that statement.
    pub(super) fn tighten(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)
            .map(drop)
    }

    /// Whether the unit has nothing set.
    pub(super) fn is_as_always(&self) -> bool {
        self.foreign_keys.is_on() && !self.deferred.is_on() && !self.legacy.is_on()
    }

    /// Before the unit commits: refuses it if a reference is broken that was whole before. If none is, SQLite need not
    /// count violations of its own.
    pub(super) fn settle(&self, connection: &Connection) -> rusqlite::Result<Result<(), SqlFailure>> {
        let Some(before) = &self.before else {
            return Ok(Ok(()));
        };
        match (before, broken(connection)?) {
            // SQLite could not check before either, for the same reason: that is no fault of this unit.
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

    /// Takes all settings back when the unit is over.
    pub(super) fn restore(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        if !self.foreign_keys.is_on() {
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
        }
        if self.deferred.is_on() {
            // This also sets SQLite's own counters of violations to 0. They count rows that were lost and later
            // restored.
            connection.pragma_update(None, "defer_foreign_keys", false)?;
        }
        if self.legacy.is_on() {
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, false)?;
        }
        *self = Enforcement::default();
        Ok(())
    }

    /// Decides how to run a DROP TABLE for which SQLite may write to other tables, or refuses it.
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

/// Runs `run` with foreign keys off. They are on before and after.
pub(super) fn without_foreign_keys<T>(connection: &Connection, run: impl FnOnce() -> T) -> rusqlite::Result<T> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false)?;
    let result = run();
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
    Ok(result)
}

/// Adds the way out to SQLite's refusal of a DROP TABLE to which rows refer.
pub(super) fn explained(refusal: SqlFailure, table: &str) -> SqlFailure {
    // The message decides: for RESTRICT the code is that of a trigger.
    if !refusal.message.starts_with("FOREIGN KEY") {
        return refusal;
    }
    let message = format!("{}: rows of other tables refer to {table}; {WAY_OUT}", refusal.message);
    SqlFailure::new(FOREIGN_KEY, message)
}

/// Adds the row that is the reason to SQLite's refusal of a COMMIT.
pub(super) fn named(connection: &Connection, refusal: SqlFailure) -> SqlFailure {
    if refusal.code != FOREIGN_KEY {
        return refusal;
    }
    match broken(connection) {
        Ok(Ok(broken)) => newly_broken(&BTreeMap::new(), &broken).unwrap_or_else(|| {
            // A parent was dropped and made anew: SQLite counts the lost rows and not the restored ones.
            let message = format!("{}, though no row lacks its parent now: {WAY_OUT}", refusal.message);
            SqlFailure::new(refusal.code, message)
        }),
        _ => refusal,
    }
}

/// All references whose parent is missing.
fn broken(connection: &Connection) -> rusqlite::Result<Broken> {
    let mut found = BTreeMap::new();
    let mut check = connection.prepare("SELECT \"table\", rowid, parent FROM pragma_foreign_key_check")?;
    let mut rows = check.query([])?;
    loop {
        let row = match rows.next() {
            Ok(Some(row)) => row,
            Ok(None) => return Ok(Ok(found)),
            // A reference to columns that are no key of the parent: SQLite cannot check it ("foreign key mismatch").
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

/// The refusal that names the first reference that is broken now and was whole before; `None` if there is none.
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

/// The other tables in which a DROP TABLE would delete or change rows, each with its ON DELETE action.
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
