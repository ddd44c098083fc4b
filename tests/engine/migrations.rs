//! Migrations run once and in order, all of them or none.

use sqlite_elements::engine::Migrations;
use sqlite_elements::sql::{Answer, Script, Work};
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::tab::{Tab, code, message};

const FIRST: &str = "CREATE TABLE t(a);\nINSERT INTO t VALUES (1);";
const SECOND: &str = "ALTER TABLE t ADD COLUMN b DEFAULT 5";

fn scripts(scripts: &[&str]) -> Vec<Script> {
    scripts.iter().copied().map(Script::from).collect()
}

fn migrate(tab: &mut Tab, texts: &[&str]) -> Answer {
    tab.answer(&Work::Migrate {
        scripts: scripts(texts),
    })
    .0
}

#[test]
fn scripts_run_once_in_order() {
    let mut tab = Tab::new();
    assert_eq!(
        tab.engine.migrations_applied(&scripts(&[FIRST])),
        Ok(Migrations::Pending)
    );
    assert_eq!(migrate(&mut tab, &[FIRST]).map(|outcome| outcome.changes), Ok(1));
    assert_eq!(
        tab.engine.migrations_applied(&scripts(&[FIRST])),
        Ok(Migrations::Applied)
    );
    assert_eq!(
        tab.engine.migrations_applied(&scripts(&[FIRST, SECOND])),
        Ok(Migrations::Pending)
    );
    assert_eq!(
        migrate(&mut tab, &[FIRST, SECOND]).map(|outcome| outcome.changes),
        Ok(1)
    );
    assert_eq!(tab.integers("SELECT a, b FROM t"), [1, 5]);
    let (answer, commit) = tab.answer(&Work::Migrate {
        scripts: scripts(&[FIRST, SECOND]),
    });
    assert_eq!(answer.map(|outcome| outcome.changes), Ok(0));
    assert!(commit.is_none(), "nothing to do writes nothing");
}

#[test]
fn no_scripts_need_no_table() {
    let mut tab = Tab::new();
    assert_eq!(tab.engine.migrations_applied(&[]), Ok(Migrations::Applied));
    assert_eq!(migrate(&mut tab, &[]).map(|outcome| outcome.changes), Ok(0));
    assert_eq!(tab.engine.image().page_count().0, 0);
}

#[test]
fn a_script_that_ran_must_not_change_but_for_white_space() {
    let mut tab = Tab::new();
    assert!(migrate(&mut tab, &[FIRST, SECOND]).is_ok());
    let spaced = format!("\n\t{}  ", FIRST.replace('\n', "\r\n   "));
    assert_eq!(
        migrate(&mut tab, &[&spaced, SECOND]).map(|outcome| outcome.changes),
        Ok(0)
    );
    let changed = [FIRST, "ALTER TABLE t ADD COLUMN c"];
    for failure in [
        migrate(&mut tab, &changed).map(drop),
        tab.engine.migrations_applied(&scripts(&changed)).map(drop),
    ] {
        assert_eq!(code(failure.clone()), "MIGRATION_CHANGED");
        let message = message(failure);
        assert!(
            message.contains("migration 2") && message.contains("add a new script"),
            "{message}"
        );
    }
}

#[test]
fn a_changed_script_is_shown_where_it_differs_and_never_whole() {
    let mut tab = Tab::new();
    let long = format!("CREATE TABLE t(a); INSERT INTO t VALUES ('{}')", "x".repeat(100_000));
    assert!(migrate(&mut tab, &[&long, SECOND]).is_ok());
    for (texts, said) in [
        (
            [&long, "ALTER TABLE t ADD COLUMN c"],
            "where it said `b DEFAULT 5`, it says `c` now",
        ),
        (
            [&long, "ALTER TABLE t"],
            "where it said `ADD COLUMN b DEFAULT 5`, it says nothing more now",
        ),
        ([SECOND, &long], "the script that ran as migration 1 is migration 2 now"),
        (["CREATE TABLE t(a, b)", SECOND], "it says `t(a, b)` now"),
    ] {
        let failure = migrate(&mut tab, &texts).map(drop);
        assert_eq!(code(failure.clone()), "MIGRATION_CHANGED");
        let message = message(failure);
        assert!(message.contains(said) && message.len() < 500, "{message}");
    }
}

#[test]
fn a_database_that_script_has_made_before_takes_the_migrations_of_a_later_page() {
    let mut tab = Tab::with(FIRST);
    assert_eq!(
        migrate(&mut tab, &[FIRST, SECOND]).map(|outcome| outcome.changes),
        Ok(2)
    );
    assert_eq!(tab.integers("SELECT a, b FROM t"), [1, 5]);
    let mut other = Tab::with("CREATE TABLE t(b)");
    let failure = migrate(&mut other, &[FIRST, SECOND]).map(drop);
    assert_eq!(code(failure.clone()), "SQLITE_ERROR");
    let message = message(failure);
    assert!(
        message.contains("migration 1")
            && message.contains("already exists")
            && message.contains("Database.delete(name)"),
        "{message}"
    );
    assert!(migrate(&mut other, &["CREATE TABLE IF NOT EXISTS t(b, c)"]).is_ok());
}

#[test]
fn an_older_page_with_fewer_scripts_has_nothing_to_do() {
    let mut tab = Tab::new();
    assert!(migrate(&mut tab, &[FIRST, SECOND]).is_ok());
    assert_eq!(
        tab.engine.migrations_applied(&scripts(&[FIRST])),
        Ok(Migrations::Applied)
    );
    assert_eq!(migrate(&mut tab, &[FIRST]).map(|outcome| outcome.changes), Ok(0));
}

#[test]
fn a_failing_script_names_itself_and_its_line_and_leaves_everything_as_it_was() {
    let mut tab = Tab::new();
    assert!(migrate(&mut tab, &[FIRST]).is_ok());
    let before = tab.engine.position();
    for (script, said) in [
        (
            "CREATE TABLE x(y);\n\nINSERT INTO nowhere VALUES (1);",
            "no such table: nowhere (in the statement on line 3)",
        ),
        (
            "INSERT INTO t (a) VALUES ('x');\nINSERT INTO nowhere VALUES (1);",
            "no such table: nowhere (in the statement on line 2)",
        ),
        (
            "CREATE TABLE x(y);\nSELEC",
            "near \"SELEC\": syntax error (line 2, column 1)",
        ),
        (
            "CREATE TABLE x(y UNIQUE);\nINSERT INTO x VALUES (1);\nINSERT INTO x VALUES (1);",
            "line 3",
        ),
    ] {
        let failure = message(migrate(&mut tab, &[FIRST, SECOND, script]));
        assert!(
            failure.starts_with("migration 3: ") && failure.contains(said),
            "{failure}"
        );
        assert_eq!(tab.engine.position(), before);
    }
    let committing = migrate(&mut tab, &[FIRST, "CREATE TABLE x(y); COMMIT;"]);
    assert_eq!(code(committing), "TRANSACTION_IN_BATCH");
    assert_eq!(tab.integers("SELECT count(*) FROM sqlite_schema WHERE name = 'x'"), [0]);
    assert_eq!(
        migrate(&mut tab, &[FIRST, SECOND]).map(|outcome| outcome.changes),
        Ok(1)
    );
}

#[test]
fn a_script_of_comments_counts_as_one_that_ran() {
    let mut tab = Tab::new();
    assert_eq!(
        migrate(&mut tab, &["-- nothing yet", FIRST]).map(|outcome| outcome.changes),
        Ok(2)
    );
    assert_eq!(tab.integers("SELECT a FROM t"), [1]);
}
