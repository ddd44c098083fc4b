//! The engine: SQLite over the pages of an image. Used by `tab`, in every tab; only a leader runs work.
//!
//! ```text
//!   query ──▶ reader ──▶ View::Committed ─┐
//!                                         ├─ Pages { image, overlay } ──▶ publish | revert | apply
//!   run ────▶ writer ──▶ View::Staged ────┘
//! ```
//!
//! Two connections over one image. The **reader** sees what is durable and nothing else: all queries of
//! all tabs run on it, so nobody is shown what could still vanish. The **writer** sees its own pages over
//! the image; they are handed out by [`Engine::run`] as [`Staged`], and become the image by
//! [`Engine::publish`] once the store has them, or are dropped by [`Engine::revert`].
//!
//! # No stale pages
//!
//! SQLite keeps pages and the parsed schema between transactions. When a transaction begins it compares
//! 16 bytes of page 1, the change counter first among them, with those it saw last, and drops its pages if they
//! differ; the schema cookie, also in page 1, does the same for the schema
//! (<https://sqlite.org/fileformat2.html>, 1.3.7 and 1.3.9). That is sound as long as a connection's view
//! moves along one history, for each commit counts up from the one before. So it holds
//! * for the reader under `publish` and `apply`: the image moves along the one history;
//! * for the writer under `publish`: the bytes that it sees stay what they were.
//!
//! It does not hold for the writer under `revert`: the counter goes back, and another commit may count
//! up to the same number with other content (a tab that lost leadership with a write in flight meets
//! exactly this). Nor under `reload`, whose image may be any. There the connection is **closed**; the writer
//! opens anew with the next work. Under `apply` it is closed too: a follower needs none, and the rule
//! "a writer lives from its first work to the next revert, apply, or reload" is easy to keep. Opening
//! one costs well under a millisecond. Resetting the cache was refused: `SQLITE_FCNTL_RESET_CACHE` drops
//! the pages but not the schema, and is out of reach of safe code.

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
mod session;
mod sound;
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
use session::{Detail, Session};
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
    reader: Session,
    /// Open from the first work to the next revert, apply, or reload.
    writer: Option<Session>,
    staged_writes: WriteSet,
    on_progress: Option<OnProgress>,
}

/// Why an engine cannot work with an image.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// The pages are not those of an SQLite database: load or import others.
    #[error("it is no SQLite database: {0}")]
    NotADatabase(&'static str),
    /// SQLite would not open it.
    #[error("SQLite cannot open it: {0}")]
    Sqlite(SqlFailure),
    /// SQLite would not take the virtual file system: nothing can be opened in this process.
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

/// Whether a transaction is open across calls.
#[derive(Debug)]
pub enum Standing {
    /// Until it is over, the writer runs nothing else.
    Open,
    /// It is over; what it changed is to become durable, if anything. `None` also where it was rolled back.
    Over(Option<Staged>),
}

/// What a query answered and what it depends on.
#[derive(Clone, Debug)]
pub struct Queried {
    /// Rows of the durable image; what is staged does not show in them.
    pub outcome: Outcome,
    /// Meets the write set of each commit that can change the rows.
    pub reads: ReadSet,
}

/// What came of some units of work.
#[derive(Debug)]
pub struct Run {
    /// One for each unit, in order. Not to be given before the pages are durable.
    pub answers: Vec<Answer>,
    /// `None` if nothing differs from the image.
    pub staged: Option<Staged>,
}

/// What is to become durable.
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
        let reader = Session::open(&pages, View::Committed)?;
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

    /// The durable pages.
    pub fn image(&self) -> Ref<'_, Image> {
        Ref::map(self.pages.borrow(), Pages::image)
    }

    /// From now on this is called every few milliseconds while a work runs.
    pub fn set_on_progress(&mut self, on_progress: OnProgress) {
        self.on_progress = Some(on_progress);
    }

    /// What the statements of this text are, as SQLite says. Never runs anything.
    ///
    /// A statement behind one that changes the schema may need that change before it can be prepared;
    /// the text then counts as [`Class::Schema`], and whoever runs it will see. A text without any
    /// statement fails with `EMPTY_STATEMENT`.
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

    /// Runs on the committed snapshot; refuses anything that writes.
    pub fn query(&mut self, statement: &Statement) -> Result<Queried, SqlFailure> {
        let Statement { sql, params } = statement;
        let bracket = Bracket::default();
        let admit = |kind| match bracket.admit(kind) {
            Ok(admission) => only_reads(kind, admission),
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

    /// Whether all these scripts have run here, so that no leader is needed for them. Fails with
    /// `MIGRATION_CHANGED` if one has run with another text.
    pub fn migrations_applied(&mut self, scripts: &[Script]) -> Result<Migrations, SqlFailure> {
        migration::state(&self.reader, scripts)
    }

    /// Runs units of work in order; one failing has no effect and does not fail its neighbours. The
    /// result is staged, not published: the reader does not see it.
    ///
    /// May be called again before that: then more is staged on top, and [`Run::staged`] names all that
    /// differs from the image.
    pub fn run(&mut self, works: &[&Work]) -> Run {
        let answers = works.iter().map(|work| self.perform(work)).collect();
        let staged = self.staged();
        Run { answers, staged }
    }

    /// Runs one unit of work, as [`Engine::run`] does; [`Engine::staged`] names what is to become durable.
    pub fn perform(&mut self, work: &Work) -> Answer {
        sabotage::meet(work);
        let on_progress = self.on_progress.clone();
        progress::during(on_progress.as_ref(), || {
            self.writer()?;
            self.run_one(work)
        })
    }

    /// Runs a text inside the transaction that is open across calls, or opens one with it (a text of
    /// [`Class::Begins`]). Between the first and the one after which the transaction is over, nothing else
    /// may run: [`Engine::run`] would fail. If it is over by an error, it had no effect.
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

    /// Runs a query inside the transaction that is open across calls.
    pub fn query_in_transaction(&mut self, statement: &Statement) -> Answer {
        let admit = |kind| only_reads(kind, Admission::Run);
        let on_progress = self.on_progress.clone();
        let writer = self.writer()?;
        progress::during(on_progress.as_ref(), || transaction::query(writer, statement, &admit)).map_err(recalled)
    }

    /// How a text would end the transaction around it, if it would.
    pub fn ending(&mut self, sql: &str) -> Option<Ending> {
        let kinds = self.reader.kinds(sql).0;
        match kinds.iter().rfind(|kind| !matches!(kind, Kind::Setting(_))) {
            Some(Kind::Transaction(Control::Commit)) => Some(Ending::Commit),
            Some(Kind::Transaction(Control::Rollback)) => Some(Ending::Rollback),
            _ => None,
        }
    }

    /// What SQLite says to a text of [`Class::Controls`] where no transaction is open.
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

    /// What differs from the image.
    pub fn staged(&mut self) -> Option<Staged> {
        let dirty = self.pages.borrow_mut().dirty();
        if dirty.is_none() {
            self.staged_writes = WriteSet::default();
        }
        dirty.map(|dirty| {
            if self.staged_writes.is_empty() {
                // Pages differ and no statement owned up to it: better all queries than one too few.
                self.staged_writes.note_schema();
            }
            Staged {
                dirty,
                write_set: self.staged_writes.clone(),
            }
        })
    }

    /// What is staged, as the commit that a leader of this epoch has the store keep.
    pub fn commit(&self, epoch: Epoch, staged: Staged, replies: Vec<Reply>) -> Commit {
        let Staged { dirty, write_set } = staged;
        self.image().commit(epoch, dirty, write_set, replies)
    }

    /// The staged pages are durable, as this commit. On an error nothing has changed.
    pub fn publish(&mut self, commit: &Commit) -> Result<(), ApplyError> {
        let before = self.first_page();
        self.pages.borrow_mut().publish(commit)?;
        if !self.pages.borrow().is_staged() {
            self.staged_writes = WriteSet::default();
        }
        self.moved_by(commit, before);
        Ok(())
    }

    /// The staged pages are not durable and never will be: the database is as it was before.
    pub fn revert(&mut self) {
        if sabotage::is(Sabotage::OverlayNotReverted) {
            return;
        }
        self.writer = None;
        self.staged_writes = WriteSet::default();
        self.pages.borrow_mut().revert();
    }

    /// A follower moves forward by a leader's commit; what is staged is void. On an error nothing has
    /// changed.
    pub fn apply(&mut self, commit: &Commit) -> Result<(), ApplyError> {
        let before = self.first_page();
        self.pages.borrow_mut().apply(commit)?;
        self.writer = None;
        self.staged_writes = WriteSet::default();
        self.moved_by(commit, before);
        Ok(())
    }

    /// Takes another image, after a divergence or a gap too wide. On an error nothing has changed.
    pub fn reload(&mut self, image: Image) -> Result<(), EngineError> {
        let on_progress = self.on_progress.take();
        let reloaded = Engine::open(image).map(|engine| *self = engine);
        self.on_progress = on_progress;
        reloaded
    }

    /// Alters a byte of the image behind everybody's back: for this package's own tests.
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

    /// What is staged already says how much is to be told of what comes.
    fn detail(&self) -> Detail {
        if self.staged_writes.changes_schema() {
            Detail::Tables
        } else {
            Detail::Columns
        }
    }

    /// Refuses what no statement could be prepared over, when the schema has changed.
    fn check_schema(&mut self) -> Result<(), SqlFailure> {
        if !self.staged_writes.changes_schema() {
            return Ok(());
        }
        self.writer()?.own(limits::check_schema)?
    }

    fn writer(&mut self) -> Result<&Session, SqlFailure> {
        if self.writer.is_none() {
            let opened = Session::open(&self.pages, View::Staged);
            self.writer = Some(opened.map_err(|error| match error {
                EngineError::Sqlite(failure) => failure,
                other => SqlFailure::new(Code::Sqlite(ResultCode::CANTOPEN), other.to_string()),
            })?);
        }
        self.writer
            .as_ref()
            .ok_or_else(|| SqlFailure::new(Code::Sqlite(ResultCode::CANTOPEN), "no writer"))
    }

    /// A connection asks for the encoding once, and takes a change counter that goes back for one that it has seen:
    /// after the import of such a file the reader is opened anew.
    fn moved_by(&mut self, commit: &Commit, before: FirstPage) {
        let after = self.first_page();
        if after.encoding != before.encoding || after.change_counter < before.change_counter {
            match Session::open(&self.pages, View::Committed) {
                Ok(reader) => self.reader = reader,
                // Then the old one fails as well, and says why to whoever asks.
                Err(_) => self.reader.forget_schema(),
            }
        } else if commit.write_set.changes_schema() {
            self.reader.forget_schema();
        }
    }

    /// What a connection knows of page 1.
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

/// A query is only ever interrupted because its page has given it up.
fn recalled(failure: SqlFailure) -> SqlFailure {
    match failure.code {
        Code::Sqlite(ResultCode::INTERRUPT) => {
            SqlFailure::query_stopped("its signal was aborted or interrupt() was called")
        }
        _ => failure,
    }
}

/// A work is only ever interrupted by [`OnProgress`].
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
