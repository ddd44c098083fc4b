//! Read sets and write sets: what a query reads, what a commit writes, and whether the two meet.
//!
//! The engine's authorizer fills them at prepare time, and `live` compares them. They err on one side only: a query may
//! run again although nothing that it shows has changed, never the other way round. Columns matter for updates alone: a
//! row that comes or goes concerns every query over its table.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// The tables and columns that a query depends on. Views are resolved to the tables beneath them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadSet {
    tables: BTreeMap<String, BTreeSet<String>>,
}

/// How a commit touched one table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TableChange {
    /// Only these columns, in rows that stayed.
    Columns(BTreeSet<String>),
    /// Rows were inserted or deleted, so every column may have changed.
    Rows,
}

/// The tables that a commit wrote, including those written by triggers and cascades.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteSet {
    tables: BTreeMap<String, TableChange>,
    schema: Schema,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Schema {
    #[default]
    Unchanged,
    Changed,
}

impl ReadSet {
    /// Adds a read of `column`. An empty name means "the table's rows, no column" (`SELECT count(*)`).
    pub fn note(&mut self, table: &str, column: &str) {
        let columns = self.tables.entry(table.to_ascii_lowercase()).or_default();
        if !column.is_empty() {
            columns.insert(column.to_ascii_lowercase());
        }
    }

    /// Whether a commit with this write set may have changed the query's answer.
    pub fn meets(&self, written: &WriteSet) -> bool {
        if written.schema == Schema::Changed {
            return true;
        }
        written.tables.iter().any(|(table, change)| {
            self.tables.get(table).is_some_and(|columns| match change {
                TableChange::Rows => true,
                TableChange::Columns(changed) => !columns.is_disjoint(changed),
            })
        })
    }

    /// The tables read, in lower case.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }
}

impl WriteSet {
    /// Adds an insert into `table`, or a delete from it.
    pub fn note_rows(&mut self, table: &str) {
        self.tables.insert(table.to_ascii_lowercase(), TableChange::Rows);
    }

    /// Adds an update of one column. Inserts and deletes that were added before include it.
    pub fn note_column(&mut self, table: &str, column: &str) {
        let change = self
            .tables
            .entry(table.to_ascii_lowercase())
            .or_insert_with(|| TableChange::Columns(BTreeSet::new()));
        if let TableChange::Columns(columns) = change {
            columns.insert(column.to_ascii_lowercase());
        }
    }

    /// Adds a change of the schema, which meets every read set.
    pub fn note_schema(&mut self) {
        self.schema = Schema::Changed;
    }

    /// Whether the schema changed.
    pub fn changes_schema(&self) -> bool {
        self.schema == Schema::Changed
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty() && self.schema == Schema::Unchanged
    }

    /// The tables written, in lower case, and how each was changed.
    pub fn tables(&self) -> impl Iterator<Item = (&str, &TableChange)> {
        self.tables.iter().map(|(table, change)| (table.as_str(), change))
    }

    /// Adds what `other` wrote.
    pub fn merge(&mut self, other: WriteSet) {
        for (table, change) in other.tables {
            match change {
                TableChange::Rows => self.note_rows(&table),
                TableChange::Columns(columns) => {
                    columns.iter().for_each(|column| self.note_column(&table, column));
                }
            }
        }
        if other.schema == Schema::Changed {
            self.note_schema();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(columns: &[(&str, &str)]) -> ReadSet {
        let mut set = ReadSet::default();
        columns.iter().for_each(|(table, column)| set.note(table, column));
        set
    }

    #[test]
    fn an_update_of_a_column_that_is_not_read_does_not_meet() {
        let mut written = WriteSet::default();
        written.note_column("t", "b");
        assert!(!read(&[("t", "a")]).meets(&written));
        assert!(read(&[("t", "B")]).meets(&written), "names fold case as SQLite's do");
    }

    #[test]
    fn rows_that_come_or_go_meet_every_query_over_the_table() {
        let mut written = WriteSet::default();
        written.note_column("t", "b");
        written.note_rows("t");
        written.note_column("t", "c");
        assert!(read(&[("t", "a")]).meets(&written));
        assert!(read(&[("t", "")]).meets(&written), "count(*) reads no column");
        assert!(!read(&[("u", "a")]).meets(&written));
    }

    #[test]
    fn a_schema_change_meets_everything() {
        let mut written = WriteSet::default();
        written.note_schema();
        assert!(read(&[]).meets(&written));
    }

    #[test]
    fn merging_keeps_the_stronger_change() {
        let mut rows = WriteSet::default();
        rows.note_rows("t");
        let mut columns = WriteSet::default();
        columns.note_column("t", "a");
        let expected = rows.clone();
        columns.merge(rows.clone());
        rows.merge(columns.clone());
        assert_eq!(columns, expected);
        assert_eq!(rows, expected);
    }
}
