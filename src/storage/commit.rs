//! A commit: everything that one durable step changes, as one record of the log and one broadcast.
//!
//! The bytes of the record (for its frame see [`super::record`]), with `n` pages of `s` bytes:
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 8 | magic `SQEc`, version 1 |
//! | 8 | 8 | epoch of the leader that wrote it |
//! | 16 | 8 | seq |
//! | 24 | 8 | checksum of the image before |
//! | 32 | 8 | checksum of the image after |
//! | 40 | 4 | page size `s` |
//! | 44 | 4 | page count of the image after |
//! | 48 | 4 | `n`, pages in this commit |
//! | 52 | 4 | `m`, bytes of the notes |
//! | 56 | 4·n | page numbers, ascending |
//! | … | s·n | pages |
//! | … | m | notes: write set and replies, in postcard's wire format |
//! | … | 8 | xxh3 of all bytes before |
//!
//! A commit that does not fit is stored in pieces ([`super::piece`]).
//!
//! The last field guards the record as such (a torn or altered record is named, not applied). The checksums of the
//! image guard the history (a whole record in the wrong place is refused).

use std::rc::Rc;

use super::page::{Page, PageCount, PageNo, PageSize};
use super::position::{Checksum, Epoch, Position, Seq};
use super::record::{Fields, Kind, RecordError, seal};
use super::reply::Reply;
use super::store_error::StoreError;
use crate::sql::WriteSet;

pub(super) const KIND: Kind = Kind {
    magic: *b"SQEc",
    version: 1,
};
const HEADER: usize = 56;

/// One step of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// The epoch of the leader that made it.
    pub epoch: Epoch,
    /// Where the image must stand for this commit to apply.
    pub before: Position,
    /// Where the image stands after it; the seq is one higher.
    pub after: Position,
    /// If it is not the image's page size, the commit replaces all pages.
    pub page_size: PageSize,
    /// How many pages the image has after it.
    pub page_count: PageCount,
    /// Changed pages in ascending order.
    pub pages: Vec<(PageNo, Page)>,
    /// Compared with the read sets of live queries in every tab.
    pub write_set: WriteSet,
    /// The requests that this commit answers.
    pub replies: Vec<Reply>,
}

impl Commit {
    /// Maximum size of a commit in bytes; a larger one is refused. A commit holds whole pages, so this bounds what one
    /// write may change, and the size of a file to import. All tabs take a commit into memory, and WebAssembly has 4
    /// GiB of that.
    pub const MOST_BYTES: usize = 512 << 20;

    /// Maximum size of the replies in it, in bytes: they are stored as one value.
    pub const MOST_REPLY_BYTES: usize = 64 << 20;

    /// The seq of this commit.
    pub fn seq(&self) -> Seq {
        self.after.seq
    }

    /// The length of the encoded record in bytes, roughly.
    pub fn weight(&self) -> usize {
        HEADER + self.pages.len() * (4 + self.page_size.bytes()) + self.reply_bytes()
    }

    /// Checks that a store may take the commit. A commit that is too large is refused before anything is written.
    pub(super) fn fits(&self) -> Result<(), StoreError> {
        let parts = [
            (self.weight(), Self::MOST_BYTES),
            (self.reply_bytes(), Self::MOST_REPLY_BYTES),
        ];
        let beyond = parts.into_iter().find(|(bytes, most)| bytes > most);
        beyond.map_or(Ok(()), |(bytes, most)| Err(StoreError::TooLarge { bytes, most }))
    }

    /// Whether `next` holds more pages of the same commit, behind these.
    pub(super) fn is_continued_by(&self, next: &Commit) -> bool {
        let of = |commit: &Commit| {
            let Commit {
                epoch,
                before,
                after,
                page_size,
                page_count,
                ..
            } = *commit;
            (epoch, before, after, page_size, page_count)
        };
        let last = self.pages.last().map(|(number, _)| *number);
        of(self) == of(next) && last < next.pages.first().map(|(number, _)| *number)
    }

    fn reply_bytes(&self) -> usize {
        let replies = self
            .replies
            .iter()
            .map(|reply| 64 + reply.outcome.rows.as_bytes().len());
        replies.sum()
    }

    /// The bytes of the record.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = KIND.begin(self.weight());
        self.put_fields(&mut bytes);
        seal(bytes)
    }

    /// Writes everything between the frame's beginning and its end.
    pub(super) fn put_fields(&self, bytes: &mut Vec<u8>) {
        let notes = postcard::to_stdvec(&(&self.write_set, &self.replies))
            .expect("plain data with known lengths always serialises");
        let words = [
            self.epoch.0,
            self.after.seq.0,
            self.before.checksum.0,
            self.after.checksum.0,
        ];
        words.iter().for_each(|word| bytes.extend(word.to_le_bytes()));
        let halves = [
            self.page_size.bytes() as u32,
            self.page_count.0,
            self.pages.len() as u32,
            notes.len() as u32,
        ];
        halves.iter().for_each(|half| bytes.extend(half.to_le_bytes()));
        self.pages
            .iter()
            .for_each(|(number, _)| bytes.extend(number.number().to_le_bytes()));
        self.pages.iter().for_each(|(_, page)| bytes.extend_from_slice(page));
        bytes.extend_from_slice(&notes);
    }

    /// Reads a commit from its record; fails if the record is damaged, or has another version.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        decode_fields(KIND.open(bytes)?).ok_or(RecordError::Damaged)
    }
}

pub(super) fn decode_fields(mut fields: Fields<'_>) -> Option<Commit> {
    let epoch = Epoch::stored(fields.word()?)?;
    let seq = Seq::stored(fields.word()?)?;
    let before = Checksum(fields.word()?);
    let after = Checksum(fields.word()?);
    let page_size = PageSize::new(fields.half()?)?;
    let page_count = PageCount::stored(fields.half()?, page_size)?;
    let (count, notes_len) = (fields.half()? as usize, fields.half()? as usize);
    let mut numbers = Fields::of(fields.bytes(count.checked_mul(4)?)?);
    let pages = fields.bytes(count.checked_mul(page_size.bytes())?)?;
    let pages = pages
        .chunks_exact(page_size.bytes())
        .map(|page| {
            let number = PageNo::new(numbers.half()?)?;
            (number.number() <= page_count.0).then(|| (number, Rc::from(page)))
        })
        .collect::<Option<Vec<(PageNo, Page)>>>()?;
    if !pages.is_sorted_by(|(a, _), (b, _)| a < b) || fields.rest().len() != notes_len {
        return None;
    }
    let (write_set, replies) = postcard::from_bytes(fields.rest()).ok()?;
    Some(Commit {
        epoch,
        before: Position {
            seq: Seq(seq.0.checked_sub(1)?),
            checksum: before,
        },
        after: Position { seq, checksum: after },
        page_size,
        page_count,
        pages,
        write_set,
        replies,
    })
}

#[cfg(test)]
mod tests {
    use super::super::image::{Dirty, Image};
    use super::super::request_id::{RequestId, SettledBelow, TabId};
    use super::*;
    use crate::sql::Outcome;

    fn sample() -> Commit {
        let mut written = WriteSet::default();
        written.note_rows("todo");
        let request = RequestId {
            tab: TabId(uuid::Uuid::from_u128(7)),
            counter: 3,
        };
        let outcome = Outcome {
            rows: Default::default(),
            changes: 2,
            last_row_id: -1,
        };
        let dirty = Dirty {
            page_size: PageSize::DEFAULT,
            page_count: PageCount(3),
            pages: [1, 3]
                .into_iter()
                .filter_map(|number| Some((PageNo::new(number)?, Rc::from(vec![number as u8; 4096]))))
                .collect(),
        };
        Image::empty().commit(
            Epoch(4),
            dirty,
            written,
            vec![Reply {
                request,
                outcome,
                settled_below: SettledBelow(3),
            }],
        )
    }

    #[test]
    fn a_commit_comes_back_as_it_was_written() {
        assert_eq!(Commit::decode(&sample().encode()), Ok(sample()));
    }

    #[test]
    fn a_commit_with_numbers_that_no_database_has_is_refused() {
        let position = |seq| Position {
            seq: Seq(seq),
            checksum: Checksum(1),
        };
        let absurd = [
            Commit {
                page_count: PageCount(u32::MAX),
                ..sample()
            },
            Commit {
                epoch: Epoch(u64::MAX),
                ..sample()
            },
            Commit {
                after: position(0),
                ..sample()
            },
            Commit {
                after: position(u64::MAX),
                ..sample()
            },
        ];
        for commit in absurd {
            assert_eq!(Commit::decode(&commit.encode()), Err(RecordError::Damaged));
        }
    }

    #[test]
    fn a_commit_with_any_byte_altered_or_missing_is_refused() {
        let bytes = sample().encode();
        for at in (0..bytes.len()).step_by(13).chain(0..HEADER) {
            let mut altered = bytes.clone();
            altered[at] ^= 0x40;
            assert!(Commit::decode(&altered).is_err(), "byte {at} altered");
            assert!(Commit::decode(&bytes[..at]).is_err(), "cut at {at}");
        }
    }
}
