//! Pages: the unit in which SQLite reads and writes, and in which commits carry changes.
//!
//! SQLite counts pages from 1 (<https://sqlite.org/fileformat2.html>, 1.3), so 0 is not a page number.

use std::num::NonZeroU32;
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::position::Checksum;

/// The number of a page within the image, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PageNo(NonZeroU32);

/// How many pages the image has. A count is not the number of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PageCount(pub u32);

/// Bytes per page: a power of two from 512 to 65536.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PageSize(u32);

/// The bytes of one page. Commit, image and broadcast share the same allocation.
pub type Page = Rc<[u8]>;

impl PageNo {
    /// The page that begins with SQLite's header.
    pub const FIRST: PageNo = PageNo(NonZeroU32::MIN);

    /// `None` if `number` is 0.
    pub fn new(number: u32) -> Option<Self> {
        NonZeroU32::new(number).map(PageNo)
    }

    /// The page at `index` of a zero-based array of pages.
    pub fn at_index(index: usize) -> Self {
        let number = u32::try_from(index + 1).ok().and_then(NonZeroU32::new);
        PageNo(number.unwrap_or(NonZeroU32::MAX))
    }

    /// Its index in a zero-based array of pages.
    pub fn index(self) -> usize {
        self.0.get() as usize - 1
    }

    /// The number itself, from 1.
    pub fn number(self) -> u32 {
        self.0.get()
    }
}

impl PageSize {
    /// SQLite's default: 4096 bytes.
    pub const DEFAULT: PageSize = PageSize(4096);

    /// `None` if `bytes` is not a power of two from 512 to 65536.
    pub fn new(bytes: u32) -> Option<Self> {
        (bytes.is_power_of_two() && (512..=65536).contains(&bytes)).then_some(PageSize(bytes))
    }

    /// The number of bytes.
    pub fn bytes(self) -> usize {
        self.0 as usize
    }
}

impl PageCount {
    /// Maximum size of an image in bytes: WebAssembly addresses 4 GiB, and an image is held in memory.
    const MOST_BYTES: u64 = 4 << 30;

    /// A count from a record. `None` if no image can have this many pages of this size.
    pub(super) fn stored(count: u32, size: PageSize) -> Option<Self> {
        (u64::from(count) * size.bytes() as u64 <= Self::MOST_BYTES).then_some(PageCount(count))
    }
}

/// The checksum of one page at its place: xxh3 of its bytes, seeded with its number, so that two pages that swap places
/// do not cancel out under XOR.
pub fn page_checksum(number: PageNo, bytes: &[u8]) -> Checksum {
    Checksum(xxh3_64_with_seed(bytes, u64::from(number.number())))
}
