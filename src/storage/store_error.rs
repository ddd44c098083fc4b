//! Why a store refuses.

use super::position::Epoch;

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
