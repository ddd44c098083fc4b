//! Counts what running a text costs, for the tests alone. They can show without a clock that twice the statements cost
//! twice the work.

#[cfg(test)]
thread_local! {
    static SCANNED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
    static ENTRIES: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Counts bytes of SQL that were scanned or copied.
pub(super) fn scanned(bytes: usize) {
    #[cfg(test)]
    SCANNED.set(SCANNED.get() + bytes);
    #[cfg(not(test))]
    let _ = bytes;
}

/// Counts one entry of the schema that was read.
pub(super) fn read_of_the_schema() {
    #[cfg(test)]
    ENTRIES.set(ENTRIES.get() + 1);
}

/// Bytes scanned and entries read since the last call.
#[cfg(test)]
pub(super) fn take() -> (usize, usize) {
    (SCANNED.take(), ENTRIES.take())
}
