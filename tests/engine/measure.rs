//! Measures how long operations take. Prints, and asserts nothing.
//!
//! `cargo test --release --test engine measure -- --ignored --nocapture`

use std::time::Instant;

use sqlite_elements::sql::{Statement, Work};

use super::tab::Tab;

const MANY: &str = "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b INTEGER); CREATE INDEX i ON t(b); \
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 80000) \
    INSERT INTO t SELECT i, hex(randomblob(40)), i * 7919 % 80000 FROM n";

fn measure<T>(name: &str, times: u32, mut action: impl FnMut(u32) -> T) {
    let start = Instant::now();
    (0..times).for_each(|time| drop(action(time)));
    println!(
        "{name}: {:.1} µs",
        start.elapsed().as_secs_f64() * 1e6 / f64::from(times)
    );
}

#[test]
#[ignore = "prints times; meaningful in release only"]
fn measure_writes_and_reads() {
    let mut tab = Tab::with(MANY);
    println!(
        "image: {:.1} MB",
        f64::from(tab.engine.image().page_count().0) * 4096.0 / 1e6
    );
    let insert = |number: u32| {
        let values = vec![format!("row {number}").as_str().into(), i64::from(number).into()];
        Work::batch(vec![Statement::with("INSERT INTO t(a, b) VALUES (?, ?)", values)])
    };
    measure("one-row insert, run and publish", 2000, |number| {
        tab.answer(&insert(number))
    });
    let hundred: Vec<Work> = (0..100).map(insert).collect();
    let hundred: Vec<&Work> = hundred.iter().collect();
    measure("group of 100 one-row inserts, run and publish", 50, |_| {
        let staged = tab.engine.run(&hundred).staged.expect("rows are staged");
        let commit = tab.commit_of(staged);
        tab.engine.publish(&commit)
    });
    let point = |number: u32| {
        let key = i64::from(number.wrapping_mul(2_654_435_761) % 80000);
        Statement::with("SELECT id, a, b FROM t WHERE id = ?", vec![key.into()])
    };
    measure("point select", 1000, |number| tab.engine.query(&point(number)));
    measure("point select, again", 1000, |number| tab.engine.query(&point(number)));
    let between = |number: u32| {
        Statement::with(
            "SELECT id, a FROM t WHERE b BETWEEN ? AND ? + 50",
            vec![i64::from(number * 50).into(); 2],
        )
    };
    measure("select of 51 rows by index", 1000, |number| {
        tab.engine.query(&between(number))
    });
    measure("scan of all rows", 5, |_| {
        tab.engine.query(&Statement::new("SELECT sum(length(a)) FROM t"))
    });
    measure("classify", 1000, |_| {
        tab.engine.classify("SELECT id, a, b FROM t WHERE id = ?")
    });
    measure("point select after each insert", 500, |number| {
        tab.answer(&insert(number)).0.is_ok() && tab.engine.query(&point(number)).is_ok()
    });
    measure("revert and the next one-row insert", 200, |number| {
        tab.engine.run(&[&insert(number)]);
        tab.engine.revert();
        tab.answer(&insert(number))
    });
}
