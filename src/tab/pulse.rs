//! The pulse: what is said and looked for while SQLite runs, when this tab can neither hear nor answer.
//!
//! A write may take longer than a lease. Without a sign of life another tab would lead, run the same write, and lose
//! leadership over it again. So the engine calls here every few milliseconds, and the heartbeats go out that the
//! protocol would send; but only until the work's time is over. Then it is stopped, and its answer is certain.
//!
//! A query that a page asks has no such end. Its page may take it back, which the worker sees by a name that leads to nothing any more
//! ([`crate::web::Recall`]). One failure to find it is not trusted: a name may be younger here than it is there; so it
//! must be missing twice, 32 calls apart. And a page's policy may forbid to look at all: so each miss is compared with
//! a name that is never taken back, and where that one is missing too, nothing is stopped and nothing looked at again.
//!
//! A live query is not taken back by a name of its own, which each would cost the page half a millisecond: there is one
//! for all, and it says only that the page has asked something that may make the query needless. Then the query makes way,
//! and is begun anew if the page wants it still.

use crate::durations::HEARTBEAT_MS;
use crate::engine::{Headway, Progress};
use crate::protocol::{Message, Timestamp};

/// Of the engine's calls during a query, one every few milliseconds, every so many are a look.
const LOOK_EVERY: u32 = 32;
const MISSES_TO_STOP: u32 = 2;

#[derive(Debug, Default)]
pub struct Pulse {
    running: Option<Running>,
    /// Until when what runs may run.
    until: Option<Bound>,
    time: Time,
    /// By what the page takes back all its queries.
    page: Option<Names>,
    /// By what it has live queries make way.
    way: Option<String>,
    /// By what it takes back the query that is under way.
    query: Option<Query>,
    /// How often in a row not even the name was found that is never taken back.
    blind: u32,
}

/// Names to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    pub recall: String,
    /// Never taken back.
    pub control: String,
}

#[derive(Debug)]
struct Running {
    /// What the leader last said, to be said again with a later lease.
    lead: Message,
    next: Timestamp,
}

/// For how long something may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    Until(Timestamp),
    /// Each of its statements for so long; all of them as long as it takes.
    EachStatement {
        most_ms: u64,
        until: Timestamp,
        /// So many were done when the time of this one began.
        done: u32,
    },
}

/// Whether what runs may run on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Time {
    #[default]
    Enough,
    Over,
}

#[derive(Debug)]
struct Query {
    names: Names,
    misses: u32,
    makes_way: bool,
}

/// How something ended that was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    ByItself,
    /// It was a live query, and is to be run again.
    MadeWay,
    /// It was stopped because its time was over.
    TimeIsOver,
}

/// What a look has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    Found,
    /// Only the name that is never taken back.
    Missing,
    /// Not even that.
    Blind,
}

impl Pulse {
    /// A work begins, in a tab that says this while it leads.
    pub(super) fn begin(&mut self, now: Timestamp, lead: Option<Message>, bound: Bound) {
        let next = now.after_ms(HEARTBEAT_MS);
        self.running = lead.map(|lead| Running { lead, next });
        self.bound(bound);
    }

    /// What runs is stopped when its time is over.
    pub(super) fn bound(&mut self, bound: Bound) {
        self.until = Some(bound);
        self.time = Time::Enough;
    }

    /// From now on all queries are taken back by this name, but those that have one of their own.
    pub(super) fn follow(&mut self, names: Names) {
        self.page = Some(names);
    }

    /// From now on live queries make way by this name.
    pub(super) fn make_way_by(&mut self, name: String) {
        self.way = Some(name);
    }

    /// A query begins.
    pub(super) fn watch(&mut self, own: Option<String>) {
        self.query = self.page.clone().map(|Names { recall, control }| Query {
            names: Names {
                recall: own.unwrap_or(recall),
                control,
            },
            misses: 0,
            makes_way: false,
        });
    }

    /// A live query begins.
    pub(super) fn watch_live(&mut self) {
        self.watch(self.way.clone());
        let makes_way = self.way.is_some();
        self.query.iter_mut().for_each(|query| query.makes_way = makes_way);
    }

    /// It is done.
    pub(super) fn end(&mut self) -> Ended {
        self.running = None;
        self.until = None;
        match (std::mem::take(&mut self.time), self.query.take()) {
            (Time::Over, _) => Ended::TimeIsOver,
            (_, Some(query)) if query.makes_way && query.misses >= MISSES_TO_STOP => Ended::MadeWay,
            _ => Ended::ByItself,
        }
    }

    /// A query is under way, and the engine has called so often during it: what to look at now, if at anything.
    pub fn to_look_at(&self, calls: u32) -> Option<&Names> {
        let is_due = calls > 0 && calls.is_multiple_of(LOOK_EVERY) && self.blind < MISSES_TO_STOP;
        let query = self.query.as_ref().filter(|_| is_due)?;
        Some(&query.names)
    }

    /// What the look has found: whether the query may go on.
    pub fn looked(&mut self, look: Look) -> Progress {
        let Some(query) = &mut self.query else {
            return Progress::GoOn;
        };
        self.blind = if look == Look::Blind { self.blind + 1 } else { 0 };
        query.misses = if look == Look::Missing { query.misses + 1 } else { 0 };
        match query.misses {
            0..MISSES_TO_STOP => Progress::GoOn,
            _ => Progress::Interrupt,
        }
    }

    /// Something runs, and has come so far: what to broadcast now, if anything, and
    /// whether it may go on.
    pub fn beat(&mut self, now: Timestamp, headway: Headway) -> (Option<Vec<u8>>, Progress) {
        if self.is_over(now, headway) {
            self.time = Time::Over;
            return (None, Progress::Interrupt);
        }
        let Some(Running { lead, next }) = &mut self.running else {
            return (None, Progress::GoOn);
        };
        if now < *next {
            return (None, Progress::GoOn);
        }
        *next = now.after_ms(HEARTBEAT_MS);
        lead.renew(now);
        (Some(lead.encode()), Progress::GoOn)
    }

    fn is_over(&mut self, now: Timestamp, headway: Headway) -> bool {
        match &mut self.until {
            None => false,
            Some(Bound::Until(until)) => *until <= now,
            Some(Bound::EachStatement { most_ms, until, done }) => {
                if headway.statements != *done {
                    *done = headway.statements;
                    *until = now.after_ms(*most_ms);
                }
                *until <= now
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use Look::{Blind, Found, Missing};
    use Progress::{GoOn, Interrupt};

    fn names(recall: &str) -> Names {
        Names {
            recall: recall.into(),
            control: "blob:control".into(),
        }
    }

    fn pulse() -> Pulse {
        let mut pulse = Pulse::default();
        pulse.follow(names("blob:page"));
        pulse
    }

    /// What comes of each of these looks during a query.
    fn query(pulse: &mut Pulse, looks: &[Look]) -> Vec<Progress> {
        pulse.watch(Some("blob:own".into()));
        let each = looks.iter().map(|look| {
            assert_eq!(pulse.to_look_at(LOOK_EVERY), Some(&names("blob:own")));
            pulse.looked(*look)
        });
        let progress = each.collect();
        pulse.end();
        progress
    }

    #[test]
    fn a_query_that_is_taken_back_is_stopped_at_the_second_look_that_misses() {
        assert_eq!(query(&mut pulse(), &[Found, Missing, Missing]), [GoOn, GoOn, Interrupt]);
        assert_eq!(query(&mut pulse(), &[Missing, Missing]), [GoOn, Interrupt]);
    }

    #[test]
    fn one_look_that_misses_stops_nothing() {
        assert_eq!(query(&mut pulse(), &[Missing, Found, Missing, Found]), [GoOn; 4]);
    }

    #[test]
    fn a_worker_that_may_not_look_stops_nothing_and_looks_no_more() {
        let mut pulse = pulse();
        assert_eq!(query(&mut pulse, &[Blind; 2]), [GoOn; 2]);
        pulse.watch(None);
        assert_eq!(pulse.to_look_at(LOOK_EVERY), None);
    }

    #[test]
    fn a_live_query_makes_way_by_the_name_that_all_have_and_a_call_does_not() {
        let mut pulse = pulse();
        pulse.make_way_by("blob:way".into());
        pulse.watch_live();
        assert_eq!(pulse.to_look_at(LOOK_EVERY), Some(&names("blob:way")));
        assert_eq!([pulse.looked(Missing), pulse.looked(Missing)], [GoOn, Interrupt]);
        assert_eq!(pulse.end(), Ended::MadeWay);
        pulse.watch(None);
        assert_eq!(pulse.to_look_at(LOOK_EVERY), Some(&names("blob:page")));
        assert_eq!([pulse.looked(Missing), pulse.looked(Missing)], [GoOn, Interrupt]);
        assert_eq!(pulse.end(), Ended::ByItself);
    }

    #[test]
    fn a_query_is_looked_at_by_its_own_name_or_the_page_s_and_not_while_it_is_short() {
        let mut pulse = pulse();
        pulse.watch(None);
        assert!((0..LOOK_EVERY).all(|calls| pulse.to_look_at(calls).is_none()));
        assert_eq!(pulse.to_look_at(LOOK_EVERY), Some(&names("blob:page")));
        pulse.end();
        assert_eq!(pulse.to_look_at(LOOK_EVERY), None);
    }
}
