//! Several units of work in one commit: each takes effect as a whole or not at all, and none affects its neighbours.

use std::cell::Cell;
use std::rc::Rc;

use sqlite_elements::engine::Progress;
use sqlite_elements::sql::{Statement, Work};
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::tab::{Tab, code, work};

/// Runs works as one group, publishes the result, and returns the code of each answer ("" for success).
fn group(tab: &mut Tab, works: &[&str]) -> Vec<String> {
    let works: Vec<Work> = works.iter().map(|sql| work(sql)).collect();
    let run = tab.engine.run(&works.iter().collect::<Vec<_>>());
    if let Some(staged) = run.staged {
        let commit = tab.commit_of(staged);
        assert_eq!(tab.engine.publish(&commit), Ok(()));
    }
    tab.assert_whole();
    run.answers
        .into_iter()
        .map(|answer| answer.err().map(|failure| failure.code.to_string()).unwrap_or_default())
        .collect()
}

#[test]
fn one_that_fails_has_no_effect_and_fails_no_other() {
    let mut tab = Tab::with("CREATE TABLE t(a UNIQUE)");
    let codes = group(
        &mut tab,
        &[
            "INSERT INTO t VALUES (1)",
            "INSERT INTO t VALUES (2); INSERT INTO t VALUES (1)",
            "INSERT INTO nowhere VALUES (1)",
            "INSERT INTO t VALUES (3)",
        ],
    );
    assert_eq!(codes, ["", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_ERROR", ""]);
    assert_eq!(tab.integers("SELECT a FROM t ORDER BY a"), [1, 3]);
}

#[test]
fn a_later_one_sees_what_an_earlier_one_did() {
    let mut tab = Tab::new();
    let codes = group(
        &mut tab,
        &[
            "CREATE TABLE t(a)",
            "INSERT INTO t VALUES (1)",
            "UPDATE t SET a = a + 1",
        ],
    );
    assert_eq!(codes, ["", "", ""]);
    assert_eq!(tab.integers("SELECT a FROM t"), [2]);
}

#[test]
fn a_deferred_foreign_key_fails_its_own_unit_alone() {
    let mut tab = Tab::with(
        "CREATE TABLE p(id INTEGER PRIMARY KEY); \
         CREATE TABLE c(p REFERENCES p DEFERRABLE INITIALLY DEFERRED);",
    );
    let codes = group(
        &mut tab,
        &[
            "INSERT INTO p VALUES (1)",
            "INSERT INTO c VALUES (99)",
            "INSERT INTO c VALUES (2); INSERT INTO p VALUES (2)",
            "INSERT INTO p VALUES (3)",
        ],
    );
    assert_eq!(codes, ["", "SQLITE_CONSTRAINT_FOREIGNKEY", "", ""]);
    assert_eq!(tab.integers("SELECT id FROM p"), [1, 2, 3]);
    assert_eq!(tab.integers("SELECT p FROM c"), [2]);
}

#[test]
fn a_statement_that_rolls_everything_back_takes_only_its_own_unit_with_it() {
    let mut tab = Tab::with(
        "CREATE TABLE t(a UNIQUE); CREATE TABLE u(a UNIQUE ON CONFLICT ROLLBACK); \
         CREATE TRIGGER r BEFORE INSERT ON t WHEN new.a < 0 BEGIN SELECT RAISE(ROLLBACK, 'no'); END; \
         INSERT INTO u VALUES (1);",
    );
    let codes = group(
        &mut tab,
        &[
            "INSERT INTO t VALUES (1)",
            "INSERT INTO t VALUES (2); INSERT INTO t VALUES (-1); INSERT INTO t VALUES (3)",
            "INSERT INTO t VALUES (4)",
            "INSERT INTO t VALUES (5); INSERT OR ROLLBACK INTO t VALUES (4)",
            "INSERT INTO t VALUES (6); INSERT INTO u VALUES (1)",
            "INSERT INTO t VALUES (7)",
        ],
    );
    let (raised, unique) = ("SQLITE_CONSTRAINT_TRIGGER", "SQLITE_CONSTRAINT_UNIQUE");
    assert_eq!(codes, ["", raised, "", unique, unique, ""]);
    assert_eq!(tab.integers("SELECT a FROM t ORDER BY a"), [1, 4, 7]);
}

#[test]
fn conflict_clauses_within_a_unit_do_what_they_say() {
    let mut tab = Tab::with("CREATE TABLE t(a UNIQUE); INSERT INTO t VALUES (1)");
    let codes = group(
        &mut tab,
        &[
            "INSERT OR FAIL INTO t VALUES (2), (1), (3)",
            "INSERT OR IGNORE INTO t VALUES (1), (4)",
        ],
    );
    assert_eq!(codes, ["SQLITE_CONSTRAINT_UNIQUE", ""]);
    assert_eq!(tab.integers("SELECT a FROM t ORDER BY a"), [1, 4]);
}

/// SQLite counts the instructions of each statement separately, and each of these has few.
#[test]
fn a_text_of_many_small_statements_is_looked_after_and_can_be_stopped() {
    let mut tab = Tab::with("CREATE TABLE t(a)");
    let calls = Rc::new(Cell::new(0));
    let limit = Rc::new(Cell::new(u32::MAX));
    let (counted, until) = (Rc::clone(&calls), Rc::clone(&limit));
    tab.engine.set_on_progress(Rc::new(move |headway| {
        counted.set(counted.get() + 1);
        if headway.calls < until.get() {
            Progress::GoOn
        } else {
            Progress::Interrupt
        }
    }));
    let many = "INSERT INTO t VALUES (1);".repeat(3000);
    tab.write(&many);
    assert!(calls.get() >= 10, "{}", calls.get());
    let asked = calls.get();
    assert!(tab.try_query(&"SELECT 1;".repeat(3000)).is_ok());
    assert!(calls.get() >= asked + 10);
    limit.set(3);
    assert_eq!(code(tab.try_write(&many)), "SQLITE_INTERRUPT");
    assert_eq!(tab.integers("SELECT count(*) FROM t"), [3000]);
}

/// To SQLite it is one instruction, which calls nobody.
#[test]
fn a_large_value_is_looked_after_while_it_is_written_and_read() {
    let mut tab = Tab::with("CREATE TABLE t(a)");
    let calls = Rc::new(Cell::new(0));
    let counted = Rc::clone(&calls);
    tab.engine.set_on_progress(Rc::new(move |_| {
        counted.set(counted.get() + 1);
        Progress::GoOn
    }));
    tab.write("INSERT INTO t VALUES (zeroblob(50000000))");
    assert!(calls.get() >= 10, "{} while it was written", calls.get());
    let written = calls.get();
    assert_eq!(tab.integers("SELECT a = zeroblob(50000000) FROM t"), [1]);
    let read = calls.get() - written;
    assert!(read >= 10, "{read} while it was read");
}

#[test]
fn work_that_changes_nothing_stages_nothing() {
    let mut tab = Tab::with("CREATE TABLE t(a UNIQUE); INSERT INTO t VALUES (1)");
    for sql in [
        "SELECT 1",
        "DELETE FROM t WHERE a = 5",
        "INSERT INTO t VALUES (1)",
        "CREATE TABLE IF NOT EXISTS t(a)",
    ] {
        let run = tab.engine.run(&[&work(sql)]);
        assert!(run.staged.is_none(), "{sql}");
    }
    assert!(tab.engine.run(&[]).staged.is_none());
    assert!(tab.engine.run(&[&Work::batch(Vec::new())]).answers[0].is_ok());
}

#[test]
fn a_unit_far_larger_than_the_page_cache_is_undone_as_well() {
    let mut tab = Tab::with("CREATE TABLE t(a, b); INSERT INTO t VALUES (0, '')");
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000) \
                INSERT INTO t SELECT i, hex(randomblob(400)) FROM n";
    let before = tab.engine.position();
    let codes = group(&mut tab, &[&format!("{many}; INSERT INTO missing VALUES (1)")]);
    assert_eq!(codes, ["SQLITE_ERROR"]);
    assert_eq!(
        tab.engine.position(),
        before,
        "pages written and written back are no change"
    );
    assert_eq!(group(&mut tab, &[many, "DELETE FROM t WHERE a > 5990"]), ["", ""]);
    assert_eq!(tab.integers("SELECT count(*) FROM t"), [5991]);
}

/// Temporary tables, sorters and statement journals stay in memory: the VFS here would refuse a file.
#[test]
fn sorting_and_indexing_more_than_the_page_cache_holds_needs_no_file() {
    let mut tab = Tab::with("CREATE TABLE t(a, b)");
    tab.write(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) \
         INSERT INTO t SELECT i * 7919 % 20000, hex(randomblob(60)) FROM n",
    );
    let sorted = "SELECT count(*) FROM (SELECT DISTINCT b FROM t ORDER BY b LIMIT -1 OFFSET 0)";
    assert_eq!(tab.integers(sorted), [20000]);
    tab.write("CREATE INDEX i ON t(b); UPDATE t SET b = b || 'x'; DELETE FROM t WHERE a % 2");
    assert_eq!(tab.integers("SELECT count(*) FROM t"), [10000]);
    tab.assert_whole();
}

#[test]
fn vacuum_shrinks_the_image_within_a_group() {
    let mut tab = Tab::with("CREATE TABLE t(a); INSERT INTO t VALUES (zeroblob(200000)); CREATE TABLE u(a)");
    let before = tab.engine.image().page_count();
    let codes = group(
        &mut tab,
        &[
            "INSERT INTO u VALUES (1)",
            "DELETE FROM t",
            "VACUUM",
            "INSERT INTO u VALUES (2)",
            "INSERT INTO u VALUES (3); VACUUM",
            "SELECT 1; VACUUM",
        ],
    );
    assert_eq!(codes[..4], ["", "", "", ""]);
    assert_eq!(codes[4..], ["SQLITE_ERROR", "SQLITE_ERROR"], "it stands alone");
    assert!(tab.engine.image().page_count().0 * 4 < before.0);
    assert_eq!(tab.integers("SELECT a FROM u"), [1, 2]);
    tab.write("INSERT INTO t VALUES (zeroblob(100000))");
    tab.assert_whole();
}

#[test]
fn more_may_be_staged_on_top_and_what_was_published_first_stays() {
    let mut tab = Tab::with("CREATE TABLE t(a)");
    let first = tab
        .engine
        .run(&[&work("INSERT INTO t VALUES (1)")])
        .staged
        .expect("staged");
    let first = tab.commit_of(first);
    assert!(tab.engine.run(&[&work("CREATE TABLE u(a)")]).staged.is_some());
    assert_eq!(tab.engine.publish(&first), Ok(()));
    assert_eq!(tab.integers("SELECT a FROM t"), [1]);
    assert_eq!(code(tab.try_query("SELECT a FROM u")), "SQLITE_ERROR");
    let rest = tab.engine.run(&[]).staged.expect("the second is still staged");
    let rest = tab.commit_of(rest);
    assert_eq!(tab.engine.publish(&rest), Ok(()));
    assert!(tab.rows("SELECT a FROM u").is_empty());
    tab.assert_whole();
}

#[test]
fn the_statements_of_a_batch_are_one_unit() {
    let mut tab = Tab::with("CREATE TABLE t(a UNIQUE)");
    let statements = |values: &[i64]| {
        let insert = |value: &i64| Statement::with("INSERT INTO t VALUES (?)", vec![(*value).into()]);
        Work::batch(values.iter().map(insert).collect())
    };
    let (answer, _) = tab.answer(&statements(&[1, 2, 2]));
    assert_eq!(code(answer), "SQLITE_CONSTRAINT_UNIQUE");
    let (answer, _) = tab.answer(&statements(&[1, 2, 3]));
    assert_eq!(answer.map(|outcome| (outcome.changes, outcome.last_row_id)), Ok((3, 3)));
}
