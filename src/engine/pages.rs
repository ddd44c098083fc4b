//! The pages behind both connections: the durable image and, over it, the pages that the writer has written since.
//!
//! The VFS reads and writes here; the engine publishes and reverts. There are two views of one database. The reader's
//! ([`View::Committed`]) is the image alone. The writer's ([`View::Staged`]) is the overlay over the image. Invariants:
//! * the image changes only by whole commits, never by a write of SQLite;
//! * every page from 1 to the overlay's page count is in the overlay or, unchanged, in the image.
//!
//! A copy of the image per connection was refused: it needs twice the memory. An undo log over one set of pages was
//! refused too: the reader would see what is not durable.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::header::{LEGACY_VERSION, VERSIONS, WAL_VERSION};
use crate::storage::{ApplyError, Commit, Dirty, Image, Page, PageCount, PageNo};

/// What a connection sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    Committed,
    Staged,
}

#[derive(Debug)]
pub(super) struct Pages {
    image: Image,
    overlay: Option<Overlay>,
}

#[derive(Clone, Debug)]
pub(super) struct Overlay {
    count: usize,
    pages: BTreeMap<PageNo, Page>,
}

impl Pages {
    pub(super) fn new(image: Image) -> Self {
        Pages { image, overlay: None }
    }

    pub(super) fn image(&self) -> &Image {
        &self.image
    }

    #[cfg(feature = "sabotage")]
    pub(super) fn damage(&mut self, number: PageNo, at: usize) {
        self.image.damage(number, at);
    }

    /// The length of the file in bytes.
    pub(super) fn size(&self, view: View) -> u64 {
        (self.count(view) * self.image.page_size().bytes()) as u64
    }

    /// Fills `buffer` from `offset` on, and returns how many bytes there were: fewer than asked for mean the end.
    ///
    /// The header of an imported database may say that it keeps a write-ahead log. There is none here, and this VFS
    /// could not hold one. So SQLite is shown the version numbers of a rollback journal instead.
    pub(super) fn read(&self, view: View, buffer: &mut [u8], offset: u64) -> usize {
        let size = self.image.page_size().bytes();
        let Ok(start) = usize::try_from(offset) else { return 0 };
        let mut filled = 0;
        while filled < buffer.len() {
            let at = start + filled;
            if at / size >= self.count(view) {
                break;
            }
            let Some(page) = self.page(view, PageNo::at_index(at / size)) else {
                break;
            };
            let from = &page[at % size..];
            let length = from.len().min(buffer.len() - filled);
            buffer[filled..filled + length].copy_from_slice(&from[..length]);
            filled += length;
        }
        for at in VERSIONS.filter(|at| (start..start + filled).contains(at)) {
            if buffer[at - start] == WAL_VERSION {
                buffer[at - start] = LEGACY_VERSION;
            }
        }
        filled
    }

    /// Writes to the overlay.
    pub(super) fn write(&mut self, bytes: &[u8], offset: u64) {
        let size = self.image.page_size().bytes();
        let mut rest = bytes;
        let mut at = offset as usize;
        while !rest.is_empty() {
            let (index, within) = (at / size, at % size);
            let length = rest.len().min(size - within);
            let page: Page = if length == size {
                Rc::from(&rest[..length])
            } else {
                let mut patched = match self.page(View::Staged, PageNo::at_index(index)) {
                    // Past the overlay's end the pages of a longer image do not count.
                    Some(page) if index < self.count(View::Staged) => page.to_vec(),
                    _ => vec![0; size],
                };
                patched[within..within + length].copy_from_slice(&rest[..length]);
                Rc::from(patched)
            };
            self.put(index, page);
            rest = &rest[length..];
            at += length;
        }
    }

    /// Shortens the overlay's file to `size` bytes.
    pub(super) fn truncate(&mut self, size: u64) {
        let count = (size as usize).div_ceil(self.image.page_size().bytes());
        let overlay = self.overlay_mut();
        overlay.count = overlay.count.min(count);
        overlay.pages.retain(|number, _| number.index() < count);
    }

    /// The pages that differ from the image; `None` if none does. SQLite also writes a page back that a transaction
    /// changed and a rollback restored: such a page is no change.
    pub(super) fn dirty(&mut self) -> Option<Dirty> {
        self.settle();
        let overlay = self.overlay.as_ref()?;
        Some(Dirty {
            page_size: self.image.page_size(),
            page_count: PageCount(overlay.count as u32),
            pages: overlay.pages.clone(),
        })
    }

    /// Applies a commit of this tab to the image. What was staged after it stays staged.
    pub(super) fn publish(&mut self, commit: &Commit) -> Result<(), ApplyError> {
        self.image.apply(commit)?;
        self.settle();
        Ok(())
    }

    /// Moves the image forward by a commit of another tab, and drops what is staged here.
    pub(super) fn apply(&mut self, commit: &Commit) -> Result<(), ApplyError> {
        self.image.apply(commit)?;
        self.revert();
        Ok(())
    }

    /// Stages these pages in place of the whole database.
    pub(super) fn replace(&mut self, pages: Vec<Page>) {
        self.overlay = Some(Overlay {
            count: pages.len(),
            pages: (0..).map(PageNo::at_index).zip(pages).collect(),
        });
    }

    /// What is staged now, for [`Pages::stage_again`] to come back to.
    pub(super) fn staging(&self) -> Option<Overlay> {
        self.overlay.clone()
    }

    pub(super) fn stage_again(&mut self, staging: Option<Overlay>) {
        self.overlay = staging;
    }

    /// The first page, as the writer sees it.
    pub(super) fn first(&self) -> Option<&Page> {
        self.page(View::Staged, PageNo::FIRST)
            .filter(|_| self.count(View::Staged) > 0)
    }

    pub(super) fn revert(&mut self) {
        self.overlay = None;
    }

    pub(super) fn is_staged(&self) -> bool {
        self.overlay.is_some()
    }

    fn count(&self, view: View) -> usize {
        match &self.overlay {
            Some(overlay) if view == View::Staged => overlay.count,
            _ => self.image.pages().len(),
        }
    }

    fn page(&self, view: View, number: PageNo) -> Option<&Page> {
        match &self.overlay {
            Some(overlay) if view == View::Staged => overlay.pages.get(&number).or_else(|| self.image.page(number)),
            _ => self.image.page(number),
        }
    }

    fn put(&mut self, index: usize, page: Page) {
        let blank: Page = Rc::from(vec![0; page.len()]);
        let overlay = self.overlay_mut();
        // A hole reads as zeros, even where a longer image had pages before a truncation.
        for hole in overlay.count..index {
            overlay.pages.insert(PageNo::at_index(hole), Rc::clone(&blank));
        }
        overlay.count = overlay.count.max(index + 1);
        overlay.pages.insert(PageNo::at_index(index), page);
    }

    fn overlay_mut(&mut self) -> &mut Overlay {
        let count = self.image.pages().len();
        self.overlay.get_or_insert_with(|| Overlay {
            count,
            pages: BTreeMap::new(),
        })
    }

    /// Drops from the overlay the pages that the image has too.
    fn settle(&mut self) {
        let Some(overlay) = &mut self.overlay else { return };
        let image = &self.image;
        overlay.pages.retain(|number, page| {
            image
                .page(*number)
                .is_none_or(|old| !Rc::ptr_eq(old, page) && old != page)
        });
        if overlay.pages.is_empty() && overlay.count == image.pages().len() {
            self.overlay = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::WriteSet;
    use crate::storage::Epoch;

    const SIZE: u64 = 4096;

    fn page(fill: u8) -> Vec<u8> {
        vec![fill; SIZE as usize]
    }

    fn stage(pages: &mut Pages) -> Commit {
        let dirty = pages.dirty().expect("something is staged");
        pages.image().commit(Epoch(1), dirty, WriteSet::default(), Vec::new())
    }

    fn first_bytes(pages: &Pages, view: View) -> Vec<u8> {
        let mut buffer = vec![0; pages.size(view) as usize];
        assert_eq!(pages.read(view, &mut buffer, 0), buffer.len());
        buffer.into_iter().step_by(SIZE as usize).collect()
    }

    #[test]
    fn only_the_staged_view_sees_a_write_until_it_is_published() {
        let mut pages = Pages::new(Image::empty());
        pages.write(&page(7), 0);
        assert_eq!(first_bytes(&pages, View::Staged), [7]);
        assert!(first_bytes(&pages, View::Committed).is_empty());
        let commit = stage(&mut pages);
        assert_eq!(pages.publish(&commit), Ok(()));
        assert_eq!(first_bytes(&pages, View::Committed), [7]);
        assert!(!pages.is_staged());
    }

    #[test]
    fn a_page_written_back_as_it_was_is_no_change() {
        let mut pages = Pages::new(Image::empty());
        pages.write(&page(7), 0);
        let commit = stage(&mut pages);
        assert_eq!(pages.publish(&commit), Ok(()));
        pages.write(&page(8), 0);
        pages.write(&page(7), 0);
        assert!(pages.dirty().is_none());
    }

    #[test]
    fn pages_cut_off_and_grown_again_read_as_zeros_here_and_after_publishing() {
        let mut pages = Pages::new(Image::empty());
        (0..4).for_each(|index| pages.write(&page(9), index * SIZE));
        let commit = stage(&mut pages);
        assert_eq!(pages.publish(&commit), Ok(()));
        pages.truncate(SIZE);
        pages.write(&page(5), 3 * SIZE);
        assert_eq!(first_bytes(&pages, View::Staged), [9, 0, 0, 5]);
        let commit = stage(&mut pages);
        assert_eq!(pages.publish(&commit), Ok(()));
        assert_eq!(first_bytes(&pages, View::Committed), [9, 0, 0, 5]);
    }

    #[test]
    fn what_was_staged_after_a_commit_stays_staged_when_that_commit_is_published() {
        let mut pages = Pages::new(Image::empty());
        pages.write(&page(1), 0);
        let first = stage(&mut pages);
        pages.write(&page(2), SIZE);
        assert_eq!(pages.publish(&first), Ok(()));
        assert_eq!(first_bytes(&pages, View::Committed), [1]);
        assert_eq!(first_bytes(&pages, View::Staged), [1, 2]);
        let second = stage(&mut pages);
        assert_eq!(second.pages.len(), 1);
    }

    #[test]
    fn a_write_within_a_page_keeps_its_other_bytes() {
        let mut pages = Pages::new(Image::empty());
        pages.write(&page(1), 0);
        pages.write(&[3, 3], SIZE - 1);
        let mut buffer = vec![0; 4];
        pages.read(View::Staged, &mut buffer, SIZE - 2);
        assert_eq!(buffer, [1, 3, 3, 0]);
    }

    #[test]
    fn a_header_that_speaks_of_a_write_ahead_log_is_shown_without_it() {
        let mut pages = Pages::new(Image::empty());
        let mut header = page(0);
        header[VERSIONS].fill(WAL_VERSION);
        pages.write(&header, 0);
        let mut buffer = vec![0; 4];
        pages.read(View::Staged, &mut buffer, 17);
        assert_eq!(buffer, [0, LEGACY_VERSION, LEGACY_VERSION, 0]);
    }
}
