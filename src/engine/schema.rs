//! What the schema adds to the authorizer's report: a statement may change more than SQLite reports.
//!
//! A connection reads the schema once after each change. The writer reads it only for a write set that names columns:
//! after a schema change it need not, since the commit concerns every query. Each rule widens a write set, and none
//! narrows it:
//!
//! | SQLite reports | happens too | so the write set has |
//! |---|---|---|
//! | UPDATE of a column | the row moves: primary key or rowid | rows of the table |
//! | UPDATE of a column | generated columns change | rows of the table |
//! | UPDATE of a column | REPLACE deletes other rows | rows of the table |
//! | a write to a virtual table | its shadow tables change | rows of each |
//! | INSERT | AUTOINCREMENT counts in `sqlite_sequence` | rows of that table, if there is one |
//!
//! SQLite never reports a conflict clause, so REPLACE is looked for as a word in the statement, in the table and in all
//! triggers. The function `replace()` therefore widens without need, which costs a re-run.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use super::authorizer::{NotedWrite, Notes, Reads};
use super::effort;
use crate::sql::WriteSet;

const SEQUENCE: &str = "sqlite_sequence";

/// The part of the schema that matters for read sets and write sets. Names are in lower case.
#[derive(Debug, Default)]
pub(super) struct Schema {
    tables: BTreeMap<String, Table>,
    triggers_replace: Replaces,
}

#[derive(Debug, Default)]
struct Table {
    virtuality: Virtuality,
    replaces: Replaces,
    /// Empty for a virtual table.
    columns: BTreeMap<String, Column>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Plain,
    /// Part of the primary key.
    Key,
    Generated,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Virtuality {
    #[default]
    Ordinary,
    Virtual,
}

/// Whether a conflict may be resolved by the deletion of other rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Replaces {
    #[default]
    Never,
    Perhaps,
}

impl Replaces {
    /// Looks for REPLACE in a statement, or in a statement that the schema keeps. Takes bytes, because a comment in it
    /// may not be UTF-8.
    pub(super) fn of(sql: &[u8]) -> Self {
        effort::scanned(sql.len());
        let word = b"replace";
        let found = sql.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word));
        if found { Replaces::Perhaps } else { Replaces::Never }
    }
}

impl Schema {
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let mut schema = Schema::default();
        let mut entries = connection.prepare(
            "SELECT type = 'table', lower(name), rootpage, coalesce(sql, '') FROM sqlite_schema \
             WHERE type IN ('table', 'trigger')",
        )?;
        let mut rows = entries.query([])?;
        while let Some(row) = rows.next()? {
            effort::read_of_the_schema();
            let replaces = Replaces::of(row.get_ref(3)?.as_bytes()?);
            if row.get(0)? {
                let virtual_table = row.get::<_, i64>(2)? == 0;
                let virtuality = if virtual_table {
                    Virtuality::Virtual
                } else {
                    Virtuality::Ordinary
                };
                let table = Table {
                    virtuality,
                    replaces,
                    ..Table::default()
                };
                schema.tables.insert(row.get(1)?, table);
            } else if replaces == Replaces::Perhaps {
                schema.triggers_replace = replaces;
            }
        }
        // Virtual tables (`rootpage` 0) are skipped: asking for their columns would connect them, and that fails for a
        // module that this build does not have.
        let mut columns = connection.prepare(
            "SELECT lower(entry.name), lower(info.name), info.pk <> 0, info.hidden IN (2, 3) \
             FROM sqlite_schema AS entry, pragma_table_xinfo(entry.name) AS info \
             WHERE entry.type = 'table' AND entry.rootpage <> 0",
        )?;
        let mut rows = columns.query([])?;
        while let Some(row) = rows.next()? {
            let Some(table) = schema.tables.get_mut(&row.get::<_, String>(0)?) else {
                continue;
            };
            let column = match (row.get(2)?, row.get(3)?) {
                (_, true) => Column::Generated,
                (true, false) => Column::Key,
                (false, false) => Column::Plain,
            };
            table.columns.insert(row.get(1)?, column);
        }
        Ok(schema)
    }

    /// Everything that a statement with these notes may write.
    pub(super) fn writes(&self, notes: &Notes, replaces: Replaces) -> WriteSet {
        let mut written = WriteSet::default();
        let replaces = match replaces {
            Replaces::Never => self.triggers_replace,
            Replaces::Perhaps => Replaces::Perhaps,
        };
        for write in &notes.writes {
            match write {
                NotedWrite::Insert { table } => {
                    self.note_rows(&mut written, table);
                    if self.tables.contains_key(SEQUENCE) {
                        written.note_rows(SEQUENCE);
                    }
                }
                NotedWrite::Delete { table } => self.note_rows(&mut written, table),
                NotedWrite::Update { table, column } => {
                    if self.concerns_rows(table, column, replaces) {
                        self.note_rows(&mut written, table);
                    } else {
                        written.note_column(table, column);
                    }
                }
            }
        }
        written
    }

    /// Everything that a statement with these notes reads.
    pub(super) fn reads(&self, notes: &Notes) -> Reads {
        let mut reads = notes.reads.clone();
        if notes.reads_everything {
            // Virtual tables have no columns here; what they store is in their shadow tables.
            for (name, table) in &self.tables {
                reads.insert((name.clone(), String::new()));
                reads.extend(table.columns.keys().map(|column| (name.clone(), column.clone())));
            }
        }
        reads
    }

    /// Which of these tables are virtual.
    pub(super) fn virtual_tables(&self, reads: &Reads) -> BTreeSet<String> {
        let tables = reads.iter().map(|(table, _)| table);
        tables.filter(|table| self.is_virtual(table)).cloned().collect()
    }

    /// Notes the rows of a table. For a virtual table also those of its shadow tables, which are named after it.
    fn note_rows(&self, written: &mut WriteSet, table: &str) {
        written.note_rows(table);
        if self.is_virtual(table) {
            let prefix = format!("{table}_");
            for shadow in self.tables.keys().filter(|name| name.starts_with(&prefix)) {
                written.note_rows(shadow);
            }
        }
    }

    /// Whether an UPDATE of this column counts as a write of rows, by the rules above.
    fn concerns_rows(&self, table: &str, column: &str, replaces: Replaces) -> bool {
        if column == "rowid" || replaces == Replaces::Perhaps {
            return true;
        }
        self.tables.get(table).is_some_and(|table| {
            table.columns.get(column) == Some(&Column::Key)
                || table.columns.values().any(|column| *column == Column::Generated)
                || table.replaces == Replaces::Perhaps
                || table.virtuality == Virtuality::Virtual
        })
    }

    fn is_virtual(&self, table: &str) -> bool {
        self.tables
            .get(table)
            .is_some_and(|table| table.virtuality == Virtuality::Virtual)
    }
}
