//! Files of other programs: a file that the engine could not work with is refused, and any other works in every tab.

use sqlite_elements::engine::Migrations;
use sqlite_elements::sql::{Script, Statement, Value, Work};
use sqlite_elements::storage::{Image, PageSize, Seq};
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::import::{file, import};
use super::tab::{Tab, code, message};

/// The file with each occurrence of `from` overwritten by `to`, which has the same length.
fn replaced(mut file: Vec<u8>, from: &str, to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let places: Vec<_> = (0..=file.len() - from.len())
        .filter(|at| file[*at..].starts_with(from.as_bytes()))
        .collect();
    assert!(!places.is_empty(), "{from}");
    for at in places {
        file[at..at + to.len()].copy_from_slice(to);
    }
    file
}

fn with_bytes(mut file: Vec<u8>, at: usize, bytes: &[u8]) -> Vec<u8> {
    file[at..at + bytes.len()].copy_from_slice(bytes);
    file
}

/// A file whose table `u` (root: page 2) is a chain of pages: each page has the next as its only child.
fn as_deep_as(pages: u32) -> Vec<u8> {
    let mut file = file("CREATE TABLE u(a)");
    for number in 2..=pages + 1 {
        file.resize(file.len().max(number as usize * 4096), 0);
        let page = &mut file[(number as usize - 1) * 4096..];
        page[0] = if number == pages + 1 { 13 } else { 5 };
        page[5..7].copy_from_slice(&4096_u16.to_be_bytes());
        page[8..12].copy_from_slice(&if number == pages + 1 { 0 } else { number + 1 }.to_be_bytes());
    }
    with_bytes(file, 28, &(pages + 1).to_be_bytes())
}

const SCHEMA: &str = "CREATE TABLE u(a /* bem_rkung */, gr_sse); CREATE INDEX schl_ssel ON u(a); \
    CREATE VIEW ans_cht AS SELECT a AS sp_lte FROM u; INSERT INTO u VALUES (1, 2)";

#[test]
fn what_the_engine_could_not_work_with_is_refused_and_changes_nothing() {
    let mut tab = Tab::with("CREATE TABLE t(a); INSERT INTO t VALUES (1)");
    let good = || file(SCHEMA);
    let latin = |from: &str, to: &[u8]| replaced(good(), from, to);
    let cases = [
        ("a comment", latin("bem_rkung", b"bem\xe4rkung"), "no UTF-8"),
        ("a column", latin("gr_sse", b"gr\xf6sse"), "no UTF-8"),
        ("an index", latin("schl_ssel", b"schl\xfcssel"), "no UTF-8"),
        ("a view", latin("ans_cht", b"ans\xe4cht"), "no UTF-8"),
        ("a view's column", latin("sp_lte", b"sp\xe4lte"), "no UTF-8"),
        ("a newer writer", with_bytes(good(), 18, &[3]), "format"),
        ("a newer reader", with_bytes(good(), 19, &[3]), "format"),
        ("a newer schema", with_bytes(good(), 44, &[0, 0, 0, 5]), "format"),
        ("an encoding", with_bytes(good(), 56, &[0, 0, 0, 9]), "format"),
        ("reserved bytes", with_bytes(good(), 20, &[255]), "reserved"),
        ("a header alone", good()[..100].to_vec(), "cut off"),
        (
            "more pages than there are",
            with_bytes(good(), 28, &[0, 1, 0, 0]),
            "cut off",
        ),
        ("a tree of 20 pages", as_deep_as(20), "deep"),
        ("a tree of 3,000 pages", as_deep_as(3_000), "deep"),
        (
            "a tree within itself",
            with_bytes(as_deep_as(9), 9 * 4096 - 4096 + 8, &[0, 0, 0, 3]),
            "twice",
        ),
        (
            "a free page that is the first",
            with_bytes(good(), 32, &[0, 0, 0, 1, 0, 0, 0, 9]),
            "free",
        ),
        (
            "a free page beyond the end",
            with_bytes(good(), 32, &[255, 255, 255, 255, 0, 0, 0, 9]),
            "free",
        ),
        (
            "free pages that are not there",
            with_bytes(good(), 32, &[0, 0, 0, 0, 0, 0, 0, 9]),
            "free",
        ),
    ];
    for (name, file, reason) in cases {
        let failure = import(&mut tab, file).expect_err(name);
        assert_eq!(failure.code.name(), "IMPORT_REFUSED", "{name}: {failure}");
        assert!(failure.message.contains(reason), "{name}: {failure}");
        assert_eq!(tab.integers("SELECT a FROM t"), [1], "{name}");
    }
    tab.write("INSERT INTO t VALUES (2)");
    assert_eq!(tab.integers("SELECT a FROM t"), [1, 2]);
}

#[test]
fn views_that_are_too_deep_are_refused_at_an_import_too() {
    // Until the file is rewritten, no view names another view, so the engine accepts them.
    let chain: Vec<String> = (0..300)
        .map(|at| format!("CREATE VIEW v{at:03} AS SELECT a FROM t{at:03}"))
        .collect();
    let mut source = file(&format!("CREATE TABLE t300(a); {}", chain.join(";")));
    for at in 0..299 {
        source = replaced(
            source,
            &format!("FROM t{at:03}"),
            format!("FROM v{:03}", at + 1).as_bytes(),
        );
    }
    let failure = import(&mut Tab::new(), source).expect_err("it is too deep");
    assert_eq!(failure.code.name(), "IMPORT_REFUSED");
    assert!(failure.message.contains("nested too deep"), "{failure}");
}

/// The counters of the file are at their maximum, so they must go back. By them alone SQLite could not see a change.
#[test]
fn counters_at_their_ends_begin_anew_and_everybody_sees_the_file() {
    let mut tab = Tab::with("CREATE TABLE t(a); INSERT INTO t VALUES (1)");
    let mut follower = Tab::of(tab.engine.image().clone());
    for value in 2..5_i64 {
        assert_eq!(tab.integers("SELECT a FROM t"), follower.integers("SELECT a FROM t"));
        let source = file(&format!("CREATE TABLE t(a); INSERT INTO t VALUES ({value})"));
        let last = u32::MAX.to_be_bytes();
        let source = with_bytes(with_bytes(with_bytes(source, 24, &last), 92, &last), 40, &last);
        let (answer, commit) = tab.answer(&Work::Import {
            file: source,
            scripts: Vec::new(),
        });
        assert!(answer.is_ok(), "{answer:?}");
        follower
            .engine
            .apply(&commit.expect("it changes all"))
            .expect("it applies");
        for tab in [&mut tab, &mut follower] {
            assert_eq!(tab.integers("SELECT a FROM t"), [value]);
        }
        let write = tab.answer(&super::tab::work(
            "INSERT INTO t VALUES (9); CREATE TABLE w(a); DROP TABLE w",
        ));
        follower.engine.apply(&write.1.expect("it writes")).expect("it applies");
        for tab in [&mut tab, &mut follower] {
            assert_eq!(tab.integers("SELECT a FROM t"), [value, 9]);
        }
    }
}

#[test]
fn a_file_that_was_made_longer_beforehand_is_as_long_as_its_header_says() {
    let whole = file("CREATE TABLE u(a); INSERT INTO u VALUES (7)");
    for more in [4096, 40_960, 1_000] {
        let mut longer = whole.clone();
        longer.resize(whole.len() + more, 0);
        let mut tab = Tab::new();
        assert_eq!(import(&mut tab, longer), Ok(()), "{more}");
        assert_eq!(tab.engine.image().page_count().0, 2);
        tab.write("INSERT INTO u SELECT zeroblob(50000)");
        assert_eq!(tab.integers("SELECT a FROM u WHERE a = 7"), [7]);
        tab.assert_whole();
    }
}

#[test]
fn a_file_in_utf_16_is_read_written_and_migrated_by_all_tabs_and_so_is_one_in_utf_8_after_it() {
    let wide = include_bytes!("utf16le.sqlite").to_vec();
    let wide_and_small = include_bytes!("utf16be.sqlite").to_vec();
    let narrow = file(
        "CREATE TABLE note(id INTEGER PRIMARY KEY, text TEXT); INSERT INTO note(text) VALUES ('plain'), ('Grüße, 世界, 🦀')",
    );
    let wanted = [
        [Value::from("plain")],
        [Value::from("Grüße, 世界, 🦀")],
        [Value::from("é🦀")],
    ];
    let texts = "SELECT text FROM note ORDER BY id";
    let mut tab = Tab::with("CREATE TABLE old(a)");
    let mut follower = Tab::of(tab.engine.image().clone());
    for file in [wide.clone(), narrow.clone(), wide_and_small, wide, narrow] {
        assert!(follower.try_query("SELECT count(*) FROM sqlite_schema").is_ok());
        let (answer, commit) = tab.answer(&Work::Import {
            file,
            scripts: Vec::new(),
        });
        assert!(answer.is_ok(), "{answer:?}");
        follower.engine.apply(&commit.expect("all is new")).expect("it applies");
        for tab in [&mut tab, &mut follower] {
            assert_eq!(tab.rows(texts), wanted[..2]);
        }
        let reads = follower.reads(texts);
        let insert = Statement::with("INSERT INTO note(text) VALUES (?)", vec![Value::from("é🦀")]);
        let (answer, commit) = tab.answer(&Work::batch(vec![insert]));
        assert!(answer.is_ok(), "{answer:?}");
        let commit = commit.expect("it writes");
        assert!(reads.meets(&commit.write_set));
        follower.engine.apply(&commit).expect("it applies");
        let scripts = vec![Script::from(
            "CREATE TABLE größe(straße); INSERT INTO größe VALUES ('é')",
        )];
        let (answer, commit) = tab.answer(&Work::Migrate {
            scripts: scripts.clone(),
        });
        assert!(answer.is_ok(), "{answer:?}");
        follower.engine.apply(&commit.expect("it writes")).expect("it applies");
        for tab in [&mut tab, &mut follower] {
            assert_eq!(tab.rows(texts), wanted);
            assert_eq!(tab.rows("SELECT straße FROM größe"), [[Value::from("é")]]);
            assert_eq!(tab.engine.migrations_applied(&scripts), Ok(Migrations::Applied));
        }
        let exported = follower.engine.image().pages().concat();
        let mut again = Tab::new();
        assert_eq!(import(&mut again, exported), Ok(()));
        assert_eq!(again.rows(texts), wanted);
        tab.write("VACUUM");
        tab.assert_whole();
        follower = Tab::of(tab.engine.image().clone());
    }
}

#[test]
fn a_file_of_another_page_size_keeps_its_rowids() {
    let page_size = PageSize::new(1024).unwrap_or(PageSize::DEFAULT);
    let mut source = Tab::of(Image::from_pages(page_size, Vec::new(), Seq(0)));
    source.write("CREATE TABLE t(a); INSERT INTO t(rowid, a) VALUES (3, 1), (5, 2), (8, 3); DELETE FROM t WHERE a = 2");
    source.write("CREATE VIRTUAL TABLE f USING fts5(x); INSERT INTO f(rowid, x) VALUES (7, 'sea')");
    let mut tab = Tab::new();
    assert_eq!(import(&mut tab, source.engine.image().pages().concat()), Ok(()));
    assert_eq!(tab.integers("SELECT rowid FROM t"), [3, 8]);
    assert_eq!(tab.integers("SELECT rowid FROM f('sea')"), [7]);
    tab.assert_whole();
}

#[test]
fn what_uses_something_that_is_not_here_fails_alone_and_says_so() {
    let whole = file(
        "CREATE TABLE t(a COLLATE nocase, b); CREATE INDEX ta ON t(a); INSERT INTO t VALUES ('x', 1); \
         CREATE TABLE c(a CHECK (abs(a) > 0)); INSERT INTO c VALUES (1); \
         CREATE VIRTUAL TABLE f USING fts5(x); CREATE TABLE fine(a PRIMARY KEY); INSERT INTO fine VALUES (7)",
    );
    let strange = replaced(
        replaced(replaced(whole, "nocase", b"klingo"), "abs(", b"xyz("),
        "fts5(",
        b"fts9(",
    );
    let mut tab = Tab::new();
    assert_eq!(import(&mut tab, strange.clone()), Ok(()));
    assert_eq!(tab.integers("SELECT a FROM fine"), [7]);
    assert_eq!(tab.integers("SELECT b FROM t"), [1]);
    tab.write("INSERT INTO fine VALUES (8); CREATE TABLE more(a); DELETE FROM fine WHERE a = 8");
    for (sql, what) in [
        ("SELECT a FROM t ORDER BY a", "klingo"),
        ("INSERT INTO t VALUES ('y', 2)", "klingo"),
        ("INSERT INTO c VALUES (2)", "xyz"),
        ("SELECT * FROM f", "fts9"),
    ] {
        assert!(message(tab.try_write(sql)).contains(what), "{sql}");
    }
    // A table that can be checked is still checked: here the row of `fine` is gone from its index.
    let mut damaged = strange;
    let last = damaged.len() - 4096;
    damaged[last..last + 8].fill(0xff);
    assert_eq!(code(import(&mut tab, damaged)), "IMPORT_REFUSED");
}

#[test]
fn a_schema_with_texts_in_double_quotes_is_kept() {
    for size in [4096, 1024] {
        let page_size = PageSize::new(size).unwrap_or(PageSize::DEFAULT);
        let mut source = Tab::of(Image::from_pages(page_size, Vec::new(), Seq(0)));
        source.write(
            "CREATE TABLE t(a CHECK (a <> 'x')); CREATE INDEX i ON t(a) WHERE a <> 'y'; INSERT INTO t VALUES (1)",
        );
        let old = source.engine.image().pages().concat();
        let old = replaced(replaced(old, "'x'", b"\"x\""), "'y'", b"\"y\"");
        let mut tab = Tab::new();
        assert_eq!(import(&mut tab, old), Ok(()), "{size}");
        tab.write("INSERT INTO t VALUES (2); ALTER TABLE t ADD COLUMN b");
        assert_eq!(
            code(tab.try_write("INSERT INTO t(a) VALUES ('x')")),
            "SQLITE_CONSTRAINT_CHECK"
        );
        tab.write("VACUUM");
        assert_eq!(tab.integers("SELECT a FROM t"), [1, 2]);
        tab.assert_whole();
    }
}
