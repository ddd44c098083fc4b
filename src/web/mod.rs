//! The browser's features: one small handle for each feature of the platform that the modules above use.
//!
//! Used by `storage` (IndexedDB), `tab::worker` and `client`. No policy lives here: nothing in this folder knows what a
//! leader, a commit or a query is. A handle owns the closures that it gave to the browser, and undoes itself when it is
//! dropped. What the browser throws becomes a [`BrowserError`], in one place.
//!
//! Callbacks only pass on what happened, and return (most push to an [`Inbox`]). The task that awaits the inbox does
//! the work, so no callback ever finds its owner in the middle of something.

mod broadcast;
mod buffer;
mod clock;
mod error;
mod identity;
mod inbox;
pub mod indexeddb;
mod lock;
mod port;
mod recall;
mod report;
mod sight;
mod task;
mod thread;
mod timer;

pub use broadcast::Broadcast;
pub use clock::{since_epoch_ms, since_start_ms};
pub use error::BrowserError;
pub use identity::time_ordered_id;
pub use inbox::Inbox;
pub use lock::{LockEvent, LockQueue};
pub use port::Port;
pub use recall::{Recall, is_there};
pub use report::{report_exception, report_panics, report_text};
pub use sight::{Sight, SightWatch};
pub use task::in_task;
pub use thread::{Thread, ThreadEvent, WorkerScript};
pub use timer::{Timer, are_throttled};
