//! The messages that tabs send each other over the BroadcastChannel of a database.
//!
//! | message | from | to | when |
//! |---|---|---|---|
//! | `Hello` | a tab that opened or came back | the leader | to learn who leads |
//! | `Lead` | the leader | all | it began to lead; each second; to answer `Hello`; a commit too large to send |
//! | `Write` | a follower | the leader of that epoch | a write was submitted, or a new leader was heard |
//! | `Committed` | the leader | all | a commit is durable |
//! | `AskToLead` | a follower | the leader of that epoch | its page wants it to lead |
//! | `HandOver` | the leader | one tab | the leader has stopped leading, and that tab may take the lock |
//! | `Answered` | the leader | one tab | its write was refused, changed nothing, or was done before |
//! | `Released` | a tab without Web Locks | the tabs that wait | it has given the lease back |
//! | `Trying` | the leader | one tab | the leader wants to run that tab's suspect alone ([`super::trials`]) |
//! | `GoAhead` | a follower | the leader of that epoch | it has noted the trial |
//! | `Resigned` | a leader | all | it has stopped leading, and no write ended it |
//!
//! Every tab hears every message, with one exception: a large message for one tab goes to that tab alone.
//!
//! The bytes are one version byte, then postcard's wire format. A message of another version is reported, not guessed
//! at.

use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::record::Record;
use super::write_error::WriteError;
use crate::durations::{HAND_OVER_MS, LEASE_MS};
use crate::sql::{Outcome, Work};
use crate::storage::{Commit, Epoch, Position, RequestId, Seq, SettledBelow, TabId};
use crate::time::Timestamp;

const VERSION: u8 = 2;
/// A message for one tab goes to all tabs up to this size: their channel is already open, so that is faster.
const LARGEST_TO_ALL: usize = 64 << 10;
/// Larger commits are not broadcast, because each tab gets a copy of every message. Followers fetch them from the
/// store.
const LARGEST_BROADCAST: usize = 1 << 20;
/// About the size in bytes of a message without its large part.
const SMALL: usize = 256;

/// One message between tabs. Its fields say which tab it concerns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// Asks who leads; the leader answers with [`Message::Lead`], and other tabs ignore it.
    Hello {
        /// Not looked at: the answer goes to all tabs.
        from: TabId,
    },
    /// The heartbeat, once a second. It renews the lease at every tab that hears it.
    Lead {
        /// Shown to pages as the leader.
        leader: TabId,
        /// A tab that knows a higher epoch does not follow this leader.
        epoch: Epoch,
        /// Where the leader's image stands; a follower that stands behind it has a gap and catches up.
        position: Position,
        /// When other tabs may steal the lock, unless another heartbeat comes first.
        lease_expiry: Timestamp,
    },
    /// Asks the leader to do one write. It may come several times, with the same request id.
    Write {
        /// Holds the id of the asker, which the answer names again.
        request: RequestId,
        /// The epoch of the addressed leader. Every other leader ignores the write.
        epoch: Epoch,
        /// Shared with the asker's list of pending writes, because it may be large.
        work: Rc<Work>,
        /// The sender has the replies to all its requests below this counter.
        settled_below: SettledBelow,
        /// When the sender gives up waiting. The leader then stops the work.
        deadline: Timestamp,
        /// Decides whether the leader runs the write in a group, alone, or not at all.
        record: Record,
    },
    /// The store has this commit: each follower applies it, and it settles the writes that it has replies to.
    Committed {
        /// At most 1 MiB; followers fetch larger commits from the store.
        #[serde(with = "encoded")]
        commit: Rc<Commit>,
        /// When the store had the commit, by the leader's clock.
        at: Timestamp,
    },
    /// Settles a write to which no commit brings the reply.
    Answered {
        /// Holds the id of the asker, the only tab that takes note.
        request: RequestId,
        /// Counts only for a request that was sent to the leader of this epoch.
        epoch: Epoch,
        /// A refusal, an outcome that changed nothing, or the reply from when the write was done.
        answer: Result<Outcome, WriteError>,
        /// The asker sees the effect once its replica has reached this seq.
        seq: Seq,
    },
    /// Asks the leader for a hand-over. Sent again with each heartbeat that the asker hears.
    AskToLead {
        /// The tab to lead next.
        from: TabId,
        /// The epoch of the addressed leader.
        epoch: Epoch,
    },
    /// Answers [`Message::AskToLead`] once all writes under way are stored.
    HandOver {
        /// The only tab that may steal the lock now.
        to: TabId,
        /// The epoch of the leadership that ends with this message.
        epoch: Epoch,
        /// The leader keeps the lock until then. A tab that was stopped and hears of it later leaves the lock alone.
        until: Timestamp,
    },
    /// Tells the tabs that wait for the lease to ask the store at once. Sent only where there are no Web Locks.
    Released {
        /// The tab that held the lease.
        by: TabId,
    },
    /// Asks the asker of a suspect, or of a write that was put off, for its go-ahead.
    Trying {
        /// Holds the id of the asker, the only tab that answers.
        request: RequestId,
        /// The leader that wants to run the write. No answer if the asker sent the write to another one since.
        epoch: Epoch,
    },
    /// Answers [`Message::Trying`]: the leader may run the write alone.
    GoAhead {
        /// As in the question.
        request: RequestId,
        /// The addressed leader, as in the question.
        epoch: Epoch,
    },
    /// Says that no write ended this leader, so the writes that it had do not become suspects.
    Resigned {
        /// The epoch of the leadership that is over.
        epoch: Epoch,
    },
}

/// Why bytes are not a message of this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum MessageError {
    /// Holds the first byte of the message.
    #[error(
        "another tab has another version of sqlite-elements (it speaks {0}, this one {VERSION}): both are safe, but \
         writes wait until one of them is gone; reload the older tab"
    )]
    Version(u8),
    /// No bytes at all, or a body that cannot be decoded.
    #[error("a message from another tab was damaged and is passed over; what it told is read from the store")]
    Damaged,
}

impl Message {
    /// Says that this commit is durable since `at`; `None` if the commit is too large to broadcast.
    pub(super) fn of_commit(commit: &Rc<Commit>, at: Timestamp) -> Option<Self> {
        let commit = (commit.weight() <= LARGEST_BROADCAST).then(|| Rc::clone(commit))?;
        Some(Message::Committed { commit, at })
    }

    /// Makes the time limit that the message names count from `now`.
    pub fn renew(&mut self, now: Timestamp) {
        match self {
            Message::Lead { lease_expiry, .. } => *lease_expiry = now.after_ms(LEASE_MS),
            Message::HandOver { until, .. } => *until = now.after_ms(HAND_OVER_MS),
            _ => {}
        }
    }

    /// The one tab that gets a large message, if it concerns one tab. `leader` is the leader that the sender knows.
    pub fn only_for(&self, leader: Option<TabId>) -> Option<TabId> {
        let addressee = match self {
            Message::Write { .. } => leader,
            Message::Answered { request, .. } => Some(request.tab),
            _ => None,
        };
        addressee.filter(|_| self.weight() > LARGEST_TO_ALL)
    }

    /// The message as bytes, the version first.
    pub fn encode(&self) -> Vec<u8> {
        // Reserve room for everything: otherwise the last small field, after large ones, would double the buffer.
        let mut bytes = Vec::with_capacity(SMALL + self.weight());
        bytes.push(VERSION);
        postcard::to_extend(self, bytes).expect("plain data with known lengths always serialises")
    }

    /// The message in these bytes, or why they are none.
    pub fn decode(bytes: &[u8]) -> Result<Self, MessageError> {
        match bytes.split_first() {
            Some((&VERSION, body)) => postcard::from_bytes(body).map_err(|_| MessageError::Damaged),
            Some((&version, _)) => Err(MessageError::Version(version)),
            None => Err(MessageError::Damaged),
        }
    }

    /// Bytes of the parts that may be large.
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

/// Encodes a commit in a message as the record that the store keeps, checksum included.
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
            settled_below: SettledBelow(1),
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
