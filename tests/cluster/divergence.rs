//! A replica that differs from the leader's: the checksums in the history reveal it, and its tab loads it anew.

use sqlite_elements::request::Request;

use crate::browser::{A, B, Browser};

/// A leads, and B's image differs in one byte.
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
    assert!(browser.is_done(B, write));
    let c = browser.open();
    browser.settle();
    assert_eq!(browser.column(c, "SELECT a FROM t"), ["first", "second"]);
}

/// A commit of the different image would begin at a position that no other tab has. Nothing could follow it, and the
/// database could not be loaded any more.
#[test]
fn a_leader_whose_image_differs_loads_it_anew_before_it_writes() {
    let mut browser = diverged();
    browser.damage_image(A);
    let write = browser.write(B, "INSERT INTO t VALUES ('second')");
    browser.settle();
    assert!(browser.is_done(B, write));
    let c = browser.open();
    browser.settle();
    for tab in [A, B, c] {
        assert_eq!(browser.column(tab, "SELECT a FROM t"), ["first", "second"]);
    }
}

/// In one drain of the protocol the engine reports that its replica is wrong, and what it has run. Both reports count.
#[test]
fn a_tab_that_finds_its_replica_wrong_as_it_begins_to_lead_goes_on_to_lead() {
    let mut browser = Browser::with_tabs(2);
    browser.write(A, "CREATE TABLE t(a)");
    browser.write(A, "INSERT INTO t VALUES ('first')");
    browser.settle();
    browser.write(A, "INSERT INTO t VALUES ('missed')");
    browser.settle_alone(A);
    browser.lose_messages(B);
    let write = browser.write(B, "INSERT INTO t VALUES ('waiting')");
    browser.settle_alone(B);
    browser.hold_store(B);
    browser.kill(A);
    browser.settle();
    // The epoch is being raised. B's image is altered only now, so that the commit that B missed does not fit.
    browser.damage_image(B);
    browser.release_store(B);
    browser.settle();
    assert_eq!(browser.leaders(), [B]);
    assert!(browser.is_done(B, write));
    assert_eq!(browser.column(B, "SELECT a FROM t"), ["first", "missed", "waiting"]);
    let close = browser.request(B, |call| Request::Close { call });
    browser.settle();
    assert!(browser.is_done(B, close));
}
