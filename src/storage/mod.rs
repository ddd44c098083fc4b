//! Storage: the image of a database, the commits that move it forward, and the store that keeps both.
//!
//! Used by `tab` (which drives a [`Store`]), `engine` (which reads and changes an [`Image`]) and `protocol` (which
//! carries [`Commit`]s). A store holds a **checkpoint** of blocks, and a **log** of the commits after the checkpoint;
//! together they are the database. IndexedDB charges by the record, so a commit is one record if it fits, and a block
//! is many pages. A record per page was refused (1,000 records cost 220 ms, the same bytes as one value 7 ms).
//!
//! Invariants, kept by every store and shown by `tests/store_contract`:
//! * An append happens as a whole or not at all, and only under the stored epoch.
//! * Commits are numbered without gap; each begins at the position where the one before ended.
//! * Blocks are written only from an image whose newest commit the store holds.
//! * A checkpoint never changes what [`Store::load`] returns.

mod block;
mod block_no;
mod checkpoint;
mod commit;
mod durability;
mod head;
mod image;
#[cfg(target_family = "wasm")]
mod indexeddb;
mod lease;
mod memory;
mod page;
mod piece;
mod position;
mod record;
mod reply;
mod request_id;
mod salvage;
mod snapshot;
mod store;
mod store_error;

pub use block::Block;
pub use block_no::BlockNo;
pub use checkpoint::{Checkpoint, FoldedBlocks, Folding};
pub use commit::Commit;
pub use durability::Durability;
pub use head::Head;
pub use image::{ApplyError, Dirty, Image};
#[cfg(target_family = "wasm")]
pub use indexeddb::IndexedDbStore;
pub use lease::{Lease, LeaseAct, LeaseStep};
pub use memory::{Disk, FaultPoint, MemoryStore, Operation};
pub use page::{Page, PageCount, PageNo, PageSize, page_checksum};
pub use position::{Checksum, Epoch, Position, Seq};
pub use record::{RecordError, RecordName};
pub use reply::{Replies, Reply};
pub use request_id::{RequestId, SettledBelow, TabId};
pub use salvage::Salvage;
pub use snapshot::Snapshot;
pub use store::{CatchUp, Store};
pub use store_error::StoreError;
