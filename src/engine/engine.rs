//! The engine: the only place that holds reader, writer and their pages together.
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

use std::cell::{Ref, RefCell};
use std::rc::Rc;

use super::class::{Class, Ending};
use super::engine_error::EngineError;
use super::migration::Migrations;
use super::pages::Pages;
use super::progress::{self, OnProgress};
use super::query::Queried;
use super::reader::Reader;
use super::sound;
use super::writer::{Staged, Standing, Writer};
use crate::sabotage;
use crate::sql::{Answer, Script, SqlFailure, Statement, Work};
#[cfg(feature = "sabotage")]
use crate::storage::PageNo;
use crate::storage::{ApplyError, Commit, Epoch, Image, Position, Reply};

/// One SQLite database in memory.
pub struct Engine {
    pages: Rc<RefCell<Pages>>,
    reader: Reader,
    writer: Writer,
    on_progress: Option<OnProgress>,
}

/// The result of some units of work.
#[derive(Debug)]
pub struct Run {
    /// One answer for each unit, in order. Give them out only when the pages are durable.
    pub answers: Vec<Answer>,
    /// `None` if nothing differs from the image.
    pub staged: Option<Staged>,
}

impl Engine {
    /// Opens an image; without pages it is an empty database. Fails if page 1 does not fit: see [`EngineError`].
    pub fn open(image: Image) -> Result<Engine, EngineError> {
        sound::verify(&image)?;
        let pages = Rc::new(RefCell::new(Pages::new(image)));
        Ok(Engine {
            reader: Reader::open(&pages)?,
            writer: Writer::new(&pages),
            pages,
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
        self.reader.classify(sql)
    }

    /// Runs a query on the image. Refuses every statement that writes.
    pub fn query(&mut self, statement: &Statement) -> Result<Queried, SqlFailure> {
        progress::during(self.on_progress.as_ref(), || self.reader.query(statement))
    }

    /// Whether all these scripts have run here: then they need no leader. Fails with `MIGRATION_CHANGED` if a script
    /// has run with another text.
    pub fn migrations_applied(&mut self, scripts: &[Script]) -> Result<Migrations, SqlFailure> {
        self.reader.migrations_applied(scripts)
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
        progress::during(self.on_progress.as_ref(), || self.writer.run(work))
    }

    /// Runs a text inside the open transaction across calls, or opens one (with a text of [`Class::Begins`]). Until the
    /// transaction is over, nothing else may run on the writer: [`Engine::run`] would fail. A transaction that ends by
    /// an error has no effect.
    pub fn transact(&mut self, statement: &Statement) -> (Answer, Standing) {
        self.writer.transact(statement, self.on_progress.as_ref())
    }

    /// Runs a query inside the open transaction across calls.
    pub fn query_in_transaction(&mut self, statement: &Statement) -> Answer {
        self.writer.query(statement, self.on_progress.as_ref())
    }

    /// How a text would end the transaction around it; `None` if it would not.
    pub fn ending(&mut self, sql: &str) -> Option<Ending> {
        self.reader.ending(sql)
    }

    /// The error that SQLite gives for a text of [`Class::Controls`] if no transaction is open.
    pub fn refuse_control(&mut self, sql: &str) -> SqlFailure {
        self.reader.refuse_control(sql)
    }

    /// What is staged: all that differs from the image. `None` if nothing does.
    pub fn staged(&mut self) -> Option<Staged> {
        self.writer.staged()
    }

    /// Makes what is staged the commit that a leader of this epoch appends to the store.
    pub fn commit(&self, epoch: Epoch, staged: Staged, replies: Vec<Reply>) -> Commit {
        let Staged { dirty, write_set } = staged;
        self.image().commit(epoch, dirty, write_set, replies)
    }

    /// Makes the staged pages part of the image: the store has them, as this commit. On an error nothing has changed.
    pub fn publish(&mut self, commit: &Commit) -> Result<(), ApplyError> {
        let before = self.reader.first_page();
        self.pages.borrow_mut().publish(commit)?;
        self.writer.published();
        self.reader.moved(commit, before);
        Ok(())
    }

    /// Drops the staged pages, which will never be durable. The database is as it was before.
    pub fn revert(&mut self) {
        self.writer.revert();
    }

    /// Moves a follower forward by a leader's commit, and drops what is staged. On an error nothing has changed.
    pub fn apply(&mut self, commit: &Commit) -> Result<(), ApplyError> {
        let before = self.reader.first_page();
        self.pages.borrow_mut().apply(commit)?;
        self.writer.close();
        self.reader.moved(commit, before);
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
}
