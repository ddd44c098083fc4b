//! The class of a text, and what is refused, each time with a way out.

use sqlite_elements::engine::Class;
use sqlite_elements::sql::{Permit, Statement, Work};
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::tab::{Tab, code, message, work};

#[test]
fn sqlite_decides_what_a_text_is_and_nothing_runs() {
    let mut tab = Tab::with(
        "CREATE TABLE t(a); CREATE VIRTUAL TABLE f USING fts5(x); CREATE VIRTUAL TABLE r USING rtree(id, a, b);",
    );
    let position = tab.engine.position();
    for (sql, class) in [
        ("SELECT 1", Class::Read),
        ("VALUES (1)", Class::Read),
        ("  -- nothing yet\n SELECT * FROM t;", Class::Read),
        ("WITH x AS (SELECT 1) SELECT * FROM x", Class::Read),
        ("EXPLAIN INSERT INTO t VALUES (1)", Class::Read),
        ("EXPLAIN QUERY PLAN DELETE FROM t", Class::Read),
        ("PRAGMA table_info(t)", Class::Read),
        ("PRAGMA user_version", Class::Read),
        ("SELECT * FROM f WHERE f MATCH 'x'", Class::Read),
        ("SELECT * FROM r", Class::Read),
        ("WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x", Class::Write),
        ("INSERT INTO t VALUES ('SELECT')", Class::Write),
        ("INSERT INTO t VALUES (1) RETURNING a", Class::Write),
        ("UPDATE t SET a = 1", Class::Write),
        ("DELETE FROM t", Class::Write),
        ("REPLACE INTO t VALUES (1)", Class::Write),
        ("INSERT INTO f VALUES ('x')", Class::Write),
        ("CREATE TABLE u AS SELECT 1", Class::Schema),
        ("CREATE TABLE IF NOT EXISTS t(a)", Class::Schema),
        ("DROP TABLE t", Class::Schema),
        ("DROP TABLE IF EXISTS missing", Class::Schema),
        ("CREATE INDEX i ON t(a)", Class::Schema),
        ("ALTER TABLE t ADD COLUMN b", Class::Schema),
        (
            "CREATE TRIGGER x AFTER INSERT ON t BEGIN DELETE FROM t; END",
            Class::Schema,
        ),
        ("CREATE VIRTUAL TABLE g USING fts5(x)", Class::Schema),
        ("ANALYZE", Class::Schema),
        ("REINDEX", Class::Schema),
        ("VACUUM", Class::Schema),
        ("PRAGMA user_version = 7", Class::Schema),
        ("PRAGMA optimize", Class::Schema),
        ("PRAGMA incremental_vacuum", Class::Schema),
        ("PRAGMA journal_mode = WAL", Class::Read),
        ("PRAGMA foreign_keys = ON", Class::Read),
        ("PRAGMA foreign_keys = OFF", Class::Schema),
        ("PRAGMA foreign_keys = OFF; SELECT 1", Class::Schema),
        ("PRAGMA foreign_keys = ON; INSERT INTO t VALUES (1)", Class::Write),
        ("PRAGMA foreign_keys = OFF; BEGIN", Class::Begins),
        (
            "PRAGMA foreign_keys = OFF; BEGIN; INSERT INTO t VALUES (1); COMMIT; PRAGMA foreign_keys = ON",
            Class::Write,
        ),
        ("COMMIT; PRAGMA foreign_keys = ON", Class::Controls),
        ("BEGIN", Class::Begins),
        ("/* c */ begin immediate", Class::Begins),
        ("SAVEPOINT s", Class::Begins),
        ("BEGIN; INSERT INTO t VALUES (1)", Class::Begins),
        ("BEGIN; COMMIT; BEGIN", Class::Begins),
        ("BEGIN; INSERT INTO t VALUES (1); ROLLBACK", Class::Begins),
        ("COMMIT", Class::Controls),
        ("END", Class::Controls),
        ("ROLLBACK", Class::Controls),
        ("RELEASE s", Class::Controls),
        ("ROLLBACK TO s", Class::Controls),
        ("INSERT INTO t VALUES (1); COMMIT", Class::Controls),
        ("SELECT 1; SELECT 2", Class::Read),
        ("SELECT 1; INSERT INTO t VALUES (1); CREATE TABLE v(a)", Class::Write),
        ("CREATE TABLE v(a); SELECT 1;", Class::Schema),
        ("CREATE TABLE v(a); INSERT INTO v VALUES (1)", Class::Schema),
        ("BEGIN; INSERT INTO t VALUES (1); COMMIT", Class::Write),
        ("BEGIN; SELECT 1; END", Class::Read),
        ("BEGIN; COMMIT", Class::Read),
        (
            "BEGIN; SAVEPOINT s; CREATE TABLE v(a); RELEASE s; COMMIT",
            Class::Schema,
        ),
        (
            "BEGIN; CREATE TABLE v(a); INSERT INTO v VALUES (1); COMMIT",
            Class::Schema,
        ),
    ] {
        assert_eq!(tab.engine.classify(sql), Ok(class), "{sql}");
        assert_eq!(tab.engine.classify(sql), Ok(class), "again: {sql}");
    }
    assert_eq!(tab.engine.position(), position);
    assert_eq!(
        tab.integers("SELECT count(*) FROM sqlite_schema WHERE name IN ('u', 'v', 'i')"),
        [0]
    );
    assert_eq!(tab.integers("SELECT count(*) FROM t"), [0]);
}

#[test]
fn a_text_without_a_statement_is_refused() {
    let mut tab = Tab::new();
    for sql in ["", "  \n", ";;", "-- only a comment", "/* so is this */ ;"] {
        assert_eq!(code(tab.engine.classify(sql)), "EMPTY_STATEMENT", "{sql:?}");
        assert_eq!(code(tab.try_query(sql)), "EMPTY_STATEMENT", "{sql:?}");
        assert_eq!(code(tab.try_write(sql)), "EMPTY_STATEMENT", "{sql:?}");
    }
    assert_eq!(code(tab.try_query("SELECT 1 \0 ; DROP TABLE t")), "SQLITE_MISUSE");
}

#[test]
fn what_would_leave_the_image_is_refused_with_a_way_out() {
    let mut tab = Tab::with("CREATE TABLE t(a)");
    for (sql, way_out) in [
        ("ATTACH 'x' AS y", "import"),
        ("ATTACH 'x' || 'y' AS y", "attach"),
        ("DETACH main", "import"),
        ("CREATE TEMP TABLE x(a)", "ordinary table"),
        ("CREATE TEMP VIEW x AS SELECT 1", "ordinary table"),
        (
            "CREATE TEMP TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END",
            "ordinary table",
        ),
        ("CREATE TABLE temp.x(a)", "ordinary table"),
        ("PRAGMA writable_schema = ON", "ALTER"),
        ("PRAGMA query_only = ON", "query()"),
        ("PRAGMA schema_version = 9", "user_version"),
        ("PRAGMA page_size = 512", "import"),
        ("PRAGMA encoding = 'UTF-16'", "import"),
        ("PRAGMA auto_vacuum = FULL", "import"),
        ("PRAGMA recursive_triggers = ON", "RECURSIVE"),
        ("PRAGMA case_sensitive_like = 1", "GLOB"),
        ("PRAGMA ignore_check_constraints(yes)", "without the constraint"),
        ("PRAGMA reverse_unordered_selects = true", "ORDER BY"),
        ("PRAGMA max_page_count = 9", "user_version"),
        ("PRAGMA no_such_pragma = 9", "user_version"),
        ("SELECT 1; PRAGMA query_only = ON", "query()"),
    ] {
        for refusal in [tab.try_query(sql).map(drop), tab.try_write(sql).map(drop)] {
            assert_eq!(code(refusal.clone()), "SQLITE_AUTH", "{sql}");
            let message = message(refusal);
            assert!(message.contains(way_out), "{sql}: {message}");
        }
        assert_eq!(code(tab.engine.classify(sql)), "SQLITE_AUTH", "{sql}");
    }
    let failure = tab.try_write("VACUUM INTO 'somewhere'");
    assert!(message(failure).contains("Export"));
    assert_eq!(code(tab.try_write("UPDATE sqlite_master SET sql = ''")), "SQLITE_ERROR");
    tab.assert_whole();
}

#[test]
fn no_extension_is_loaded() {
    let mut tab = Tab::new();
    let refusal = tab.try_query("SELECT load_extension('x')");
    assert_eq!(code(refusal.clone()), "SQLITE_AUTH");
    assert!(message(refusal).contains("built in"));
}

#[test]
fn pragmas_that_only_tell_are_answered() {
    let mut tab = Tab::with("CREATE TABLE p(a PRIMARY KEY); CREATE TABLE c(a REFERENCES p); CREATE INDEX i ON c(a)");
    for pragma in [
        "table_info(p)",
        "table_xinfo(p)",
        "table_list",
        "index_list(p)",
        "index_info(i)",
        "index_xinfo(i)",
        "foreign_key_list(c)",
        "integrity_check",
        "quick_check",
        "user_version",
        "application_id",
        "page_count",
        "page_size",
        "freelist_count",
        "encoding",
        "compile_options",
        "function_list",
        "collation_list",
        "database_list",
        "data_version",
        "schema_version",
    ] {
        assert!(!tab.rows(&format!("PRAGMA {pragma}")).is_empty(), "{pragma}");
    }
    assert!(tab.rows("PRAGMA foreign_key_check").is_empty());
    assert_eq!(tab.integers("PRAGMA foreign_keys"), [1]);
    tab.write("PRAGMA user_version = 7; PRAGMA application_id = 8");
    assert_eq!(tab.integers("PRAGMA user_version"), [7]);
    assert_eq!(tab.integers("PRAGMA application_id"), [8]);
    tab.write("PRAGMA optimize");
}

#[test]
fn any_pragma_is_answered_without_a_value() {
    let mut tab = Tab::with("CREATE TABLE t(a)");
    // SQLite answers nothing for a PRAGMA that only another build has.
    for pragma in [
        "auto_vacuum",
        "busy_timeout",
        "cache_size",
        "defer_foreign_keys",
        "journal_mode",
        "legacy_alter_table",
        "locking_mode",
        "max_page_count",
        "module_list",
        "pragma_list",
        "query_only",
        "recursive_triggers",
        "secure_delete",
        "synchronous",
        "temp_store",
        "writable_schema",
    ] {
        for sql in [format!("PRAGMA {pragma}"), format!("SELECT * FROM pragma_{pragma}")] {
            assert!(!tab.rows(&sql).is_empty(), "{sql}");
            assert!(!tab.write(&sql).rows.is_empty(), "{sql}");
        }
    }
    let known = tab.rows("PRAGMA pragma_list").concat();
    for name in known {
        let sqlite_elements::sql::Value::Text(name) = name else {
            panic!()
        };
        if !["incremental_vacuum", "optimize"].contains(&name.as_str()) {
            assert!(tab.try_query(&format!("PRAGMA {name}")).is_ok(), "{name}");
        }
    }
    assert!(tab.rows("PRAGMA no_such_pragma").is_empty());
    tab.assert_whole();
}

/// Templates and clients send such PRAGMAs when they open a database.
#[test]
fn a_pragma_that_says_what_is_so_does_nothing_and_succeeds() {
    let mut tab = Tab::with("CREATE TABLE t(a); INSERT INTO t VALUES ('a')");
    let told = |tab: &mut Tab| {
        [
            "journal_mode",
            "synchronous",
            "cache_size",
            "temp_store",
            "locking_mode",
            "foreign_keys",
            "busy_timeout",
        ]
        .map(|name| tab.rows(&format!("PRAGMA {name}")))
    };
    let before = told(&mut tab);
    let position = tab.engine.position();
    for setting in [
        "foreign_keys = ON",
        "foreign_keys(1)",
        "main.foreign_keys = yes",
        "defer_foreign_keys = OFF",
        "legacy_alter_table = 0",
        "journal_mode = WAL",
        "journal_mode('delete')",
        "synchronous = NORMAL",
        "synchronous = 2",
        "busy_timeout = 5000",
        "cache_size = -64000",
        "temp_store = MEMORY",
        "mmap_size = 30000000000",
        "locking_mode = EXCLUSIVE",
        "locking_mode = NORMAL",
        "wal_autocheckpoint = 1000",
        "wal_checkpoint(TRUNCATE)",
        "journal_size_limit = 27103364",
        "automatic_index = ON",
        "trusted_schema = OFF",
        "auto_vacuum = 0",
        "auto_vacuum = NONE",
        "encoding = 'UTF-8'",
        "encoding = \"utf8\"",
        "page_size = 4096",
        "recursive_triggers = OFF",
        "case_sensitive_like = off",
        "query_only = 0",
        "writable_schema = RESET",
        "ignore_check_constraints = false",
        "analysis_limit = 400",
    ] {
        let sql = format!("PRAGMA {setting}");
        assert!(tab.try_query(&sql).is_ok(), "{sql}");
        tab.write(&sql);
        tab.write(&format!("{sql}; {sql}; SELECT 1"));
        assert_eq!(told(&mut tab), before, "{sql}");
    }
    assert_eq!(tab.engine.position(), position);
    assert_eq!(
        tab.rows("PRAGMA journal_mode = WAL"),
        before[0],
        "it answers with what is so"
    );
    assert_eq!(tab.integers("SELECT 'A' LIKE 'a'"), [1]);
}

#[test]
fn a_pragma_as_a_table_writes_nothing_in_a_query() {
    let mut tab = Tab::with("CREATE TABLE t(a); CREATE INDEX i ON t(a); INSERT INTO t VALUES (1)");
    let position = tab.engine.position();
    for sql in [
        "SELECT * FROM pragma_optimize",
        "SELECT * FROM pragma_optimize(0x10002)",
    ] {
        let _ = tab.try_query(sql);
        assert_eq!(tab.engine.position(), position);
        assert_eq!(tab.integers("SELECT count(*) FROM sqlite_schema"), [2], "{sql}");
    }
    tab.write("INSERT INTO t VALUES (2)");
    tab.assert_whole();
}

#[test]
fn a_query_that_writes_is_refused() {
    let mut tab = Tab::with("CREATE TABLE t(a)");
    for sql in [
        "INSERT INTO t VALUES (1)",
        "INSERT INTO t VALUES (1) RETURNING a",
        "CREATE TABLE u(a)",
        "DROP TABLE IF EXISTS missing",
        "VACUUM",
        "PRAGMA user_version = 7",
        "BEGIN",
        "SAVEPOINT s",
        "SELECT 1; DELETE FROM t",
    ] {
        assert_eq!(code(tab.try_query(sql)), "SQLITE_READONLY", "{sql}");
        assert_eq!(code(tab.try_query(sql)), "SQLITE_READONLY", "again: {sql}");
    }
    assert_eq!(tab.integers("SELECT count(*) FROM t"), [0]);
    tab.write("INSERT INTO t VALUES (1)");
}

#[test]
fn a_batch_may_put_begin_and_commit_around_itself_and_savepoints_inside() {
    let mut tab = Tab::with("CREATE TABLE t(a UNIQUE)");
    let outcome = tab.write("BEGIN; INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); COMMIT;");
    assert_eq!((outcome.changes, outcome.last_row_id), (2, 2));
    tab.write("SAVEPOINT s; INSERT INTO t VALUES (3); ROLLBACK TO s; RELEASE s; INSERT INTO t VALUES (4)");
    let failed = tab.try_write("BEGIN; INSERT INTO t VALUES (5); INSERT INTO t VALUES (4); COMMIT");
    assert_eq!(code(failed), "SQLITE_CONSTRAINT_UNIQUE");
    let statements = ["BEGIN", "INSERT INTO t VALUES (6)", "COMMIT"].map(Statement::new);
    let (answer, _) = tab.answer(&Work::batch(statements.to_vec()));
    assert_eq!(answer.map(|outcome| outcome.changes), Ok(1));
    assert_eq!(tab.integers("SELECT a FROM t ORDER BY a"), [1, 2, 4, 6]);
}

#[test]
fn a_schema_change_that_a_savepoint_took_back_is_forgotten() {
    let mut tab = Tab::with("CREATE TABLE t(a)");
    tab.write("SAVEPOINT s; DROP TABLE t; CREATE TABLE t(b); ROLLBACK TO s; RELEASE s; INSERT INTO t(a) VALUES (1)");
    assert_eq!(tab.written("UPDATE t SET a = 2").tables().count(), 1);
    assert_eq!(tab.integers("SELECT a FROM t"), [2]);
}

#[test]
fn a_transaction_statement_in_a_batch_is_refused_and_nothing_of_the_batch_happens() {
    let mut tab = Tab::with("CREATE TABLE t(a)");
    for sql in [
        "BEGIN",
        "BEGIN; INSERT INTO t VALUES (1)",
        "BEGIN; INSERT INTO t VALUES (1); COMMIT; INSERT INTO t VALUES (2)",
        "BEGIN; BEGIN; COMMIT",
        "INSERT INTO t VALUES (1); COMMIT; INSERT INTO t VALUES (2)",
        "INSERT INTO t VALUES (1); ROLLBACK",
        "BEGIN; INSERT INTO t VALUES (1); ROLLBACK",
        "END",
        "CREATE TABLE u(a); INSERT INTO u VALUES (1); COMMIT",
    ] {
        assert_eq!(code(tab.try_write(sql)), "TRANSACTION_IN_BATCH", "{sql}");
        assert_eq!(tab.integers("SELECT count(*) FROM t"), [0], "{sql}");
    }
    assert_eq!(tab.integers("SELECT count(*) FROM sqlite_schema"), [1]);
    tab.write("INSERT INTO t VALUES (1)");
    assert_eq!(tab.integers("SELECT a FROM t"), [1]);
}

#[test]
fn under_a_permit_for_the_schema_rows_are_refused_and_nothing_of_the_work_happens() {
    let mut tab = Tab::new();
    let schema_only = |sql: &str| Work::Batch {
        statements: vec![Statement::new(sql)],
        permit: Permit::SchemaOnly,
    };
    let (answer, commit) = tab.answer(&schema_only("CREATE TABLE t(a); INSERT INTO t VALUES (1)"));
    assert_eq!(code(answer), "WRITE_PERMISSION_DENIED");
    assert!(commit.is_none());
    let (answer, _) = tab.answer(&schema_only(
        "CREATE TABLE t(a); CREATE INDEX i ON t(a); CREATE TABLE u AS SELECT 1 AS x; DROP TABLE t; SELECT x FROM u",
    ));
    assert_eq!(answer.map(|outcome| outcome.rows.len()), Ok(1));
    let (answer, _) = tab.answer(&work("INSERT INTO u VALUES (2)"));
    assert!(answer.is_ok());
    assert_eq!(tab.integers("SELECT count(*) FROM u"), [2]);
}
