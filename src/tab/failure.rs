//! The one place where errors of the layers below become failures that a page can act on.

use crate::engine::EngineError;
use crate::protocol::{MessageError, StoreCause, WriteError};
use crate::request::{Failure, FailureKind};
use crate::storage::StoreError;

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let code = match &error {
            StoreError::Fenced { .. } => "FENCED",
            StoreError::Quota(_) => "QUOTA_EXCEEDED",
            StoreError::TooLarge { .. } => "COMMIT_TOO_LARGE",
            StoreError::Gone(_) => "STORAGE_GONE",
            StoreError::Corrupt { .. } => "STORAGE_CORRUPT",
            StoreError::Layout { .. } => "VERSION_MISMATCH",
            StoreError::Unavailable(_) => "STORAGE_UNAVAILABLE",
            StoreError::Failed(_) => "STORAGE_FAILED",
        };
        Failure::new(FailureKind::Storage, code, error.to_string())
    }
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        let message = error.to_string();
        match error {
            WriteError::Sql(failure) => failure.into(),
            WriteError::Store { cause, .. } => {
                let code = match cause {
                    StoreCause::Quota => "QUOTA_EXCEEDED",
                    StoreCause::Gone => "STORAGE_GONE",
                    StoreCause::TooLarge => "COMMIT_TOO_LARGE",
                    StoreCause::Other => "STORAGE_FAILED",
                };
                Failure::new(FailureKind::Storage, code, message)
            }
            WriteError::Timeout { .. } => Failure::new(FailureKind::Write, "TIMEOUT", message),
            WriteError::Poisoned => Failure::new(FailureKind::Write, "WRITE_POISONED", message),
            WriteError::Closed { .. } => Failure::new(FailureKind::State, "DATABASE_CLOSED", message),
        }
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        let message =
            format!("what is stored cannot be opened: {error}; Database.recover(name) gives the file as it is");
        Failure::new(FailureKind::Storage, "IMAGE_UNREADABLE", message)
    }
}

impl From<MessageError> for Failure {
    fn from(error: MessageError) -> Self {
        let code = match error {
            MessageError::Version(_) => "VERSION_MISMATCH",
            MessageError::Damaged => "MESSAGE_DAMAGED",
        };
        Failure::new(FailureKind::State, code, error.to_string())
    }
}

impl Failure {
    pub(super) fn permission_denied() -> Self {
        let message = "WRITE_PERMISSION_DENIED: this tab does not lead, and only the leader may write; \
                       use queueWrite() to have the leader do it, or allowNonLeaderWrites(true)";
        Failure::new(FailureKind::Write, "WRITE_PERMISSION_DENIED", message)
    }
}
