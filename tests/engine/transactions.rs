//! A transaction across calls: only its own calls see it, and it is stored as one commit or not at all.

use sqlite_elements::engine::{Ending, Staged, Standing};
use sqlite_elements::sql::{Answer, Statement, Value};
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::tab::{Tab, code};

fn run(tab: &mut Tab, sql: &str) -> (Answer, Standing) {
    tab.engine.transact(&Statement::new(sql))
}

/// Runs a text that leaves the transaction open.
fn inside(tab: &mut Tab, sql: &str) -> Answer {
    let (answer, standing) = run(tab, sql);
    assert!(matches!(standing, Standing::Open), "{sql}: {standing:?}");
    answer
}

/// Runs a text that ends the transaction without an error.
fn ended(tab: &mut Tab, sql: &str) -> Option<Staged> {
    match run(tab, sql) {
        (Ok(_), Standing::Over(staged)) => staged,
        other => panic!("{sql}: {other:?}"),
    }
}

fn publish(tab: &mut Tab, staged: Option<Staged>) {
    let commit = tab.commit_of(staged.expect("something was changed"));
    assert_eq!(tab.engine.publish(&commit), Ok(()));
    tab.assert_whole();
}

fn seen_inside(tab: &mut Tab, sql: &str) -> Vec<Vec<Value>> {
    let answer = tab.engine.query_in_transaction(&Statement::new(sql));
    answer
        .unwrap_or_else(|failure| panic!("{sql}: {failure}"))
        .rows
        .table()
        .1
}

#[test]
fn what_it_changes_is_seen_inside_at_once_and_outside_when_it_is_stored() {
    let mut tab = Tab::with("CREATE TABLE t(a)");
    inside(&mut tab, "BEGIN").unwrap();
    let outcome = inside(&mut tab, "INSERT INTO t VALUES (1), (2)").unwrap();
    assert_eq!((outcome.changes, outcome.last_row_id), (2, 2));
    assert_eq!(inside(&mut tab, "SELECT a FROM t").unwrap().rows.len(), 2);
    assert_eq!(seen_inside(&mut tab, "SELECT count(*) FROM t"), [[Value::Integer(2)]]);
    assert_eq!(tab.integers("SELECT count(*) FROM t"), [0]);
    let staged = ended(&mut tab, "COMMIT");
    assert_eq!(tab.integers("SELECT count(*) FROM t"), [0], "not stored yet");
    publish(&mut tab, staged);
    assert_eq!(tab.integers("SELECT a FROM t"), [1, 2]);
    tab.write("INSERT INTO t VALUES (3)");
}

#[test]
fn one_that_is_rolled_back_or_changes_nothing_stores_nothing() {
    let mut tab = Tab::with("CREATE TABLE t(a)");
    inside(&mut tab, "BEGIN; INSERT INTO t VALUES (1); CREATE TABLE u(b)").unwrap();
    assert!(ended(&mut tab, "ROLLBACK").is_none());
    assert!(inside(&mut tab, "BEGIN").is_ok());
    assert!(inside(&mut tab, "SELECT * FROM t").is_ok());
    assert!(ended(&mut tab, "END").is_none());
    assert_eq!(tab.integers("SELECT count(*) FROM sqlite_schema"), [1]);
    assert_eq!(tab.written("INSERT INTO t VALUES (2)").tables().count(), 1);
}

#[test]
fn its_write_set_holds_all_that_its_calls_wrote() {
    let mut tab = Tab::with("CREATE TABLE t(a); CREATE TABLE u(b)");
    inside(&mut tab, "BEGIN").unwrap();
    inside(&mut tab, "INSERT INTO t VALUES (1)").unwrap();
    inside(&mut tab, "INSERT INTO u VALUES (1)").unwrap();
    let staged = ended(&mut tab, "COMMIT").expect("rows were written");
    let tables: Vec<&str> = staged.write_set.tables().map(|(table, _)| table).collect();
    assert_eq!(tables, ["t", "u"]);
    assert!(!staged.write_set.changes_schema());
}

#[test]
fn a_text_of_several_statements_has_an_effect_as_a_whole_or_not_at_all() {
    let mut tab = Tab::with("CREATE TABLE t(a UNIQUE)");
    inside(&mut tab, "BEGIN").unwrap();
    inside(&mut tab, "INSERT INTO t VALUES (1)").unwrap();
    let failed = inside(&mut tab, "INSERT INTO t VALUES (2); INSERT INTO t VALUES (1)");
    assert_eq!(code(failed), "SQLITE_CONSTRAINT_UNIQUE");
    assert_eq!(code(inside(&mut tab, "INSERT INTO nowhere VALUES (1)")), "SQLITE_ERROR");
    inside(&mut tab, "INSERT INTO t VALUES (3)").unwrap();
    let staged = ended(&mut tab, "COMMIT");
    publish(&mut tab, staged);
    assert_eq!(tab.integers("SELECT a FROM t ORDER BY a"), [1, 3]);
}

#[test]
fn a_savepoint_may_be_the_outermost() {
    let mut tab = Tab::with("CREATE TABLE t(a)");
    inside(&mut tab, "SAVEPOINT outer_one").unwrap();
    inside(&mut tab, "INSERT INTO t VALUES (1)").unwrap();
    inside(
        &mut tab,
        "SAVEPOINT inner_one; INSERT INTO t VALUES (2); ROLLBACK TO inner_one",
    )
    .unwrap();
    let staged = ended(&mut tab, "RELEASE outer_one");
    publish(&mut tab, staged);
    assert_eq!(tab.integers("SELECT a FROM t"), [1]);
}

#[test]
fn a_statement_that_makes_sqlite_roll_back_ends_it_without_an_effect() {
    let mut tab = Tab::with("CREATE TABLE t(a UNIQUE)");
    inside(&mut tab, "BEGIN").unwrap();
    inside(&mut tab, "INSERT INTO t VALUES (1)").unwrap();
    let (answer, standing) = run(&mut tab, "INSERT OR ROLLBACK INTO t VALUES (1)");
    assert_eq!(code(answer), "SQLITE_CONSTRAINT_UNIQUE");
    assert!(matches!(standing, Standing::Over(None)));
    tab.write("INSERT INTO t VALUES (2)");
    assert_eq!(tab.integers("SELECT a FROM t"), [2]);
}

#[test]
fn nothing_can_follow_its_end_in_the_same_text() {
    let mut tab = Tab::with("CREATE TABLE t(a)");
    for text in [
        "COMMIT; INSERT INTO t VALUES (2)",
        "INSERT INTO t VALUES (2); COMMIT; BEGIN; INSERT INTO t VALUES (3)",
        "ROLLBACK; INSERT INTO t VALUES (2)",
    ] {
        inside(&mut tab, "BEGIN; INSERT INTO t VALUES (1)").unwrap();
        let (answer, standing) = run(&mut tab, text);
        assert_eq!(code(answer), "TRANSACTION_IN_TEXT", "{text}");
        assert!(matches!(standing, Standing::Over(None)), "{text}");
        assert_eq!(tab.integers("SELECT count(*) FROM t"), [0], "{text}");
    }
}

#[test]
fn a_commit_that_a_deferred_constraint_refuses_leaves_it_open() {
    let mut tab = Tab::with(
        "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p DEFERRABLE INITIALLY DEFERRED)",
    );
    inside(&mut tab, "BEGIN").unwrap();
    inside(&mut tab, "INSERT INTO c VALUES (1)").unwrap();
    assert_eq!(code(inside(&mut tab, "COMMIT")), "SQLITE_CONSTRAINT_FOREIGNKEY");
    inside(&mut tab, "INSERT INTO p VALUES (1)").unwrap();
    let staged = ended(&mut tab, "COMMIT");
    publish(&mut tab, staged);
    assert_eq!(tab.integers("SELECT p FROM c"), [1]);
}

#[test]
fn a_query_inside_only_reads() {
    let mut tab = Tab::with("CREATE TABLE t(a)");
    inside(&mut tab, "BEGIN").unwrap();
    for sql in [
        "INSERT INTO t VALUES (1)",
        "COMMIT",
        "CREATE TABLE u(b)",
        "BEGIN; SELECT 1; COMMIT",
    ] {
        let refused = tab.engine.query_in_transaction(&Statement::new(sql));
        assert_eq!(code(refused), "SQLITE_READONLY", "{sql}");
    }
    assert!(ended(&mut tab, "COMMIT").is_none());
}

#[test]
fn more_than_the_pager_holds_is_still_one_commit() {
    let mut tab = Tab::with("CREATE TABLE t(a, pad)");
    inside(&mut tab, "BEGIN").unwrap();
    let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) \
                INSERT INTO t SELECT i, randomblob(1000) FROM n";
    inside(&mut tab, fill).unwrap();
    assert_eq!(tab.integers("SELECT count(*) FROM t"), [0]);
    assert!(ended(&mut tab, "ROLLBACK").is_none());
    tab.assert_whole();
    inside(&mut tab, "BEGIN").unwrap();
    inside(&mut tab, fill).unwrap();
    let staged = ended(&mut tab, "COMMIT");
    publish(&mut tab, staged);
    assert_eq!(tab.integers("SELECT count(*) FROM t"), [3000]);
}

#[test]
fn how_a_text_ends_a_transaction_is_sqlites_word() {
    let mut tab = Tab::new();
    for (sql, ending) in [
        ("COMMIT", Some(Ending::Commit)),
        ("SELECT 1; /* c */ end transaction", Some(Ending::Commit)),
        ("ROLLBACK", Some(Ending::Rollback)),
        ("ROLLBACK TO s", None),
        ("SELECT 'COMMIT'", None),
        ("nonsense", None),
    ] {
        assert_eq!(tab.engine.ending(sql), ending, "{sql}");
    }
}

#[test]
fn control_without_a_transaction_is_refused_as_sqlite_does() {
    let mut tab = Tab::with("CREATE TABLE t(a)");
    for (sql, said) in [
        ("COMMIT", "cannot commit - no transaction is active"),
        ("ROLLBACK", "cannot rollback - no transaction is active"),
        ("RELEASE s", "no such savepoint: s"),
        ("INSERT INTO t VALUES (1); COMMIT", "must be the first statement"),
    ] {
        let refusal = tab.engine.refuse_control(sql);
        assert!(refusal.message.contains(said), "{sql}: {refusal}");
    }
    assert_eq!(tab.integers("SELECT count(*) FROM t"), [0]);
}
