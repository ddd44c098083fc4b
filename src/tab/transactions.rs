//! Transactions that stay open across calls: which user owns each, what waits for it, and how it ends.
//!
//! ```text
//!          BEGIN            its turn               COMMIT             stored
//! (none) ───────▶ Waiting ───────────▶ Open ───────────────▶ Committing ─────▶ (none)
//!                    │                  │ ROLLBACK ─▶ (none)      │ not stored ─▶ (none)
//!                    │ no turn          │ taken away
//!                    ▼                  ▼
//!                 (none)              Lost ── ROLLBACK, COMMIT, BEGIN ──▶
//! ```
//!
//! A transaction belongs to one user. From `BEGIN` on, every call of that user goes into the transaction, in the order
//! of the calls: calls made while `BEGIN` waits, wait behind it. When a transaction is taken away, its user is `Lost`:
//! every call fails until the user ends the transaction or begins another. Otherwise the later statements would be
//! committed one by one, while the page believes that they are in a transaction.

use std::collections::VecDeque;
use std::rc::Rc;

use super::agenda::Agenda;
use super::asked::{Asked, Purpose, Timing};
use super::pulse::Bound;
use super::timed_engine::TimedEngine;
use crate::ascending::Ascending;
use crate::durations::{LONGEST_TURN_MS, SILENT_TURN_MS};
use crate::engine::{Class, Ending, Staged, Standing};
use crate::protocol::{Input, Message, Timestamp, TurnEnd};
use crate::request::{CallId, Event, Failure, FailureKind, Response, UserId};
use crate::sabotage::{self, Sabotage};
use crate::sql::{Code, Outcome, SqlFailure};
use crate::storage::{Epoch, Reply, RequestId, SettledBelow};

/// A longer statement of a transaction is stopped, and SQLite rolls the transaction back.
const LONGEST_STATEMENT_MS: u64 = 60_000;

#[derive(Debug, Default)]
pub(super) struct Transactions {
    of: Ascending<UserId, State>,
    /// Calls that waited and must be routed again.
    released: VecDeque<Asked>,
    /// The users whose transactions the page knows to be at stake.
    told: Vec<UserId>,
}

/// A turn: this tab has the writer for one transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) request: RequestId,
    pub(super) epoch: Epoch,
}

/// What a leader must know to run a statement of a transaction.
#[derive(Clone, Debug)]
pub(super) struct Leading {
    /// The heartbeat to send meanwhile.
    pub(super) sign_of_life: Option<Message>,
    pub(super) settled_below: SettledBelow,
}

/// The place to which a call belongs.
#[derive(Debug)]
pub(super) enum Whereabouts {
    /// Its user has no transaction.
    Outside(Asked),
    /// It waits for its transaction.
    Waits,
    /// In the open transaction, once SQL may run.
    Later(Asked),
    Inside(Turn, Asked),
    /// Its transaction was taken away.
    Lost(Asked, Failure),
}

#[derive(Debug)]
enum State {
    /// `BEGIN`, the first of these calls, waits for its turn.
    Waiting {
        turn: RequestId,
        asked: VecDeque<Asked>,
    },
    Open(Turn),
    /// The store has been asked to append what it changed.
    Committing {
        turn: RequestId,
        call: CallId,
        outcome: Outcome,
        asked: VecDeque<Asked>,
    },
    /// It was rolled back, and not because the user asked.
    Lost(Failure),
}

impl State {
    fn turn(&self) -> Option<RequestId> {
        match self {
            State::Waiting { turn, .. } | State::Committing { turn, .. } => Some(*turn),
            State::Open(turn) => Some(turn.request),
            State::Lost(_) => None,
        }
    }
}

// Whose transaction.
impl Transactions {
    pub(super) fn next_released(&mut self) -> Option<Asked> {
        self.released.pop_front()
    }

    pub(super) fn is_open(&self, user: UserId) -> bool {
        matches!(self.of.get(&user), Some(State::Open(_)))
    }

    /// The user's transaction was lost with a worker that died.
    pub(super) fn note_lost(&mut self, user: UserId) {
        let failure = transaction_lost("the worker that ran SQLite died");
        self.of.insert(user, State::Lost(failure));
    }

    /// Tells the page which users must be told if this worker dies.
    pub(super) fn tell(&mut self, agenda: &mut Agenda) {
        let at_stake = |state: &State| matches!(state, State::Open(_) | State::Lost(_));
        let found = self.of.iter().filter(|(_, state)| at_stake(state));
        let users: Vec<UserId> = found.map(|(user, _)| user).collect();
        if users != self.told {
            self.told.clone_from(&users);
            agenda.tell(Event::Transactions { users });
        }
    }

    /// The place to which a call belongs. Keeps a call that waits for its transaction.
    pub(super) fn place(&mut self, asked: Asked, moment: Timing) -> Whereabouts {
        match self.of.get_mut(&asked.user) {
            None => Whereabouts::Outside(asked),
            Some(State::Waiting { asked: waiting, .. } | State::Committing { asked: waiting, .. }) => {
                waiting.push_back(asked);
                Whereabouts::Waits
            }
            Some(State::Open(_)) if moment == Timing::Arrived => Whereabouts::Later(asked),
            Some(State::Open(turn)) => Whereabouts::Inside(*turn, asked),
            Some(State::Lost(failure)) => Whereabouts::Lost(asked, failure.clone()),
        }
    }

    fn user_of(&self, request: RequestId) -> Option<UserId> {
        let found = self.of.iter().find(|(_, state)| state.turn() == Some(request));
        found.map(|(user, _)| user)
    }
}

// From BEGIN to COMMIT.
impl Transactions {
    /// A text that begins a transaction waits for this turn.
    pub(super) fn begin(&mut self, turn: RequestId, asked: Asked) {
        let user = asked.user;
        let asked = [asked].into();
        self.of.insert(user, State::Waiting { turn, asked });
    }

    /// The protocol gives this tab's page the writer: runs the calls that waited for it.
    pub(super) fn turn_begins(
        &mut self,
        now: Timestamp,
        turn: Turn,
        leading: &Leading,
        engine: &mut TimedEngine,
        agenda: &mut Agenda,
    ) -> Option<Input> {
        let Some(user) = self.user_of(turn.request) else {
            // The user has left, so nobody would end the turn.
            return Some(Input::TurnEnded { commit: None });
        };
        let Some(State::Waiting { asked, .. }) = self.of.insert(user, State::Open(turn)) else {
            return None;
        };
        let mut asked = asked.into_iter();
        let mut input = None;
        while input.is_none()
            && let Some(next) = asked.next()
        {
            input = self.transact(now, turn, next, leading, engine, agenda);
        }
        // Behind a COMMIT, calls wait for the store. Otherwise they are routed anew, since the transaction may be over.
        match self.of.get_mut(&user) {
            Some(State::Committing { asked: waiting, .. }) => waiting.extend(asked),
            _ => self.released.extend(asked),
        }
        input
    }

    /// Runs a statement of the open transaction.
    pub(super) fn transact(
        &mut self,
        now: Timestamp,
        turn: Turn,
        asked: Asked,
        leading: &Leading,
        engine: &mut TimedEngine,
        agenda: &mut Agenda,
    ) -> Option<Input> {
        let Asked {
            call,
            user,
            statement,
            purpose,
        } = asked;
        if let Purpose::Query { recall } = purpose {
            let answer = engine.query_in_transaction(recall, &statement);
            agenda.answer(call, answer.map(Response::Outcome).map_err(Failure::from));
            return None;
        }
        let bound = Bound::Until(now.after_ms(LONGEST_STATEMENT_MS));
        match engine.transact(now, leading.sign_of_life.clone(), bound, &statement) {
            (answer, Standing::Open) => {
                agenda.answer(call, answer.map(Response::Outcome).map_err(Failure::from));
                None
            }
            (Ok(outcome), Standing::Over(Some(staged))) => {
                // The call is answered only when the store has the commit: see `turn_is_over`.
                let commit = commit(turn, staged, &outcome, leading.settled_below, engine);
                let committing = State::Committing {
                    turn: turn.request,
                    call,
                    outcome,
                    asked: VecDeque::new(),
                };
                self.of.insert(user, committing);
                Some(commit)
            }
            (Ok(outcome), Standing::Over(None)) => {
                self.of.remove(&user);
                agenda.answer(call, Ok(Response::Outcome(outcome)));
                Some(Input::TurnEnded { commit: None })
            }
            (Err(failure), Standing::Over(_)) => {
                let lost = State::Lost(transaction_lost("a statement that failed ended it"));
                self.of.insert(user, lost);
                agenda.answer(call, Err(failure.into()));
                Some(Input::TurnEnded { commit: None })
            }
        }
    }
}

fn commit(turn: Turn, staged: Staged, outcome: &Outcome, settled_below: SettledBelow, engine: &TimedEngine) -> Input {
    let reply = Reply {
        request: turn.request,
        outcome: outcome.clone(),
        settled_below,
    };
    let commit = engine.engine().commit(turn.epoch, staged, vec![reply]);
    Input::TurnEnded {
        commit: Some(Rc::new(commit)),
    }
}

// Other ends.
impl Transactions {
    /// The turn is over, or will not begin.
    pub(super) fn turn_is_over(
        &mut self,
        turn: RequestId,
        end: TurnEnd,
        engine: &mut TimedEngine,
        agenda: &mut Agenda,
    ) {
        let Some(user) = self.user_of(turn) else { return };
        match self.of.remove(&user) {
            Some(State::Waiting { mut asked, .. }) => {
                let failure = turn_refused(end);
                if let Some(begin) = asked.pop_front() {
                    agenda.answer(begin.call, Err(failure.clone()));
                }
                self.give_up_asked(asked, &failure, engine, agenda);
            }
            Some(State::Open(_)) => {
                if !sabotage::is(Sabotage::LostTransactionKept) {
                    engine.engine_mut().revert();
                }
                self.of.insert(user, State::Lost(turn_taken(end)));
            }
            Some(State::Committing {
                call, outcome, asked, ..
            }) => {
                let answer = match end {
                    TurnEnd::Done => Ok(Response::Outcome(outcome)),
                    end => Err(turn_taken(end)),
                };
                agenda.answer(call, answer);
                self.released.extend(asked);
            }
            Some(State::Lost(_)) | None => {}
        }
    }

    /// Calls behind a `BEGIN` that failed belong to that transaction up to its end: they get the same failure.
    fn give_up_asked(
        &mut self,
        mut asked: VecDeque<Asked>,
        failure: &Failure,
        engine: &mut TimedEngine,
        agenda: &mut Agenda,
    ) {
        while let Some(next) = asked.pop_front() {
            agenda.answer(next.call, Err(failure.clone()));
            if engine.engine_mut().ending(&next.statement.sql).is_some() {
                break;
            }
        }
        self.released.extend(asked);
    }

    /// A call of a user whose transaction was taken away. Returned if it begins another transaction.
    pub(super) fn in_lost(
        &mut self,
        asked: Asked,
        lost: Failure,
        engine: &mut TimedEngine,
        agenda: &mut Agenda,
    ) -> Option<Asked> {
        let engine = engine.engine_mut();
        let ending = engine.ending(&asked.statement.sql);
        let begins = matches!(engine.classify(&asked.statement.sql), Ok(Class::Begins));
        if ending.is_some() || begins {
            self.of.remove(&asked.user);
        }
        if begins {
            return Some(asked);
        }
        let answer = match ending {
            Some(Ending::Rollback) => Ok(Response::Outcome(Outcome::nothing())),
            Some(Ending::Commit) | None => Err(lost),
        };
        agenda.answer(asked.call, answer);
        None
    }

    /// The pages under the open transaction are about to be replaced: the transaction is lost.
    pub(super) fn lose_open(&mut self, engine: &mut TimedEngine) -> Option<Input> {
        let state = self.of.values_mut().find(|state| matches!(state, State::Open(_)))?;
        let why = "this tab's copy of the database was damaged, and is loaded anew";
        *state = State::Lost(transaction_lost(why));
        engine.engine_mut().revert();
        Some(Input::TurnEnded { commit: None })
    }

    /// The user has left. Its waiting calls are answered, and its open transaction is rolled back.
    pub(super) fn left(&mut self, user: UserId, engine: &mut TimedEngine, agenda: &mut Agenda) -> Option<Input> {
        let (waiting, input) = match self.of.remove(&user)? {
            State::Waiting { asked, .. } => (asked, None),
            State::Open(_) => {
                engine.engine_mut().revert();
                (VecDeque::new(), Some(Input::TurnEnded { commit: None }))
            }
            State::Committing {
                turn,
                call,
                outcome,
                asked,
            } => {
                // Too late to take back: the transaction stays until the store has answered.
                let committing = State::Committing {
                    turn,
                    call,
                    outcome,
                    asked: VecDeque::new(),
                };
                self.of.insert(user, committing);
                (asked, None)
            }
            State::Lost(_) => (VecDeque::new(), None),
        };
        for asked in waiting {
            agenda.answer(asked.call, Err(Failure::closed()));
        }
        input
    }
}

fn transaction_lost(why: &str) -> Failure {
    let message = format!(
        "the transaction was rolled back, nothing of it was stored: {why}. Call execute(\"ROLLBACK\"), then begin again"
    );
    Failure::new(FailureKind::Write, Code::TransactionLost, message)
}

/// Why a transaction did not begin.
fn turn_refused(end: TurnEnd) -> Failure {
    match end {
        TurnEnd::TimedOut => Failure::timeout(
            "other writes, or a transaction that somebody left open, kept this one from beginning; nothing was run, so \
             begin again",
        ),
        TurnEnd::LeadershipLost => SqlFailure::transaction_denied().into(),
        end => turn_taken(end),
    }
}

/// Why a transaction is no longer open.
fn turn_taken(end: TurnEnd) -> Failure {
    let seconds = |ms: u64| ms / 1_000;
    match end {
        TurnEnd::NotStored(error) => error.into(),
        TurnEnd::Closed => Failure::closed(),
        TurnEnd::Silent => transaction_lost(&format!(
            "it was silent for {} s while others waited for it",
            seconds(SILENT_TURN_MS)
        )),
        TurnEnd::TooLong => transaction_lost(&format!(
            "it went on for {} s while others waited for it",
            seconds(LONGEST_TURN_MS)
        )),
        TurnEnd::Done | TurnEnd::TimedOut | TurnEnd::LeadershipLost => {
            transaction_lost("this tab does not lead any more")
        }
    }
}
