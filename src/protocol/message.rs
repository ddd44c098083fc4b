//! What tabs tell each other over the BroadcastChannel of a database.
//!
//! | message | from | to | when |
//! |---|---|---|---|
//! | `Hello` | a tab that opened | the leader | it wants to know who leads |
//! | `Lead` | the leader | all | it began to lead; each second; to answer `Hello`; a commit too large to send |
//! | `Write` | a follower | the leader of that epoch | a write was submitted, or a new leader is heard of |
//! | `Committed` | the leader | all | a commit is durable |
//! | `AskToLead` | a follower | the leader of that epoch | its page wants it to lead |
//! | `HandOver` | the leader | one tab | it leads no more, and that tab may take the lock |
//! | `Answered` | the leader | one tab | its write was refused, changed nothing, or was done before |
//! | `Released` | a tab without Web Locks | those that wait | it has given the lease back |
//! | `Trying` | the leader | one tab | it wants to run that tab's suspect alone ([`super::trials`]) |
//! | `GoAhead` | a follower | the leader of that epoch | it has taken note |
//! | `Resigned` | a leader | all | it leads no more, and no write has ended it |
//!
//! Everybody hears everything, with one exception: what concerns one tab and is large goes to that tab alone.
//!
//! Bytes: one version byte, then postcard's wire format. A version that is not ours is reported and not
//! guessed at.

use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::election::HAND_OVER_MS;
use super::trials::Record;
use super::{Timestamp, WriteError};
use crate::durations::LEASE_MS;
use crate::sql::{Outcome, Work};
use crate::storage::{Commit, Epoch, Position, RequestId, Seq, TabId};

const VERSION: u8 = 2;
/// What concerns one tab is said to all up to this size: the channel of all is open already, which is faster.
const LARGEST_TO_ALL: usize = 64 << 10;
/// Larger commits are not broadcast (each tab gets a copy of every message): followers fetch them.
const LARGEST_BROADCAST: usize = 1 << 20;
/// What a message takes beside what is large in it, about.
const SMALL: usize = 256;

/// One message; its fields say whom it concerns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    Hello {
        from: TabId,
    },
    Lead {
        leader: TabId,
        epoch: Epoch,
        position: Position,
        lease_expiry: Timestamp,
    },
    Write {
        request: RequestId,
        /// The leadership this is meant for; any other ignores it.
        epoch: Epoch,
        work: Rc<Work>,
        /// The sender has the answers to all its requests below this counter.
        settled_below: u64,
        /// When the sender will have given up waiting: the work is stopped if it runs longer.
        deadline: Timestamp,
        record: Record,
    },
    Committed {
        #[serde(with = "encoded")]
        commit: Rc<Commit>,
        /// When the store had it, by the leader's clock.
        at: Timestamp,
    },
    Answered {
        request: RequestId,
        /// Counts only for a request that was sent to this leadership.
        epoch: Epoch,
        answer: Result<Outcome, WriteError>,
        /// The asker's replica must be here before it may believe that it sees the effect.
        seq: Seq,
    },
    AskToLead {
        from: TabId,
        /// The leadership this is meant for.
        epoch: Epoch,
    },
    HandOver {
        to: TabId,
        /// The leadership that ends with this.
        epoch: Epoch,
        /// So long the lock is kept for it. One that was stopped and hears of it later leaves the lock alone.
        until: Timestamp,
    },
    Released {
        by: TabId,
    },
    Trying {
        request: RequestId,
        epoch: Epoch,
    },
    GoAhead {
        request: RequestId,
        epoch: Epoch,
    },
    Resigned {
        epoch: Epoch,
    },
}

/// Why bytes are not a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum MessageError {
    #[error(
        "another tab has another version of sqlite-elements (it speaks {0}, this one {VERSION}): both are safe, but \
         writes wait until one of them is gone; reload the older tab"
    )]
    Version(u8),
    #[error("a message from another tab was damaged and is passed over; what it told is read from the store")]
    Damaged,
}

impl Message {
    /// That this commit is durable since then; nothing if it is too large to be said.
    pub(super) fn of_commit(commit: &Rc<Commit>, at: Timestamp) -> Option<Self> {
        let commit = (commit.weight() <= LARGEST_BROADCAST).then(|| Rc::clone(commit))?;
        Some(Message::Committed { commit, at })
    }

    /// Extends the time of which the message tells.
    pub fn renew(&mut self, now: Timestamp) {
        match self {
            Message::Lead { lease_expiry, .. } => *lease_expiry = now.after_ms(LEASE_MS),
            Message::HandOver { until, .. } => *until = now.after_ms(HAND_OVER_MS),
            _ => {}
        }
    }

    /// The one tab to which it goes, if it concerns one and is large. Who leads is what the sender knows of it.
    pub fn only_for(&self, leader: Option<TabId>) -> Option<TabId> {
        let addressee = match self {
            Message::Write { .. } => leader,
            Message::Answered { request, .. } => Some(request.tab),
            _ => None,
        };
        addressee.filter(|_| self.weight() > LARGEST_TO_ALL)
    }

    pub fn encode(&self) -> Vec<u8> {
        // With room for all, or the last field after large ones would double it.
        let mut bytes = Vec::with_capacity(SMALL + self.weight());
        bytes.push(VERSION);
        postcard::to_extend(self, bytes).expect("plain data with known lengths always serialises")
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, MessageError> {
        match bytes.split_first() {
            Some((&VERSION, body)) => postcard::from_bytes(body).map_err(|_| MessageError::Damaged),
            Some((&version, _)) => Err(MessageError::Version(version)),
            None => Err(MessageError::Damaged),
        }
    }

    /// Bytes of what may be large in it.
    fn weight(&self) -> usize {
        match self {
            Message::Write { work, .. } => work.weight(),
            Message::Answered {
                answer: Ok(outcome), ..
            } => outcome.rows.as_bytes().len(),
            Message::Committed { commit, .. } => commit.weight(),
            _ => 0,
        }
    }
}

/// A commit travels as the record that the store keeps, checksum included.
mod encoded {
    use std::rc::Rc;

    use serde::de::{Deserialize, Deserializer, Error};
    use serde::{Serialize, Serializer};

    use crate::storage::Commit;

    pub(super) fn serialize<S: Serializer>(commit: &Rc<Commit>, to: S) -> Result<S::Ok, S::Error> {
        Bytes(commit.encode()).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Rc<Commit>, D::Error> {
        let bytes = <&[u8]>::deserialize(from)?;
        Commit::decode(bytes).map(Rc::new).map_err(D::Error::custom)
    }

    struct Bytes(Vec<u8>);

    impl Serialize for Bytes {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            to.serialize_bytes(&self.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::Image;

    #[test]
    fn a_message_comes_back_as_it_was_sent() {
        let dirty = crate::storage::Dirty {
            page_size: crate::storage::PageSize::DEFAULT,
            page_count: crate::storage::PageCount(1),
            pages: [(crate::storage::PageNo::FIRST, Rc::from(vec![7; 4096]))].into(),
        };
        let commit = Rc::new(Image::empty().commit(Epoch(1), dirty, Default::default(), vec![]));
        let message = Message::Committed {
            commit,
            at: Timestamp(5),
        };
        assert_eq!(Message::decode(&message.encode()), Ok(message));
    }

    #[test]
    fn a_large_write_is_encoded_as_the_bytes_that_it_is_and_concerns_the_leader_alone() {
        const LENGTH: usize = 3 << 20;
        let (asker, leader) = (TabId(uuid::Uuid::from_u128(1)), TabId(uuid::Uuid::from_u128(2)));
        let request = RequestId { tab: asker, counter: 1 };
        let values = vec![crate::sql::Value::Blob(vec![255; LENGTH]), crate::sql::Value::Null];
        let work = Work::batch(vec![crate::sql::Statement::with("INSERT INTO t VALUES (?, ?)", values)]);
        let write = Message::Write {
            request,
            epoch: Epoch(1),
            work: Rc::new(work),
            settled_below: 1,
            deadline: Timestamp(5_000),
            record: Record::Clean,
        };
        let bytes = write.encode();
        assert!(bytes.len() < LENGTH + SMALL, "{} bytes", bytes.len());
        assert!(
            bytes.capacity() < LENGTH + 2 * SMALL,
            "room for {} bytes",
            bytes.capacity()
        );
        assert_eq!(write.only_for(Some(leader)), Some(leader));
        assert_eq!(write.only_for(None), None);
        assert_eq!(Message::decode(&bytes), Ok(write));
        let answered = |rows| Message::Answered {
            request,
            epoch: Epoch(1),
            answer: Ok(Outcome {
                rows,
                ..Outcome::nothing()
            }),
            seq: Seq(1),
        };
        let mut rows = crate::sql::RowsBuilder::new(["a"].into_iter());
        rows.blob(&[255; LENGTH]);
        assert_eq!(answered(rows.finish()).only_for(Some(leader)), Some(asker));
        assert_eq!(answered(Default::default()).only_for(Some(leader)), None, "small");
        assert_eq!(Message::Hello { from: asker }.only_for(Some(leader)), None);
    }

    #[test]
    fn another_version_is_named_not_guessed_at() {
        let mut bytes = Message::Hello {
            from: TabId(uuid::Uuid::nil()),
        }
        .encode();
        bytes[0] = 9;
        assert_eq!(Message::decode(&bytes), Err(MessageError::Version(9)));
        assert_eq!(Message::decode(&[]), Err(MessageError::Damaged));
    }
}
