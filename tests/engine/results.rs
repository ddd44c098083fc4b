//! Rows, parameters, counts, and what failures say.

use sqlite_elements::sql::{Params, SqlFailure, Statement, Value, Work};
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::tab::{Tab, code, message};

fn ask(tab: &mut Tab, sql: &str, params: Params) -> Result<Vec<Value>, SqlFailure> {
    let queried = tab.engine.query(&Statement {
        sql: sql.into(),
        params,
    })?;
    Ok(queried.outcome.rows.table().1.concat())
}

fn named(values: &[(&str, i64)]) -> Params {
    Params::Named(
        values
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Value::from(*value)))
            .collect(),
    )
}

#[test]
fn every_value_is_stored_and_returned_as_it_was_given() {
    let values = vec![
        Value::Null,
        Value::Integer(i64::MIN),
        Value::Integer(i64::MAX),
        Value::Real(0.1),
        Value::Real(f64::NEG_INFINITY),
        Value::from(""),
        Value::from("naïve 🦀\0'; DROP TABLE t; --"),
        Value::Blob(vec![]),
        Value::Blob(vec![0, 255]),
    ];
    let mut tab = Tab::with("CREATE TABLE t(v)");
    for value in &values {
        let insert = Statement::with("INSERT INTO t VALUES (?)", vec![value.clone()]);
        assert!(tab.answer(&Work::batch(vec![insert])).0.is_ok());
    }
    assert_eq!(tab.rows("SELECT v FROM t ORDER BY rowid").concat(), values);
}

#[test]
fn parameters_go_by_position_or_by_name() {
    let mut tab = Tab::new();
    let tab = &mut tab;
    let pair = || Params::Positional(vec![Value::from(1), Value::from(2)]);
    let both = Ok(vec![Value::from(1), Value::from(2)]);
    assert_eq!(ask(tab, "SELECT ?, ?", pair()), both);
    assert_eq!(ask(tab, "SELECT ?1, ?2", pair()), both);
    assert_eq!(
        ask(tab, "SELECT :a, @b", named(&[("b", 2), ("unused", 3), ("a", 1)])),
        both
    );
    assert_eq!(ask(tab, "SELECT $a, $a + 1", named(&[("a", 1)])), both);
    assert_eq!(ask(tab, "SELECT :a, :b", pair()), both);
    assert_eq!(ask(tab, "SELECT 1; SELECT ?, ?; ", pair()), both);
    assert_eq!(ask(tab, "SELECT 1, 2", named(&[("a", 1)])), both);
    assert_eq!(ask(tab, "SELECT :b; SELECT :a, :b", named(&[("a", 1), ("b", 2)])), both);
}

#[test]
fn named_parameters_go_to_every_statement_that_names_them() {
    let mut tab = Tab::with("CREATE TABLE account (id, amount); INSERT INTO account VALUES (1, 100), (2, 0)");
    let sql = "UPDATE account SET amount = amount - :amount WHERE id = :from;
               UPDATE account SET amount = amount + :amount WHERE id = :to";
    let transfer = |params| {
        Work::batch(vec![Statement {
            sql: sql.to_owned(),
            params,
        }])
    };
    let (answer, _) = tab.answer(&transfer(named(&[("from", 1), ("to", 2), ("amount", 30)])));
    assert!(answer.is_ok(), "{answer:?}");
    assert_eq!(tab.integers("SELECT amount FROM account ORDER BY id"), [70, 30]);
    let (answer, commit) = tab.answer(&transfer(named(&[("from", 1), ("amount", 30)])));
    assert_eq!(code(answer), "PARAMETER_MISSING");
    assert!(commit.is_none(), "all of it or nothing");
    assert_eq!(tab.integers("SELECT amount FROM account ORDER BY id"), [70, 30]);
}

#[test]
fn missing_or_superfluous_parameters_are_named() {
    let mut tab = Tab::new();
    let tab = &mut tab;
    let one = || Params::Positional(vec![Value::from(1)]);
    let failure = ask(tab, "SELECT ?, ?", one());
    assert_eq!(message(failure.clone()), "the statement takes 2 parameters, 1 given");
    assert_eq!(code(failure), "PARAMETER_COUNT");
    assert_eq!(code(ask(tab, "SELECT ?", Params::none())), "PARAMETER_COUNT");
    assert_eq!(code(ask(tab, "SELECT 1", one())), "PARAMETER_COUNT");
    assert_eq!(code(ask(tab, "SELECT ?; SELECT ?", one())), "PARAMETER_COUNT");
    let failure = ask(tab, "SELECT :a, :b", named(&[("a", 1)]));
    assert_eq!(message(failure.clone()), "no value given for parameter :b");
    assert_eq!(code(failure), "PARAMETER_MISSING");
    assert_eq!(code(ask(tab, "SELECT ?", named(&[("a", 1)]))), "PARAMETER_MISSING");
}

#[test]
fn a_work_whose_parameters_do_not_fit_has_no_effect() {
    let mut tab = Tab::with("CREATE TABLE t(a)");
    let sql = "INSERT INTO t VALUES (1); INSERT INTO t VALUES (?); INSERT INTO t VALUES (?)";
    let (answer, commit) = tab.answer(&Work::batch(vec![Statement::with(sql, vec![Value::from(1)])]));
    assert_eq!(code(answer), "PARAMETER_COUNT");
    assert!(commit.is_none());
}

#[test]
fn a_failure_has_sqlites_code_and_the_place() {
    let mut tab = Tab::with("CREATE TABLE t(a UNIQUE, b NOT NULL, c CHECK (c > 0)); INSERT INTO t VALUES (1, 1, 1)");
    for (sql, expected, said) in [
        (
            "SELEC 1",
            "SQLITE_ERROR",
            "near \"SELEC\": syntax error (line 1, column 1)",
        ),
        (
            "  SELECT 'é',\n   missing",
            "SQLITE_ERROR",
            "no such column: missing (line 2, column 4)",
        ),
        ("SELECT 1;\n\n SELECT * FORM t", "SQLITE_ERROR", "(line 3, column 11)"),
        (
            "SELECT 1;\n-- so far\nSELECT * FROM missing",
            "SQLITE_ERROR",
            "no such table: missing (in the statement on line 3)",
        ),
        ("INSERT INTO t VALUES (1, 1, 1)", "SQLITE_CONSTRAINT_UNIQUE", "t.a"),
        ("INSERT INTO t VALUES (2, NULL, 1)", "SQLITE_CONSTRAINT_NOTNULL", "t.b"),
        ("INSERT INTO t VALUES (2, 1, 0)", "SQLITE_CONSTRAINT_CHECK", "c > 0"),
        (
            "INSERT INTO t VALUES (2, 1, 1);\nINSERT INTO t VALUES (3, 1, 1);\n\n/* twice */\nINSERT INTO t VALUES (3, 1, 1)",
            "SQLITE_CONSTRAINT_UNIQUE",
            "line 5",
        ),
        (
            "SELECT abs(-9223372036854775808) FROM t",
            "SQLITE_ERROR",
            "integer overflow",
        ),
    ] {
        let failure = tab.try_write(sql);
        assert_eq!(code(failure.clone()), expected, "{sql}");
        let message = message(failure);
        assert!(message.contains(said), "{sql}: {message}");
    }
    assert_eq!(tab.integers("SELECT count(*) FROM t"), [1]);
}

#[test]
fn an_outcome_counts_triggers_and_cascades_and_names_the_last_row() {
    let mut tab = Tab::with(
        "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p ON DELETE CASCADE); \
         CREATE TABLE log(n); CREATE TRIGGER l AFTER INSERT ON p BEGIN INSERT INTO log VALUES (new.id); END;",
    );
    let outcome = tab.write("INSERT INTO p VALUES (7), (9)");
    assert_eq!((outcome.changes, outcome.last_row_id), (4, 9));
    assert_eq!(tab.write("INSERT INTO c VALUES (7), (7), (9)").changes, 3);
    assert_eq!(tab.write("DELETE FROM p WHERE id = 7").changes, 3);
    assert_eq!(tab.write("CREATE TABLE x(y)").changes, 0);
}

#[test]
fn an_outcome_has_the_rows_of_the_last_statement_that_returns_any() {
    let mut tab = Tab::with("CREATE TABLE t(a)");
    let outcome = tab.write("INSERT INTO t VALUES (1), (2) RETURNING a, a AS a; UPDATE t SET a = a + 1");
    let (names, rows) = outcome.rows.table();
    assert_eq!(names, ["a", "a"]);
    assert_eq!(rows.len(), 2);
    let none = tab.engine.query(&Statement::new("SELECT a AS x FROM t WHERE 0"));
    let (names, rows) = none.map(|queried| queried.outcome.rows.table()).unwrap_or_default();
    assert_eq!((names, rows), (vec!["x".to_owned()], vec![]));
}

#[test]
fn a_statement_prepared_before_sees_a_new_column_and_its_name() {
    let mut tab = Tab::with("CREATE TABLE t(a); INSERT INTO t VALUES (1)");
    assert_eq!(tab.integers("SELECT * FROM t"), [1]);
    tab.write("ALTER TABLE t ADD COLUMN b DEFAULT 2");
    let queried = tab.engine.query(&Statement::new("SELECT * FROM t"));
    let (names, rows) = queried.map(|queried| queried.outcome.rows.table()).unwrap_or_default();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(rows.concat(), [Value::from(1), Value::from(2)]);
}

#[test]
fn the_clock_answers() {
    let mut tab = Tab::new();
    let year = tab.integers("SELECT CAST(strftime('%Y', 'now') AS INTEGER)");
    assert!(year[0] >= 2025, "{year:?}");
}
