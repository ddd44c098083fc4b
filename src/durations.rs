//! Durations that hold only together. Whatever one of them says of another is an assertion here, so that none can be
//! changed alone. A duration that concerns one file stands in that file.

/// A leader says that it leads this often, and renews its lease with that.
pub const HEARTBEAT_MS: u64 = 1_000;

/// A leader's word is good for this long: four heartbeats, of which a timer that is held to whole seconds may miss one or
/// two.
pub const LEASE_MS: u64 = 4_000;
const _: () = assert!(LEASE_MS >= 3 * HEARTBEAT_MS);

/// Followers do not all steal in the same instant: each waits up to this much longer, by its id.
pub const SPREAD_MS: u64 = 500;

/// So long a queued write waits for its answer, unless its page says otherwise: as the guide has it. A leader that is gone is
/// replaced, and the next one has half a second, before a write is given up that nobody answers.
pub const WRITE_TIMEOUT_MS: u32 = 5_000;
const _: () = assert!(LEASE_MS + SPREAD_MS + 500 <= WRITE_TIMEOUT_MS as u64);

/// A turn whose page says nothing for this long is ended as soon as others wait: those who wait are served.
pub const SILENT_TURN_MS: u64 = 4_000;
const _: () = assert!(SILENT_TURN_MS < WRITE_TIMEOUT_MS as u64);

/// How long `execute`, and with it `BEGIN`, waits for a leader: a leader that hangs is replaced first.
pub const EXECUTE_TIMEOUT_MS: u64 = 10_000;
const _: () = assert!(EXECUTE_TIMEOUT_MS > LEASE_MS + SPREAD_MS);

/// Once others wait, a turn goes on for so long at the most, however busy its page is: longer than a `BEGIN` waits.
pub const LONGEST_TURN_MS: u64 = 12_000;
const _: () = assert!(LONGEST_TURN_MS > EXECUTE_TIMEOUT_MS);

/// How long a tab asks to lead, likewise. The page waits for the worker's word, which says why it came to nothing.
pub const LEAD_TIMEOUT_MS: u32 = 10_000;
const _: () = assert!(LEAD_TIMEOUT_MS as u64 > LEASE_MS + SPREAD_MS);

/// How long a page waits to hear of a leader before it says that there is none: a lease, and what follows.
pub const LEADER_PATIENCE_MS: u32 = 6_000;
const _: () = assert!(LEADER_PATIENCE_MS as u64 > LEASE_MS + SPREAD_MS + HEARTBEAT_MS);

/// While a leader is silent, a tab that waits looks at the clock this often …
pub const LOOK_MS: u64 = 1_000;
/// … and if it did not for this long, it was stopped, or busy, and has not heard what it could have heard.
pub const STOPPED_MS: u64 = 2_500;
const _: () = assert!(STOPPED_MS > 2 * LOOK_MS && STOPPED_MS < LEASE_MS);

/// The asker of a trial has this long to say `GoAhead`; all others wait for that. A message takes less than a millisecond.
pub const TRIAL_MS: u64 = 500;
/// A leader says its last word before it lets go of the lead, but the next one's first may be heard before that. A write is
/// condemned only if no word has come by then.
pub const LAST_WORD_MS: u64 = 500;
const _: () = assert!(LEASE_MS + LAST_WORD_MS + TRIAL_MS <= WRITE_TIMEOUT_MS as u64);
