//! The header of an SQLite file: the first 100 bytes of its first page (<https://sqlite.org/fileformat2.html>, 1.3).
//!
//! The bytes may come from anywhere, so every field can be read from any bytes: a field that is missing reads as 0.

use crate::storage::{PageCount, PageSize};

/// The fields of a header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header<'a>(&'a [u8]);

/// The fields that change, or may change, with each commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    ChangeCounter = 24,
    PageCount = 28,
    SchemaCookie = 40,
    ValidFor = 92,
}

pub(super) const VERSIONS: std::ops::Range<usize> = 18..20;
pub(super) const WAL_VERSION: u8 = 2;
pub(super) const LEGACY_VERSION: u8 = 1;

impl<'a> Header<'a> {
    pub(super) const LENGTH: usize = 100;
    /// The newest known versions of the file format and the schema format, and the number of text encodings.
    const NEWEST: u8 = WAL_VERSION;
    const NEWEST_SCHEMA_FORMAT: u32 = 4;
    const ENCODINGS: u32 = 3;
    /// The text encoding UTF-8. In a database that has no table yet the field is 0, which means the same.
    const UTF_8: u32 = 1;

    /// The header of a file, or of a first page.
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Header(bytes)
    }

    pub(super) fn is_sqlite(self) -> bool {
        self.0.starts_with(b"SQLite format 3\0")
    }

    pub(super) fn is_whole(self) -> bool {
        self.0.len() >= Self::LENGTH
    }

    pub(super) fn page_size(self) -> Option<PageSize> {
        match self.0.get(16..18).map(|size| u16::from_be_bytes([size[0], size[1]]))? {
            // 65536 does not fit into the two bytes.
            1 => PageSize::new(65536),
            size => PageSize::new(size.into()),
        }
    }

    /// Whether SQLite knows the read and write versions, the schema format and the text encoding.
    pub(super) fn is_known(self) -> bool {
        let versions = self.0.get(VERSIONS).unwrap_or_default();
        versions.iter().all(|version| (1..=Self::NEWEST).contains(version))
            && self.u32_at(44) <= Self::NEWEST_SCHEMA_FORMAT
            && self.u32_at(56) <= Self::ENCODINGS
    }

    /// Unused bytes at the end of each page.
    pub(super) fn reserved(self) -> u8 {
        self.0.get(20).copied().unwrap_or_default()
    }

    pub(super) fn change_counter(self) -> u32 {
        self.field(Field::ChangeCounter)
    }

    pub(super) fn encoding(self) -> u32 {
        self.u32_at(56).max(Self::UTF_8)
    }

    /// The number of pages in the file; `None` if the last program to write the file does not count them.
    pub(super) fn page_count(self) -> Option<u32> {
        let count = self.field(Field::PageCount);
        (count > 0 && self.change_counter() == self.field(Field::ValidFor)).then_some(count)
    }

    /// The first trunk page of the freelist; 0 if there is none.
    pub(super) fn free_trunk(self) -> u32 {
        self.u32_at(32)
    }

    pub(super) fn free_pages(self) -> u32 {
        self.u32_at(36)
    }

    /// Bumps the change counter and schema cookie past `before`'s, so that no connection mistakes the imported file for
    /// the old one, and returns the new first page. A counter that is at its maximum starts again at 1 (at 2 if
    /// `before` has 1); a connection that sees the change counter go back is opened anew.
    pub(super) fn renewed(self, before: Option<Header<'_>>, count: PageCount) -> Vec<u8> {
        let next = |field: Field| {
            let before = before.map_or(0, |before| before.field(field));
            let highest = self.field(field).max(before);
            highest.checked_add(1).unwrap_or(if before == 1 { 2 } else { 1 })
        };
        let mut page = self.0.to_vec();
        for (field, value) in [
            (Field::ChangeCounter, next(Field::ChangeCounter)),
            (Field::ValidFor, next(Field::ChangeCounter)),
            (Field::SchemaCookie, next(Field::SchemaCookie)),
            (Field::PageCount, count.0),
        ] {
            let at = field as usize;
            page[at..at + 4].copy_from_slice(&value.to_be_bytes());
        }
        page
    }

    fn field(self, field: Field) -> u32 {
        self.u32_at(field as usize)
    }

    fn u32_at(self, at: usize) -> u32 {
        u32_at(self.0, at)
    }
}

/// A big-endian number of four bytes, as the file format has them; 0 if there are fewer bytes.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let field = bytes.get(at..at + 4).and_then(|field| field.try_into().ok());
    field.map_or(0, u32::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(change_counter: u32) -> Vec<u8> {
        let mut page = vec![0; Header::LENGTH];
        page[24..28].copy_from_slice(&change_counter.to_be_bytes());
        page
    }

    #[test]
    fn bytes_that_are_no_header_have_no_fields() {
        let header = Header::of(b"SQLite");
        assert!(!header.is_sqlite() && !header.is_whole());
        assert_eq!((header.page_size(), header.page_count()), (None, None));
        assert_eq!((header.change_counter(), header.free_trunk()), (0, 0));
    }

    #[test]
    fn a_page_of_65536_bytes_is_written_as_1() {
        let mut bytes = page(0);
        bytes[16..18].copy_from_slice(&[0, 1]);
        assert_eq!(Header::of(&bytes).page_size(), PageSize::new(65536));
    }

    #[test]
    fn an_imported_file_is_newer_than_both_it_and_what_was_there() {
        let (file, before) = (page(5), page(9));
        let renewed = Header::of(&file).renewed(Some(Header::of(&before)), PageCount(2));
        let renewed = Header::of(&renewed);
        assert_eq!((renewed.change_counter(), renewed.page_count()), (10, Some(2)));
    }

    #[test]
    fn a_counter_at_its_end_begins_anew_and_is_not_what_it_was() {
        let last = page(u32::MAX);
        let renewed = Header::of(&last).renewed(None, PageCount(1));
        assert_eq!(Header::of(&renewed).change_counter(), 1);
        let renewed = Header::of(&last).renewed(Some(Header::of(&page(1))), PageCount(1));
        assert_eq!(Header::of(&renewed).change_counter(), 2);
    }
}
