//! The runner: the SQL of a tab that waits for its moment, and is run one piece at a time.
//!
//! The driver calls [`Tab::work`] when it has carried out all effects, again and again until nothing is left to do.
//!
//! * **No SQL runs while a store call of this tab is open.** A transaction of IndexedDB goes on only when the event loop
//!   of the worker turns (IndexedDB 3.0, 2.7.1, "transaction lifetime"). A worker that is busy in SQLite would keep it open,
//!   and with it every other tab from writing.
//! * **All effects of one piece are carried out before the next piece runs.** So an answer never waits for the SQL behind
//!   it, and what is stored is told even if the next piece kills the worker.
//! * **No SQL runs on an image that is not what this tab's history leads to.** It is loaded anew first.
//! * **What the page asks keeps its order**, as far as the order can be seen: see [`Runner::admit`].
//! * **Nobody starves.** Groups and what the page asks run in the order in which they came. Live queries run when nothing
//!   of that waits, and one at least behind [`MOST_GROUPS`] groups. A step of a checkpoint is taken when nothing else waits.
//!
//! Running SQL at once, inside [`Tab::handle`], was the simpler way and was refused for the first two rules.

use std::collections::VecDeque;
use std::rc::Rc;

use super::pulse::{Bound, Ended};
use super::{StoreCall, Tab};
use crate::protocol::{Input, Patience, PutOff, Queued, Timestamp};
use crate::request::{CallId, Request};
use crate::sabotage::{self, Sabotage};
use crate::sql::{Answer, Code, SqlFailure, Work};
use crate::storage::{Epoch, Reply, RequestId};

/// A write that takes longer is put off once, so that those who wait have their turn. Less than the page waits for them.
const LONGEST_TURN_MS: u64 = 10_000;
/// No write may take longer, nor a statement of a migration.
const LONGEST_WRITE_MS: u64 = 60_000;

/// Where groups follow one another without a pause, a live query that is due runs behind so many of them.
const MOST_GROUPS: u32 = 8;

/// What waits to be run.
#[derive(Debug, Default)]
pub(super) struct Runner {
    waiting: VecDeque<Piece>,
    /// The deadline of the live queries has come.
    may_run_live: bool,
    /// So many groups have run since a live query has.
    groups_since_live: u32,
}

/// What is run in one go.
#[derive(Debug)]
pub(super) enum Piece {
    /// Writes of this leader.
    Group { epoch: Epoch, group: Vec<Queued> },
    /// The turn of this tab's page begins.
    Turn { request: RequestId, epoch: Epoch },
    /// What the page asks.
    Asked(Request),
}

impl Runner {
    pub(super) fn push(&mut self, piece: Piece) {
        self.waiting.push_back(piece);
    }

    /// Keeps what the page asks behind what it has asked before and waits here; gives back what need not wait.
    pub(super) fn admit(&mut self, request: Request) -> Option<Request> {
        let is_behind = || self.waiting.iter().any(|piece| matches!(piece, Piece::Asked(_)));
        if is_urgent(&request) || !is_behind() {
            return Some(request);
        }
        self.push(Piece::Asked(request));
        None
    }

    /// The deadline of the live queries has come: one may run.
    pub(super) fn let_live_run(&mut self) {
        self.may_run_live = true;
    }

    /// Nobody waits for this query any more.
    pub(super) fn cancel(&mut self, cancelled: CallId) {
        let is_it = |piece: &Piece| matches!(piece, Piece::Asked(Request::Query { call, .. }) if *call == cancelled);
        self.waiting.retain(|piece| !is_it(piece));
    }

    /// Takes out what the page has asked and waits here, if it is so.
    pub(super) fn take_asked(&mut self, mut is_so: impl FnMut(&Request) -> bool) -> Vec<Request> {
        let (mut taken, mut waiting) = (Vec::new(), VecDeque::new());
        for piece in std::mem::take(&mut self.waiting) {
            match piece {
                Piece::Asked(request) if is_so(&request) => taken.push(request),
                piece => waiting.push_back(piece),
            }
        }
        self.waiting = waiting;
        taken
    }

    /// The turn is over before it began.
    pub(super) fn withdraw_turn(&mut self, turn: RequestId) {
        self.waiting
            .retain(|piece| !matches!(piece, Piece::Turn { request, .. } if *request == turn));
    }

    fn next(&self, page: PageTurn) -> Option<usize> {
        let may_run = |piece: &Piece| page == PageTurn::May || !matches!(piece, Piece::Asked(_));
        self.waiting.iter().position(may_run)
    }
}

/// When something that the page asks is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// It comes from the page: SQL that it needs is put off.
    Arrived,
    /// Its SQL may run.
    Due,
}

/// Whether what the page asks may be answered now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PageTurn {
    May,
    /// What this tab shows may be older than its coming back.
    MustWait,
}

/// Asked to be heeded at once, or answered whenever it comes.
fn is_urgent(request: &Request) -> bool {
    matches!(
        request,
        Request::Suspend
            | Request::Resume
            | Request::Recall { .. }
            | Request::MakeWay { .. }
            | Request::Cancel { .. }
            | Request::Subscribe { .. }
            | Request::Unsubscribe { .. }
            | Request::Metrics { .. }
            | Request::Lead { .. }
            | Request::LeaderInfo { .. }
    )
}

/// What ends a write that takes long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Limit {
    /// Nobody waits for its answer any more.
    Deadline(Timestamp),
    /// The others have their turn before it goes on.
    Turn(Timestamp),
    /// No write may take longer.
    Whole(Timestamp),
    /// No statement of it may take longer.
    Statements(Timestamp),
}

impl Limit {
    fn of(now: Timestamp, queued: &Queued) -> Self {
        let (turn, whole) = (now.after_ms(LONGEST_TURN_MS), now.after_ms(LONGEST_WRITE_MS));
        match (&*queued.work, queued.patience) {
            (Work::Migrate { .. } | Work::Import { .. }, _) => Limit::Statements(whole),
            (_, Patience::Turn) if queued.deadline <= turn => Limit::Deadline(queued.deadline),
            (_, Patience::Turn) => Limit::Turn(turn),
            (_, Patience::Whole) if queued.deadline <= whole => Limit::Deadline(queued.deadline),
            (_, Patience::Whole) => Limit::Whole(whole),
        }
    }

    fn bound(self) -> Bound {
        match self {
            Limit::Deadline(until) | Limit::Turn(until) | Limit::Whole(until) => Bound::Until(until),
            Limit::Statements(until) => Bound::EachStatement {
                most_ms: LONGEST_WRITE_MS,
                until,
                done: 0,
            },
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stopped {
    No,
    ToBePutOff,
}

/// What the commit of these writes answers.
fn replies(ran: &[Queued], answers: &[Answer]) -> Vec<Reply> {
    ran.iter()
        .zip(answers)
        .filter(|_| !sabotage::is(Sabotage::ReplyNotStored))
        .filter_map(|(queued, answer)| {
            let outcome = answer.as_ref().ok()?.clone();
            let Queued {
                request, settled_below, ..
            } = *queued;
            Some(Reply {
                request,
                outcome,
                settled_below,
            })
        })
        .collect()
}

fn too_long() -> SqlFailure {
    let message = format!(
        "the write was stopped after {} s, and nothing was changed: while it runs no other tab can write; do it in smaller \
         pieces",
        LONGEST_WRITE_MS / 1_000
    );
    SqlFailure::new(Code::WriteTooLong, message)
}

impl Tab {
    /// Does the next piece of what waits; whether there was one. Call it when [`Tab::poll`] has nothing more, and then poll
    /// again.
    ///
    /// What SQL has come to is carried out by the next call, which knows how long it took.
    pub fn work(&mut self, now: Timestamp) -> bool {
        if !self.inputs.is_empty() {
            self.carry_out(now);
            return true;
        }
        if !self.may_run() {
            return false;
        }
        let done = if self.is_diverged() {
            self.mend()
        } else {
            self.run_piece(now) || self.run_live_in_time(now) || self.step_checkpoint()
        };
        if self.inputs.is_empty() {
            self.carry_out(now);
        }
        done
    }

    /// Nothing of this tab is with the store.
    pub(super) fn may_run(&self) -> bool {
        self.open_store_calls == 0
    }

    fn run_piece(&mut self, now: Timestamp) -> bool {
        let page = if self.protocol.is_returning() {
            PageTurn::MustWait
        } else {
            PageTurn::May
        };
        if page == PageTurn::May
            && let Some(asked) = self.transactions.next_released()
        {
            self.run_asked(now, asked, Moment::Due);
            return true;
        }
        let Some(at) = self.runner.next(page) else {
            return false;
        };
        if matches!(self.runner.waiting[at], Piece::Group { .. }) {
            if self.runner.groups_since_live >= MOST_GROUPS && self.run_live(now) {
                self.runner.groups_since_live = 0;
                return true;
            }
            self.runner.groups_since_live += 1;
        }
        match self.runner.waiting.remove(at) {
            Some(Piece::Group { epoch, group }) => self.run_group(now, epoch, group),
            Some(Piece::Turn { request, epoch }) => {
                let input = self.turn_begins(now, request, epoch);
                self.inputs.extend(input);
            }
            Some(Piece::Asked(request)) => self.route(now, request, Moment::Due),
            None => {}
        }
        true
    }

    /// Not at once: what the page asks comes first, for it may make the query needless.
    fn run_live_in_time(&mut self, now: Timestamp) -> bool {
        self.runner.groups_since_live = 0;
        std::mem::take(&mut self.runner.may_run_live) && self.run_live(now)
    }

    fn run_group(&mut self, now: Timestamp, epoch: Epoch, group: Vec<Queued>) {
        let mut answers = Vec::new();
        let mut put_off = PutOff::default();
        if !self.protocol.leads_in(epoch) {
            // It is the next leader's. This one has said that it ended, so it must not die of it.
            put_off.unrun = group;
            let commit = None;
            self.inputs.push_back(Input::Ran {
                answers,
                commit,
                put_off,
            });
            return;
        }
        let mut ran = Vec::new();
        let mut group = group.into_iter();
        for queued in group.by_ref() {
            let (answer, stopped) = self.run_write(now, &queued);
            if stopped == Stopped::ToBePutOff {
                put_off.long = Some(queued);
                break;
            }
            answers.push(answer);
            ran.push(queued);
        }
        put_off.unrun = group.collect();
        let commit = self.engine.staged().map(|staged| {
            let replies = replies(&ran, &answers);
            let image = self.engine.image();
            Rc::new(image.commit(epoch, staged.dirty, staged.write_set, replies))
        });
        self.inputs.push_back(Input::Ran {
            answers,
            commit,
            put_off,
        });
    }

    /// The image is not the one that this tab's history leads to.
    pub(super) fn is_diverged(&self) -> bool {
        self.engine.position() != self.protocol.position()
    }

    /// No SQL runs on such an image: what a leader wrote would follow from what nobody else has, and a page could miss its
    /// own write. Whether something was done about it now.
    fn mend(&mut self) -> bool {
        if self.protocol.is_fetching() {
            return false;
        }
        self.lose_open_transaction();
        self.inputs.push_back(Input::Diverged);
        true
    }

    fn run_write(&mut self, now: Timestamp, queued: &Queued) -> (Answer, Stopped) {
        let limit = Limit::of(now, queued);
        self.pulse
            .borrow_mut()
            .begin(now, self.protocol.sign_of_life(), limit.bound());
        let answer = self.engine.perform(&queued.work);
        let ended = self.pulse.borrow_mut().end();
        match (answer, ended, limit) {
            (Err(_), Ended::TimeIsOver, Limit::Whole(_) | Limit::Statements(_)) => (Err(too_long()), Stopped::No),
            (answer @ Err(_), Ended::TimeIsOver, Limit::Turn(_)) => (answer, Stopped::ToBePutOff),
            (answer, ..) => (answer, Stopped::No),
        }
    }

    /// A bounded step of a checkpoint, only while no write is on its way.
    fn step_checkpoint(&mut self) -> bool {
        let Some(epoch) = self.protocol.idle_epoch() else {
            return false;
        };
        if !self.folding.is_due() {
            return false;
        }
        let blocks = self.folding.next_blocks(&self.engine.image(), self.protocol.replies());
        let call = if !blocks.is_empty() {
            StoreCall::WriteBlocks { epoch, blocks }
        } else if let Some(checkpoint) = self.folding.finish() {
            StoreCall::FinishCheckpoint { epoch, checkpoint }
        } else {
            return false;
        };
        self.call_store(call);
        true
    }
}
