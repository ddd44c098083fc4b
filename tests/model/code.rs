//! The code: three instances of the protocol of `src/protocol`, taken along the steps of a path of the model.
//!
//! The model is written apart from the code, so the two could drift. Here each step is done to both, and they are
//! compared ([`Code::differences`]):
//! * The model decides what is heard, and when. The code must have said everything that the model lets be heard.
//! * The code does some things at once where the model may wait (run what has arrived, hand over when nothing is under
//!   way). Then the model is made to do them at once too.
//! * A step that the code would not take at that moment is not taken: the code holds a commit until the store has
//!   answered, and sends again only when it hears a heartbeat.
//! * In between, the code hears messages of the past, for which the model has no steps. Then nothing may change.
//!
//! There is one write, so no order of arrival can differ.

use std::collections::VecDeque;
use std::rc::Rc;

use sqlite_elements::protocol::{Here, Input, Message, Output, Protocol, PutOff, Timestamp};
use sqlite_elements::sql::{Outcome, Statement, Work};
use sqlite_elements::storage::{
    CatchUp, Checksum, Commit, Epoch, Head, PageCount, PageSize, Position, Replies, Reply, RequestId, Seq,
    SettledBelow, StoreError, TabId,
};

use crate::history::History;
use crate::state::{self, Lock, State, TABS, Tab, Write, tabs};
use crate::steps::Step;

const WRITE: Write = Write(0);
const NEVER: Timestamp = Timestamp(u64::MAX);
/// A write without an answer is sent again with the first heartbeat after this long.
const RESEND_MS: u64 = 2_000;

/// What the code did otherwise than the model.
pub(crate) type Difference = String;

#[derive(Debug)]
pub(crate) struct Code {
    tabs: [Part; TABS],
    log: Vec<Rc<Commit>>,
    epoch: Epoch,
    lock: Lock,
    /// The tabs that raised the epoch, in order of the epochs, from epoch 1 on.
    raised: Vec<Tab>,
    said: Vec<Message>,
    request: Option<RequestId>,
    /// Whether the write was done; `None` before it is settled.
    settled: Option<bool>,
}

/// One tab: its protocol, and what it has asked for.
#[derive(Debug)]
struct Part {
    protocol: Protocol,
    now: Timestamp,
    shown: Vec<Epoch>,
    fetch: Option<Seq>,
    append: Option<Append>,
    /// Outputs that have not been carried out yet.
    outputs: VecDeque<Output>,
}

#[derive(Debug)]
struct Append {
    commit: Rc<Commit>,
    result: Option<Result<(), StoreError>>,
}

fn id(tab: Tab) -> TabId {
    TabId(uuid::Uuid::from_u128(u128::from(tab.0)))
}

fn real(epoch: state::Epoch) -> Epoch {
    Epoch(u64::from(epoch.0))
}

impl Part {
    fn open(tab: Tab) -> Self {
        let now = Timestamp(1_000_000_000);
        Part {
            protocol: Protocol::open(now, id(tab), Position::default(), Replies::default()),
            now,
            shown: Vec::new(),
            fetch: None,
            append: None,
            outputs: VecDeque::new(),
        }
    }

    /// A tab that takes part in nothing any more.
    fn closed(tab: Tab) -> Self {
        let mut part = Part::open(tab);
        while part.protocol.poll().is_some() {}
        part
    }

    fn handle(&mut self, input: Input) {
        self.protocol.handle(self.now, input);
    }

    /// Each tab has a clock of its own here. A lease lapses only by a step, so a tab that hears of one hears of a fresh
    /// one.
    fn hear(&mut self, mut message: Message) {
        message.renew(self.now);
        self.handle(Input::Heard(message));
    }

    /// Lets the tab's time pass from deadline to deadline, until the tab does something.
    fn time_out(&mut self) {
        while self.outputs.is_empty()
            && let Some(due) = self.protocol.deadline()
        {
            self.now = due.max(self.now);
            self.handle(Input::TimedOut);
            self.outputs.extend(std::iter::from_fn(|| self.protocol.poll()));
        }
    }

    fn next(&mut self) -> Option<Output> {
        self.outputs.pop_front().or_else(|| self.protocol.poll())
    }
}

impl Code {
    pub(crate) fn open() -> Self {
        let mut code = Code {
            tabs: [0, 1, 2].map(|tab| Part::open(Tab(tab))),
            log: Vec::new(),
            epoch: Epoch::default(),
            lock: Lock::default(),
            raised: Vec::new(),
            said: Vec::new(),
            request: None,
            settled: None,
        };
        for tab in tabs() {
            code.perform(tab);
        }
        code
    }

    /// Takes this step. If the code would not take it in this state, nothing happens. Returns the steps that the code
    /// has taken, this one first.
    pub(crate) fn take(&mut self, state: &State, step: Step) -> Result<Vec<Step>, Difference> {
        let done = match step {
            Step::CalmDown | Step::Run(_) | Step::HandOver(_) => false,
            Step::Freeze(_) | Step::Thaw(_) => true,
            Step::LoseRequest(_) | Step::LoseAsking(_) | Step::LoseHandOver(..) | Step::LoseCommit(_) => true,
            Step::CatchUp(tab) => self.catch_up(state, tab),
            Step::SendAgain(_) => self.send_again(state, actor(state, step)),
            _ => match self.heard(state, step)? {
                Heard::NotNow => false,
                Heard::Nothing => {
                    self.by_itself(actor(state, step), step);
                    true
                }
                Heard::Message(message) => {
                    self.tabs[actor(state, step).index()].hear(message);
                    true
                }
            },
        };
        let mut taken = Vec::new();
        if done {
            taken.push(step);
            tabs().for_each(|tab| taken.extend(self.perform(tab)));
        }
        Ok(taken)
    }

    fn by_itself(&mut self, tab: Tab, step: Step) {
        let it = &mut self.tabs[tab.index()];
        match step {
            Step::Submit(_) => {
                let work = Work::batch(vec![Statement::new("INSERT INTO t VALUES (1)")]);
                self.request = Some(it.protocol.submit(it.now, work, NEVER));
            }
            Step::AskToLead(_) | Step::AskAgain(_) => it.protocol.ask_to_lead(),
            Step::RaiseEpoch(_) | Step::RaiseLate(_) => it.handle(Input::LockGranted),
            Step::RaiseInVain(_) => {
                it.handle(Input::LockGranted);
                assert!(matches!(it.protocol.poll(), Some(Output::RaiseEpoch)));
                // The refusal of the earlier append arrives before the answer about the epoch.
                self.by_itself(tab, Step::NoticeAppend(tab));
                self.perform(tab);
                self.raise_epoch(tab);
            }
            Step::NoticeLoss(_) => it.handle(Input::LockLost),
            Step::NoticeAppend(_) => {
                let asked = it.append.take().expect("the store was asked");
                it.handle(Input::Appended(asked.result.expect("the store has answered")));
            }
            Step::Append(_) => self.append(tab),
            Step::FailAppend(_) => {
                let asked = it.append.as_mut().expect("the store was asked");
                asked.result = Some(Err(StoreError::Failed("the disk says no".into())));
            }
            Step::Die(_) => {
                *it = Part::closed(tab);
                self.lock.release(tab);
            }
            Step::Lapse(_) | Step::Steal(_) | Step::GiveBack(_) | Step::GiveBackEarly(_) => it.time_out(),
            other => unreachable!("{other:?} is not a tab's own"),
        }
    }

    /// Carries out the outputs of the tab, except what the store must answer. Returns the steps that these are.
    fn perform(&mut self, tab: Tab) -> Vec<Step> {
        let mut taken = Vec::new();
        while let Some(output) = self.tabs[tab.index()].next() {
            let it = &mut self.tabs[tab.index()];
            match output {
                Output::RequestLock => self.lock.request(tab),
                Output::ReleaseLock => self.lock.release(tab),
                Output::StealLock | Output::TakeLock => self.lock.steal(tab),
                Output::RaiseEpoch => self.raise_epoch(tab),
                Output::Run { epoch, group } => {
                    taken.push(Step::Run(tab));
                    let commit = Some(commit(it.protocol.position(), epoch, group[0].request));
                    let answers = vec![Ok(Outcome::nothing())];
                    let put_off = PutOff::default();
                    it.handle(Input::Ran {
                        answers,
                        commit,
                        put_off,
                    });
                }
                Output::Append(commit) => it.append = Some(Append { commit, result: None }),
                Output::CatchUp { after } => it.fetch = Some(after),
                Output::Apply { commit, .. } | Output::Publish(commit) => it.shown.push(commit.epoch),
                Output::Settle { result, .. } => self.settled = Some(result.is_ok()),
                // The model runs a write wherever it arrives, so here the asker always gives its go-ahead.
                Output::Send(Message::Trying { request, epoch }) => {
                    it.handle(Input::Heard(Message::GoAhead { request, epoch }));
                }
                Output::Send(message) => {
                    if matches!(message, Message::HandOver { .. }) {
                        taken.push(Step::HandOver(tab));
                    }
                    self.said.push(message);
                }
                Output::Revert | Output::Leadership(_) => {}
                other => unreachable!("the model has no {other:?}"),
            }
        }
        taken
    }

    fn raise_epoch(&mut self, tab: Tab) {
        self.epoch = self.epoch.next();
        self.raised.push(tab);
        let (epoch, position) = (self.epoch, self.end());
        self.tabs[tab.index()].handle(Input::EpochRaised(Ok(Head { epoch, position })));
    }

    fn end(&self) -> Position {
        self.log.last().map_or_else(Position::default, |commit| commit.after)
    }

    fn append(&mut self, tab: Tab) {
        let end = self.end();
        let Some(Append { commit, result }) = &mut self.tabs[tab.index()].append else {
            unreachable!("an append was asked for")
        };
        *result = Some(if commit.epoch == self.epoch && commit.before == end {
            self.log.push(Rc::clone(commit));
            Ok(())
        } else {
            Err(StoreError::Fenced { stored: self.epoch })
        });
    }

    /// The code asks the store when a heartbeat tells of more than the tab has.
    fn catch_up(&mut self, state: &State, tab: Tab) -> bool {
        if self.tabs[tab.index()].fetch.is_none() {
            let Some(heartbeat) = self.heartbeat_for(state, tab) else {
                return false;
            };
            let Message::Lead { position, .. } = heartbeat else {
                return false;
            };
            if position.seq.0 < self.log.len() as u64 {
                return false;
            }
            self.tabs[tab.index()].hear(heartbeat);
            self.perform(tab);
        }
        let it = &mut self.tabs[tab.index()];
        let after = it.fetch.take().expect("the heartbeat told of more");
        let missing = self.log[after.0 as usize..].iter().map(|commit| Commit::clone(commit));
        it.handle(Input::CaughtUp(Ok(CatchUp::Commits(missing.collect()))));
        true
    }

    fn send_again(&mut self, state: &State, owner: Tab) -> bool {
        let Some(heartbeat) = self.heartbeat_for(state, owner) else {
            return false;
        };
        let it = &mut self.tabs[owner.index()];
        it.now = it.now.after_ms(RESEND_MS);
        it.hear(heartbeat);
        true
    }

    /// The heartbeat of the leader that this tab follows, if that still leads.
    fn heartbeat_for(&self, state: &State, tab: Tab) -> Option<Message> {
        let known = real(state.tab(tab).leader()?);
        let leader = self.raiser(known)?;
        let says = self.tabs[leader.index()].protocol.sign_of_life()?;
        (leader != tab && matches!(says, Message::Lead { epoch, .. } if epoch == known)).then_some(says)
    }

    fn raiser(&self, epoch: Epoch) -> Option<Tab> {
        self.raised.get(epoch.0.checked_sub(1)? as usize).copied()
    }
}

/// What a step lets a tab hear.
enum Heard {
    Message(Message),
    /// Nothing, because the code would not take the step now.
    NotNow,
    /// Nothing, because the step is not about hearing.
    Nothing,
}

impl Code {
    fn heard(&self, state: &State, step: Step) -> Result<Heard, Difference> {
        let leads = |tab: Tab| state.tab(tab).leads().map(real);
        let message = match step {
            Step::HearLead(_, new) => {
                self.find(|it| matches!(it, Message::Lead { epoch, .. } if *epoch == real(new)))
            }
            Step::HearRequest { leader, .. } => {
                self.find(|it| matches!(it, Message::Write { epoch, .. } if Some(*epoch) == leads(leader)))
            }
            Step::HearAsking { leader, asker } => self.find(|it| {
                matches!(it, Message::AskToLead { from, epoch } if *from == id(asker) && Some(*epoch) == leads(leader))
            }),
            Step::HearHandOver(tab, old) | Step::RepeatHandOver(tab, old) => self.find(|it| {
                matches!(it, Message::HandOver { to, epoch, .. } if *to == id(tab) && *epoch == real(old))
            }),
            Step::HearCommit(tab) => {
                let Part { protocol, fetch, .. } = &self.tabs[tab.index()];
                if fetch.is_some() {
                    return Ok(Heard::NotNow);
                }
                let next = protocol.position().seq.next();
                self.find(|it| matches!(it, Message::Committed { commit, .. } if commit.seq() == next))
            }
            Step::HearRefusal(write) => {
                let (owner, sent) = state.pending(write).expect("it is pending");
                let sent = sent.map(real);
                if sent.and_then(|sent| self.raiser(sent)) == Some(owner) {
                    // A leader sends itself no refusal.
                    return Ok(Heard::NotNow);
                }
                self.find(|it| matches!(it, Message::Answered { epoch, answer: Err(_), .. } if Some(*epoch) == sent))
            }
            _ => return Ok(Heard::Nothing),
        };
        let message = message.ok_or_else(|| format!("{step:?}: the code never said that"))?;
        Ok(Heard::Message(message))
    }

    /// Lets a tab hear a message that is of the past by what the model knows of the tab: it must change nothing.
    pub(crate) fn hear_late(&mut self, state: &State, tab: Tab, which: usize) {
        let it = state.tab(tab);
        let shown = self.tabs[tab.index()].protocol.position().seq;
        let is_past = |message: &&Message| match message {
            Message::Lead { epoch, .. } => *epoch < real(it.known),
            Message::Write { epoch, .. } | Message::AskToLead { epoch, .. } => it.leads().map(real) != Some(*epoch),
            Message::HandOver { to, epoch, .. } => *to != id(tab) || it.leader().map(real) != Some(*epoch),
            Message::Answered { epoch, .. } => {
                let sent = state.pending(WRITE).and_then(|(_, sent)| sent);
                sent.map(real) != Some(*epoch)
            }
            Message::Committed { commit, .. } => commit.seq() <= shown,
            Message::Hello { .. } | Message::Released { .. } | Message::Resigned { .. } => false,
            Message::Trying { .. } | Message::GoAhead { .. } => false,
        };
        let past: Vec<_> = self.said.iter().filter(is_past).collect();
        if let Some(message) = past.get(which % past.len().max(1)) {
            let message = Message::clone(message);
            self.tabs[tab.index()].hear(message);
            self.perform(tab);
        }
    }

    fn find(&self, is_it: impl Fn(&Message) -> bool) -> Option<Message> {
        self.said.iter().find(|message| is_it(message)).cloned()
    }

    /// The first thing on which code and model do not agree.
    pub(crate) fn differences(&self, state: &State) -> Result<(), Difference> {
        let same = |what: &str, same: bool| {
            if same { Ok(()) } else { Err(what.to_string()) }
        };
        same("the epoch of the store", real(state.store.epoch) == self.epoch)?;
        let log: Vec<_> = self.log.iter().map(|commit| commit.epoch).collect();
        same("the history", epochs(state.store.log) == log)?;
        same("the lock", state.lock == self.lock)?;
        let settled = match state.write(WRITE) {
            state::WriteState::Acknowledged { .. } => Some(true),
            state::WriteState::Refused { .. } => Some(false),
            _ => None,
        };
        same("the answer to the write", settled == self.settled)?;
        for tab in tabs().filter(|tab| state.tab(*tab).life != state::Life::Dead) {
            let (it, part) = (state.tab(tab), &self.tabs[tab.index()]);
            let seen = part.protocol.leadership();
            let leader = it.leader().and_then(|epoch| self.raiser(real(epoch))).map(id);
            same("who leads", seen.leader == leader)?;
            same(
                "whether this tab leads",
                (seen.here == Here::Leads) == it.leads().is_some(),
            )?;
            same("what is shown", epochs(it.image) == part.shown)?;
            same(
                "whether an append is under way",
                it.append.is_some() == part.append.is_some(),
            )?;
            let idle = it.leads().filter(|_| it.append.is_none()).map(real);
            same("the leadership", part.protocol.idle_epoch() == idle)?;
            same("what is left to run", it.append.is_some() || it.queue.is_empty())?;
        }
        Ok(())
    }
}

/// The tab whose code takes this step.
fn actor(state: &State, step: Step) -> Tab {
    match step {
        Step::SendAgain(write) | Step::HearRefusal(write) => state.owner(write).expect("it is pending"),
        Step::HearRequest { leader, .. } | Step::HearAsking { leader, .. } => leader,
        Step::Submit(tab)
        | Step::AskToLead(tab)
        | Step::AskAgain(tab)
        | Step::Die(tab)
        | Step::Lapse(tab)
        | Step::Steal(tab)
        | Step::GiveBack(tab)
        | Step::GiveBackEarly(tab)
        | Step::RaiseEpoch(tab)
        | Step::RaiseLate(tab)
        | Step::RaiseInVain(tab)
        | Step::NoticeLoss(tab)
        | Step::Append(tab)
        | Step::FailAppend(tab)
        | Step::NoticeAppend(tab)
        | Step::HearCommit(tab)
        | Step::HearLead(tab, _)
        | Step::HearHandOver(tab, _)
        | Step::RepeatHandOver(tab, _) => tab,
        other => unreachable!("{other:?} is nobody's own"),
    }
}

fn epochs(history: History) -> Vec<Epoch> {
    history.commits().map(|commit| real(commit.epoch())).collect()
}

fn commit(before: Position, epoch: Epoch, request: RequestId) -> Rc<Commit> {
    let seq = before.seq.next();
    let after = Position {
        seq,
        checksum: Checksum(epoch.0 << 32 | seq.0),
    };
    let reply = Reply {
        request,
        outcome: Outcome::nothing(),
        settled_below: SettledBelow(request.counter),
    };
    Rc::new(Commit {
        epoch,
        before,
        after,
        page_size: PageSize::DEFAULT,
        page_count: PageCount(1),
        pages: Vec::new(),
        write_set: Default::default(),
        replies: vec![reply],
    })
}
