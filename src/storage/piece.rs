//! A piece: a part of a commit that is too large for one record.
//!
//! Browsers bound what they take as one value (Chromium: 127 MiB where it does not keep large values in files, and then
//! it reports that on the request alone and completes the transaction). So the pages of a large commit are spread over
//! several records, which one transaction writes. A commit that fits is one record in the format of [`super::commit`],
//! so every version of the library reads a log without large commits. The bytes of a piece (for the frame see
//! [`super::record`]):
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 8 | magic `SQEc`, version 2 |
//! | 8 | 4 | which piece, from 0 |
//! | 12 | 4 | how many there are |
//! | 16 | … | the fields of a commit, with this piece's pages alone; the notes are in the first |
//! | … | 8 | xxh3 of all bytes before |
//!
//! The first piece is stored as the commit, the others beside it. A library that knows version 1 alone says of each
//! that it is newer. Pieces are made and read one at a time, so that the bytes of a large commit never exist a second
//! time as a whole. Cutting the encoded commit anywhere was refused for that reason.

use super::commit::{self, Commit};
use super::position::Seq;
use super::record::{Kind, RecordError, RecordName, seal};
use super::store_error::StoreError;
use crate::sql::WriteSet;

const KIND: Kind = Kind {
    version: 2,
    ..commit::KIND
};

/// Maximum size of the pages in one record, in bytes.
const MOST_BYTES: usize = 32 << 20;

/// Which piece of a commit it is, and how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    index: u32,
    count: u32,
}

impl Place {
    const WHOLE: Place = Place { index: 0, count: 1 };
}

/// The records of a commit, in order.
pub(super) fn pieces(commit: &Commit) -> impl Iterator<Item = Vec<u8>> + '_ {
    let pages = MOST_BYTES / commit.page_size.bytes();
    let count = commit.pages.len().div_ceil(pages).max(1);
    (0..count).map(move |index| {
        if count == 1 {
            return commit.encode();
        }
        let rest = commit.pages.chunks(pages).nth(index).unwrap_or_default();
        let is_first = index == 0;
        let part = Commit {
            pages: rest.to_vec(),
            write_set: if is_first {
                commit.write_set.clone()
            } else {
                WriteSet::default()
            },
            replies: if is_first { commit.replies.clone() } else { Vec::new() },
            ..*commit
        };
        let mut bytes = KIND.begin(8 + part.weight());
        bytes.extend((index as u32).to_le_bytes());
        bytes.extend((count as u32).to_le_bytes());
        part.put_fields(&mut bytes);
        seal(bytes)
    })
}

/// Puts together the commit that is stored as `seq`, from its records.
pub(super) fn joined(seq: Seq, records: impl IntoIterator<Item = Vec<u8>>) -> Result<Commit, StoreError> {
    let mut records = records.into_iter();
    let mut next = |index| {
        let record = records.next().ok_or_else(|| RecordName::part(seq, index).missing())?;
        part(seq, index, &record)
    };
    let (mut commit, count) = next(0)?;
    for index in 1..count {
        let (part, of) = next(index)?;
        if of != count || !commit.is_continued_by(&part) {
            return Err(RecordError::Damaged.of(RecordName::part(seq, index)));
        }
        commit.pages.extend(part.pages);
    }
    Ok(commit)
}

/// Reads one record of a commit: the commit with the pages of this record alone, and how many records it has.
pub(super) fn part(seq: Seq, index: u32, record: &[u8]) -> Result<(Commit, u32), StoreError> {
    let name = RecordName::part(seq, index);
    let (commit, place) = decode(record).map_err(|error| error.of(name))?;
    if commit.seq() == seq && place.index == index {
        Ok((commit, place.count))
    } else {
        Err(name.missing())
    }
}

fn decode(record: &[u8]) -> Result<(Commit, Place), RecordError> {
    match commit::KIND.open(record) {
        Ok(fields) => commit::decode_fields(fields).map(|commit| (commit, Place::WHOLE)),
        Err(RecordError::Version { .. }) => {
            // Another version than a whole commit has: it may be that of a piece.
            let mut fields = KIND.open(record)?;
            let place = fields.half().zip(fields.half());
            place.and_then(|(index, count)| Some((commit::decode_fields(fields)?, Place { index, count })))
        }
        Err(error) => return Err(error),
    }
    .ok_or(RecordError::Damaged)
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::super::page::{Page, PageCount, PageNo, PageSize};
    use super::super::position::{Checksum, Epoch, Position};
    use super::*;

    const SEQ: Seq = Seq(6);

    /// A commit of 64 KiB pages whose bytes are all the same.
    fn sample(count: u32) -> Commit {
        let page: Page = Rc::from(vec![7; 65_536]);
        let at = |seq| Position {
            seq: Seq(seq),
            checksum: Checksum(seq),
        };
        let mut write_set = WriteSet::default();
        write_set.note_rows("todo");
        Commit {
            epoch: Epoch(4),
            before: at(5),
            after: at(6),
            page_size: PageSize::new(65_536).expect("a power of two"),
            page_count: PageCount(count),
            pages: (1..=count)
                .filter_map(|number| Some((PageNo::new(number)?, Rc::clone(&page))))
                .collect(),
            write_set,
            replies: Vec::new(),
        }
    }

    #[test]
    fn a_commit_that_fits_is_one_record_as_ever() {
        let commit = sample(512);
        assert_eq!(pieces(&commit).collect::<Vec<_>>(), [commit.encode()]);
        assert_eq!(joined(SEQ, pieces(&commit)), Ok(commit));
    }

    #[test]
    fn a_large_commit_comes_back_from_its_pieces() {
        let commit = sample(1_100);
        let records: Vec<_> = pieces(&commit).collect();
        assert_eq!(records.len(), 3);
        assert!(records.iter().all(|record| record.len() < 33 << 20));
        assert_eq!(
            part(SEQ, 0, &records[0]).map(|(commit, count)| (commit.after, count)),
            Ok((commit.after, 3))
        );
        assert_eq!(joined(SEQ, records), Ok(commit));
    }

    #[test]
    fn a_library_that_knows_no_pieces_calls_them_newer() {
        for record in pieces(&sample(600)) {
            let expected = RecordError::Version { stored: 2, known: 1 };
            assert_eq!(Commit::decode(&record), Err(expected));
        }
    }

    #[test]
    fn pieces_that_are_missing_changed_about_or_of_another_commit_are_named() {
        let [one, two, three] = pieces(&sample(1_100)).collect::<Vec<_>>().try_into().expect("three");
        let named = |records: Vec<&Vec<u8>>| match joined(SEQ, records.into_iter().cloned()) {
            Err(StoreError::Corrupt { record, .. }) => record,
            other => panic!("{:?}", other.map(|commit| commit.after)),
        };
        assert_eq!(named(vec![]), "commit 6");
        assert_eq!(named(vec![&two, &three]), "commit 6");
        assert_eq!(named(vec![&one]), "commit 6, piece 1");
        assert_eq!(named(vec![&one, &three, &two]), "commit 6, piece 1");
        assert_eq!(named(vec![&one, &two]), "commit 6, piece 2");
        let foreign = pieces(&Commit {
            epoch: Epoch(5),
            ..sample(1_100)
        })
        .nth(2)
        .expect("three");
        assert_eq!(named(vec![&one, &two, &foreign]), "commit 6, piece 2");
    }
}
