//! What a prepared statement is and touches, as SQLite and its authorizer say.

use std::collections::BTreeSet;

use super::authorizer::{Notes, Reads, Write};
use super::schema::Schema;
use crate::sql::WriteSet;

/// What a statement does when it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Changes nothing, `EXPLAIN` of anything included.
    Read,
    /// Inserts, updates, or deletes rows.
    Rows,
    /// DDL, and what rewrites the database as a whole.
    Schema,
    /// Like `Schema`, but cannot run inside a transaction.
    Vacuum,
    Transaction(Control),
}

/// What a statement does to a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Control {
    /// `BEGIN`
    Begin,
    /// `COMMIT`, `END`
    Commit,
    /// `ROLLBACK`
    Rollback,
    /// `SAVEPOINT`
    Savepoint,
    /// `RELEASE`, `ROLLBACK TO`
    EndSavepoint,
}

/// Whether rows are inserted, so that `sqlite3_last_insert_rowid` means something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Inserts {
    #[default]
    None,
    Some,
}

#[derive(Clone, Debug)]
pub(super) struct Access {
    pub(super) kind: Kind,
    pub(super) reads: Reads,
    pub(super) writes: WriteSet,
    pub(super) inserts: Inserts,
    /// Virtual tables among the tables read.
    pub(super) virtual_tables: BTreeSet<String>,
}

impl Access {
    pub(super) fn of(statement: &rusqlite::Statement<'_>, mut notes: Notes, schema: &Schema, sql: &str) -> Self {
        let reads = schema.reads(&mut notes);
        Access {
            kind: kind(statement, &notes, sql),
            virtual_tables: schema.virtual_tables(&reads),
            writes: schema.writes(&notes, sql),
            inserts: notes.inserts(),
            reads,
        }
    }
}

impl Notes {
    fn inserts(&self) -> Inserts {
        let inserts = self.writes.iter().any(|write| matches!(write, Write::Insert { .. }));
        if inserts { Inserts::Some } else { Inserts::None }
    }
}

/// A virtual table prepares writing statements of its own while it connects, and these are noted with
/// the statement that uses it: so that a statement writes is SQLite's word (`sqlite3_stmt_readonly`),
/// the notes only tell what. DDL that finds nothing to do (`DROP TABLE IF EXISTS`) notes nothing.
fn kind(statement: &rusqlite::Statement<'_>, notes: &Notes, sql: &str) -> Kind {
    if let Some(control) = notes.transaction {
        Kind::Transaction(control)
    } else if statement.is_explain() != 0 {
        Kind::Read
    } else if notes.schema {
        Kind::Schema
    } else if statement.readonly() {
        Kind::Read
    } else if !notes.writes.is_empty() {
        Kind::Rows
    } else if first_word(sql).eq_ignore_ascii_case("vacuum") {
        Kind::Vacuum
    } else {
        Kind::Schema
    }
}

/// Where the first token of `text` begins: behind white space, semicolons and comments
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
