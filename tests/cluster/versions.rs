//! Two versions of the library in two tabs: they do not understand each other, and no write is lost or done twice.

use sqlite_elements::request::Event;

use crate::browser::{A, B, Browser};

/// Two tabs with different versions; A leads.
fn strangers() -> Browser {
    let mut browser = Browser::with_tabs(2);
    browser.write(A, "CREATE TABLE t(a)");
    browser.settle();
    browser.make_stranger(A);
    browser.make_stranger(B);
    browser
}

#[test]
fn what_a_leader_of_another_version_stores_is_read_from_the_store() {
    let mut browser = strangers();
    let write = browser.write(A, "INSERT INTO t VALUES ('from A')");
    browser.settle();
    assert!(browser.is_done(A, write));
    assert_eq!(browser.column(B, "SELECT a FROM t"), ["from A"]);
    assert_eq!(browser.image_bytes(A), browser.image_bytes(B));
}

#[test]
fn a_leader_of_another_version_is_not_replaced_for_being_misunderstood() {
    let mut browser = strangers();
    browser.pass_ms(60_000);
    assert_eq!(browser.leaders(), [A]);
    let warned = browser
        .events(B)
        .iter()
        .filter(|event| matches!(event, Event::Warning(_)));
    assert_eq!(warned.count(), 1, "once, and not each second");
}

#[test]
fn a_write_waits_for_the_other_version_to_go_and_is_done_once() {
    let mut browser = strangers();
    let write = browser.write(B, "INSERT INTO t VALUES ('from B')");
    browser.pass_ms(2_000);
    assert_eq!(browser.answer(B, write), None);
    browser.kill(A);
    browser.settle();
    assert!(browser.is_done(B, write));
    assert_eq!(browser.column(B, "SELECT a FROM t"), ["from B"]);
}
