//! Storage: the image of a database, the commits that move it forward, and the store that keeps both.
//!
//! Used by `tab` (which drives a [`Store`]), `engine` (which reads and changes an [`Image`]) and `protocol` (which
//! carries [`Commit`]s). A store holds a **checkpoint** of blocks, and a **log** of the commits after the checkpoint;
//! together they are the database. IndexedDB charges by the record, so a commit is one record if it fits, and a block
//! is many pages. A record per page was refused (1,000 records cost 220 ms, the same bytes as one value 7 ms).
//!
//! Invariants, kept by every store and shown by `tests/store_contract`:
//! * An append happens as a whole or not at all, and only under the stored epoch.
//! * Commits are numbered without gap; each begins at the position where the one before ended.
//! * Blocks are written only from an image whose newest commit the store holds.
//! * A checkpoint never changes what [`Store::load`] returns.

mod block;
mod checkpoint;
mod commit;
mod durability;
mod head;
mod image;
#[cfg(target_family = "wasm")]
mod indexeddb;
mod lease;
mod memory;
mod page;
mod piece;
mod position;
mod record;
mod reply;
mod salvage;
mod snapshot;

pub use block::{Block, BlockNo};
pub use checkpoint::{Checkpoint, FoldedBlocks, Folding};
pub use commit::Commit;
pub use durability::Durability;
pub use head::Head;
use head::Layout;
pub use image::{ApplyError, Dirty, Image};
#[cfg(target_family = "wasm")]
pub use indexeddb::IndexedDbStore;
pub use lease::{Lease, LeaseAct, LeaseStep};
pub use memory::{Disk, FaultPoint, MemoryStore, Operation};
pub use page::{Page, PageCount, PageNo, PageSize, page_checksum};
pub use position::{Checksum, Epoch, Position, Seq};
pub use record::{RecordError, RecordName};
pub use reply::{Replies, Reply, RequestId, TabId};
pub use salvage::Salvage;
pub use snapshot::Snapshot;

/// Why a store did not do what it was asked. The variants differ in what the caller can do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another tab leads under this newer epoch: stop leading. Nothing was written.
    #[error("another tab leads since {stored}, so nothing was written; write again, and that one does it")]
    Fenced {
        /// The epoch in the store, higher than the caller's.
        stored: Epoch,
    },
    /// The origin may store no more. Nothing was written, and there may be room for a smaller write.
    #[error(
        "the browser has no room for this in the storage of this site{}; a smaller write may be stored, and deleting what \
         other databases of the site hold makes room",
        said(.0)
    )]
    Quota(String),
    /// The commit has more than `most` bytes. Nothing was written. Asking again does not help.
    #[error(
        "one commit may hold {} MiB, this one has {} MiB; write it in several parts, each a write of its own",
        most >> 20,
        bytes.div_ceil(1 << 20)
    )]
    TooLarge {
        /// Roughly the size of the record, or that of its replies alone.
        bytes: usize,
        /// [`Commit::MOST_BYTES`], or [`Commit::MOST_REPLY_BYTES`] for the replies.
        most: usize,
    },
    /// The stored data is gone: it was deleted or evicted under the open tab.
    #[error("the stored database is gone{}; reload the page to begin anew", said(.0))]
    Gone(String),
    /// A stored record is not what was written. The error names the record, so that somebody can look at it.
    #[error(
        "the stored record {record} is damaged: {reason}; Database.recover(name) gives what can be read, and \
         Database.delete(name) lets it begin anew"
    )]
    Corrupt {
        /// A [`RecordName`] as text, or `image` if only the records together are wrong.
        record: String,
        /// What does not fit, for people.
        reason: String,
    },
    /// A newer version of the library stored the data in a layout that this version does not understand.
    #[error(
        "the database was stored by a newer version of sqlite-elements (layout {stored}, and this one reads up to {known}); \
         reload the page to get that version"
    )]
    Layout {
        /// The version in the record.
        stored: u32,
        /// The version that this library writes and reads.
        known: u32,
    },
    /// The browser offers no store here (private mode, or storage switched off).
    #[error("the browser offers this page no storage{}; let this site store data, and reload the page", said(.0))]
    Unavailable(String),
    /// The transaction failed and had no effect. It may be tried again.
    #[error("the browser's storage failed{}; nothing was changed, so try it again", said(.0))]
    Failed(String),
}

impl StoreError {
    /// Whether this tab cannot use the database any more: asking again does not help, and neither does another leader.
    pub fn is_final(&self) -> bool {
        match self {
            StoreError::Failed(_) | StoreError::Quota(_) | StoreError::TooLarge { .. } | StoreError::Fenced { .. } => {
                false
            }
            StoreError::Gone(_)
            | StoreError::Corrupt { .. }
            | StoreError::Layout { .. }
            | StoreError::Unavailable(_) => true,
        }
    }
}

/// What the browser said about the error, in parentheses, if it said anything.
fn said(words: &str) -> String {
    match words.trim() {
        "" => String::new(),
        words => format!(" ({words})"),
    }
}

/// The answer to "which commits came after mine?".
#[derive(Clone, Debug)]
pub enum CatchUp {
    /// All later commits, in order; empty if there are none.
    Commits(Vec<Commit>),
    /// The later commits are folded into the checkpoint, or the caller's commit was never part of this history: call
    /// [`Store::load`] again.
    Reload,
}

/// Keeps one database. Every method is one transaction: it happens as a whole or not at all.
///
/// Dropping a returned future does not undo what it started.
#[allow(async_fn_in_trait, reason = "one thread per tab: no Send bound is wanted")]
pub trait Store {
    /// Everything, as of one instant. A database that does not exist yet is empty.
    async fn load(&self) -> Result<Snapshot, StoreError>;

    /// Raises the epoch by one, and returns the head as of that instant. From then on every append under an older epoch
    /// is refused.
    async fn raise_epoch(&self) -> Result<Head, StoreError>;

    /// Appends a commit under its epoch. `Ok` means that the commit is stored, with the store's [`Durability`]. A
    /// commit of more than [`Commit::MOST_BYTES`] is [`StoreError::TooLarge`].
    async fn append(&self, commit: &Commit) -> Result<(), StoreError>;

    /// The commits after `seq`, as of one instant.
    async fn commits_after(&self, seq: Seq) -> Result<CatchUp, StoreError>;

    /// Overwrites blocks of the checkpoint, a bounded number at a time. Blocks may be newer than their checkpoint: the
    /// commits that changed them are still in the log and are applied over them, so stopping between two steps loses
    /// nothing. For the same reason the store refuses blocks whose newest commit it does not hold: no commit would ever
    /// put right what they overwrote.
    async fn write_blocks(&self, epoch: Epoch, blocks: &FoldedBlocks) -> Result<(), StoreError>;

    /// Moves the checkpoint: stores its position and replies, and deletes the commits up to it and the blocks beyond
    /// its page count.
    async fn finish_checkpoint(&self, epoch: Epoch, checkpoint: &Checkpoint) -> Result<(), StoreError>;

    /// Everything that can be read, however damaged the rest is.
    async fn salvage(&self) -> Result<Salvage, StoreError>;

    /// Takes one step on the lease, and returns the lease after it. A power cut may lose the step.
    async fn lease(&self, step: &LeaseStep) -> Result<Lease, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_says_what_is_wrong_in_a_sentence_whatever_the_browser_says() {
        let by_the_browser = [
            StoreError::Quota,
            StoreError::Gone,
            StoreError::Unavailable,
            StoreError::Failed,
        ];
        for error in by_the_browser {
            for silence in ["", " "] {
                let message = error(silence.into()).to_string();
                assert!(!message.contains("()") && !message.contains("  "), "{message}");
                assert!(
                    message.contains(';') && message.ends_with(char::is_alphabetic),
                    "{message}"
                );
            }
            let message = error("AbortError: it was aborted".into()).to_string();
            assert!(message.contains(" (AbortError: it was aborted)"), "{message}");
        }
    }
}
