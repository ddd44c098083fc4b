//! The reader: the connection that sees what is durable and nothing else.
//!
//! The engine asks it every query, and what a text is before the text runs. It reads the image while that moves along
//! the one history; [`Reader::moved`] says when the connection must be opened anew.

use std::cell::RefCell;
use std::rc::Rc;

use super::authorizer::Watch;
use super::bracket::Admission;
use super::class::{self, Class, Ending, Seen};
use super::engine_error::EngineError;
use super::header::Header;
use super::migration::{self, Migrations};
use super::pages::{Pages, View};
use super::prepared::Kind;
use super::query::{self, Queried};
use super::sqlite::Sqlite;
use crate::sql::{Code, Params, ResultCode, Script, SqlFailure, Statement};
use crate::storage::{Commit, PageNo};

pub(super) struct Reader {
    pages: Rc<RefCell<Pages>>,
    session: Sqlite,
}

/// What a connection remembers of page 1.
pub(super) struct FirstPage {
    change_counter: u32,
    encoding: u32,
}

impl Reader {
    pub(super) fn open(pages: &Rc<RefCell<Pages>>) -> Result<Self, EngineError> {
        Ok(Reader {
            session: Sqlite::open(pages, View::Committed)?,
            pages: Rc::clone(pages),
        })
    }

    pub(super) fn query(&self, statement: &Statement) -> Result<Queried, SqlFailure> {
        query::run(&self.session, statement)
    }

    /// The class of a text; see [`super::Engine::classify`].
    pub(super) fn classify(&self, sql: &str) -> Result<Class, SqlFailure> {
        let (kinds, prepared) = self.session.kinds(sql);
        let seen = if prepared.is_ok() { Seen::All } else { Seen::Beginning };
        let strongest = class::strongest(&kinds, seen);
        match (prepared, strongest) {
            (Ok(()), Some(class)) => Ok(class),
            (Ok(()), None) => Err(SqlFailure::empty_statement()),
            (Err(_), Some(class @ (Class::Schema | Class::Write))) => Ok(class),
            (Err(failure), _) => Err(failure),
        }
    }

    /// How a text would end the transaction around it.
    pub(super) fn ending(&self, sql: &str) -> Option<Ending> {
        class::ending(&self.session.kinds(sql).0)
    }

    /// The error that SQLite gives for a text of [`Class::Controls`] if no transaction is open.
    pub(super) fn refuse_control(&self, sql: &str) -> SqlFailure {
        let admit = |kind| match kind {
            Kind::Transaction(_) => Ok(Admission::Run),
            _ => Err(SqlFailure::new(
                Code::TransactionInText,
                "what opens a transaction must be the first statement of its text",
            )),
        };
        let ran = self.session.perform(sql, &Params::none(), Watch::Statement, &admit);
        ran.err()
            .unwrap_or_else(|| SqlFailure::new(Code::Sqlite(ResultCode::ERROR), "no transaction is active"))
    }

    /// Whether all these scripts have run here.
    pub(super) fn migrations_applied(&self, scripts: &[Script]) -> Result<Migrations, SqlFailure> {
        migration::state(&self.session, scripts)
    }

    /// Page 1 as it is now, for [`Reader::moved`] to compare with.
    pub(super) fn first_page(&self) -> FirstPage {
        let pages = self.pages.borrow();
        let first: &[u8] = pages.image().page(PageNo::FIRST).map_or(&[], |first| first);
        let header = Header::of(first);
        FirstPage {
            change_counter: header.change_counter(),
            encoding: header.encoding(),
        }
    }

    /// The image has moved by this commit. Opens the connection anew if an import has changed the text encoding or set
    /// the change counter back. A connection reads the encoding only once, and may take a lower counter for one that it
    /// has seen.
    pub(super) fn moved(&mut self, commit: &Commit, before: FirstPage) {
        let after = self.first_page();
        if after.encoding != before.encoding || after.change_counter < before.change_counter {
            match Sqlite::open(&self.pages, View::Committed) {
                Ok(session) => self.session = session,
                // The old connection will fail as well, and tell each query the reason.
                Err(_) => self.session.forget_schema(),
            }
        } else if commit.write_set.changes_schema() {
            self.session.forget_schema();
        }
    }
}
