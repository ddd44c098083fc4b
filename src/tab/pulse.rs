//! The pulse: what a leader says while SQLite runs, when it can neither hear nor answer.
//!
//! A statement may take longer than a lease. Without a sign of life another tab would lead, run the same write, and
//! lose leadership over it again. So the engine calls here every few milliseconds, and the heartbeats go out that the
//! protocol would send; but only until the time is over that those who asked for the work give it. Then the work is
//! stopped: nobody waits for it any more, and its answer is certain.

use crate::engine::Progress;
use crate::protocol::{HEARTBEAT_MS, Message, Timestamp};

#[derive(Debug, Default)]
pub struct Pulse {
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    /// What the leader last said, to be said again with a later lease.
    lead: Message,
    next: Timestamp,
    until: Timestamp,
}

impl Pulse {
    /// A work begins that may take until then.
    pub(super) fn begin(&mut self, now: Timestamp, lead: Option<Message>, until: Timestamp) {
        let next = now.after_ms(HEARTBEAT_MS);
        self.running = lead.map(|lead| Running { lead, next, until });
    }

    /// It is done.
    pub(super) fn end(&mut self) {
        self.running = None;
    }

    /// It is under way: what to broadcast now, if anything, and whether it may go on.
    pub fn beat(&mut self, now: Timestamp) -> (Option<Vec<u8>>, Progress) {
        let Some(Running { lead, next, until }) = &mut self.running else {
            return (None, Progress::GoOn);
        };
        if *until <= now {
            return (None, Progress::Interrupt);
        }
        if now < *next {
            return (None, Progress::GoOn);
        }
        *next = now.after_ms(HEARTBEAT_MS);
        lead.renew(now);
        (Some(lead.encode()), Progress::GoOn)
    }
}
