//! Checks that the engine can work with an imported file: everything that SQLite, or this engine over it, takes for
//! granted.
//!
//! The engine calls [`verify`] for each image that it opens. `import` calls [`check_header`] for the file, and
//! [`check`] for the file opened as a database of its own. Each check is safe only after the one before it, so the
//! order is:
//! 1. the header;
//! 2. the depth of the trees: SQLite's own check recurses, and overflows the stack at 3,000 pages;
//! 3. the texts of the schema: the binding to SQLite stops the worker at a name that is not UTF-8;
//! 4. SQLite's own check.
//!
//! A file may use collations, functions and modules that this build does not have; only statements that need them fail.
//! SQLite's check of the whole file fails then too, so the check goes table by table and skips those that it cannot
//! check.

use rusqlite::Connection;

use super::engine_error::EngineError;
use super::header::{Header, u32_at};
use super::sqlite::Sqlite;
use super::{limits, migration};
use crate::sql::{Code, ResultCode, SqlFailure};
use crate::storage::{Image, PageNo};

/// The most pages from a root to a leaf. SQLite goes no deeper, and needs 13 for the largest database.
const TREE_PAGES: usize = 19;
const INTERIOR_INDEX: u8 = 2;
const INTERIOR_TABLE: u8 = 5;

/// Checks that the header is SQLite's and names the page size of the image (<https://sqlite.org/fileformat2.html>,
/// 1.3.1 and 1.3.2).
pub(super) fn verify(image: &Image) -> Result<(), EngineError> {
    let Some(first) = image.page(PageNo::FIRST) else {
        return Ok(());
    };
    let header = Header::of(first);
    if !header.is_sqlite() {
        return Err(EngineError::NotADatabase("its first page has no header"));
    }
    let size = image.page_size();
    if header.page_size() != Some(size) || first.len() != size.bytes() {
        return Err(EngineError::NotADatabase("its header names another page size"));
    }
    Ok(())
}

/// Checks the header of a file, and nothing else of it.
pub(super) fn check_header(file: &[u8]) -> Result<(), SqlFailure> {
    let header = Header::of(file);
    if !header.is_whole() {
        return Err(SqlFailure::import_refused("it is cut off"));
    }
    if !header.is_known() {
        return Err(SqlFailure::import_refused(
            "its format is not one that SQLite knows so far",
        ));
    }
    if header.reserved() > 32 {
        return Err(SqlFailure::import_refused(
            "more than 32 bytes of each page are reserved: it may be encrypted",
        ));
    }
    Ok(())
}

/// Checks a whole database.
pub(super) fn check(reader: &Sqlite, image: &Image) -> Result<(), SqlFailure> {
    let roots = reader.own(|connection| {
        let mut roots = connection.prepare("SELECT rootpage FROM sqlite_schema WHERE rootpage > 0")?;
        let roots = roots.query_map([], |row| row.get::<_, u32>(0))?;
        roots.collect::<rusqlite::Result<Vec<_>>>()
    })?;
    check_trees(image, &roots).map_err(|reason| SqlFailure::import_refused(&reason))?;
    if let Some(what) = reader.own(foreign_text)? {
        return Err(SqlFailure::import_refused(&format!("a text in {what} is no UTF-8")));
    }
    let found = match reader.own(|connection| quick_check(connection, None)) {
        // SQLite could not begin: the schema uses something that this build does not have.
        Err(SqlFailure {
            code: Code::Sqlite(code),
            ..
        }) if code.primary() == ResultCode::ERROR => reader.own(check_each)?,
        found => found?,
    };
    if found != "ok" {
        return Err(SqlFailure::import_refused(&found));
    }
    reader
        .own(limits::check_schema)?
        .map_err(|failure| SqlFailure::import_refused(&failure.message))
}

/// Checks that no tree is deeper than SQLite can go, and that no page is used twice.
fn check_trees(image: &Image, roots: &[u32]) -> Result<(), String> {
    let mut seen = vec![false; image.pages().len()];
    // A list of the pages to visit, and no recursion: the depth is what is being checked. Page 1 is the schema's root.
    let mut path: Vec<(u32, usize)> = roots.iter().chain(&[1]).map(|root| (*root, 1)).collect();
    while let Some((number, depth)) = path.pop() {
        let index = (number as usize).wrapping_sub(1);
        let (Some(page), Some(seen)) = (image.pages().get(index), seen.get_mut(index)) else {
            return Err(format!("it has no page {number}"));
        };
        if std::mem::replace(seen, true) {
            return Err(format!("page {number} is used twice"));
        }
        let tree = &page[if number == 1 { Header::LENGTH } else { 0 }..];
        if ![INTERIOR_INDEX, INTERIOR_TABLE].contains(&tree[0]) {
            continue;
        }
        if depth >= TREE_PAGES {
            return Err(format!("a tree is more than {TREE_PAGES} pages deep"));
        }
        // An interior page names its right-most child in its header, and one more child in each cell (1.6).
        let cells = usize::from(u16::from_be_bytes([tree[3], tree[4]]));
        path.push((u32_at(tree, 8), depth + 1));
        for pointer in tree[12..].chunks_exact(2).take(cells) {
            let at = usize::from(u16::from_be_bytes([pointer[0], pointer[1]]));
            path.push((u32_at(page, at), depth + 1));
        }
    }
    check_free_pages(image, &mut seen)
}

/// Checks the freelist: each free page exists, is listed once and belongs to no tree, and there are as many as the
/// header says.
fn check_free_pages(image: &Image, seen: &mut [bool]) -> Result<(), String> {
    let Some(first) = image.pages().first() else {
        return Ok(());
    };
    let mut free = |number: u32| {
        let index = (number as usize).wrapping_sub(1);
        match seen.get_mut(index).map(|seen| std::mem::replace(seen, true)) {
            Some(false) => Ok(&image.pages()[index]),
            _ => Err(format!("page {number} is free and is none or used as well")),
        }
    };
    let header = Header::of(first);
    let (mut trunk, mut count) = (header.free_trunk(), 0);
    while trunk != 0 {
        let page = free(trunk)?;
        // A trunk page has the number of the next trunk, the count of its leaves, and the leaves (1.5).
        let leaves = u32_at(page, 4) as usize;
        if leaves > page.len() / 4 - 2 {
            return Err(format!("page {trunk} has no list of free pages"));
        }
        for leaf in page[8..].chunks_exact(4).take(leaves) {
            free(u32_at(leaf, 0))?;
        }
        trunk = u32_at(page, 0);
        count += 1 + leaves;
    }
    let said = header.free_pages() as usize;
    if count == said {
        Ok(())
    } else {
        Err(format!("of {said} free pages there are {count}"))
    }
}

/// Where the schema or the record of migrations has a text that is not UTF-8; `None` if nowhere.
fn foreign_text(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let mut schema = connection.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema")?;
    let mut rows = schema.query([])?;
    while let Some(row) = rows.next()? {
        for column in 0..4 {
            if matches!(row.get_ref(column)?.as_bytes_or_null(), Ok(Some(text)) if str::from_utf8(text).is_err()) {
                let name =
                    String::from_utf8_lossy(row.get_ref(1)?.as_bytes_or_null()?.unwrap_or_default()).into_owned();
                return Ok(Some(format!("the schema, at {name:?},")));
            }
        }
    }
    if migration::has_record(connection)? {
        let mut scripts = connection.prepare(migration::RECORDED)?;
        let mut rows = scripts.query([])?;
        while let Some(row) = rows.next()? {
            if row.get::<_, String>(0).is_err() {
                return Ok(Some("the record of its migrations".to_owned()));
            }
        }
    }
    Ok(None)
}

/// What SQLite's `quick_check` finds first in one table, or in the whole file; "ok" if nothing.
fn quick_check(connection: &Connection, table: Option<&str>) -> rusqlite::Result<String> {
    let check = match table {
        Some(table) => format!("PRAGMA quick_check('{}')", table.replace('\'', "''")),
        None => "PRAGMA quick_check(1)".to_owned(),
    };
    connection.query_row(&check, [], |row| row.get(0))
}

/// Checks one table after the other like this. Skips the tables that cannot be checked here.
fn check_each(connection: &Connection) -> rusqlite::Result<String> {
    let mut tables = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0")?;
    let tables = tables.query_map([], |row| row.get::<_, String>(0))?;
    for table in tables {
        match quick_check(connection, Some(&table?)) {
            Ok(found) if found == "ok" => {}
            Ok(found) => return Ok(found),
            // `Unknown` is what rusqlite calls SQLITE_ERROR: the table needs something that this build does not have.
            Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::Unknown) => {}
            Err(error) => return Err(error),
        }
    }
    Ok("ok".to_owned())
}
