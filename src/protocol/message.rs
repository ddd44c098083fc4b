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
//!
//! Bytes: one version byte, then postcard's wire format. A version that is not ours is reported and not
//! guessed at.

use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::leadership::LEASE_MS;
use super::{Timestamp, WriteError};
use crate::sql::{Outcome, Work};
use crate::storage::{Commit, Epoch, Position, RequestId, Seq, TabId};

const VERSION: u8 = 2;

/// One message. Everybody hears everything; `to`-like fields say whom it concerns.
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
        work: Work,
        /// The sender has the answers to all its requests below this counter.
        settled_below: u64,
        /// When the sender will have given up waiting: the work is stopped if it runs longer.
        deadline: Timestamp,
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
    },
    Released {
        by: TabId,
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
    #[error("a message from another tab is damaged")]
    Damaged,
}

impl Message {
    /// Extends the lease of which the message tells.
    pub fn renew(&mut self, now: Timestamp) {
        if let Message::Lead { lease_expiry, .. } = self {
            *lease_expiry = now.after_ms(LEASE_MS);
        }
    }

    pub fn encode(&self) -> Vec<u8> {
        let bytes = vec![VERSION];
        postcard::to_extend(self, bytes).expect("plain data with known lengths always serialises")
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, MessageError> {
        match bytes.split_first() {
            Some((&VERSION, body)) => postcard::from_bytes(body).map_err(|_| MessageError::Damaged),
            Some((&version, _)) => Err(MessageError::Version(version)),
            None => Err(MessageError::Damaged),
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
