//! The order in which a page goes on after its worker died, and who is held to have killed it.
//!
//! Called by `client::worker`. Pure. The new worker takes up what the old one served one step at a time: a database is
//! opened, then its live queries are asked one by one, each once the one before has its answer; then the next database.
//! What was under way when a worker dies again is accused, and what is accused enough is ended; so the others go on, and
//! nothing that kills its worker at once is begun for ever.
//!
//! Calls of the page are not begun again: they are answered, and die with their worker. But they come while steps are
//! taken, and may be what killed it; an accusation then weighs half. To hold calls back during the steps was refused: they
//! would wait for each slow query of the page.

use crate::request::QueryId;

/// Names one session of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionNumber(pub u32);

/// Something that the new worker takes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Open(SessionNumber),
    Query(SessionNumber, QueryId),
}

/// Whether the worker had anything else to do when it died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bystanders {
    None,
    Some,
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    GoOn,
    /// All but this goes on.
    End(Step),
    /// Workers die one after the other, and nobody knows of what.
    EndAll,
}

/// What an accusation weighs by whether there are others who may have done it.
const ALONE: u32 = 2;
const AMONG_OTHERS: u32 = 1;
/// A database is opened two more times, a query asked once more.
const OPENINGS: u32 = 2 * ALONE;
const ASKINGS: u32 = ALONE;
const UNEXPLAINED: u32 = 5;

#[derive(Debug, Default)]
pub struct Restart {
    /// The next one last.
    waiting: Vec<Step>,
    trying: Option<Step>,
    /// What each accusation weighs.
    accused: Vec<(Step, u32)>,
    unexplained: u32,
}

impl Restart {
    /// The worker died.
    pub fn died(&mut self, bystanders: Bystanders) -> Verdict {
        let alone = bystanders == Bystanders::None;
        let Some(step) = self.trying.take() else {
            self.unexplained += u32::from(alone);
            return if self.unexplained < UNEXPLAINED {
                Verdict::GoOn
            } else {
                Verdict::EndAll
            };
        };
        self.accused.push((step, if alone { ALONE } else { AMONG_OTHERS }));
        let against = self.accused.iter().filter(|(accused, _)| *accused == step);
        let weight: u32 = against.map(|(_, weight)| weight).sum();
        let enough = match step {
            Step::Open(_) => OPENINGS,
            Step::Query(..) => ASKINGS,
        };
        if weight < enough {
            return Verdict::GoOn;
        }
        self.acquit(step);
        Verdict::End(step)
    }

    /// A new worker begins with these.
    pub fn begin(&mut self, steps: impl IntoIterator<Item = Step>) {
        self.waiting = steps.into_iter().collect();
        self.waiting.reverse();
        self.trying = None;
    }

    /// What to do now, if nothing is under way.
    pub fn take_up(&mut self) -> Option<Step> {
        if self.trying.is_some() {
            return None;
        }
        self.trying = self.waiting.pop();
        self.trying
    }

    /// It went well, or nobody wants it any more. Says whether it was under way.
    pub fn done(&mut self, step: Step) -> bool {
        self.acquit(step);
        self.waiting.retain(|waiting| *waiting != step);
        let was_tried = self.trying == Some(step);
        if was_tried {
            self.trying = None;
        }
        was_tried
    }

    /// What is under way takes long, and is alive: the others wait no more for it.
    pub fn move_on(&mut self) {
        self.trying = None;
    }

    pub fn trying(&self) -> Option<Step> {
        self.trying
    }

    /// The worker has lived for a while with nothing to take up.
    pub fn is_well(&mut self) {
        self.unexplained = 0;
    }

    fn acquit(&mut self, step: Step) {
        self.accused.retain(|(accused, _)| *accused != step);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: SessionNumber = SessionNumber(1);
    const OPEN: Step = Step::Open(SESSION);

    fn query(number: u64) -> Step {
        Step::Query(SESSION, QueryId(number))
    }

    /// The verdicts on so many workers in a row, each of which dies of `poison` as soon as that is taken up.
    fn verdicts(poison: Step, bystanders: Bystanders, deaths: u32) -> Vec<Verdict> {
        let mut restart = Restart::default();
        let one = |_| {
            restart.begin([OPEN, query(1), query(2)]);
            while let Some(step) = restart.take_up() {
                if step == poison {
                    return restart.died(bystanders);
                }
                restart.done(step);
            }
            panic!("the poison was not taken up");
        };
        (0..deaths).map(one).collect()
    }

    #[test]
    fn a_query_that_kills_its_worker_alone_is_ended_the_first_time() {
        assert_eq!(
            verdicts(query(2), Bystanders::None, 1),
            [Verdict::End(query(2))],
            "and the query before it is not"
        );
    }

    #[test]
    fn a_query_that_may_be_innocent_is_tried_once_more() {
        assert_eq!(
            verdicts(query(1), Bystanders::Some, 2),
            [Verdict::GoOn, Verdict::End(query(1))]
        );
    }

    #[test]
    fn a_database_that_kills_its_worker_is_opened_a_bounded_number_of_times() {
        assert_eq!(verdicts(OPEN, Bystanders::None, 2), [Verdict::GoOn, Verdict::End(OPEN)]);
        assert_eq!(verdicts(OPEN, Bystanders::Some, 4).last(), Some(&Verdict::End(OPEN)));
    }

    #[test]
    fn the_next_step_waits_for_the_one_before() {
        let mut restart = Restart::default();
        restart.begin([OPEN, query(1)]);
        assert_eq!(restart.take_up(), Some(OPEN));
        assert_eq!(restart.take_up(), None);
        assert!(restart.done(OPEN));
        assert_eq!(restart.take_up(), Some(query(1)));
    }

    #[test]
    fn what_nobody_wants_any_more_is_not_taken_up() {
        let mut restart = Restart::default();
        restart.begin([OPEN, query(1)]);
        restart.take_up();
        assert!(!restart.done(query(1)), "it was not under way");
        restart.done(OPEN);
        assert_eq!(restart.take_up(), None);
    }

    #[test]
    fn a_worker_that_dies_of_calls_is_started_as_often_as_the_page_likes() {
        let mut restart = Restart::default();
        assert!((0..100).all(|_| restart.died(Bystanders::Some) == Verdict::GoOn));
    }

    #[test]
    fn workers_that_die_of_nothing_known_are_not_started_for_ever() {
        let mut restart = Restart::default();
        let deaths: Vec<_> = (0..UNEXPLAINED).map(|_| restart.died(Bystanders::None)).collect();
        assert_eq!(deaths.last(), Some(&Verdict::EndAll));
        assert!(deaths.iter().rev().skip(1).all(|verdict| *verdict == Verdict::GoOn));
        let mut restart = Restart::default();
        for _ in 0..2 * UNEXPLAINED {
            assert_eq!(restart.died(Bystanders::None), Verdict::GoOn);
            restart.is_well();
        }
    }
}
