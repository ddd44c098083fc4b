//! How large what crosses threads and tabs may be. `client` keeps these before anything is copied, `engine` for what
//! SQLite makes itself.
//!
//! A value is there several times while it is written: in the page, in its worker, in the leader as the parameter, as
//! SQLite's copy of it, as the record, and as the pages; then once in each tab. All of that is memory of 32 bits, which
//! never shrinks. What is larger belongs in pieces, or into a file of the browser.

const MIB: usize = 1 << 20;

/// One text or blob.
pub const LARGEST_VALUE: usize = 100 * MIB;
/// SQL and all parameters of one call, or of all statements of a batch. No row can be larger either.
pub const LARGEST_REQUEST: usize = 128 * MIB;
/// All rows that one statement answers, packed.
pub const LARGEST_RESULT: usize = 256 * MIB;
/// A database file that is brought by `import` or a migration.
pub const LARGEST_FILE: usize = 512 * MIB;

/// Something that is not even begun.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} is too large: {bytes} bytes, and {limit} are the most; {way_out}")]
pub struct TooLarge {
    what: String,
    bytes: usize,
    limit: usize,
    way_out: &'static str,
}

/// Whether a value, which `what` names, may have so many bytes.
pub fn value(what: impl FnOnce() -> String, bytes: usize) -> Result<(), TooLarge> {
    let way_out = "store it in pieces of about 1 MB, a row each, or as a file of the browser's (OPFS) that a row names";
    within(LARGEST_VALUE, what, bytes, way_out)
}

/// Whether a call may have so many bytes, its SQL and all its parameters.
pub fn request(bytes: usize) -> Result<(), TooLarge> {
    let what = || "what this call brings, SQL and all parameters together,".to_owned();
    within(LARGEST_REQUEST, what, bytes, "use several calls, one after the other")
}

/// Whether a database file, which `what` names, may have so many bytes.
pub fn file(what: impl FnOnce() -> String, bytes: usize) -> Result<(), TooLarge> {
    let way_out = "each tab holds the whole database in memory: leave out what this page does not need";
    within(LARGEST_FILE, what, bytes, way_out)
}

fn within(limit: usize, what: impl FnOnce() -> String, bytes: usize, way_out: &'static str) -> Result<(), TooLarge> {
    if bytes <= limit {
        return Ok(());
    }
    Err(TooLarge {
        what: what(),
        bytes,
        limit,
        way_out,
    })
}
