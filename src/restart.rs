//! The order in which a page goes on after its worker died, and what is blamed for the death.
//!
//! Called by `client::worker`. Pure. The new worker takes up the work of the old one step by step. It opens a database,
//! then runs the live queries of that database one by one, each after the one before has its answer; then it opens the
//! next database. If the worker dies again, the step that was under way is accused. A step that was accused often
//! enough is ended. So the others go on, and a step that kills its worker at once is not begun forever.
//!
//! The page's calls are not begun again: they are answered, and die with their worker. But calls arrive while steps are
//! taken, and one of them may have killed the worker; an accusation then weighs half. Holding calls back during the
//! steps was refused: they would wait for each slow query of the page.

use crate::request::QueryId;

/// Identifies one session of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionNumber(pub u32);

/// One thing that the new worker takes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Open the database of a session.
    Open(SessionNumber),
    /// Run a live query of a session.
    Query(SessionNumber, QueryId),
}

/// Whether the worker had anything else to do when it died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bystanders {
    /// Nothing but the step under way, so the accusation has its whole weight.
    None,
    /// Calls or other live queries, so the accusation has half its weight.
    Some,
}

/// What follows from a death.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The next worker takes up everything, the accused step too.
    GoOn,
    /// This step is ended. All else goes on.
    End(Step),
    /// Workers die one after the other, and no step explains it: everything is ended.
    EndAll,
}

/// What an accusation weighs: all, or half if other work may have caused the death.
const ALONE: u32 = 2;
const AMONG_OTHERS: u32 = 1;
/// The weight that ends a step: a database is opened two more times, a live query is run once more.
const OPENINGS: u32 = 2 * ALONE;
const ASKINGS: u32 = ALONE;
/// After this many deaths with no step and no call to blame, everything is ended.
const UNEXPLAINED: u32 = 5;

/// What a page knows about the deaths of its workers.
#[derive(Debug, Default)]
pub struct Restart {
    /// In reverse order: the next step is the last element.
    waiting: Vec<Step>,
    trying: Option<Step>,
    /// Each accusation with its weight.
    accused: Vec<(Step, u32)>,
    unexplained: u32,
}

impl Restart {
    /// The worker died.
    pub fn died(&mut self, bystanders: Bystanders) -> Verdict {
        let alone = bystanders == Bystanders::None;
        let Some(step) = self.trying.take() else {
            // No step was under way. If calls were, one of them may be to blame, and none is begun again: only a death
            // without calls counts.
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

    /// A new worker takes these steps, in this order.
    pub fn begin(&mut self, steps: impl IntoIterator<Item = Step>) {
        self.waiting = steps.into_iter().collect();
        self.waiting.reverse();
        self.trying = None;
    }

    /// The step to take now; `None` while one is under way, or when none is left.
    pub fn take_up(&mut self) -> Option<Step> {
        if self.trying.is_some() {
            return None;
        }
        self.trying = self.waiting.pop();
        self.trying
    }

    /// The step went well, or nobody wants it any more. Returns whether it was under way.
    pub fn done(&mut self, step: Step) -> bool {
        self.acquit(step);
        self.waiting.retain(|waiting| *waiting != step);
        let was_tried = self.trying == Some(step);
        if was_tried {
            self.trying = None;
        }
        was_tried
    }

    /// The step under way takes long, but its worker is alive: the other steps no longer wait for it.
    pub fn move_on(&mut self) {
        self.trying = None;
    }

    /// The step under way.
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

    /// The verdicts on this many workers in a row. Each dies of `poison` as soon as it takes that step up.
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
