//! All error codes are in one list, `sql::Code`. The types, the documents and the sources name these codes and no
//! others.
//!
//! A code fails here if only the list has it, or if the list does not have it. Only the list says what a code means;
//! docs/errors.md repeats it word for word. tests/e2e/documents/codes.ts shows in a browser that the elements give the
//! codes that their documents name.
#![cfg(not(target_family = "wasm"))]

use std::fs;
use std::path::{Path, PathBuf};

use sqlite_elements::sql::Code;

/// The files that make up the list.
const LIST: [&str; 2] = ["src/sql/code.rs", "src/sql/result_code.rs"];

#[test]
fn the_types_have_every_code_and_no_other() {
    let types = read("elements/types/errors.d.ts");
    let (_, union) = types.split_once("export type ErrorCode =").expect("the union");
    let (union, _) = union.split_once(';').expect("its end");
    let codes: Vec<&str> = union.split('\'').skip(1).step_by(2).collect();
    assert_eq!(codes, own());
    assert!(union.trim_end().ends_with("(string & {})"), "SQLite's codes fit too");
}

#[test]
fn the_document_of_errors_says_of_every_code_what_the_list_says() {
    let document = read("docs/errors.md");
    let rows: Vec<(String, &str)> = rows(&document)
        .filter(|(code, _)| !code.starts_with("SQLITE_"))
        .map(|(code, meaning)| (code.to_owned(), meaning))
        .collect();
    let list = Code::OWN
        .iter()
        .map(|code| (code.to_string(), code.meaning().trim()))
        .collect::<Vec<_>>();
    assert_eq!(rows, list);
}

#[test]
fn every_code_that_a_document_or_a_source_names_is_in_the_list() {
    let mut unknown = Vec::new();
    for path in published().chain(files("tests", &["ts", "mjs"])) {
        let text = read(&path);
        let in_tables = rows(&text).map(|(code, _)| code);
        for name in named(&text).chain(in_tables) {
            if !is_known(name) && name != NO_CODE {
                unknown.push(format!("{name} in {}", path.display()));
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
}

#[test]
fn a_code_is_seen_where_one_may_stand() {
    let text = "{ code: 'STOPED' }, error.code !== 'TIMEOT', a `SQL_MISING` and `SQLITE_ERRORS_…`, but not `BEGIN` or NOT_THIS";
    let seen: Vec<&str> = named(text).collect();
    assert_eq!(seen, ["STOPED", "TIMEOT", "SQL_MISING", "SQLITE_ERRORS"]);
    let table = "| `code` | a |\n| --- | --- |\n| `OTHER` | b |\n\n| `PRAGMA` | c |";
    assert_eq!(rows(table).collect::<Vec<_>>(), [("OTHER", "b")]);
}

#[test]
fn rust_names_codes_by_the_list_and_not_by_their_texts() {
    for path in rust() {
        let text = read(&path);
        let literal = text.split('"').find(|word| is_known(word));
        assert_eq!(literal, None, "in {}", path.display());
    }
}

#[test]
fn every_code_is_given_somewhere() {
    let rust: String = rust().map(read).collect();
    let typescript: String = files("elements", &["ts"])
        .filter(|path| !path.to_string_lossy().ends_with(".d.ts"))
        .map(read)
        .collect();
    for code in Code::OWN {
        let in_rust = rust.contains(&format!("Code::{code:?}"));
        assert!(
            in_rust || typescript.contains(&format!("code: '{code}'")),
            "nothing gives {code}"
        );
    }
}

/// A word of SQL: the only one that looks like a code.
const NO_CODE: &str = "CURRENT_TIMESTAMP";

fn own() -> Vec<String> {
    Code::OWN.iter().map(Code::to_string).collect()
}

fn is_known(name: &str) -> bool {
    !matches!(Code::from(name.to_owned()), Code::Other(_))
}

/// The rows of tables that begin with a code: the code, and the text of the next column.
fn rows(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut is_of_codes = false;
    text.lines().filter_map(move |line| {
        is_of_codes &= line.starts_with('|');
        let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
        let (first, second) = (cells.next()?, cells.next()?);
        let code = first.strip_prefix('`')?.split('`').next()?;
        is_of_codes |= code == "code";
        (is_of_codes && code.chars().all(is_capital)).then_some((code, second))
    })
}

fn is_capital(character: char) -> bool {
    character.is_ascii_uppercase() || character.is_ascii_digit() || character == '_'
}

/// Words that look like a code: capitals in quotes or backticks, with an underscore in them or after the word "code".
fn named(text: &str) -> impl Iterator<Item = &str> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let begin = from + text[from..].find(is_capital)?;
        let end = text[begin..].find(|next| !is_capital(next));
        from = end.map_or(text.len(), |length| begin + length);
        Some((&text[..begin], &text[begin..from], &text[from..]))
    })
    .filter_map(|(before, word, after)| {
        let quote = before.chars().next_back().filter(|quote| "'\"`".contains(*quote))?;
        let is_whole = after.starts_with(quote) || after.starts_with('…');
        let word = word.trim_end_matches('_');
        let context = before[..before.len() - 1].trim_end_matches([' ', '=', '!', ':', '`', '(', ')']);
        let is_one = word.contains('_') || (word.len() > 2 && context.ends_with("code"));
        (is_whole && is_one).then_some(word)
    })
}

/// The files that users read and that pages load.
fn published() -> impl Iterator<Item = PathBuf> {
    const SOURCES: &[&str] = &["ts", "js", "mjs", "tsx", "vue", "svelte", "html"];
    std::iter::once(root().join("README.md"))
        .chain(files("docs", &["md"]))
        .chain(files("elements", SOURCES))
        .chain(files("demo", SOURCES))
}

/// The Rust sources that may give codes: all but the list.
fn rust() -> impl Iterator<Item = PathBuf> {
    files("src", &["rs"])
        .chain(files("elements/src", &["rs"]))
        .filter(|path| !LIST.iter().any(|list| path.ends_with(list)))
}

fn files(folder: &str, types: &[&str]) -> std::vec::IntoIter<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the checkout") {
            let path = entry.expect("an entry").path();
            let has_type = path.extension().is_some_and(|own| types.iter().any(|one| own == *one));
            if path.is_dir() && !path.ends_with("node_modules") {
                folders.push(path);
            } else if has_type {
                found.push(path);
            }
        }
    }
    found.into_iter()
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
