//! Recognition: how many migrations a database has run, if it has tables but no record of migrations.
//!
//! Another program made such a database, or a page that had no migrations yet. Without recognition a backup of it could
//! not be restored: the first script would find its table there already. Called by [`super::migration`].
//!
//! The scripts run one after the other on an empty scratch database. The schema that each script leaves is compared
//! with the schema of the database. If several scripts leave the same schema, all of them count as run: a script that
//! only fills tables would otherwise fill them twice.
//!
//! Comparing the text of the scripts with the text of the schema was refused: a column that `ALTER TABLE` added, or a
//! table that was renamed, is written differently in the schema than in the script.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use super::sqlite::Sqlite;
use crate::sql::{Script, SqlFailure};

/// Schema objects by their names in lower case, without those that belong to SQLite or to this library.
pub(super) type Objects = BTreeMap<String, Object>;

/// A table, an index, a view, or a trigger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Object {
    /// Its SQL, with each run of white space made one space.
    sql: String,
    /// The columns of an ordinary table, however they were declared; the SQL of any other object.
    shape: String,
}

/// Runs scripts on an empty scratch database, and returns the schema after each, up to the first that fails. The writer
/// gives it: only the writer can run scripts, and it runs this check.
pub(super) type Rehearsal = fn(&[Script]) -> Vec<Objects>;

/// How many of the scripts the database has run, as its schema tells; 0 if it has no object that they make.
pub(super) fn known(writer: &Sqlite, scripts: &[Script], rehearse: Rehearsal) -> Result<usize, SqlFailure> {
    let there = writer.own(objects)?;
    if there.is_empty() {
        return Ok(0);
    }
    let stages = rehearse(scripts);
    let made: BTreeSet<&String> = stages.iter().flat_map(BTreeMap::keys).collect();
    // Objects that no script makes may stand beside those that the scripts make.
    let there: Objects = there.into_iter().filter(|(name, _)| made.contains(name)).collect();
    if there.is_empty() {
        return Ok(0);
    }
    // Equal SQL is the surer sign; columns decide only if no stage has equal SQL.
    let last = |same: fn(&Object, &Object) -> bool| stages.iter().rposition(|stage| alike(stage, &there, same));
    let found = last(|one, other| one.sql == other.sql).or_else(|| last(|one, other| one.shape == other.shape));
    Ok(found.map_or(0, |index| index + 1))
}

/// Whether the database has no schema objects at all.
pub(super) fn is_empty(writer: &Sqlite) -> Result<bool, SqlFailure> {
    writer.own(objects).map(|objects| objects.is_empty())
}

fn alike(one: &Objects, other: &Objects, same: fn(&Object, &Object) -> bool) -> bool {
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .all(|((name, one), (other_name, other))| name == other_name && same(one, other))
}

/// The schema of a database.
pub(super) fn objects(connection: &Connection) -> rusqlite::Result<Objects> {
    let mut all = connection.prepare(
        "SELECT lower(name), ifnull(sql, ''), CASE WHEN type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' THEN (\
         SELECT group_concat(concat_ws(' ', lower(name), upper(type), \"notnull\", dflt_value, pk, hidden), ', ') \
         FROM pragma_table_xinfo(object.name)) END FROM sqlite_schema AS object \
         WHERE name NOT LIKE 'sqlite|_%' ESCAPE '|' AND name NOT LIKE '|_elements|_%' ESCAPE '|'",
    )?;
    let all = all.query_map([], |row| {
        let sql = row
            .get::<_, String>(1)?
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        let shape = row.get::<_, Option<String>>(2)?.unwrap_or_else(|| sql.clone());
        Ok((row.get(0)?, Object { sql, shape }))
    })?;
    all.collect()
}
