//! Metrics: counts of how the tabs work together, taken while the page has counting on.
//!
//! `tab` notes each event where it happens. Events that the page records itself are added. Pure: the caller has the
//! clock.

use std::collections::VecDeque;

use crate::request::{Metrics, MetricsAction};
use crate::time::Timestamp;

/// The average is over at most this many latencies.
const LATENCIES: usize = 100;

#[derive(Debug)]
pub(super) struct Counts {
    counting: Counting,
    leadership_changes: u64,
    write_conflicts: u64,
    follower_refreshes: u64,
    notifications: u64,
    latencies_ms: VecDeque<f64>,
    start: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counting {
    On,
    Off,
}

/// A counted event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Counted {
    LeadershipChange,
    /// A row write was refused because this tab does not lead.
    WriteConflict,
    /// A commit of another tab was applied.
    FollowerRefresh,
    /// A commit was broadcast, by this tab or to it.
    Notification,
    /// A broadcast commit was applied this long after the store had it.
    LatencyMs(f64),
}

impl Counts {
    pub(super) fn new(now: Timestamp) -> Self {
        Counts {
            counting: Counting::Off,
            leadership_changes: 0,
            write_conflicts: 0,
            follower_refreshes: 0,
            notifications: 0,
            latencies_ms: VecDeque::new(),
            start: now,
        }
    }

    pub(super) fn note(&mut self, counted: Counted) {
        if self.counting == Counting::Off {
            return;
        }
        match counted {
            Counted::LeadershipChange => self.leadership_changes += 1,
            Counted::WriteConflict => self.write_conflicts += 1,
            Counted::FollowerRefresh => self.follower_refreshes += 1,
            Counted::Notification => self.notifications += 1,
            Counted::LatencyMs(latency_ms) => {
                if self.latencies_ms.len() == LATENCIES {
                    self.latencies_ms.pop_front();
                }
                self.latencies_ms.push_back(latency_ms);
            }
        }
    }

    /// Applies the page's action, and returns the counts.
    pub(super) fn act(&mut self, now: Timestamp, action: MetricsAction) -> Metrics {
        match action {
            MetricsAction::Read => {}
            MetricsAction::Enable if self.counting == Counting::Off => {
                self.counting = Counting::On;
                if self.is_untouched() {
                    self.start = now;
                }
            }
            MetricsAction::Enable => {}
            MetricsAction::Disable => self.counting = Counting::Off,
            MetricsAction::Reset => {
                *self = Counts {
                    counting: self.counting,
                    ..Counts::new(now)
                };
            }
            MetricsAction::RecordLeadershipChange => self.note(Counted::LeadershipChange),
            MetricsAction::RecordWriteConflict => self.note(Counted::WriteConflict),
            MetricsAction::RecordFollowerRefresh => self.note(Counted::FollowerRefresh),
            MetricsAction::RecordNotificationLatency { latency_ms } => {
                self.note(Counted::Notification);
                self.note(Counted::LatencyMs(latency_ms));
            }
        }
        self.read()
    }

    fn read(&self) -> Metrics {
        let sum_ms: f64 = self.latencies_ms.iter().sum();
        Metrics {
            enabled: self.counting == Counting::On,
            leadership_changes: self.leadership_changes,
            write_conflicts: self.write_conflicts,
            follower_refreshes: self.follower_refreshes,
            avg_notification_latency_ms: sum_ms / self.latencies_ms.len().max(1) as f64,
            total_notifications: self.notifications,
            start_timestamp_ms: self.start.as_ms() as f64,
        }
    }

    fn is_untouched(&self) -> bool {
        let counts = [
            self.leadership_changes,
            self.write_conflicts,
            self.follower_refreshes,
            self.notifications,
        ];
        counts == [0; 4]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counting() -> Counts {
        let mut counts = Counts::new(Timestamp::from_ms(1_000.0));
        counts.act(Timestamp::from_ms(2_000.0), MetricsAction::Enable);
        counts
    }

    #[test]
    fn nothing_is_counted_while_counting_is_off() {
        let mut counts = Counts::new(Timestamp::from_ms(1_000.0));
        counts.note(Counted::WriteConflict);
        let metrics = counts.act(Timestamp::from_ms(2_000.0), MetricsAction::RecordFollowerRefresh);
        assert_eq!((metrics.write_conflicts, metrics.follower_refreshes), (0, 0));
        assert!(!metrics.enabled);
    }

    #[test]
    fn the_average_is_over_the_last_hundred_latencies() {
        let mut counts = counting();
        assert_eq!(counts.read().avg_notification_latency_ms, 0.0);
        for latency_ms in 0..250 {
            let latency_ms = f64::from(latency_ms);
            counts.act(
                Timestamp::from_ms(3_000.0),
                MetricsAction::RecordNotificationLatency { latency_ms },
            );
        }
        let metrics = counts.read();
        assert_eq!(metrics.avg_notification_latency_ms, 199.5);
        assert_eq!(metrics.total_notifications, 250);
    }

    #[test]
    fn figures_outlive_switching_off_and_are_zero_after_a_reset() {
        let mut counts = counting();
        counts.note(Counted::LeadershipChange);
        let kept = counts.act(Timestamp::from_ms(3_000.0), MetricsAction::Disable);
        assert_eq!((kept.leadership_changes, kept.start_timestamp_ms), (1, 2_000.0));
        let resumed = counts.act(Timestamp::from_ms(4_000.0), MetricsAction::Enable);
        assert_eq!((resumed.leadership_changes, resumed.start_timestamp_ms), (1, 2_000.0));
        let reset = counts.act(Timestamp::from_ms(5_000.0), MetricsAction::Reset);
        assert_eq!((reset.leadership_changes, reset.start_timestamp_ms), (0, 5_000.0));
        assert!(reset.enabled, "a reset does not switch off");
    }
}
