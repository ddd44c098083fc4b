//! Scenarios, each named after the promise that it shows.

use sqlite_elements::protocol::Message;
use sqlite_elements::request::{Event, Request};
use sqlite_elements::sql::{Script, Work};
use sqlite_elements::storage::{FaultPoint, Operation, StoreError};

use crate::browser::{A, B, Browser, C};

#[test]
fn the_first_tab_leads_and_the_others_know_it() {
    let mut browser = Browser::with_tabs(3);
    assert_eq!(browser.leaders(), [A]);
    let known = browser
        .events(C)
        .iter()
        .any(|event| matches!(event, Event::Leadership(info) if !info.is_leader && !info.leader_id.is_empty()));
    assert!(known);
}

#[test]
fn a_write_of_a_follower_is_done_by_the_leader_and_seen_by_all() {
    let mut browser = Browser::with_table(3);
    let call = browser.write(B, "INSERT INTO t VALUES ('from B')");
    browser.settle();
    let outcome = browser.answer(B, call).expect("answered").expect("done");
    assert_eq!((outcome.changes, outcome.last_row_id), (1, 1));
    for tab in [A, B, C] {
        assert_eq!(browser.rows(tab), ["from B"]);
    }
    assert_eq!(browser.image_bytes(A), browser.image_bytes(C));
}

#[test]
fn a_large_write_of_a_follower_goes_to_the_leader_alone_and_is_seen_by_all() {
    let mut browser = Browser::with_table(3);
    browser.freeze(C);
    let call = browser.write(B, &format!("INSERT INTO t VALUES ('{}')", "x".repeat(2 << 20)));
    browser.settle();
    assert!(browser.is_done(B, call));
    let arrived = browser.arrived_bytes(C);
    assert!(arrived < 1 << 10, "C was sent {arrived} bytes");
    browser.thaw(C);
    browser.settle();
    for tab in [A, B, C] {
        assert_eq!(browser.column(tab, "SELECT length(a) FROM t"), ["2097152"]);
    }
}

#[test]
fn writes_of_a_follower_are_done_in_their_order_large_or_small() {
    let mut browser = Browser::with_table(2);
    let large = "x".repeat(200_000);
    let calls = [
        browser.write(B, "INSERT INTO t VALUES ('1')"),
        browser.write(B, &format!("INSERT INTO t SELECT substr('2{large}', 1, 1)")),
        browser.write(B, "INSERT INTO t VALUES ('3')"),
    ];
    browser.settle();
    for call in calls {
        assert!(browser.is_done(B, call));
    }
    assert_eq!(browser.rows(A), ["1", "2", "3"]);
}

#[test]
fn a_large_write_that_takes_long_is_not_sent_again_while_it_does() {
    let mut browser = Browser::with_table(2);
    browser.hold_store(A);
    let call = browser.write(B, &format!("INSERT INTO t VALUES ('{}')", "x".repeat(50 << 20)));
    browser.settle();
    browser.freeze(B);
    browser.freeze(A);
    browser.thaw(B);
    browser.pass_ms(4_000);
    assert!(browser.arrived_bytes(A) < 1 << 20, "sent again");
    browser.thaw(A);
    browser.release_store(A);
    browser.settle();
    assert!(browser.is_done(B, call));
    assert_eq!(browser.column(A, "SELECT count(*) FROM t"), ["1"]);
}

#[test]
fn the_leader_dies_before_answering_and_the_write_happens_once() {
    let mut browser = Browser::with_table(3);
    browser.hold_store(A);
    let call = browser.write(B, "INSERT INTO t VALUES ('once')");
    browser.settle();
    assert_eq!(
        browser.held_store_calls(A),
        1,
        "A has run it and asks the store to keep it"
    );
    assert_eq!(browser.answer(B, call), None);

    browser.store_without_telling(A);
    browser.kill(A);
    browser.settle();

    assert_eq!(browser.leaders(), [B]);
    assert!(browser.is_done(B, call));
    assert_eq!(browser.rows(B), ["once"]);
    assert_eq!(browser.rows(C), ["once"]);
}

#[test]
fn the_leader_dies_before_storing_and_the_write_happens_once() {
    let mut browser = Browser::with_table(3);
    browser.hold_store(A);
    let call = browser.write(C, "INSERT INTO t VALUES ('once')");
    browser.settle();
    browser.kill(A);
    browser.settle();
    assert!(browser.is_done(C, call));
    assert_eq!(browser.rows(B), ["once"]);
    assert_eq!(browser.rows(C), ["once"]);
}

#[test]
fn a_commit_whose_leader_dies_before_anybody_hears_of_it_is_seen_by_all() {
    let mut browser = Browser::with_table(3);
    let call = browser.write(B, "INSERT INTO t VALUES ('unheard')");
    browser.settle_alone(B);
    browser.settle_alone(A);
    assert_eq!(browser.rows(A), ["unheard"], "it is stored and was broadcast");
    browser.lose_last_words(A);
    browser.settle();
    assert!(browser.rows(B).is_empty() && browser.rows(C).is_empty());
    assert_eq!(browser.answer(B, call), None);
    browser.kill(A);
    browser.settle();
    assert!(browser.is_done(B, call));
    for tab in [B, C] {
        assert_eq!(browser.rows(tab), ["unheard"]);
    }
}

#[test]
fn a_request_that_is_sent_again_is_answered_and_not_run_again() {
    let mut browser = Browser::with_table(2);
    browser.freeze(A);
    let call = browser.write(B, "INSERT INTO t VALUES (1)");
    browser.settle();
    let repeated = browser.last_message(A);
    browser.thaw(A);
    browser.settle();
    assert!(browser.is_done(B, call));
    browser.deliver(A, repeated.clone());
    browser.deliver(A, repeated);
    browser.settle();
    assert_eq!(browser.rows(A), ["1"]);
}

#[test]
fn two_believe_to_lead_and_the_older_epochs_append_is_refused() {
    let mut browser = Browser::with_table(2);
    browser.hold_store(A);
    let lost = browser.write(A, "INSERT INTO t VALUES ('from the old leader')");
    browser.settle();
    browser.freeze(A);
    browser.pass_ms(6_000);
    assert_eq!(browser.leaders(), [A, B], "A was frozen and does not know yet");
    let call = browser.write(B, "INSERT INTO t VALUES ('from the new leader')");
    browser.settle();
    assert!(browser.is_done(B, call));

    browser.release_store(A);
    browser.thaw(A);
    browser.settle();

    assert_eq!(browser.leaders(), [B]);
    assert!(browser.answer(A, lost).is_some(), "settled, one way or the other");
    for tab in [A, B] {
        let rows = browser.rows(tab);
        assert_eq!(rows[0], "from the new leader");
        assert!(rows.len() <= 2, "{rows:?}");
    }
    assert_eq!(browser.image_bytes(A), browser.image_bytes(B));
}

#[test]
fn a_leader_that_woke_late_cannot_write_though_nobody_wrote_meanwhile() {
    let mut browser = Browser::with_table(2);
    browser.hold_store(A);
    browser.write(A, "INSERT INTO t VALUES ('late')");
    browser.settle();
    browser.freeze(A);
    browser.pass_ms(6_000);
    browser.store_without_telling(A);
    browser.kill(A);
    let call = browser.write(B, "INSERT INTO t VALUES ('B leads')");
    browser.settle();
    assert!(browser.is_done(B, call));
    assert_eq!(browser.leaders(), [B]);
    assert_eq!(browser.rows(B), ["B leads"]);
}

#[test]
fn a_gap_is_filled_from_the_store() {
    let mut browser = Browser::with_table(3);
    browser.freeze(C);
    for value in 0..5 {
        browser.write(A, &format!("INSERT INTO t VALUES ({value})"));
        browser.settle();
    }
    browser.lose_messages(C);
    browser.thaw(C);
    browser.settle();
    assert!(browser.rows(C).is_empty(), "it cannot know yet");
    browser.write(A, "INSERT INTO t VALUES (5)");
    browser.settle();
    assert_eq!(browser.rows(C), ["0", "1", "2", "3", "4", "5"]);
    assert_eq!(browser.image_bytes(A), browser.image_bytes(C));
}

#[test]
fn a_lost_broadcast_is_made_good_by_the_next_heartbeat() {
    let mut browser = Browser::with_table(2);
    browser.freeze(B);
    browser.write(A, "INSERT INTO t VALUES (1)");
    browser.settle();
    browser.lose_messages(B);
    browser.thaw(B);
    browser.pass_ms(1_500);
    assert_eq!(browser.rows(B), ["1"]);
}

#[test]
fn a_write_that_got_lost_is_sent_again() {
    let mut browser = Browser::with_table(2);
    browser.freeze(A);
    let call = browser.write(B, "INSERT INTO t VALUES (1)");
    browser.settle();
    browser.lose_messages(A);
    browser.thaw(A);
    browser.pass_ms(4_000);
    assert!(browser.is_done(B, call));
    assert_eq!(browser.rows(A), ["1"]);
}

#[test]
fn when_the_leaders_tab_closes_the_next_leads_without_waiting() {
    let mut browser = Browser::with_table(3);
    browser.kill(A);
    browser.settle();
    assert_eq!(browser.leaders(), [B]);
    let call = browser.write(C, "INSERT INTO t VALUES ('after')");
    browser.settle();
    assert!(browser.is_done(C, call));
}

#[test]
fn a_leader_that_hangs_is_replaced_when_its_lease_lapses() {
    let mut browser = Browser::with_table(3);
    browser.freeze(A);
    browser.pass_ms(3_000);
    assert_eq!(browser.leaders(), [A]);
    browser.pass_ms(2_500);
    let leaders = browser.leaders();
    assert_eq!(leaders.len(), 2, "one beside the frozen one: {leaders:?}");
    browser.thaw(A);
    browser.settle();
    assert_eq!(browser.leaders().len(), 1);
}

#[test]
fn a_tab_whose_store_fails_as_it_begins_to_lead_lets_another_lead() {
    let mut browser = Browser::with_table(3);
    let error = StoreError::Failed("injected".into());
    browser
        .disk
        .fail(FaultPoint::Before(Operation::RaiseEpoch), error.clone());
    browser.kill(A);
    browser.settle();
    assert_eq!(browser.leaders(), [C], "B's turn came first, and its store failed");
    browser.disk.fail(FaultPoint::Before(Operation::RaiseEpoch), error);
    browser.pass_ms(1_100);
    browser.kill(C);
    browser.pass_ms(1_100);
    assert_eq!(browser.leaders(), [B], "it queued again, failed again, and tried again");
}

#[test]
fn a_store_that_keeps_failing_is_asked_once_a_second_and_no_more() {
    let mut browser = Browser::with_table(2);
    for _ in 0..3 {
        let error = StoreError::Failed("injected".into());
        browser.disk.fail(FaultPoint::Before(Operation::RaiseEpoch), error);
    }
    browser.kill(A);
    for _ in 0..3 {
        browser.settle();
        assert_eq!(browser.leaders(), []);
        browser.pass_ms(1_000);
    }
    assert_eq!(browser.leaders(), [B]);
}

#[test]
fn nobody_sees_a_commit_before_it_is_stored() {
    let mut browser = Browser::with_table(2);
    browser.hold_store(A);
    let call = browser.write(A, "INSERT INTO t VALUES ('not yet')");
    browser.settle();
    assert!(browser.rows(A).is_empty());
    assert!(browser.rows(B).is_empty());
    assert_eq!(browser.answer(A, call), None);
    browser.release_store(A);
    browser.settle();
    assert_eq!(browser.rows(A), ["not yet"]);
    assert_eq!(browser.rows(B), ["not yet"]);
}

#[test]
fn a_failed_append_leaves_the_database_as_it_was_and_says_why() {
    let mut browser = Browser::with_table(2);
    let before = browser.image_bytes(A);
    let quota = StoreError::Quota("disk full".into());
    browser.disk.fail(FaultPoint::Before(Operation::Append), quota);
    let call = browser.write(B, "INSERT INTO t VALUES (1)");
    browser.settle();
    let failure = browser.answer(B, call).expect("answered").expect_err("refused");
    assert_eq!(failure.code.name(), "QUOTA_EXCEEDED");
    assert_eq!(browser.image_bytes(A), before);
    assert_eq!(browser.image_bytes(B), before);
    let again = browser.write(A, "INSERT INTO t VALUES (3)");
    browser.settle();
    assert!(browser.is_done(A, again));
    assert_eq!(
        browser.rows(A),
        ["3"],
        "what failed is not carried along by the next commit"
    );
    assert_eq!(browser.image_bytes(A), browser.image_bytes(B));
}

#[test]
fn one_refused_write_does_not_fail_its_neighbours_in_the_group() {
    let mut browser = Browser::with_table(2);
    browser.hold_store(A);
    browser.write(A, "INSERT INTO t VALUES ('first, keeps the store busy')");
    browser.settle();
    let good = browser.write(B, "INSERT INTO t VALUES ('good')");
    let bad = browser.write(B, "INSERT INTO nowhere VALUES ('bad')");
    let fine = browser.write(A, "INSERT INTO t VALUES ('fine')");
    browser.settle();
    browser.release_store(A);
    browser.settle();
    assert!(browser.is_done(B, good));
    assert!(browser.is_done(A, fine));
    let failure = browser.answer(B, bad).expect("answered").expect_err("refused");
    assert!(
        failure.message.contains("no such table: nowhere"),
        "{}",
        failure.message
    );
    assert_eq!(browser.rows(B).len(), 3);
}

#[test]
fn migrations_run_once_though_two_tabs_open_at_the_same_instant() {
    let mut browser = Browser::new();
    let scripts = ["CREATE TABLE m(a)", "INSERT INTO m VALUES ('seed')"].map(Script::from);
    let (first, second) = (browser.open(), browser.open());
    let calls = [first, second].map(|tab| {
        let work = Work::Migrate {
            scripts: scripts.to_vec(),
        };
        (
            tab,
            browser.request(tab, |call| Request::Write {
                call,
                work,
                timeout_ms: 5_000,
            }),
        )
    });
    browser.settle();
    for (tab, call) in calls {
        assert!(browser.is_done(tab, call));
        assert_eq!(browser.column(tab, "SELECT a FROM m"), ["seed"]);
    }
}

#[test]
fn a_live_query_in_another_tab_is_told_and_only_when_its_rows_change() {
    let mut browser = Browser::with_table(2);
    browser.subscribe(B, 1, "SELECT a FROM t WHERE a > 10");
    browser.settle();
    assert_eq!(browser.told(B, 1).len(), 1, "the first answer");
    browser.write(A, "INSERT INTO t VALUES (5)");
    browser.pass_ms(100);
    assert_eq!(browser.told(B, 1), [], "its rows are the same");
    browser.write(A, "INSERT INTO t VALUES (50)");
    browser.pass_ms(100);
    let told = browser.told(B, 1);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].as_ref().map(|rows| rows.len()), Ok(1));
}

#[test]
fn closing_and_opening_again_shows_what_was_written() {
    let mut browser = Browser::with_table(1);
    for value in 0..700 {
        browser.write(A, &format!("INSERT INTO t VALUES ({value})"));
        browser.settle();
    }
    let before = browser.image_bytes(A);
    let mut reopened = Browser::on(browser.disk.clone());
    drop(browser);
    let tab = reopened.open();
    reopened.settle();
    assert_eq!(reopened.image_bytes(tab), before);
    assert_eq!(reopened.column(tab, "SELECT count(*) FROM t"), ["700"]);
    assert_eq!(reopened.column(tab, "PRAGMA integrity_check"), ["ok"]);
}

#[test]
fn every_call_is_answered_when_the_database_closes() {
    let mut browser = Browser::with_table(2);
    browser.hold_store(A);
    let under_way = browser.write(A, "INSERT INTO t VALUES (1)");
    browser.settle();
    let waiting = browser.write(A, "INSERT INTO t VALUES (2)");
    let close = browser.request(A, |call| Request::Close { call });
    browser.settle();
    assert_eq!(browser.answer(A, close), None, "a write is on its way to the store");
    let refused = browser.answer(A, waiting).expect("answered").expect_err("not run");
    assert_eq!(refused.code.name(), "DATABASE_CLOSED");
    assert!(refused.message.contains("never run"), "{}", refused.message);
    browser.release_store(A);
    browser.settle();
    assert!(browser.is_done(A, under_way));
    assert!(browser.is_done(A, close));
    assert_eq!(browser.leaders(), [B]);
    assert_eq!(browser.rows(B), ["1"]);
}

#[test]
fn a_write_that_is_made_as_the_leader_freezes_is_done_before_its_own_timeout() {
    for phase_ms in (0..1_000).step_by(90) {
        let mut browser = Browser::with_table(3);
        browser.pass_ms(phase_ms);
        let sent = browser.write(C, "INSERT INTO t VALUES ('sent')");
        browser.freeze(A);
        let after = browser.write(B, "INSERT INTO t VALUES ('after')");
        browser.pass_ms(4_800);
        for (tab, write) in [(C, sent), (B, after)] {
            assert!(browser.is_done(tab, write), "{tab:?}, {phase_ms} ms");
        }
    }
}

#[test]
fn a_write_without_a_leader_times_out_and_says_that_it_was_never_run() {
    let mut browser = Browser::new();
    let tab = browser.open();
    browser.hold_store(tab);
    let call = browser.write(tab, "CREATE TABLE t(a)");
    browser.pass_ms(5_100);
    let failure = browser.answer(tab, call).expect("answered").expect_err("timed out");
    assert_eq!(failure.code.name(), "TIMEOUT");
    assert!(failure.message.contains("timeout"), "{}", failure.message);
    assert!(failure.message.contains("never run"), "{}", failure.message);
}

#[test]
fn a_message_of_another_version_is_reported_and_changes_nothing() {
    let mut browser = Browser::with_table(2);
    let mut bytes = Message::Hello {
        from: sqlite_elements::storage::TabId(uuid::Uuid::nil()),
    }
    .encode();
    bytes[0] = 200;
    browser.deliver(B, bytes);
    browser.settle();
    let warned = browser
        .events(B)
        .iter()
        .any(|event| matches!(event, Event::Warning(failure) if failure.code.name() == "VERSION_MISMATCH"));
    assert!(warned);
    assert_eq!(browser.leaders(), [A]);
}
