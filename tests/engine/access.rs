//! Read sets and write sets: a write that can change the answer of a query meets the query's read set.

use sqlite_elements::sql::TableChange;
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::tab::Tab;

/// Runs `query` before and after `write`: if the answers differ, the sets must meet. The cases are chosen so that the
/// answers do differ, and that is asserted too.
fn assert_meets(setup: &str, query: &str, write: &str) {
    let mut tab = Tab::with(setup);
    let before = tab.rows(query);
    // Twice: the second time, statements are already prepared and virtual tables connected.
    for reads in [tab.reads(query), tab.reads(query)] {
        let mut other = Tab::of(tab.engine.image().clone());
        let written = other.written(write);
        assert_ne!(before, other.rows(query), "the case is void: {query} / {write}");
        assert!(reads.meets(&written), "{query} {reads:?} / {write} {written:?}");
    }
}

fn assert_apart(setup: &str, query: &str, write: &str) {
    let mut tab = Tab::with(setup);
    let reads = tab.reads(query);
    let written = tab.written(write);
    assert!(!written.is_empty(), "{write} writes");
    assert!(!reads.meets(&written), "{query} {reads:?} / {write} {written:?}");
}

const AB: &str = "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b UNIQUE); CREATE TABLE u(x); \
                  INSERT INTO t VALUES (1, 10, 100), (2, 20, 200); INSERT INTO u VALUES (1);";

#[test]
fn rows_and_columns_that_are_read_meet_their_writes() {
    for (query, write) in [
        ("SELECT a FROM t", "UPDATE t SET a = 11 WHERE id = 1"),
        ("SELECT count(*) FROM t", "INSERT INTO t VALUES (3, 30, 300)"),
        ("SELECT count(*) FROM t", "DELETE FROM t WHERE id = 1"),
        ("SELECT count(*) FROM t", "DELETE FROM t"),
        (
            "SELECT x FROM u WHERE EXISTS (SELECT 1 FROM t WHERE b = 100)",
            "UPDATE t SET b = 5 WHERE id = 1",
        ),
        (
            "WITH c AS (SELECT b FROM t) SELECT max(b) FROM c",
            "UPDATE t SET b = 900 WHERE id = 1",
        ),
        ("SELECT T.A FROM T", "UPDATE t SET a = 11"),
        ("SELECT rowid FROM t ORDER BY a", "UPDATE t SET id = 9 WHERE id = 1"),
        ("SELECT rowid FROM t ORDER BY a", "UPDATE t SET rowid = 9 WHERE id = 1"),
        ("SELECT rowid FROM u", "UPDATE u SET rowid = 9"),
        (
            "SELECT x FROM u",
            "INSERT INTO t VALUES (1, 2, 3) ON CONFLICT DO NOTHING; UPDATE u SET x = 2",
        ),
        (
            "SELECT a FROM t",
            "INSERT INTO t VALUES (1, 2, 3) ON CONFLICT (id) DO UPDATE SET a = 7",
        ),
        ("SELECT a FROM t", "UPDATE t SET a = x FROM u"),
        ("SELECT a FROM t", "REPLACE INTO t VALUES (3, 1, 100)"),
        (
            "SELECT page_count FROM pragma_page_count",
            "INSERT INTO u VALUES (zeroblob(9000))",
        ),
        ("PRAGMA page_count", "INSERT INTO u VALUES (zeroblob(9000))"),
        ("SELECT name FROM sqlite_schema", "CREATE TABLE v(y)"),
        ("SELECT name FROM pragma_table_info('u')", "ALTER TABLE u ADD COLUMN y"),
        ("PRAGMA user_version", "PRAGMA user_version = 5"),
    ] {
        assert_meets(AB, query, write);
    }
}

#[test]
fn writes_elsewhere_do_not_meet() {
    for (query, write) in [
        ("SELECT a FROM t", "UPDATE t SET b = 7 WHERE id = 1"),
        ("SELECT a FROM t", "INSERT INTO u VALUES (2)"),
        ("SELECT count(*) FROM t", "UPDATE t SET a = 11"),
        ("SELECT 1", "DELETE FROM t"),
    ] {
        assert_apart(AB, query, write);
    }
}

#[test]
fn a_statement_that_changes_nothing_writes_nothing() {
    let mut tab = Tab::with(AB);
    for write in [
        "UPDATE t SET a = 1 WHERE id = 99",
        "DELETE FROM t WHERE id = 99",
        "INSERT OR IGNORE INTO t VALUES (1, 1, 1)",
        "SELECT * FROM t",
    ] {
        assert!(tab.written(write).is_empty(), "{write}");
        let beside = tab.written(&format!("INSERT INTO u VALUES (5); {write}"));
        assert_eq!(
            beside.tables().map(|(table, _)| table).collect::<Vec<_>>(),
            ["u"],
            "{write}"
        );
    }
}

#[test]
fn views_are_resolved_to_their_tables() {
    let setup = format!("{AB} CREATE VIEW v AS SELECT a, x FROM t, u; CREATE VIEW w AS SELECT a FROM v;");
    assert_meets(&setup, "SELECT a FROM w", "UPDATE t SET a = 11");
    assert_meets(&setup, "SELECT count(*) FROM w", "INSERT INTO u VALUES (2)");
    let setup = format!("{setup} CREATE TRIGGER i INSTEAD OF INSERT ON v BEGIN INSERT INTO u VALUES (new.x); END;");
    assert_meets(&setup, "SELECT x FROM u", "INSERT INTO v VALUES (1, 2)");
}

#[test]
fn what_triggers_write_is_written() {
    let setup = format!(
        "{AB} CREATE TRIGGER i AFTER UPDATE OF a ON t BEGIN UPDATE u SET x = x + 1; END; \
         CREATE TABLE log(n); CREATE TRIGGER l AFTER UPDATE ON u BEGIN INSERT INTO log VALUES (1); END;"
    );
    assert_meets(&setup, "SELECT x FROM u", "UPDATE t SET a = 11");
    assert_meets(&setup, "SELECT n FROM log", "UPDATE t SET a = 11");
}

#[test]
fn what_foreign_keys_cascade_to_is_written() {
    for action in ["CASCADE", "SET NULL", "SET DEFAULT"] {
        let setup = format!(
            "CREATE TABLE p(id INTEGER PRIMARY KEY, k UNIQUE); \
             CREATE TABLE c(p REFERENCES p(k) ON DELETE {action} ON UPDATE {action}, y); \
             CREATE TABLE g(y); \
             CREATE TRIGGER d AFTER DELETE ON c BEGIN INSERT INTO g VALUES (old.y); END; \
             INSERT INTO p VALUES (1, 'one'); INSERT INTO c VALUES ('one', 1);"
        );
        assert_meets(&setup, "SELECT p FROM c", "DELETE FROM p");
        assert_meets(&setup, "SELECT p FROM c", "DELETE FROM p WHERE id = 1");
        assert_meets(&setup, "SELECT p FROM c", "UPDATE p SET k = 'two'");
        assert_meets(&setup, "SELECT p FROM c", "INSERT OR REPLACE INTO p VALUES (1, 'two')");
    }
    let setup = "CREATE TABLE p(id INTEGER PRIMARY KEY); \
                 CREATE TABLE c(p REFERENCES p ON DELETE CASCADE); CREATE TABLE g(y); \
                 CREATE TRIGGER d AFTER DELETE ON c BEGIN INSERT INTO g VALUES (1); END; \
                 INSERT INTO p VALUES (1); INSERT INTO c VALUES (1);";
    assert_meets(setup, "SELECT count(*) FROM c", "DELETE FROM p");
    assert_meets(setup, "SELECT count(*) FROM g", "DELETE FROM p");
}

#[test]
fn rows_that_replace_deletes_are_written() {
    assert_meets(
        AB,
        "SELECT count(a) FROM t",
        "UPDATE OR REPLACE t SET b = 100 WHERE id = 2",
    );
    let setup = "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b UNIQUE ON CONFLICT REPLACE); \
                 INSERT INTO t VALUES (1, 10, 100), (2, 20, 200);";
    assert_meets(setup, "SELECT count(a) FROM t", "UPDATE t SET b = 100 WHERE id = 2");
    let setup =
        format!("{AB} CREATE TRIGGER r AFTER INSERT ON u BEGIN UPDATE OR REPLACE t SET b = 100 WHERE id = 2; END;");
    assert_meets(&setup, "SELECT count(a) FROM t", "INSERT INTO u VALUES (1)");
    let setup = format!("{AB} CREATE TRIGGER r AFTER INSERT ON u BEGIN UPDATE t SET b = 100 WHERE id = 2; END;");
    assert_meets(&setup, "SELECT count(a) FROM t", "INSERT OR REPLACE INTO u VALUES (1)");
}

#[test]
fn generated_columns_change_with_their_sources() {
    for storage in ["VIRTUAL", "STORED"] {
        let setup = format!("CREATE TABLE t(a, twice AS (a * 2) {storage}); INSERT INTO t VALUES (1);");
        assert_meets(&setup, "SELECT twice FROM t", "UPDATE t SET a = 2");
    }
    // The same after a unit of work that dropped the column and was rolled back.
    let mut tab = Tab::with("CREATE TABLE t(a, twice AS (a * 2)); INSERT INTO t VALUES (1)");
    let undone = "ALTER TABLE t DROP COLUMN twice; UPDATE t SET a = 3; INSERT INTO missing VALUES (1)";
    assert!(tab.try_write(undone).is_err());
    let reads = tab.reads("SELECT twice FROM t");
    assert!(reads.meets(&tab.written("UPDATE t SET a = 2")));
}

#[test]
fn tables_without_rowid_are_like_others() {
    let setup = "CREATE TABLE t(k TEXT PRIMARY KEY, a) WITHOUT ROWID; INSERT INTO t VALUES ('x', 1), ('y', 2);";
    assert_meets(setup, "SELECT a FROM t", "UPDATE t SET a = 9");
    assert_meets(setup, "SELECT a FROM t", "UPDATE t SET k = 'z' WHERE k = 'x'");
    assert_meets(setup, "SELECT a FROM t", "REPLACE INTO t VALUES ('x', 9)");
    assert_meets(setup, "SELECT count(*) FROM t", "DELETE FROM t");
}

#[test]
fn autoincrement_writes_its_sequence() {
    let setup = "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, a); INSERT INTO t(a) VALUES (1);";
    assert_meets(setup, "SELECT seq FROM sqlite_sequence", "INSERT INTO t(a) VALUES (2)");
}

#[test]
fn a_full_text_search_meets_writes_to_its_table() {
    let setup = "CREATE VIRTUAL TABLE f USING fts5(body); INSERT INTO f VALUES ('one'), ('two');";
    for query in [
        "SELECT body FROM f WHERE f MATCH 'one'",
        "SELECT count(*) FROM f",
        "SELECT body FROM f ORDER BY rank",
        "SELECT id, c0 FROM f_content",
        "SELECT count(*) FROM f_docsize",
    ] {
        assert_meets(setup, query, "INSERT INTO f VALUES ('one again')");
        assert_meets(setup, query, "DELETE FROM f WHERE rowid = 1");
    }
    assert_meets(setup, "SELECT body FROM f", "UPDATE f SET body = 'x' WHERE rowid = 1");
    assert_meets(
        setup,
        "SELECT rowid FROM f WHERE f MATCH 'one'",
        "UPDATE f SET body = 'x' WHERE rowid = 1",
    );
    let vocabulary = format!("{setup} CREATE VIRTUAL TABLE v USING fts5vocab(f, 'row');");
    assert_meets(&vocabulary, "SELECT term FROM v", "INSERT INTO f VALUES ('three')");
}

/// FTS5 prepares its own statements once, and runs some of its writes only at COMMIT.
#[test]
fn every_write_to_a_full_text_table_writes_its_shadow_tables() {
    let mut tab = Tab::with("CREATE VIRTUAL TABLE f USING fts5(body)");
    for _ in 0..3 {
        let written = tab.written("INSERT INTO f VALUES ('one')");
        for shadow in ["f_content", "f_data", "f_docsize"] {
            assert!(
                tab.reads(&format!("SELECT * FROM {shadow}")).meets(&written),
                "{shadow}"
            );
        }
    }
}

#[test]
fn a_full_text_search_over_another_tables_content_meets_writes_to_either() {
    let setup = "CREATE TABLE post(id INTEGER PRIMARY KEY, body, likes); \
                 CREATE VIRTUAL TABLE f USING fts5(body, content='post', content_rowid='id'); \
                 CREATE TRIGGER pi AFTER INSERT ON post BEGIN \
                   INSERT INTO f(rowid, body) VALUES (new.id, new.body); END; \
                 INSERT INTO post VALUES (1, 'one', 0), (2, 'two', 0);";
    let query = "SELECT body FROM f WHERE f MATCH 'one'";
    assert_meets(setup, query, "INSERT INTO post VALUES (3, 'one more', 0)");
    assert_meets(setup, query, "UPDATE post SET body = 'changed' WHERE id = 1");
    // In the first query the virtual table prepares statements of its own; the second query finds them prepared.
    let mut tab = Tab::with(setup);
    tab.reads(query);
    let reads = tab.reads("SELECT body FROM f WHERE f MATCH 'two'");
    assert!(reads.meets(&tab.written("UPDATE post SET body = 'changed' WHERE id = 2")));
}

#[test]
fn an_r_tree_is_read_and_written_like_a_table() {
    let setup = "CREATE VIRTUAL TABLE r USING rtree(id, x0, x1); CREATE TABLE u(x); INSERT INTO r VALUES (1, 0, 1);";
    assert_meets(setup, "SELECT id FROM r WHERE x0 < 5", "INSERT INTO r VALUES (2, 3, 4)");
    assert_meets(setup, "SELECT count(*) FROM r_rowid", "INSERT INTO r VALUES (2, 3, 4)");
    assert_apart(setup, "SELECT id FROM r", "INSERT INTO u VALUES (1)");
}

#[test]
fn a_schema_change_that_a_query_was_prepared_before_changes_its_read_set() {
    let mut tab = Tab::with("CREATE TABLE a(x); CREATE TABLE b(x); CREATE VIEW v AS SELECT x FROM a;");
    tab.reads("SELECT x FROM v");
    tab.write("DROP VIEW v; CREATE VIEW v AS SELECT x FROM b");
    let reads = tab.reads("SELECT x FROM v");
    assert!(reads.meets(&tab.written("INSERT INTO b VALUES (1)")));
    assert!(!reads.meets(&tab.written("INSERT INTO a VALUES (1)")));
}

#[test]
fn an_update_names_its_columns_and_an_insert_its_rows() {
    let mut tab = Tab::with(AB);
    let written = tab.written("UPDATE t SET a = 5");
    let changes: Vec<_> = written.tables().collect();
    assert!(matches!(changes[..], [("t", TableChange::Columns(columns))] if columns.len() == 1));
    let written = tab.written("INSERT INTO u VALUES (5)");
    assert_eq!(written.tables().collect::<Vec<_>>(), [("u", &TableChange::Rows)]);
}
