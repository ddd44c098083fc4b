//! An engine without a store: the test says whether what it stages becomes durable, at once or never.

use sqlite_elements::engine::{Engine, Staged};
use sqlite_elements::sql::{Answer, Outcome, ReadSet, SqlFailure, Statement, Value, Work, WriteSet};
use sqlite_elements::storage::{Commit, Epoch, Image};

pub(crate) struct Tab {
    pub(crate) engine: Engine,
}

impl Tab {
    pub(crate) fn new() -> Self {
        Tab::of(Image::empty())
    }

    pub(crate) fn of(image: Image) -> Self {
        Tab {
            engine: Engine::open(image).expect("the image opens"),
        }
    }

    /// A tab with this schema and content.
    pub(crate) fn with(sql: &str) -> Self {
        let mut tab = Tab::new();
        tab.write(sql);
        tab
    }

    pub(crate) fn commit_of(&self, staged: Staged) -> Commit {
        self.engine.commit(Epoch(1), staged, Vec::new())
    }

    /// Runs one unit of work and publishes what it stages.
    pub(crate) fn answer(&mut self, work: &Work) -> (Answer, Option<Commit>) {
        let mut run = self.engine.run(&[work]);
        let commit = run.staged.map(|staged| {
            let commit = self.commit_of(staged);
            self.engine.publish(&commit).expect("what was staged can be published");
            commit
        });
        (run.answers.remove(0), commit)
    }

    pub(crate) fn try_write(&mut self, sql: &str) -> Answer {
        self.answer(&Work::batch(vec![Statement::new(sql)])).0
    }

    pub(crate) fn write(&mut self, sql: &str) -> Outcome {
        self.try_write(sql).unwrap_or_else(|failure| panic!("{sql}: {failure}"))
    }

    /// Runs a write, and returns the write set of its commit.
    pub(crate) fn written(&mut self, sql: &str) -> WriteSet {
        let (answer, commit) = self.answer(&Work::batch(vec![Statement::new(sql)]));
        answer.unwrap_or_else(|failure| panic!("{sql}: {failure}"));
        commit.map(|commit| commit.write_set).unwrap_or_default()
    }

    pub(crate) fn reads(&mut self, sql: &str) -> ReadSet {
        let queried = self.engine.query(&Statement::new(sql));
        queried.unwrap_or_else(|failure| panic!("{sql}: {failure}")).reads
    }

    pub(crate) fn try_query(&mut self, sql: &str) -> Result<Vec<Vec<Value>>, SqlFailure> {
        Ok(self.engine.query(&Statement::new(sql))?.outcome.rows.table().1)
    }

    pub(crate) fn rows(&mut self, sql: &str) -> Vec<Vec<Value>> {
        self.try_query(sql).unwrap_or_else(|failure| panic!("{sql}: {failure}"))
    }

    /// All cells of the answer, which must be integers.
    pub(crate) fn integers(&mut self, sql: &str) -> Vec<i64> {
        let cells = self.rows(sql).concat();
        cells
            .into_iter()
            .map(|cell| match cell {
                Value::Integer(integer) => integer,
                other => panic!("{sql}: {other:?}"),
            })
            .collect()
    }

    pub(crate) fn assert_whole(&mut self) {
        assert_eq!(self.rows("PRAGMA integrity_check"), [[Value::from("ok")]]);
    }
}

pub(crate) fn work(sql: &str) -> Work {
    Work::batch(vec![Statement::new(sql)])
}

pub(crate) fn code<T: std::fmt::Debug>(result: Result<T, SqlFailure>) -> String {
    result.expect_err("a refusal is expected").code.to_string()
}

pub(crate) fn message<T: std::fmt::Debug>(result: Result<T, SqlFailure>) -> String {
    result.expect_err("a refusal is expected").message
}
