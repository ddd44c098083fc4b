//! What the reader sees. Nothing stale survives a revert, a commit of another tab, or a reload.

use sqlite_elements::engine::{Engine, EngineError};
use sqlite_elements::storage::{ApplyError, Commit, Image, PageSize, Seq};
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::tab::{Tab, code, work};

/// Bytes 24 to 40 of page 1, by which SQLite recognises that a database has changed.
fn stamp(tab: &Tab) -> Vec<u8> {
    tab.engine.image().pages()[0][24..40].to_vec()
}

fn stage(tab: &mut Tab, sql: &str) -> Commit {
    let mut run = tab.engine.run(&[&work(sql)]);
    assert!(run.answers.remove(0).is_ok(), "{sql}");
    let staged = run.staged.unwrap_or_else(|| panic!("{sql} stages something"));
    tab.commit_of(staged)
}

#[test]
fn the_reader_sees_a_write_only_once_it_is_published() {
    let mut tab = Tab::with("CREATE TABLE t(a); INSERT INTO t VALUES (1)");
    let commit = stage(&mut tab, "UPDATE t SET a = 2; CREATE TABLE u(a)");
    assert_eq!(tab.integers("SELECT a FROM t"), [1]);
    assert_eq!(code(tab.try_query("SELECT * FROM u")), "SQLITE_ERROR");
    assert_eq!(tab.engine.publish(&commit), Ok(()));
    assert_eq!(tab.integers("SELECT a FROM t"), [2]);
    assert!(tab.rows("SELECT * FROM u").is_empty());
}

#[test]
fn after_a_revert_everything_is_as_it_was_before() {
    let mut tab = Tab::with("CREATE TABLE t(a); INSERT INTO t VALUES (1)");
    let position = tab.engine.position();
    stage(&mut tab, "UPDATE t SET a = 2; CREATE TABLE u(a)");
    tab.engine.revert();
    assert_eq!(tab.engine.position(), position);
    assert_eq!(tab.integers("SELECT a FROM t"), [1]);
    assert!(tab.engine.run(&[]).staged.is_none());
    let outcome = tab.write("UPDATE t SET a = a + 10 RETURNING a");
    assert_eq!(
        outcome.rows.table().1.concat(),
        [11.into()],
        "the writer goes on from the old state"
    );
    assert_eq!(code(tab.try_write("INSERT INTO u VALUES (1)")), "SQLITE_ERROR");
}

/// The trap: two commits from one state count up to the same change counter and schema cookie, so SQLite could not tell
/// them apart. Tries each pair of a lost commit and the one that takes its place.
#[test]
fn a_commit_that_takes_the_place_of_a_reverted_one_is_seen_whole() {
    let setup = "CREATE TABLE t(a); INSERT INTO t VALUES (1); CREATE TABLE spare(a)";
    let pairs = [
        ("UPDATE t SET a = 2", "UPDATE t SET a = 3"),
        (
            "ALTER TABLE t RENAME COLUMN a TO lost",
            "ALTER TABLE t RENAME COLUMN a TO kept",
        ),
        ("DROP TABLE spare", "DROP TABLE t"),
        ("CREATE TABLE n(lost)", "CREATE TABLE n(kept)"),
    ];
    for (lost, kept) in pairs {
        let queries = [
            "SELECT * FROM t",
            "SELECT * FROM n",
            "SELECT kept FROM t",
            "SELECT kept FROM n",
        ];
        let mut expected = Tab::with(setup);
        let mut other_leader = Tab::of(expected.engine.image().clone());
        expected.write(kept);
        let from_elsewhere = stage(&mut other_leader, kept);

        // The write in flight is lost; another tab leads and commits; then this one leads again.
        let mut tab = Tab::with(setup);
        stage(&mut tab, lost);
        tab.engine.revert();
        assert_eq!(tab.engine.apply(&from_elsewhere), Ok(()));
        assert_eq!(stamp(&tab), stamp(&expected), "the case is the trap");
        for sql in queries {
            assert_eq!(tab.try_query(sql), expected.try_query(sql), "{lost} / {kept} / {sql}");
            let answers = [tab.try_write(sql), expected.try_write(sql)];
            assert_eq!(answers[0], answers[1], "on the writer: {lost} / {kept} / {sql}");
        }
        tab.assert_whole();

        // The write in flight is lost; the next write of this leader takes its place.
        let mut tab = Tab::with(setup);
        stage(&mut tab, lost);
        tab.engine.revert();
        tab.write(kept);
        assert_eq!(stamp(&tab), stamp(&expected), "the case is the trap");
        for sql in queries {
            assert_eq!(tab.try_query(sql), expected.try_query(sql), "{lost} / {kept} / {sql}");
            assert_eq!(
                tab.try_write(sql),
                expected.try_write(sql),
                "on the writer: {lost} / {kept} / {sql}"
            );
        }
        tab.assert_whole();
    }
}

#[test]
fn a_write_staged_when_another_leaders_commit_comes_is_void() {
    let mut tab = Tab::with("CREATE TABLE t(a); INSERT INTO t VALUES (1)");
    let mut other_leader = Tab::of(tab.engine.image().clone());
    let commit = stage(&mut other_leader, "UPDATE t SET a = 3");
    stage(&mut tab, "UPDATE t SET a = 2");
    assert_eq!(tab.engine.apply(&commit), Ok(()));
    assert!(tab.engine.run(&[]).staged.is_none());
    assert_eq!(
        tab.write("UPDATE t SET a = a + 10 RETURNING a").rows.table().1.concat(),
        [13.into()]
    );
    assert_eq!(tab.integers("SELECT a FROM t"), [13]);
}

#[test]
fn a_follower_that_applies_every_commit_has_the_leaders_bytes() {
    let (mut leader, mut follower) = (Tab::new(), Tab::new());
    for sql in [
        "CREATE TABLE t(a, b); CREATE INDEX i ON t(b)",
        "INSERT INTO t VALUES (1, zeroblob(20000)), (2, 'x')",
        "ALTER TABLE t ADD COLUMN c DEFAULT 9",
        "DELETE FROM t WHERE a = 1",
        "VACUUM",
        "DROP TABLE t",
    ] {
        let commit = stage(&mut leader, sql);
        assert_eq!(leader.engine.publish(&commit), Ok(()));
        assert_eq!(follower.engine.apply(&commit), Ok(()));
        assert_eq!(follower.engine.position(), leader.engine.position());
        let query = "SELECT * FROM t";
        assert_eq!(follower.try_query(query), leader.try_query(query), "after {sql}");
        follower.assert_whole();
    }
    assert_eq!(follower.engine.image().pages(), leader.engine.image().pages());
}

#[test]
fn a_commit_that_does_not_follow_changes_nothing() {
    let mut leader = Tab::with("CREATE TABLE t(a)");
    let mut follower = Tab::of(leader.engine.image().clone());
    leader.write("INSERT INTO t VALUES (1)");
    let later = stage(&mut leader, "INSERT INTO t VALUES (2)");
    let staged = stage(&mut follower, "INSERT INTO t VALUES (5)");
    assert!(matches!(follower.engine.apply(&later), Err(ApplyError::Gap { .. })));
    assert_eq!(
        follower.engine.publish(&staged),
        Ok(()),
        "what was staged is still there"
    );
    assert_eq!(follower.integers("SELECT a FROM t"), [5]);
}

#[test]
fn a_reload_takes_another_image_whatever_its_counters_say() {
    let mut tab = Tab::with("CREATE TABLE t(a); INSERT INTO t VALUES (1)");
    let other = Tab::with("CREATE TABLE t(b); INSERT INTO t VALUES (2)");
    assert_eq!(tab.integers("SELECT * FROM t"), [1]);
    assert_eq!(stamp(&tab), stamp(&other), "the case is the trap");
    let image = other.engine.image().clone();
    assert_eq!(tab.engine.reload(image), Ok(()));
    assert_eq!(tab.integers("SELECT b FROM t"), [2]);
    assert_eq!(
        tab.write("UPDATE t SET b = b + 1 RETURNING b").rows.table().1.concat(),
        [3.into()]
    );
}

#[test]
fn an_image_that_is_no_database_is_refused_and_the_old_one_stays() {
    let mut tab = Tab::with("CREATE TABLE t(a)");
    let blank = || Image::from_pages(PageSize::DEFAULT, vec![vec![0; 4096].into()], Seq(1));
    assert!(matches!(
        Engine::open(blank()).err(),
        Some(EngineError::NotADatabase(_))
    ));
    assert!(matches!(tab.engine.reload(blank()), Err(EngineError::NotADatabase(_))));
    assert!(tab.rows("SELECT a FROM t").is_empty());
    let halves = tab
        .engine
        .image()
        .pages()
        .iter()
        .flat_map(|page| page.chunks(2048).map(Into::into))
        .collect();
    let small = Image::from_pages(PageSize::new(2048).unwrap_or(PageSize::DEFAULT), halves, Seq(1));
    assert!(matches!(Engine::open(small).err(), Some(EngineError::NotADatabase(_))));
}

#[test]
fn a_new_database_has_no_page_and_the_first_write_makes_it() {
    let mut tab = Tab::new();
    assert_eq!(tab.engine.image().page_count().0, 0);
    assert_eq!(tab.integers("SELECT count(*) FROM sqlite_schema"), [0]);
    tab.write("CREATE TABLE t(a)");
    assert_eq!(tab.integers("PRAGMA page_size"), [4096]);
    assert_eq!(tab.integers("PRAGMA page_count"), [2]);
}

#[test]
fn a_database_in_wal_format_opens_and_is_written() {
    let mut pages = Tab::with("CREATE TABLE t(a); INSERT INTO t VALUES (1)")
        .engine
        .image()
        .pages()
        .to_vec();
    let mut first = pages[0].to_vec();
    first[18..20].fill(2);
    pages[0] = first.into();
    let mut tab = Tab::of(Image::from_pages(PageSize::DEFAULT, pages, Seq(1)));
    assert_eq!(tab.integers("SELECT a FROM t"), [1]);
    tab.write("INSERT INTO t VALUES (2)");
    assert_eq!(tab.integers("SELECT a FROM t"), [1, 2]);
    assert_eq!(tab.engine.image().pages()[0][18..20], [1, 1]);
    tab.assert_whole();
}

#[test]
fn pages_of_any_size_serve() {
    let mut tab = Tab::with("CREATE TABLE t(a); INSERT INTO t VALUES (zeroblob(5000))");
    tab.write("DELETE FROM t");
    for size in [512, 1024, 8192, 65536] {
        let page_size = PageSize::new(size).unwrap_or(PageSize::DEFAULT);
        // The image is empty and has this page size: the engine makes the database in it.
        let mut tab = Tab::of(Image::from_pages(page_size, Vec::new(), Seq(0)));
        tab.write("CREATE TABLE t(a); INSERT INTO t VALUES (zeroblob(5000)), (1)");
        assert_eq!(tab.integers("PRAGMA page_size"), [i64::from(size)]);
        tab.write("DELETE FROM t WHERE a <> 1");
        tab.write("VACUUM");
        assert_eq!(tab.integers("SELECT a FROM t"), [1]);
        tab.assert_whole();
        let mut again = Tab::of(tab.engine.image().clone());
        assert_eq!(again.integers("SELECT a FROM t"), [1]);
    }
}

#[test]
fn engines_in_one_process_do_not_touch_each_other() {
    let mut one = Tab::with("CREATE TABLE t(a); INSERT INTO t VALUES (1)");
    let mut two = Tab::with("CREATE TABLE t(a); INSERT INTO t VALUES (2)");
    one.write("UPDATE t SET a = 10");
    two.engine.run(&[&work("DROP TABLE t")]);
    assert_eq!(one.integers("SELECT a FROM t"), [10]);
    assert_eq!(two.integers("SELECT a FROM t"), [2]);
    drop(one);
    assert_eq!(two.integers("SELECT a FROM t"), [2]);
}

#[cfg(not(target_family = "wasm"))]
#[test]
fn engines_on_many_threads_do_not_touch_each_other() {
    let threads: Vec<_> = (0..8)
        .map(|number| {
            std::thread::spawn(move || {
                for round in 0..20 {
                    let mut tab = Tab::with("CREATE TABLE t(a)");
                    tab.write(&format!("INSERT INTO t VALUES ({number}), ({round})"));
                    assert_eq!(tab.integers("SELECT a FROM t"), [number, round]);
                    tab.assert_whole();
                }
            })
        })
        .collect();
    threads
        .into_iter()
        .for_each(|thread| thread.join().expect("no thread fails"));
}
