//! The pulse: sends heartbeats and checks for stops while SQLite runs, when this tab can neither hear nor answer.
//!
//! A write may take longer than a lease. Without heartbeats another tab would become leader, run the same write, and
//! lose leadership over it again. So the engine calls the pulse every few milliseconds, and the pulse sends the
//! heartbeats that the protocol would send, but only until the time limit of the write. Then the write is stopped, and
//! its answer is certain.
//!
//! A query that a page asks has no such limit. Its page may take it back: the worker then finds that a name leads to
//! nothing any more ([`crate::web::Recall`]). One miss is not trusted, because a name may reach the worker late, so the
//! name must be missing twice, 32 calls apart. A page's policy may also forbid the worker to look at all. So each miss
//! is checked against a control name that is never taken back. If the control name is missing too, nothing is stopped,
//! and the worker stops looking.
//!
//! A live query has no name of its own, because each would cost the page half a millisecond. One name for all live
//! queries says only that the page has asked something that may make the query needless. Then the query makes way, and
//! runs again if the page still wants it.

use crate::durations::HEARTBEAT_MS;
use crate::engine::{Headway, Progress};
use crate::protocol::{Message, Timestamp};

/// The engine calls every few milliseconds during a query; every 32nd call is a look.
const LOOK_EVERY: u32 = 32;
/// Misses in a row that stop a query. As many misses of the control name stop the looking.
const MISSES_TO_STOP: u32 = 2;

/// The heartbeats, time limit and names of what SQLite runs now.
#[derive(Debug, Default)]
pub struct Pulse {
    running: Option<Running>,
    /// The time limit of what runs.
    until: Option<Bound>,
    time: Time,
    /// The name by which the page takes back all its queries.
    page: Option<Names>,
    /// The name by which the page makes live queries make way.
    way: Option<String>,
    /// The query that runs, with its name.
    query: Option<Query>,
    /// How many looks in a row missed the control name too.
    blind: u32,
}

/// The two names of a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// Taken back to stop the query.
    pub recall: String,
    /// The control, which is never taken back.
    pub control: String,
}

#[derive(Debug)]
struct Running {
    /// The leader's last heartbeat, repeated with a later lease.
    lead: Message,
    next: Timestamp,
}

/// The time limit of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    Until(Timestamp),
    /// A limit for each statement, none for all together.
    EachStatement {
        most_ms: u64,
        until: Timestamp,
        /// How many statements were done when `until` was set.
        done: u32,
    },
}

/// Whether the time limit was reached.
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

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    ByItself,
    /// It was a live query that made way, and must run again.
    MadeWay,
    /// It reached its time limit.
    TimeIsOver,
}

/// What a look found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glance {
    /// The name is there.
    Found,
    /// Only the control name is there.
    Missing,
    /// Not even the control name is there: the worker cannot look.
    Blind,
}

impl Pulse {
    /// A write begins. `lead` is this tab's heartbeat, if it leads.
    pub(super) fn begin(&mut self, now: Timestamp, lead: Option<Message>, bound: Bound) {
        let next = now.after_ms(HEARTBEAT_MS);
        self.running = lead.map(|lead| Running { lead, next });
        self.bound(bound);
    }

    /// Sets the time limit of what runs.
    pub(super) fn bound(&mut self, bound: Bound) {
        self.until = Some(bound);
        self.time = Time::Enough;
    }

    /// From now on these names stop all queries, except queries with a name of their own.
    pub(super) fn follow(&mut self, names: Names) {
        self.page = Some(names);
    }

    /// From now on this name makes live queries make way.
    pub(super) fn make_way_by(&mut self, name: String) {
        self.way = Some(name);
    }

    /// A query begins, with a name of its own if the page can take it back alone.
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
        if let Some(query) = &mut self.query {
            query.makes_way = makes_way;
        }
    }

    /// The run has ended.
    pub(super) fn end(&mut self) -> Ended {
        self.running = None;
        self.until = None;
        match (std::mem::take(&mut self.time), self.query.take()) {
            (Time::Over, _) => Ended::TimeIsOver,
            (_, Some(query)) if query.makes_way && query.misses >= MISSES_TO_STOP => Ended::MadeWay,
            _ => Ended::ByItself,
        }
    }

    /// The names to look at now, if a look is due. `calls` is how often the engine has called during this query.
    pub fn to_look_at(&self, calls: u32) -> Option<&Names> {
        let is_due = calls > 0 && calls.is_multiple_of(LOOK_EVERY) && self.blind < MISSES_TO_STOP;
        let query = self.query.as_ref().filter(|_| is_due)?;
        Some(&query.names)
    }

    /// Takes in what the look found; whether the query may go on.
    pub fn looked(&mut self, look: Glance) -> Progress {
        let Some(query) = &mut self.query else {
            return Progress::GoOn;
        };
        self.blind = if look == Glance::Blind { self.blind + 1 } else { 0 };
        query.misses = if look == Glance::Missing { query.misses + 1 } else { 0 };
        match query.misses {
            0..MISSES_TO_STOP => Progress::GoOn,
            _ => Progress::Interrupt,
        }
    }

    /// Takes in the headway of what runs: returns the heartbeat to broadcast now, if one is due, and whether the run
    /// may go on.
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

    use Glance::{Blind, Found, Missing};
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

    /// What follows from each of these looks during a query.
    fn query(pulse: &mut Pulse, looks: &[Glance]) -> Vec<Progress> {
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
