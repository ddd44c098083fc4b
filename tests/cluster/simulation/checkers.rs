//! The checkers judge what the pages saw and what is on disk, and know nothing of how it came about.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::types::Value;
use rusqlite::{Connection, MAIN_DB};
use sqlite_elements::sql::Statement;
use sqlite_elements::storage::Store;
use sqlite_elements::time::Timestamp;

use super::history::{Fate, History, Op, OpNo, Read};
use super::statements::{JOURNAL, SCHEMA};
use super::workload::Workload;
use crate::browser::TabNo;
use crate::world::now_or_never;

/// An error says what was seen that a run must not do.
pub(crate) type Verdict = Result<(), String>;

/// Runs all checkers, once the run is calm.
pub(crate) fn check(workload: &mut Workload) -> Verdict {
    let bytes = image_on_disk(workload)?;
    let plain = plain_sqlite(&bytes)?;
    let journal = journal(&plain)?;
    every_call_is_answered(workload)?;
    no_work_meets_a_third_leader(&workload.pages.history)?;
    no_neighbour_of_poison_is_refused_for_it(workload)?;
    no_leader_that_can_be_heard_is_replaced(&workload.pages.history)?;
    acknowledged_writes_are_there_and_none_is_there_twice(&workload.pages.history, &journal)?;
    order_is_that_of_real_time(&workload.pages.history, &journal)?;
    reads_are_prefixes(&workload.pages.history, &journal)?;
    history_runs_alone_to_the_same(&workload.pages.history, &journal, &plain)?;
    tabs_agree(workload, &bytes)
}

/// The image that a tab would load if it opened now.
fn image_on_disk(workload: &Workload) -> Result<Vec<u8>, String> {
    let loaded = now_or_never(workload.world.disk.open().load());
    let snapshot = loaded.map_err(|error| format!("the disk cannot be read: {error}"))?;
    Ok(snapshot.image.pages().concat())
}

/// A plain SQLite over these bytes, which must be a whole database.
fn plain_sqlite(bytes: &[u8]) -> Result<Connection, String> {
    let open = || {
        let mut connection = Connection::open_in_memory()?;
        connection.deserialize_read_exact(MAIN_DB, bytes, bytes.len(), true)?;
        let verdict: String = connection.query_one("PRAGMA integrity_check", [], |row| row.get(0))?;
        Ok((connection, verdict))
    };
    match open() {
        Ok((connection, verdict)) if verdict == "ok" => Ok(connection),
        Ok((_, verdict)) => Err(format!("integrity_check: {verdict}")),
        Err(error) => Err(format!("not a database: {}", rusqlite::Error::to_string(&error))),
    }
}

/// The operations in the order in which they were done, each with its `pos` in the table `journal`.
fn journal(plain: &Connection) -> Result<Vec<(i64, OpNo)>, String> {
    let rows = || -> rusqlite::Result<Vec<(i64, OpNo)>> {
        let mut select = plain.prepare("SELECT pos, op FROM journal ORDER BY pos")?;
        let rows = select.query_map([], |row| Ok((row.get(0)?, OpNo(row.get::<_, i64>(1)? as u64))))?;
        rows.collect()
    };
    rows().map_err(|error| error.to_string())
}

fn every_call_is_answered(workload: &Workload) -> Verdict {
    match workload.pages.open_calls() {
        0 => Ok(()),
        open => Err(format!("{open} calls were never answered")),
    }
}

/// A work that kills or hangs the worker that runs it ends two tabs at the most.
fn no_work_meets_a_third_leader(history: &History) -> Verdict {
    let mut met = BTreeMap::<OpNo, Vec<TabNo>>::new();
    for (op, tab) in &history.poisoned {
        met.entry(*op).or_default().push(*tab);
    }
    match met.into_iter().find(|(_, tabs)| tabs.len() > 2) {
        Some((op, tabs)) => Err(format!("{op:?} has ended {tabs:?}: {:?}", history.ops[&op])),
        None => Ok(()),
    }
}

/// If tabs end by poison alone, no other write is taken for poison. A write that SQLite may have refused is exempt: the
/// word of the refusal may have come too late.
fn no_neighbour_of_poison_is_refused_for_it(workload: &Workload) -> Verdict {
    let history = &workload.pages.history;
    let poisons: BTreeSet<OpNo> = history.poisoned.iter().map(|(op, _)| *op).collect();
    let refused = |op: &&Op| op.fate == Fate::NotDone("WRITE_POISONED".into());
    let is_sound = |op: &Op| !op.sql.contains("account") && !op.sql.contains("nowhere");
    let innocent = history
        .ops
        .iter()
        .find(|(number, op)| refused(op) && is_sound(op) && !poisons.contains(number));
    match innocent {
        Some((_, op)) if workload.profile.is_kind() => Err(format!("refused for what another has done: {op:?}")),
        _ => Ok(()),
    }
}

fn no_leader_that_can_be_heard_is_replaced(history: &History) -> Verdict {
    match history.robbed.first() {
        Some(tab) => Err(format!("the lead was taken from {tab:?}, which was there")),
        None => Ok(()),
    }
}

fn acknowledged_writes_are_there_and_none_is_there_twice(history: &History, journal: &[(i64, OpNo)]) -> Verdict {
    let mut times = BTreeMap::<OpNo, u32>::new();
    for (_, op) in journal {
        *times.entry(*op).or_default() += 1;
    }
    for (number, op) in &history.ops {
        let times = times.remove(number).unwrap_or_default();
        let right = match op.fate {
            Fate::Acknowledged(_) => times == 1,
            Fate::NotDone(_) => times == 0,
            Fate::Unknown => times <= 1,
            Fate::Open => false,
        };
        if !right {
            return Err(format!("{number:?} was done {times} times: {op:?}"));
        }
    }
    match times.first_key_value() {
        Some((stranger, _)) => Err(format!("{stranger:?} was never asked for")),
        None => Ok(()),
    }
}

/// A write that was acknowledged before another was asked for comes before it in the journal.
fn order_is_that_of_real_time(history: &History, journal: &[(i64, OpNo)]) -> Verdict {
    let mut latest_asked = Timestamp(0);
    for (_, number) in journal {
        let op = &history.ops[number];
        if let Fate::Acknowledged(at) = op.fate
            && at < latest_asked
        {
            return Err(format!(
                "{number:?} was acknowledged before one in front of it was asked for"
            ));
        }
        latest_asked = latest_asked.max(op.asked);
    }
    Ok(())
}

/// Each read saw the journal as it was after some operation. A tab never goes back. It sees its own acknowledged
/// writes, and every write that any tab had acknowledged when its page came back into sight.
fn reads_are_prefixes(history: &History, journal: &[(i64, OpNo)]) -> Verdict {
    let mut sums = vec![0_i64];
    for (pos, op) in journal {
        sums.push(sums[sums.len() - 1] + pos * op.0 as i64);
    }
    let place: BTreeMap<OpNo, usize> = journal.iter().enumerate().map(|(at, (_, op))| (*op, at)).collect();
    let mut acknowledged: BTreeMap<TabNo, Vec<(Timestamp, usize)>> = BTreeMap::new();
    for (number, op) in &history.ops {
        if let (Fate::Acknowledged(at), Some(place)) = (&op.fate, place.get(number)) {
            acknowledged.entry(op.tab).or_default().push((*at, *place));
        }
    }
    let mut last = BTreeMap::<TabNo, &Read>::new();
    for read in &history.reads {
        if sums.get(read.count as usize) != Some(&read.sum) {
            return Err(format!("no prefix of the history: {read:?}"));
        }
        if let Some(before) = last.insert(read.tab, read)
            && before.answered <= read.asked
            && before.count > read.count
        {
            return Err(format!("a tab went back: {before:?}, then {read:?}"));
        }
        let returned = history.returns.get(&read.tab).into_iter().flatten();
        if let Some(returned) = returned.filter(|at| **at < read.asked).max()
            && let Some(missed) = acknowledged
                .values()
                .flatten()
                .find(|(at, place)| at < returned && *place >= read.count as usize)
        {
            return Err(format!(
                "a tab came back at {returned:?} and missed {missed:?}: {read:?}"
            ));
        }
        let own = acknowledged.get(&read.tab).into_iter().flatten();
        if own
            .clone()
            .any(|(at, place)| *at < read.asked && *place >= read.count as usize)
        {
            return Err(format!("a tab did not see its own write: {read:?}"));
        }
    }
    Ok(())
}

/// A plain SQLite that runs the operations one after the other has the same rows in all tables.
fn history_runs_alone_to_the_same(history: &History, journal: &[(i64, OpNo)], plain: &Connection) -> Verdict {
    let alone = || -> rusqlite::Result<Connection> {
        let alone = Connection::open_in_memory()?;
        alone.execute_batch(SCHEMA)?;
        for (_, op) in journal {
            let sql = &history.ops[op].sql;
            alone.execute_batch(&format!("BEGIN; {sql}; COMMIT"))?;
        }
        Ok(alone)
    };
    let alone = alone().map_err(|error| format!("the history does not run alone: {error}"))?;
    let (expected, found) = (dump(&alone), dump(plain));
    if expected == found {
        Ok(())
    } else {
        Err(format!(
            "run alone, the history leaves {expected:?}; there is {found:?}"
        ))
    }
}

/// The name of a table, and its rows of cells.
type Table = (String, Vec<Vec<String>>);

/// Every table with its rows. A long text is given by its length and first letter.
fn dump(connection: &Connection) -> Result<Vec<Table>, String> {
    let tables = || -> rusqlite::Result<Vec<String>> {
        let mut names = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?;
        let names = names.query_map([], |row| row.get(0))?;
        names.collect()
    };
    let rows = |table: &str| -> rusqlite::Result<Vec<Vec<String>>> {
        let mut select = connection.prepare(&format!("SELECT * FROM \"{table}\" ORDER BY rowid"))?;
        let columns = select.column_count();
        let rows = select.query_map([], |row| {
            (0..columns)
                .map(|column| {
                    Ok(match row.get::<_, Value>(column)? {
                        Value::Text(text) if text.len() > 20 => format!("{} x {}", text.len(), &text[..1]),
                        other => format!("{other:?}"),
                    })
                })
                .collect()
        })?;
        rows.collect()
    };
    let tables = tables().map_err(|error| error.to_string())?;
    let dumped = tables.into_iter().map(|table| {
        let rows = rows(&table).map_err(|error| error.to_string())?;
        Ok((table, rows))
    });
    dumped.collect()
}

/// All tabs hold the bytes that are on disk, and their live queries show what a new run shows.
fn tabs_agree(workload: &mut Workload, bytes: &[u8]) -> Verdict {
    for number in workload.world.tabs.open() {
        let told = workload.pages.live.get(&number).cloned();
        let Some(tab) = workload.world.tabs.code(number) else {
            continue;
        };
        if tab.engine().image().pages().concat() != bytes {
            return Err(format!("{number:?} does not hold what is on disk"));
        }
        let fresh = tab.engine().query(&Statement::new(JOURNAL));
        let fresh = fresh.map(|queried| queried.outcome.rows);
        if told.as_ref() != Some(&fresh) {
            return Err(format!(
                "{number:?}: its live query was last told {told:?}, and it is {fresh:?}"
            ));
        }
    }
    Ok(())
}
