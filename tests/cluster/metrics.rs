//! Metrics: each tab counts by itself what the tabs do together.

use sqlite_elements::request::{Event, Metrics, MetricsAction, Request, Response, UserId};

use crate::browser::{A, B, Browser, TabNo};

fn act(browser: &mut Browser, tab: TabNo, action: MetricsAction) -> Metrics {
    let call = browser.request(tab, |call| Request::Metrics { call, action });
    browser.settle();
    let answered = browser.events(tab).iter().find_map(|event| match event {
        Event::Answered {
            call: of,
            answer: Ok(Response::Metrics(metrics)),
        } if *of == call => Some(*metrics),
        _ => None,
    });
    answered.expect("the figures")
}

#[test]
fn each_tab_counts_what_it_takes_part_in() {
    let mut browser = Browser::with_tabs(2);
    browser.write(A, "CREATE TABLE t(a)");
    browser.settle();
    for tab in [A, B] {
        assert!(act(&mut browser, tab, MetricsAction::Enable).enabled);
    }
    browser.execute(B, UserId(1), "INSERT INTO t VALUES (1)");
    browser.write(B, "INSERT INTO t VALUES (2)");
    browser.settle();
    browser.write(A, "INSERT INTO t VALUES (3)");
    browser.step(A);
    browser.step(A);
    browser.freeze(B);
    browser.settle();
    browser.pass_ms(40);
    browser.thaw(B);
    browser.settle();
    let follower = act(&mut browser, B, MetricsAction::Read);
    assert_eq!(
        (
            follower.write_conflicts,
            follower.follower_refreshes,
            follower.total_notifications
        ),
        (1, 2, 2)
    );
    assert_eq!(
        follower.avg_notification_latency_ms, 20.0,
        "one at once, one after 40 ms"
    );
    let leader = act(&mut browser, A, MetricsAction::Read);
    assert_eq!(
        (
            leader.write_conflicts,
            leader.follower_refreshes,
            leader.total_notifications
        ),
        (0, 0, 2)
    );
    browser.kill(A);
    browser.settle();
    assert_eq!(act(&mut browser, B, MetricsAction::Read).leadership_changes, 1);
}
