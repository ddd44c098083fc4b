//! Size limits for data that crosses threads and tabs. `client` checks them before it copies anything, and `engine`
//! checks them for what SQLite makes itself.
//!
//! A value exists several times while it is written: in the page, in its worker, in the leader as the parameter, as
//! SQLite's copy of it, as the record, and as the pages; then once in each tab. All of that is 32-bit memory, which
//! never shrinks. Larger data belongs in pieces, or in a file of the browser.

const MIB: usize = 1 << 20;

/// Maximum size of one text or blob, in bytes.
pub const LARGEST_VALUE: usize = 100 * MIB;
/// Maximum size of a call in bytes: its SQL and all parameters, or all statements of a batch. No row can be larger
/// either.
pub const LARGEST_REQUEST: usize = 128 * MIB;
/// Maximum size of all rows that one statement returns, packed, in bytes.
pub const LARGEST_RESULT: usize = 256 * MIB;
/// Maximum size of a database file that `import` or a migration brings, in bytes.
pub const LARGEST_FILE: usize = 512 * MIB;

/// Something that is above a limit, and was not begun.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} is too large: {bytes} bytes, and {limit} are the most; {way_out}")]
pub struct TooLarge {
    what: String,
    bytes: usize,
    limit: usize,
    way_out: &'static str,
}

/// Checks the size of a value. `what` names it in the error.
pub fn value(what: impl FnOnce() -> String, bytes: usize) -> Result<(), TooLarge> {
    let way_out = "store it in pieces of about 1 MB, a row each, or as a file of the browser's (OPFS) that a row names";
    within(LARGEST_VALUE, what, bytes, way_out)
}

/// Checks the size of a call: its SQL and all its parameters.
pub fn request(bytes: usize) -> Result<(), TooLarge> {
    let what = || "what this call brings, SQL and all parameters together,".to_owned();
    within(LARGEST_REQUEST, what, bytes, "use several calls, one after the other")
}

/// Checks the size of a database file. `what` names it in the error.
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
