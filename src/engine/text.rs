//! Prepares the statements of a text one after the other, and knows where in the text each statement stands.
//!
//! Used by `session`. A statement is prepared only after the one before has run, because it may need what that one
//! created. SQLite says where a statement ends.
//!
//! The text gets a NUL at its end here. SQLite is given the whole rest of the text each time, and copies it unless it
//! ends in a NUL: without the NUL, n statements would be copied n times.

use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::{Batch, Connection, Statement};

use super::effort;
use super::failure::place;
use super::prepared::first_token;
use crate::sql::SqlFailure;

/// A text with a NUL at its end, which SQLite takes without copying.
pub(super) struct Text(String);

pub(super) struct Statements<'connection, 'text> {
    batch: Batch<'connection, 'text>,
    text: &'text str,
    /// Where the current statement begins.
    begin: usize,
    /// Where the current statement ends, if that is known. SQLite gives the text of a statement back with its
    /// parameters filled in, so a statement with parameters is not found in the text.
    end: Option<usize>,
}

impl Text {
    pub(super) fn new(sql: &str) -> Self {
        Text(format!("{sql}\0"))
    }

    pub(super) fn statements<'connection>(&self, connection: &'connection Connection) -> Statements<'connection, '_> {
        Statements {
            batch: Batch::new(connection, &self.0),
            text: &self.0,
            begin: 0,
            end: Some(0),
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'connection> Statements<'connection, '_> {
    /// Prepares the next statement, and gives it with its text; `None` at the end.
    pub(super) fn next(&mut self) -> rusqlite::Result<Option<(Statement<'connection>, String)>> {
        match self.batch.next() {
            Ok(Some(statement)) => {
                let text = statement.expanded_sql().unwrap_or_default();
                self.moved_to(&statement, &text);
                Ok(Some((statement, text)))
            }
            Ok(None) => Ok(None),
            Err(error) => {
                // The statement that could not be prepared begins where the one before ended.
                self.begin = self.end.unwrap_or(0);
                Err(error)
            }
        }
    }

    /// Adds the line of the current statement to the message, if the text has several lines and the message names no
    /// place yet.
    pub(super) fn name(&self, mut failure: SqlFailure) -> SqlFailure {
        let begin = self.begin + first_token(&self.text[self.begin..]);
        if self.end.is_some() && self.text.contains('\n') && !failure.message.contains("(line ") {
            let (line, _) = place(self.text, begin);
            failure.message += &format!(" (in the statement on line {line})");
        }
        failure
    }

    fn moved_to(&mut self, statement: &Statement<'_>, text: &str) {
        let from = self.end.take();
        if statement.parameter_count() == 0 {
            let found = from.and_then(|from| self.text[from..].find(text).map(|at| from + at));
            effort::scanned(found.unwrap_or(self.text.len()).saturating_sub(from.unwrap_or(0)));
            self.begin = found.unwrap_or(0);
            self.end = found.map(|begin| begin + text.len());
        }
    }
}
