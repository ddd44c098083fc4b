//! What pages ask of SQLite: statements with their parameters, and the work that a write request carries.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::failure::SqlFailure;
use super::limits::{self, TooLarge};
use super::rows::Rows;
use super::value::Value;

/// The parameters of one statement. Values are bound (`sqlite3_bind_*`), never spliced into the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Params {
    /// For `?` and `?1`. There must be as many values as the statement has parameters.
    Positional(Vec<Value>),
    /// For `:name`, `@name` and `$name`, which are three parameters. A name with its sign means exactly that parameter.
    /// A name without a sign means the one that the statement has, and is an error if the statement has several. Names
    /// that the statement does not use are ignored (a form has fields that a query does not need). A name that the
    /// statement uses and that has no value is an error.
    Named(Vec<(String, Value)>),
}

impl Params {
    /// No parameters.
    pub fn none() -> Self {
        Params::Positional(Vec::new())
    }

    /// All values, in order.
    pub fn values(&self) -> Box<dyn Iterator<Item = &Value> + '_> {
        match self {
            Params::Positional(values) => Box::new(values.iter()),
            Params::Named(values) => Box::new(values.iter().map(|(_, value)| value)),
        }
    }
}

/// SQL text and its parameters. The text may hold several statements, separated by `;`: they are one atomic unit. The
/// parameters then belong to the only statement that has any.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Prepared as it is; its length counts towards [`Statement::weight`].
    pub sql: String,
    /// Checked against the text only when it runs.
    pub params: Params,
}

impl Statement {
    /// A statement without parameters.
    pub fn new(sql: impl Into<String>) -> Self {
        Statement {
            sql: sql.into(),
            params: Params::none(),
        }
    }

    /// A statement with positional parameters.
    pub fn with(sql: impl Into<String>, params: Vec<Value>) -> Self {
        Statement {
            sql: sql.into(),
            params: Params::Positional(params),
        }
    }

    /// Size in bytes: the text and all values.
    pub fn weight(&self) -> usize {
        self.sql.len() + self.params.values().map(Value::weight).sum::<usize>()
    }

    /// Checks the limits of a call: each value, and the text with all values.
    pub fn fits(&self) -> Result<(), TooLarge> {
        (1..).zip(self.params.values()).try_for_each(|(number, value)| {
            limits::value(|| format!("the value of parameter {number}"), value.weight())
        })?;
        limits::request(self.weight())
    }
}

/// What the leader may do for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Permit {
    /// Write rows, and change the schema.
    All,
    /// Change the schema only. The guide allows DDL in any tab but refuses row writes in a follower, and a follower
    /// cannot prepare `INSERT INTO t` behind a `CREATE TABLE t` to see for itself.
    SchemaOnly,
}

/// One atomic unit of writing: all of it becomes part of one commit, or none of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Work {
    /// Statements of a page. If one fails, those before it have no effect either.
    Batch {
        /// Run in order; each text may hold several.
        statements: Vec<Statement>,
        /// Set by the tab that asks: it knows whether its page may write rows.
        permit: Permit,
    },
    /// The migrations of a page, in order. Those that the database already has are skipped.
    Migrate {
        /// All scripts of the page, also those that have run, because they are compared with what is recorded.
        scripts: Vec<Script>,
    },
    /// An SQLite file that takes the place of the whole database, and the page's migrations, which bring the file up to
    /// date.
    Import {
        /// All bytes of the file; looked through for damage before anything is staged.
        #[serde(with = "serde_bytes")]
        file: Vec<u8>,
        /// Those that the file already has are skipped.
        scripts: Vec<Script>,
    },
}

/// One migration of a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Script {
    /// One or more statements. The database records the whole text.
    Sql(String),
    /// An SQLite file: the first content of a new database. Its bytes are sent only once they are known to be needed.
    File {
        /// Recorded in the place of the bytes.
        name: String,
        /// `None` until a leader has refused the script with `Code::MigrationFileNeeded`.
        #[serde(with = "serde_bytes")]
        file: Option<Vec<u8>>,
    },
}

impl Script {
    /// How the record of a file migration begins.
    pub const FILE_RECORD: &str = "-- file: ";

    /// What a database records of a migration that has run.
    pub fn record(&self) -> Cow<'_, str> {
        match self {
            Script::Sql(sql) => Cow::Borrowed(sql),
            Script::File { name, .. } => Cow::Owned(format!("{}{name}", Script::FILE_RECORD)),
        }
    }

    fn fits(&self) -> Result<(), TooLarge> {
        match self {
            Script::Sql(sql) => limits::request(sql.len()),
            Script::File { name, .. } => limits::file(|| format!("the file {name}"), self.weight()),
        }
    }

    fn weight(&self) -> usize {
        match self {
            Script::Sql(sql) => sql.len(),
            Script::File { file, .. } => file.as_ref().map_or(0, Vec::len),
        }
    }
}

impl<T: Into<String>> From<T> for Script {
    fn from(sql: T) -> Self {
        Script::Sql(sql.into())
    }
}

impl Work {
    /// Statements that may write rows and change the schema.
    pub fn batch(statements: Vec<Statement>) -> Self {
        Work::Batch {
            statements,
            permit: Permit::All,
        }
    }

    /// Checks the limits of a call, or of a file.
    pub fn fits(&self) -> Result<(), TooLarge> {
        match self {
            Work::Batch { statements, .. } => {
                statements.iter().try_for_each(Statement::fits)?;
                limits::request(self.weight())
            }
            Work::Migrate { scripts } => scripts.iter().try_for_each(Script::fits),
            Work::Import { file, scripts } => {
                limits::file(|| "the file".to_owned(), file.len())?;
                scripts.iter().try_for_each(Script::fits)
            }
        }
    }

    /// Size in bytes: all texts, values and files.
    pub fn weight(&self) -> usize {
        match self {
            Work::Batch { statements, .. } => statements.iter().map(Statement::weight).sum(),
            Work::Migrate { scripts } => scripts.iter().map(Script::weight).sum(),
            Work::Import { file, scripts } => file.len() + scripts.iter().map(Script::weight).sum::<usize>(),
        }
    }
}

/// The result of one unit of work, or of one query.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Rows of the last statement that returns any (`SELECT`, `… RETURNING`); otherwise empty.
    pub rows: Rows,
    /// How many rows the statements themselves inserted, updated or deleted (the sum of `sqlite3_changes64`), without
    /// those of triggers and cascades.
    pub changes: u64,
    /// The rowid of the last row that the work inserted; 0 if it inserted no row, or none with a rowid.
    pub last_row_id: i64,
}

impl Outcome {
    /// No rows, no changes.
    pub fn nothing() -> Self {
        Outcome {
            rows: Rows::default(),
            changes: 0,
            last_row_id: 0,
        }
    }
}

/// The answer to a unit of work: its outcome, or why SQLite refused the work.
pub type Answer = Result<Outcome, SqlFailure>;

#[cfg(test)]
mod tests {
    use super::super::limits::{LARGEST_REQUEST, LARGEST_VALUE};
    use super::*;

    #[test]
    fn what_is_larger_than_the_limit_says_its_size_and_the_limit() {
        let largest = Statement::with("INSERT INTO t VALUES (?)", vec![Value::Blob(vec![0; LARGEST_VALUE])]);
        assert_eq!(largest.fits(), Ok(()));
        let larger = vec![Value::Null, Value::Blob(vec![0; LARGEST_VALUE + 1])];
        let refused = Statement::with("INSERT INTO t VALUES (?, ?)", larger).fits();
        let said = refused.unwrap_err().to_string();
        assert!(
            said.starts_with("the value of parameter 2 is too large: 104857601 bytes, and 104857600 are the most"),
            "{said}"
        );
        assert!(said.contains("pieces"), "a way out: {said}");
    }

    #[test]
    fn all_that_a_call_brings_counts_together() {
        let half = || {
            Statement::with(
                "INSERT INTO t VALUES (?)",
                vec![Value::Blob(vec![0; LARGEST_REQUEST / 2])],
            )
        };
        assert_eq!(Work::batch(vec![half()]).fits(), Ok(()));
        let said = Work::batch(vec![half(), half()]).fits().unwrap_err().to_string();
        assert!(said.contains("several calls"), "{said}");
        let both = Params::Named(vec![
            ("a".to_owned(), Value::Blob(vec![0; LARGEST_REQUEST / 2])),
            ("b".to_owned(), Value::Text("b".repeat(LARGEST_REQUEST / 2))),
        ]);
        let sql = "INSERT INTO t VALUES (:a, :b)".to_owned();
        assert!(Statement { sql, params: both }.fits().is_err());
    }
}
