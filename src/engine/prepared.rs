//! What a prepared statement does and touches, as SQLite and its authorizer say.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use super::authorizer::{Counters, Inquiry, Notes, Reads};
use super::control::Control;
use super::pragma::Setting;
use super::schema::{Replaces, Schema};
use crate::sql::{Code, ResultCode, SqlFailure, WriteSet};

/// What a statement does when it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Changes nothing. `EXPLAIN` of any statement is one.
    Read,
    /// Inserts, updates, or deletes rows.
    Rows,
    /// DDL, and statements that rewrite the whole database.
    Schema,
    /// Like `Schema`, but cannot run inside a transaction.
    Vacuum,
    Transaction(Control),
    /// Sets something for its unit.
    Setting(Setting),
}

/// What is known of a prepared statement.
#[derive(Debug)]
pub(super) struct Access {
    pub(super) kind: Kind,
    pub(super) notes: Notes,
    pub(super) replaces: Replaces,
    touched: OnceCell<Touched>,
}

/// The reads and writes of a statement: the authorizer's notes, and what the schema adds to them.
#[derive(Debug)]
pub(super) struct Touched {
    pub(super) reads: Reads,
    pub(super) writes: WriteSet,
    /// Virtual tables among the tables read.
    pub(super) virtual_tables: BTreeSet<String>,
}

impl Access {
    pub(super) fn of(statement: &rusqlite::Statement<'_>, notes: Notes, text: &str) -> Self {
        Access {
            kind: kind(statement, &notes, text),
            replaces: Replaces::of(text.as_bytes()),
            notes,
            touched: OnceCell::new(),
        }
    }

    /// Computed at the first call, and right only for the schema that the statement was prepared for.
    pub(super) fn touched(&self, schema: &Schema) -> &Touched {
        self.touched.get_or_init(|| {
            let reads = schema.reads(&self.notes);
            Touched {
                virtual_tables: schema.virtual_tables(&reads),
                writes: schema.writes(&self.notes, self.replaces),
                reads,
            }
        })
    }

    /// Whether it asks what an earlier statement did (`changes()` and the like). A trigger asks about its own
    /// statements.
    pub(super) fn asks_of_the_one_before(&self) -> bool {
        match self.notes.counters {
            Counters::Unasked => false,
            Counters::AskedBeneath => self.kind == Kind::Read,
            Counters::Inquiry => true,
        }
    }

    /// The table that it drops, if the drop may touch rows of other tables.
    pub(super) fn drops_with_others(&self) -> Option<&str> {
        let table = self.notes.drops.as_deref()?;
        let is_other = |written: &str| !written.eq_ignore_ascii_case(table) && !written.starts_with("sqlite_");
        self.notes
            .writes
            .iter()
            .any(|write| is_other(write.table()))
            .then_some(table)
    }
}

/// The error for a statement that asks about the one before, where there is none. All tabs share the connection, so the
/// last write on it may be another tab's.
pub(super) fn asked_alone() -> SqlFailure {
    SqlFailure::new(
        Code::Sqlite(ResultCode::MISUSE),
        "changes(), total_changes() and last_insert_rowid() tell of the statements before them in the same text, batch \
         or transaction, and here are none that write rows: take rowsAffected and lastInsertId of the write's result, \
         or ask in the same text, or by RETURNING",
    )
}

/// The kind of a statement. While a virtual table connects, it prepares writing statements of its own, and they are
/// noted with the statement that uses the table. So SQLite decides whether a statement writes
/// (`sqlite3_stmt_readonly`); the notes only say what. DDL that finds nothing to do (`DROP TABLE IF EXISTS`) leaves no
/// notes.
fn kind(statement: &rusqlite::Statement<'_>, notes: &Notes, sql: &str) -> Kind {
    if let Some(setting) = notes.setting {
        Kind::Setting(setting)
    } else if let Some(control) = notes.transaction {
        Kind::Transaction(control)
    } else if statement.is_explain() != 0 {
        Kind::Read
    } else if notes.schema {
        Kind::Schema
    } else if statement.readonly() || (notes.pragma_asked == Inquiry::Yes && notes.writes.is_empty()) {
        Kind::Read
    } else if !notes.writes.is_empty() {
        Kind::Rows
    } else if first_word(sql).eq_ignore_ascii_case("vacuum") {
        Kind::Vacuum
    } else {
        Kind::Schema
    }
}

/// Where the first token of `text` begins: after white space, semicolons and comments
/// (<https://sqlite.org/lang_comment.html>).
pub(super) fn first_token(text: &str) -> usize {
    let mut at = 0;
    loop {
        let rest = &text[at..];
        let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r', '\x0c', ';']).len();
        let comment = match &rest[blank..] {
            comment if comment.starts_with("--") => comment.find('\n').map(|end| end + 1),
            comment if comment.starts_with("/*") => comment[2..].find("*/").map(|end| end + 4),
            _ => return at + blank,
        };
        match comment {
            Some(length) => at += blank + length,
            None => return text.len(),
        }
    }
}

fn first_word(sql: &str) -> &str {
    let rest = &sql[first_token(sql)..];
    let end = rest
        .find(|letter: char| !letter.is_ascii_alphabetic())
        .unwrap_or(rest.len());
    &rest[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_token_stands_behind_blanks_and_comments() {
        for (text, expected) in [
            ("vacuum", "vacuum"),
            (" ;\n\tVACUUM;", "VACUUM"),
            ("-- a\n--b\r\n/* c */ /**/x y", "x"),
            ("/* never closed", ""),
            ("-- to the end", ""),
            ("/*/ SELECT */ z", "z"),
            ("", ""),
        ] {
            assert_eq!(first_word(text), expected, "{text:?}");
        }
    }
}
