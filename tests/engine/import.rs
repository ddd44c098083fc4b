//! An imported SQLite file replaces the whole database in one commit, or is refused and changes nothing.

use sqlite_elements::sql::{Script, SqlFailure, Work};
use sqlite_elements::storage::{Image, PageSize, Seq};
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::tab::{Tab, code, message};

/// The file of a database that this SQL has made.
pub(super) fn file(sql: &str) -> Vec<u8> {
    Tab::with(sql).engine.image().pages().concat()
}

pub(super) fn import(tab: &mut Tab, file: Vec<u8>) -> Result<(), SqlFailure> {
    import_with(tab, file, &[])
}

#[test]
fn an_imported_file_is_the_database_and_live_readers_see_it() {
    let mut tab = Tab::with("CREATE TABLE old(a); INSERT INTO old VALUES (1), (2)");
    assert_eq!(tab.integers("SELECT count(*) FROM old"), [2]);
    let (answer, commit) = tab.answer(&Work::Import {
        file: file("CREATE TABLE new(b); INSERT INTO new VALUES (7)"),
        scripts: Vec::new(),
    });
    assert!(answer.is_ok());
    assert!(
        commit.is_some_and(|commit| commit.write_set.changes_schema()),
        "one commit, for all to see"
    );
    assert_eq!(tab.integers("SELECT b FROM new"), [7]);
    assert_eq!(code(tab.try_query("SELECT * FROM old")), "SQLITE_ERROR");
    tab.write("INSERT INTO new VALUES (8)");
    assert_eq!(tab.integers("SELECT b FROM new"), [7, 8]);
    tab.assert_whole();
}

fn import_with(tab: &mut Tab, file: Vec<u8>, scripts: &[Script]) -> Result<(), SqlFailure> {
    let scripts = scripts.to_vec();
    tab.answer(&Work::Import { file, scripts }).0.map(drop)
}

/// The trap: both databases count up to the same change counter, by which SQLite tells whether it must read anew.
#[test]
fn a_file_with_the_same_change_counter_is_seen_all_the_same() {
    let make = |value: i64| format!("CREATE TABLE t(a); INSERT INTO t VALUES ({value})");
    let mut tab = Tab::with(&make(1));
    assert_eq!(tab.integers("SELECT a FROM t"), [1]);
    assert_eq!(import(&mut tab, file(&make(2))), Ok(()));
    assert_eq!(tab.integers("SELECT a FROM t"), [2]);
    assert_eq!(import(&mut tab, file(&make(3))), Ok(()));
    assert_eq!(tab.integers("SELECT a FROM t"), [3]);
}

#[test]
fn a_smaller_file_leaves_nothing_of_the_larger_database() {
    let mut tab = Tab::with("CREATE TABLE t(a); INSERT INTO t SELECT zeroblob(100000)");
    assert_eq!(import(&mut tab, file("CREATE TABLE u(a)")), Ok(()));
    assert_eq!(tab.engine.image().page_count().0, 2);
    tab.assert_whole();
}

#[test]
fn what_is_no_whole_database_is_refused_and_changes_nothing() {
    let mut tab = Tab::with("CREATE TABLE t(a); INSERT INTO t VALUES (1)");
    let whole = file("CREATE TABLE u(a); CREATE INDEX i ON u(a); INSERT INTO u VALUES (1), (2), (3)");
    let mut damaged = whole.clone();
    let last = damaged.len() - 4096;
    damaged[last..].fill(0xff);
    let cases = [
        (Vec::new(), "no SQLite database"),
        (b"id,name\n1,Ada\n".repeat(400), "no SQLite database"),
        (whole[..whole.len() - 100].to_vec(), "cut off"),
        (damaged, "cannot be imported"),
    ];
    for (file, reason) in cases {
        let failure = import(&mut tab, file).expect_err(reason);
        assert!(failure.message.contains(reason), "{failure}");
        assert_eq!(failure.code.name(), "IMPORT_REFUSED");
        assert_eq!(tab.integers("SELECT a FROM t"), [1]);
    }
    tab.write("INSERT INTO t VALUES (2)");
    assert_eq!(tab.integers("SELECT a FROM t"), [1, 2]);
}

#[test]
fn a_file_of_another_page_size_or_with_a_write_ahead_log_is_taken_too() {
    for size in [512, 1024, 8192, 65536] {
        let page_size = PageSize::new(size).unwrap_or(PageSize::DEFAULT);
        let mut source = Tab::of(Image::from_pages(page_size, Vec::new(), Seq(0)));
        source.write("CREATE TABLE t(a); INSERT INTO t SELECT 7 UNION ALL SELECT zeroblob(30000)");
        let mut file = source.engine.image().pages().concat();
        file[18..20].fill(2);
        let mut tab = Tab::with("CREATE TABLE old(a)");
        assert_eq!(import(&mut tab, file), Ok(()), "{size}");
        assert_eq!(
            tab.integers("SELECT a FROM t WHERE typeof(a) = 'integer'"),
            [7],
            "{size}"
        );
        tab.assert_whole();
        assert_eq!(tab.integers("PRAGMA page_size"), [4096]);
    }
}

fn begin_with(file: Option<Vec<u8>>, more: &[&str]) -> Vec<Script> {
    let name = "seed.sqlite".to_owned();
    let first = Script::File { name, file };
    std::iter::once(first)
        .chain(more.iter().copied().map(Script::from))
        .collect()
}

#[test]
fn a_new_database_begins_with_the_file_and_later_ones_run_the_scripts_alone() {
    let mut tab = Tab::new();
    let missing = Work::Migrate {
        scripts: begin_with(None, &[]),
    };
    assert_eq!(code(tab.answer(&missing).0), "MIGRATION_FILE_NEEDED");
    // The file comes from a page with migrations of its own.
    let mut source = Tab::new();
    let (answer, _) = source.answer(&Work::Migrate {
        scripts: vec![Script::from("CREATE TABLE t(a); INSERT INTO t VALUES (1)")],
    });
    assert!(answer.is_ok());
    let seed = source.engine.image().pages().concat();
    let scripts = begin_with(Some(seed), &["INSERT INTO t VALUES (2)"]);
    assert!(tab.answer(&Work::Migrate { scripts }).0.is_ok());
    assert_eq!(tab.integers("SELECT a FROM t"), [1, 2]);
    tab.write("INSERT INTO t VALUES (3)");
    let scripts = begin_with(None, &["INSERT INTO t VALUES (2)", "INSERT INTO t VALUES (4)"]);
    assert!(tab.answer(&Work::Migrate { scripts }).0.is_ok());
    assert_eq!(tab.integers("SELECT a FROM t"), [1, 2, 3, 4]);
}

#[test]
fn a_failing_script_behind_the_file_leaves_the_database_empty() {
    let mut tab = Tab::new();
    let scripts = begin_with(Some(file("CREATE TABLE t(a)")), &["INSERT INTO nowhere VALUES (1)"]);
    let answer = tab.answer(&Work::Migrate { scripts }).0;
    assert!(message(answer).contains("migration 2"));
    assert_eq!(tab.engine.image().page_count().0, 0);
    tab.write("CREATE TABLE t(b)");
    assert!(tab.rows("SELECT b FROM t").is_empty());
}

#[test]
fn a_database_with_tables_cannot_begin_with_a_file() {
    let mut tab = Tab::with("CREATE TABLE mine(a)");
    let scripts = begin_with(Some(file("CREATE TABLE t(a)")), &[]);
    assert_eq!(code(tab.answer(&Work::Migrate { scripts }).0), "MIGRATION_FILE_LATE");
    let mut scripts = vec![Script::from("CREATE TABLE u(a)")];
    scripts.extend(begin_with(None, &[]));
    assert_eq!(code(tab.answer(&Work::Migrate { scripts }).0), "MIGRATION_FILE_LATE");
    assert!(tab.rows("SELECT a FROM mine").is_empty());
}

const TASKS: [&str; 2] = [
    "CREATE TABLE task (id INTEGER PRIMARY KEY, title TEXT NOT NULL)",
    "ALTER TABLE task ADD COLUMN starred INTEGER NOT NULL DEFAULT 0",
];

/// The database of a page that has these migrations, with one task.
fn page(scripts: &[Script]) -> Tab {
    let mut tab = Tab::new();
    let scripts = scripts.to_vec();
    assert!(tab.answer(&Work::Migrate { scripts }).0.is_ok());
    tab.write("INSERT INTO task (title) VALUES ('before')");
    tab
}

#[test]
fn a_backup_of_an_older_page_is_brought_up_to_date_in_the_same_commit() {
    let scripts = TASKS.map(Script::from);
    let backup = page(&scripts[..1]).engine.image().pages().concat();
    let mut tab = page(&scripts);
    tab.write("DELETE FROM task");
    let (answer, commit) = tab.answer(&Work::Import {
        file: backup,
        scripts: scripts.to_vec(),
    });
    assert!(answer.is_ok() && commit.is_some(), "{answer:?}");
    assert_eq!(tab.integers("SELECT starred FROM task"), [0]);
    assert_eq!(tab.integers("SELECT id FROM _elements_migrations"), [1, 2]);
    tab.assert_whole();
}

#[test]
fn a_file_without_a_record_of_migrations_counts_as_what_its_tables_say() {
    let scripts = TASKS.map(Script::from);
    let of_one = "CREATE TABLE task (id INTEGER PRIMARY KEY, title TEXT NOT NULL); INSERT INTO task VALUES (1, 'kept')";
    let of_both = "create table \"Task\"(Id integer primary key, Title text not null, Starred integer not null default 0);\
                   INSERT INTO task VALUES (1, 'kept', 0)";
    let beside = "CREATE TABLE other(a); CREATE INDEX i ON other(a); CREATE TABLE task (id INTEGER PRIMARY KEY, \
                  title TEXT NOT NULL); INSERT INTO task VALUES (1, 'kept')";
    for made in [of_one, of_both, beside] {
        let mut tab = page(&scripts);
        assert_eq!(import_with(&mut tab, file(made), &scripts), Ok(()), "{made}");
        assert_eq!(tab.integers("SELECT starred FROM task"), [0], "{made}");
        assert_eq!(tab.integers("SELECT id FROM _elements_migrations"), [1, 2], "{made}");
    }
    let mut tab = page(&scripts);
    assert_eq!(
        import_with(&mut tab, file("CREATE TABLE elsewhere(a)"), &scripts),
        Ok(())
    );
    assert!(
        tab.rows("SELECT starred FROM task").is_empty(),
        "none of them: all have run"
    );
    assert!(tab.rows("SELECT a FROM elsewhere").is_empty(), "beside what was there");
}

#[test]
fn a_script_that_only_fills_tables_does_not_fill_those_of_a_recognised_file_again() {
    let scripts = ["CREATE TABLE task (title TEXT)", "INSERT INTO task VALUES ('first')"].map(Script::from);
    let mut tab = page(&scripts);
    let imported = import_with(
        &mut tab,
        file("CREATE TABLE task (title TEXT); INSERT INTO task VALUES ('first')"),
        &scripts,
    );
    assert_eq!(imported, Ok(()));
    assert_eq!(tab.integers("SELECT count(*) FROM task"), [1]);
}

#[test]
fn a_file_that_the_migrations_do_not_run_on_is_refused_and_changes_nothing() {
    let scripts = TASKS.map(Script::from);
    let view =
        "CREATE VIEW task AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x AS id FROM c";
    let other = page(&["CREATE TABLE task (title, done)"].map(Script::from));
    let other = other.engine.image().pages().concat();
    for (file, said) in [
        (file("CREATE TABLE task (quite, different)"), "no record of migrations"),
        (file(view), "already exists"),
        (other, "where it said `(title, done)`"),
    ] {
        let mut tab = page(&scripts);
        let refused = import_with(&mut tab, file, &scripts).expect_err(said);
        assert_eq!(refused.code.name(), "IMPORT_REFUSED");
        assert!(refused.message.contains(said), "{refused}");
        assert_eq!(tab.integers("SELECT count(*) FROM task WHERE title = 'before'"), [1]);
        tab.write("INSERT INTO task (title) VALUES ('after')");
        tab.assert_whole();
    }
}

#[test]
fn whatever_a_file_has_under_the_name_of_the_record_is_no_obstacle() {
    let scripts = TASKS.map(Script::from);
    let task = "CREATE TABLE task (id INTEGER PRIMARY KEY, title TEXT NOT NULL);";
    for record in [
        "CREATE VIEW _elements_migrations AS SELECT 1 AS id, 'x' AS sql",
        "CREATE TABLE _elements_migrations(a)",
        "CREATE TABLE unrelated(a); CREATE INDEX _elements_migrations ON unrelated(a)",
    ] {
        let mut tab = page(&scripts);
        assert_eq!(
            import_with(&mut tab, file(&format!("{task}{record}")), &scripts),
            Ok(()),
            "{record}"
        );
        assert_eq!(tab.integers("SELECT id FROM _elements_migrations"), [1, 2], "{record}");
    }
}

#[test]
fn a_page_that_begins_with_a_file_takes_backups_too() {
    let seed = file("CREATE TABLE task (title TEXT); INSERT INTO task VALUES ('seeded')");
    let scripts = begin_with(Some(seed.clone()), &["ALTER TABLE task ADD COLUMN starred DEFAULT 0"]);
    let without_bytes = begin_with(None, &["ALTER TABLE task ADD COLUMN starred DEFAULT 0"]);
    let mut tab = page(&scripts);
    let backup = tab.engine.image().pages().concat();
    tab.write("DELETE FROM task");
    assert_eq!(import_with(&mut tab, backup, &without_bytes), Ok(()));
    assert_eq!(tab.integers("SELECT starred FROM task"), [0, 0]);
    // This file has no record of migrations. Only the bytes of the seed show that it began with them.
    assert_eq!(import_with(&mut tab, seed, &without_bytes), Ok(()));
    let pending = Work::Migrate { scripts: without_bytes };
    assert_eq!(code(tab.answer(&pending).0), "MIGRATION_FILE_NEEDED");
    assert!(tab.answer(&Work::Migrate { scripts }).0.is_ok());
    assert_eq!(tab.integers("SELECT starred FROM task"), [0]);
}

#[test]
fn a_file_that_is_fetched_from_another_address_is_no_changed_migration() {
    let at = |name: &str| Script::File {
        name: name.to_owned(),
        file: Some(file("CREATE TABLE task (title TEXT)")),
    };
    let mut tab = page(&[at("seed.sqlite")]);
    for name in ["seed.sqlite?v=2", "/other/seed.db"] {
        let again = Work::Migrate {
            scripts: vec![at(name), Script::from("CREATE TABLE more(a)")],
        };
        assert!(tab.answer(&again).0.is_ok(), "{name}");
    }
    let replaced = Work::Migrate {
        scripts: vec![Script::from("CREATE TABLE task (title TEXT)")],
    };
    assert_eq!(code(tab.answer(&replaced).0), "MIGRATION_CHANGED");
    assert_eq!(tab.integers("SELECT count(*) FROM task"), [1]);
}
