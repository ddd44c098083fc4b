//! How large what crosses threads and tabs may be. Kept by `client`, before anything is copied, and by `engine`.
//!
//! A value is there several times while it is written: in the page, in its worker, in the leader as the parameter, as
//! SQLite's copy of it, as the record, and as the pages; then once in each tab. All of that is memory of 32 bits, which
//! never shrinks. The figures are in `docs/limits.md`; what is larger belongs in pieces, or in files of the page.

const MIB: usize = 1 << 20;

/// One text or blob.
pub const LARGEST_VALUE: usize = 100 * MIB;
/// SQL and all parameters of one call, or of all statements of a batch. No row may be larger either.
pub const LARGEST_REQUEST: usize = 128 * MIB;
/// All rows that one statement answers, packed.
pub const LARGEST_RESULT: usize = 256 * MIB;
/// A database file that is brought by `import` or a migration.
pub const LARGEST_FILE: usize = 512 * MIB;
