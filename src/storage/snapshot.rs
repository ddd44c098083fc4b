//! A snapshot: what a store holds, put together into an image.
//!
//! Each store reads its records its own way and hands them over encoded; here they are decoded, checked
//! against each other, and laid down, so that one place decides what they mean and whether they are whole.

use std::rc::Rc;

use super::{
    Block, BlockNo, Commit, Folding, Head, Image, Layout, Page, PageSize, Position, RecordName, Replies, Seq,
    StoreError,
};

/// A database as of one instant.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub head: Head,
    pub image: Image,
    pub replies: Replies,
    pub folding: Folding,
}

impl Snapshot {
    /// Of a database that does not exist yet.
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

/// A snapshot while its records are read: first the head, then blocks in any order, the replies,
/// and the commits in order.
///
/// Blocks may be newer than their checkpoint, and then only the log makes the image whole again: so
/// pages are laid down first, and the checksum is compared once, at the end.
#[derive(Debug)]
pub(super) struct Assembly {
    layout: Layout,
    page_size: PageSize,
    pages: Vec<Page>,
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
            pages: vec![blank(layout.page_size); layout.page_count.0 as usize],
            replies: Replies::default(),
            folding: Folding::since(layout.page_size, layout.page_count),
            position: layout.checkpoint,
        })
    }

    /// Lays down a block. Pages beyond the checkpoint's size come back with the log, and so does all
    /// of a block whose pages are of another size.
    pub(super) fn block(&mut self, number: BlockNo, record: &[u8]) -> Result<(), StoreError> {
        let block = Block::decode(number, record)?;
        if block.page_size == self.layout.page_size {
            let places = self.pages.iter_mut().skip(number.first_index());
            places.zip(block.pages).for_each(|(place, page)| *place = page);
        }
        Ok(())
    }

    /// The replies as of the checkpoint; there are none before the first one.
    pub(super) fn replies(&mut self, record: Option<&[u8]>) -> Result<(), StoreError> {
        if let Some(record) = record {
            self.replies = Replies::decode(record)?;
        } else if self.layout.checkpoint.seq > Seq::default() {
            return Err(RecordName::Replies.missing());
        }
        Ok(())
    }

    /// The next commit of the log.
    pub(super) fn commit(&mut self, record: &[u8]) -> Result<(), StoreError> {
        let commit = following(self.position.seq, record)?;
        if commit.before != self.position {
            let name = RecordName::Commit(commit.seq());
            return Err(name.corrupt("it does not begin where the one before it ended"));
        }
        if commit.page_size != self.page_size {
            self.page_size = commit.page_size;
            self.pages.clear();
        }
        self.pages.resize(commit.page_count.0 as usize, blank(self.page_size));
        for (number, page) in &commit.pages {
            self.pages[number.index()] = Rc::clone(page);
        }
        self.replies.record(&commit.replies);
        self.folding.note(&commit);
        self.position = commit.after;
        Ok(())
    }

    /// The whole, if its checksum is the one that was stored.
    pub(super) fn finish(self) -> Result<Snapshot, StoreError> {
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

/// The head after the newest record of the log, if the log is not empty.
pub(super) fn newest(layout: &Layout, last: Option<(Seq, &[u8])>) -> Result<Head, StoreError> {
    let position = match last {
        Some((seq, record)) => decode(seq, record)?.after,
        None => layout.checkpoint,
    };
    Ok(Head {
        epoch: layout.epoch,
        position,
    })
}

/// A record of the log that must be the one after `seq`.
pub(super) fn following(seq: Seq, record: &[u8]) -> Result<Commit, StoreError> {
    decode(seq.next(), record)
}

fn decode(seq: Seq, record: &[u8]) -> Result<Commit, StoreError> {
    let name = RecordName::Commit(seq);
    let commit = Commit::decode(record).map_err(|error| error.of(name))?;
    if commit.seq() == seq {
        Ok(commit)
    } else {
        Err(name.missing())
    }
}

fn blank(page_size: PageSize) -> Page {
    Rc::from(vec![0; page_size.bytes()])
}
