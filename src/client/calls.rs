//! The calls of a session that have no answer yet, and the answer to each if its worker dies.
//!
//! Owned by [`super::session`]. A worker that died gives no answers. Only the request then tells what may have
//! happened, so the request decides the answer. Pure: the session decides how an answer reaches its caller (`A`).

use std::collections::VecDeque;

use crate::request::{CallId, Failure, FailureKind, Request, Response, UserId};

/// Ordered by id, which is the order in which most are answered.
pub(super) struct Calls<A>(VecDeque<Call<A>>);

struct Call<A> {
    id: CallId,
    answer: A,
    stake: Stake,
    /// The user with whom the call ends, if it has no answer by then.
    user: Option<UserId>,
}

/// What is lost if the worker that has the call dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stake {
    /// Nothing: the worker was not asked.
    Here,
    /// An answer. The page can give such a call up.
    Query,
    /// An answer.
    Reading,
    /// Nothing: the other calls settle what it waits for, or the next worker is told.
    Settling,
    /// The knowledge whether the write was done.
    Writing,
}

impl Stake {
    pub(super) fn of(request: &Request) -> Self {
        match request {
            Request::Query { .. } => Stake::Query,
            Request::Execute { .. } | Request::Write { .. } => Stake::Writing,
            Request::Sync { .. } | Request::NonLeaderWrites { .. } => Stake::Settling,
            _ => Stake::Reading,
        }
    }
}

impl<A> Calls<A> {
    /// Adds a call. Its id must be higher than all others.
    pub(super) fn insert(&mut self, id: CallId, answer: A, stake: Stake) {
        let user = None;
        self.0.push_back(Call {
            id,
            answer,
            stake,
            user,
        });
    }

    pub(super) fn bind(&mut self, call: CallId, user: UserId) {
        if let Ok(at) = self.find(call) {
            self.0[at].user = Some(user);
        }
    }

    /// Takes out a call: the caller who waits for its answer.
    pub(super) fn take(&mut self, call: CallId) -> Option<A> {
        let at = self.find(call).ok()?;
        self.0.remove(at).map(|call| call.answer)
    }

    pub(super) fn take_all(&mut self) -> Vec<A> {
        std::mem::take(&mut self.0)
            .into_iter()
            .map(|call| call.answer)
            .collect()
    }

    pub(super) fn bound_to(&self, user: UserId) -> Vec<CallId> {
        self.named(|call| call.user == Some(user))
    }

    pub(super) fn queries(&self) -> Vec<CallId> {
        self.named(|call| call.stake == Stake::Query)
    }

    /// Whether the worker has any of these calls.
    pub(super) fn are_asked(&self) -> bool {
        self.0.iter().any(|call| call.stake != Stake::Here)
    }

    /// Takes out the calls that the worker had, each with its answer now that the worker died.
    pub(super) fn take_orphans(&mut self, died: &Failure) -> Vec<(A, Result<Response, Failure>)> {
        let (here, asked): (VecDeque<Call<A>>, VecDeque<Call<A>>) = std::mem::take(&mut self.0)
            .into_iter()
            .partition(|call| call.stake == Stake::Here);
        self.0 = here;
        asked
            .into_iter()
            .map(|call| (call.answer, outcome(call.stake, died)))
            .collect()
    }

    fn find(&self, call: CallId) -> Result<usize, usize> {
        self.0.binary_search_by_key(&call, |call| call.id)
    }

    fn named(&self, wanted: impl Fn(&Call<A>) -> bool) -> Vec<CallId> {
        self.0.iter().filter(|call| wanted(call)).map(|call| call.id).collect()
    }
}

impl<A> Default for Calls<A> {
    fn default() -> Self {
        Calls(VecDeque::new())
    }
}

fn outcome(stake: Stake, died: &Failure) -> Result<Response, Failure> {
    let known = match stake {
        Stake::Here | Stake::Settling => return Ok(Response::Done),
        Stake::Query | Stake::Reading => "What was asked here had no effect; ask again",
        Stake::Writing => {
            "If this call writes, that may or may not have been done: look before you make it again, for it may be what \
             the worker died of"
        }
    };
    let message = format!("{died}; another worker was started. {known}");
    Err(Failure::new(FailureKind::State, died.code.clone(), message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(stakes: &[Stake]) -> Calls<u64> {
        let mut calls = Calls::default();
        for (id, stake) in (1..).zip(stakes) {
            calls.insert(CallId(id), id, *stake);
        }
        calls
    }

    #[test]
    fn a_call_is_answered_once() {
        let mut calls = calls(&[Stake::Query, Stake::Writing]);
        assert_eq!(calls.take(CallId(2)), Some(2));
        assert_eq!(calls.take(CallId(2)), None);
        assert_eq!(calls.take_all(), [1]);
    }

    #[test]
    fn a_worker_that_died_leaves_no_call_unanswered_but_those_it_was_not_asked() {
        let mut calls = calls(&[Stake::Here, Stake::Settling, Stake::Query, Stake::Writing]);
        let orphans = calls.take_orphans(&Failure::closed());
        let done: Vec<(u64, bool)> = orphans.iter().map(|(id, answer)| (*id, answer.is_ok())).collect();
        assert_eq!(done, [(2, true), (3, false), (4, false)]);
        let said = orphans.iter().filter_map(|(_, answer)| answer.as_ref().err());
        let said: Vec<bool> = said.map(|failure| failure.message.contains("may or may not")).collect();
        assert_eq!(
            said,
            [false, true],
            "only of a write nobody can say whether it was done"
        );
        assert!(!calls.are_asked());
        assert_eq!(calls.take_all(), [1]);
    }

    #[test]
    fn a_user_that_leaves_ends_the_calls_that_are_bound_to_it() {
        let mut calls = calls(&[Stake::Query, Stake::Query]);
        calls.bind(CallId(2), UserId(5));
        assert_eq!(calls.bound_to(UserId(5)), [CallId(2)]);
    }
}
