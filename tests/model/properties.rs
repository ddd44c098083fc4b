//! What the protocol promises, by name, and how a state shows each promise.

use stateright::{Model, Property};

use crate::state::{Append, Fate, Role, State, Tab, WriteState, tabs, writes};
use crate::steps::Protocol;

/// What always holds.
pub(crate) const ONE_HISTORY: &str = "no position of the history ever has two commits";
pub(crate) const EPOCHS_ASCEND: &str = "epochs never go back along the history";
pub(crate) const NOTHING_LOST: &str = "an acknowledged write is in the history";
pub(crate) const NOTHING_TWICE: &str = "no write is in the history twice";
pub(crate) const REFUSED_IS_ABSENT: &str = "a refused write is not in the history";
pub(crate) const STORED_THEN_SHOWN: &str = "no tab shows a commit that the store does not have";

pub(crate) const LEADER_SHOWS_ALL: &str = "who leads shows every commit from before its own time";
pub(crate) const IN_ORDER: &str = "without a fault no append is refused";

/// What sometimes happens: without these the model could keep its promises by doing little.
pub(crate) const TWO_LEADERS: &str = "two tabs that are awake believe that they lead";
pub(crate) const STALE_REFUSED: &str = "an append is refused because a newer leader has raised the epoch";
pub(crate) const HANDED_OVER: &str = "who asked to lead has taken the lock that was kept for it, and leads";
pub(crate) const FOUND_REPLY: &str = "a write that is sent again finds its stored reply";
pub(crate) const ALL_STORED: &str = "both writes are acknowledged, in different epochs";

/// What eventually holds, once nothing comes from outside any more.
pub(crate) const SOMEBODY_LEADS: &str = "a tab leads, if one is awake";
pub(crate) const ALL_ANSWERED: &str = "each write of a tab that is awake is answered";
pub(crate) const ASKER_LED: &str = "no tab that is awake still asks to lead";
pub(crate) const ALL_LEVEL: &str = "each tab that is awake shows all that is stored";

pub(crate) fn all() -> Vec<Property<Protocol>> {
    always().into_iter().chain(sometimes()).chain(eventually()).collect()
}

fn always() -> Vec<Property<Protocol>> {
    vec![
        Property::always(ONE_HISTORY, |_, state: &State| !state.store.rewritten),
        Property::always(EPOCHS_ASCEND, |_, state: &State| epochs_ascend(state)),
        Property::always(NOTHING_LOST, |_, state: &State| {
            let acknowledged = |write: &_| matches!(state.write(*write), WriteState::Acknowledged { .. });
            writes()
                .filter(acknowledged)
                .all(|write| state.store.log.count(write) > 0)
        }),
        Property::always(NOTHING_TWICE, |_, state: &State| {
            writes().all(|write| state.store.log.count(write) < 2)
        }),
        Property::always(REFUSED_IS_ABSENT, |_, state: &State| {
            let refused = |write: &_| matches!(state.write(*write), WriteState::Refused { .. });
            writes().filter(refused).all(|write| state.store.log.count(write) == 0)
        }),
        Property::always(STORED_THEN_SHOWN, |_, state: &State| {
            tabs().all(|tab| state.store.log.begins_with(state.tab(tab).image))
        }),
        Property::always(LEADER_SHOWS_ALL, |_, state: &State| {
            tabs().all(|tab| shows_what_was(state, tab))
        }),
        Property::always(IN_ORDER, |model, state: &State| {
            let is_refused = |tab| state.tab(tab).append.is_some_and(|append| append.fate == Fate::Fenced);
            state.faults < model.faults || !tabs().any(is_refused)
        }),
    ]
}

fn sometimes() -> Vec<Property<Protocol>> {
    vec![
        Property::sometimes(TWO_LEADERS, |_, state: &State| {
            let leads = |tab: &_| state.is_awake(*tab) && state.tab(*tab).leads().is_some();
            tabs().filter(leads).count() == 2
        }),
        Property::sometimes(STALE_REFUSED, |_, state: &State| {
            let is_stale = |append: Append| append.fate == Fate::Fenced && append.commit.epoch() < state.store.epoch;
            tabs().any(|tab| state.tab(tab).append.is_some_and(is_stale))
        }),
        Property::sometimes(HANDED_OVER, handed_over),
        Property::sometimes(FOUND_REPLY, |_, state: &State| found_reply(state)),
        Property::sometimes(ALL_STORED, |_, state: &State| {
            let acknowledged = |write| matches!(state.write(write), WriteState::Acknowledged { .. });
            let mut epochs = state.store.log.commits().map(|commit| commit.epoch());
            writes().all(acknowledged) && epochs.next() != epochs.next()
        }),
    ]
}

fn eventually() -> Vec<Property<Protocol>> {
    vec![
        Property::eventually(SOMEBODY_LEADS, |model, state: &State| {
            let awake = |tab: &_| state.is_awake(*tab);
            let leads = |tab| state.tab(tab).leads().is_some();
            (tabs().filter(awake).any(leads) || !tabs().any(|tab| awake(&tab))) && is_at_rest(model, state)
        }),
        Property::eventually(ALL_ANSWERED, |model, state: &State| {
            let awaited = |write| state.pending(write).is_some_and(|(owner, _)| state.is_awake(owner));
            !writes().any(awaited) && is_at_rest(model, state)
        }),
        Property::eventually(ASKER_LED, |model, state: &State| {
            let asks = |tab| state.is_awake(tab) && state.tab(tab).asks;
            !tabs().any(asks) && is_at_rest(model, state)
        }),
        Property::eventually(ALL_LEVEL, |model, state: &State| {
            let lags = |tab| state.is_awake(tab) && state.tab(tab).image != state.store.log;
            !tabs().any(lags) && is_at_rest(model, state)
        }),
    ]
}

/// Whether nothing can happen any more. `eventually` is judged only in such a state. So it depends on the state alone
/// and not on the path to it, which the checker forgets where two paths meet.
fn is_at_rest(model: &Protocol, state: &State) -> bool {
    if !state.calm {
        return false;
    }
    let mut steps = Vec::new();
    model.actions(state, &mut steps);
    steps.into_iter().all(|step| model.next_state(state, step).is_none())
}

fn epochs_ascend(state: &State) -> bool {
    let epochs = state.store.log.commits().map(|commit| commit.epoch());
    epochs.clone().is_sorted() && epochs.last().is_none_or(|newest| newest <= state.store.epoch)
}

/// Whether this tab, if it leads, shows all that earlier leaderships have stored.
fn shows_what_was(state: &State, tab: Tab) -> bool {
    let Some(own) = state.tab(tab).leads() else {
        return true;
    };
    let before = state.store.log.commits().take_while(|commit| commit.epoch() < own);
    before.eq(state.tab(tab).image.commits().take_while(|commit| commit.epoch() < own))
}

/// Whether nothing went wrong and the lock was taken from a tab that kept it for its successor.
fn handed_over(model: &Protocol, state: &State) -> bool {
    let leads = |tab| state.lock.holder == Some(tab) && state.tab(tab).leads().is_some();
    let keeps = |tab| state.tab(tab).role == Role::Keeping;
    state.faults == model.faults && tabs().any(leads) && tabs().any(keeps)
}

/// Whether there is a write whose commit is stored, whose tab has not heard so, and whose leader has the reply.
fn found_reply(state: &State) -> bool {
    tabs().filter(|tab| state.is_awake(*tab)).any(|leader| {
        let Some(epoch) = state.tab(leader).leads() else {
            return false;
        };
        writes().any(|write| {
            let sent = state.pending(write).is_some_and(|(_, sent)| sent == Some(epoch));
            let arrived = state.messages.requests(write).any(|copies| copies.has(epoch));
            sent && arrived && state.tab(leader).image.has_reply(write)
        })
    })
}
