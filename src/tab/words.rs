//! The words of a tab: its events ([`Happening`]) and its effects ([`Effect`]).
//!
//! The driver in the worker speaks them, and so does the simulated browser of the tests. One message has several names
//! on its way, one for each layer:
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
    /// The page sent a request.
    Asked(Request),
    /// Another tab sent a message, in these bytes.
    Heard(Vec<u8>),
    /// This tab holds the lock that it requested or stole.
    LockGranted,
    /// Another tab stole the lock from this one.
    LockLost,
    /// The store has answered the oldest open [`Effect::Store`].
    Stored(StoreAnswer),
    /// The deadline of [`super::Tab::deadline`] has passed.
    TimedOut,
}

/// What a tab wants its driver to do.
#[derive(Debug)]
pub enum Effect {
    /// Change this tab's claim to the lock. Not used in lease mode, where the lease is a store call.
    Lock(LockCall),
    /// Make this store call, one after the other in this order; [`Happening::Stored`] answers each.
    Store(StoreCall),
    /// Send these bytes to all other tabs.
    Broadcast(Vec<u8>),
    /// Send these bytes to one tab alone, because they are large.
    Send {
        /// The tab's own BroadcastChannel carries its id.
        to: TabId,
        /// More than 64 KiB; smaller messages go to all tabs.
        bytes: Vec<u8>,
    },
    /// Send this event to the page.
    Tell(Event),
    /// Everything is given back: drop the tab.
    Closed,
}

/// What a tab asks of the Web Lock of its database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockCall {
    /// Queue for the lock.
    Request,
    /// Steal it from its holder.
    Steal,
    /// Release it, or leave the queue.
    Release,
}
