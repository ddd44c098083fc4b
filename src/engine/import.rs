//! Import: an SQLite file becomes the whole content of the database, as one commit like any other.
//!
//! The file is opened as a database of its own first and looked through, so that what is damaged, or what the engine
//! could not work with, is refused before anything is touched (see [`super::sound`]). Then its pages are staged over the
//! image. SQLite's own backup was refused: it commits by itself, and leaves the file's change counter as it is, which a
//! reader may have seen last (see [`super`]). A file of another page size is copied by `VACUUM INTO`, which keeps the
//! rowids of all tables; `VACUUM` would not, and full-text indexes refer to them.

use std::cell::RefCell;
use std::rc::Rc;

use super::pages::{Pages, View};
use super::{Engine, limits, migration, sound, vfs};
use crate::sql::{Answer, Code, ResultCode, SqlFailure, Work};
use crate::storage::{Image, Page, PageCount, PageSize, Seq};

/// Where the header has what SQLite compares to find out that a database has changed, and what depends on it
/// (<https://sqlite.org/fileformat2.html>, 1.3).
pub(super) const CHANGE_COUNTER: usize = 24;
const PAGE_COUNT: usize = 28;
const SCHEMA_COOKIE: usize = 40;
pub(super) const ENCODING: usize = 56;
const VALID_FOR: usize = 92;

impl Engine {
    /// Runs one unit; one that brings a file has it staged before.
    pub(super) fn run_one(&mut self, work: &Work) -> Answer {
        let staging = self.pages.borrow().staging();
        let file = match work {
            Work::Import { file, .. } => Some(file.as_slice()),
            Work::Migrate { scripts } => migration::seed(self.writer()?, scripts)?,
            Work::Batch { .. } => None,
        };
        let mut take_back = file.is_some();
        let imported = file.map_or(Ok(()), |file| self.import(file));
        let done = imported.and_then(|()| {
            if let (Some(_), Work::Migrate { scripts }) = (file, work) {
                migration::begin(self.writer()?, scripts)?;
            }
            let outcome = self.run_unit(work)?;
            take_back = true;
            self.check_schema().map(|()| outcome)
        });
        done.inspect_err(|_| {
            if take_back {
                self.writer = None;
                self.pages.borrow_mut().stage_again(staging);
            }
        })
    }

    /// Stages a file in the place of everything.
    fn import(&mut self, file: &[u8]) -> Result<(), SqlFailure> {
        let wanted = self.image().page_size();
        let mut pages = pages(file, wanted).map_err(|failure| match failure.code {
            Code::ImportRefused => failure,
            // It was not looked through to its end: whoever waits has given up.
            Code::Sqlite(ResultCode::INTERRUPT) => super::stopped(failure),
            _ => SqlFailure::import_refused(&failure.message),
        })?;
        mark_as_new(&mut pages, self.pages.borrow().first());
        self.writer = None;
        self.pages.borrow_mut().replace(pages);
        self.staged_writes.note_schema();
        Ok(())
    }
}

/// The pages of a file, in pages of the size that is wanted.
fn pages(file: &[u8], wanted: PageSize) -> Result<Vec<Page>, SqlFailure> {
    let source = open(file)?;
    sound::check(&source)?;
    if source.image().page_size() == wanted {
        return Ok(source.image().pages().to_vec());
    }
    let copy = Rc::new(RefCell::new(Pages::new(Image::from_pages(
        wanted,
        Vec::new(),
        Seq::default(),
    ))));
    let copying = format!("PRAGMA page_size = {}; VACUUM INTO 'copy'", wanted.bytes());
    vfs::with_second(&copy, || {
        source.reader.own(|connection| {
            let _texts = sound::texts_in_double_quotes(connection)?;
            connection.execute_batch(&copying)
        })
    })?;
    let copy = copy.borrow();
    let mut bytes = vec![0; copy.size(View::Staged) as usize];
    copy.read(View::Staged, &mut bytes, 0);
    Ok(split(&bytes, wanted))
}

/// So marks the first page that whoever knows `before` sees that everything is new. The other way round, what it
/// knows of the imported file cannot be known to anybody: a counter that is at its end begins anew, and whoever sees
/// one go backwards opens the database anew.
fn mark_as_new(pages: &mut [Page], before: Option<&Page>) {
    let count = PageCount(pages.len() as u32);
    let Some(first) = pages.first_mut() else { return };
    let mut header = first.to_vec();
    let next = |at: usize| {
        let before = before.map_or(0, |before| u32_at(before, at));
        let highest = u32_at(first, at).max(before);
        highest.checked_add(1).unwrap_or(if before == 1 { 2 } else { 1 })
    };
    for (at, value) in [
        (CHANGE_COUNTER, next(CHANGE_COUNTER)),
        (VALID_FOR, next(CHANGE_COUNTER)),
        (SCHEMA_COOKIE, next(SCHEMA_COOKIE)),
        (PAGE_COUNT, count.0),
    ] {
        header[at..at + 4].copy_from_slice(&value.to_be_bytes());
    }
    *first = Rc::from(header);
}

fn open(file: &[u8]) -> Result<Engine, SqlFailure> {
    if file.len() as u64 > limits::DATABASE_BYTES {
        let most = limits::DATABASE_BYTES / 1024 / 1024;
        return Err(SqlFailure::import_refused(&format!(
            "it is larger than the {most} MiB that a database may have"
        )));
    }
    let size = match file
        .get(16..18)
        .map(|bytes| u32::from(u16::from_be_bytes([bytes[0], bytes[1]])))
    {
        Some(1) => PageSize::new(65536),
        size => size.and_then(PageSize::new),
    };
    let size = size.ok_or_else(|| SqlFailure::import_refused("it is no SQLite database"))?;
    if !file.starts_with(b"SQLite format 3\0") {
        return Err(SqlFailure::import_refused("it is no SQLite database"));
    }
    sound::check_header(file)?;
    let length = length(file, size).ok_or_else(|| SqlFailure::import_refused("it is cut off; copy it once more"))?;
    let image = Image::from_pages(size, split(&file[..length], size), Seq::default());
    Engine::open(image).map_err(|error| SqlFailure::import_refused(&error.to_string()))
}

/// How much of a file is the database: a program may have made it longer beforehand. The header knows, unless a program
/// that does not count wrote last.
fn length(file: &[u8], size: PageSize) -> Option<usize> {
    let count = u32_at(file, PAGE_COUNT) as usize;
    let counts = count > 0 && u32_at(file, CHANGE_COUNTER) == u32_at(file, VALID_FOR);
    if counts {
        let length = count.checked_mul(size.bytes())?;
        return (length <= file.len()).then_some(length);
    }
    file.len().is_multiple_of(size.bytes()).then_some(file.len())
}

fn split(file: &[u8], size: PageSize) -> Vec<Page> {
    file.chunks_exact(size.bytes()).map(Rc::from).collect()
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let field = bytes.get(at..at + 4).and_then(|field| field.try_into().ok());
    field.map_or(0, u32::from_be_bytes)
}
