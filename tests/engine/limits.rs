//! A statement that is too deep or too large fails with an error, and the database goes on. Without the limits, each of
//! these statements would end the worker in a browser, which has 1 MB of stack and 4 GiB of memory.

use std::fmt::Write;

#[cfg(not(target_family = "wasm"))]
use sqlite_elements::engine::DATABASE_BYTES;
use sqlite_elements::engine::{RESULT_BYTES, VALUE_BYTES};
use sqlite_elements::sql::{SqlFailure, Statement, Value, Work};
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::tab::{Tab, code, message};

fn ask(tab: &mut Tab, sql: &str, values: &[String]) -> Result<Vec<Vec<Value>>, SqlFailure> {
    let values = values.iter().map(|value| Value::from(value.as_str())).collect();
    let statement = Statement::with(sql, values);
    // On both connections.
    let read = tab
        .engine
        .query(&statement)
        .map(|queried| queried.outcome.rows.table().1);
    let run = tab.answer(&Work::batch(vec![statement])).0;
    assert_eq!(read, run.map(|outcome| outcome.rows.table().1), "{:.60}", sql);
    read
}

/// `count` pieces, joined by `between`.
fn joined(count: usize, between: &str, piece: impl Fn(usize) -> String) -> String {
    (0..count).map(piece).collect::<Vec<_>>().join(between)
}

/// `middle` inside `count` pairs of `open` and `close`.
fn around(count: usize, open: &str, middle: &str, close: &str) -> String {
    format!("{}{middle}{}", open.repeat(count), close.repeat(count))
}

#[test]
fn a_pattern_may_have_2000_bytes_and_a_longer_one_is_an_error_that_says_so() {
    let mut tab = Tab::new();
    for (operator, piece) in [("LIKE", "a%"), ("GLOB", "a*"), ("LIKE", "%a")] {
        let sql = format!("SELECT ? {operator} ?");
        let mut asked = |count: usize| {
            let text = "a".repeat(4 * count);
            ask(&mut tab, &sql, &[text, piece.repeat(count)])
        };
        assert_eq!(asked(1_000), Ok(vec![vec![Value::Integer(1)]]), "{operator} {piece}");
        for count in [1_001, 5_000, 12_000] {
            let failure = asked(count).expect_err("it is too long");
            assert_eq!(failure.code.name(), "SQLITE_ERROR");
            assert!(failure.message.contains("2000 bytes"), "{failure}");
        }
    }
    tab.write("CREATE TABLE t(a); INSERT INTO t VALUES (1)");
    tab.write("CREATE VIEW v AS SELECT * FROM t");
    tab.write(
        "CREATE TRIGGER g INSTEAD OF INSERT ON v BEGIN INSERT INTO t SELECT new.a WHERE replace(hex(zeroblob(3000)), \
         '00', 'a') LIKE new.a; END",
    );
    let poison = |count: usize| format!("INSERT INTO v VALUES ('{}')", "a%".repeat(count));
    assert!(tab.try_write(&poison(1_000)).is_ok());
    assert!(message(tab.try_write(&poison(1_001))).contains("2000 bytes"));
    assert_eq!(tab.integers("SELECT count(*) FROM t"), [2]);
}

/// A name, the statement of a given depth, a depth that is allowed, and one that is not (0: not tried).
type Nested<'a> = (&'a str, &'a dyn Fn(usize) -> String, usize, usize);

/// Each kind is tried at the greatest depth that is allowed, and beyond it.
#[test]
fn what_is_nested_at_its_limit_is_answered_and_beyond_it_refused() {
    let plus = |count| format!("SELECT {}", joined(count, "+", |_| "1".to_owned()));
    let parens = |count| format!("SELECT {}", around(count, "(", "1", ")"));
    let not = |count| format!("SELECT {}1", "NOT ".repeat(count));
    let calls = |count| format!("SELECT {}", around(count, "abs(", "1", ")"));
    let case = |count| format!("SELECT {}", around(count, "CASE WHEN 1 THEN ", "1", " END"));
    let or = |count| {
        format!(
            "SELECT * FROM t WHERE {}",
            joined(count, " OR ", |at| format!("a={at}*2"))
        )
    };
    let nested_or = |count| {
        let where_ = around(count, "a=1 OR (b=2 AND (", "a=3 OR b=2", "))");
        format!("SELECT * FROM t WHERE {where_}")
    };
    let from = |count| format!("SELECT * FROM {}", around(count, "(SELECT * FROM ", "t", " LIMIT 5)"));
    let union = |count| joined(count, " UNION ", |_| "SELECT a FROM t".to_owned());
    let ctes = |count| {
        let list = joined(count, ",", |at| match at {
            0 => "c0(x) AS (SELECT 1)".to_owned(),
            at => format!("c{at}(x) AS (SELECT x FROM c{} LIMIT 9)", at - 1),
        });
        format!("WITH {list} SELECT * FROM c{}", count - 1)
    };
    let windows = |count| {
        let list = joined(count, ",", |at| format!("sum(a) OVER (PARTITION BY a+{at})"));
        format!("SELECT {list} FROM t")
    };
    let json_path = |count| format!("SELECT length(json_set('{{}}', '${}', 1))", ".a".repeat(count));
    let all: [Nested<'_>; 13] = [
        ("a sum", &plus, 990, 1_010),
        ("parentheses", &parens, 2_400, 5_000),
        ("NOT", &not, 990, 1_010),
        ("calls", &calls, 800, 1_300),
        ("CASE", &case, 480, 1_300),
        ("OR", &or, 980, 1_010),
        ("OR in AND", &nested_or, 300, 1_300),
        ("subqueries", &from, 370, 501),
        ("UNION", &union, 500, 501),
        ("WITH", &ctes, 499, 500),
        // Not tried beyond: SQLite would refuse it only after a minute.
        ("windows", &windows, 150, 0),
        ("a path into JSON", &json_path, 900, 2_000),
        (
            "COLLATE",
            &|count| format!("SELECT 1{}", " COLLATE nocase".repeat(count)),
            980,
            1_010,
        ),
    ];
    for (name, make, most, beyond) in all {
        let mut tab = Tab::with("CREATE TABLE t(a, b); CREATE INDEX ta ON t(a); CREATE INDEX tb ON t(b)");
        let answer = ask(&mut tab, &make(most), &[]);
        assert!(answer.is_ok(), "{name}, {most}: {answer:?}");
        let failure = (beyond > 0).then(|| ask(&mut tab, &make(beyond), &[]));
        assert!(!matches!(failure, Some(Ok(_))), "{name}, {beyond}");
        assert_eq!(tab.integers("SELECT 42"), [42], "{name}");
    }
}

#[test]
fn json_is_nested_1000_deep() {
    let mut tab = Tab::new();
    for (sql, open, close) in [
        ("SELECT count(*) FROM json_tree(?)", "[", "]"),
        ("SELECT length(json_pretty(?1))", "[", "]"),
        ("SELECT length(jsonb(?1)) > 0", "{\"a\":", "}"),
        ("SELECT length(json_patch(?1, ?1)) > 0", "{\"a\":", "}"),
        ("SELECT length(json_remove(?1, '$.b')) > 0", "{\"a\":", "}"),
    ] {
        let asked = |tab: &mut Tab, depth: usize| ask(tab, sql, &[around(depth, open, "1", close)]);
        assert!(asked(&mut tab, 990).is_ok(), "{sql}: {:?}", asked(&mut tab, 990));
        _ = asked(&mut tab, 50_000);
        assert_eq!(tab.integers("SELECT 42"), [42], "{sql}");
    }
}

#[test]
fn a_full_text_query_may_be_nested_as_deep_as_fts5_allows() {
    let mut tab = Tab::with("CREATE VIRTUAL TABLE f USING fts5(x); INSERT INTO f VALUES ('a b')");
    let sql = "SELECT count(*) FROM f WHERE f MATCH ?";
    let flat = |between: &str| Vec::from_iter(std::iter::repeat_n("a", 3_000)).join(between);
    for query in [
        around(20_000, "(", "a", ")"),
        around(240, "b AND (a OR ", "a", ")"),
        around(2_000, "b AND (a OR ", "a", ")"),
        flat(" AND "),
        flat(" OR "),
        flat(" NOT "),
        flat(" + "),
    ] {
        _ = ask(&mut tab, sql, &[query]);
        assert_eq!(tab.integers("SELECT 42"), [42]);
    }
    assert_eq!(tab.integers("SELECT count(*) FROM f('a AND b')"), [1]);
}

fn chain_of_triggers(count: usize) -> String {
    let mut sql = String::new();
    for at in 0..=count {
        _ = write!(sql, "CREATE TABLE t{at}(x);");
    }
    for at in 0..count {
        let next = at + 1;
        _ = write!(
            sql,
            "CREATE TRIGGER g{at} AFTER INSERT ON t{at} BEGIN INSERT INTO t{next} VALUES (new.x + 1); END;"
        );
    }
    sql
}

#[test]
fn triggers_that_set_off_one_another_are_refused_before_the_stack_is_full() {
    let mut tab = Tab::with(&chain_of_triggers(400));
    tab.write("INSERT INTO t0 VALUES (0)");
    assert_eq!(tab.integers("SELECT x FROM t400"), [400]);
    let mut tab = Tab::with(&chain_of_triggers(420));
    let failure = tab.try_write("INSERT INTO t0 VALUES (0)").expect_err("it is too deep");
    assert!(failure.message.contains("too deep"), "{failure}");
    assert_eq!(tab.integers("SELECT count(*) FROM t0"), [0]);
}

#[test]
fn foreign_keys_along_tables_are_refused_before_the_stack_is_full_and_along_rows_they_are_not() {
    let chain = |count: usize| {
        let mut sql = "CREATE TABLE t0(id INTEGER PRIMARY KEY);".to_owned();
        for at in 1..=count {
            let before = at - 1;
            _ = write!(
                sql,
                "CREATE TABLE t{at}(id INTEGER PRIMARY KEY REFERENCES t{before} ON DELETE CASCADE ON UPDATE CASCADE);"
            );
        }
        sql
    };
    let mut tab = Tab::with(&chain(400));
    tab.write("DELETE FROM t0");
    let mut tab = Tab::with(&chain(420));
    assert!(message(tab.try_write("DELETE FROM t0")).contains("too deep"));
    assert_eq!(tab.integers("SELECT 42"), [42]);
    let generations = |count: usize| {
        format!(
            "CREATE TABLE n(id INTEGER PRIMARY KEY, p REFERENCES n ON DELETE CASCADE); CREATE INDEX np ON n(p); \
             WITH RECURSIVE c(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM c WHERE i < {count}) \
             INSERT INTO n SELECT i, CASE WHEN i > 1 THEN i - 1 END FROM c"
        )
    };
    let mut tab = Tab::with(&generations(900));
    tab.write("DELETE FROM n WHERE id = 1");
    assert_eq!(tab.integers("SELECT count(*) FROM n"), [0]);
    let mut tab = Tab::with(&generations(1_500));
    let failure = tab.try_write("DELETE FROM n WHERE id = 1").expect_err("it is too deep");
    // SQLite's message differs between versions.
    assert!(
        ["recursion", "too deep"]
            .iter()
            .any(|word| failure.message.contains(word)),
        "{failure}"
    );
    assert_eq!(tab.integers("SELECT count(*) FROM n"), [1_500]);
}

fn chain_of_views(from: usize, to: usize) -> String {
    joined(to - from, ";", |at| {
        let (before, at) = (from + at, from + at + 1);
        format!("CREATE VIEW v{at} AS SELECT a FROM v{before} LIMIT 9")
    })
}

/// After each view was asked for its columns, SQLite no longer counts the depth by itself.
#[test]
fn views_of_views_are_refused_when_they_are_made() {
    let columns = "SELECT count(*) FROM sqlite_schema AS s, pragma_table_info(s.name)";
    let mut tab = Tab::with("CREATE TABLE v0(a); INSERT INTO v0 VALUES (7)");
    tab.write(&chain_of_views(0, 250));
    assert_eq!(tab.integers(columns), [251]);
    assert_eq!(tab.integers("SELECT a FROM v250"), [7]);
    assert!(message(tab.try_write(&chain_of_views(250, 251))).contains("v251"));
    assert!(message(tab.try_write(&chain_of_views(250, 2_000))).contains("too deep"));
    assert_eq!(tab.integers("SELECT count(*) FROM sqlite_schema"), [251]);
    tab.write("INSERT INTO v0 VALUES (8)");
    assert_eq!(tab.integers("SELECT a FROM v250"), [7, 8]);
}

#[test]
fn generated_columns_of_each_other_are_refused_when_they_are_made() {
    let table = |count: usize, kind: &str| {
        let columns = joined(count, ",", |at| format!("c{} AS (c{at}+1){kind}", at + 1));
        format!("CREATE TABLE t(c0, {columns})")
    };
    for kind in ["", " STORED"] {
        let mut tab = Tab::with(&table(200, kind));
        tab.write("INSERT INTO t VALUES (1)");
        assert_eq!(tab.integers("SELECT c200 FROM t"), [201]);
        let mut tab = Tab::new();
        assert!(message(tab.try_write(&table(201, kind))).contains("generated"));
        assert!(tab.rows("SELECT * FROM sqlite_schema").is_empty());
    }
}

#[test]
fn a_value_or_a_result_that_is_too_large_is_an_error_with_the_bound_in_it() {
    let mut tab = Tab::with("CREATE TABLE t(a)");
    for sql in [
        format!("SELECT length(zeroblob({}))", VALUE_BYTES + 1),
        "INSERT INTO t SELECT zeroblob(900000000) FROM (VALUES (1), (2), (3))".to_owned(),
        "SELECT length(replace(hex(zeroblob(9000000)), '0', '0123456789012345678901234567890123456789'))".to_owned(),
    ] {
        let failure = tab.try_write(&sql).expect_err("it is too large");
        assert_eq!(failure.code.name(), "SQLITE_TOOBIG", "{sql}");
        assert!(failure.message.contains("256 MiB"), "{failure}");
    }
    let rows = RESULT_BYTES / 1_000_000 + 1;
    let sql = format!(
        "WITH c(i) AS (VALUES (1) UNION ALL SELECT i+1 FROM c WHERE i < {rows}) SELECT zeroblob(1000000) FROM c"
    );
    assert_eq!(code(tab.try_query(&sql)), "RESULT_TOO_LARGE");
    assert_eq!(tab.integers("SELECT count(*) FROM t"), [0]);
}

/// Natively only: this needs as much memory as the bound says.
#[cfg(not(target_family = "wasm"))]
#[test]
fn a_database_is_full_at_its_bound_and_goes_on_as_it_was() {
    let mut tab = Tab::with("CREATE TABLE t(a); INSERT INTO t VALUES (1)");
    let blobs = DATABASE_BYTES / 200_000_000 + 1;
    let sql = format!(
        "WITH c(i) AS (VALUES (1) UNION ALL SELECT i+1 FROM c WHERE i < {blobs}) INSERT INTO t SELECT zeroblob(200000000) FROM c"
    );
    let failure = tab.try_write(&sql).expect_err("it is too large");
    assert_eq!(failure.code.name(), "SQLITE_FULL");
    assert!(failure.message.contains("1024 MiB"), "{failure}");
    assert_eq!(tab.integers("SELECT a FROM t"), [1]);
    tab.write("INSERT INTO t VALUES (2)");
    assert_eq!(tab.integers("SELECT a FROM t"), [1, 2]);
}

#[test]
fn a_name_in_double_quotes_is_a_name_and_never_a_text() {
    let mut tab = Tab::with("CREATE TABLE t(a, \"b c\")");
    tab.write("INSERT INTO t VALUES (1, 2)");
    assert_eq!(tab.integers("SELECT \"b c\" FROM \"t\""), [2]);
    for sql in [
        "SELECT \"misspelt\" FROM t",
        "UPDATE t SET a = \"x\"",
        "CREATE INDEX i ON t(\"misspelt\")",
    ] {
        assert!(message(tab.try_write(sql)).contains("no such column"), "{sql}");
    }
}
