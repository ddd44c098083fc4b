//! What a step does: the protocol's rules.
//!
//! They are written a second time here, from the design and not from `src/protocol`. A model that ran the code itself
//! would need states that are small and can be compared and hashed, and the code would have to be built for that.
//! `code` compares the two.

use crate::history::{Commit, History, Reply};
use crate::state::{
    Append, Epoch, Fate, Life, Position, RequestCopy, Role, Set, State, Tab, TabState, Write, WriteState, writes,
};
use crate::steps::{Step, Variant};

/// The state after this step.
pub(crate) fn after(variant: Variant, state: State, step: Step) -> State {
    let mut next = Next { variant, state };
    next.take(step);
    next.grant();
    next.forget_messages();
    next.state
}

struct Next {
    variant: Variant,
    state: State,
}

impl Next {
    fn take(&mut self, step: Step) {
        match step {
            Step::Submit(tab) => self.submit(tab),
            Step::AskToLead(tab) => {
                self.state.askings -= 1;
                self.state.tab_mut(tab).asks = true;
                self.ask(tab);
            }
            Step::Thaw(tab) => self.state.tab_mut(tab).life = Life::Awake,
            Step::CalmDown => (self.state.calm, self.state.faults, self.state.askings) = (true, 0, 0),
            Step::NoticeLoss(tab) | Step::GiveBack(tab) => self.step_down(tab),
            Step::RaiseEpoch(tab) => self.raise_epoch(tab),
            Step::RaiseInVain(tab) => {
                self.state.store.epoch.0 += 1;
                self.state.tab_mut(tab).append = None;
                self.step_down(tab);
            }
            Step::Steal(tab) => self.state.lock.steal(tab),
            Step::HearLead(tab, epoch) => self.hear_lead(tab, epoch),
            Step::CatchUp(tab) => self.catch_up(tab),
            Step::HearCommit(tab) => self.hear_commit(tab),
            Step::HearRequest { leader, write, copy } => self.hear_request(leader, write, copy),
            Step::Run(tab) => self.run(tab),
            Step::Append(tab) => self.append(tab),
            Step::NoticeAppend(tab) => self.notice_append(tab),
            Step::HearRefusal(write) => self.hear_refusal(write),
            Step::SendAgain(write) => self.send(write),
            Step::HearAsking { leader, asker } => self.hear_asking(leader, asker),
            Step::HandOver(tab) => self.hand_over(tab),
            Step::HearHandOver(tab, epoch) => {
                self.state.messages.hand_overs[tab.index()].remove(epoch);
                self.take_over(tab, epoch);
            }
            Step::AskAgain(tab) => self.ask(tab),
            fault => {
                self.state.faults -= 1;
                self.fault(fault);
            }
        }
    }

    fn fault(&mut self, fault: Step) {
        let messages = &mut self.state.messages;
        match fault {
            Step::Freeze(tab) => self.state.tab_mut(tab).life = Life::Frozen,
            Step::Die(tab) => self.die(tab),
            Step::RaiseLate(tab) => self.raise_epoch(tab),
            Step::GiveBackEarly(tab) => self.step_down(tab),
            Step::Lapse(tab) => self.state.lock.steal(tab),
            Step::FailAppend(tab) => self.append_ends(tab, Fate::Failed),
            Step::LoseRequest(write) => {
                let sent = self.state.pending(write).and_then(|(_, sent)| sent);
                let copies = &mut self.state.messages.requests[write.index()];
                copies
                    .iter_mut()
                    .for_each(|copies| sent.into_iter().for_each(|to| copies.remove(to)));
            }
            Step::LoseAsking(tab) => messages.asks[tab.index()] = Set::default(),
            Step::LoseHandOver(tab, epoch) => messages.hand_overs[tab.index()].remove(epoch),
            Step::LoseCommit(position) => messages.commits.remove(position),
            Step::RepeatHandOver(tab, epoch) => self.take_over(tab, epoch),
            _ => unreachable!("{fault:?} is no fault"),
        }
    }

    /// Drops the messages that no tab can act on any more, so that states that differ only in them are one.
    fn forget_messages(&mut self) {
        let State {
            tabs, writes, messages, ..
        } = &mut self.state;
        let mut led = Set::default();
        for tab in tabs.iter() {
            if let Role::Leading { epoch, .. } | Role::Rising { epoch, .. } = tab.role {
                led.add(epoch);
            }
        }
        messages
            .requests
            .iter_mut()
            .flatten()
            .chain(&mut messages.asks)
            .for_each(|to| *to = to.meet(led));
        let alive = tabs.iter().filter(|tab| tab.life != Life::Dead);
        let oldest = alive.clone().map(|tab| tab.known).min();
        messages.leads = messages.leads.since(Epoch(oldest.map_or(0, |known| known.0) + 1));
        for (to, tab) in messages.hand_overs.iter_mut().zip(tabs.iter()) {
            *to = to.since(tab.known);
        }
        for (refusals, write) in messages.refusals.iter_mut().zip(writes) {
            if !matches!(write, WriteState::Pending { .. }) {
                *refusals = Set::default();
            }
        }
        let shown = alive.map(|tab| tab.image.end()).min();
        (0..shown.map_or(0, |shown| shown.0)).for_each(|at| messages.commits.remove(Position(at)));
    }

    /// The browser gives the tab's lock to the next tab. A store call of the dead tab has been done already or never
    /// is: after the next leader has raised the epoch, the store would refuse it.
    fn die(&mut self, tab: Tab) {
        let dead = TabState {
            life: Life::Dead,
            ..TabState::OPENED
        };
        *self.state.tab_mut(tab) = dead;
        self.state.lock.release(tab);
        self.state.messages.hand_overs[tab.index()] = Set::default();
        for write in writes() {
            if self.state.pending(write).is_some_and(|(owner, _)| owner == tab) {
                *self.state.write_mut(write) = WriteState::Orphan { owner: tab };
            }
        }
    }
}

// Lock and epoch.
impl Next {
    /// The tab that got the lock has not acted on it yet. Until it raises the epoch, the lock may be stolen again.
    fn grant(&mut self) {
        if let Some(holder) = self.state.lock.holder {
            let it = self.state.tab_mut(holder);
            if it.role == Role::Waiting {
                it.role = Role::Granted;
            }
        }
    }

    fn raise_epoch(&mut self, tab: Tab) {
        let store = &mut self.state.store;
        store.epoch = Epoch(store.epoch.0 + 1);
        let (epoch, mut head) = (store.epoch, store.log.end());
        if matches!(self.variant, Variant::LeadsUnread | Variant::SeqReused) {
            head = self.state.tab(tab).image.end();
        }
        self.state.tab_mut(tab).role = Role::Rising { epoch, head };
        self.rise(tab);
    }

    /// The tab leads once its image stands where the head stood when the epoch was raised.
    fn rise(&mut self, tab: Tab) {
        let it = self.state.tab(tab);
        let Role::Rising { epoch, head } = it.role else { return };
        if it.image.end() == head {
            self.lead(tab, epoch);
        } else if it.image.end() > head {
            self.step_down(tab);
        }
    }

    fn lead(&mut self, tab: Tab, epoch: Epoch) {
        let it = self.state.tab_mut(tab);
        let successor = None;
        it.role = Role::Leading { epoch, successor };
        it.asks = false;
        (it.known, it.is_over) = (epoch, false);
        it.forget_leading();
        self.state.messages.leads.add(epoch);
        self.send_all(tab);
    }

    fn hear_lead(&mut self, tab: Tab, epoch: Epoch) {
        let superseded = match self.state.tab(tab).role {
            Role::Leading { epoch: own, .. } | Role::Rising { epoch: own, .. } => own < epoch,
            _ => false,
        };
        if superseded {
            self.step_down(tab);
        }
        let it = self.state.tab_mut(tab);
        (it.known, it.is_over) = (epoch, false);
        self.send_all(tab);
        self.ask(tab);
    }

    /// The tab stops leading, or trying to lead, and queues for the lock.
    fn step_down(&mut self, tab: Tab) {
        let it = self.state.tab_mut(tab);
        if it.role == Role::Waiting {
            return;
        }
        if it.leads().is_some() {
            cease_to_lead(self.variant, it);
        }
        it.role = Role::Waiting;
        self.state.lock.release(tab);
        self.state.lock.request(tab);
    }
}

fn cease_to_lead(variant: Variant, it: &mut TabState) {
    it.forget_leading();
    it.is_over = true;
    if variant == Variant::OlderLeaderBelieved {
        it.known = Epoch(0);
    }
}

// Replication.
impl Next {
    /// Every heartbeat says how far the store is. So a tab that hears a leader finds out at some time what it lacks.
    fn catch_up(&mut self, tab: Tab) {
        let log = self.state.store.log;
        let it = self.state.tab_mut(tab);
        let is_rising = matches!(it.role, Role::Rising { .. });
        let follows = it.leader().is_some() && it.leads().is_none() && self.variant != Variant::NeverFetches;
        if is_rising || follows {
            it.image = log;
            self.image_has_moved(tab);
        }
    }

    fn hear_commit(&mut self, tab: Tab) {
        let (commits, next) = (self.state.messages.commits, self.state.tab(tab).image.end());
        let after_gap = || {
            commits
                .at(Position(next.0 + 1))
                .filter(|_| self.variant == Variant::GapIgnored)
        };
        if let Some(commit) = commits.at(next).or_else(after_gap) {
            self.state.tab_mut(tab).image.push(commit);
            self.image_has_moved(tab);
        }
    }

    /// The commit that holds the reply to a write settles the write.
    fn image_has_moved(&mut self, tab: Tab) {
        for write in writes() {
            if self.state.tab(tab).image.has_reply(write) {
                self.acknowledge(tab, write);
            }
        }
        self.rise(tab);
    }

    fn acknowledge(&mut self, tab: Tab, write: Write) {
        if self.state.pending(write).is_some_and(|(owner, _)| owner == tab) {
            *self.state.write_mut(write) = WriteState::Acknowledged { owner: tab };
        }
    }
}

// Writes.
impl Next {
    fn submit(&mut self, owner: Tab) {
        let new = writes().find(|write| self.state.owner(*write).is_none());
        if let Some(write) = new {
            *self.state.write_mut(write) = WriteState::Pending { owner, sent: None };
            self.send(write);
        }
    }

    /// Sends a write to the leader that is known now. Without a leader the write waits.
    fn send(&mut self, write: Write) {
        let Some((owner, _)) = self.state.pending(write) else {
            return;
        };
        let it = self.state.tab_mut(owner);
        let Some(known) = it.leader() else { return };
        match it.role {
            Role::Leading { successor: Some(_), .. } => return,
            Role::Leading { .. } => it.enqueue(write),
            _ => {
                let copy = if self.state.settled_before(write).is_empty() {
                    RequestCopy::First
                } else {
                    RequestCopy::Later
                };
                self.state.messages.requests[write.index()][copy as usize].add(known);
            }
        }
        let sent = Some(known);
        *self.state.write_mut(write) = WriteState::Pending { owner, sent };
    }

    /// Sends the tab's pending writes to the leadership that it has just learnt of.
    fn send_all(&mut self, tab: Tab) {
        for write in writes() {
            let Some((owner, sent)) = self.state.pending(write) else {
                continue;
            };
            if owner == tab && (sent.is_none() || self.variant != Variant::NeverSentAgain) {
                self.send(write);
            }
        }
    }

    fn hear_request(&mut self, leader: Tab, write: Write, copy: RequestCopy) {
        let earlier = self.state.before(write);
        let it = self.state.tab_mut(leader);
        let Role::Leading { epoch, successor } = it.role else {
            return;
        };
        if copy == RequestCopy::Later {
            it.settled = it.settled.join(earlier);
        }
        let is_late = it.settled.has(write) && self.variant != Variant::LateCopiesRun;
        let has_reply = it.image.has_reply(write) && self.variant != Variant::DedupeOff;
        // A stored reply answers the write. That message is left out: its asker believes it only when its own image has
        // come as far, and by then the image holds the reply.
        if is_late || has_reply {
            return;
        }
        if it.refused.has(write) {
            self.state.messages.refusals[write.index()].add(epoch);
        } else if successor.is_none() {
            it.enqueue(write);
        }
    }

    fn run(&mut self, tab: Tab) {
        let it = self.state.tab_mut(tab);
        let (Some(epoch), None, Some(write)) = (it.leads(), it.append, writes().find(|write| it.queue.has(*write)))
        else {
            return;
        };
        let at = it.image.end();
        if at == History::ROOM {
            return;
        }
        it.queue.remove(write);
        let reply = match self.variant {
            Variant::ReplyNotStored => Reply::LeftOut,
            _ => Reply::Stored,
        };
        let settled = match self.state.owner(write) == Some(tab) {
            true => self.state.settled_before(write),
            false => self.state.tab(tab).settled,
        };
        let commit = Commit::new(epoch, write, reply, settled.without(write));
        let fate = Fate::Asked;
        self.state.tab_mut(tab).append = Some(Append { commit, at, fate });
        match self.variant {
            Variant::AnswerBeforeAppend => self.acknowledge(tab, write),
            Variant::TellBeforeAppend => self.state.messages.commits.put(at, commit),
            _ => {}
        }
    }

    /// One transaction of the store. It happens even if the tab that asked is not awake.
    fn append(&mut self, tab: Tab) {
        let Some(Append { commit, at, .. }) = self.state.tab(tab).append else {
            return;
        };
        let store = &mut self.state.store;
        let epoch_is_stored = store.epoch == commit.epoch();
        let position_follows = store.log.end() == at;
        let fits = match self.variant {
            Variant::FenceOff => true,
            Variant::EpochUnchecked => position_follows,
            Variant::PositionUnchecked | Variant::SeqReused => epoch_is_stored,
            _ => epoch_is_stored && position_follows,
        };
        if fits {
            store.rewritten |= store.log.at(at).is_some();
            store.log.put(at, commit);
        }
        self.append_ends(tab, if fits { Fate::Stored } else { Fate::Fenced });
    }

    fn append_ends(&mut self, tab: Tab, fate: Fate) {
        if let Some(append) = &mut self.state.tab_mut(tab).append {
            append.fate = fate;
        }
    }

    /// The tab hears the store's answer. That may be after it ceased to lead: what is stored is stored.
    fn notice_append(&mut self, tab: Tab) {
        let Some(Append { commit, at, fate }) = self.state.tab_mut(tab).append.take() else {
            return;
        };
        match fate {
            Fate::Asked => {}
            Fate::Stored => {
                self.state.tab_mut(tab).image.push(commit);
                self.state.messages.commits.put(at, commit);
                self.acknowledge(tab, commit.write());
            }
            // A tab that has not noticed its new lock has nothing to give back.
            Fate::Fenced if self.state.tab(tab).role == Role::Granted => {}
            Fate::Fenced => self.step_down(tab),
            Fate::Failed => self.refuse(tab, commit),
        }
    }

    fn refuse(&mut self, tab: Tab, commit: Commit) {
        let (write, epoch) = (commit.write(), commit.epoch());
        let it = self.state.tab_mut(tab);
        if it.leads() == Some(epoch) {
            it.refused.add(write);
        }
        self.state.messages.refusals[write.index()].add(epoch);
        if self.state.owner(write) == Some(tab) {
            self.hear_refusal(write);
        }
    }

    /// A refusal counts only if it comes from the leadership that the write was last sent to.
    fn hear_refusal(&mut self, write: Write) {
        let Some((owner, Some(sent))) = self.state.pending(write) else {
            return;
        };
        let refusals = self.state.messages.refusals[write.index()];
        if refusals.has(sent) || self.variant == Variant::LateRefusalCounts && !refusals.is_empty() {
            *self.state.write_mut(write) = WriteState::Refused { owner };
        }
    }
}

// Hand-over.
impl Next {
    fn ask(&mut self, tab: Tab) {
        let it = self.state.tab(tab);
        if let (true, Some(known)) = (it.asks, it.leader()) {
            self.state.messages.asks[tab.index()].add(known);
        }
    }

    fn hear_asking(&mut self, leader: Tab, asker: Tab) {
        let asked = self.state.messages.asks[asker.index()];
        if let Role::Leading { epoch, successor } = &mut self.state.tab_mut(leader).role
            && asked.has(*epoch)
        {
            successor.get_or_insert(asker);
        }
    }

    fn hand_over(&mut self, tab: Tab) {
        let it = self.state.tab_mut(tab);
        let Role::Leading {
            epoch,
            successor: Some(to),
        } = it.role
        else {
            return;
        };
        let drained = it.append.is_none() && it.queue.is_empty();
        if drained || matches!(self.variant, Variant::HandOverUndrained | Variant::HandOverUnfenced) {
            it.role = Role::Keeping;
            cease_to_lead(self.variant, it);
            self.state.messages.hand_overs[to.index()].add(epoch);
        }
    }

    fn take_over(&mut self, tab: Tab, epoch: Epoch) {
        self.state.lock.steal(tab);
        if self.variant == Variant::HandOverUnfenced {
            let head = self.state.store.log.end();
            self.state.tab_mut(tab).role = Role::Rising { epoch, head };
            self.rise(tab);
        }
    }
}
