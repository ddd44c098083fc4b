//! Random statements on an engine and on plain SQLite side by side. Both give the same answers and have the same
//! content, whatever is published, reverted, or replicated in between. The image is a file that plain SQLite opens.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use fastrand::Rng;
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use sqlite_elements::sql::{Value, Work};

use super::tab::{Tab, work};

/// What is run, from a seed.
struct Dice(Rng);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0.u64(..sides)
    }

    fn statement(&mut self) -> String {
        let table = ["t", "u", "w", "f"][self.roll(4) as usize];
        let (key, value) = (self.roll(60), self.roll(1000));
        let size = self.roll(6000);
        match self.roll(22) {
            0..=5 => match table {
                "f" => format!("INSERT INTO f VALUES ('word{value} common')"),
                _ => format!("INSERT INTO {table}(k, v) VALUES ({key}, 'v{value}')"),
            },
            6 => format!("INSERT OR REPLACE INTO t(k, v) VALUES ({key}, printf('%.{size}c', 'x'))"),
            7 => format!("UPDATE OR REPLACE t SET k = {key} WHERE k = {value} % 60"),
            8 | 9 => format!("UPDATE t SET v = v || '{value}' WHERE k < {key}"),
            10 => format!("UPDATE w SET v = {value} WHERE k = {key}"),
            11 => format!("DELETE FROM t WHERE k > {key} + 20"),
            12 => format!("DELETE FROM {table} WHERE rowid = {key}"),
            13 => "DELETE FROM u".to_owned(),
            14 => format!("INSERT INTO c(t) VALUES ({key})"),
            15 => format!("CREATE TABLE IF NOT EXISTS x{}(a)", key % 5),
            16 => format!("DROP TABLE IF EXISTS x{}", key % 5),
            17 => format!("ALTER TABLE u ADD COLUMN n{key} DEFAULT {value}"),
            18 => "VACUUM".to_owned(),
            19 => format!("INSERT INTO t(k, v) VALUES ({key}, 'a'); INSERT INTO t(k, v) VALUES ({value} % 60, 'b')"),
            20 => format!("INSERT OR ROLLBACK INTO t(k, v) VALUES ({key}, 'c')"),
            _ => format!("CREATE INDEX IF NOT EXISTS i{} ON t(v)", key % 3),
        }
    }
}

const SETUP: &str = "CREATE TABLE t(k INTEGER UNIQUE, v); CREATE TABLE u(k, v); \
    CREATE TABLE w(k PRIMARY KEY, v) WITHOUT ROWID; CREATE VIRTUAL TABLE f USING fts5(body); \
    CREATE TABLE c(t REFERENCES t(k) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED); \
    CREATE TABLE log(n); CREATE TRIGGER l AFTER DELETE ON t BEGIN INSERT INTO log VALUES (old.k); END;";

const QUERIES: [&str; 7] = [
    "SELECT rowid, k, length(v), v FROM t ORDER BY rowid",
    "SELECT rowid, * FROM u ORDER BY rowid",
    "SELECT * FROM w ORDER BY k",
    "SELECT rowid, body FROM f WHERE f MATCH 'common' ORDER BY rowid",
    "SELECT t FROM c ORDER BY rowid",
    "SELECT n FROM log ORDER BY rowid",
    "SELECT type, name, sql FROM sqlite_schema ORDER BY name",
];

/// Plain SQLite on a file of its own. It runs each text as one transaction.
struct Plain {
    connection: Connection,
    path: PathBuf,
}

impl Drop for Plain {
    fn drop(&mut self) {
        std::fs::remove_file(&self.path).expect("the file can be removed");
    }
}

impl Plain {
    fn new(bytes: &[u8]) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("sqlite-elements-{}-{number}.db", std::process::id()));
        std::fs::write(&path, bytes).expect("a file can be written");
        let connection = Connection::open(&path).expect("plain SQLite opens the file");
        connection
            .execute_batch("PRAGMA synchronous = OFF")
            .expect("SQLite obeys");
        Plain { connection, path }
    }

    fn copy(&self) -> Plain {
        Plain::new(&std::fs::read(&self.path).expect("the file can be read"))
    }

    fn run(&self, sql: &str) -> Result<(), i32> {
        if sql == "VACUUM" {
            return self.connection.execute_batch(sql).map_err(extended);
        }
        let done = self.connection.execute_batch(&format!("BEGIN; {sql}; COMMIT"));
        if !self.connection.is_autocommit() {
            self.connection
                .execute_batch("ROLLBACK")
                .expect("an open transaction can be rolled back");
        }
        done.map_err(extended)
    }

    fn rows(&self, sql: &str) -> Vec<Vec<Value>> {
        let mut statement = self.connection.prepare(sql).expect("the query is right");
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| {
            (0..columns)
                .map(|column| {
                    Ok(match row.get_ref(column)? {
                        ValueRef::Null => Value::Null,
                        ValueRef::Integer(integer) => Value::Integer(integer),
                        ValueRef::Real(real) => Value::Real(real),
                        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
                        ValueRef::Blob(blob) => Value::Blob(blob.to_vec()),
                    })
                })
                .collect()
        });
        rows.and_then(Iterator::collect).expect("the query runs")
    }
}

fn extended(error: rusqlite::Error) -> i32 {
    error.sqlite_extended_error_code().unwrap_or(-1)
}

#[test]
fn random_statements_do_what_they_do_in_plain_sqlite() {
    (1..=12).for_each(one_seed);
}

fn one_seed(seed: u64) {
    let mut dice = Dice(Rng::with_seed(seed));
    let (mut leader, mut follower) = (Tab::new(), Tab::new());
    let mut plain = Plain::new(&[]);
    assert_eq!(plain.run(SETUP), Ok(()));
    let setup = leader.answer(&work(SETUP)).1.expect("a commit");
    assert_eq!(follower.engine.apply(&setup), Ok(()));
    for round in 0..60 {
        let texts: Vec<String> = (0..1 + dice.roll(6)).map(|_| dice.statement()).collect();
        let works: Vec<Work> = texts.iter().map(|sql| work(sql)).collect();
        let trial = plain.copy();
        let expected: Vec<bool> = texts.iter().map(|sql| trial.run(sql).is_ok()).collect();
        let run = leader.engine.run(&works.iter().collect::<Vec<_>>());
        let answered: Vec<bool> = run.answers.iter().map(Result::is_ok).collect();
        assert_eq!(
            answered, expected,
            "seed {seed} round {round}: {texts:#?} {:?}",
            run.answers
        );
        match (run.staged, dice.roll(3)) {
            (Some(_), 0) => leader.engine.revert(),
            (Some(staged), _) => {
                let commit = leader.commit_of(staged);
                assert_eq!(leader.engine.publish(&commit), Ok(()));
                assert_eq!(follower.engine.apply(&commit), Ok(()));
                plain = trial;
            }
            (None, _) => plain = trial,
        }
        if dice.roll(8) == 0 {
            std::mem::swap(&mut leader, &mut follower);
        }
        for query in QUERIES {
            let expected = plain.rows(query);
            assert_eq!(leader.rows(query), expected, "seed {seed} round {round}: {query}");
            assert_eq!(
                follower.rows(query),
                expected,
                "seed {seed} round {round}, follower: {query}"
            );
        }
    }
    leader.assert_whole();
    follower.assert_whole();
    assert_eq!(leader.engine.image().pages(), follower.engine.image().pages());
    assert_opens_in_plain_sqlite(&leader, &plain);
}

fn assert_opens_in_plain_sqlite(tab: &Tab, plain: &Plain) {
    let file = Plain::new(&tab.engine.image().pages().concat());
    assert_eq!(file.rows("PRAGMA integrity_check"), [[Value::from("ok")]]);
    for query in QUERIES {
        assert_eq!(file.rows(query), plain.rows(query));
    }
}
