//! PRAGMAs: which of them only read, which write, which hold for one unit, which are passed over, which are refused.
//!
//! `authorizer` asks while SQLite prepares a PRAGMA. That is the time to decide, because SQLite carries out many
//! PRAGMAs while it prepares them. Reading is always allowed. A setting that cannot change what a statement means (how
//! the database is stored, how much is cached) is passed over, because every template sends some. A setting that could
//! is refused, unless it sets the value that holds anyway. Settings of a connection were refused: they would differ
//! between tabs, and end with the leader.

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use crate::sql::{Code, ResultCode, SqlFailure};

/// They only read, even with an argument: it names a table or a limit.
const TELLING: &[&str] = &[
    "foreign_key_check",
    "foreign_key_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "quick_check",
    "table_info",
    "table_list",
    "table_xinfo",
];
/// They write to the database; those of the second list only with an argument.
const WRITING: &[&str] = &["incremental_vacuum", "optimize"];
const WRITING_WITH_VALUE: &[&str] = &["application_id", "user_version"];
/// Their answer depends on the content of every table.
const READING_EVERYTHING: &[&str] = &[
    "foreign_key_check",
    "freelist_count",
    "integrity_check",
    "page_count",
    "quick_check",
];
/// They are passed over: none of them changes what a statement means.
const PASSED_OVER: &[&str] = &[
    "analysis_limit",
    "automatic_index",
    "busy_timeout",
    "cache_size",
    "cache_spill",
    "cell_size_check",
    "checkpoint_fullfsync",
    "default_cache_size",
    "fullfsync",
    "hard_heap_limit",
    "journal_mode",
    "journal_size_limit",
    "legacy_file_format",
    "locking_mode",
    "mmap_size",
    "read_uncommitted",
    "soft_heap_limit",
    "synchronous",
    "temp_store",
    "threads",
    "trusted_schema",
    "wal_autocheckpoint",
];
/// Those of them that return the current value when they are set.
const ANSWERING: &[&str] = &[
    "analysis_limit",
    "busy_timeout",
    "hard_heap_limit",
    "journal_mode",
    "journal_size_limit",
    "locking_mode",
    "mmap_size",
    "soft_heap_limit",
    "threads",
];
/// Switches that change what statements mean, each with the value that it has here.
const STANDING: &[(&str, Switch)] = &[
    ("case_sensitive_like", Switch::Off),
    ("count_changes", Switch::Off),
    ("empty_result_callbacks", Switch::Off),
    ("full_column_names", Switch::Off),
    ("ignore_check_constraints", Switch::Off),
    ("query_only", Switch::Off),
    ("recursive_triggers", Switch::Off),
    ("reverse_unordered_selects", Switch::Off),
    ("short_column_names", Switch::On),
    ("writable_schema", Switch::Off),
];
/// Their values are in the database.
const OF_THE_DATABASE: &[&str] = &["auto_vacuum", "encoding", "page_size", "secure_delete"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Switch {
    On,
    Off,
}

/// What a unit may set for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setting {
    ForeignKeys(Switch),
    DeferForeignKeys(Switch),
    LegacyAlterTable(Switch),
}

/// A PRAGMA that claims a value of the database, rightly or wrongly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    name: String,
    value: String,
}

/// What to do with a PRAGMA.
#[derive(Debug)]
pub(super) enum Ruling {
    Tells,
    TellsOfEverything,
    Writes,
    /// It does nothing, and returns what the PRAGMA of this name reads, if one is given.
    PassedOver(Option<String>),
    Sets(Setting),
    Claims(Claim),
    Refused(SqlFailure),
}

/// Judges a PRAGMA by its name in lower case and its argument.
pub(super) fn judge(name: &str, value: Option<&str>) -> Ruling {
    if WRITING.contains(&name) {
        return Ruling::Writes;
    }
    // There is no write-ahead log.
    if name == "wal_checkpoint" {
        return Ruling::PassedOver(None);
    }
    let Some(value) = value.filter(|_| !TELLING.contains(&name)) else {
        return if READING_EVERYTHING.contains(&name) {
            Ruling::TellsOfEverything
        } else {
            Ruling::Tells
        };
    };
    let standing = STANDING.iter().find(|(standing, _)| *standing == name);
    match name {
        "foreign_keys" => Ruling::Sets(Setting::ForeignKeys(Switch::of(value))),
        "defer_foreign_keys" => Ruling::Sets(Setting::DeferForeignKeys(Switch::of(value))),
        "legacy_alter_table" => Ruling::Sets(Setting::LegacyAlterTable(Switch::of(value))),
        _ if WRITING_WITH_VALUE.contains(&name) => Ruling::Writes,
        _ if PASSED_OVER.contains(&name) => Ruling::PassedOver(ANSWERING.contains(&name).then(|| name.to_owned())),
        _ if OF_THE_DATABASE.contains(&name) => Ruling::Claims(Claim {
            name: name.to_owned(),
            value: value.to_owned(),
        }),
        _ if standing.is_some_and(|(_, switch)| *switch == Switch::of(value)) => Ruling::PassedOver(None),
        _ => Ruling::Refused(refused(name)),
    }
}

impl Switch {
    /// Reads a boolean as SQLite does.
    fn of(value: &str) -> Self {
        let on = match value.trim_start_matches(['+', '-']).parse::<u64>() {
            Ok(number) => number != 0,
            Err(_) => ["on", "yes", "true", "full", "extra"]
                .iter()
                .any(|word| value.eq_ignore_ascii_case(word)),
        };
        if on { Switch::On } else { Switch::Off }
    }

    pub(super) fn is_on(self) -> bool {
        self == Switch::On
    }
}

impl Setting {
    /// Whether it sets the value that holds anyway, in every unit that sets nothing.
    pub(super) fn says_what_is_so(self) -> bool {
        matches!(
            self,
            Setting::ForeignKeys(Switch::On)
                | Setting::DeferForeignKeys(Switch::Off)
                | Setting::LegacyAlterTable(Switch::Off)
        )
    }
}

impl Claim {
    /// The value in the database.
    pub(super) fn told(&self, connection: &Connection) -> rusqlite::Result<String> {
        connection.query_row(&format!("PRAGMA {}", self.name), [], |row| {
            Ok(match row.get_ref(0)? {
                ValueRef::Integer(integer) => integer.to_string(),
                other => other.as_str().unwrap_or_default().to_owned(),
            })
        })
    }

    /// Refuses the claim if the value in the database is another one.
    pub(super) fn check(&self, told: &str) -> Result<(), SqlFailure> {
        if plain(&self.value) == plain(told) {
            Ok(())
        } else {
            Err(refused(&self.name))
        }
    }
}

/// Normalises a value: numbers in place of words, and one spelling of each encoding.
fn plain(value: &str) -> String {
    let value = value.to_ascii_lowercase().replace('-', "");
    match value.as_str() {
        "none" | "off" | "no" | "false" => "0",
        "full" | "on" | "yes" | "true" => "1",
        "incremental" | "fast" => "2",
        "utf16" => "utf16le",
        other => other,
    }
    .to_owned()
}

/// The error for a setting of a unit that stands alone.
pub(super) fn alone() -> SqlFailure {
    failure(
        "this PRAGMA holds for one request and for nothing else, so alone it does nothing: put it in front of the \
         statements that it is for, in one text, one batch, one migration, or behind BEGIN in a transaction",
    )
}

fn failure(message: &str) -> SqlFailure {
    SqlFailure::new(Code::Sqlite(ResultCode::AUTH), message)
}

fn refused(name: &str) -> SqlFailure {
    let way_out = match name {
        "writable_schema" => {
            "change the schema with CREATE, ALTER and DROP; a dump that needs it, because of a virtual table, can be \
             had as a file instead: import that"
        }
        "page_size" | "auto_vacuum" | "encoding" => {
            "it is fixed when a database is made; import a file that has the setting you want"
        }
        "case_sensitive_like" => "compare with GLOB, or with LIKE over a column's COLLATE BINARY text by instr()",
        "ignore_check_constraints" => "make the table anew without the constraint",
        "query_only" => "what must only read is asked by query()",
        "recursive_triggers" => "a trigger that is to fire again can do the work by WITH RECURSIVE",
        "reverse_unordered_selects" => "say the order by ORDER BY",
        "secure_delete" => "what was deleted is gone from the file after VACUUM",
        "schema_version" => "SQLite counts it by itself; user_version is yours",
        _ => {
            "it would change what statements mean, and end with the tab that leads. Without a value it tells what is \
             so; allowed are user_version and application_id, and for one request foreign_keys, defer_foreign_keys and \
             legacy_alter_table"
        }
    };
    failure(&format!("PRAGMA {name} cannot be set: {way_out}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_is_read_as_sqlite_reads_it() {
        for on in ["1", "ON", "yes", "TRUE", "2", "-1", "full"] {
            assert_eq!(Switch::of(on), Switch::On, "{on}");
        }
        for off in ["0", "off", "no", "FALSE", "", "nonsense"] {
            assert_eq!(Switch::of(off), Switch::Off, "{off}");
        }
    }
}
