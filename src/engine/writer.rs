//! The writer: the connection that sees its own pages over the image, and what it has staged there.
//!
//! The engine gives it the works of a leader, and the texts of a transaction across calls. Invariants:
//! * the connection is open from the first work to the next revert, apply, or reload ([`super::engine`] says why);
//! * a work that fails leaves the pages, and what the write set says of them, as they were or better covered.
//!
//! [`super::work`] runs the statements of a work. What comes before and after them is done here: the file that a work
//! brings is staged before its transaction begins, and the schema is checked when the transaction is over.

use std::cell::RefCell;
use std::rc::Rc;

use super::engine_error::EngineError;
use super::pages::{Pages, View};
use super::progress::{self, OnProgress};
use super::recognition::{self, Objects};
use super::sqlite::{Detail, Sqlite};
use super::transaction::{self, Transacted};
use super::{import, limits, migration, query, work};
use crate::sabotage::{self, Sabotage};
use crate::sql::{Answer, Code, ResultCode, Script, SqlFailure, Statement, Work, WriteSet};
use crate::storage::{Dirty, Image, PageSize, Seq};

pub(super) struct Writer {
    pages: Rc<RefCell<Pages>>,
    session: Option<Sqlite>,
    staged_writes: WriteSet,
}

/// Whether a transaction across calls is still open.
#[derive(Debug)]
pub enum Standing {
    /// Until it is over, the writer runs nothing else.
    Open,
    /// It is over, with the changes that must become durable; `None` if there are none or they were rolled back.
    Over(Option<Staged>),
}

/// Changes that must become durable.
#[derive(Debug)]
pub struct Staged {
    /// The pages that differ from the image, from all work since the last publish or revert.
    pub dirty: Dirty,
    /// Covers all pages of `dirty`. It says "schema" if no statement accounts for them.
    pub write_set: WriteSet,
}

impl Writer {
    /// A writer over these pages. It opens with its first work.
    pub(super) fn new(pages: &Rc<RefCell<Pages>>) -> Self {
        Writer {
            pages: Rc::clone(pages),
            session: None,
            staged_writes: WriteSet::default(),
        }
    }

    /// Runs one unit of work. If the unit brings a file, the file is staged first.
    pub(super) fn run(&mut self, work: &Work) -> Answer {
        self.session()?;
        let staging = self.pages.borrow().staging();
        let file = match work {
            Work::Import { file, .. } => Some(file.as_slice()),
            Work::Migrate { scripts } => migration::seed(self.session()?, scripts)?,
            Work::Batch { .. } => None,
        };
        // ROLLBACK cannot undo a staged file or a unit that has committed: then an error puts the earlier overlay back.
        let mut take_back = file.is_some();
        let imported = file.map_or(Ok(()), |file| self.import(file));
        let done = imported.and_then(|()| {
            if let (Some(_), Work::Migrate { scripts }) = (file, work) {
                migration::begin(self.session()?, scripts)?;
            }
            let outcome = self.run_unit(work)?;
            take_back = true;
            self.check_schema().map(|()| outcome)
        });
        done.inspect_err(|_| {
            if take_back {
                self.session = None;
                self.pages.borrow_mut().stage_again(staging);
            }
        })
    }

    /// Runs a text inside the open transaction across calls, or opens one with it.
    pub(super) fn transact(&mut self, statement: &Statement, on_progress: Option<&OnProgress>) -> (Answer, Standing) {
        let detail = self.detail();
        let session = match self.session() {
            Ok(session) => session,
            Err(failure) => return (Err(failure), Standing::Over(None)),
        };
        let Transacted { answer, writes } =
            progress::during(on_progress, || transaction::run(session, statement, detail));
        let is_over = session.is_autocommit();
        self.staged_writes.merge(writes);
        let checked = if is_over { self.check_schema() } else { Ok(()) };
        let answer = answer.and_then(|outcome| checked.map(|()| outcome));
        let standing = match is_over {
            false => Standing::Open,
            // SQLite may have committed to the overlay before the check failed.
            true if answer.is_err() => {
                self.revert();
                Standing::Over(None)
            }
            true => Standing::Over(self.staged()),
        };
        (answer, standing)
    }

    /// Runs a query inside the open transaction across calls.
    pub(super) fn query(&mut self, statement: &Statement, on_progress: Option<&OnProgress>) -> Answer {
        let session = self.session()?;
        progress::during(on_progress, || query::run_inside(session, statement))
    }

    /// What is staged: all that differs from the image. `None` if nothing does.
    pub(super) fn staged(&mut self) -> Option<Staged> {
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

    /// The image has taken in what was staged. What was staged after it stays.
    pub(super) fn published(&mut self) {
        if !self.pages.borrow().is_staged() {
            self.staged_writes = WriteSet::default();
        }
    }

    /// Drops what is staged, and closes the connection.
    pub(super) fn revert(&mut self) {
        if sabotage::is(Sabotage::OverlayNotReverted) {
            return;
        }
        self.close();
        self.pages.borrow_mut().revert();
    }

    /// Closes the connection. Nothing is staged any more.
    pub(super) fn close(&mut self) {
        self.session = None;
        self.staged_writes = WriteSet::default();
    }

    /// Stages a file in place of the whole database.
    fn import(&mut self, file: &[u8]) -> Result<(), SqlFailure> {
        let pages = import::pages(file, &self.pages.borrow()).map_err(stopped)?;
        self.session = None;
        self.pages.borrow_mut().replace(pages);
        self.staged_writes.note_schema();
        Ok(())
    }

    fn run_unit(&mut self, work: &Work) -> Answer {
        let detail = self.detail();
        let (outcome, written) = work::run(self.session()?, work, detail, rehearse).map_err(stopped)?;
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
        self.session()?.own(limits::check_schema)?
    }

    fn session(&mut self) -> Result<&Sqlite, SqlFailure> {
        if self.session.is_none() {
            let opened = Sqlite::open(&self.pages, View::Staged);
            self.session = Some(opened.map_err(|error| match error {
                EngineError::Sqlite(failure) => failure,
                other => SqlFailure::new(Code::Sqlite(ResultCode::CANTOPEN), other.to_string()),
            })?);
        }
        self.session
            .as_ref()
            .ok_or_else(|| SqlFailure::new(Code::Sqlite(ResultCode::CANTOPEN), "no writer"))
    }
}

/// Runs the scripts on an empty scratch database, and returns the schema after each, up to the first that fails.
fn rehearse(scripts: &[Script]) -> Vec<Objects> {
    let image = Image::from_pages(PageSize::DEFAULT, Vec::new(), Seq::default());
    let mut scratch = Writer::new(&Rc::new(RefCell::new(Pages::new(image))));
    // The scratch database records its migrations, so each round runs only the script that is new.
    let run = |count| {
        let work = Work::Migrate {
            scripts: scripts[..count].to_vec(),
        };
        scratch.run(&work).ok()?;
        scratch.session().ok()?.own(recognition::objects).ok()
    };
    (1..=scripts.len()).map_while(run).collect()
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
