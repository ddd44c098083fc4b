//! What the statements of a text did: their rows and counts, and what they read and wrote.

use rusqlite::types::ValueRef;
use rusqlite::{Error, Statement};

use super::limits;
use crate::sql::{ReadSet, Rows, RowsBuilder, WriteSet};

/// What all statements of one text did.
#[derive(Default)]
pub(super) struct Effects {
    /// The rows of the last statement that returns any.
    pub(super) rows: Option<Rows>,
    pub(super) reads: ReadSet,
    pub(super) writes: WriteSet,
    /// Rows that the statements inserted, updated or deleted (`sqlite3_changes`).
    pub(super) changes: u64,
    /// The rowid of the last row inserted.
    pub(super) last_row_id: Option<i64>,
    pub(super) statements: usize,
    /// How many of them only set something.
    pub(super) settings: usize,
}

impl Effects {
    /// Adds the effects of a text that ran after this one.
    pub(super) fn then(&mut self, later: Effects) {
        self.writes.merge(later.writes);
        self.rows = later.rows.or(self.rows.take());
        self.changes += later.changes;
        self.last_row_id = later.last_row_id.or(self.last_row_id);
        self.statements += later.statements;
        self.settings += later.settings;
    }
}

/// Runs a statement to its end and packs its rows; `None` if it has no columns.
pub(super) fn rows(statement: &mut Statement<'_>) -> rusqlite::Result<Option<Rows>> {
    let mut packed = None;
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        let names = row.as_ref();
        let builder = packed.get_or_insert_with(|| RowsBuilder::new(names.column_names()));
        for column in 0..names.column_count() {
            let value = row.get_ref(column)?;
            if builder.bytes() + length(value) > limits::RESULT_BYTES as usize {
                return Err(Error::ToSqlConversionFailure(Box::new(limits::result_too_large())));
            }
            match value {
                ValueRef::Null => builder.null(),
                ValueRef::Integer(integer) => builder.integer(integer),
                ValueRef::Real(real) => builder.real(real),
                ValueRef::Text(text) => builder.text(text),
                ValueRef::Blob(blob) => builder.blob(blob),
            }
        }
    }
    drop(rows);
    // The names are read only after the first step: until then SQLite may prepare the statement again.
    if packed.is_none() && statement.column_count() > 0 {
        packed = Some(RowsBuilder::new(statement.column_names()));
    }
    Ok(packed.map(RowsBuilder::finish))
}

fn length(value: ValueRef<'_>) -> usize {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.len(),
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => 0,
    }
}
