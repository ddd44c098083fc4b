//! Checkpoints: the leader writes them one bounded step at a time, when nothing else waits.

use super::agenda::Agenda;
use super::store_call::StoreCall;
use crate::request::Event;
use crate::storage::{Commit, Epoch, Folding, Image, Replies, StoreError};

#[derive(Debug)]
pub(super) struct Checkpoints {
    folding: Folding,
}

impl Checkpoints {
    pub(super) fn new(folding: Folding) -> Self {
        Checkpoints { folding }
    }

    /// Notes that this commit moved the image.
    pub(super) fn note(&mut self, commit: &Commit) {
        self.folding.note(commit);
    }

    /// The next step, if one is due.
    pub(super) fn step(&mut self, epoch: Epoch, image: &Image, replies: &Replies) -> Option<StoreCall> {
        if !self.folding.is_due() {
            return None;
        }
        let blocks = self.folding.next_blocks(image, replies);
        if !blocks.is_empty() {
            return Some(StoreCall::WriteBlocks { epoch, blocks });
        }
        let checkpoint = self.folding.finish()?;
        Some(StoreCall::FinishCheckpoint { epoch, checkpoint })
    }

    /// The store has answered the last step.
    pub(super) fn stepped(&mut self, result: Result<(), StoreError>, agenda: &mut Agenda) {
        match result {
            // Fenced: the new leader makes the checkpoint, and this tab abandons its own as it stops leading.
            Ok(()) | Err(StoreError::Fenced { .. }) => {}
            Err(error) => {
                self.abandon();
                agenda.tell(Event::Warning(error.into()));
            }
        }
    }

    /// This tab no longer leads. The next leader begins its checkpoint anew.
    pub(super) fn abandon(&mut self) {
        self.folding.abandon();
    }
}
