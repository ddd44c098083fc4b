//! A salvage: what can still be read of a database that [`super::Store::load`] refuses as damaged.
//!
//! Stores hand over every record that they can read, and name those that they cannot. Here the records are laid down as
//! far as they go. Nothing is checked against anything else, because such a check is what failed. Pages of a lost block
//! are zero, unless a later commit has them. Commits after a lost one are laid down all the same: each brings whole
//! pages, and a database with some old pages gives SQLite's own recovery (`.recover`,
//! <https://sqlite.org/recovery.html>) more to read than one that ends earlier. Stopping at the first lost commit was
//! refused: the result would be consistent, but would leave out writes that can be read.
//!
//! Numbers are not believed either: a file ends where the records do, or a bounded number of pages later.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::block::Block;
use super::block_no::BlockNo;
use super::commit::Commit;
use super::head::Layout;
use super::page::{Page, PageCount, PageNo, PageSize};
use super::piece;
use super::position::Seq;
use super::record::RecordName;
use super::store_error::StoreError;

/// A database as far as it can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Salvage {
    /// A SQLite database file. Empty if nothing can be read, or nothing was ever written.
    pub file: Vec<u8>,
    /// The names of the lost records, each with the reason. Empty if the file is the database as it was.
    pub damaged: Vec<String>,
}

/// A salvage while its records are read: the head, then the blocks, then the commits in order.
#[derive(Debug, Default)]
pub(super) struct Salvaging {
    layout: Option<Layout>,
    size: Option<(PageSize, PageCount)>,
    pages: BTreeMap<PageNo, Page>,
    /// How far the blocks that are there reach, damaged or not.
    reach: PageCount,
    last: Option<Seq>,
    damaged: Vec<String>,
}

impl Salvaging {
    pub(super) fn head(&mut self, record: Result<Option<Vec<u8>>, StoreError>) {
        match record.and_then(|record| record.map(|record| Layout::decode(&record)).transpose()) {
            Ok(Some(layout)) => {
                self.layout = Some(layout);
                self.size = Some((layout.page_size, layout.page_count));
            }
            Ok(None) => {}
            Err(error) => self.lost(RecordName::Head, &error),
        }
    }

    pub(super) fn block(&mut self, number: BlockNo, record: Result<Vec<u8>, StoreError>) {
        if BlockNo::stored(u64::from(number.0)).is_none() {
            return self.lost(
                RecordName::Block(number),
                &RecordName::Block(number).corrupt("no block has this number"),
            );
        }
        self.reach = self
            .reach
            .max(PageCount(number.0.saturating_add(1).saturating_mul(BlockNo::PAGES)));
        match record.and_then(|record| Block::decode(number, &record)) {
            Ok(block) => {
                let first = number.first_index();
                let end = PageCount(u32::try_from(first + block.pages.len()).unwrap_or(u32::MAX));
                self.grow(block.page_size, end);
                let numbers = (first..).map(PageNo::at_index);
                if self.size.is_some_and(|(size, _)| size == block.page_size) {
                    self.pages.extend(numbers.zip(block.pages));
                }
            }
            Err(error) => self.lost(RecordName::Block(number), &error),
        }
    }

    /// Notes a key that belongs to no record. Only a browser's store can hold one.
    #[cfg(target_family = "wasm")]
    pub(super) fn foreign(&mut self, error: &StoreError) {
        if let StoreError::Corrupt { record, reason } = error {
            self.damaged.push(format!("{record}: {reason}"));
        }
    }

    /// Lays down the next commit that is there, from its records.
    pub(super) fn commit(&mut self, seq: Seq, records: impl IntoIterator<Item = Result<Vec<u8>, StoreError>>) {
        let before = self.last.or(self.layout.map(|layout| layout.checkpoint.seq));
        let next = before.map_or(seq, Seq::next);
        if next.next() < seq {
            self.damaged
                .push(format!("{next} and all up to {seq}: they are missing"));
        } else if next < seq {
            self.lost(RecordName::Commit(next), &RecordName::Commit(next).missing());
        }
        self.last = Some(seq);
        let (mut found, mut count) = (0, 1);
        for record in records {
            let name = RecordName::part(seq, found);
            match record.and_then(|record| piece::part(seq, found, &record)) {
                Ok((part, of)) => {
                    count = of;
                    self.lay(part);
                }
                Err(error) => self.lost(name, &error),
            }
            found += 1;
        }
        if found < count {
            let name = RecordName::part(seq, found);
            self.lost(name, &name.missing());
        }
    }

    fn lay(&mut self, commit: Commit) {
        if self.size.is_some_and(|(size, _)| size != commit.page_size) {
            self.pages.clear();
        }
        self.size = Some((commit.page_size, commit.page_count));
        self.pages.extend(commit.pages);
        if let Some(beyond) = commit.page_count.0.checked_add(1).and_then(PageNo::new) {
            self.pages.split_off(&beyond);
        }
    }

    pub(super) fn finish(mut self) -> Salvage {
        let Some((size, count)) = self.size else {
            return Salvage {
                file: Vec::new(),
                damaged: self.damaged,
            };
        };
        let count = self.bounded(count);
        let blank: Page = Rc::from(vec![0; size.bytes()]);
        let mut file = Vec::with_capacity(size.bytes() * count.0 as usize);
        let mut missing = Vec::new();
        for number in (0..count.0 as usize).map(PageNo::at_index) {
            let page = self.pages.get(&number);
            if page.is_none() && missing.last() != Some(&BlockNo::of(number)) {
                missing.push(BlockNo::of(number));
            }
            file.extend_from_slice(page.unwrap_or(&blank));
        }
        for number in missing.into_iter().map(RecordName::Block) {
            if !self
                .damaged
                .iter()
                .any(|damaged| damaged.starts_with(&format!("{number}:")))
            {
                self.lost(number, &number.missing());
            }
        }
        Salvage {
            file,
            damaged: self.damaged,
        }
    }

    /// Checks a stored count. Pages at the end that no record has were never written. But if they outnumber all others,
    /// and are not just a few, the count is wrong.
    fn bounded(&mut self, count: PageCount) -> PageCount {
        const FEW: u32 = 1_024;
        let present = self.pages.last_key_value().map_or(0, |(last, _)| last.number());
        let reach = PageCount(present.max(self.reach.0).saturating_mul(2).saturating_add(FEW));
        if reach < count {
            self.damaged.push(format!(
                "image: it is said to have {} pages, which are not there",
                count.0
            ));
            return PageCount(present);
        }
        count
    }

    /// Takes the size from the blocks, if the head does not say how large the database is.
    fn grow(&mut self, page_size: PageSize, end: PageCount) {
        if self.layout.is_none() {
            let (size, count) = self.size.unwrap_or((page_size, end));
            self.size = Some((size, count.max(end)));
        }
    }

    fn lost(&mut self, name: RecordName, error: &StoreError) {
        let reason = match error {
            StoreError::Corrupt { reason, .. } => reason.clone(),
            other => other.to_string(),
        };
        self.damaged.push(format!("{name}: {reason}"));
    }
}
