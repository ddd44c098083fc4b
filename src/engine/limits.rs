//! Limits on one statement: a statement that asks for too much fails with an error, and never takes the worker with it.
//!
//! `session` sets the limits on each connection and checks each text; `sound` checks each imported file. A worker can
//! run out of two things: the stack, and 4 GiB of memory.
//!
//! **The stack** that overflows first is the JavaScript engine's, and its size is not ours to set. The linear stack (1
//! MiB) is used less, so a larger one would change nothing. SQLite recurses in C. In a worker of Chromium it overflows
//! at:
//!
//! | recursion | overflows at | bounded by | at | margin (times) |
//! |---|---|---|---|---|
//! | LIKE, GLOB: each `%` | 3,980 | [`PATTERN_BYTES`], two each | 1,000 | 4 |
//! | a CTE over another | 1,500 | [`SELECTS`] | 500 | 3 |
//! | a view over another | 1,100 | [`SELECTS_OF_VIEW`] | 250 | 4 |
//! | a generated column that uses another | 745 | [`GENERATED_COLUMNS`] | 200 | 3.7 |
//! | a trigger, or a foreign key, that sets off another | 585, 609 | [`TRIGGERS`] | 410 | 1.4 |
//!
//! For everything else SQLite's own bounds hold: expressions (1,000 deep), parentheses, UNION, JSON, queries of FTS5.
//! Each was tried at its bound (`tests/engine/limits.rs`). For triggers SQLite has one bound for two cases: while a
//! statement is prepared, depth costs stack; while it runs, it does not. So the bound is lowered only while a statement
//! is prepared ([`preparing`]).
//!
//! **Memory**: the image and what is staged may each have [`DATABASE_BYTES`], SQLite's own heap [`HEAP_BYTES`], a value
//! [`VALUE_BYTES`], a result [`RESULT_BYTES`]. Together that is less than 4 GiB.

use rusqlite::Connection;
use rusqlite::limits::Limit;

use crate::sql::limits::LARGEST_RESULT;
use crate::sql::{Code, ResultCode, SqlFailure};

const MIB: u64 = 1024 * 1024;
/// The most bytes of one text, blob, row, or statement.
pub const VALUE_BYTES: u64 = 256 * MIB;
/// The most bytes of all rows that one statement returns.
pub const RESULT_BYTES: u64 = LARGEST_RESULT as u64;
/// The most bytes of a database, as a file.
pub const DATABASE_BYTES: u64 = 1024 * MIB;
/// The most bytes that SQLite allocates: caches, journal, sorting, values.
const HEAP_BYTES: u64 = 1024 * MIB;
/// The most bytes of a pattern of LIKE or GLOB.
const PATTERN_BYTES: i32 = 2_000;
/// The most SELECT and VALUES in one statement.
const SELECTS: usize = 500;
/// The most SELECT and VALUES in a view, together with the views that it is made of.
const SELECTS_OF_VIEW: usize = 250;
/// The most generated columns of one table.
const GENERATED_COLUMNS: i64 = 200;
/// How deep triggers and foreign keys may set off one another from table to table. SQLite compiles each one inside the
/// one before.
const TRIGGERS: i32 = 410;
/// How deep they may set off one another from row to row. These run without recursion.
const TRIGGERS_RUNNING: i32 = 1_000;
/// The most COLLATE in one statement. SQLite does not count them as nested.
const COLLATES: usize = 1_000;
/// The most instructions of a prepared statement: as many as fit into [`VALUE_BYTES`].
const INSTRUCTIONS: i32 = 10_000_000;

/// Sets on a connection the limits that SQLite itself enforces.
pub(super) fn set(connection: &Connection, page_bytes: usize) -> rusqlite::Result<()> {
    for (limit, value) in [
        (Limit::SQLITE_LIMIT_LENGTH, VALUE_BYTES as i32),
        (Limit::SQLITE_LIMIT_SQL_LENGTH, VALUE_BYTES as i32),
        (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, PATTERN_BYTES),
        (Limit::SQLITE_LIMIT_VDBE_OP, INSTRUCTIONS),
        (Limit::SQLITE_LIMIT_EXPR_DEPTH, 1_000),
        (Limit::SQLITE_LIMIT_PARSER_DEPTH, 2_500),
        (Limit::SQLITE_LIMIT_COMPOUND_SELECT, SELECTS as i32),
        (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, TRIGGERS_RUNNING),
        (Limit::SQLITE_LIMIT_FUNCTION_ARG, 1_000),
        // VACUUM attaches one database.
        (Limit::SQLITE_LIMIT_ATTACHED, 1),
        (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
    ] {
        connection.set_limit(limit, value)?;
    }
    let pages = DATABASE_BYTES / page_bytes as u64;
    connection.execute_batch(&format!(
        "PRAGMA hard_heap_limit = {HEAP_BYTES}; PRAGMA max_page_count = {pages}"
    ))
}

/// Runs `prepare` under the lower bound for triggers that holds while statements are prepared.
pub(super) fn preparing<T>(connection: &Connection, prepare: impl FnOnce() -> T) -> T {
    let set = |depth| connection.set_limit(Limit::SQLITE_LIMIT_TRIGGER_DEPTH, depth);
    // The limit exists: `set` has set it on this connection before.
    _ = set(TRIGGERS);
    let prepared = prepare();
    _ = set(TRIGGERS_RUNNING);
    prepared
}

/// Refuses a text if one of its statements has more SELECTs, or more COLLATEs, than the stack is sure to have room for.
pub(super) fn check(sql: &str) -> Result<(), SqlFailure> {
    // Most texts are too short to hold that many words.
    if sql.len() < SELECTS * "VALUES".len() {
        return Ok(());
    }
    let (mut selects, mut collates) = (0, 0);
    for word in words(sql) {
        match word {
            ";" => (selects, collates) = (0, 0),
            word if is_select(word) => selects += 1,
            word if word.eq_ignore_ascii_case("collate") => collates += 1,
            _ => {}
        }
        if selects > SELECTS {
            return Err(too_deep(&format!("a statement has more than {SELECTS} SELECTs")));
        }
        if collates > COLLATES {
            return Err(too_deep(&format!("a statement has COLLATE more than {COLLATES} times")));
        }
    }
    Ok(())
}

/// Refuses a schema over which statements could not be prepared. Called after each schema change, and for each imported
/// file.
pub(super) fn check_schema(connection: &Connection) -> rusqlite::Result<Result<(), SqlFailure>> {
    let generated = "SELECT entry.name FROM sqlite_schema AS entry, pragma_table_xinfo(entry.name) AS info \
        WHERE entry.type = 'table' AND entry.rootpage <> 0 AND entry.sql LIKE '% AS %(%' AND info.hidden IN (2, 3) \
        GROUP BY entry.name HAVING count(*) > ?1";
    let mut tables = connection.prepare(generated)?;
    if let Some(row) = tables.query([GENERATED_COLUMNS])?.next()? {
        let (name, most) = (row.get::<_, String>(0)?, GENERATED_COLUMNS);
        return Ok(Err(too_deep(&format!(
            "the table {name:?} has more than {most} generated columns"
        ))));
    }
    let mut views = connection.prepare("SELECT lower(name), lower(sql) FROM sqlite_schema WHERE type = 'view'")?;
    let views = views.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut views = views.collect::<rusqlite::Result<Vec<(String, String)>>>()?;
    views.sort_unstable();
    Ok(match deepest(&views) {
        Some(view) => Err(too_deep(&format!(
            "the view {view:?}, with the views that it is made of, has more than {SELECTS_OF_VIEW} SELECTs"
        ))),
        None => Ok(()),
    })
}

fn too_deep(what: &str) -> SqlFailure {
    SqlFailure::new(
        Code::Sqlite(ResultCode::ERROR),
        format!("this is nested too deep: {what}; do it in several steps"),
    )
}

/// The error for a statement that returns more rows than a page can be given.
pub(super) fn result_too_large() -> SqlFailure {
    let most = RESULT_BYTES / MIB;
    SqlFailure::new(
        Code::ResultTooLarge,
        format!("the rows are more than {most} MiB; ask for fewer with WHERE or LIMIT, or for fewer columns"),
    )
}

/// SQLite's message, or a clearer one if SQLite met one of these limits.
pub(super) fn sentence(code: &Code, message: String) -> String {
    let (value, heap, database) = (VALUE_BYTES / MIB, HEAP_BYTES / MIB, DATABASE_BYTES / MIB);
    match code {
        Code::Sqlite(ResultCode::ERROR) if message == "LIKE or GLOB pattern too complex" => {
            format!("{message}: it may have {PATTERN_BYTES} bytes. Use instr() to look for a long text")
        }
        Code::Sqlite(ResultCode::TOOBIG) => format!(
            "{message}: a text, a blob, a row and a statement may each have {value} MiB; store it in several rows"
        ),
        Code::Sqlite(ResultCode::NOMEM) => {
            format!("SQLite is out of memory, of which it may use {heap} MiB; do it in several steps")
        }
        Code::Sqlite(ResultCode::FULL) => {
            format!("the database is full: it may have {database} MiB; delete what is not needed any more")
        }
        _ => message,
    }
}

/// The first view that is made of too many SELECTs. `views` has names and texts in lower case, sorted by name. A word
/// that equals the name of a view counts as that view, although a column may have the same name. So a view that is met
/// within itself counts nothing.
fn deepest(views: &[(String, String)]) -> Option<&str> {
    // For each view: the number of its own SELECTs, and the views that it names.
    let bodies: Vec<(usize, Vec<usize>)> = views
        .iter()
        .map(|(_, sql)| {
            let (mut selects, mut named) = (0, Vec::new());
            for word in words(sql) {
                selects += usize::from(is_select(word));
                named.extend(views.binary_search_by(|(name, _)| name.as_str().cmp(word)));
            }
            (selects.max(1), named)
        })
        .collect();
    if bodies.iter().map(|(selects, _)| selects).sum::<usize>() <= SELECTS_OF_VIEW {
        return None;
    }
    let mut depths = vec![0; views.len()];
    for view in 0..views.len() {
        // A depth-first search without recursion: each entry is a view, and how many of the views that it names are
        // done.
        let mut path = vec![(view, 0)];
        while let Some((view, done)) = path.last_mut() {
            let (view, (selects, named)) = (*view, &bodies[*view]);
            if let Some(inner) = named.get(*done) {
                *done += 1;
                if depths[*inner] == 0 && path.iter().all(|(outer, _)| outer != inner) {
                    path.push((*inner, 0));
                }
                continue;
            }
            let below = named.iter().map(|inner| depths[*inner]).max();
            depths[view] = selects + below.unwrap_or(0);
            if depths[view] > SELECTS_OF_VIEW {
                return Some(&views[view].0);
            }
            path.pop();
        }
    }
    None
}

fn is_select(word: &str) -> bool {
    word.eq_ignore_ascii_case("select") || word.eq_ignore_ascii_case("values")
}

/// The words of an SQL text, names without their quotes, and its semicolons. Skips string literals and comments.
fn words(sql: &str) -> impl Iterator<Item = &str> {
    let mut rest = sql;
    std::iter::from_fn(move || {
        loop {
            let first = *rest.as_bytes().first()?;
            let (word, length) = match first {
                b'\'' => (None, closed(rest, '\'', 1)),
                b'"' | b'`' => {
                    let length = closed(rest, first as char, 1);
                    (rest.get(1..length.saturating_sub(1)), length)
                }
                b'[' => {
                    let length = closed(rest, ']', 1);
                    (rest.get(1..length.saturating_sub(1)), length)
                }
                b'-' if rest.starts_with("--") => (None, closed(rest, '\n', 2)),
                b'/' if rest.starts_with("/*") => (None, rest[2..].find("*/").map_or(rest.len(), |end| end + 4)),
                b';' => (Some(";"), 1),
                _ if is_letter(first) => {
                    let length = rest.bytes().position(|byte| !is_letter(byte)).unwrap_or(rest.len());
                    (Some(&rest[..length]), length)
                }
                _ => (None, rest.chars().next().map_or(1, char::len_utf8)),
            };
            rest = &rest[length..];
            if word.is_some() {
                return word;
            }
        }
    })
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

/// The length of the token at the beginning of `text`, with the mark that ends it.
fn closed(text: &str, mark: char, from: usize) -> usize {
    text[from..].find(mark).map_or(text.len(), |end| from + end + 1)
}

#[cfg(test)]
mod tests {
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn words_are_neither_in_texts_nor_in_comments() {
        let sql = "SELECT 'a;''select' /* values */ , \"b c\", [d], `e`--f\n;é_1 'open";
        let found: Vec<_> = words(sql).collect();
        assert_eq!(found, ["SELECT", "b c", "d", "e", ";", "é_1"]);
        assert_eq!(words("/* open").count() + words("\"").count(), 0);
    }

    #[test]
    fn selects_are_counted_for_each_statement_and_not_in_texts() {
        let many = |count| vec!["SELECT 1"; count].join(" UNION ALL ");
        assert_eq!(check(&many(SELECTS)), Ok(()));
        assert!(check(&many(SELECTS + 1)).is_err());
        assert_eq!(check(&format!("{};{}", many(SELECTS), many(SELECTS))), Ok(()));
        assert_eq!(check(&format!("SELECT '{}'", many(2 * SELECTS))), Ok(()));
    }

    fn views(count: usize, body: impl Fn(usize) -> String) -> Vec<(String, String)> {
        let mut views: Vec<_> = (0..count).map(|at| (format!("v{at}"), body(at))).collect();
        views.sort();
        views
    }

    #[test]
    fn views_are_counted_along_what_they_are_made_of() {
        let named = |count| views(count, |at| format!("create view v{at} as select * from v{}", at + 1));
        assert_eq!(deepest(&named(SELECTS_OF_VIEW)), None);
        assert!(deepest(&named(SELECTS_OF_VIEW + 1)).is_some());
        let flat = views(2 * SELECTS_OF_VIEW, |_| "create view x as select a from t".to_owned());
        assert_eq!(deepest(&flat), None, "many, and none is made of another");
        let round = views(2 * SELECTS_OF_VIEW, |at| format!("select v{} from t", (at + 1) % 3));
        assert_eq!(deepest(&round), None, "columns with the names of views");
    }
}
