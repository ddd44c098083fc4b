//! Recognition: how many migrations a database has behind it that has tables and no record of them.
//!
//! Such a database was made by another program, or by a page that had no migrations yet: restored from such a backup it
//! must not be dead, because the first script finds its table there already. Called by [`super::migration`]. The scripts
//! are run on an empty database first, one after the other, and what each of them leaves is compared with what is
//! there. Of several scripts that leave the same, all count as run: one that only fills tables would fill them twice.
//!
//! To compare the texts of the scripts with those of the schema was refused: a column that `ALTER TABLE` added, a
//! table that was renamed, stand in no script as they stand in the schema.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use super::Engine;
use super::session::Session;
use crate::sql::{Script, SqlFailure, Work};
use crate::storage::{Image, PageSize, Seq};

/// By their names in lower case. What SQLite and this library keep for themselves is left out.
type Objects = BTreeMap<String, Object>;

/// A table, an index, a view, or a trigger.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Object {
    /// Its SQL, but for white space.
    sql: String,
    /// Of a table its columns, in whatever words they were made; of all else its SQL.
    shape: String,
}

/// How many of the scripts have made what is there; none where nothing is there that they make.
pub(super) fn known(writer: &Session, scripts: &[Script]) -> Result<usize, SqlFailure> {
    let there = writer.own(objects)?;
    if there.is_empty() {
        return Ok(0);
    }
    let stages = stages(scripts);
    let made: BTreeSet<&String> = stages.iter().flat_map(BTreeMap::keys).collect();
    let there: Objects = there.into_iter().filter(|(name, _)| made.contains(name)).collect();
    if there.is_empty() {
        return Ok(0);
    }
    let last = |same: fn(&Object, &Object) -> bool| stages.iter().rposition(|stage| alike(stage, &there, same));
    let found = last(|one, other| one.sql == other.sql).or_else(|| last(|one, other| one.shape == other.shape));
    Ok(found.map_or(0, |index| index + 1))
}

/// Whether anything is there at all.
pub(super) fn is_empty(writer: &Session) -> Result<bool, SqlFailure> {
    writer.own(objects).map(|objects| objects.is_empty())
}

/// What is there after each script, up to the first that fails.
fn stages(scripts: &[Script]) -> Vec<Objects> {
    let image = Image::from_pages(PageSize::DEFAULT, Vec::new(), Seq::default());
    let Ok(mut scratch) = Engine::open(image) else {
        return Vec::new();
    };
    let run = |count| {
        let work = Work::Migrate {
            scripts: scripts[..count].to_vec(),
        };
        scratch.run_one(&work).ok()?;
        scratch.writer().ok()?.own(objects).ok()
    };
    (1..=scripts.len()).map_while(run).collect()
}

fn alike(one: &Objects, other: &Objects, same: fn(&Object, &Object) -> bool) -> bool {
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .all(|((name, one), (other_name, other))| name == other_name && same(one, other))
}

fn objects(connection: &Connection) -> rusqlite::Result<Objects> {
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
