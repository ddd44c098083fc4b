//! Checkpoints: folding the log into blocks, so that opening stays fast and the log does not grow forever.
//!
//! [`Folding`] is pure bookkeeping and runs in every tab. It notes which blocks the commits since the last checkpoint
//! touched, and says when folding is due. Only the leader acts on it, between two appends: it writes some blocks at a
//! time ([`Folding::next_blocks`]), then ends the checkpoint ([`Store::finish_checkpoint`]).
//!
//! Blocks are taken from the leader's image, not rebuilt from the log, so a block may be newer than the checkpoint.
//! That is harmless: the commits that made it newer are in the log until a checkpoint covers them, and a commit
//! determines every page that it touches (written, cut off, or grown over) whatever was there before. So a block is
//! right for checkpoint C if the image held it at any moment since C. And a block that nothing has touched since it was
//! last written need not be written again.
//!
//! A follower is not told when the leader finishes a checkpoint. It has then noted more blocks than need be written,
//! never fewer.
//!
//! [`Store::finish_checkpoint`]: super::Store::finish_checkpoint

use std::collections::BTreeSet;

use super::block::Block;
use super::block_no::BlockNo;
use super::commit::Commit;
use super::image::Image;
use super::page::{PageCount, PageSize};
use super::position::{Position, Seq};
use super::reply::Replies;

/// The state that a finished checkpoint stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Where the leader's image stood when the folding began.
    pub position: Position,
    /// Of the image at that position.
    pub page_size: PageSize,
    /// Of the image at that position; blocks beyond it are deleted.
    pub page_count: PageCount,
    /// All that were kept at that position.
    pub replies: Replies,
}

/// Blocks to write, and the newest commit of the image that they were taken from. A store that does not hold that
/// commit must not take them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoldedBlocks {
    pub(crate) newest: Seq,
    pub(crate) blocks: Vec<Block>,
}

impl FoldedBlocks {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }
}

/// What has changed since the last checkpoint, and the folding under way.
#[derive(Clone, Debug)]
pub struct Folding {
    /// Size of the image after the last noted commit. Where the image shrinks or grows, blocks change without a written
    /// page.
    page_size: PageSize,
    page_count: PageCount,
    changed: BTreeSet<BlockNo>,
    commits: usize,
    bytes: usize,
    under_way: Option<UnderWay>,
}

/// A folding that has begun: the checkpoint that it makes, its blocks, and those of them that are not yet written.
/// Commits that arrive meanwhile count towards the next folding, so that this one ends however busy the writers are.
#[derive(Clone, Debug)]
struct UnderWay {
    checkpoint: Checkpoint,
    blocks: BTreeSet<BlockNo>,
    unwritten: BTreeSet<BlockNo>,
}

impl Default for Folding {
    fn default() -> Self {
        Folding::since(PageSize::DEFAULT, PageCount::default())
    }
}

impl Folding {
    /// Blocks per step. Writing one takes about 4 ms, so a step never holds a writer up for long.
    const STEP: usize = 4;
    /// The log may grow to this many commits …
    const MOST_COMMITS: usize = 256;
    /// … or this many bytes, whichever comes first.
    const MOST_BYTES: usize = 4 << 20;

    /// Begins after a checkpoint of this size, with no changes.
    pub fn since(page_size: PageSize, page_count: PageCount) -> Self {
        Folding {
            page_size,
            page_count,
            changed: BTreeSet::new(),
            commits: 0,
            bytes: 0,
            under_way: None,
        }
    }

    /// Notes a commit that became part of the history.
    pub fn note(&mut self, commit: &Commit) {
        // Pages that are cut off or grown over change too. A new page size changes them all.
        let kept = if commit.page_size == self.page_size {
            self.page_count.min(commit.page_count)
        } else {
            PageCount(0)
        };
        let most = self.page_count.max(commit.page_count);
        if kept < most {
            self.changed
                .extend((kept.0 / BlockNo::PAGES..BlockNo::count(most)).map(BlockNo));
        }
        self.changed
            .extend(commit.pages.iter().map(|(page, _)| BlockNo::of(*page)));
        self.page_size = commit.page_size;
        self.page_count = commit.page_count;
        self.commits = self.commits.saturating_add(1);
        self.bytes = self.bytes.saturating_add(commit.weight());
    }

    /// Whether the log is long enough, or a folding is under way.
    pub fn is_due(&self) -> bool {
        self.under_way.is_some() || self.commits >= Self::MOST_COMMITS || self.bytes >= Self::MOST_BYTES
    }

    /// The next few blocks to write; empty when all are written and [`Folding::finish`] comes next. The first call
    /// fixes what the checkpoint stands for: the image as it is now.
    pub fn next_blocks(&mut self, image: &Image, replies: &Replies) -> FoldedBlocks {
        let mut under_way = match self.under_way.take() {
            Some(under_way) => under_way,
            None => self.begin(image, replies),
        };
        let mut blocks = Vec::new();
        while blocks.len() < Self::STEP {
            let Some(number) = under_way.unwritten.pop_first() else {
                break;
            };
            blocks.extend(Block::of(image, number));
        }
        self.under_way = Some(under_way);
        FoldedBlocks {
            newest: image.position().seq,
            blocks,
        }
    }

    /// The checkpoint to store, once all blocks are written.
    pub fn finish(&mut self) -> Option<Checkpoint> {
        let under_way = self.under_way.take_if(|under_way| under_way.unwritten.is_empty())?;
        Some(under_way.checkpoint)
    }

    /// Forgets a folding that failed, or that another leader will do. Its blocks count as changed again. The next
    /// attempt comes after at most half of `MOST_COMMITS` more commits.
    pub fn abandon(&mut self) {
        if let Some(under_way) = self.under_way.take() {
            self.changed.extend(under_way.blocks);
            self.commits = self.commits.max(Self::MOST_COMMITS / 2);
        }
    }

    fn begin(&mut self, image: &Image, replies: &Replies) -> UnderWay {
        self.commits = 0;
        self.bytes = 0;
        let blocks = std::mem::take(&mut self.changed);
        UnderWay {
            checkpoint: Checkpoint {
                position: image.position(),
                page_size: image.page_size(),
                page_count: image.page_count(),
                replies: replies.clone(),
            },
            unwritten: blocks.clone(),
            blocks,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::super::image::Dirty;
    use super::super::page::{Page, PageNo};
    use super::super::position::Epoch;
    use super::*;
    use crate::sql::WriteSet;

    const SIZE: u32 = 512;

    fn write(image: &mut Image, folding: &mut Folding, size: u32, count: u32, pages: &[u32]) {
        let page_size = PageSize::new(size).expect("a power of two");
        let page: Page = Rc::from(vec![7; page_size.bytes()]);
        let pages = pages
            .iter()
            .filter_map(|number| Some((PageNo::new(*number)?, Rc::clone(&page))));
        let dirty = Dirty {
            page_size,
            page_count: PageCount(count),
            pages: pages.collect(),
        };
        let commit = image.commit(Epoch(1), dirty, WriteSet::default(), Vec::new());
        image.apply(&commit).expect("it was made of this image");
        folding.note(&commit);
    }

    fn all_blocks(image: &Image, folding: &mut Folding) -> Vec<u32> {
        let mut numbers = Vec::new();
        loop {
            let blocks = folding.next_blocks(image, &Replies::default()).blocks;
            if blocks.is_empty() {
                return numbers;
            }
            numbers.extend(blocks.iter().map(|block| block.number.0));
        }
    }

    #[test]
    fn only_blocks_that_changed_are_written() {
        let (mut image, mut folding) = (Image::empty(), Folding::default());
        write(&mut image, &mut folding, SIZE, 640, &[1]);
        assert_eq!(all_blocks(&image, &mut folding), (0..10).collect::<Vec<u32>>());
        assert_eq!(
            folding.finish().map(|checkpoint| checkpoint.position),
            Some(image.position())
        );
        write(&mut image, &mut folding, SIZE, 640, &[64, 65, 640]);
        assert_eq!(all_blocks(&image, &mut folding), [0, 1, 9]);
    }

    #[test]
    fn blocks_that_were_cut_off_and_grown_over_count_as_changed() {
        let (mut image, mut folding) = (Image::empty(), Folding::default());
        write(&mut image, &mut folding, SIZE, 300, &[1]);
        all_blocks(&image, &mut folding);
        folding.finish().expect("all blocks are written");
        write(&mut image, &mut folding, SIZE, 70, &[1]);
        write(&mut image, &mut folding, SIZE, 300, &[300]);
        assert_eq!(all_blocks(&image, &mut folding), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn all_blocks_change_with_the_page_size() {
        let (mut image, mut folding) = (Image::empty(), Folding::default());
        write(&mut image, &mut folding, SIZE, 300, &[1]);
        all_blocks(&image, &mut folding);
        folding.finish().expect("all blocks are written");
        write(&mut image, &mut folding, 2 * SIZE, 150, &[1]);
        assert_eq!(all_blocks(&image, &mut folding), [0, 1, 2]);
    }

    #[test]
    fn a_checkpoint_is_not_finished_before_its_blocks_are() {
        let (mut image, mut folding) = (Image::empty(), Folding::default());
        write(&mut image, &mut folding, SIZE, 640, &[1]);
        assert_eq!(folding.finish(), None);
        folding.next_blocks(&image, &Replies::default());
        assert_eq!(folding.finish(), None);
        assert!(folding.is_due());
    }

    #[test]
    fn an_abandoned_folding_leaves_its_blocks_to_the_next() {
        let (mut image, mut folding) = (Image::empty(), Folding::default());
        write(&mut image, &mut folding, SIZE, 640, &[1]);
        folding.next_blocks(&image, &Replies::default());
        folding.abandon();
        assert!(!folding.is_due(), "it is not tried again at once");
        assert_eq!(all_blocks(&image, &mut folding).len(), 10);
    }

    #[test]
    fn folding_is_due_by_commits_and_by_bytes() {
        let (mut image, mut folding) = (Image::empty(), Folding::default());
        for _ in 0..Folding::MOST_COMMITS {
            assert!(!folding.is_due());
            write(&mut image, &mut folding, SIZE, 1, &[1]);
        }
        assert!(folding.is_due());
        let (mut image, mut folding) = (Image::empty(), Folding::default());
        let pages: Vec<u32> = (1..=Folding::MOST_BYTES as u32 / SIZE).collect();
        write(&mut image, &mut folding, SIZE, pages.len() as u32, &pages);
        assert!(folding.is_due());
    }
}
