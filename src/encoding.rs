//! The bytes of requests and events: postcard's wire format, in parts.
//!
//! `client` and `tab::worker` post each part as a buffer of its own and transfer it: 10,000 rows cost one hand-over and
//! no clone. Large data is a part of its own, taken straight from where it is. Collecting all data in one run of bytes
//! first was refused: the memory of a WebAssembly module never shrinks, so that copy of a 50 MB file would stay until
//! the page is closed. Page and worker are the same build of the same module, so these bytes carry no version.

use postcard::ser_flavors::Flavor;
use serde::{Deserialize, Serialize};

/// A run of at least this many bytes is a part of its own.
const LARGE: usize = 64 << 10;

/// Encodes a request or an event, and calls `part` with its parts in order. Small data is collected into parts; large
/// data is not copied.
pub fn encode<T: Serialize>(message: &T, part: &mut dyn FnMut(&[u8])) {
    let parts = Parts {
        small: Vec::new(),
        part,
    };
    postcard::serialize_with_flavor(message, parts).expect("plain data with known lengths always serialises");
}

/// Decodes what [`encode`] has written, one message after the other. `None`, once and as the last, for bytes that are
/// anything else.
pub fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> impl Iterator<Item = Option<T>> {
    let mut rest = Some(bytes);
    std::iter::from_fn(move || {
        let bytes = rest.take().filter(|bytes| !bytes.is_empty())?;
        let Ok((message, behind)) = postcard::take_from_bytes(bytes) else {
            return Some(None);
        };
        rest = Some(behind);
        Some(Some(message))
    })
}

struct Parts<'a> {
    small: Vec<u8>,
    part: &'a mut dyn FnMut(&[u8]),
}

impl Parts<'_> {
    fn flush(&mut self) {
        if !self.small.is_empty() {
            (self.part)(&self.small);
            self.small.clear();
        }
    }
}

impl Flavor for Parts<'_> {
    type Output = ();

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        if bytes.len() < LARGE {
            self.small.extend_from_slice(bytes);
        } else {
            // The bytes collected so far come before this run.
            self.flush();
            (self.part)(bytes);
        }
        Ok(())
    }

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.small.push(byte);
        Ok(())
    }

    fn finalize(mut self) -> postcard::Result<()> {
        self.flush();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{CallId, Event, QueryId, Request, Response};
    use crate::sql::{Outcome, RowsBuilder, Script, Statement, Value, Work};

    fn parts<T: Serialize>(message: &T) -> Vec<Vec<u8>> {
        let mut parts = Vec::new();
        encode(message, &mut |part| parts.push(part.to_vec()));
        parts
    }

    #[test]
    fn a_large_value_is_one_part_that_is_taken_from_where_it_is_and_comes_back_whole() {
        let (blob, text) = (vec![7; 3 * LARGE], "é".repeat(LARGE));
        let values = vec![
            Value::from("small"),
            Value::Blob(blob),
            Value::Text(text),
            Value::Blob(vec![1, 2]),
        ];
        let mut places: Vec<*const u8> = values
            .iter()
            .filter(|value| value.weight() > LARGE)
            .map(|value| match value {
                Value::Blob(blob) => blob.as_ptr(),
                Value::Text(text) => text.as_ptr(),
                _ => std::ptr::null(),
            })
            .collect();
        let request = Request::Write {
            call: CallId(1),
            work: Work::batch(vec![Statement::with("INSERT INTO t VALUES (?, ?, ?, ?)", values)]),
            timeout_ms: 5_000,
        };
        let mut bytes = Vec::new();
        encode(&request, &mut |part| {
            if part.len() >= LARGE {
                assert_eq!(part.as_ptr(), places.remove(0), "not a copy");
            } else {
                assert!(part.len() < 100, "{} bytes of what is small", part.len());
            }
            bytes.extend_from_slice(part);
        });
        assert!(places.is_empty());
        assert!(decode(&bytes).eq([Some(request)]));
    }

    #[test]
    fn bytes_are_encoded_as_bytes_whatever_carries_them() {
        const LENGTH: usize = 10 * LARGE;
        let rows = {
            let mut rows = RowsBuilder::new(["b"].into_iter());
            rows.blob(&[255; LENGTH]);
            rows.finish()
        };
        let call = CallId(1);
        let outcome = Outcome {
            rows: rows.clone(),
            ..Outcome::nothing()
        };
        let answers = [Response::File(vec![255; LENGTH]), Response::Outcome(outcome)];
        let events = answers
            .map(|answer| Event::Answered {
                call,
                answer: Ok(answer),
            })
            .into_iter()
            .chain([Event::Rows {
                query: QueryId(1),
                rows: Ok(rows),
            }]);
        for event in events {
            let parts = parts(&event);
            assert_eq!(parts.iter().filter(|part| part.len() >= LENGTH).count(), 1, "one run");
            let all = parts.concat();
            assert!(all.len() < LENGTH + 100, "{} bytes", all.len());
            assert!(decode(&all).eq([Some(event)]));
        }
        for work in [
            Work::Import {
                scripts: Vec::new(),
                file: vec![255; LENGTH],
            },
            Work::Migrate {
                scripts: vec![Script::File {
                    name: "a".into(),
                    file: Some(vec![255; LENGTH]),
                }],
            },
        ] {
            assert_eq!(work.weight(), LENGTH);
            assert_eq!(parts(&work).iter().filter(|part| part.len() == LENGTH).count(), 1);
        }
    }

    #[test]
    fn messages_that_are_posted_together_come_out_one_by_one_up_to_what_cannot_be_read() {
        let requests = [1, 2].map(|call| Request::Cancel { call: CallId(call) });
        let mut bytes: Vec<u8> = requests.iter().flat_map(|request| parts(request).concat()).collect();
        assert!(decode(&bytes).eq(requests.clone().map(Some)));
        bytes.extend([255; 20]);
        assert!(decode(&bytes).eq(requests.map(Some).into_iter().chain([None])));
        assert_eq!(decode::<Request>(&[]).count(), 0);
    }

    #[test]
    fn what_is_small_is_one_part() {
        let request = Request::Classify {
            call: CallId(1),
            sql: "SELECT 1".into(),
        };
        assert_eq!(parts(&request).len(), 1);
    }
}
