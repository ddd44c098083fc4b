//! Transactions that stay open across calls: whose they are, what waits for them, what becomes of them.
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
//! A transaction is one user's. From its `BEGIN` on, all that this user executes goes into it, in the order of
//! the calls: what is asked while `BEGIN` waits, waits behind it. One that was taken away leaves the user
//! in `Lost`, where every call fails until the user says that it has understood: else the statements behind
//! would be committed one by one, by a page that believes them inside a transaction.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use super::Tab;
use super::calls::EXECUTE_TIMEOUT_MS;
use super::pulse::Bound;
use super::runner::Moment;
use crate::engine::{Class, Ending, Staged, Standing};
use crate::protocol::{Here, Input, Timestamp, TurnEnd};
use crate::request::{CallId, Event, Failure, FailureKind, Response, UserId};
use crate::sabotage::{self, Sabotage};
use crate::sql::{Code, Outcome, SqlFailure, Statement};
use crate::storage::{Epoch, Reply, RequestId};

/// A statement of a transaction that runs longer is stopped, and SQLite rolls the transaction back.
const LONGEST_STATEMENT_MS: u64 = 60_000;

/// A call that runs a statement.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) call: CallId,
    pub(super) user: UserId,
    pub(super) statement: Statement,
    pub(super) purpose: Purpose,
}

/// What a call may do.
#[derive(Debug)]
pub(super) enum Purpose {
    Execute,
    /// Only read, and only until this is taken back.
    Query {
        recall: Option<String>,
    },
}

#[derive(Debug, Default)]
pub(super) struct Transactions {
    of: BTreeMap<UserId, State>,
    /// Calls that waited and are to be routed anew.
    released: VecDeque<Asked>,
    /// Whose the page knows to be at stake.
    told: Vec<UserId>,
}

#[derive(Debug)]
enum State {
    /// `BEGIN`, the first of these, waits for its turn.
    Waiting {
        turn: RequestId,
        asked: VecDeque<Asked>,
    },
    Open {
        turn: RequestId,
        epoch: Epoch,
    },
    /// The store is asked to keep what it changed.
    Committing {
        turn: RequestId,
        call: CallId,
        outcome: Outcome,
        asked: VecDeque<Asked>,
    },
    /// It was rolled back, not by the user's wish.
    Lost(Failure),
}

impl State {
    fn turn(&self) -> Option<RequestId> {
        match self {
            State::Waiting { turn, .. } | State::Open { turn, .. } | State::Committing { turn, .. } => Some(*turn),
            State::Lost(_) => None,
        }
    }
}

impl Transactions {
    pub(super) fn next_released(&mut self) -> Option<Asked> {
        self.released.pop_front()
    }

    pub(super) fn is_open(&self, user: UserId) -> bool {
        matches!(self.of.get(&user), Some(State::Open { .. }))
    }

    /// Whose a worker would take along if it died.
    fn at_stake(&self) -> Vec<UserId> {
        let open = |state: &State| matches!(state, State::Open { .. } | State::Lost(_));
        let found = self.of.iter().filter(|(_, state)| open(state));
        found.map(|(user, _)| *user).collect()
    }

    /// A worker died and took the transaction of this user along.
    pub(super) fn note_lost(&mut self, user: UserId) {
        let failure = Failure::transaction_lost("the worker that ran SQLite died");
        self.of.insert(user, State::Lost(failure));
    }

    fn user_of(&self, request: RequestId) -> Option<UserId> {
        let found = self.of.iter().find(|(_, state)| state.turn() == Some(request));
        found.map(|(user, _)| *user)
    }
}

impl Tab {
    /// The page has to know who is to be told should this worker die.
    pub(super) fn tell_transactions(&mut self) {
        let users = self.transactions.at_stake();
        if users != self.transactions.told {
            self.transactions.told.clone_from(&users);
            self.tell(Event::Transactions { users });
        }
    }

    /// Takes a call to the transaction of its user; gives it back if there is none.
    pub(super) fn in_transaction(
        &mut self,
        now: Timestamp,
        asked: Asked,
        moment: Moment,
    ) -> Result<Option<Input>, Asked> {
        match self.transactions.of.get_mut(&asked.user) {
            None => Err(asked),
            Some(State::Waiting { asked: waiting, .. } | State::Committing { asked: waiting, .. }) => {
                waiting.push_back(asked);
                Ok(None)
            }
            Some(State::Open { .. }) if moment == Moment::Arrived => {
                self.put_off(asked);
                Ok(None)
            }
            Some(State::Open { turn, epoch }) => {
                let (turn, epoch) = (*turn, *epoch);
                Ok(self.transact(now, turn, epoch, asked))
            }
            Some(State::Lost(failure)) => {
                let failure = failure.clone();
                self.in_lost_transaction(asked, failure)
            }
        }
    }

    /// A text that begins a transaction and leaves it open.
    pub(super) fn begin(&mut self, now: Timestamp, asked: Asked) {
        if self.protocol.leadership().here == Here::Follows {
            return self.answer(asked.call, Err(Failure::transaction_denied()));
        }
        let turn = self.protocol.take_turn(now, now.after_ms(EXECUTE_TIMEOUT_MS));
        let user = asked.user;
        let asked = [asked].into();
        self.transactions.of.insert(user, State::Waiting { turn, asked });
    }

    /// The protocol gives this tab's page the writer.
    pub(super) fn turn_begins(&mut self, now: Timestamp, turn: RequestId, epoch: Epoch) -> Option<Input> {
        let Some(user) = self.transactions.user_of(turn) else {
            // Who asked has left.
            return Some(Input::TurnEnded { commit: None });
        };
        let open = State::Open { turn, epoch };
        let Some(State::Waiting { asked, .. }) = self.transactions.of.insert(user, open) else {
            return None;
        };
        let mut asked = asked.into_iter();
        let mut input = None;
        while input.is_none()
            && let Some(next) = asked.next()
        {
            input = self.transact(now, turn, epoch, next);
        }
        match self.transactions.of.get_mut(&user) {
            Some(State::Committing { asked: waiting, .. }) => waiting.extend(asked),
            _ => self.transactions.released.extend(asked),
        }
        input
    }

    fn transact(&mut self, now: Timestamp, turn: RequestId, epoch: Epoch, asked: Asked) -> Option<Input> {
        let Asked {
            call,
            user,
            statement,
            purpose,
        } = asked;
        self.protocol.turn_used(now);
        if let Purpose::Query { recall } = purpose {
            self.pulse.borrow_mut().watch(recall);
            let answer = self.engine.query_in_transaction(&statement);
            self.pulse.borrow_mut().end();
            self.answer(call, answer.map(Response::Outcome).map_err(Failure::from));
            return None;
        }
        let bound = Bound::Until(now.after_ms(LONGEST_STATEMENT_MS));
        self.pulse.borrow_mut().begin(now, self.protocol.sign_of_life(), bound);
        let (answer, standing) = self.engine.transact(&statement);
        self.pulse.borrow_mut().end();
        match (answer, standing) {
            (answer, Standing::Open) => {
                self.answer(call, answer.map(Response::Outcome).map_err(Failure::from));
                None
            }
            (Ok(outcome), Standing::Over(Some(staged))) => {
                let commit = self.commit_turn(turn, epoch, staged, &outcome);
                let committing = State::Committing {
                    turn,
                    call,
                    outcome,
                    asked: VecDeque::new(),
                };
                self.transactions.of.insert(user, committing);
                Some(commit)
            }
            (Ok(outcome), Standing::Over(None)) => {
                self.transactions.of.remove(&user);
                self.answer(call, Ok(Response::Outcome(outcome)));
                Some(Input::TurnEnded { commit: None })
            }
            (Err(failure), Standing::Over(_)) => {
                let lost = State::Lost(Failure::transaction_lost("a statement that failed ended it"));
                self.transactions.of.insert(user, lost);
                self.answer(call, Err(failure.into()));
                Some(Input::TurnEnded { commit: None })
            }
        }
    }

    fn commit_turn(&self, request: RequestId, epoch: Epoch, staged: Staged, outcome: &Outcome) -> Input {
        let reply = Reply {
            request,
            outcome: outcome.clone(),
            settled_below: self.protocol.settled_below(),
        };
        let image = self.engine.image();
        let commit = image.commit(epoch, staged.dirty, staged.write_set, vec![reply]);
        Input::TurnEnded {
            commit: Some(Rc::new(commit)),
        }
    }

    pub(super) fn turn_is_over(&mut self, turn: RequestId, end: TurnEnd) {
        let Some(user) = self.transactions.user_of(turn) else {
            return;
        };
        match self.transactions.of.remove(&user) {
            Some(State::Waiting { mut asked, .. }) => {
                let failure = Failure::turn_refused(end);
                let begin = asked.pop_front();
                begin
                    .into_iter()
                    .for_each(|begin| self.answer(begin.call, Err(failure.clone())));
                self.give_up_asked(asked, &failure);
            }
            Some(State::Open { .. }) => {
                if !sabotage::is(Sabotage::LostTransactionKept) {
                    self.engine.revert();
                }
                self.transactions.of.insert(user, State::Lost(Failure::turn_taken(end)));
            }
            Some(State::Committing {
                call, outcome, asked, ..
            }) => {
                let answer = match end {
                    TurnEnd::Done => Ok(Response::Outcome(outcome)),
                    end => Err(Failure::turn_taken(end)),
                };
                self.answer(call, answer);
                self.transactions.released.extend(asked);
            }
            Some(State::Lost(_)) | None => {}
        }
    }

    /// What was asked behind a `BEGIN` that came to nothing belongs to that transaction up to its end.
    fn give_up_asked(&mut self, mut asked: VecDeque<Asked>, failure: &Failure) {
        while let Some(next) = asked.pop_front() {
            self.answer(next.call, Err(failure.clone()));
            if self.engine.ending(&next.statement.sql).is_some() {
                break;
            }
        }
        self.transactions.released.extend(asked);
    }

    fn in_lost_transaction(&mut self, asked: Asked, lost: Failure) -> Result<Option<Input>, Asked> {
        let ending = self.engine.ending(&asked.statement.sql);
        let begins = matches!(self.engine.classify(&asked.statement.sql), Ok(Class::Begins));
        if ending.is_some() || begins {
            self.transactions.of.remove(&asked.user);
        }
        if begins {
            return Err(asked);
        }
        let answer = match ending {
            Some(Ending::Rollback) => Ok(Response::Outcome(Outcome::nothing())),
            Some(Ending::Commit) | None => Err(lost),
        };
        self.answer(asked.call, answer);
        Ok(None)
    }

    /// The pages under the open transaction are about to be replaced.
    pub(super) fn lose_open_transaction(&mut self) {
        let open = self
            .transactions
            .of
            .iter_mut()
            .find(|(_, state)| matches!(state, State::Open { .. }));
        if let Some((_, state)) = open {
            let why = "this tab's copy of the database was damaged, and is loaded anew";
            *state = State::Lost(Failure::transaction_lost(why));
            self.engine.revert();
            self.inputs.push_back(Input::TurnEnded { commit: None });
        }
    }

    /// The user is gone; what it has asked and still waits is answered.
    pub(super) fn left(&mut self, user: UserId) -> Option<Input> {
        let (waiting, input) = match self.transactions.of.remove(&user)? {
            State::Waiting { asked, .. } => (asked, None),
            State::Open { .. } => {
                self.engine.revert();
                (VecDeque::new(), Some(Input::TurnEnded { commit: None }))
            }
            State::Committing {
                turn,
                call,
                outcome,
                asked,
            } => {
                let committing = State::Committing {
                    turn,
                    call,
                    outcome,
                    asked: VecDeque::new(),
                };
                self.transactions.of.insert(user, committing);
                (asked, None)
            }
            State::Lost(_) => (VecDeque::new(), None),
        };
        for asked in waiting {
            self.answer(asked.call, Err(Failure::closed()));
        }
        input
    }
}

impl Failure {
    fn transaction_denied() -> Self {
        SqlFailure::transaction_denied().into()
    }

    fn transaction_lost(why: &str) -> Self {
        let message = format!(
            "the transaction was rolled back, nothing of it was stored: {why}. Call execute(\"ROLLBACK\"), then begin \
             again"
        );
        Failure::new(FailureKind::Write, Code::TransactionLost, message)
    }

    /// Why a transaction did not begin.
    fn turn_refused(end: TurnEnd) -> Self {
        match end {
            TurnEnd::TimedOut => Failure::timeout(
                "other writes, or a transaction that somebody left open, kept this one from beginning; nothing was \
                     run, so begin again",
            ),
            TurnEnd::LeadershipLost => Failure::transaction_denied(),
            end => Failure::turn_taken(end),
        }
    }

    /// Why a transaction that was open is not any more.
    fn turn_taken(end: TurnEnd) -> Self {
        match end {
            TurnEnd::NotStored(error) => error.into(),
            TurnEnd::Closed => Failure::closed(),
            TurnEnd::Silent => Failure::transaction_lost("it was silent for 4 s while others waited for it"),
            TurnEnd::TooLong => Failure::transaction_lost("it went on for 12 s while others waited for it"),
            TurnEnd::Done | TurnEnd::TimedOut | TurnEnd::LeadershipLost => {
                Failure::transaction_lost("this tab does not lead any more")
            }
        }
    }
}
