//! The image: all pages of a database in memory, at one position of its history.
//!
//! The engine's VFS reads from it, and commits move it forward one at a time. It never holds anything that is not
//! durable: the pages of a running write live in the engine's overlay until the store has them.
//!
//! Each step checks the rolling checksum. So a replica that differs by one byte is found at the next commit, and not by
//! its user.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::commit::Commit;
use super::page::{Page, PageCount, PageNo, PageSize, page_checksum};
use super::position::{Checksum, Epoch, Position, Seq};
use super::reply::Reply;
use crate::sabotage::{self, Sabotage};
use crate::sql::WriteSet;

/// All pages at one position.
#[derive(Clone, Debug)]
pub struct Image {
    page_size: PageSize,
    pages: Vec<Page>,
    position: Position,
}

/// What a write changed, as the engine hands it over: whole pages, and the new size of the file.
#[derive(Clone, Debug)]
pub struct Dirty {
    /// If it is not the image's page size, all pages of the image are replaced.
    pub page_size: PageSize,
    /// After the write. Pages of the image beyond it are cut off.
    pub page_count: PageCount,
    /// Whole pages. A page beyond `page_count` is left out of the commit.
    pub pages: BTreeMap<PageNo, Page>,
}

/// Why a commit cannot be applied here. The image is unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// The commit does not follow this position: catch up first.
    #[error("commit does not follow {at:?}")]
    Gap {
        /// Where the image stands.
        at: Position,
    },
    /// Same seq, other bytes: this replica is not what the leader has. Reload it.
    #[error("replica differs from the leader's at {at:?}")]
    Diverged {
        /// Where the image stands.
        at: Position,
    },
}

impl Image {
    /// The image of an empty database.
    pub fn empty() -> Self {
        Image {
            page_size: PageSize::DEFAULT,
            pages: Vec::new(),
            position: Position::default(),
        }
    }

    /// Builds an image from pages that were read elsewhere. Computes the checksum, so that the caller can compare it
    /// with the stored one.
    pub fn from_pages(page_size: PageSize, pages: Vec<Page>, seq: Seq) -> Self {
        let sum = pages.iter().enumerate().fold(0, |sum, (index, page)| {
            sum ^ page_checksum(PageNo::at_index(index), page).0
        });
        Image {
            page_size,
            pages,
            position: Position {
                seq,
                checksum: Checksum(sum),
            },
        }
    }

    /// Where in the history the image stands.
    pub fn position(&self) -> Position {
        self.position
    }

    /// Bytes per page.
    pub fn page_size(&self) -> PageSize {
        self.page_size
    }

    /// The number of pages.
    pub fn page_count(&self) -> PageCount {
        PageCount(u32::try_from(self.pages.len()).unwrap_or(u32::MAX))
    }

    /// One page. `None` if the image ends before it.
    pub fn page(&self, number: PageNo) -> Option<&Page> {
        self.pages.get(number.index())
    }

    /// All pages, in order.
    pub fn pages(&self) -> &[Page] {
        &self.pages
    }

    /// The commit that makes `dirty` of this image. Changes nothing yet: the store decides. Pages beyond the new size
    /// (written, then cut off in the same step) are left out.
    pub fn commit(&self, epoch: Epoch, dirty: Dirty, write_set: WriteSet, replies: Vec<Reply>) -> Commit {
        let within = |number: PageNo| number.number() <= dirty.page_count.0;
        let pages: Vec<(PageNo, Page)> = dirty.pages.into_iter().filter(|(number, _)| within(*number)).collect();
        let checksum = self.checksum_after(dirty.page_size, dirty.page_count, &pages);
        Commit {
            epoch,
            before: self.position,
            after: Position {
                seq: self.position.seq.next(),
                checksum,
            },
            page_size: dirty.page_size,
            page_count: dirty.page_count,
            pages,
            write_set,
            replies,
        }
    }

    /// Moves the image forward by one commit.
    pub fn apply(&mut self, commit: &Commit) -> Result<(), ApplyError> {
        let is_blind = sabotage::is(Sabotage::GapIgnored);
        if commit.before.seq != self.position.seq && !is_blind {
            return Err(ApplyError::Gap { at: self.position });
        }
        // Checked before the checksum: computing it counts up to this number, and a bad commit may hold any number.
        if PageCount::stored(commit.page_count.0, commit.page_size).is_none() {
            return Err(ApplyError::Diverged { at: self.position });
        }
        let expected = self.checksum_after(commit.page_size, commit.page_count, &commit.pages);
        if (commit.before != self.position || commit.after.checksum != expected) && !is_blind {
            return Err(ApplyError::Diverged { at: self.position });
        }
        if commit.page_size != self.page_size {
            self.pages.clear();
            self.page_size = commit.page_size;
        }
        let blank: Page = Rc::from(vec![0; self.page_size.bytes()]);
        self.pages.resize(commit.page_count.0 as usize, blank);
        for (number, page) in &commit.pages {
            self.pages[number.index()] = Rc::clone(page);
        }
        self.position = commit.after;
        Ok(())
    }

    /// Changes a byte behind everybody's back, as failing memory does.
    #[cfg(feature = "sabotage")]
    pub(crate) fn damage(&mut self, number: PageNo, at: usize) {
        let mut pages = std::mem::take(&mut self.pages);
        if let Some(page) = pages.get_mut(number.index()) {
            let mut bytes = page.to_vec();
            bytes[at] ^= 1;
            *page = bytes.into();
        }
        *self = Image::from_pages(self.page_size, pages, self.position.seq);
    }

    /// The checksum after a commit, computed only from the pages that the commit cuts off, adds (as zeros), or writes.
    fn checksum_after(&self, size: PageSize, count: PageCount, pages: &[(PageNo, Page)]) -> Checksum {
        let old: &[Page] = if size == self.page_size { &self.pages } else { &[] };
        let mut sum = if size == self.page_size {
            self.position.checksum.0
        } else {
            0
        };
        for (index, page) in old.iter().enumerate().skip(count.0 as usize) {
            sum ^= page_checksum(PageNo::at_index(index), page).0;
        }
        let blank = vec![0; size.bytes()];
        for index in old.len()..count.0 as usize {
            sum ^= page_checksum(PageNo::at_index(index), &blank).0;
        }
        for (number, page) in pages {
            let before = old.get(number.index()).map_or(blank.as_slice(), |page| page);
            sum ^= page_checksum(*number, before).0 ^ page_checksum(*number, page).0;
        }
        Checksum(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(fill: u8) -> Page {
        Rc::from(vec![fill; 4096])
    }

    fn dirty(count: u32, pages: &[(u32, u8)]) -> Dirty {
        Dirty {
            page_size: PageSize::DEFAULT,
            page_count: PageCount(count),
            pages: pages
                .iter()
                .filter_map(|(number, fill)| Some((PageNo::new(*number)?, page(*fill))))
                .collect(),
        }
    }

    fn step(image: &mut Image, count: u32, pages: &[(u32, u8)]) -> Commit {
        let commit = image.commit(Epoch(1), dirty(count, pages), WriteSet::default(), Vec::new());
        assert_eq!(image.apply(&commit), Ok(()));
        commit
    }

    #[test]
    fn the_rolling_checksum_is_that_of_the_pages() {
        let mut image = Image::empty();
        let steps: [(u32, &[(u32, u8)]); 5] = [
            (1, &[(1, 1)]),
            (4, &[(2, 2), (4, 4)]),
            (4, &[(1, 9), (3, 3)]),
            (2, &[(2, 7)]),
            (3, &[]),
        ];
        for (count, pages) in steps {
            step(&mut image, count, pages);
            let fresh = Image::from_pages(image.page_size, image.pages.clone(), image.position.seq);
            assert_eq!(image.position, fresh.position);
        }
    }

    #[test]
    fn a_commit_that_does_not_follow_is_a_gap() {
        let (mut leader, mut follower) = (Image::empty(), Image::empty());
        step(&mut leader, 1, &[(1, 1)]);
        let second = step(&mut leader, 1, &[(1, 2)]);
        assert_eq!(
            follower.apply(&second),
            Err(ApplyError::Gap {
                at: Position::default()
            })
        );
        assert_eq!(follower.page_count(), PageCount(0));
    }

    #[test]
    fn a_replica_that_differs_in_one_byte_finds_out_at_the_next_commit() {
        let (mut leader, mut follower) = (Image::empty(), Image::empty());
        let first = step(&mut leader, 2, &[(1, 1), (2, 2)]);
        assert_eq!(follower.apply(&first), Ok(()));
        let mut damaged = follower.pages[1].to_vec();
        damaged[17] ^= 1;
        follower.pages[1] = damaged.into();
        let next = step(&mut leader, 2, &[(2, 5)]);
        assert!(matches!(follower.apply(&next), Err(ApplyError::Diverged { .. })));
    }
}
