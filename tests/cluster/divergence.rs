//! A replica that is not what the leader has: found by the checksum that goes along with the history, and loaded anew.

use crate::browser::{Browser, TabNo};

const A: TabNo = TabNo(0);
const B: TabNo = TabNo(1);

/// A leads; what B has in memory differs in one byte.
fn diverged() -> Browser {
    let mut browser = Browser::with_tabs(2);
    browser.write(A, "CREATE TABLE t(a)");
    browser.write(A, "INSERT INTO t VALUES ('first')");
    browser.settle();
    browser.damage_image(B);
    assert_ne!(browser.column(B, "SELECT a FROM t"), ["first"]);
    browser
}

#[test]
fn a_replica_that_differs_is_loaded_anew_at_the_next_commit() {
    let mut browser = diverged();
    browser.write(A, "INSERT INTO t VALUES ('second')");
    browser.settle();
    assert_eq!(browser.column(B, "SELECT a FROM t"), ["first", "second"]);
    assert_eq!(browser.image_bytes(A), browser.image_bytes(B));
}

#[test]
fn a_replica_that_differs_is_loaded_anew_before_its_tab_leads() {
    let mut browser = diverged();
    browser.kill(A);
    browser.settle();
    assert_eq!(browser.leaders(), [B]);
    assert_eq!(browser.column(B, "SELECT a FROM t"), ["first"]);
    let write = browser.write(B, "INSERT INTO t VALUES ('second')");
    browser.settle();
    assert!(browser.answer(B, write).is_some_and(|answer| answer.is_ok()));
    let c = browser.open();
    browser.settle();
    assert_eq!(browser.column(c, "SELECT a FROM t"), ["first", "second"]);
}
