//! The rows of a result as one packed byte string. The engine fills it cell by cell. It crosses to the page as one
//! transferable, and is decoded in one pass, there (`src/client/rows.js`) or here.
//!
//! Cloning 10,000 × 5 row objects between threads costs 18 ms, one transferable 3 ms. Two results have the same rows
//! exactly when their bytes are equal; that is how `live` notices that a result has not changed. JSON was refused: it
//! has no 64-bit integers, no blobs, no infinities.
//!
//! All numbers are little-endian; `C` columns, `R` rows, cells row by row.
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 4 | format version, 1 |
//! | 4 | 4 | `C` |
//! | 8 | 4 | `R` |
//! | 12 | 4 | `N`, cells with a tag 1 to 3 |
//! | 16 | 4 | `L`, column names plus cells with a tag 4 or 5 |
//! | 20 | 4 | `T`, bytes of text |
//! | 24 | 8·N | numbers: `f64`, but `i64` under tag 2 |
//! | … | 4·L | lengths, column names first: UTF-16 code units of a text, bytes of a blob |
//! | … | C·R | tags: 0 NULL, 1 integer within ±(2⁵³ - 1), 2 other integer, 3 real, 4 text, 5 blob |
//! | … | T | all texts in order, UTF-8 |
//! | … | rest | all blobs in order |
//!
//! Lengths count UTF-16 units, because JavaScript decodes all texts in one call and then slices the result.

use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::value::Value;

const VERSION: u32 = 1;
const HEADER: usize = 24;
/// The largest integer that a JavaScript number represents uniquely. The number 2⁵³ also stands for 2⁵³ + 1, and would
/// be written back as a real.
const SAFE_INTEGER: i64 = (1 << 53) - 1;

const NULL: u8 = 0;
const INTEGER: u8 = 1;
const LARGE_INTEGER: u8 = 2;
const REAL: u8 = 3;
const TEXT: u8 = 4;
const BLOB: u8 = 5;

/// Packed rows. Two are equal exactly if their columns and all their cells are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    /// Shared by all copies: one answer is in a commit, among the replies, and on its way to the page.
    #[serde(with = "one_run")]
    packed: Rc<Vec<u8>>,
}

/// Serialises the bytes as one run: element by element, serde takes twenty times as long.
mod one_run {
    use std::rc::Rc;

    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(packed: &Rc<Vec<u8>>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(packed)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Rc<Vec<u8>>, D::Error> {
        serde_bytes::deserialize(from).map(Rc::new)
    }
}

/// Collects cells row by row; [`RowsBuilder::finish`] packs them.
#[derive(Debug)]
pub struct RowsBuilder {
    columns: usize,
    numbers: Vec<u8>,
    lengths: Vec<u8>,
    tags: Vec<u8>,
    texts: Vec<u8>,
    blobs: Vec<u8>,
}

impl Default for Rows {
    fn default() -> Self {
        RowsBuilder::new(std::iter::empty()).finish()
    }
}

impl Rows {
    /// The packed bytes, in the format above.
    pub fn as_bytes(&self) -> &[u8] {
        &self.packed
    }

    /// Takes bytes from [`Rows::as_bytes`]. `None` if they are not whole.
    pub fn from_bytes(packed: Vec<u8>) -> Option<Self> {
        let rows = Rows {
            packed: Rc::new(packed),
        };
        rows.decode().map(|_| rows)
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.word(8)
    }

    /// Whether there are no rows. There may be columns.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Column names and all rows.
    pub fn table(&self) -> (Vec<String>, Vec<Vec<Value>>) {
        self.decode().unwrap_or_default()
    }

    fn word(&self, at: usize) -> usize {
        let bytes = self.packed.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(0, u32::from_le_bytes) as usize
    }

    fn decode(&self) -> Option<(Vec<String>, Vec<Vec<Value>>)> {
        if self.word(0) != VERSION as usize {
            return None;
        }
        let (columns, rows) = (self.word(4), self.word(8));
        if columns == 0 && rows > 0 {
            // Rows without cells take no bytes, so no length would bound their number.
            return None;
        }
        let mut rest = self.packed.get(HEADER..)?;
        let mut numbers = take(&mut rest, self.word(12).checked_mul(8)?)?;
        let mut lengths = take(&mut rest, self.word(16).checked_mul(4)?)?;
        let mut tags = take(&mut rest, columns.checked_mul(rows)?)?;
        let mut texts = std::str::from_utf8(take(&mut rest, self.word(20))?).ok()?;
        let mut blobs = rest;
        let names = (0..columns)
            .map(|_| take_text(&mut texts, take_length(&mut lengths)?))
            .collect::<Option<Vec<String>>>()?;
        let mut cell = || {
            Some(match take(&mut tags, 1)?[0] {
                NULL => Value::Null,
                INTEGER => Value::Integer(f64::from_le_bytes(take_number(&mut numbers)?) as i64),
                LARGE_INTEGER => Value::Integer(i64::from_le_bytes(take_number(&mut numbers)?)),
                REAL => Value::Real(f64::from_le_bytes(take_number(&mut numbers)?)),
                TEXT => Value::Text(take_text(&mut texts, take_length(&mut lengths)?)?),
                BLOB => Value::Blob(take(&mut blobs, take_length(&mut lengths)?)?.to_vec()),
                _ => return None,
            })
        };
        let cells = (0..rows)
            .map(|_| (0..columns).map(|_| cell()).collect())
            .collect::<Option<_>>()?;
        Some((names, cells))
    }
}

impl RowsBuilder {
    /// Begins with the names of the columns.
    pub fn new<'a>(columns: impl Iterator<Item = &'a str>) -> Self {
        let mut builder = RowsBuilder {
            columns: 0,
            numbers: Vec::new(),
            lengths: Vec::new(),
            tags: Vec::new(),
            texts: Vec::new(),
            blobs: Vec::new(),
        };
        for name in columns {
            builder.columns += 1;
            builder.push_text(name);
        }
        builder
    }

    /// How many bytes have been collected.
    pub fn bytes(&self) -> usize {
        let parts = [&self.numbers, &self.lengths, &self.tags, &self.texts, &self.blobs];
        parts.into_iter().map(Vec::len).sum()
    }

    /// Adds a NULL cell.
    pub fn null(&mut self) {
        self.tags.push(NULL);
    }

    /// Adds an integer cell, as a JavaScript number if that is exact.
    pub fn integer(&mut self, integer: i64) {
        if (-SAFE_INTEGER..=SAFE_INTEGER).contains(&integer) {
            self.tags.push(INTEGER);
            self.numbers.extend((integer as f64).to_le_bytes());
        } else {
            self.tags.push(LARGE_INTEGER);
            self.numbers.extend(integer.to_le_bytes());
        }
    }

    /// Adds a real cell.
    pub fn real(&mut self, real: f64) {
        self.tags.push(REAL);
        self.numbers.extend(real.to_le_bytes());
    }

    /// Adds a text cell. SQLite stores any bytes; those that are not UTF-8 become U+FFFD.
    pub fn text(&mut self, text: &[u8]) {
        self.tags.push(TEXT);
        self.push_text(&String::from_utf8_lossy(text));
    }

    /// Adds a blob cell.
    pub fn blob(&mut self, blob: &[u8]) {
        self.tags.push(BLOB);
        self.lengths.extend((blob.len() as u32).to_le_bytes());
        self.blobs.extend_from_slice(blob);
    }

    /// Adds a cell with this value.
    pub fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.null(),
            Value::Integer(integer) => self.integer(*integer),
            Value::Real(real) => self.real(*real),
            Value::Text(text) => self.text(text.as_bytes()),
            Value::Blob(blob) => self.blob(blob),
        }
    }

    /// Packs the cells that were collected.
    pub fn finish(self) -> Rows {
        let rows = self.tags.len().checked_div(self.columns).unwrap_or(0);
        let words = [
            VERSION as usize,
            self.columns,
            rows,
            self.numbers.len() / 8,
            self.lengths.len() / 4,
            self.texts.len(),
        ];
        let sections = [self.numbers, self.lengths, self.tags, self.texts, self.blobs];
        let mut packed = Vec::with_capacity(HEADER + sections.iter().map(Vec::len).sum::<usize>());
        packed.extend(words.iter().flat_map(|word| (*word as u32).to_le_bytes()));
        for section in sections {
            packed.extend_from_slice(&section);
        }
        Rows {
            packed: Rc::new(packed),
        }
    }

    fn push_text(&mut self, text: &str) {
        let units = if text.is_ascii() {
            text.len()
        } else {
            text.chars().map(char::len_utf16).sum()
        };
        self.lengths.extend((units as u32).to_le_bytes());
        self.texts.extend_from_slice(text.as_bytes());
    }
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(length)?;
    *rest = left;
    Some(taken)
}

fn take_number(numbers: &mut &[u8]) -> Option<[u8; 8]> {
    take(numbers, 8)?.try_into().ok()
}

fn take_length(lengths: &mut &[u8]) -> Option<usize> {
    Some(u32::from_le_bytes(take(lengths, 4)?.try_into().ok()?) as usize)
}

/// The next text of this many UTF-16 units. `None` if the texts end earlier, or the units end within a character.
fn take_text(texts: &mut &str, units: usize) -> Option<String> {
    let mut left = units;
    let end = texts
        .char_indices()
        .find(|(_, character)| match left.checked_sub(character.len_utf16()) {
            Some(rest) if left > 0 => {
                left = rest;
                false
            }
            _ => true,
        })
        .map_or(texts.len(), |(at, _)| at);
    if left > 0 {
        return None;
    }
    let (text, rest) = texts.split_at(end);
    *texts = rest;
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_comes_back_as_it_went_in() {
        let cells = [
            Value::Null,
            Value::Integer(0),
            Value::Integer(SAFE_INTEGER),
            Value::Integer(-SAFE_INTEGER - 1),
            Value::Integer(i64::MAX),
            Value::Integer(i64::MIN),
            Value::Real(-0.0),
            Value::Real(f64::INFINITY),
            Value::from(""),
            Value::from("naïve 🦀 \u{feff}\0 end"),
            Value::Blob(vec![]),
            Value::Blob(vec![0, 255, 7]),
        ];
        let mut builder = RowsBuilder::new(["é", "b"].into_iter());
        cells.iter().for_each(|cell| builder.value(cell));
        let rows = builder.finish();
        assert_eq!(rows.len(), 6);
        let (columns, table) = rows.table();
        assert_eq!(columns, ["é", "b"]);
        assert_eq!(table.concat(), cells);
        assert_eq!(Rows::from_bytes(rows.as_bytes().to_vec()), Some(rows));
    }

    #[test]
    fn a_copy_of_large_rows_copies_no_bytes() {
        let mut builder = RowsBuilder::new(["a"].into_iter());
        builder.blob(&[7; 1 << 20]);
        let rows = builder.finish();
        assert_eq!(rows.clone().as_bytes().as_ptr(), rows.as_bytes().as_ptr());
    }

    #[test]
    fn bytes_cut_short_are_refused() {
        let mut builder = RowsBuilder::new(["a"].into_iter());
        builder.text("some text 🦀".as_bytes());
        builder.integer(7);
        let bytes = builder.finish().as_bytes().to_vec();
        for end in 0..bytes.len() {
            assert_eq!(Rows::from_bytes(bytes[..end].to_vec()), None, "cut at {end}");
        }
    }

    #[test]
    fn rows_that_take_no_bytes_are_refused_and_not_counted() {
        let mut bytes = RowsBuilder::new(std::iter::empty()).finish().as_bytes().to_vec();
        assert!(Rows::from_bytes(bytes.clone()).is_some());
        bytes[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(Rows::from_bytes(bytes), None);
    }

    #[test]
    fn no_rows_is_not_no_columns() {
        let rows = RowsBuilder::new(["a", "b"].into_iter()).finish();
        assert!(rows.is_empty());
        assert_eq!(rows.table().0, ["a", "b"]);
    }
}
