//! A record: the frame around everything that is stored or sent. A reader can tell whole bytes from damaged ones, and a
//! known format from a newer one.
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 4 | magic, one for each kind |
//! | 4 | 4 | format version of the kind |
//! | 8 | … | the kind's own fields |
//! | last 8 | 8 | xxh3 of all bytes before |
//!
//! All numbers are little-endian. The frame is the same in every version to come: an older library must be able to say
//! "newer", and may say so only of whole bytes. A checksum beside the record was refused, because the two could part;
//! one checksum for the whole database was refused, because it could not name what is damaged.

use xxhash_rust::xxh3::xxh3_64;

use super::block_no::BlockNo;
use super::position::Seq;
use super::store_error::StoreError;

/// What a kind of record begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) magic: [u8; 4],
    pub(super) version: u32,
}

/// Why bytes are not the expected record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Too short, or with another magic or checksum than the kind has.
    #[error("bytes are missing or altered")]
    Damaged,
    /// The bytes are whole and of the expected kind, in another format.
    #[error("format {stored} is not understood, this version of sqlite-elements reads {known}")]
    Version {
        /// The version in the record.
        stored: u32,
        /// The version that this library writes and reads.
        known: u32,
    },
}

/// Names one record of a store. Its `Display` text stands in [`StoreError::Corrupt`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordName {
    /// The epoch, and where the checkpoint stands.
    Head,
    /// The replies as of the checkpoint; later ones are in the commits.
    Replies,
    /// Written only where there are no Web Locks.
    Lease,
    /// The first record of a commit, and the only one of a small commit.
    Commit(Seq),
    /// A further record of a large commit. The index counts from 1.
    Piece(Seq, u32),
    /// Up to 64 pages of the checkpoint.
    Block(BlockNo),
}

/// Reads the fields of a record in order. Each method returns `None` if bytes are missing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl Kind {
    /// Bytes of magic and version.
    const BEFORE: usize = 8;

    /// The beginning of a record, with room for `length` bytes of fields.
    pub(super) fn begin(self, length: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::BEFORE + length + 8);
        bytes.extend(self.magic);
        bytes.extend(self.version.to_le_bytes());
        bytes
    }

    /// The fields of a record, if it is whole and of this kind.
    pub(super) fn open(self, record: &[u8]) -> Result<Fields<'_>, RecordError> {
        let parts = record.len().checked_sub(8).and_then(|end| record.split_at_checked(end));
        let (body, sum) = parts.ok_or(RecordError::Damaged)?;
        // The checksum comes before the version: only whole bytes may be called newer.
        if body.get(..4) != Some(&self.magic) || xxh3_64(body).to_le_bytes() != sum {
            return Err(RecordError::Damaged);
        }
        let mut fields = Fields::of(&body[4..]);
        match fields.half() {
            Some(version) if version == self.version => Ok(fields),
            Some(stored) => Err(RecordError::Version {
                stored,
                known: self.version,
            }),
            None => Err(RecordError::Damaged),
        }
    }
}

/// Ends a record that [`Kind::begin`] began.
pub(super) fn seal(mut bytes: Vec<u8>) -> Vec<u8> {
    let sum = xxh3_64(&bytes);
    bytes.extend(sum.to_le_bytes());
    bytes
}

impl RecordError {
    /// The store's error about this record.
    pub(super) fn of(self, name: RecordName) -> StoreError {
        match self {
            RecordError::Damaged => name.corrupt(&self.to_string()),
            RecordError::Version { stored, known } => StoreError::Layout { stored, known },
        }
    }
}

impl RecordName {
    /// The name of one record of a commit, counted from 0.
    pub(super) fn part(seq: Seq, index: u32) -> Self {
        if index == 0 {
            RecordName::Commit(seq)
        } else {
            RecordName::Piece(seq, index)
        }
    }

    pub(super) fn corrupt(self, reason: &str) -> StoreError {
        StoreError::Corrupt {
            record: self.to_string(),
            reason: reason.to_owned(),
        }
    }

    pub(super) fn missing(self) -> StoreError {
        self.corrupt("it is missing")
    }
}

impl std::fmt::Display for RecordName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            RecordName::Head => f.write_str("head"),
            RecordName::Replies => f.write_str("replies"),
            RecordName::Lease => f.write_str("lease"),
            RecordName::Commit(seq) => write!(f, "{seq}"),
            RecordName::Piece(seq, index) => write!(f, "{seq}, piece {index}"),
            RecordName::Block(number) => write!(f, "block {}", number.0),
        }
    }
}

impl<'a> Fields<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Fields { rest: bytes }
    }

    pub(super) fn word(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.bytes(8)?.try_into().ok()?))
    }

    pub(super) fn half(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.bytes(4)?.try_into().ok()?))
    }

    pub(super) fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    /// All that is left.
    pub(super) fn rest(self) -> &'a [u8] {
        self.rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: Kind = Kind {
        magic: *b"SQE?",
        version: 3,
    };

    fn sample() -> Vec<u8> {
        let mut bytes = KIND.begin(4);
        bytes.extend(77_u32.to_le_bytes());
        seal(bytes)
    }

    #[test]
    fn fields_come_back_as_they_were_written() {
        let record = sample();
        let mut fields = KIND.open(&record).expect("a whole record");
        assert_eq!((fields.half(), fields.half(), fields.rest()), (Some(77), None, &[][..]));
    }

    #[test]
    fn a_record_with_any_bit_altered_or_bytes_missing_is_refused() {
        let whole = sample();
        for at in 0..whole.len() {
            let mut altered = whole.clone();
            altered[at] ^= 1;
            assert_eq!(KIND.open(&altered).err(), Some(RecordError::Damaged), "byte {at}");
            assert_eq!(KIND.open(&whole[..at]).err(), Some(RecordError::Damaged), "cut at {at}");
        }
    }

    #[test]
    fn a_newer_record_is_told_from_a_damaged_one() {
        let newer = seal(Kind { version: 4, ..KIND }.begin(0));
        let expected = RecordError::Version { stored: 4, known: 3 };
        assert_eq!(KIND.open(&newer).err(), Some(expected));
    }
}
