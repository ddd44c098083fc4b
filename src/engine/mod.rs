//! The engine: SQLite over the pages of an image. `tab` uses it in every tab; only a leader runs work.
//!
//! ```text
//!   query ──▶ reader ──▶ View::Committed ─┐
//!                                         ├─ Pages { image, overlay } ──▶ publish | revert | apply
//!   run ────▶ writer ──▶ View::Staged ────┘
//! ```
//!
//! Two connections share one image. The **reader** sees what is durable and nothing else. All queries run on it, so no
//! page shows what could still vanish. The **writer** sees its own pages over the image. [`Engine::run`] hands these
//! pages out as [`Staged`]. When the store has them, [`Engine::publish`] makes them part of the image; if the store
//! refuses them, [`Engine::revert`] drops them.
//!
//! # No stale pages
//!
//! SQLite keeps pages and the parsed schema between transactions. When a transaction begins, SQLite compares 16 bytes
//! of page 1, the change counter first among them, with those that it saw last, and drops its pages if they differ. The
//! schema cookie, also in page 1, does the same for the schema (<https://sqlite.org/fileformat2.html>, 1.3.7 and
//! 1.3.9). That is sound as long as the view of a connection moves along one history, because each commit counts up
//! from the one before. So it is sound:
//! * for the reader under `publish` and `apply`: the image moves along the one history;
//! * for the writer under `publish`: the bytes that it sees do not change.
//!
//! It is not sound for the writer under `revert`: the counter goes back, and another commit may count up to the same
//! number with other content (this happens in a tab that loses leadership with a write in flight). So `revert`
//! **closes** the writer, and the next work opens another. Nor is it sound under `reload`, which takes any image and
//! opens the reader anew as well. `apply` closes the writer too: a follower needs none, and the rule "a writer lives
//! from its first work to the next revert, apply, or reload" is easy to keep. Opening a connection costs well under a
//! millisecond. Resetting the cache was refused: `SQLITE_FCNTL_RESET_CACHE` drops the pages but not the schema, and
//! safe code cannot call it.

mod authorizer;
mod bracket;
mod class;
mod control;
mod double_quotes;
mod effects;
mod effort;
mod enforcement;
mod failure;
mod given_rowid;
mod header;
mod import;
mod limits;
mod migration;
mod pages;
mod parameters;
mod pragma;
mod prepared;
mod progress;
mod recognition;
mod schema;
mod sound;
mod sqlite;
mod text;
mod transaction;
mod unit;
mod vfs;
mod work;

use std::cell::{Ref, RefCell};
use std::rc::Rc;

use authorizer::Watch;
use bracket::{Admission, Bracket};
use class::{Seen, strongest};
use control::Control;
use header::Header;
use pages::{Pages, View};
use prepared::Kind;
use sqlite::{Detail, Sqlite};
use transaction::Transacted;

use crate::sabotage::{self, Sabotage};
use crate::sql::{Answer, Code, Outcome, Params, ReadSet, ResultCode, Script, SqlFailure, Statement, Work, WriteSet};
use crate::storage::{ApplyError, Commit, Dirty, Epoch, Image, PageNo, Position, Reply};

pub use class::Class;
pub use limits::{DATABASE_BYTES, RESULT_BYTES, VALUE_BYTES};
pub use migration::Migrations;
pub use progress::{Headway, OnProgress, Progress};

/// One SQLite database in memory.
pub struct Engine {
    pages: Rc<RefCell<Pages>>,
    reader: Sqlite,
    /// Open from the first work to the next revert, apply, or reload.
    writer: Option<Sqlite>,
    staged_writes: WriteSet,
    on_progress: Option<OnProgress>,
}

/// Why an engine cannot work with an image.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// The pages are not those of an SQLite database: load or import others.
    #[error("it is no SQLite database: {0}")]
    NotADatabase(&'static str),
    /// SQLite could not open the database.
    #[error("SQLite cannot open it: {0}")]
    Sqlite(SqlFailure),
    /// SQLite refused the virtual file system: nothing can be opened in this process.
    #[error("SQLite does not accept the file system: {0}")]
    Vfs(String),
}

/// How a text ends the transaction around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With `COMMIT` or `END`: what it changed is to become durable.
    Commit,
    /// With `ROLLBACK`: nothing of it stays. `ROLLBACK TO` ends no transaction.
    Rollback,
}

/// Whether a transaction across calls is still open.
#[derive(Debug)]
pub enum Standing {
    /// Until it is over, the writer runs nothing else.
    Open,
    /// It is over, with the changes that must become durable; `None` if there are none or they were rolled back.
    Over(Option<Staged>),
}

/// The answer to a query, and what it depends on.
#[derive(Clone, Debug)]
pub struct Queried {
    /// Rows of the durable image; what is staged does not show in them.
    pub outcome: Outcome,
    /// Meets the write set of each commit that can change the rows.
    pub reads: ReadSet,
}

/// The result of some units of work.
#[derive(Debug)]
pub struct Run {
    /// One answer for each unit, in order. Give them out only when the pages are durable.
    pub answers: Vec<Answer>,
    /// `None` if nothing differs from the image.
    pub staged: Option<Staged>,
}

/// Changes that must become durable.
#[derive(Debug)]
pub struct Staged {
    /// The pages that differ from the image, from all work since the last publish or revert.
    pub dirty: Dirty,
    /// Covers all pages of `dirty`. It says "schema" if no statement accounts for them.
    pub write_set: WriteSet,
}

impl Engine {
    /// Opens an image; without pages it is an empty database. Fails if page 1 does not fit: see [`EngineError`].
    pub fn open(image: Image) -> Result<Engine, EngineError> {
        sound::verify(&image)?;
        let pages = Rc::new(RefCell::new(Pages::new(image)));
        let reader = Sqlite::open(&pages, View::Committed)?;
        Ok(Engine {
            pages,
            reader,
            writer: None,
            staged_writes: WriteSet::default(),
            on_progress: None,
        })
    }

    /// The position of the durable image. What is staged does not count.
    pub fn position(&self) -> Position {
        self.pages.borrow().image().position()
    }

    /// The image: the durable pages.
    pub fn image(&self) -> Ref<'_, Image> {
        Ref::map(self.pages.borrow(), Pages::image)
    }

    /// Sets the callback for every few milliseconds while a work or a query runs.
    pub fn set_on_progress(&mut self, on_progress: OnProgress) {
        self.on_progress = Some(on_progress);
    }

    /// The class of a text, as SQLite says. Runs nothing.
    ///
    /// A statement after a schema change may need that change before it can be prepared. The text then has the class of
    /// the statements before it, if these write, and its run will show the rest. A text without any statement fails
    /// with `EMPTY_STATEMENT`.
    pub fn classify(&mut self, sql: &str) -> Result<Class, SqlFailure> {
        let (kinds, prepared) = self.reader.kinds(sql);
        let seen = if prepared.is_ok() { Seen::All } else { Seen::Beginning };
        let strongest = strongest(&kinds, seen);
        match (prepared, strongest) {
            (Ok(()), Some(class)) => Ok(class),
            (Ok(()), None) => Err(work::empty()),
            (Err(_), Some(class @ (Class::Schema | Class::Write))) => Ok(class),
            (Err(failure), _) => Err(failure),
        }
    }

    /// Runs a query on the image. Refuses every statement that writes.
    pub fn query(&mut self, statement: &Statement) -> Result<Queried, SqlFailure> {
        let Statement { sql, params } = statement;
        let bracket = Bracket::default();
        let admit = |kind| match bracket.admit(kind) {
            Ok(admission) => only_reads(kind, admission),
            // A refusal because the statement writes is clearer than one because of its place.
            Err(refusal) => only_reads(kind, Admission::Run).and(Err(refusal)),
        };
        let on_progress = self.on_progress.as_ref();
        let performed = progress::during(on_progress, || {
            self.reader.perform(sql, params, Watch::Statement, &admit)
        });
        let effects = performed.map_err(recalled)?;
        bracket.finish().map_err(|_| control_in_query())?;
        if effects.statements == 0 {
            return Err(work::empty());
        }
        let rows = effects.rows.unwrap_or_default();
        let outcome = Outcome {
            rows,
            changes: 0,
            last_row_id: 0,
        };
        Ok(Queried {
            outcome,
            reads: effects.reads,
        })
    }

    /// Whether all these scripts have run here: then they need no leader. Fails with `MIGRATION_CHANGED` if a script
    /// has run with another text.
    pub fn migrations_applied(&mut self, scripts: &[Script]) -> Result<Migrations, SqlFailure> {
        migration::state(&self.reader, scripts)
    }

    /// Runs units of work in order. A unit that fails has no effect and does not fail its neighbours. The result is
    /// staged and not published: the reader does not see it.
    ///
    /// It may be called again before the result is published. Then more is staged on top, and [`Run::staged`] holds all
    /// that differs from the image.
    pub fn run(&mut self, works: &[&Work]) -> Run {
        let answers = works.iter().map(|work| self.perform(work)).collect();
        let staged = self.staged();
        Run { answers, staged }
    }

    /// Runs one unit of work, as [`Engine::run`] does. [`Engine::staged`] tells what must become durable.
    pub fn perform(&mut self, work: &Work) -> Answer {
        sabotage::meet(work);
        let on_progress = self.on_progress.clone();
        progress::during(on_progress.as_ref(), || {
            self.writer()?;
            self.run_one(work)
        })
    }

    /// Runs a text inside the open transaction across calls, or opens one (with a text of [`Class::Begins`]). Until the
    /// transaction is over, nothing else may run on the writer: [`Engine::run`] would fail. A transaction that ends by
    /// an error has no effect.
    pub fn transact(&mut self, statement: &Statement) -> (Answer, Standing) {
        let on_progress = self.on_progress.clone();
        let detail = self.detail();
        let writer = match self.writer() {
            Ok(writer) => writer,
            Err(failure) => return (Err(failure), Standing::Over(None)),
        };
        let Transacted { answer, writes } =
            progress::during(on_progress.as_ref(), || transaction::run(writer, statement, detail));
        let is_over = writer.is_autocommit();
        self.staged_writes.merge(writes);
        let checked = if is_over { self.check_schema() } else { Ok(()) };
        let answer = answer.and_then(|outcome| checked.map(|()| outcome));
        // SQLite may have committed to the overlay before the check failed.
        if is_over && answer.is_err() {
            self.revert();
            return (answer, Standing::Over(None));
        }
        let standing = if is_over {
            Standing::Over(self.staged())
        } else {
            Standing::Open
        };
        (answer, standing)
    }

    /// Runs a query inside the open transaction across calls.
    pub fn query_in_transaction(&mut self, statement: &Statement) -> Answer {
        let admit = |kind| only_reads(kind, Admission::Run);
        let on_progress = self.on_progress.clone();
        let writer = self.writer()?;
        progress::during(on_progress.as_ref(), || transaction::query(writer, statement, &admit)).map_err(recalled)
    }

    /// How a text would end the transaction around it; `None` if it would not.
    pub fn ending(&mut self, sql: &str) -> Option<Ending> {
        let kinds = self.reader.kinds(sql).0;
        match kinds.iter().rfind(|kind| !matches!(kind, Kind::Setting(_))) {
            Some(Kind::Transaction(Control::Commit)) => Some(Ending::Commit),
            Some(Kind::Transaction(Control::Rollback)) => Some(Ending::Rollback),
            _ => None,
        }
    }

    /// The error that SQLite gives for a text of [`Class::Controls`] if no transaction is open.
    pub fn refuse_control(&mut self, sql: &str) -> SqlFailure {
        let admit = |kind| match kind {
            Kind::Transaction(_) => Ok(Admission::Run),
            _ => Err(SqlFailure::new(
                Code::TransactionInText,
                "what opens a transaction must be the first statement of its text",
            )),
        };
        let ran = self.reader.perform(sql, &Params::none(), Watch::Statement, &admit);
        ran.err()
            .unwrap_or_else(|| SqlFailure::new(Code::Sqlite(ResultCode::ERROR), "no transaction is active"))
    }

    /// What is staged: all that differs from the image. `None` if nothing does.
    pub fn staged(&mut self) -> Option<Staged> {
        let dirty = self.pages.borrow_mut().dirty();
        if dirty.is_none() {
            self.staged_writes = WriteSet::default();
        }
        dirty.map(|dirty| {
            if self.staged_writes.is_empty() {
                // Pages differ though no statement reported a write: better invalidate all queries than too few.
                self.staged_writes.note_schema();
            }
            Staged {
                dirty,
                write_set: self.staged_writes.clone(),
            }
        })
    }

    /// Makes what is staged the commit that a leader of this epoch appends to the store.
    pub fn commit(&self, epoch: Epoch, staged: Staged, replies: Vec<Reply>) -> Commit {
        let Staged { dirty, write_set } = staged;
        self.image().commit(epoch, dirty, write_set, replies)
    }

    /// Makes the staged pages part of the image: the store has them, as this commit. On an error nothing has changed.
    pub fn publish(&mut self, commit: &Commit) -> Result<(), ApplyError> {
        let before = self.first_page();
        self.pages.borrow_mut().publish(commit)?;
        if !self.pages.borrow().is_staged() {
            self.staged_writes = WriteSet::default();
        }
        self.moved_by(commit, before);
        Ok(())
    }

    /// Drops the staged pages, which will never be durable. The database is as it was before.
    pub fn revert(&mut self) {
        if sabotage::is(Sabotage::OverlayNotReverted) {
            return;
        }
        self.writer = None;
        self.staged_writes = WriteSet::default();
        self.pages.borrow_mut().revert();
    }

    /// Moves a follower forward by a leader's commit, and drops what is staged. On an error nothing has changed.
    pub fn apply(&mut self, commit: &Commit) -> Result<(), ApplyError> {
        let before = self.first_page();
        self.pages.borrow_mut().apply(commit)?;
        self.writer = None;
        self.staged_writes = WriteSet::default();
        self.moved_by(commit, before);
        Ok(())
    }

    /// Takes another image, after a divergence or a gap that is too wide. On an error nothing has changed.
    pub fn reload(&mut self, image: Image) -> Result<(), EngineError> {
        let on_progress = self.on_progress.take();
        let reloaded = Engine::open(image).map(|engine| *self = engine);
        self.on_progress = on_progress;
        reloaded
    }

    /// Alters a byte of the image without a commit: for this package's own tests.
    #[cfg(feature = "sabotage")]
    pub fn damage(&mut self, number: PageNo, at: usize) {
        self.pages.borrow_mut().damage(number, at);
    }

    fn run_unit(&mut self, work: &Work) -> Answer {
        let detail = self.detail();
        let (outcome, written) = work::run(self.writer()?, work, detail).map_err(stopped)?;
        self.staged_writes.merge(written);
        Ok(outcome)
    }

    /// How much the next write sets must say: after a schema change the tables are enough.
    fn detail(&self) -> Detail {
        if self.staged_writes.changes_schema() {
            Detail::Tables
        } else {
            Detail::Columns
        }
    }

    /// After a schema change, refuses a schema over which statements could not be prepared.
    fn check_schema(&mut self) -> Result<(), SqlFailure> {
        if !self.staged_writes.changes_schema() {
            return Ok(());
        }
        self.writer()?.own(limits::check_schema)?
    }

    fn writer(&mut self) -> Result<&Sqlite, SqlFailure> {
        if self.writer.is_none() {
            let opened = Sqlite::open(&self.pages, View::Staged);
            self.writer = Some(opened.map_err(|error| match error {
                EngineError::Sqlite(failure) => failure,
                other => SqlFailure::new(Code::Sqlite(ResultCode::CANTOPEN), other.to_string()),
            })?);
        }
        self.writer
            .as_ref()
            .ok_or_else(|| SqlFailure::new(Code::Sqlite(ResultCode::CANTOPEN), "no writer"))
    }

    /// Opens the reader anew if an import has changed the text encoding or set the change counter back. A connection
    /// reads the encoding only once, and may take a lower counter for one that it has seen.
    fn moved_by(&mut self, commit: &Commit, before: FirstPage) {
        let after = self.first_page();
        if after.encoding != before.encoding || after.change_counter < before.change_counter {
            match Sqlite::open(&self.pages, View::Committed) {
                Ok(reader) => self.reader = reader,
                // The old reader will fail as well, and tell each query the reason.
                Err(_) => self.reader.forget_schema(),
            }
        } else if commit.write_set.changes_schema() {
            self.reader.forget_schema();
        }
    }

    /// What a connection remembers of page 1.
    fn first_page(&self) -> FirstPage {
        let image = self.image();
        let first: &[u8] = image.page(PageNo::FIRST).map_or(&[], |first| first);
        let header = Header::of(first);
        FirstPage {
            change_counter: header.change_counter(),
            encoding: header.encoding(),
        }
    }
}

struct FirstPage {
    change_counter: u32,
    encoding: u32,
}

fn only_reads(kind: Kind, admission: Admission) -> Result<Admission, SqlFailure> {
    match kind {
        _ if admission == Admission::PassOver => Ok(admission),
        Kind::Read => Ok(admission),
        Kind::Setting(setting) if setting.says_what_is_so() => Ok(Admission::PassOver),
        Kind::Setting(_) => Err(pragma::alone()),
        Kind::Rows | Kind::Schema | Kind::Vacuum => Err(SqlFailure::new(
            Code::Sqlite(ResultCode::READONLY),
            "a query only reads: give this statement to execute or queueWrite",
        )),
        Kind::Transaction(_) => Err(control_in_query()),
    }
}

/// The error of an interrupted query: a query is interrupted only because its page has given it up.
fn recalled(failure: SqlFailure) -> SqlFailure {
    match failure.code {
        Code::Sqlite(ResultCode::INTERRUPT) => {
            SqlFailure::query_stopped("its signal was aborted or interrupt() was called")
        }
        _ => failure,
    }
}

/// The error of an interrupted work: only [`OnProgress`] interrupts a work.
fn stopped(failure: SqlFailure) -> SqlFailure {
    match failure.code {
        Code::Sqlite(ResultCode::INTERRUPT) => SqlFailure::new(
            failure.code,
            "timeout: the write ran longer than its page waits for it, was stopped, and has no effect; do it in smaller pieces, \
             or give it more time with queueWriteWithTimeout()",
        ),
        _ => failure,
    }
}

fn control_in_query() -> SqlFailure {
    SqlFailure::new(
        Code::Sqlite(ResultCode::READONLY),
        "a query is a transaction of its own: leave BEGIN, COMMIT and SAVEPOINT out",
    )
}
