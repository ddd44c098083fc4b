//! Checkpoints, as a leader makes them: a bounded step at a time, when nothing else waits.

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

    /// The image has been moved by this commit.
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

    /// The store has answered.
    pub(super) fn stepped(&mut self, result: Result<(), StoreError>, agenda: &mut Agenda) {
        match result {
            // Another leader will do it; losing leadership abandons the folding.
            Ok(()) | Err(StoreError::Fenced { .. }) => {}
            Err(error) => {
                self.abandon();
                agenda.tell(Event::Warning(error.into()));
            }
        }
    }

    /// This tab leads no more: what it has begun is the next leader's to begin again.
    pub(super) fn abandon(&mut self) {
        self.folding.abandon();
    }
}
