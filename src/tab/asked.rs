//! A call of the page that runs a statement, on its way to the place where the statement runs.

use crate::request::{CallId, Request, UserId};
use crate::sql::Statement;

#[derive(Debug)]
pub(super) struct Asked {
    pub(super) call: CallId,
    pub(super) user: UserId,
    pub(super) statement: Statement,
    pub(super) purpose: Purpose,
}

/// When a request of the page is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timing {
    /// It has just come from the page. If it needs SQL, it is put off.
    Arrived,
    /// Its SQL may run.
    Due,
}

/// What a call may do.
#[derive(Debug)]
pub(super) enum Purpose {
    Execute,
    /// Only read, and only until the page takes back this name.
    Query {
        recall: Option<String>,
    },
}

impl From<Asked> for Request {
    fn from(asked: Asked) -> Self {
        let Asked {
            call,
            user,
            statement,
            purpose,
        } = asked;
        match purpose {
            Purpose::Execute => Request::Execute { call, user, statement },
            Purpose::Query { recall } => Request::Query {
                call,
                user,
                statement,
                recall,
            },
        }
    }
}
