//! The SQL of a run: its tables, and random statements of every kind.

use crate::poison;
use crate::world::Dice;

pub(crate) const SCHEMA: &str = "CREATE TABLE journal(pos INTEGER PRIMARY KEY AUTOINCREMENT, op INTEGER NOT NULL); \
     CREATE TABLE account(id INTEGER PRIMARY KEY, amount INTEGER NOT NULL CHECK (amount >= 0)); \
     CREATE TABLE pad(id INTEGER PRIMARY KEY, text TEXT); \
     INSERT INTO account VALUES (1, 100), (2, 100), (3, 100)";
/// How many operations were done, and a sum that tells which.
pub(crate) const JOURNAL: &str = "SELECT count(*), coalesce(sum(pos * op), 0) FROM journal";

/// What an operation does besides adding its number to the journal.
pub(crate) fn drawn(dice: &mut Dice) -> String {
    let (from, to) = (1 + dice.below(3), 1 + dice.below(3));
    let letter = char::from(b'a' + dice.below(26) as u8);
    let name = dice.below(6);
    match dice.below(100) {
        0..30 => String::new(),
        // Fails if the account has too little.
        30..60 => {
            let amount = dice.below(60);
            format!(
                "UPDATE account SET amount = amount + {amount} WHERE id = {to}; \
                 UPDATE account SET amount = amount - {amount} WHERE id = {from}"
            )
        }
        60..80 => {
            let length = dice.below(9_000);
            format!("INSERT INTO pad(text) VALUES (printf('%.{length}c', '{letter}'))")
        }
        80..85 => "DELETE FROM pad WHERE id % 3 = 0".into(),
        85..90 => format!("CREATE TABLE IF NOT EXISTS extra_{name}(a); INSERT INTO extra_{name} VALUES ({from})"),
        90..93 => format!("DROP TABLE IF EXISTS extra_{name}"),
        93..98 => "INSERT INTO nowhere VALUES (1)".into(),
        // Its commit is too large to be broadcast.
        _ => format!("INSERT INTO pad(text) VALUES (printf('%.1200000c', '{letter}'))"),
    }
}

/// What kills or hangs the worker that runs it.
pub(crate) fn poisonous(dice: &mut Dice) -> String {
    let poisons = [poison::CRASH, poison::HANG, poison::EXHAUST];
    let poison = poisons[dice.below(3) as usize];
    format!("INSERT INTO pad(text) VALUES ('poison') {poison}")
}

/// The calls of a transaction across calls that does this. Some are left open and some are rolled back: these leave no
/// trace.
pub(crate) fn transaction(dice: &mut Dice, sql: &str) -> Vec<String> {
    let mut texts = vec!["BEGIN".to_owned()];
    texts.extend(sql.split("; ").map(str::to_owned));
    match dice.below(10) {
        0 => {}
        1 => texts.push("ROLLBACK".into()),
        _ => texts.push("COMMIT".into()),
    }
    texts
}
