//! Durations that depend on each other. Each dependency is an assertion here, so that no duration can be changed alone.
//! A duration that concerns one file stands in that file.

/// How often a leader sends a heartbeat, which also renews its lease.
pub const HEARTBEAT_MS: u64 = 1_000;

/// How long a heartbeat keeps the lease: four times its interval. A timer that the browser holds to whole seconds may
/// miss one or two heartbeats.
pub const LEASE_MS: u64 = 4_000;
const _: () = assert!(LEASE_MS >= 3 * HEARTBEAT_MS);

/// Each follower waits up to this much longer, by its id, so that they do not all steal in the same instant.
pub const SPREAD_MS: u64 = 500;

/// How long a queued write waits for its reply, unless its page says otherwise; the guide gives this value. A leader
/// that is gone is replaced, and the next one has half a second, before an unanswered write is given up.
pub const WRITE_TIMEOUT_MS: u32 = 5_000;
const _: () = assert!(LEASE_MS + SPREAD_MS + 500 <= WRITE_TIMEOUT_MS as u64);

/// A turn ends as soon as others wait and its page has said nothing for this long, so that those who wait are served in
/// time.
pub const SILENT_TURN_MS: u64 = 4_000;
const _: () = assert!(SILENT_TURN_MS < WRITE_TIMEOUT_MS as u64);

/// How long `execute`, and with it `BEGIN`, waits for a leader. A leader that hangs is replaced before that.
pub const EXECUTE_TIMEOUT_MS: u64 = 10_000;
const _: () = assert!(EXECUTE_TIMEOUT_MS > LEASE_MS + SPREAD_MS);

/// How long a turn may go on once others wait, however busy its page is: longer than a `BEGIN` waits.
pub const LONGEST_TURN_MS: u64 = 12_000;
const _: () = assert!(LONGEST_TURN_MS > EXECUTE_TIMEOUT_MS);

/// How long a tab asks to lead; a leader that hangs is replaced before that. The page waits for the worker's word,
/// which says why the tab does not lead.
pub const LEAD_TIMEOUT_MS: u32 = 10_000;
const _: () = assert!(LEAD_TIMEOUT_MS as u64 > LEASE_MS + SPREAD_MS);

/// How long a page waits to hear of a leader before it says that there is none: a lease, and what follows it.
pub const LEADER_PATIENCE_MS: u32 = 6_000;
const _: () = assert!(LEADER_PATIENCE_MS as u64 > LEASE_MS + SPREAD_MS + HEARTBEAT_MS);

/// While a leader is silent, a tab that waits looks at the clock this often …
pub const LOOK_MS: u64 = 1_000;
/// … and if it has not looked for this long, it was stopped or busy, and has missed what it could have heard.
pub const STOPPED_MS: u64 = 2_500;
const _: () = assert!(STOPPED_MS > 2 * LOOK_MS && STOPPED_MS < LEASE_MS);

/// How long the asker of a trial has to say `GoAhead`. All other writes wait meanwhile. A message takes less than a
/// millisecond.
pub const TRIAL_MS: u64 = 500;
/// How long the last word of a leader may come after the first word of the next one. A leader says its last word before
/// it lets go of the lead, but messages of two tabs come in any order. A write is condemned only if no last word has
/// come by then.
pub const LAST_WORD_MS: u64 = 500;
const _: () = assert!(LEASE_MS + LAST_WORD_MS + TRIAL_MS <= WRITE_TIMEOUT_MS as u64);

/// The tab that asked for the lead has this long to take the lock from the leader that hands over.
pub const HAND_OVER_MS: u64 = 1_000;
const _: () = assert!(HAND_OVER_MS < LEASE_MS);
