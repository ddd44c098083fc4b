//! Binds the values of a request to the parameters of a prepared statement.

use rusqlite::Statement;
use rusqlite::types::{ToSqlOutput, ValueRef};

use super::failure::failure;
use crate::sql::{Code, Params, SqlFailure, Value};

/// Gives the values of one text to its statements. Named values go to each statement that names them. Values by
/// position go to the only statement that takes any: nothing says where the values of a second one would begin.
pub(super) struct Binder<'a> {
    params: &'a Params,
    given: Given,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Given {
    NotYet,
    Once,
}

impl<'a> Binder<'a> {
    pub(super) fn new(params: &'a Params) -> Self {
        Binder {
            params,
            given: Given::NotYet,
        }
    }

    pub(super) fn bind(&mut self, statement: &mut Statement<'_>) -> Result<(), SqlFailure> {
        let count = statement.parameter_count();
        if count == 0 {
            return Ok(());
        }
        match self.params {
            Params::Positional(_) if self.given == Given::Once => Err(SqlFailure::new(
                Code::ParameterCount,
                "more than one statement of this text takes parameters: name them, or give each statement its own, in a \
                 batch",
            )),
            Params::Positional(values) => {
                self.given = Given::Once;
                positional(statement, count, values)
            }
            Params::Named(values) => named(statement, count, values),
        }
    }

    /// Call after the last statement: values given by position must have been taken.
    pub(super) fn finish(self) -> Result<(), SqlFailure> {
        match self.params {
            Params::Positional(values) if self.given == Given::NotYet && !values.is_empty() => {
                Err(wrong_count(0, values.len()))
            }
            _ => Ok(()),
        }
    }
}

fn positional(statement: &mut Statement<'_>, count: usize, values: &[Value]) -> Result<(), SqlFailure> {
    if values.len() != count {
        return Err(wrong_count(count, values.len()));
    }
    (1..)
        .zip(values)
        .try_for_each(|(index, value)| set(statement, index, value))
}

fn named(statement: &mut Statement<'_>, count: usize, values: &[(String, Value)]) -> Result<(), SqlFailure> {
    for index in 1..=count {
        let value = find(statement, index, count, values)?;
        set(statement, index, value)?;
    }
    Ok(())
}

/// The value of a parameter: by its whole name, else by its name without the sign, if no other parameter has that name.
fn find<'a>(
    statement: &Statement<'_>,
    index: usize,
    count: usize,
    values: &'a [(String, Value)],
) -> Result<&'a Value, SqlFailure> {
    let whole = statement.parameter_name(index);
    // Of two values under one name, the last counts.
    let by = |name: &str| {
        values
            .iter()
            .rev()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value)
    };
    let Some(name) = whole else {
        return Err(missing(index, None, values));
    };
    if let Some(value) = by(name) {
        return Ok(value);
    }
    let bare = |name: &str| name.get(1..).map(str::to_owned);
    let value = bare(name)
        .and_then(|bare| by(&bare))
        .ok_or_else(|| missing(index, whole, values))?;
    let twin = (1..=count)
        .filter(|other| *other != index)
        .filter_map(|other| statement.parameter_name(other))
        .find(|other| other.get(1..) == name.get(1..));
    match twin {
        None => Ok(value),
        Some(twin) => Err(SqlFailure::new(
            Code::ParameterAmbiguous,
            format!("{name} and {twin} are two parameters: give each value under its name with the sign"),
        )),
    }
}

fn set(statement: &mut Statement<'_>, index: usize, value: &Value) -> Result<(), SqlFailure> {
    let value = ToSqlOutput::Borrowed(match value {
        Value::Null => ValueRef::Null,
        Value::Integer(integer) => ValueRef::Integer(*integer),
        Value::Real(real) => ValueRef::Real(*real),
        Value::Text(text) => ValueRef::Text(text.as_bytes()),
        Value::Blob(blob) => ValueRef::Blob(blob),
    });
    statement
        .raw_bind_parameter(index, value)
        .map_err(|error| failure(error, ""))
}

fn wrong_count(wanted: usize, given: usize) -> SqlFailure {
    let message = format!(
        "the statement takes {}, and {given} {} given",
        parameters(wanted),
        if given == 1 { "is" } else { "are" }
    );
    SqlFailure::new(Code::ParameterCount, message)
}

fn parameters(count: usize) -> String {
    match count {
        0 => "no parameters".to_owned(),
        1 => "1 parameter".to_owned(),
        _ => format!("{count} parameters"),
    }
}

fn missing(index: usize, name: Option<&str>, values: &[(String, Value)]) -> SqlFailure {
    let message = match name.filter(|name| !name.starts_with('?')).and_then(split) {
        Some((sign, bare)) => {
            let way_out = way_out(sign, bare, values);
            format!("no value is given for the parameter {sign}{bare}; {way_out}")
        }
        None => format!("parameter {index} has no name: write :name, or give the values by position"),
    };
    SqlFailure::new(Code::ParameterMissing, message)
}

fn split(name: &str) -> Option<(&str, &str)> {
    name.split_at_checked(1)
}

/// A hint for the author of `data-userId` and `:userId`: HTML makes the name of an attribute lower case.
fn way_out(sign: &str, bare: &str, values: &[(String, Value)]) -> String {
    let (parameter, attribute) = (in_words(bare, '_'), in_words(bare, '-'));
    let has_capitals = bare.bytes().any(|byte| byte.is_ascii_uppercase());
    match values.iter().find(|(given, _)| in_one(given) == in_one(bare)) {
        Some((given, _)) if has_capitals && !given.contains('_') => format!(
            "there is one for {given}, since HTML makes the name of an attribute lower case: write {sign}{given}, or \
             {sign}{parameter} and data-{attribute}"
        ),
        Some((given, _)) => format!("there is one for {given}: the two must be the same"),
        None if has_capitals => format!(
            "give one under this name, or write {sign}{parameter} and data-{attribute}: HTML makes the name of an \
             attribute lower case"
        ),
        None => format!("give one under this name; to an element by data-{attribute}, or by a field of this name"),
    }
}

/// `userId` or `user_id` in lower case, with `between` between the words.
fn in_words(name: &str, between: char) -> String {
    let mut words = String::new();
    let mut before = between;
    for character in name.chars() {
        let begins = character.is_ascii_uppercase() && !before.is_ascii_uppercase();
        if (begins || character == '_') && !words.is_empty() && !words.ends_with(between) {
            words.push(between);
        }
        if character != '_' {
            words.push(character.to_ascii_lowercase());
        }
        before = character;
    }
    words
}

fn in_one(name: &str) -> String {
    name.replace([':', '@', '$', '_'], "").to_ascii_lowercase()
}
