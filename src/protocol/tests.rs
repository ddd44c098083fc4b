//! Promises that need exact timing between two messages. `tests/cluster` has the scenarios with whole tabs.

use std::rc::Rc;

use uuid::Uuid;

use super::*;
use crate::sql::{Code, Outcome, ResultCode, SqlFailure, Statement, Work};
use crate::storage::{
    CatchUp, Commit, Dirty, Epoch, Head, Image, PageCount, PageNo, PageSize, Position, Replies, RequestId, Seq,
    StoreError, TabId,
};

const NOW: Timestamp = Timestamp(1_000_000_000);

fn tab(number: u128) -> TabId {
    TabId(Uuid::from_u128(number))
}

fn insert() -> Work {
    Work::batch(vec![Statement::new("INSERT INTO t VALUES (1)")])
}

fn opened(number: u128) -> Protocol {
    let mut protocol = Protocol::open(NOW, tab(number), Position::default(), Replies::default());
    assert!(matches!(
        drain(&mut protocol)[..],
        [Output::RequestLock, Output::Send(Message::Hello { .. })]
    ));
    protocol
}

fn leading(number: u128, epoch: Epoch) -> Protocol {
    let mut protocol = opened(number);
    protocol.handle(NOW, Input::LockGranted);
    assert!(matches!(drain(&mut protocol)[..], [Output::RaiseEpoch]));
    let head = Head {
        epoch,
        position: Position::default(),
    };
    protocol.handle(NOW, Input::EpochRaised(Ok(head)));
    drain(&mut protocol);
    assert_eq!(protocol.leadership().here, Here::Leads);
    protocol
}

/// A leader of epoch 1 that has asked the store to append the commit of its own write.
fn storing() -> (Protocol, RequestId) {
    storing_in(Epoch(1))
}

fn storing_in(epoch: Epoch) -> (Protocol, RequestId) {
    let mut leader = leading(1, epoch);
    let request = leader.submit(NOW, insert(), NOW.after_ms(5_000));
    assert!(matches!(drain(&mut leader)[..], [Output::Run { .. }]));
    let answers = vec![Ok(Outcome::nothing())];
    leader.handle(
        NOW,
        Input::Ran {
            answers,
            commit: Some(first_commit(epoch)),
            put_off: PutOff::default(),
        },
    );
    assert!(matches!(drain(&mut leader)[..], [Output::Append(_)]));
    (leader, request)
}

fn drain(protocol: &mut Protocol) -> Vec<Output> {
    std::iter::from_fn(|| protocol.poll()).collect()
}

fn lead(number: u128, epoch: Epoch) -> Input {
    let position = Position::default();
    let lease_expiry = NOW.after_ms(5_000);
    Input::Heard(Message::Lead {
        leader: tab(number),
        epoch,
        position,
        lease_expiry,
    })
}

fn refused(request: RequestId, epoch: Epoch) -> Input {
    let answer = Err(SqlFailure::new(Code::Sqlite(ResultCode::CONSTRAINT), "no").into());
    Input::Heard(Message::Answered {
        request,
        epoch,
        answer,
        seq: Seq(0),
    })
}

fn settled(outputs: &[Output]) -> bool {
    outputs.iter().any(|output| matches!(output, Output::Settle { .. }))
}

fn first_commit(epoch: Epoch) -> Rc<Commit> {
    let dirty = Dirty {
        page_size: PageSize::DEFAULT,
        page_count: PageCount(1),
        pages: [(PageNo::FIRST, Rc::from(vec![1; 4096]))].into(),
    };
    Rc::new(Image::empty().commit(epoch, dirty, Default::default(), Vec::new()))
}

#[test]
fn a_late_refusal_by_an_old_leader_does_not_count() {
    let mut follower = opened(3);
    follower.handle(NOW, lead(1, Epoch(1)));
    let request = follower.submit(NOW, insert(), NOW.after_ms(5_000));
    drain(&mut follower);
    follower.handle(NOW, lead(2, Epoch(2)));
    let sent_again = drain(&mut follower).into_iter().any(
        |output| matches!(output, Output::Send(Message::Write { epoch: Epoch(2), request: id, .. }) if id == request),
    );
    assert!(sent_again, "the new leader gets it under the same id");
    follower.handle(NOW, refused(request, Epoch(1)));
    assert!(!settled(&drain(&mut follower)));
    follower.handle(NOW, refused(request, Epoch(2)));
    assert!(settled(&drain(&mut follower)));
}

#[test]
fn an_older_leaders_heartbeat_is_not_believed() {
    let mut follower = opened(3);
    follower.handle(NOW, lead(2, Epoch(2)));
    follower.handle(NOW, lead(1, Epoch(1)));
    assert_eq!(follower.leadership().leader, Some(tab(2)));
}

#[test]
fn a_tab_that_has_led_does_not_turn_to_a_leader_from_before_its_own_time() {
    let (mut former, request) = storing_in(Epoch(2));
    former.handle(NOW, Input::LockLost);
    former.handle(NOW, lead(2, Epoch(1)));
    former.handle(NOW, refused(request, Epoch(1)));
    assert!(
        !settled(&drain(&mut former)),
        "the write is on its way to the store: it may yet succeed"
    );
    former.handle(NOW, Input::Appended(Ok(())));
    let outputs = drain(&mut former);
    let done = |output: &Output| matches!(output, Output::Settle { result: Ok(_), .. });
    assert!(outputs.iter().any(done));
}

#[test]
fn a_leader_that_hears_of_a_newer_one_steps_down_and_queues_again() {
    let mut leader = leading(1, Epoch(1));
    leader.handle(NOW, lead(2, Epoch(2)));
    let outputs = drain(&mut leader);
    assert!(outputs.iter().any(|output| matches!(output, Output::ReleaseLock)));
    assert!(outputs.iter().any(|output| matches!(output, Output::RequestLock)));
    assert_eq!(leader.leadership().leader, Some(tab(2)));
}

#[test]
fn the_broadcast_does_not_exist_before_the_store_has_the_commit() {
    let (mut leader, _) = storing();
    leader.handle(NOW, Input::Appended(Ok(())));
    let outputs = drain(&mut leader);
    let [
        Output::Publish(_),
        Output::Send(Message::Committed { .. }),
        Output::Settle { .. },
    ] = &outputs[..]
    else {
        panic!("publish, tell, settle; not {outputs:?}");
    };
}

#[test]
fn a_commit_that_became_durable_after_the_lock_was_lost_still_counts() {
    let (mut leader, _) = storing();
    leader.handle(NOW, Input::LockLost);
    drain(&mut leader);
    leader.handle(NOW, Input::Appended(Ok(())));
    let outputs = drain(&mut leader);
    assert!(outputs.iter().any(|output| matches!(output, Output::Publish(_))));
    assert!(settled(&outputs));
    assert_eq!(leader.position().seq, Seq(1));
}

#[test]
fn a_failed_append_of_the_past_does_not_refuse_what_the_new_leader_has() {
    let (mut leader, request) = storing();
    leader.handle(NOW, Input::LockLost);
    leader.handle(NOW, lead(2, Epoch(2)));
    drain(&mut leader);
    leader.handle(NOW, Input::Appended(Err(StoreError::Failed("injected".into()))));
    assert!(
        !settled(&drain(&mut leader)),
        "it was sent to the new leader, who may do it"
    );
    leader.handle(NOW, refused(request, Epoch(2)));
    assert!(settled(&drain(&mut leader)));
}

#[test]
fn a_leader_does_not_lead_before_it_stands_where_the_head_stands() {
    let mut tab = opened(1);
    tab.handle(NOW, Input::LockGranted);
    drain(&mut tab);
    let commit = first_commit(Epoch(1));
    let head = Head {
        epoch: Epoch(2),
        position: commit.after,
    };
    tab.handle(NOW, Input::EpochRaised(Ok(head)));
    assert!(matches!(drain(&mut tab)[..], [Output::CatchUp { after: Seq(0) }]));
    assert_eq!(tab.leadership().here, Here::Follows);
    let commits = vec![Commit::clone(&commit)];
    tab.handle(NOW, Input::CaughtUp(Ok(CatchUp::Commits(commits))));
    assert!(matches!(drain(&mut tab)[0], Output::Apply { .. }));
    assert_eq!(tab.leadership().here, Here::Leads);
}

/// The states of one tab's election, without the rest of the protocol.
mod of_an_election {
    use super::super::election::{Election, LeadClaim, Rise};
    use super::super::words::Outputs;
    use super::*;
    use crate::durations::LEASE_MS;

    fn waiting() -> (Election, Outputs) {
        (Election::new(NOW, tab(1)), Outputs::default())
    }

    fn leading(epoch: Epoch) -> (Election, Outputs) {
        let (mut election, mut outputs) = waiting();
        election.lock_granted(NOW, &mut outputs);
        let position = Position::default();
        election.epoch_raised(&Head { epoch, position });
        assert_eq!(election.rise(position), Rise::Lead(epoch));
        election.lead(NOW, epoch);
        said(&mut outputs);
        (election, outputs)
    }

    fn said(outputs: &mut Outputs) -> Vec<Output> {
        std::iter::from_fn(|| outputs.next()).collect()
    }

    #[test]
    fn a_lock_that_comes_while_the_page_is_away_is_given_back() {
        let (mut election, mut outputs) = waiting();
        election.go_away(&mut outputs);
        said(&mut outputs);
        election.lock_granted(NOW, &mut outputs);
        assert!(matches!(said(&mut outputs)[..], [Output::ReleaseLock]));
        assert!(!election.is_in_office());
    }

    #[test]
    fn a_tab_that_is_away_asks_for_no_lock_until_it_is_back() {
        let (mut election, mut outputs) = leading(Epoch(1));
        election.hand_over(NOW, Epoch(1), tab(2), &mut outputs);
        election.go_away(&mut outputs);
        let wakes = Wake::ALL.into_iter().filter_map(|wake| election.due_at(wake));
        assert_eq!(wakes.collect::<Vec<_>>(), []);
        said(&mut outputs);
        election.come_back(NOW, &mut outputs);
        assert!(matches!(said(&mut outputs)[..], [Output::RequestLock, Output::Send(_)]));
        assert_eq!(election.due_at(Wake::QueueAgain), None);
    }

    #[test]
    fn a_leader_serves_the_first_that_asks_and_takes_no_writes_from_then_on() {
        let (mut election, _) = leading(Epoch(3));
        assert_eq!(election.addressee(), Some((Epoch(3), Here::Leads)));
        assert!(!election.name_successor(tab(2), Epoch(2)), "of another leadership");
        assert!(election.name_successor(tab(2), Epoch(3)));
        assert!(!election.name_successor(tab(3), Epoch(3)));
        assert_eq!(election.addressee(), None);
    }

    #[test]
    fn who_has_led_believes_no_leader_from_before() {
        let (mut election, mut outputs) = leading(Epoch(5));
        election.resign(&mut outputs);
        election.queue_anew(NOW, &mut outputs);
        assert_eq!(election.weigh(Epoch(4)), LeadClaim::Outdated);
        assert_eq!(election.weigh(Epoch(6)), LeadClaim::Stands);
        let (election, _) = leading(Epoch(5));
        assert_eq!(election.weigh(Epoch(6)), LeadClaim::Supersedes);
    }

    #[test]
    fn a_tab_that_was_stopped_hears_a_whole_lease_of_silence_before_it_steals() {
        let (mut election, _) = waiting();
        let late = NOW.after_ms(60_000);
        election.attend(late);
        assert!(
            election
                .due_at(Wake::Steal)
                .is_some_and(|at| at >= late.after_ms(LEASE_MS))
        );
    }

    #[test]
    fn a_tab_whose_store_is_ahead_does_not_lead() {
        let (mut election, mut outputs) = waiting();
        election.lock_granted(NOW, &mut outputs);
        let ahead = Position {
            seq: Seq(7),
            ..Position::default()
        };
        election.epoch_raised(&Head {
            epoch: Epoch(2),
            position: ahead,
        });
        assert_eq!(election.rise(Position::default()), Rise::Gone(Seq(7)));
        let newer = Position {
            seq: Seq(8),
            ..Position::default()
        };
        assert_eq!(election.rise(newer), Rise::Superseded);
    }
}
