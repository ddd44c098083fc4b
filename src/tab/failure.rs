//! Turns errors of the layers below into failures that a page can act on. No other place does.

use crate::engine::EngineError;
use crate::protocol::{MessageError, StoreCause, WriteError};
use crate::request::{Failure, FailureKind};
use crate::sql::Code;
use crate::storage::StoreError;

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let code = match &error {
            StoreError::Fenced { .. } => Code::Fenced,
            StoreError::Quota(_) => Code::QuotaExceeded,
            StoreError::TooLarge { .. } => Code::CommitTooLarge,
            StoreError::Gone(_) => Code::StorageGone,
            StoreError::Corrupt { .. } => Code::StorageCorrupt,
            StoreError::Layout { .. } => Code::VersionMismatch,
            StoreError::Unavailable(_) => Code::StorageUnavailable,
            StoreError::Failed(_) => Code::StorageFailed,
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
                    StoreCause::Quota => Code::QuotaExceeded,
                    StoreCause::Gone => Code::StorageGone,
                    StoreCause::TooLarge => Code::CommitTooLarge,
                    StoreCause::Other => Code::StorageFailed,
                };
                Failure::new(FailureKind::Storage, code, message)
            }
            WriteError::Timeout { .. } => Failure::new(FailureKind::Write, Code::Timeout, message),
            WriteError::Poisoned => Failure::new(FailureKind::Write, Code::WritePoisoned, message),
            WriteError::Closed { .. } => Failure::new(FailureKind::State, Code::DatabaseClosed, message),
        }
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        let message =
            format!("what is stored cannot be opened: {error}; Database.recover(name) gives the file as it is");
        Failure::new(FailureKind::Storage, Code::ImageUnreadable, message)
    }
}

impl From<MessageError> for Failure {
    fn from(error: MessageError) -> Self {
        let code = match error {
            MessageError::Version(_) => Code::VersionMismatch,
            MessageError::Damaged => Code::MessageDamaged,
        };
        Failure::new(FailureKind::State, code, error.to_string())
    }
}
