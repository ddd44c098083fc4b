//! The marks of a row template: `{{column}}` in a text or in the value of an attribute.
//!
//! `template` parses every text and every attribute once, and resolves the names once for each result. A row then only
//! joins pieces. The marks are those of the Template Instantiation proposal: a name, and perhaps a format behind a bar.
//! An expression belongs in the SQL, which can also sort by it, index it and test it.

use std::rc::Rc;

use sqlite_elements::sql::Value;

use super::format::Format;
use crate::text;

/// One piece of a marked text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Literal(String),
    /// The text between the braces.
    Mark(Mark),
}

/// `{{name}}` or `{{name | format}}`, without blanks around the name and the format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The column.
    pub name: String,
    /// The format, as written behind the bar.
    pub format: Option<String>,
}

/// Why a mark cannot be filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MarkError {
    /// The name is not a column.
    Column(String),
    /// The text behind the bar is not a format. The message says which formats there are.
    Format(String),
}

/// A marked text whose names are resolved to the columns of one result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marked {
    pieces: Vec<Resolved>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Resolved {
    Literal(String),
    Column(usize),
    Formatted {
        column: usize,
        format: Format,
        locale: Rc<str>,
    },
}

/// The pieces of `source`. `None` if it contains no mark. Braces that are not closed, or that contain nothing, are
/// text.
pub fn parse(source: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut rest = source;
    while let Some((before, mark)) = rest.split_once("{{") {
        let Some((inside, after)) = mark.split_once("}}") else {
            break;
        };
        literal.push_str(before);
        let name = inside.trim();
        if name.is_empty() || name.contains(['{', '}']) {
            literal.push_str("{{");
            rest = mark;
            continue;
        }
        if !literal.is_empty() {
            pieces.push(Piece::Literal(std::mem::take(&mut literal)));
        }
        let (name, format) = match name.split_once('|') {
            Some((name, format)) => (name.trim(), Some(format.trim().to_owned())),
            None => (name, None),
        };
        let name = name.to_owned();
        pieces.push(Piece::Mark(Mark { name, format }));
        rest = after;
    }
    literal.push_str(rest);
    if pieces.is_empty() {
        return None;
    }
    if !literal.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    Some(pieces)
}

/// The index of the column with this name. An exact match comes first, then a match in any case, as SQLite compares
/// names.
pub fn find_column(columns: &[String], name: &str) -> Option<usize> {
    let same_but_case = || columns.iter().position(|column| column.eq_ignore_ascii_case(name));
    columns.iter().position(|column| column == name).or_else(same_but_case)
}

impl Marked {
    /// Resolves names to columns. Fails at the first mark that cannot be filled. Formats follow the rules of the
    /// language `locale`.
    pub fn resolve(pieces: &[Piece], columns: &[String], locale: &Rc<str>) -> Result<Self, MarkError> {
        let pieces = pieces.iter().map(|piece| match piece {
            Piece::Literal(literal) => Ok(Resolved::Literal(literal.clone())),
            Piece::Mark(Mark { name, format }) => {
                let column = find_column(columns, name).ok_or_else(|| MarkError::Column(name.clone()))?;
                let Some(format) = format else {
                    return Ok(Resolved::Column(column));
                };
                Ok(Resolved::Formatted {
                    column,
                    format: Format::parse(format).map_err(MarkError::Format)?,
                    locale: Rc::clone(locale),
                })
            }
        });
        Ok(Marked {
            pieces: pieces.collect::<Result<_, _>>()?,
        })
    }

    /// The text of one column alone.
    pub fn column(column: usize) -> Self {
        Marked {
            pieces: vec![Resolved::Column(column)],
        }
    }

    /// The column, if the whole text is one mark without a format.
    pub fn single(&self) -> Option<usize> {
        match self.pieces.as_slice() {
            [Resolved::Column(column)] => Some(*column),
            _ => None,
        }
    }

    /// Whether two rows give different texts. Compares cells and joins nothing.
    pub fn differs(&self, old: &[Value], new: &[Value]) -> bool {
        self.pieces.iter().any(|piece| match piece {
            Resolved::Literal(_) => false,
            Resolved::Column(column) | Resolved::Formatted { column, .. } => old.get(*column) != new.get(*column),
        })
    }

    /// Whether the text of one row changes as time passes.
    pub fn ages(&self) -> bool {
        let ages = |piece: &Resolved| matches!(piece, Resolved::Formatted { format, .. } if format.ages());
        self.pieces.iter().any(ages)
    }

    /// The text for one row.
    pub fn join(&self, row: &[Value]) -> String {
        let mut joined = String::new();
        for piece in &self.pieces {
            match piece {
                Resolved::Literal(literal) => joined.push_str(literal),
                Resolved::Column(column) => joined.push_str(&row.get(*column).map(text::of).unwrap_or_default()),
                Resolved::Formatted { column, format, locale } => {
                    let value = row.get(*column).unwrap_or(&Value::Null);
                    joined.push_str(&format.apply(locale, value));
                }
            }
        }
        joined
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(columns: &[&str]) -> Vec<String> {
        columns.iter().map(|column| (*column).to_owned()).collect()
    }

    fn fill(source: &str, row: &[Value]) -> String {
        Marked::resolve(&parse(source).unwrap(), &names(&["a", "b"]), &"en".into())
            .unwrap()
            .join(row)
    }

    #[test]
    fn a_text_without_marks_is_left_alone() {
        for source in [
            "",
            "plain",
            "{{",
            "}}",
            "{{ }}",
            "{{}}",
            "a {b} c",
            "{{never closed",
            "{ {a} }",
        ] {
            assert_eq!(parse(source), None, "{source}");
        }
    }

    #[test]
    fn marks_become_the_text_of_their_columns() {
        let row = [Value::from(3), Value::from("<b>{{a}}</b>")];
        assert_eq!(fill("{{a}}", &row), "3");
        assert_eq!(
            fill("{{ a }} of {{b}}!", &row),
            "3 of <b>{{a}}</b>!",
            "a value is never parsed again"
        );
        assert_eq!(fill("{{a}}{{a}}", &row), "33");
        assert_eq!(fill("{{{{a}}", &row), "{{3");
        assert_eq!(fill("{{}}{{a}}{{", &row), "{{}}3{{");
        assert_eq!(
            fill("[{{B}}]", &[Value::Null, Value::Null]),
            "[]",
            "names fold case; NULL is empty"
        );
    }

    #[test]
    fn a_name_that_is_no_column_is_named() {
        let pieces = parse("{{a}} {{titel}}").unwrap();
        assert_eq!(
            Marked::resolve(&pieces, &names(&["a", "title"]), &"en".into()),
            Err(MarkError::Column("titel".to_owned()))
        );
    }

    #[test]
    fn a_mark_may_have_a_format_behind_a_bar() {
        let columns = names(&["a"]);
        let resolve = |source: &str| Marked::resolve(&parse(source).unwrap(), &columns, &"en".into());
        assert!(resolve("{{ a | number 2 }}").is_ok());
        assert!(matches!(resolve("{{a|nmber}}"), Err(MarkError::Format(_))));
        assert!(matches!(resolve("{{b|number}}"), Err(MarkError::Column(_))));
        assert!(resolve("at {{a | relative}}").is_ok_and(|marked| marked.ages()));
        assert!(resolve("{{a}}").is_ok_and(|marked| !marked.ages()));
    }

    #[test]
    fn the_exact_name_wins_over_another_case() {
        assert_eq!(find_column(&names(&["ID", "id"]), "id"), Some(1));
        assert_eq!(find_column(&names(&["ID", "name"]), "id"), Some(0));
    }

    #[test]
    fn only_the_columns_used_make_a_text_differ() {
        let marked = Marked::resolve(&parse("x {{a}}").unwrap(), &names(&["a", "b"]), &"en".into()).unwrap();
        assert!(!marked.differs(&[1.into(), 1.into()], &[1.into(), 2.into()]));
        assert!(marked.differs(&[1.into(), 1.into()], &[2.into(), 1.into()]));
        assert_eq!(marked.single(), None);
        assert_eq!(Marked::column(1).single(), Some(1));
    }
}
