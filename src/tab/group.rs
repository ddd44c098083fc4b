//! A group: the writes of a leader that run together and are stored as one commit.
//!
//! Each write has a time limit. A write that takes longer than its turn is put off once, so that others get their turn.
//! The writes behind it are not run, and come first again.

use std::rc::Rc;

use super::pulse::{Bound, Ended};
use super::timed_engine::TimedEngine;
use crate::protocol::{Input, Message, Patience, PutOff, Queued, Timestamp};
use crate::sabotage::{self, Sabotage};
use crate::sql::{Answer, Code, SqlFailure, Work};
use crate::storage::{Epoch, Reply};

/// After this long a write is put off once, so that others get their turn. Shorter than a page waits for its write.
const LONGEST_TURN_MS: u64 = 10_000;
/// No write may take longer; in a migration or an import, no statement.
const LONGEST_WRITE_MS: u64 = 60_000;

#[derive(Debug)]
pub(super) struct Group {
    pub(super) epoch: Epoch,
    pub(super) writes: Vec<Queued>,
}

impl Group {
    /// Leaves the group to the next leader. This leader has said that it ended, so it must not run a write that may
    /// kill it.
    pub(super) fn leave(self) -> Input {
        let put_off = PutOff {
            unrun: self.writes,
            ..PutOff::default()
        };
        Input::Ran {
            answers: Vec::new(),
            commit: None,
            put_off,
        }
    }

    /// Runs the group. `lead` is this leader's heartbeat, sent while SQLite runs.
    pub(super) fn run(self, now: Timestamp, lead: Option<&Message>, engine: &mut TimedEngine) -> Input {
        let (mut answers, mut ran) = (Vec::new(), Vec::new());
        let mut put_off = PutOff::default();
        let mut writes = self.writes.into_iter();
        for queued in writes.by_ref() {
            let (answer, stopped) = run_write(now, lead.cloned(), &queued, engine);
            if stopped == Stopped::ToBePutOff {
                put_off.long = Some(queued);
                break;
            }
            answers.push(answer);
            ran.push(queued);
        }
        // The answers stay in step with the writes before the one that was put off: `Input::Ran` relies on that.
        put_off.unrun = writes.collect();
        let staged = engine.engine_mut().staged();
        let commit = staged.map(|staged| {
            let replies = replies(&ran, &answers);
            Rc::new(engine.engine().commit(self.epoch, staged, replies))
        });
        Input::Ran {
            answers,
            commit,
            put_off,
        }
    }
}

fn run_write(now: Timestamp, lead: Option<Message>, queued: &Queued, engine: &mut TimedEngine) -> (Answer, Stopped) {
    let limit = Limit::of(now, queued);
    let (answer, ended) = engine.perform(now, lead, limit.bound(), &queued.work);
    match (answer, ended, limit) {
        (Err(_), Ended::TimeIsOver, Limit::Whole(_) | Limit::Statements(_)) => (Err(too_long()), Stopped::No),
        (answer @ Err(_), Ended::TimeIsOver, Limit::Turn(_)) => (answer, Stopped::ToBePutOff),
        (answer, ..) => (answer, Stopped::No),
    }
}

/// The time limit of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Limit {
    /// Nobody waits for its answer after that.
    Deadline(Timestamp),
    /// After that, others get their turn first.
    Turn(Timestamp),
    /// No write may take longer.
    Whole(Timestamp),
    /// None of its statements may take longer.
    Statements(Timestamp),
}

impl Limit {
    fn of(now: Timestamp, queued: &Queued) -> Self {
        let (turn, whole) = (now.after_ms(LONGEST_TURN_MS), now.after_ms(LONGEST_WRITE_MS));
        match (&*queued.work, queued.patience) {
            (Work::Migrate { .. } | Work::Import { .. }, _) => Limit::Statements(whole),
            (_, Patience::Turn) if queued.deadline <= turn => Limit::Deadline(queued.deadline),
            (_, Patience::Turn) => Limit::Turn(turn),
            (_, Patience::Whole) if queued.deadline <= whole => Limit::Deadline(queued.deadline),
            (_, Patience::Whole) => Limit::Whole(whole),
        }
    }

    fn bound(self) -> Bound {
        match self {
            Limit::Deadline(until) | Limit::Turn(until) | Limit::Whole(until) => Bound::Until(until),
            Limit::Statements(until) => Bound::EachStatement {
                most_ms: LONGEST_WRITE_MS,
                until,
                done: 0,
            },
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stopped {
    No,
    ToBePutOff,
}

/// The replies that the commit stores. A refused write has none: it left no effect.
fn replies(ran: &[Queued], answers: &[Answer]) -> Vec<Reply> {
    ran.iter()
        .zip(answers)
        .filter(|_| !sabotage::is(Sabotage::ReplyNotStored))
        .filter_map(|(queued, answer)| {
            let outcome = answer.as_ref().ok()?.clone();
            let Queued {
                request, settled_below, ..
            } = *queued;
            Some(Reply {
                request,
                outcome,
                settled_below,
            })
        })
        .collect()
}

fn too_long() -> SqlFailure {
    let message = format!(
        "the write was stopped after {} s, and nothing was changed: while it runs no other tab can write; do it in smaller \
         pieces",
        LONGEST_WRITE_MS / 1_000
    );
    SqlFailure::new(Code::WriteTooLong, message)
}
