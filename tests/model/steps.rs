//! What can happen next. `rules` says what each step does.
//!
//! A step is one atomic thing: a message heard, a transaction of the store, a timer. A timer may fire at any time. What
//! the protocol does at once (hear of a leader, send it what is pending) is one step here too.

use stateright::{Model, Property};

use crate::state::{
    Epoch, Fate, Life, Lock, Messages, Position, RequestCopy, Role, State, Store, TABS, Tab, TabState, WRITES, Write,
    WriteState, tabs, writes,
};
use crate::{properties, rules};

/// Ways to change the protocol, to see that the properties notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Variant {
    AsDesigned,
    /// The store takes what any leader sends.
    FenceOff,
    /// The store checks the position only.
    EpochUnchecked,
    /// The store checks the epoch only.
    PositionUnchecked,
    /// A new leader does not read the head of the store: it leads from what it shows.
    LeadsUnread,
    /// As [`Variant::LeadsUnread`], and the store checks the epoch only.
    SeqReused,
    /// A tab shows a commit though it lacks the one before.
    GapIgnored,
    /// A follower never asks the store for what it missed.
    NeverFetches,
    /// A commit does not hold the reply to its write.
    ReplyNotStored,
    /// A leader runs a write although it has the reply.
    DedupeOff,
    /// A leader ignores which answers have arrived, and forgets their replies all the same.
    LateCopiesRun,
    /// A leader acknowledges a write of its own tab when it asks for the append.
    AnswerBeforeAppend,
    /// A leader broadcasts a commit when it asks for the append.
    TellBeforeAppend,
    /// A tab that has led, and does not know which tab leads now, believes a leader from before its own time.
    OlderLeaderBelieved,
    /// A refusal counts even if it comes from another leadership than the write was last sent to.
    LateRefusalCounts,
    /// A leader hands over while its append is under way.
    HandOverUndrained,
    /// As [`Variant::HandOverUndrained`], and the successor leads on in the epoch that it was handed.
    HandOverUnfenced,
    /// No tab steals the lock of a frozen tab.
    LeaseNeverLapses,
    /// A write is sent once.
    NeverSentAgain,
}

/// The model, and how much comes from outside.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Protocol {
    pub(crate) variant: Variant,
    /// Faults of any kind: a tab dies or freezes, a lease lapses although its leader is awake, an append
    /// fails, a message is lost or comes twice.
    pub(crate) faults: u8,
    pub(crate) writes: u8,
    /// How often a tab asks to lead.
    pub(crate) askings: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    // From outside.
    Submit(Tab),
    AskToLead(Tab),
    Freeze(Tab),
    Thaw(Tab),
    Die(Tab),
    /// A lease lapses although its leader is awake.
    Lapse(Tab),
    FailAppend(Tab),
    LoseRequest(Write),
    LoseAsking(Tab),
    LoseHandOver(Tab, Epoch),
    LoseCommit(Position),
    /// A hand-over is heard, and will be heard again.
    RepeatHandOver(Tab, Epoch),
    /// From here on nothing comes from outside.
    CalmDown,

    /// A tab raises the epoch before it notices that the lock was stolen from it.
    RaiseLate(Tab),
    /// A leader that keeps the lock for its successor gives it back too early.
    GiveBackEarly(Tab),

    // Lock and epoch.
    NoticeLoss(Tab),
    RaiseEpoch(Tab),
    /// A tab asks to raise the epoch, and hears before the answer that an append of its last leadership was refused.
    RaiseInVain(Tab),
    /// The lease of a frozen leader lapses.
    Steal(Tab),
    HearLead(Tab, Epoch),

    // Replication.
    CatchUp(Tab),
    HearCommit(Tab),

    // Writes.
    HearRequest {
        leader: Tab,
        write: Write,
        copy: RequestCopy,
    },
    Run(Tab),
    Append(Tab),
    NoticeAppend(Tab),
    HearRefusal(Write),
    SendAgain(Write),

    // Hand-over.
    HearAsking {
        leader: Tab,
        asker: Tab,
    },
    HandOver(Tab),
    HearHandOver(Tab, Epoch),
    /// The successor has not come, so the old leader gives the lock back.
    GiveBack(Tab),
    AskAgain(Tab),
}

impl Model for Protocol {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        let mut lock = Lock::default();
        tabs().for_each(|tab| lock.request(tab));
        let mut opened = [TabState::OPENED; TABS];
        opened[0].role = Role::Granted;
        vec![State {
            store: Store::default(),
            lock,
            tabs: opened,
            writes: [WriteState::NotAsked; WRITES],
            messages: Messages::default(),
            faults: self.faults,
            askings: self.askings,
            calm: false,
        }]
    }

    fn actions(&self, state: &State, steps: &mut Vec<Step>) {
        if !state.calm {
            self.outside(state, steps);
        }
        for tab in tabs() {
            if state.tab(tab).append.is_some_and(|append| append.fate == Fate::Asked) {
                steps.push(Step::Append(tab));
            }
            if state.is_awake(tab) {
                self.by_itself(state, tab, steps);
            }
        }
        for write in writes() {
            self.of_write(state, write, steps);
        }
    }

    fn next_state(&self, last: &State, step: Step) -> Option<State> {
        let next = rules::after(self.variant, *last, step);
        (next != *last).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}

// Which steps there are.
impl Protocol {
    fn outside(&self, state: &State, steps: &mut Vec<Step>) {
        steps.push(Step::CalmDown);
        let asked = writes().filter(|write| state.owner(*write).is_some()).count();
        for tab in tabs() {
            let it = state.tab(tab);
            match it.life {
                Life::Dead => continue,
                Life::Frozen => steps.push(Step::Thaw(tab)),
                Life::Awake => {
                    if asked < usize::from(self.writes) {
                        steps.push(Step::Submit(tab));
                    }
                    if state.askings > 0 && !it.asks && it.leads().is_none() {
                        steps.push(Step::AskToLead(tab));
                    }
                }
            }
            if state.faults > 0 {
                faults_of(state, tab, steps);
            }
        }
        if state.faults > 0 {
            let is_on_its_way = |write: &Write| {
                let sent = state.pending(*write).and_then(|(_, sent)| sent);
                sent.is_some_and(|to| state.messages.requests(*write).any(|copies| copies.has(to)))
            };
            steps.extend(writes().filter(is_on_its_way).map(Step::LoseRequest));
            let last = state.messages.commits.end().0.checked_sub(1);
            steps.extend(last.map(|last| Step::LoseCommit(Position(last))));
        }
    }

    fn by_itself(&self, state: &State, tab: Tab, steps: &mut Vec<Step>) {
        let it = state.tab(tab);
        let holds = state.lock.holder == Some(tab);
        match it.role {
            Role::Waiting => {
                let frozen = state.lock.holder.is_some_and(|holder| !state.is_awake(holder));
                if frozen && self.variant != Variant::LeaseNeverLapses {
                    steps.push(Step::Steal(tab));
                }
                let hand_overs = state.messages.hand_overs[tab.index()];
                let handed = it.leader().filter(|leader| hand_overs.has(*leader));
                steps.extend(handed.map(|epoch| Step::HearHandOver(tab, epoch)));
            }
            // The store answers the calls of a tab in order, so the open append is answered before the epoch is raised.
            Role::Granted if holds && it.append.is_none() => steps.push(Step::RaiseEpoch(tab)),
            Role::Granted if holds && it.append.is_some_and(|append| append.fate == Fate::Fenced) => {
                steps.push(Step::RaiseInVain(tab));
            }
            Role::Granted | Role::Rising { .. } => {}
            Role::Leading { successor: None, .. } => {
                let others = tabs().filter(|asker| *asker != tab);
                steps.extend(others.map(|asker| Step::HearAsking { leader: tab, asker }));
            }
            Role::Leading { successor: Some(_), .. } => steps.push(Step::HandOver(tab)),
            Role::Keeping if holds && !is_awaited(state) => steps.push(Step::GiveBack(tab)),
            Role::Keeping => {}
        }
        if it.role != Role::Waiting && !holds {
            steps.push(Step::NoticeLoss(tab));
        }
        if it.leads().is_some() && !it.queue.is_empty() {
            steps.push(Step::Run(tab));
        }
        if it.append.is_some_and(|append| append.fate != Fate::Asked) {
            steps.push(Step::NoticeAppend(tab));
        }
        if it.append.is_none() {
            steps.push(Step::HearCommit(tab));
            steps.push(Step::CatchUp(tab));
        }
        if it.asks {
            steps.push(Step::AskAgain(tab));
        }
        let newer = (it.known.0 + 1..=state.store.epoch.0).map(Epoch);
        let said = newer.filter(|epoch| state.messages.leads.has(*epoch));
        steps.extend(said.map(|epoch| Step::HearLead(tab, epoch)));
    }

    fn of_write(&self, state: &State, write: Write, steps: &mut Vec<Step>) {
        for leader in tabs() {
            let Some(epoch) = state.tab(leader).leads().filter(|_| state.is_awake(leader)) else {
                continue;
            };
            for copy in [RequestCopy::First, RequestCopy::Later] {
                if state.messages.request(write, copy).has(epoch) {
                    steps.push(Step::HearRequest { leader, write, copy });
                }
            }
        }
        if state.pending(write).is_some_and(|(owner, _)| state.is_awake(owner)) {
            steps.push(Step::HearRefusal(write));
            if self.variant != Variant::NeverSentAgain {
                steps.push(Step::SendAgain(write));
            }
        }
    }
}

/// Whether a successor can still hear that leadership is its own.
fn is_awaited(state: &State) -> bool {
    tabs().any(|tab| {
        let it = state.tab(tab);
        let may_follow = matches!(it.role, Role::Waiting | Role::Granted | Role::Rising { .. });
        state.is_awake(tab) && may_follow && !state.messages.hand_overs[tab.index()].is_empty()
    })
}

fn faults_of(state: &State, tab: Tab, steps: &mut Vec<Step>) {
    let it = state.tab(tab);
    steps.push(Step::Die(tab));
    if it.append.is_some_and(|append| append.fate == Fate::Asked) {
        steps.push(Step::FailAppend(tab));
    }
    if it.life == Life::Awake {
        steps.push(Step::Freeze(tab));
        let awake = |holder: Tab| holder != tab && state.is_awake(holder);
        if it.role == Role::Waiting && state.lock.holder.is_some_and(awake) {
            steps.push(Step::Lapse(tab));
        }
        if it.role == Role::Granted && state.lock.holder != Some(tab) && it.append.is_none() {
            steps.push(Step::RaiseLate(tab));
        }
        if it.role == Role::Keeping && state.lock.holder == Some(tab) && is_awaited(state) {
            steps.push(Step::GiveBackEarly(tab));
        }
    }
    let Some(known) = it.leader() else { return };
    if state.messages.asks[tab.index()].has(known) {
        steps.push(Step::LoseAsking(tab));
    }
    if state.messages.hand_overs[tab.index()].has(known) {
        steps.push(Step::LoseHandOver(tab, known));
        if it.role == Role::Waiting && it.life == Life::Awake {
            steps.push(Step::RepeatHandOver(tab, known));
        }
    }
}
