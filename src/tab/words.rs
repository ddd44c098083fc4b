//! The words of a tab: what happens to it ([`Happening`]) and what it wants done ([`Effect`]).
//!
//! Spoken by the driver in the worker, and by the simulated browser of the tests. One message has several names on its way,
//! each a layer's own:
//!
//! | from | to | word | e.g. for a write |
//! |---|---|---|---|
//! | page | tab | [`Request`] in a [`Happening`] | `Write { call, work }` |
//! | tab | protocol | [`crate::protocol::Input`], or a method | `submit(work)` |
//! | protocol | tab | [`crate::protocol::Output`] | `Run { group }`, `Append(commit)`, `Settle { request }` |
//! | tab | driver | [`Effect`] | `Store(Append(commit))`, `Tell(Answered { call })` |
//! | tab | page | [`Event`] in an [`Effect`] | `Answered { call, answer }` |

use super::store_call::{StoreAnswer, StoreCall};
use crate::request::{Event, Request};
use crate::storage::TabId;

/// What happens to a tab.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "handed over once, never kept in numbers")]
pub enum Happening {
    /// Its page asks for something.
    Asked(Request),
    /// Another tab said something.
    Heard(Vec<u8>),
    LockGranted,
    /// The lock was held and another tab stole it.
    LockLost,
    Stored(StoreAnswer),
    /// [`Tab::deadline`] has passed.
    TimedOut,
}

/// What a tab wants done.
#[derive(Debug)]
pub enum Effect {
    Lock(LockCall),
    /// Store calls are made one after the other, in this order; each is answered by [`Happening::Stored`].
    Store(StoreCall),
    /// Say this to all other tabs.
    Broadcast(Vec<u8>),
    /// Say this to one tab alone, for it is large.
    Send {
        to: TabId,
        bytes: Vec<u8>,
    },
    /// Tell the page.
    Tell(Event),
    /// Everything is given back; drop the tab.
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockCall {
    /// Queue for the lock.
    Request,
    /// Take it from whoever holds it.
    Steal,
    /// Give it back, or leave the queue.
    Release,
}
