//! The protocol: who leads, how a write reaches the leader once, how its commits reach everybody.
//!
//! Pure state machine, driven by `tab` (in a worker) and by the simulated cluster (in tests): no clock,
//! no randomness, no async, no browser, no SQL. The rule:
//!
//! > Change it once ([`Protocol::handle`] or [`Protocol::submit`]), drain [`Protocol::poll`] to `None`
//! > carrying out each output in order, then change it again.
//!
//! 1. A tab opens: it has loaded the image, says `Hello`, queues for the lock.
//! 2. Lock granted: it raises the epoch (from that instant older leaders cannot append), catches up with
//!    the head that it read in the same transaction, announces `Lead`.
//! 3. A write is submitted anywhere: it gets a request id and goes to the leader; to the next one too,
//!    under the same id, if this one goes.
//! 4. The leader runs what waits as one group, asks the store to append the commit, and only when the
//!    store has it publishes, answers, and broadcasts.
//! 5. A follower applies commits in order, and a write of its own is settled by the commit that holds
//!    its reply: so it can read its write at once.
//! 6. A heartbeat each second extends the lease; a lease that lapsed is answered by stealing the lock.
//!
//! 7. A write that was with a leader who died is a suspect, and is tried alone ([`trials`]).
//!
//! Safety needs none of the timing: it is the store's check of the epoch, and the replies that are stored
//! with the pages ([`pending`]).
//!
//! | owner | of |
//! |---|---|
//! | [`protocol`] | what each input, message, and deadline asks of the participant |
//! | [`participant`] | the owners below, and what each means for the others |
//! | [`election`] | who leads, as far as this tab knows, and its own way there and back |
//! | [`replication`], over [`replica`] | how far this tab's image is, and how it comes further |
//! | [`writes`], over [`pending`] and [`writing`] | both ends of a write: what the page waits for, what the leader has |
//! | [`write_queue`], [`trials`], [`long_writes`], [`turn`] | what waits for the leader: in order, alone, last, for a transaction |
//! | [`message`], [`words`], [`wake`] | what tabs say to each other, what the protocol is told and says, why it wakes |

mod election;
mod long_writes;
mod message;
mod participant;
mod pending;
#[allow(clippy::module_inception, reason = "the door, beside what is behind it")]
mod protocol;
mod replica;
mod replication;
mod trials;
mod turn;
mod wake;
mod words;
mod write_queue;
mod writes;
mod writing;

#[cfg(test)]
mod tests;

pub use election::{Here, Leadership};
pub use message::{Message, MessageError};
pub use pending::{Fate, StoreCause, WriteError};
pub use protocol::Protocol;
pub use trials::Record;
pub use turn::TurnEnd;
pub use wake::Wake;
pub use words::{Input, Output};
pub use write_queue::{Patience, PutOff, Queued};

pub use crate::time::Timestamp;
