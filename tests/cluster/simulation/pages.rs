//! The pages of a run: what they ask, what they are told, and what the history records of it.

use std::collections::BTreeMap;

use sqlite_elements::request::{CallId, Failure, Request, Response, UserId};
use sqlite_elements::sql::{Rows, SqlFailure, Statement, Value, Work};
use sqlite_elements::time::Timestamp;

use super::history::{Fate, History, Op, OpNo, Read};
use super::statements::{JOURNAL, SCHEMA};
use crate::browser::TabNo;

const PAGE: UserId = UserId(1);
pub(crate) const TIMEOUT_MS: u32 = 5_000;

#[derive(Debug, Default)]
pub(crate) struct Pages {
    pub(crate) history: History,
    /// The last result that each tab's live query was told.
    pub(crate) live: BTreeMap<TabNo, Result<Rows, SqlFailure>>,
    calls: BTreeMap<CallId, (TabNo, Purpose)>,
    last_call: u64,
    scripts: BTreeMap<ScriptNo, Script>,
}

/// What a call was made for.
#[derive(Clone, Debug)]
enum Purpose {
    Op(OpNo),
    /// A call of a transaction across calls.
    Script(ScriptNo),
    Read {
        asked: Timestamp,
    },
    Tables,
    Other,
}

/// A transaction across calls, by the number of its operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ScriptNo(OpNo);

/// The texts of a transaction, one call each.
#[derive(Debug)]
struct Script {
    tab: TabNo,
    texts: Vec<String>,
    next: usize,
}

/// A request to the worker of a tab.
pub(crate) type Asking = (TabNo, Request);

/// What a page does because of an answer.
#[derive(Debug)]
pub(crate) enum Reaction {
    Ask(Asking),
    /// Goes on with this transaction, after a while.
    GoOn(ScriptNo),
}

// What they ask.
impl Pages {
    /// Notes an operation that adds its number to the journal, and does this.
    pub(crate) fn op(&mut self, now: Timestamp, tab: TabNo, sql: &str) -> OpNo {
        let number = OpNo(self.history.ops.len() as u64 + 1);
        let journal = format!("INSERT INTO journal(op) VALUES ({})", number.0);
        let op = Op {
            tab,
            asked: now,
            sql: if sql.is_empty() {
                journal
            } else {
                format!("{journal}; {sql}")
            },
            fate: Fate::Open,
        };
        self.history.ops.insert(number, op);
        number
    }

    pub(crate) fn make_tables(&mut self, tab: TabNo) -> Asking {
        let call = self.call(tab, Purpose::Tables);
        let work = Work::batch(vec![Statement::new(SCHEMA)]);
        let timeout_ms = TIMEOUT_MS;
        (tab, Request::Write { call, work, timeout_ms })
    }

    pub(crate) fn write(&mut self, op: OpNo, timeout_ms: u32) -> Asking {
        self.write_all(op, vec![self.sql(op).to_owned()], timeout_ms)
    }

    /// Writes with a statement object for each statement.
    pub(crate) fn write_apart(&mut self, op: OpNo, timeout_ms: u32) -> Asking {
        let texts = self.sql(op).split("; ").map(str::to_owned).collect();
        self.write_all(op, texts, timeout_ms)
    }

    pub(crate) fn execute(&mut self, op: OpNo) -> Asking {
        let statement = Statement::new(self.sql(op));
        let tab = self.history.ops[&op].tab;
        let call = self.call(tab, Purpose::Op(op));
        let user = PAGE;
        (tab, Request::Execute { call, user, statement })
    }

    /// Begins a transaction across calls with these texts.
    pub(crate) fn begin(&mut self, op: OpNo, texts: Vec<String>) -> Option<Asking> {
        let tab = self.history.ops[&op].tab;
        self.scripts.insert(ScriptNo(op), Script { tab, texts, next: 0 });
        self.go_on(ScriptNo(op))
    }

    pub(crate) fn go_on(&mut self, number: ScriptNo) -> Option<Asking> {
        let script = self.scripts.get_mut(&number)?;
        let statement = Statement::new(script.texts.get(script.next)?.clone());
        script.next += 1;
        let tab = script.tab;
        let call = self.call(tab, Purpose::Script(number));
        let user = number.user();
        Some((tab, Request::Execute { call, user, statement }))
    }

    pub(crate) fn read(&mut self, now: Timestamp, tab: TabNo) -> Asking {
        let call = self.call(tab, Purpose::Read { asked: now });
        let (user, statement, recall) = (PAGE, Statement::new(JOURNAL), None);
        let query = Request::Query {
            call,
            user,
            statement,
            recall,
        };
        (tab, query)
    }

    /// Asks for something else.
    pub(crate) fn ask(&mut self, tab: TabNo, request: impl FnOnce(CallId) -> Request) -> Asking {
        let call = self.call(tab, Purpose::Other);
        (tab, request(call))
    }

    pub(crate) fn open_calls(&self) -> usize {
        self.calls.len()
    }

    fn sql(&self, op: OpNo) -> &str {
        &self.history.ops[&op].sql
    }

    fn write_all(&mut self, op: OpNo, texts: Vec<String>, timeout_ms: u32) -> Asking {
        let tab = self.history.ops[&op].tab;
        let call = self.call(tab, Purpose::Op(op));
        let work = Work::batch(texts.into_iter().map(Statement::new).collect());
        (tab, Request::Write { call, work, timeout_ms })
    }

    fn call(&mut self, tab: TabNo, purpose: Purpose) -> CallId {
        self.last_call += 1;
        let call = CallId(self.last_call);
        self.calls.insert(call, (tab, purpose));
        call
    }
}

// What they are told.
impl Pages {
    pub(crate) fn answered(
        &mut self,
        now: Timestamp,
        call: CallId,
        answer: Result<Response, Failure>,
    ) -> Option<Reaction> {
        let Some((tab, purpose)) = self.calls.remove(&call) else {
            panic!("{call:?} is answered twice: {answer:?}");
        };
        match purpose {
            Purpose::Op(op) => self.settle(op, fate(now, answer)),
            Purpose::Script(number) => return self.script_answered(now, number, answer),
            Purpose::Read { asked } => {
                if let Ok(Response::Outcome(outcome)) = answer {
                    self.note_read(tab, asked, now, &outcome.rows);
                }
            }
            Purpose::Tables => drop(answer.expect("the tables are made")),
            Purpose::Other => {}
        }
        None
    }

    /// A work with this text has killed or hung the worker of a tab.
    pub(crate) fn note_poisoned(&mut self, tab: TabNo, sql: &str) {
        let op = self.history.ops.iter().find(|(_, op)| op.sql == sql);
        let op = op.map(|(number, _)| *number).expect("an operation");
        self.history.poisoned.push((op, tab));
    }

    /// The tab is gone, so no page hears what became of its open operations.
    pub(crate) fn forget(&mut self, tab: TabNo) {
        self.live.remove(&tab);
        let calls = self.calls.extract_if(.., |_, (asker, _)| *asker == tab);
        let mut ops: Vec<OpNo> = calls
            .filter_map(|(_, (_, purpose))| match purpose {
                Purpose::Op(op) => Some(op),
                _ => None,
            })
            .collect();
        // The COMMIT of a transaction may have been on its way.
        let scripts = self.scripts.extract_if(.., |_, script| script.tab == tab);
        ops.extend(scripts.map(|(number, _)| number.0));
        ops.into_iter().for_each(|op| self.settle(op, Fate::Unknown));
    }

    fn note_read(&mut self, tab: TabNo, asked: Timestamp, answered: Timestamp, rows: &Rows) {
        let (_, table) = rows.table();
        if let [Value::Integer(count), Value::Integer(sum)] = table[0][..] {
            self.history.reads.push(Read {
                tab,
                asked,
                answered,
                count: count as u64,
                sum,
            });
        }
    }

    fn settle(&mut self, op: OpNo, fate: Fate) {
        if let Some(op) = self.history.ops.get_mut(&op) {
            op.fate = fate;
        }
    }

    fn script_answered(
        &mut self,
        now: Timestamp,
        number: ScriptNo,
        answer: Result<Response, Failure>,
    ) -> Option<Reaction> {
        let script = self.scripts.get(&number)?;
        let tab = script.tab;
        let is_last = script.next == script.texts.len();
        let commits = script.texts.last().is_some_and(|text| text == "COMMIT");
        if answer.is_ok() && !is_last {
            return Some(Reaction::GoOn(number));
        }
        self.scripts.remove(&number);
        let failed = answer.is_err();
        let fate = match answer {
            Ok(_) if !commits => Fate::NotDone("not committed".into()),
            answer => fate(now, answer),
        };
        self.settle(number.0, fate);
        let (user, statement) = (number.user(), Statement::new("ROLLBACK"));
        failed.then(|| Reaction::Ask(self.ask(tab, |call| Request::Execute { call, user, statement })))
    }
}

impl ScriptNo {
    /// Each transaction has a user of its own.
    fn user(self) -> UserId {
        UserId(100 + self.0.0)
    }
}

fn fate(now: Timestamp, answer: Result<Response, Failure>) -> Fate {
    match answer {
        Ok(_) => Fate::Acknowledged(now),
        Err(failure) => Fate::of(&failure),
    }
}
