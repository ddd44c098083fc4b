//! A session: one SQLite connection with its authorizer and its remembered statements.
//!
//! The engine has two, reader and writer. [`super::progress`] is called while they run. Their settings, with reasons:
//! * `journal_mode=MEMORY`: a rollback journal never reaches the VFS. `OFF` was refused: a failing statement could not
//!   undo itself. WAL was refused: it needs shared memory, and gains nothing here;
//! * `temp_store=MEMORY`, `synchronous=OFF`: there are no files, and the store makes commits durable;
//! * `foreign_keys=ON`: bundled SQLite has it on natively and off on wasm32; constraints that are not kept help nobody;
//! * `cache_size`: [`CACHE_KIB`]. The image is in memory already, so the pager's cache is a second copy and saves only
//!   the copying of a page. Over an image of 9 MB a point select took 5 to 9 µs and a one-row insert 17 to 24 µs with
//!   256 KiB to 4 MiB alike; with 64 KiB the insert took twice as long (`tests/engine/measure.rs`);
//! * no texts in double quotes: a misspelt column is an error and not a text;
//! * defensive: no statement can damage the shadow tables of FTS5 and R-Tree, nor the schema table;
//! * no mmap: pages are not contiguous.
//!
//! A statement is prepared once and remembered by its text, with its read set and write set. A text of several
//! statements is prepared anew each time: a later one may need what an earlier one creates.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, Error, Statement};

use super::authorizer::{Authorizer, Notes, Reads, Watch};
use super::bracket::Admission;
use super::control::Control;
use super::double_quotes::texts_in_double_quotes;
use super::effects::{Effects, rows};
use super::enforcement::{self, Dropping, Enforcement};
use super::engine_error::EngineError;
use super::failure::failure;
use super::pages::{Pages, View};
use super::parameters::Binder;
use super::pragma::Setting;
use super::prepared::{Access, Kind, asked_alone};
use super::progress::{self, Progress};
use super::schema::Schema;
use super::text::Text;
use super::{given_rowid, limits, vfs};
use crate::sql::{Code, Params, ReadSet, ResultCode, Rows, SqlFailure, WriteSet};

/// The pager's cache of each connection, in KiB.
const CACHE_KIB: usize = 1024;
/// The most prepared statements, and the most texts, that are remembered.
const STATEMENTS: usize = 128;
/// The most bytes of a text that is remembered: a program made a longer one, and it will not come again.
const LONGEST_REMEMBERED: usize = 16 * 1024;

pub(super) struct Sqlite {
    connection: Connection,
    authorizer: Authorizer,
    view: View,
    memory: RefCell<Memory>,
    enforcement: RefCell<Enforcement>,
    detail: Cell<Detail>,
    rows_written: Cell<Rowwise>,
}

/// How much a write set says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// The columns, and what the schema adds.
    Columns,
    /// The tables alone: the schema has changed, so the commit concerns every query.
    Tables,
}

/// Whether rows were written since the unit began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rowwise {
    NotYet,
    Written,
}

#[derive(Default)]
struct Memory {
    schema: Option<Rc<Schema>>,
    texts: HashMap<String, Known>,
    /// What virtual tables (FTS5 with external content, fts5vocab) read by statements that they prepare only once.
    beneath: BTreeMap<String, Reads>,
}

#[derive(Clone)]
enum Known {
    Single(Rc<Access>),
    Several,
}

struct Prepared<'a, 'connection> {
    statement: &'a mut Statement<'connection>,
    access: Rc<Access>,
}

impl Sqlite {
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
            given_rowid::install(&mut connection)?;
            Authorizer::install(&mut connection)
        })();
        let authorizer = configured.map_err(|error| EngineError::Sqlite(failure(error, "")))?;
        Ok(Sqlite {
            connection,
            authorizer,
            view,
            memory: RefCell::default(),
            enforcement: RefCell::default(),
            detail: Cell::new(Detail::Columns),
            rows_written: Cell::new(Rowwise::NotYet),
        })
    }

    /// The kinds of a text's statements, in order, up to the first that cannot be prepared. None of them runs.
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

    /// Runs the statements of a text one after the other, those that `admit` lets run.
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
                self.step(prepared, &mut effects)?;
                match progress::after_statement() {
                    Progress::GoOn => Ok(()),
                    Progress::Interrupt => Err(SqlFailure::new(Code::Sqlite(ResultCode::INTERRUPT), "interrupted")),
                }
            })
        })?;
        if effects.statements > 0 {
            binder.finish()?;
        }
        Ok(effects)
    }

    /// Runs SQL of the engine's own: the authorizer allows everything and notes nothing.
    pub(super) fn own<T>(&self, action: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, SqlFailure> {
        let result = self.authorizer.under(Watch::Own, || action(&self.connection));
        result.map_err(|error| failure(error, ""))
    }

    /// Begins a unit, or goes on with it. Its write sets have this detail.
    pub(super) fn begins(&self, detail: Detail) {
        self.detail.set(detail);
        if self.is_autocommit() {
            self.rows_written.set(Rowwise::NotYet);
        }
    }

    /// Begins a script: its `changes()` and the like must not tell of the script before.
    pub(super) fn begins_script(&self) {
        self.rows_written.set(Rowwise::NotYet);
    }

    /// Whether the unit has set nothing for itself.
    pub(super) fn is_as_always(&self) -> bool {
        self.enforcement.borrow().is_as_always()
    }

    /// Checks the unit's references before it commits.
    pub(super) fn settle(&self) -> Result<(), SqlFailure> {
        self.own(|connection| self.enforcement.borrow().settle(connection))?
    }

    /// Takes back what the unit has set for itself, when it is over.
    pub(super) fn restore(&self) -> Result<(), SqlFailure> {
        if !self.is_as_always() {
            self.forget_schema();
        }
        self.own(|connection| self.enforcement.borrow_mut().restore(connection))
    }

    /// Adds the reason to the refusal of a COMMIT, as far as it can be found.
    pub(super) fn named(&self, refusal: SqlFailure) -> SqlFailure {
        self.authorizer
            .under(Watch::Own, || enforcement::named(&self.connection, refusal))
    }

    /// Whether no transaction is open.
    pub(super) fn is_autocommit(&self) -> bool {
        self.connection.is_autocommit()
    }

    /// Forgets all that depends on the schema, because it has changed.
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
            // SQLite would take the NUL for the end and ignore the rest in silence.
            return Err(SqlFailure::new(
                Code::Sqlite(ResultCode::MISUSE),
                "the SQL text contains a NUL character; leave it out, or give the text as a parameter",
            ));
        }
        limits::check(sql)?;
        if self.view == View::Committed {
            // Only a read makes SQLite see that the image has moved on: it would prepare for the earlier schema.
            self.schema()?;
        }
        match self.single(sql, action)? {
            Single::Done => Ok(()),
            Single::Not => self.several(sql, action),
        }
    }

    /// Prepares a text of one statement, as most texts are, or finds it prepared.
    fn single(
        &self,
        sql: &str,
        action: &mut dyn FnMut(Prepared<'_, '_>) -> Result<(), SqlFailure>,
    ) -> Result<Single, SqlFailure> {
        let known = match self.memory.borrow().texts.get(sql) {
            Some(Known::Several) => return Ok(Single::Not),
            Some(Known::Single(access)) => Some(Rc::clone(access)),
            None => None,
        };
        self.authorizer.take();
        let mut statement = match limits::preparing(&self.connection, || self.connection.prepare_cached(sql)) {
            Ok(statement) => statement,
            Err(error) => {
                if matches!(error, Error::MultipleStatement) {
                    self.remember(sql, Known::Several);
                }
                return Ok(Single::Not);
            }
        };
        let notes = self.authorizer.take();
        let access = match known {
            // SQLite asked, so it has prepared the statement just now: what was known may be of another schema.
            _ if !notes.is_empty() => {
                self.check_claim(&notes)?;
                let access = Rc::new(Access::of(&statement, notes, sql));
                self.remember(sql, Known::Single(Rc::clone(&access)));
                access
            }
            Some(access) => access,
            // An empty text, or a statement without notes: prepare it the long way.
            None => {
                statement.discard();
                return Ok(Single::Not);
            }
        };
        let done = action(Prepared {
            statement: &mut statement,
            access,
        });
        if sql.len() > LONGEST_REMEMBERED {
            statement.discard();
        }
        done.map(|()| Single::Done)
    }

    fn several(
        &self,
        sql: &str,
        action: &mut dyn FnMut(Prepared<'_, '_>) -> Result<(), SqlFailure>,
    ) -> Result<(), SqlFailure> {
        let text = Text::new(sql);
        let mut statements = text.statements(&self.connection);
        loop {
            self.authorizer.take();
            let mut next = || limits::preparing(&self.connection, || statements.next());
            let done = match next() {
                Err(error) if self.may_wait_for_a_parent(&error) => {
                    // Prepared and run without foreign keys: the parent's table may come later in the unit.
                    self.own(|connection| self.enforcement.borrow_mut().loosen(connection))?;
                    self.authorizer.take();
                    let done = self.prepared(next(), text.as_str(), action);
                    self.own(|connection| self.enforcement.borrow().tighten(connection))?;
                    done
                }
                next => self.prepared(next, text.as_str(), action),
            };
            match done.map_err(|failure| statements.name(failure))? {
                Single::Done => {}
                Single::Not => return Ok(()),
            }
        }
    }

    fn prepared(
        &self,
        next: rusqlite::Result<Option<(Statement<'_>, String)>>,
        text: &str,
        action: &mut dyn FnMut(Prepared<'_, '_>) -> Result<(), SqlFailure>,
    ) -> Result<Single, SqlFailure> {
        let Some((mut statement, own_text)) = next.map_err(|error| self.failure(error, text))? else {
            return Ok(Single::Not);
        };
        let notes = self.authorizer.take();
        self.check_claim(&notes)?;
        let access = Rc::new(Access::of(&statement, notes, &own_text));
        action(Prepared {
            statement: &mut statement,
            access,
        })?;
        Ok(Single::Done)
    }

    fn may_wait_for_a_parent(&self, error: &Error) -> bool {
        self.view == View::Staged && !self.is_autocommit() && self.enforcement.borrow().may_wait(error)
    }

    fn step(&self, prepared: Prepared<'_, '_>, effects: &mut Effects) -> Result<(), SqlFailure> {
        let Prepared { statement, access } = prepared;
        if access.asks_of_the_one_before() && self.rows_written.get() == Rowwise::NotYet {
            return Err(asked_alone());
        }
        if let Kind::Setting(setting) = access.kind {
            effects.settings += 1;
            return self.set(setting);
        }
        let dropping = self.dropping(&access)?;
        let schema = self.schema_for(&access)?;
        let changes = self.connection.total_changes();
        self.authorizer.take();
        let (rows, given) = given_rowid::during(&self.connection, &access.notes.targets, || {
            self.run(statement, access.kind, dropping)
        });
        let rows = rows.map_err(|refusal| match (&access.notes.drops, access.kind) {
            (Some(table), _) => enforcement::explained(refusal, table),
            (None, Kind::Transaction(Control::Commit)) => self.named(refusal),
            (None, _) => refusal,
        })?;
        let late = self.authorizer.take();
        if self.connection.total_changes() != changes {
            effects.writes.merge(self.written(&access, &late, schema.as_deref()));
        }
        if access.kind == Kind::Rows {
            self.rows_written.set(Rowwise::Written);
            effects.changes += self.connection.changes();
            effects.last_row_id = given.or(effects.last_row_id);
        }
        if let Some(schema) = schema.filter(|_| self.view == View::Committed) {
            self.note_reads(&access, schema.reads(&late), &schema, &mut effects.reads);
        }
        if matches!(access.kind, Kind::Schema | Kind::Vacuum) {
            effects.writes.note_schema();
            self.detail.set(Detail::Tables);
        }
        if matches!(access.kind, Kind::Schema | Kind::Vacuum | Kind::Transaction(_)) {
            // The end of a transaction may have undone a schema change.
            self.forget_schema();
        }
        effects.rows = self.answered(&access, rows)?.or(effects.rows.take());
        Ok(())
    }

    fn run(&self, statement: &mut Statement<'_>, kind: Kind, dropping: Dropping) -> Result<Option<Rows>, SqlFailure> {
        let ran = match (kind, dropping) {
            (Kind::Vacuum, _) => self.authorizer.under(Watch::Vacuum, || {
                let _texts = texts_in_double_quotes(&self.connection)?;
                rows(statement)
            }),
            (_, Dropping::AsItIs) => rows(statement),
            (_, Dropping::WithoutForeignKeys) => {
                enforcement::without_foreign_keys(&self.connection, || rows(statement)).and_then(|ran| ran)
            }
        };
        ran.map_err(|error| self.failure(error, ""))
    }

    fn set(&self, setting: Setting) -> Result<(), SqlFailure> {
        self.own(|connection| self.enforcement.borrow_mut().set(connection, setting))?;
        // The writes of a statement depend on the setting, and SQLite prepares the statements anew.
        self.forget_schema();
        Ok(())
    }

    fn dropping(&self, access: &Access) -> Result<Dropping, SqlFailure> {
        match access.drops_with_others() {
            None => Ok(Dropping::AsItIs),
            Some(table) => self.own(|connection| self.enforcement.borrow().dropping(connection, table))?,
        }
    }

    /// The schema, if the sets of this statement need it. It is read anew after each change.
    fn schema_for(&self, access: &Access) -> Result<Option<Rc<Schema>>, SqlFailure> {
        let is_wanted = match self.view {
            View::Committed => access.kind == Kind::Read,
            View::Staged => access.kind == Kind::Rows && self.detail.get() == Detail::Columns,
        };
        is_wanted.then(|| self.schema()).transpose()
    }

    fn written(&self, access: &Access, late: &Notes, schema: Option<&Schema>) -> WriteSet {
        let (mut written, late) = match schema {
            Some(schema) => (
                access.touched(schema).writes.clone(),
                schema.writes(late, access.replaces),
            ),
            None => (access.notes.tables_written(), late.tables_written()),
        };
        written.merge(late);
        written
    }

    /// The rows of a statement; for a PRAGMA that was passed over, those of the PRAGMA that answers in its place.
    fn answered(&self, access: &Access, rows_of: Option<Rows>) -> Result<Option<Rows>, SqlFailure> {
        match &access.notes.answer {
            None => Ok(rows_of),
            Some(pragma) => self.own(|connection| rows(&mut connection.prepare(&format!("PRAGMA {pragma}"))?)),
        }
    }

    fn check_claim(&self, notes: &Notes) -> Result<(), SqlFailure> {
        let Some(claim) = &notes.claim else {
            return Ok(());
        };
        let told = self.own(|connection| claim.told(connection))?;
        claim.check(&told)
    }

    /// `late` was read by statements prepared during the run: by SQLite after a schema change, or by a virtual table.
    fn note_reads(&self, access: &Access, late: Reads, schema: &Schema, noted: &mut ReadSet) {
        let access = access.touched(schema);
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

    fn remember(&self, sql: &str, text: Known) {
        if sql.len() > LONGEST_REMEMBERED {
            return;
        }
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
