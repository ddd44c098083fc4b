//! Replication: moves this tab's replica forward, by broadcast commits and by reads of the store.
//!
//! Nothing depends on the arrival of a message. A gap is filled from the store, a diverged replica is loaded anew, and
//! in both cases the store decides what the history is. Only one read of the store is under way at a time: the answer
//! to an older read must not pass for the one that repairs the replica.
//!
//! A page that comes back into sight may have missed messages. So the tab reads the store before it answers the page:
//! otherwise the page could show a past in which its own writes, sent from another tab, are missing.
//!
//! Owned by [`super::participant`], which does not move the replica while a group of this tab is not durable.

use std::rc::Rc;

use super::replica::{Advance, Replica};
use super::wake::Wake;
use super::words::Output;
use super::words::Outputs;
use crate::storage::{CatchUp, Commit, Position, Replies, StoreError};
use crate::time::Timestamp;

/// How long to wait after a failed read of the store.
const RETRY_MS: u64 = 1_000;

#[derive(Debug)]
pub(super) struct Replication {
    replica: Replica,
    fetch: Fetch,
    returning: Return,
}

/// Whether a read of the store is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fetch {
    Idle,
    UnderWay,
    /// Under way, but the replica was found to be wrong meanwhile, and this read cannot repair it.
    InVain,
    /// The last read failed; read again then.
    Again(Timestamp),
}

/// Whether a tab that came back has read the store since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Return {
    #[default]
    Complete,
    /// The store is to be read once nothing else is under way.
    Wanted,
    /// The read is under way.
    UnderWay,
}

/// What the store's answer has led to.
#[derive(Debug)]
pub(super) enum Fetched {
    /// The replica holds the answer and can go on.
    Held,
    /// The answer does not help: the image is being loaded anew.
    Reloading,
    Failed(StoreError),
}

// Questions.
impl Replication {
    pub(super) fn new(position: Position, replies: Replies) -> Self {
        Replication {
            replica: Replica::new(position, replies),
            fetch: Fetch::Idle,
            returning: Return::Complete,
        }
    }

    pub(super) fn position(&self) -> Position {
        self.replica.position()
    }

    pub(super) fn replies(&self) -> &Replies {
        self.replica.replies()
    }

    /// Whether a read of the store is under way.
    pub(super) fn is_asking(&self) -> bool {
        matches!(self.fetch, Fetch::UnderWay | Fetch::InVain)
    }

    /// Whether a read of the store is under way or planned.
    pub(super) fn is_fetching(&self) -> bool {
        self.fetch != Fetch::Idle
    }

    /// Whether this tab came back and has not read the store since, so that its image may be stale.
    pub(super) fn is_returning(&self) -> bool {
        self.returning != Return::Complete
    }

    pub(super) fn due_at(&self, wake: Wake) -> Option<Timestamp> {
        match (wake, self.fetch) {
            (Wake::StoreAgain, Fetch::Again(at)) => Some(at),
            _ => None,
        }
    }
}

// Forward.
impl Replication {
    /// Holds a broadcast commit. Commits may arrive in any order.
    pub(super) fn hold(&mut self, commit: Rc<Commit>) {
        self.replica.hold(commit);
    }

    /// Notes the position that a leader named.
    pub(super) fn hear(&mut self, position: Position) {
        self.replica.hear(position);
    }

    /// A commit of this tab is durable.
    pub(super) fn stored(&mut self, commit: &Commit) {
        self.replica.advance(commit);
    }

    /// The next commit to apply, which this call already counts as part of the replica. Without one, reads the store if
    /// anything is missing.
    pub(super) fn step(&mut self, outputs: &mut Outputs) -> Option<Rc<Commit>> {
        match self.replica.step() {
            Advance::Apply(commit) => {
                self.replica.advance(&commit);
                return Some(commit);
            }
            Advance::Gap => self.ask(outputs),
            Advance::Diverged => self.reload(outputs),
            Advance::Level => {}
        }
        None
    }

    /// Reads from the store all commits after the replica's position.
    pub(super) fn ask(&mut self, outputs: &mut Outputs) {
        self.fetch = Fetch::UnderWay;
        let after = self.position().seq;
        outputs.push(Output::CatchUp { after });
    }

    /// The engine found that its image does not match the replica. A read that is under way cannot repair that.
    pub(super) fn diverged(&mut self, outputs: &mut Outputs) {
        if self.is_asking() {
            self.fetch = Fetch::InVain;
        } else {
            self.reload(outputs);
        }
    }

    pub(super) fn caught_up(&mut self, caught_up: Result<CatchUp, StoreError>, outputs: &mut Outputs) -> Fetched {
        if std::mem::replace(&mut self.fetch, Fetch::Idle) == Fetch::InVain {
            self.reload(outputs);
            return Fetched::Reloading;
        }
        match caught_up {
            Ok(CatchUp::Commits(commits)) => {
                for commit in commits {
                    self.replica.hold_stored(Rc::new(commit));
                }
                self.replica.believe_store();
                Fetched::Held
            }
            Ok(CatchUp::Reload) => {
                self.reload(outputs);
                Fetched::Reloading
            }
            Err(error) => Fetched::Failed(error),
        }
    }

    pub(super) fn reloaded(&mut self, loaded: Result<(Position, Replies), StoreError>) -> Fetched {
        self.fetch = Fetch::Idle;
        match loaded {
            Ok((position, replies)) => {
                self.replica.reset(position, replies);
                Fetched::Held
            }
            Err(error) => Fetched::Failed(error),
        }
    }

    pub(super) fn ask_later(&mut self, now: Timestamp) {
        self.fetch = Fetch::Again(now.after_ms(RETRY_MS));
    }

    /// The pause after a failed read is over.
    pub(super) fn waited(&mut self) {
        self.fetch = Fetch::Idle;
    }

    fn reload(&mut self, outputs: &mut Outputs) {
        self.fetch = Fetch::UnderWay;
        outputs.push(Output::Reload);
    }
}

// After a return.
impl Replication {
    /// The page came back into sight.
    pub(super) fn want_return(&mut self) {
        self.returning = Return::Wanted;
    }

    /// Reads the store, if a return wants that and has not begun it.
    pub(super) fn read_after_return(&mut self, outputs: &mut Outputs) {
        if self.returning == Return::Wanted {
            self.returning = Return::UnderWay;
            self.ask(outputs);
        }
    }

    pub(super) fn store_was_read(&mut self) {
        if self.returning == Return::UnderWay {
            self.returning = Return::Complete;
        }
    }

    /// The read failed, so the return still wants one.
    pub(super) fn store_was_not_read(&mut self) {
        if self.returning == Return::UnderWay {
            self.returning = Return::Wanted;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);

    fn level() -> (Replication, Outputs) {
        let replication = Replication::new(Position::default(), Replies::default());
        (replication, Outputs::default())
    }

    #[test]
    fn what_is_found_wrong_while_the_store_is_asked_is_loaded_anew_after_the_answer() {
        let (mut replication, mut outputs) = level();
        replication.ask(&mut outputs);
        replication.diverged(&mut outputs);
        assert!(matches!(outputs.next(), Some(Output::CatchUp { .. })));
        assert!(outputs.next().is_none(), "one question at a time");
        let answer = Ok(CatchUp::Commits(Vec::new()));
        assert!(matches!(
            replication.caught_up(answer, &mut outputs),
            Fetched::Reloading
        ));
        assert!(matches!(outputs.next(), Some(Output::Reload)));
    }

    #[test]
    fn a_page_that_is_back_is_answered_once_the_store_was_read_since() {
        let (mut replication, mut outputs) = level();
        replication.want_return();
        replication.read_after_return(&mut outputs);
        replication.store_was_not_read();
        assert!(replication.is_returning());
        replication.read_after_return(&mut outputs);
        replication.store_was_read();
        assert!(!replication.is_returning());
    }

    #[test]
    fn what_a_store_said_before_the_return_does_not_count_for_it() {
        let (mut replication, _) = level();
        replication.want_return();
        replication.store_was_read();
        assert!(replication.is_returning());
    }

    #[test]
    fn a_store_that_failed_is_asked_again_later() {
        let (mut replication, mut outputs) = level();
        replication.ask(&mut outputs);
        let failed = replication.caught_up(Err(StoreError::Failed("once".into())), &mut outputs);
        assert!(matches!(failed, Fetched::Failed(_)));
        replication.ask_later(NOW);
        assert!(replication.is_fetching() && !replication.is_asking());
        assert_eq!(replication.due_at(Wake::StoreAgain), Some(NOW.after_ms(RETRY_MS)));
    }
}
