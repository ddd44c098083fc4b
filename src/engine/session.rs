//! A session: one SQLite connection with its authorizer and what is remembered of prepared statements.
//!
//! The engine has two, reader and writer. Settings and why:
//! * `journal_mode=MEMORY`: a rollback journal never reaches the VFS. `OFF` was refused: a failing
//!   statement could not undo itself. WAL was refused: it wants shared memory, and gains nothing here;
//! * `temp_store=MEMORY`, `synchronous=OFF`: there are no files, and durability is the store's business;
//! * `foreign_keys=ON`: natively the bundled SQLite has it on by default and on wasm32 off; one of the
//!   two, and constraints that are declared but not kept help nobody;
//! * `cache_size`: [`CACHE_KIB`]. The image is in memory already, so the pager's cache is a second copy and
//!   spares only the copying of a page into it. Over an image of 9 MB a point select took 5 to 9 µs and a
//!   one-row insert 17 to 24 µs with 256 KiB to 4 MiB alike, twice that for the insert with 64 KiB
//!   (`tests/engine/measure.rs`);
//! * defensive: shadow tables of FTS5 and R-Tree cannot be damaged by a statement, nor the schema table;
//! * no mmap: pages are not contiguous.
//!
//! A statement is prepared once and remembered with its read and write set, by its text. Texts of
//! several statements are prepared anew each time: a later one may need what an earlier one creates.
//!
//! What goes on while a statement runs is [`super::progress`]'s.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use rusqlite::config::DbConfig;
use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::types::ValueRef;
use rusqlite::{Batch, Connection, Error, Statement};

use super::EngineError;
use super::authorizer::{Authorizer, Reads, Watch};
use super::bracket::Admission;
use super::failure::{failure, place};
use super::limits;
use super::pages::{Pages, View};
use super::parameters::Binder;
use super::prepared::{Access, Inserts, Kind, first_token};
use super::progress;
use super::schema::Schema;
use super::sound;
use super::vfs;
use crate::sql::{Params, ReadSet, Rows, RowsBuilder, SqlFailure, WriteSet};

/// Pager cache of each connection in KiB.
const CACHE_KIB: usize = 1024;
/// Prepared statements kept, and texts remembered.
const STATEMENTS: usize = 128;

pub(super) struct Session {
    connection: Connection,
    authorizer: Authorizer,
    memory: RefCell<Memory>,
}

#[derive(Default)]
struct Memory {
    schema: Option<Rc<Schema>>,
    texts: HashMap<String, Text>,
    /// What virtual tables read through statements of their own (FTS5 with external content, its
    /// vocabulary tables). They prepare these once, so it is learnt when it happens and kept.
    beneath: BTreeMap<String, Reads>,
}

#[derive(Clone)]
enum Text {
    Single(Rc<Access>),
    Several,
}

/// What came of all statements of one text.
#[derive(Default)]
pub(super) struct Effects {
    /// Of the last statement that returns any.
    pub(super) rows: Option<Rows>,
    pub(super) reads: ReadSet,
    pub(super) writes: WriteSet,
    /// Whether any statement did.
    pub(super) inserts: Inserts,
    pub(super) statements: usize,
}

/// One statement of a text, prepared.
struct Prepared<'a, 'connection> {
    statement: &'a mut Statement<'connection>,
    access: Rc<Access>,
}

impl Session {
    pub(super) fn open(pages: &Rc<RefCell<Pages>>, view: View) -> Result<Self, EngineError> {
        let mut connection = vfs::open(pages, view)?;
        let page_size = pages.borrow().image().page_size();
        let configured = (|| {
            connection.execute_batch(&format!(
                "PRAGMA page_size = {}; PRAGMA journal_mode = MEMORY; PRAGMA temp_store = MEMORY; \
                 PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON; PRAGMA cache_size = -{CACHE_KIB};",
                page_size.bytes()
            ))?;
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
            limits::set(&connection, page_size.bytes())?;
            connection.set_prepared_statement_cache_capacity(STATEMENTS);
            progress::install(&mut connection)?;
            Authorizer::install(&mut connection)
        })();
        let authorizer = configured.map_err(|error| EngineError::Sqlite(failure(error, "")))?;
        Ok(Session {
            connection,
            authorizer,
            memory: RefCell::default(),
        })
    }

    /// What the statements of a text are, in order. None of them runs; the last may have failed to
    /// prepare.
    pub(super) fn kinds(&self, sql: &str) -> (Vec<Kind>, Result<(), SqlFailure>) {
        let mut kinds = Vec::new();
        let prepared = self.authorizer.under(Watch::Statement, || {
            self.each_prepared(sql, &mut |prepared| {
                kinds.push(prepared.access.kind);
                Ok(())
            })
        });
        (kinds, prepared)
    }

    /// Runs the statements of a text one after the other, each if `admit` has it run.
    pub(super) fn perform(
        &self,
        sql: &str,
        params: &Params,
        watch: Watch,
        admit: &dyn Fn(Kind) -> Result<Admission, SqlFailure>,
    ) -> Result<Effects, SqlFailure> {
        let mut effects = Effects::default();
        let mut binder = Binder::new(params);
        self.authorizer.under(watch, || {
            self.each_prepared(sql, &mut |prepared| {
                effects.statements += 1;
                if admit(prepared.access.kind)? == Admission::PassOver {
                    return Ok(());
                }
                binder.bind(prepared.statement)?;
                self.step(prepared, sql, &mut effects)
            })
        })?;
        if effects.statements > 0 {
            binder.finish()?;
        }
        Ok(effects)
    }

    /// Runs something of the engine's own.
    pub(super) fn own<T>(&self, action: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, SqlFailure> {
        let result = self.authorizer.under(Watch::Own, || action(&self.connection));
        result.map_err(|error| failure(error, ""))
    }

    /// Whether no transaction is open.
    pub(super) fn is_autocommit(&self) -> bool {
        self.connection.is_autocommit()
    }

    /// Forgets what it knew of the schema: it has changed.
    pub(super) fn forget_schema(&self) {
        let mut memory = self.memory.borrow_mut();
        memory.schema = None;
        memory.texts.clear();
        self.connection.flush_prepared_statement_cache();
    }

    fn each_prepared(
        &self,
        sql: &str,
        action: &mut dyn FnMut(Prepared<'_, '_>) -> Result<(), SqlFailure>,
    ) -> Result<(), SqlFailure> {
        if sql.contains('\0') {
            // SQLite would take it for the end and pass over the rest in silence.
            return Err(SqlFailure::new(
                "SQLITE_MISUSE",
                "the SQL text contains a NUL character",
            ));
        }
        limits::check(sql)?;
        match self.single(sql, action)? {
            Single::Done => Ok(()),
            Single::Not => self.several(sql, action),
        }
    }

    /// The way of most texts: one statement, perhaps prepared before.
    fn single(
        &self,
        sql: &str,
        action: &mut dyn FnMut(Prepared<'_, '_>) -> Result<(), SqlFailure>,
    ) -> Result<Single, SqlFailure> {
        let known = match self.memory.borrow().texts.get(sql) {
            Some(Text::Several) => return Ok(Single::Not),
            Some(Text::Single(access)) => Some(Rc::clone(access)),
            None => None,
        };
        let schema = self.schema()?;
        self.authorizer.take();
        let mut statement = match limits::preparing(&self.connection, || self.connection.prepare_cached(sql)) {
            Ok(statement) => statement,
            Err(error) => {
                if matches!(error, Error::MultipleStatement) {
                    self.remember(sql, Text::Several);
                }
                return Ok(Single::Not);
            }
        };
        let notes = self.authorizer.take();
        let access = match known {
            _ if !notes.is_empty() => {
                let access = Rc::new(Access::of(&statement, notes, &schema, sql));
                self.remember(sql, Text::Single(Rc::clone(&access)));
                access
            }
            Some(access) => access,
            // An empty text, or a statement of which nothing is known: look at it the long way.
            None => {
                statement.discard();
                return Ok(Single::Not);
            }
        };
        action(Prepared {
            statement: &mut statement,
            access,
        })?;
        Ok(Single::Done)
    }

    fn several(
        &self,
        sql: &str,
        action: &mut dyn FnMut(Prepared<'_, '_>) -> Result<(), SqlFailure>,
    ) -> Result<(), SqlFailure> {
        let mut batch = Batch::new(&self.connection, sql);
        let mut place = Place {
            sql,
            begin: 0,
            end: Some(0),
        };
        loop {
            let schema = self.schema()?;
            self.authorizer.take();
            let next = limits::preparing(&self.connection, || batch.next());
            let mut statement = match next {
                Ok(Some(statement)) => statement,
                Ok(None) => return Ok(()),
                Err(error) => {
                    place.behind();
                    return Err(place.name(self.failure(error, sql)));
                }
            };
            place.next(&statement);
            let text = statement.expanded_sql().unwrap_or_default();
            let access = Access::of(&statement, self.authorizer.take(), &schema, &text);
            let prepared = Prepared {
                statement: &mut statement,
                access: Rc::new(access),
            };
            action(prepared).map_err(|failure| place.name(failure))?;
        }
    }

    fn step(&self, prepared: Prepared<'_, '_>, sql: &str, effects: &mut Effects) -> Result<(), SqlFailure> {
        let Prepared { statement, access } = prepared;
        let changes = self.connection.total_changes();
        self.authorizer.take();
        let rows = match access.kind {
            Kind::Vacuum => self.authorizer.under(Watch::Vacuum, || {
                let _texts = sound::texts_in_double_quotes(&self.connection)?;
                rows(statement)
            }),
            _ => rows(statement),
        };
        let rows = rows.map_err(|error| self.failure(error, sql))?;
        let mut late = self.authorizer.take();
        let schema = self.memory.borrow().schema.clone().unwrap_or_default();
        let changed = self.connection.total_changes() != changes;
        if changed {
            effects.inserts = effects.inserts.max(access.inserts);
            effects.writes.merge(access.writes.clone());
            effects.writes.merge(schema.writes(&late, sql));
        }
        self.note_reads(&access, schema.reads(&mut late), &mut effects.reads);
        match access.kind {
            Kind::Schema | Kind::Vacuum => {
                effects.writes.note_schema();
                self.forget_schema();
            }
            // It may have taken a schema change back.
            Kind::Transaction(_) => self.forget_schema(),
            Kind::Read | Kind::Rows => {}
        }
        if rows.is_some() {
            effects.rows = rows;
        }
        Ok(())
    }

    /// `late` was read through statements prepared while this one ran: by SQLite, which prepares anew
    /// after a schema change, or by a virtual table.
    fn note_reads(&self, access: &Access, late: Reads, noted: &mut ReadSet) {
        let mut memory = self.memory.borrow_mut();
        for table in &access.virtual_tables {
            let beneath = memory.beneath.entry(table.clone()).or_default();
            beneath.extend(late.iter().cloned());
            beneath.iter().for_each(|(table, column)| noted.note(table, column));
        }
        access
            .reads
            .iter()
            .chain(&late)
            .for_each(|(table, column)| noted.note(table, column));
    }

    fn schema(&self) -> Result<Rc<Schema>, SqlFailure> {
        if let Some(schema) = &self.memory.borrow().schema {
            return Ok(Rc::clone(schema));
        }
        let schema = Rc::new(self.own(Schema::read)?);
        self.memory.borrow_mut().schema = Some(Rc::clone(&schema));
        Ok(schema)
    }

    fn remember(&self, sql: &str, text: Text) {
        let mut memory = self.memory.borrow_mut();
        if memory.texts.len() >= STATEMENTS {
            memory.texts.clear();
            self.connection.flush_prepared_statement_cache();
        }
        memory.texts.insert(sql.to_owned(), text);
    }

    fn failure(&self, error: Error, sql: &str) -> SqlFailure {
        self.authorizer.refusal().unwrap_or_else(|| failure(error, sql))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Single {
    Done,
    Not,
}

/// Where in a text of several statements the current one stands, as far as that can be told:
/// SQLite gives the text of a statement back, but with its parameters filled in.
struct Place<'a> {
    sql: &'a str,
    begin: usize,
    end: Option<usize>,
}

impl Place<'_> {
    fn next(&mut self, statement: &Statement<'_>) {
        let from = self.end.take();
        if statement.parameter_count() == 0 {
            let text = statement.expanded_sql().unwrap_or_default();
            let found = from.and_then(|from| self.sql[from..].find(&text).map(|at| from + at));
            self.begin = found.unwrap_or(0);
            self.end = found.map(|begin| begin + text.len());
        }
    }

    /// The current one could not be prepared; it begins where the one before ended.
    fn behind(&mut self) {
        self.begin = self.end.unwrap_or(0);
    }

    /// Adds the line, if there are several lines and the message has no place yet.
    fn name(&self, mut failure: SqlFailure) -> SqlFailure {
        let begin = self.begin + first_token(&self.sql[self.begin..]);
        if self.end.is_some() && self.sql.contains('\n') && !failure.message.contains("(line ") {
            let (line, _) = place(self.sql, begin);
            failure.message += &format!(" (in the statement on line {line})");
        }
        failure
    }
}

/// Runs a statement to its end and packs what it returns; `None` if it has no columns.
fn rows(statement: &mut Statement<'_>) -> rusqlite::Result<Option<Rows>> {
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
    // The names are asked for after the first step: before it, SQLite may still prepare anew.
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
