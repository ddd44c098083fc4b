//! Rows, parameters, counts, and the messages of failures.

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
    assert_eq!(ask(tab, "SELECT ?1, ?2", named(&[("1", 1), ("?2", 2)])), both);
    assert_eq!(ask(tab, "SELECT $a, $a + 1", named(&[("a", 1)])), both);
    assert_eq!(ask(tab, "SELECT :a, :b", pair()), both);
    assert_eq!(ask(tab, "SELECT 1; SELECT ?, ?; ", pair()), both);
    assert_eq!(ask(tab, "SELECT 1, 2", named(&[("a", 1)])), both);
    assert_eq!(ask(tab, "SELECT :b; SELECT :a, :b", named(&[("a", 1), ("b", 2)])), both);
}

#[test]
fn a_name_with_its_sign_is_one_parameter_and_without_it_must_not_be_two() {
    let mut tab = Tab::new();
    let tab = &mut tab;
    let all = [1, 2, 3].map(Value::from).to_vec();
    let signed = named(&[(":a", 1), ("@a", 2), ("$a", 3)]);
    assert_eq!(ask(tab, "SELECT :a, @a, $a", signed), Ok(all));
    let mixed = named(&[("a", 1), ("@b", 2), ("b", 9)]);
    assert_eq!(
        ask(tab, "SELECT :a, @b", mixed),
        Ok(vec![Value::from(1), Value::from(2)])
    );
    let twice = named(&[("a", 1)]);
    let refused = ask(tab, "SELECT :a, @a", twice.clone());
    assert_eq!(code(refused.clone()), "PARAMETER_AMBIGUOUS");
    assert!(message(refused).contains(":a and @a are two parameters"));
    assert_eq!(ask(tab, "SELECT :a; SELECT @a", twice), Ok(vec![Value::from(1)]));
    assert_eq!(code(ask(tab, "SELECT :a", named(&[("@a", 1)]))), "PARAMETER_MISSING");
}

#[test]
fn a_misspelt_column_in_double_quotes_is_an_error_that_says_how_texts_are_quoted() {
    let mut tab = Tab::with("CREATE TABLE t(name)");
    for sql in [
        "SELECT \"nmae\" FROM t",
        "INSERT INTO t VALUES (\"text\")",
        "CREATE TABLE u(a CHECK (a <> \"\"))",
        "CREATE INDEX i ON t(\"nmae\")",
    ] {
        let message = message(tab.try_write(sql));
        assert!(
            message.contains("no such column") && message.contains("single-quotes"),
            "{sql}: {message}"
        );
    }
    tab.write("INSERT INTO \"t\"(\"name\") VALUES ('x')");
}

#[test]
fn a_failure_does_not_hold_what_was_bound_nor_all_of_the_text() {
    let mut tab = Tab::with(
        "CREATE TABLE t(a UNIQUE CHECK (a <> 'no')) STRICT"
            .replace("a UNIQUE", "a TEXT UNIQUE")
            .as_str(),
    );
    let secret = format!("secret{}", "x".repeat(100_000));
    let insert = Work::batch(vec![Statement::with(
        "INSERT INTO t VALUES (?)",
        vec![Value::from(secret.as_str())],
    )]);
    assert!(tab.answer(&insert).0.is_ok());
    let failed = message(tab.answer(&insert).0);
    assert!(!failed.contains("secret"), "{failed}");
    let long = "x".repeat(400_000);
    for sql in [
        format!("SELECT {long}"),
        format!("SELECT '{long}"),
        format!("{long} 1"),
        format!("SELECT * FROM [{long}]"),
    ] {
        let failed = message(tab.try_write(&sql));
        assert!(failed.len() < 1000, "{}", failed.len());
    }
    let json = Statement::with("SELECT json_extract('{}', ?)", vec![Value::from(long.as_str())]);
    assert!(message(tab.engine.query(&json).map(drop)).len() < 1000);
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
    assert_eq!(
        message(failure.clone()),
        "the statement takes 2 parameters, and 1 is given"
    );
    assert_eq!(code(failure), "PARAMETER_COUNT");
    assert_eq!(code(ask(tab, "SELECT ?", Params::none())), "PARAMETER_COUNT");
    assert_eq!(code(ask(tab, "SELECT 1", one())), "PARAMETER_COUNT");
    assert_eq!(code(ask(tab, "SELECT ?; SELECT ?", one())), "PARAMETER_COUNT");
    let failure = ask(tab, "SELECT :a, :b", named(&[("a", 1)]));
    assert_eq!(
        message(failure.clone()),
        "no value is given for the parameter :b; give one under this name; to an element by data-b, or by a field of \
         this name"
    );
    assert_eq!(code(failure), "PARAMETER_MISSING");
    assert_eq!(code(ask(tab, "SELECT ?", named(&[("a", 1)]))), "PARAMETER_MISSING");
}

#[test]
fn a_parameter_that_is_given_with_another_case_is_named_with_the_way_out() {
    let mut tab = Tab::new();
    let mut ask = |parameter: &str, given| message(ask(&mut tab, &format!("SELECT {parameter}"), named(&[(given, 1)])));
    let lower_case = "HTML makes the name of an attribute lower case";
    for (parameter, given, way_out) in [
        // The name that `data-userId` and `dataset.userId` give.
        (
            ":userId",
            "userid",
            format!("there is one for userid, since {lower_case}: write :userid, or :user_id and data-user-id"),
        ),
        (
            "@userId",
            "user_id",
            "there is one for user_id: the two must be the same".into(),
        ),
        (
            ":userId",
            "other",
            format!("write :user_id and data-user-id: {lower_case}"),
        ),
        (
            ":user_id",
            "userId",
            "there is one for userId: the two must be the same".into(),
        ),
        (
            ":user_id",
            "@user_id",
            "there is one for @user_id: the two must be the same".into(),
        ),
        // HTML makes only the letters of ASCII lower case.
        (
            ":ÄrgerMaß",
            "Ärgermaß",
            format!("there is one for Ärgermaß, since {lower_case}"),
        ),
        (":HTMLText", "other", "write :htmltext and data-htmltext".into()),
        (":__", "a", "give one under this name".into()),
    ] {
        let said = ask(parameter, given);
        assert!(said.contains(&way_out), "{parameter} {given}: {said}");
    }
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

const COUNTED: &str = "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p ON DELETE CASCADE); \
    CREATE TABLE log(n); CREATE TRIGGER l AFTER INSERT ON p BEGIN INSERT INTO log VALUES (new.id); END; \
    CREATE TABLE doc(id INTEGER PRIMARY KEY, body); CREATE VIRTUAL TABLE f USING fts5(body, content='doc', content_rowid='id'); \
    CREATE TRIGGER di AFTER INSERT ON doc BEGIN INSERT INTO f(rowid, body) VALUES (new.id, new.body); END; \
    CREATE TRIGGER du AFTER UPDATE ON doc BEGIN INSERT INTO f(f, rowid, body) VALUES ('delete', old.id, old.body); \
      INSERT INTO f(rowid, body) VALUES (new.id, new.body); END; \
    CREATE TABLE person(id INTEGER PRIMARY KEY, mail UNIQUE, n DEFAULT 0); \
    CREATE TRIGGER pu AFTER UPDATE ON person BEGIN INSERT INTO log VALUES (new.id); END; \
    CREATE TABLE word(w PRIMARY KEY) WITHOUT ROWID; CREATE TABLE other(id INTEGER PRIMARY KEY); \
    CREATE VIEW mails AS SELECT mail FROM person; \
    CREATE TRIGGER mi INSTEAD OF INSERT ON mails BEGIN INSERT INTO person(mail) VALUES (new.mail); END;";

#[test]
fn an_outcome_counts_the_rows_of_its_statements_not_those_of_triggers_cascades_and_indexes() {
    let mut tab = Tab::with(COUNTED);
    for (sql, changes) in [
        ("INSERT INTO p VALUES (7), (9)", 2),
        ("INSERT INTO c VALUES (7), (7), (9)", 3),
        ("DELETE FROM p WHERE id = 7", 1),
        ("CREATE TABLE x(y)", 0),
        ("CREATE TABLE z AS SELECT 1 AS a", 0),
        ("INSERT INTO doc VALUES (1, 'one')", 1),
        ("UPDATE doc SET body = 'two' WHERE id = 1", 1),
        ("UPDATE doc SET body = 'three' WHERE id = 99", 0),
        ("INSERT INTO f(f) VALUES ('rebuild')", 1),
        ("REPLACE INTO doc VALUES (1, 'four')", 1),
        ("INSERT INTO other VALUES (1), (2) RETURNING id", 2),
        ("SELECT * FROM other", 0),
        (
            "INSERT INTO other VALUES (3); SELECT 1; UPDATE other SET id = id + 10; DELETE FROM other WHERE id = 11",
            5,
        ),
        ("DELETE FROM other", 2),
        ("PRAGMA user_version = 1", 0),
        ("INSERT INTO mails VALUES ('a')", 0),
    ] {
        assert_eq!(tab.write(sql).changes, changes, "{sql}");
    }
}

#[test]
fn the_last_rowid_is_one_that_this_call_gave_or_none() {
    let mut tab = Tab::with(COUNTED);
    let upsert = "INSERT INTO person(mail) VALUES ('a') ON CONFLICT(mail) DO UPDATE SET n = n + 1";
    for (sql, last) in [
        ("INSERT INTO other VALUES (1)", 1),
        // The same rowid as before, but in another table, where it is new.
        (upsert, 1),
        (upsert, 0),
        ("INSERT INTO other VALUES (777)", 777),
        (upsert, 0),
        ("INSERT INTO word VALUES ('w')", 0),
        ("UPDATE person SET n = 5", 0),
        ("DELETE FROM other", 0),
        ("INSERT OR IGNORE INTO person(mail) VALUES ('a')", 0),
        ("INSERT INTO mails VALUES ('b')", 0),
        ("INSERT INTO p VALUES (777)", 777),
        ("REPLACE INTO p VALUES (777)", 777),
        ("INSERT INTO doc VALUES (777, 'x')", 777),
        ("INSERT INTO f(rowid, body) VALUES (778, 'x')", 778),
        ("INSERT INTO other VALUES (5); UPDATE other SET id = 6", 5),
        ("INSERT INTO other VALUES (8), (9); INSERT INTO word VALUES ('v')", 9),
        ("SELECT 1", 0),
        ("CREATE TABLE x AS SELECT 1", 0),
    ] {
        assert_eq!(tab.write(sql).last_row_id, last, "{sql}");
    }
}

#[test]
fn the_functions_that_tell_of_the_statement_before_answer_in_its_text_and_are_refused_alone() {
    let mut tab = Tab::with(COUNTED);
    tab.write("INSERT INTO other VALUES (41)");
    let asked = "SELECT changes(), last_insert_rowid()";
    assert_eq!(
        tab.write(&format!("INSERT INTO other VALUES (42); {asked}"))
            .rows
            .table()
            .1
            .concat(),
        [Value::from(1), Value::from(42)]
    );
    tab.write("CREATE VIEW told AS SELECT changes() AS n");
    for sql in [
        asked,
        "SELECT total_changes()",
        "SELECT * FROM told",
        "SELECT Last_Insert_Rowid()",
    ] {
        let refusals = [tab.try_query(sql).map(drop), tab.try_write(sql).map(drop)];
        for refusal in refusals {
            assert!(message(refusal).contains("rowsAffected and lastInsertId"), "{sql}");
        }
    }
    let first = "INSERT INTO other SELECT last_insert_rowid() + 1";
    assert!(tab.try_write(first).is_err(), "it would be another unit's");
    tab.write(&format!("INSERT INTO other VALUES (50); {first}"));
    assert_eq!(tab.integers("SELECT max(id) FROM other"), [51]);
    // A trigger asks about its own statements.
    tab.write("CREATE TRIGGER o AFTER INSERT ON word BEGIN INSERT INTO log VALUES (changes()); END");
    tab.write("INSERT INTO word VALUES ('w')");
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
