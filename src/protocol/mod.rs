//! The protocol: who leads, how a write reaches the leader once, how its commit reaches every tab.
//!
//! A pure state machine: no clock, no randomness, no async, no browser, no SQL. `tab` drives it in a worker, the
//! simulated cluster drives it in tests. The rule for the driver:
//!
//! > Change it once ([`Protocol::handle`] or [`Protocol::submit`]), drain [`Protocol::poll`] to `None`
//! > and carry out each output in order, then change it again.
//!
//! 1. A tab opens: it has loaded the image, sends `Hello`, and queues for the lock.
//! 2. The lock is granted: the tab raises the epoch (from then on older leaders cannot append), catches up with
//!    the head that it read in the same transaction, and announces `Lead`.
//! 3. A page submits a write in any tab. The write gets a request id and goes to the leader. If that leader ends, the
//!    write goes to the next one under the same id.
//! 4. The leader runs the waiting writes as one group and asks the store to append the commit. Only when the
//!    store has the commit does the leader publish it, answer, and broadcast.
//! 5. A follower applies commits in order. The commit that holds the reply to its own write settles that write, so
//!    its page can read the write at once.
//! 6. A heartbeat each second extends the lease. When the lease lapses, a follower steals the lock.
//! 7. A write that was with a leader when that leader died is a suspect, and is tried alone ([`trials`]).
//!
//! Safety rests on no timing. It rests on the store's check of the epoch, and on the replies that the store keeps
//! with the pages ([`pending`]).
//!
//! | owner | of |
//! |---|---|
//! | [`protocol`] | which call each input, message and deadline makes on the participant |
//! | [`participant`] | the owners below, and what each means for the others |
//! | [`election`] | who leads, as far as this tab knows, and how this tab starts and stops leading |
//! | [`replication`], over [`replica`] | the position of this tab's replica, and how it moves forward |
//! | [`writes`], over [`pending`] and [`writing`] | both ends of a write: at the tab that asked, and at the leader |
//! | [`write_queue`], [`trials`], [`long_writes`], [`turn`] | the order at the leader; what runs alone, or last |
//! | [`message`], [`words`], [`wake`] | messages between tabs, inputs and outputs, reasons to wake |

mod election;
mod leadership;
mod long_writes;
mod message;
mod participant;
mod pending;
#[allow(clippy::module_inception, reason = "the door, beside what is behind it")]
mod protocol;
mod queued;
mod record;
mod replica;
mod replication;
mod trials;
mod turn;
mod turn_end;
mod wake;
mod words;
mod write_error;
mod write_queue;
mod writes;
mod writing;

#[cfg(test)]
mod tests;

pub use leadership::{Here, Leadership};
pub use message::{Message, MessageError};
pub use protocol::Protocol;
pub use queued::{Patience, PutOff, Queued};
pub use record::Record;
pub use turn_end::TurnEnd;
pub use wake::Wake;
pub use words::{Input, Output};
pub use write_error::{Fate, StoreCause, WriteError};

pub use crate::time::Timestamp;
