//! Import: an SQLite file becomes the whole content of the database, as one commit like any other.
//!
//! The file is opened as a database of its own first and looked through, so that what is damaged is refused before
//! anything is touched. Then its pages are staged over the image. SQLite's own backup was refused: it commits by
//! itself, and leaves the file's change counter as it is, which a reader may have seen last (see [`super`]).

use std::rc::Rc;

use super::pages::View;
use super::{Engine, migration};
use crate::sql::{Answer, SqlFailure, Work};
use crate::storage::{Image, Page, PageCount, PageSize, Seq};

/// Where the header has what SQLite compares to find out that a database has changed, and what depends on it
/// (<https://sqlite.org/fileformat2.html>, 1.3).
const CHANGE_COUNTER: usize = 24;
const PAGE_COUNT: usize = 28;
const SCHEMA_COOKIE: usize = 40;
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
        let Some(file) = file else {
            return self.run_unit(work);
        };
        let done = self.import(file).and_then(|()| {
            if let Work::Migrate { scripts } = work {
                migration::begin(self.writer()?, scripts)?;
            }
            self.run_unit(work)
        });
        done.inspect_err(|_| {
            self.writer = None;
            self.pages.borrow_mut().stage_again(staging);
        })
    }

    /// Stages a file in the place of everything.
    fn import(&mut self, file: &[u8]) -> Result<(), SqlFailure> {
        let wanted = self.image().page_size();
        let mut pages = pages(file, wanted)?;
        mark_as_new(&mut pages, self.pages.borrow().first());
        self.writer = None;
        self.pages.borrow_mut().replace(pages);
        self.staged_writes.note_schema();
        Ok(())
    }
}

/// The pages of a file, in pages of the size that is wanted.
fn pages(file: &[u8], wanted: PageSize) -> Result<Vec<Page>, SqlFailure> {
    let mut source = open(file)?;
    let found: String = source.reader.own(|connection| {
        let check = "PRAGMA quick_check(1)";
        connection.query_row(check, [], |row| row.get(0))
    })?;
    if found != "ok" {
        return Err(refused(&found));
    }
    if source.image().page_size() == wanted {
        return Ok(source.image().pages().to_vec());
    }
    let rebuild = format!("PRAGMA page_size = {}; VACUUM", wanted.bytes());
    source.writer()?.own(|connection| connection.execute_batch(&rebuild))?;
    let size = source.pages.borrow().size(View::Staged) as usize;
    let mut rebuilt = vec![0; size];
    source.pages.borrow().read(View::Staged, &mut rebuilt, 0);
    let count = u32_at(&rebuilt, PAGE_COUNT) as usize;
    Ok(split(&rebuilt[..count * wanted.bytes()], wanted))
}

/// So marks the first page that whoever knows `before` sees that everything is new. The other way round, what it
/// knows of the imported file cannot be known to anybody.
fn mark_as_new(pages: &mut [Page], before: Option<&Page>) {
    let count = PageCount(pages.len() as u32);
    let Some(first) = pages.first_mut() else { return };
    let mut header = first.to_vec();
    let next = |at: usize| {
        u32_at(first, at)
            .max(before.map_or(0, |before| u32_at(before, at)))
            .wrapping_add(1)
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
    let size = match file
        .get(16..18)
        .map(|bytes| u32::from(u16::from_be_bytes([bytes[0], bytes[1]])))
    {
        Some(1) => PageSize::new(65536),
        size => size.and_then(PageSize::new),
    };
    let size = size.ok_or_else(|| refused("it is no SQLite database"))?;
    if !file.len().is_multiple_of(size.bytes()) {
        return Err(refused("it is cut off"));
    }
    let image = Image::from_pages(size, split(file, size), Seq::default());
    Engine::open(image).map_err(|error| refused(&error.to_string()))
}

fn split(file: &[u8], size: PageSize) -> Vec<Page> {
    file.chunks_exact(size.bytes()).map(Rc::from).collect()
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let field = bytes.get(at..at + 4).and_then(|field| field.try_into().ok());
    field.map_or(0, u32::from_be_bytes)
}

fn refused(reason: &str) -> SqlFailure {
    SqlFailure::new("IMPORT_REFUSED", format!("the file cannot be imported: {reason}"))
}
