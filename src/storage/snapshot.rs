//! A snapshot: what a store holds, put together into an image.
//!
//! Each store reads its records in its own way, and hands them over encoded. Here they are decoded, checked against
//! each other, and laid down. So one place decides what records mean and whether they are whole.

use std::rc::Rc;

use super::block::Block;
use super::block_no::BlockNo;
use super::checkpoint::Folding;
use super::commit::Commit;
use super::head::{Head, Layout};
use super::image::Image;
use super::page::{Page, PageCount, PageSize};
use super::piece;
use super::position::{Position, Seq};
use super::record::RecordName;
use super::reply::Replies;
use super::store_error::StoreError;

/// A database as of one instant.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Its position is that of the image.
    pub head: Head,
    /// Made of the checkpoint and the log, and compared with the stored checksum.
    pub image: Image,
    /// Those of the checkpoint, and those of the commits in the log.
    pub replies: Replies,
    /// Has noted each commit in the log.
    pub folding: Folding,
}

impl Snapshot {
    /// The snapshot of a database that does not exist yet.
    pub fn empty() -> Self {
        let image = Image::empty();
        Snapshot {
            head: Head::default(),
            folding: Folding::since(image.page_size(), image.page_count()),
            image,
            replies: Replies::default(),
        }
    }
}

/// A snapshot while its records are read: the head first, then the blocks in order, the replies, and the commits in
/// order.
///
/// Blocks may be newer than their checkpoint, and then only the log makes the image whole again. So pages are laid down
/// first, and the checksum is compared once, at the end. A block may even be missing, if the image shrank below it
/// while the checkpoint was written; the log says so.
///
/// A stored number is not believed before records account for it: there are never more pages here than blocks and
/// commits bring.
#[derive(Debug)]
pub(super) struct Assembly {
    layout: Layout,
    page_size: PageSize,
    page_count: PageCount,
    /// Pages at the end for which nothing was laid down are left out.
    pages: Vec<Page>,
    /// The first block of the checkpoint that is missing.
    missing: BlockNo,
    /// The smallest size of the image since the checkpoint.
    shortest: PageCount,
    replies: Replies,
    folding: Folding,
    position: Position,
}

impl Assembly {
    /// Begins with the stored head, if there is one.
    pub(super) fn new(head: Option<&[u8]>) -> Result<Self, StoreError> {
        let layout = Layout::stored(head)?;
        Ok(Assembly {
            layout,
            page_size: layout.page_size,
            page_count: layout.page_count,
            pages: Vec::new(),
            missing: BlockNo(0),
            shortest: layout.page_count,
            replies: Replies::default(),
            folding: Folding::since(layout.page_size, layout.page_count),
            position: layout.checkpoint,
        })
    }

    /// Lays down the next block. Pages beyond the checkpoint's size come back with the log, and so does a whole block
    /// whose pages have another size.
    pub(super) fn block(&mut self, number: BlockNo, record: &[u8]) -> Result<(), StoreError> {
        let block = Block::decode(number, record)?;
        if number == self.missing {
            self.missing = BlockNo(number.0 + 1);
        }
        let first = number.first_index();
        let places = (self.page_count.0 as usize).saturating_sub(first);
        if block.page_size == self.page_size && places > 0 {
            self.pages.resize(first, blank(self.page_size));
            self.pages.extend(block.pages.into_iter().take(places));
        }
        Ok(())
    }

    /// Takes the replies as of the checkpoint. There are none before the first checkpoint.
    pub(super) fn replies(&mut self, record: Option<&[u8]>) -> Result<(), StoreError> {
        if let Some(record) = record {
            self.replies = Replies::decode(record)?;
        } else if self.layout.checkpoint.seq > Seq::default() {
            return Err(RecordName::Replies.missing());
        }
        Ok(())
    }

    /// Applies the next commit of the log, from its records.
    pub(super) fn commit(&mut self, records: impl IntoIterator<Item = Vec<u8>>) -> Result<(), StoreError> {
        let commit = following(self.position.seq, records)?;
        if commit.before != self.position {
            let name = RecordName::Commit(commit.seq());
            return Err(name.corrupt("it does not begin where the one before it ended"));
        }
        if commit.page_size != self.page_size {
            // From here on all pages come with the log, so no block has to be there.
            self.page_size = commit.page_size;
            self.pages.clear();
            self.shortest = PageCount(0);
        }
        self.page_count = commit.page_count;
        self.shortest = self.shortest.min(commit.page_count);
        self.pages.truncate(commit.page_count.0 as usize);
        if let Some((last, _)) = commit.pages.last() {
            let length = self.pages.len().max(last.index() + 1);
            self.pages.resize(length, blank(self.page_size));
        }
        for (number, page) in &commit.pages {
            self.pages[number.index()] = Rc::clone(page);
        }
        self.replies.record(&commit.replies);
        self.folding.note(&commit);
        self.position = commit.after;
        Ok(())
    }

    /// The whole snapshot, if its checksum is the stored one.
    pub(super) fn finish(mut self) -> Result<Snapshot, StoreError> {
        // The image has always reached beyond the first missing block, so no commit brings its pages back.
        if self.shortest.0 as usize > self.missing.first_index() {
            return Err(RecordName::Block(self.missing).missing());
        }
        self.pages.resize(self.page_count.0 as usize, blank(self.page_size));
        let image = Image::from_pages(self.page_size, self.pages, self.position.seq);
        if image.position() != self.position {
            return Err(StoreError::Corrupt {
                record: "image".into(),
                reason: format!("its checksum is not the one of {}", self.position.seq),
            });
        }
        Ok(Snapshot {
            head: Head {
                epoch: self.layout.epoch,
                position: self.position,
            },
            image,
            replies: self.replies,
            folding: self.folding,
        })
    }
}

/// The head after the newest record of the log; after the checkpoint, if the log is empty.
pub(super) fn newest(layout: &Layout, last: Option<(Seq, &[u8])>) -> Result<Head, StoreError> {
    let position = match last {
        Some((seq, record)) => piece::part(seq, 0, record)?.0.after,
        None => layout.checkpoint,
    };
    Ok(Head {
        epoch: layout.epoch,
        position,
    })
}

/// A commit of the log, from its records. It must be the one after `seq`.
pub(super) fn following(seq: Seq, records: impl IntoIterator<Item = Vec<u8>>) -> Result<Commit, StoreError> {
    piece::joined(seq.next(), records)
}

fn blank(page_size: PageSize) -> Page {
    Rc::from(vec![0; page_size.bytes()])
}
