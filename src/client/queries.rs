//! The live queries of a session: for each, the callback in the page, and how far the worker is with it.
//!
//! Owned by [`super::session`]. The worker has a list of its own, which dies with it. This list tells the next worker.

use std::cell::RefCell;
use std::rc::Rc;

use crate::ascending::Ascending;
use crate::request::{QueryId, UserId};
use crate::sql::{Rows, SqlFailure, Statement};

pub(super) type RowsCallback = Rc<RefCell<dyn FnMut(Result<Rows, SqlFailure>)>>;

#[derive(Default)]
pub(super) struct Queries(RefCell<Ascending<QueryId, PageQuery>>);

struct PageQuery {
    user: UserId,
    each: RowsCallback,
    statement: Statement,
    answering: Answering,
}

/// How far the worker is with a live query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answering {
    /// The worker has not been told of the query.
    NotAsked,
    Waiting,
    Answered,
}

impl Queries {
    pub(super) fn insert(&self, id: QueryId, user: UserId, each: RowsCallback, statement: Statement) {
        let query = PageQuery {
            user,
            each,
            statement,
            answering: Answering::NotAsked,
        };
        self.0.borrow_mut().insert(id, query);
    }

    /// Removes a live query, and returns its callback.
    pub(super) fn remove(&self, id: QueryId) -> Option<RowsCallback> {
        self.0.borrow_mut().remove(&id).map(|query| query.each)
    }

    pub(super) fn ids(&self) -> Vec<QueryId> {
        self.0.borrow().keys().collect()
    }

    /// The statement to send to the worker now, if the page still wants the query.
    pub(super) fn ask(&self, id: QueryId) -> Option<Statement> {
        self.0.borrow_mut().get_mut(&id).map(|query| {
            query.answering = Answering::Waiting;
            query.statement.clone()
        })
    }

    /// The worker has answered: the callback to call, if the page still wants the query.
    pub(super) fn answered(&self, id: QueryId) -> Option<RowsCallback> {
        self.0.borrow_mut().get_mut(&id).map(|query| {
            query.answering = Answering::Answered;
            Rc::clone(&query.each)
        })
    }

    /// Whether the worker owes an answer to any query but this one.
    pub(super) fn wait_beside(&self, taken_up: Option<QueryId>) -> bool {
        let queries = self.0.borrow();
        queries
            .iter()
            .any(|(id, query)| taken_up != Some(id) && query.answering == Answering::Waiting)
    }

    /// The worker died, so it knows none of the queries any more.
    pub(super) fn forget_worker(&self) {
        for query in self.0.borrow_mut().values_mut() {
            query.answering = Answering::NotAsked;
        }
    }

    /// Takes out the queries of a user that has left.
    pub(super) fn take_of(&self, user: UserId) -> Vec<QueryId> {
        let taken = self.0.borrow_mut().take(|_, query| query.user == user);
        taken.into_iter().map(|(id, _)| id).collect()
    }

    /// Takes out all callbacks, since the session is over.
    pub(super) fn take_all(&self) -> Vec<RowsCallback> {
        self.0
            .take()
            .take_all()
            .into_iter()
            .map(|(_, query)| query.each)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: QueryId = QueryId(7);

    fn one() -> Queries {
        let queries = Queries::default();
        let each = Rc::new(RefCell::new(|_: Result<Rows, SqlFailure>| {}));
        queries.insert(ID, UserId(1), each, Statement::new("SELECT 1"));
        queries
    }

    #[test]
    fn a_query_is_under_way_from_the_asking_to_the_answer() {
        let queries = one();
        assert!(!queries.wait_beside(None));
        assert!(queries.ask(ID).is_some());
        assert!(queries.wait_beside(None) && !queries.wait_beside(Some(ID)));
        assert!(queries.answered(ID).is_some());
        assert!(!queries.wait_beside(None));
    }

    #[test]
    fn a_worker_that_died_takes_no_query_along() {
        let queries = one();
        queries.ask(ID);
        queries.forget_worker();
        assert!(!queries.wait_beside(None));
        assert_eq!(queries.ids(), [ID]);
    }

    #[test]
    fn a_query_of_a_user_that_is_gone_is_answered_to_nobody() {
        let queries = one();
        assert_eq!(queries.take_of(UserId(1)), [ID]);
        assert!(queries.answered(ID).is_none());
    }
}
