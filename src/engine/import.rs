//! Import: an SQLite file becomes the whole content of the database, as one commit like any other.
//!
//! The file is first opened as a database of its own and checked. So a file that is damaged, or that the engine could
//! not work with, is refused before anything changes (see [`super::sound`]). Then the writer stages the pages of the
//! file over the image. SQLite's own backup was refused: it commits by itself, and keeps the file's change counter, which a
//! reader may have seen last (see
//! [`super::engine`]). `VACUUM INTO` copies a file of another page size and keeps the rowids of
//! all tables. `VACUUM` would not keep them, and full-text indexes refer to them.

use std::cell::RefCell;
use std::rc::Rc;

use super::double_quotes::texts_in_double_quotes;
use super::header::Header;
use super::pages::{Pages, View};
use super::sqlite::Sqlite;
use super::{limits, sound, vfs};
use crate::sql::{Code, ResultCode, SqlFailure};
use crate::storage::{Image, Page, PageCount, PageSize, Seq};

/// A file, opened as a database of its own.
struct Source {
    pages: Rc<RefCell<Pages>>,
    session: Sqlite,
}

/// The pages of a file that is to take the place of the whole database `before`, with a change counter that no
/// connection to `before` has seen.
pub(super) fn pages(file: &[u8], before: &Pages) -> Result<Vec<Page>, SqlFailure> {
    let mut pages = content(file, before.image().page_size()).map_err(|failure| match failure.code {
        // The check was stopped before its end, because the page does not wait any longer.
        Code::ImportRefused | Code::Sqlite(ResultCode::INTERRUPT) => failure,
        _ => SqlFailure::import_refused(&failure.message),
    })?;
    let count = PageCount(pages.len() as u32);
    if let Some(first) = pages.first_mut() {
        let before = before.first().map(|first| Header::of(first));
        *first = Rc::from(Header::of(first).renewed(before, count));
    }
    Ok(pages)
}

/// The content of a file, in pages of the size `wanted`.
fn content(file: &[u8], wanted: PageSize) -> Result<Vec<Page>, SqlFailure> {
    let source = Source::open(file)?;
    let pages = source.pages.borrow();
    sound::check(&source.session, pages.image())?;
    if pages.image().page_size() == wanted {
        return Ok(pages.image().pages().to_vec());
    }
    drop(pages);
    let copy = Rc::new(RefCell::new(Pages::new(Image::from_pages(
        wanted,
        Vec::new(),
        Seq::default(),
    ))));
    let copying = format!("PRAGMA page_size = {}; VACUUM INTO 'copy'", wanted.bytes());
    vfs::with_second(&copy, || {
        source.session.own(|connection| {
            let _texts = texts_in_double_quotes(connection)?;
            connection.execute_batch(&copying)
        })
    })?;
    let copy = copy.borrow();
    let mut bytes = vec![0; copy.size(View::Staged) as usize];
    copy.read(View::Staged, &mut bytes, 0);
    Ok(split(&bytes, wanted))
}

impl Source {
    fn open(file: &[u8]) -> Result<Source, SqlFailure> {
        if file.len() as u64 > limits::DATABASE_BYTES {
            let most = limits::DATABASE_BYTES / 1024 / 1024;
            return Err(SqlFailure::import_refused(&format!(
                "it is larger than the {most} MiB that a database may have"
            )));
        }
        let header = Header::of(file);
        let size = header.page_size().filter(|_| header.is_sqlite());
        let size = size.ok_or_else(|| SqlFailure::import_refused("it is no SQLite database"))?;
        sound::check_header(file)?;
        let length =
            length(file, size).ok_or_else(|| SqlFailure::import_refused("it is cut off; copy it once more"))?;
        let image = Image::from_pages(size, split(&file[..length], size), Seq::default());
        let opened = sound::verify(&image).and_then(|()| {
            let pages = Rc::new(RefCell::new(Pages::new(image)));
            let session = Sqlite::open(&pages, View::Committed)?;
            Ok(Source { pages, session })
        });
        opened.map_err(|error| SqlFailure::import_refused(&error.to_string()))
    }
}

/// How many bytes of a file are the database: a program may have made the file longer in advance. The header tells,
/// unless the last program to write the file does not count its pages.
fn length(file: &[u8], size: PageSize) -> Option<usize> {
    if let Some(count) = Header::of(file).page_count() {
        let length = (count as usize).checked_mul(size.bytes())?;
        return (length <= file.len()).then_some(length);
    }
    file.len().is_multiple_of(size.bytes()).then_some(file.len())
}

fn split(file: &[u8], size: PageSize) -> Vec<Page> {
    file.chunks_exact(size.bytes()).map(Rc::from).collect()
}
