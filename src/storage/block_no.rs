//! The number of a block, by which records and keys name it.

use super::page::{PageCount, PageNo};

/// The number of a block, from 0. Block `b` holds pages `b·64 + 1` to `b·64 + 64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockNo(pub u32);

impl BlockNo {
    /// Pages per block: 256 KiB of default pages.
    pub const PAGES: u32 = 64;

    /// A number from a record or a key. `None` if its pages would have no page numbers.
    pub(super) fn stored(number: u64) -> Option<Self> {
        let number = u32::try_from(number).ok()?;
        (number <= u32::MAX / Self::PAGES).then_some(BlockNo(number))
    }

    /// The block that holds this page.
    pub fn of(page: PageNo) -> Self {
        BlockNo((page.number() - 1) / Self::PAGES)
    }

    /// The number of blocks in an image of `count` pages.
    pub fn count(count: PageCount) -> u32 {
        count.0.div_ceil(Self::PAGES)
    }

    /// The index of its first page in an image's array of pages.
    pub(super) fn first_index(self) -> usize {
        self.0 as usize * Self::PAGES as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_fall_into_blocks_without_gap() {
        let page = |number| PageNo::new(number).expect("not 0");
        assert_eq!([1, 64, 65, 128].map(|number| BlockNo::of(page(number)).0), [0, 0, 1, 1]);
        assert_eq!(
            [0, 1, 64, 65].map(|count| BlockNo::count(PageCount(count))),
            [0, 1, 1, 2]
        );
        assert_eq!(BlockNo::of(page(u32::MAX)).0, BlockNo::count(PageCount(u32::MAX)) - 1);
    }
}
