//! What `execute` does in a follower: SQLite says what the statement is, and so whether it runs here or at the leader.

use sqlite_elements::request::{NonLeaderWrites, Request};
use sqlite_elements::sql::{Code, Statement};

use crate::browser::{A, B, Browser, PAGE};

#[test]
fn a_follower_is_refused_row_writes_by_execute_but_may_change_the_schema() {
    let mut browser = Browser::with_table(2);
    let hidden = "/* SELECT */ WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x RETURNING a";
    let execute = |browser: &mut Browser, sql: &str| {
        let statement = Statement::new(sql);
        let call = browser.request(B, |call| Request::Execute {
            call,
            user: PAGE,
            statement,
        });
        browser.settle();
        browser.answer(B, call).expect("answered")
    };
    let failure = execute(&mut browser, hidden).expect_err("refused");
    assert_eq!(failure.code.name(), "WRITE_PERMISSION_DENIED");
    assert!(failure.message.contains("WRITE_PERMISSION_DENIED"));
    assert!(execute(&mut browser, "CREATE TABLE u(b)").is_ok());
    let failure = execute(&mut browser, "CREATE TABLE v(b); INSERT INTO v VALUES (1)");
    assert_eq!(failure.expect_err("refused").code.name(), "WRITE_PERMISSION_DENIED");
    for tab in [A, B] {
        let tables = browser.column(tab, "SELECT name FROM sqlite_schema ORDER BY name");
        assert_eq!(tables, ["t", "u"]);
    }
}

#[test]
fn a_follower_whose_writes_are_allowed_has_the_leader_do_them() {
    let mut browser = Browser::with_table(2);
    let policy = NonLeaderWrites::Forwarded;
    browser.request(B, |call| Request::NonLeaderWrites { call, policy });
    let statement = Statement::new("INSERT INTO t VALUES ('forwarded')");
    let call = browser.request(B, |call| Request::Execute {
        call,
        user: PAGE,
        statement,
    });
    browser.settle();
    assert!(browser.is_done(B, call));
    assert_eq!(browser.leaders(), [A]);
    for tab in [A, B] {
        assert_eq!(browser.rows(tab), ["forwarded"]);
    }
}

#[test]
fn a_follower_that_does_not_know_a_table_yet_leaves_the_verdict_to_the_leader() {
    for (policy, expected) in [
        (NonLeaderWrites::Refused, Err(Code::WritePermissionDenied)),
        (NonLeaderWrites::Forwarded, Ok(())),
    ] {
        let mut browser = Browser::with_table(2);
        browser.request(B, |call| Request::NonLeaderWrites { call, policy });
        browser.settle();
        browser.write(A, "CREATE TABLE late (a)");
        while !browser.has_arrivals(B) {
            browser.step(A);
        }
        browser.lose_messages(B);
        assert_eq!(
            browser.column(B, "SELECT name FROM sqlite_schema"),
            ["t"],
            "B has not heard"
        );
        let calls = [
            "INSERT INTO late VALUES (1)",
            "CREATE INDEX soon ON late (a)",
            "INSERT INTO never VALUES (1)",
        ]
        .map(|sql| browser.execute(B, PAGE, sql));
        browser.pass_ms(1_000);
        let [insert, index, never] = calls.map(|call| browser.answer(B, call).expect("answered"));
        assert_eq!(
            insert.as_ref().map(drop).map_err(|failure| failure.code.clone()),
            expected
        );
        assert!(index.is_ok(), "{index:?}");
        let message = never.expect_err("refused").message;
        assert!(message.contains("no such table: never"), "{message}");
    }
}
