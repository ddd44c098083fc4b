//! Replies to write requests, kept with the commits, so that a repeated request is answered and not run again.
//!
//! The table of replies is a replica like the image: every tab builds the same one from the same commits (checkpoint
//! plus log). So the tab that leads next already knows what was done. Successful work is remembered; refused work
//! changed nothing and may be tried again.
//!
//! A reply is forgotten once its tab says that it has the reply ([`SettledBelow`], carried by each request). When there
//! are more than [`Replies::MOST`], the oldest are forgotten.
//!
//! As a record of the checkpoint: the frame of [`super::record`] with magic `SQEr`, version 1, and in it the table in
//! postcard's wire format.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::record::{Kind, RecordError, RecordName, seal};
use super::request_id::{RequestId, SettledBelow};
use super::store_error::StoreError;
use crate::sql::Outcome;

const KIND: Kind = Kind {
    magic: *b"SQEr",
    version: 1,
};

/// The reply to one request, stored in the commit that holds the request's effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// A repeated request with this id gets this reply, and is not run.
    pub request: RequestId,
    /// Never a refusal: a refused write has no commit.
    pub outcome: Outcome,
    /// All requests of this tab with a smaller counter are settled there, so their replies may be forgotten.
    pub settled_below: SettledBelow,
}

/// All replies that may still be asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replies {
    by_request: BTreeMap<RequestId, Outcome>,
    order: VecDeque<RequestId>,
    /// Bytes of all rows in the replies.
    #[serde(skip)]
    bytes: usize,
}

impl Replies {
    /// Maximum number of replies that are kept. A request is repeated only until its deadline (seconds), so this many
    /// later writes are far more than enough.
    pub const MOST: usize = 4096;

    /// Maximum size of all rows in the replies, in bytes: they are stored as one value. The newest reply is kept in any
    /// case.
    const MOST_BYTES: usize = 64 << 20;

    /// The outcome of a request, if its reply is kept.
    pub fn find(&self, request: RequestId) -> Option<&Outcome> {
        self.by_request.get(&request)
    }

    /// Adds the replies of one commit, and forgets those that are settled.
    pub fn record(&mut self, replies: &[Reply]) {
        for reply in replies {
            let gone = reply.settled_below.of(reply.request.tab, &self.by_request);
            gone.iter().for_each(|request| self.forget(request));
            self.bytes += weight(&reply.outcome);
            match self.by_request.insert(reply.request, reply.outcome.clone()) {
                None => self.order.push_back(reply.request),
                Some(before) => self.bytes -= weight(&before),
            }
        }
        while self.by_request.len() > Self::MOST || (self.bytes > Self::MOST_BYTES && self.by_request.len() > 1) {
            let Some(oldest) = self.order.pop_front() else { break };
            self.forget(&oldest);
        }
        // Forgetting a settled request leaves it in `order`. Here those are removed, many at a time.
        if self.order.len() > 2 * Self::MOST {
            self.order.retain(|request| self.by_request.contains_key(request));
        }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let table = postcard::to_stdvec(self).expect("plain data with known lengths always serialises");
        let mut bytes = KIND.begin(table.len());
        bytes.extend_from_slice(&table);
        seal(bytes)
    }

    pub(super) fn decode(record: &[u8]) -> Result<Self, StoreError> {
        let fields = KIND.open(record).map_err(|error| error.of(RecordName::Replies))?;
        let mut replies: Replies =
            postcard::from_bytes(fields.rest()).map_err(|_| RecordError::Damaged.of(RecordName::Replies))?;
        replies.bytes = replies.by_request.values().map(weight).sum();
        Ok(replies)
    }

    fn forget(&mut self, request: &RequestId) {
        if let Some(outcome) = self.by_request.remove(request) {
            self.bytes -= weight(&outcome);
        }
    }

    /// The number of replies.
    pub fn len(&self) -> usize {
        self.by_request.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_request.is_empty()
    }
}

fn weight(outcome: &Outcome) -> usize {
    outcome.rows.as_bytes().len()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::request_id::TabId;
    use super::*;
    use crate::sql::RowsBuilder;

    fn request(tab: u128, counter: u64) -> RequestId {
        RequestId {
            tab: TabId(Uuid::from_u128(tab)),
            counter,
        }
    }

    fn reply(request: RequestId, settled_below: u64) -> Reply {
        let outcome = Outcome {
            rows: Default::default(),
            changes: 1,
            last_row_id: 1,
        };
        Reply {
            request,
            outcome,
            settled_below: SettledBelow(settled_below),
        }
    }

    #[test]
    fn an_answer_is_kept_until_its_tab_says_that_it_has_it() {
        let mut replies = Replies::default();
        replies.record(&[reply(request(1, 1), 0), reply(request(2, 1), 0)]);
        replies.record(&[reply(request(1, 2), 2)]);
        assert_eq!(replies.find(request(1, 1)), None);
        assert!(replies.find(request(1, 2)).is_some());
        assert!(
            replies.find(request(2, 1)).is_some(),
            "another tab's answers are its own"
        );
    }

    #[test]
    fn the_table_of_answers_comes_back_as_it_was_written() {
        let mut replies = Replies::default();
        replies.record(&[
            reply(request(1, 1), 0),
            reply(request(1, 2), 2),
            reply(request(2, 9), 1),
        ]);
        assert_eq!(Replies::decode(&replies.encode()), Ok(replies));
    }

    #[test]
    fn the_table_of_answers_is_bounded() {
        let mut replies = Replies::default();
        for counter in 0..2 * Replies::MOST as u64 {
            replies.record(&[reply(request(1, counter), 0)]);
        }
        assert_eq!(replies.len(), Replies::MOST);
        assert!(replies.find(request(1, 0)).is_none());
        assert!(replies.find(request(1, 2 * Replies::MOST as u64 - 1)).is_some());
    }

    #[test]
    fn large_answers_make_room_for_the_newest() {
        let mut large = reply(request(1, 0), 0);
        let mut rows = RowsBuilder::new(["data"].into_iter());
        rows.blob(&vec![7; 25 << 20]);
        large.outcome.rows = rows.finish();
        let mut replies = Replies::default();
        for counter in 1..=3 {
            large.request = request(1, counter);
            replies.record(&[large.clone()]);
        }
        let kept = [1, 2, 3].map(|counter| replies.find(request(1, counter)).is_some());
        assert_eq!(kept, [false, true, true]);
        assert_eq!(Replies::decode(&replies.encode()), Ok(replies));
    }
}
