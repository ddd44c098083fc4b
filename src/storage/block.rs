//! A block: many pages of the checkpointed image as one record.
//!
//! IndexedDB charges by the record, so blocks are large. But one changed page rewrites its block, so blocks are not
//! larger than this. The bytes (for the frame see [`super::record`]), with pages of `s` bytes:
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 8 | magic `SQEb`, version 1 |
//! | 8 | 4 | number of the block |
//! | 12 | 4 | page size `s` |
//! | 16 | s·n | pages: 64, or fewer in the last block of an image |
//! | … | 8 | xxh3 of all bytes before |

use std::rc::Rc;

use super::block_no::BlockNo;
use super::image::Image;
use super::page::{Page, PageSize};
use super::record::{Kind, RecordError, RecordName, seal};
use super::store_error::StoreError;

const KIND: Kind = Kind {
    magic: *b"SQEb",
    version: 1,
};

/// Up to 64 pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Also the key in the store.
    pub number: BlockNo,
    /// That of the image from which the block was taken.
    pub page_size: PageSize,
    /// In order, without gap: 64, or fewer in the last block of an image.
    pub pages: Vec<Page>,
}

impl Block {
    /// The pages of one block as they are in the image. `None` if the image has shrunk below the block.
    pub(super) fn of(image: &Image, number: BlockNo) -> Option<Self> {
        let first = number.first_index();
        let last = (first + BlockNo::PAGES as usize).min(image.pages().len());
        let pages = image.pages().get(first..last).filter(|pages| !pages.is_empty())?;
        Some(Block {
            number,
            page_size: image.page_size(),
            pages: pages.to_vec(),
        })
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = KIND.begin(8 + self.pages.len() * self.page_size.bytes());
        bytes.extend(self.number.0.to_le_bytes());
        bytes.extend((self.page_size.bytes() as u32).to_le_bytes());
        self.pages.iter().for_each(|page| bytes.extend_from_slice(page));
        seal(bytes)
    }

    /// Reads the block that is stored as `number`.
    pub(super) fn decode(number: BlockNo, record: &[u8]) -> Result<Self, StoreError> {
        let name = RecordName::Block(number);
        let mut fields = KIND.open(record).map_err(|error| error.of(name))?;
        let numbered = fields.half() == Some(number.0) && BlockNo::stored(u64::from(number.0)).is_some();
        let page_size = fields.half().and_then(PageSize::new).filter(|_| numbered);
        let page_size = page_size.ok_or_else(|| RecordError::Damaged.of(name))?;
        let pages = fields.rest().chunks_exact(page_size.bytes());
        let is_whole = pages.remainder().is_empty() && (1..=BlockNo::PAGES as usize).contains(&pages.len());
        is_whole
            .then(|| Block {
                number,
                page_size,
                pages: pages.map(Rc::from).collect(),
            })
            .ok_or_else(|| RecordError::Damaged.of(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Block {
        let pages = (0..5).map(|fill| Rc::from(vec![fill; 4096])).collect();
        Block {
            number: BlockNo(2),
            page_size: PageSize::DEFAULT,
            pages,
        }
    }

    #[test]
    fn a_block_comes_back_as_it_was_written() {
        assert_eq!(Block::decode(BlockNo(2), &sample().encode()), Ok(sample()));
    }

    #[test]
    fn a_block_in_another_ones_place_is_refused_by_name() {
        let Err(StoreError::Corrupt { record, .. }) = Block::decode(BlockNo(3), &sample().encode()) else {
            panic!("accepted")
        };
        assert_eq!(record, "block 3");
    }

    #[test]
    fn a_block_of_too_many_pages_of_none_or_of_half_a_page_is_refused() {
        let refused = |block: &Block| Block::decode(block.number, &block.encode()).is_err();
        let of = |pages: Vec<Page>| Block { pages, ..sample() };
        assert!(refused(&of(Vec::new())));
        assert!(refused(&of(vec![Rc::from(vec![1; 4096]); 65])));
        assert!(refused(&of(vec![Rc::from(vec![1; 4095])])));
        assert!(refused(&Block {
            number: BlockNo(u32::MAX),
            ..sample()
        }));
    }
}
