//! The head: who may append, and where log and checkpoint stand.
//!
//! It is stored in two parts. The record below changes when a tab begins to lead or a checkpoint ends. The position of
//! the newest commit is in the last record of the log, so that an append writes one record and not two.
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 8 | magic `SQEh`, layout version 1 |
//! | 8 | 8 | epoch |
//! | 16 | 8 | checkpoint: seq |
//! | 24 | 8 | checkpoint: checksum of its image |
//! | 32 | 4 | checkpoint: page size |
//! | 36 | 4 | checkpoint: page count |
//! | 40 | 8 | xxh3 of all bytes before |
//!
//! (For its frame see [`super::record`].) This file decides for every store what follows from a head: who may write,
//! and what a finished checkpoint makes of the head.

use std::cmp::Ordering;

use super::checkpoint::Checkpoint;
use super::page::{PageCount, PageSize};
use super::position::{Checksum, Epoch, Position, Seq};
use super::record::{Fields, Kind, RecordError, RecordName, seal};
use super::store_error::StoreError;

const KIND: Kind = Kind {
    magic: *b"SQEh",
    version: 1,
};

/// The stored record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub epoch: Epoch,
    pub checkpoint: Position,
    pub page_size: PageSize,
    pub page_count: PageCount,
}

/// What a tab that begins to lead learns from the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The only epoch under which the store takes an append.
    pub epoch: Epoch,
    /// The position after the newest commit.
    pub position: Position,
}

impl Default for Layout {
    fn default() -> Self {
        Layout {
            epoch: Epoch::default(),
            checkpoint: Position::default(),
            page_size: PageSize::DEFAULT,
            page_count: PageCount::default(),
        }
    }
}

impl Layout {
    /// Reads the record as a store holds it. Without a record: the layout of a database that does not exist yet.
    pub(super) fn stored(record: Option<&[u8]>) -> Result<Self, StoreError> {
        record.map_or(Ok(Layout::default()), Layout::decode)
    }

    /// The fence: the stored record, if `epoch` is the one that may write.
    ///
    /// A store that knows less than the writer (no head, or an older epoch) has been emptied under it.
    pub(super) fn admitting(record: Option<&[u8]>, epoch: Epoch) -> Result<Self, StoreError> {
        let gone = || StoreError::Gone(format!("{epoch} is not known to it any more"));
        let layout = Layout::decode(record.ok_or_else(gone)?)?;
        match layout.epoch.cmp(&epoch) {
            Ordering::Equal => Ok(layout),
            Ordering::Greater => Err(StoreError::Fenced { stored: layout.epoch }),
            Ordering::Less => Err(gone()),
        }
    }

    /// The layout under the next epoch.
    pub(super) fn raised(self) -> Self {
        Layout {
            epoch: self.epoch.next(),
            ..self
        }
    }

    /// The layout with the checkpoint moved. `None` if the checkpoint stands there already, or further on.
    pub(super) fn moved_to(self, checkpoint: &Checkpoint) -> Option<Self> {
        (checkpoint.position.seq > self.checkpoint.seq).then_some(Layout {
            epoch: self.epoch,
            checkpoint: checkpoint.position,
            page_size: checkpoint.page_size,
            page_count: checkpoint.page_count,
        })
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = KIND.begin(32);
        bytes.extend(self.epoch.0.to_le_bytes());
        bytes.extend(self.checkpoint.seq.0.to_le_bytes());
        bytes.extend(self.checkpoint.checksum.0.to_le_bytes());
        bytes.extend((self.page_size.bytes() as u32).to_le_bytes());
        bytes.extend(self.page_count.0.to_le_bytes());
        seal(bytes)
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        let fields = KIND.open(bytes).map_err(|error| error.of(RecordName::Head))?;
        decode_fields(fields).ok_or_else(|| RecordError::Damaged.of(RecordName::Head))
    }
}

fn decode_fields(mut fields: Fields<'_>) -> Option<Layout> {
    let epoch = Epoch::stored(fields.word()?)?;
    let checkpoint = Position {
        seq: Seq::stored(fields.word()?)?,
        checksum: Checksum(fields.word()?),
    };
    let page_size = PageSize::new(fields.half()?)?;
    let layout = Layout {
        epoch,
        checkpoint,
        page_size,
        page_count: PageCount::stored(fields.half()?, page_size)?,
    };
    fields.rest().is_empty().then_some(layout)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Layout {
        Layout {
            epoch: Epoch(9),
            checkpoint: Position {
                seq: Seq(70),
                checksum: Checksum(u64::MAX - 3),
            },
            page_size: PageSize::DEFAULT,
            page_count: PageCount(12),
        }
    }

    #[test]
    fn a_head_comes_back_as_it_was_written() {
        assert_eq!(Layout::decode(&sample().encode()), Ok(sample()));
    }

    #[test]
    fn a_newer_layout_is_named_and_left_alone() {
        let newer = seal(Kind { version: 2, ..KIND }.begin(0));
        assert_eq!(Layout::decode(&newer), Err(StoreError::Layout { stored: 2, known: 1 }));
    }

    #[test]
    fn an_altered_head_is_refused() {
        for at in 0..sample().encode().len() {
            let mut bytes = sample().encode();
            bytes[at] ^= 1;
            assert!(
                matches!(Layout::decode(&bytes), Err(StoreError::Corrupt { .. })),
                "byte {at}"
            );
        }
    }

    #[test]
    fn a_head_with_numbers_that_no_database_has_is_refused() {
        let absurd = [
            Layout {
                epoch: Epoch(u64::MAX),
                ..sample()
            },
            Layout {
                page_count: PageCount(u32::MAX),
                ..sample()
            },
            Layout {
                checkpoint: Position {
                    seq: Seq(1 << 53),
                    ..sample().checkpoint
                },
                ..sample()
            },
        ];
        for layout in absurd {
            let refused = Layout::decode(&layout.encode());
            assert!(matches!(refused, Err(StoreError::Corrupt { .. })), "{layout:?}");
        }
    }

    #[test]
    fn only_the_stored_epoch_may_write() {
        let record = sample().encode();
        let admitted = |epoch| Layout::admitting(Some(&record), Epoch(epoch));
        assert_eq!(admitted(9), Ok(sample()));
        assert_eq!(admitted(8), Err(StoreError::Fenced { stored: Epoch(9) }));
        assert!(matches!(admitted(10), Err(StoreError::Gone(_))));
        assert!(matches!(Layout::admitting(None, Epoch(1)), Err(StoreError::Gone(_))));
    }
}
