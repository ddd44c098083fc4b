//! The class `Database`, continued: the optimistic mode and the metrics, which belong to the page, not to one object.
//!
//! Only translation, as in [`super::database`]. The optimistic mode is state of this page. The worker counts the
//! metrics, because the worker sees leaders change and commits arrive.

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use super::arguments::{elapsed_ms, flag, text};
use super::database::Database;
use super::error::ArgumentError;
use super::optimistic::OptimisticMode;
use super::promise::{done, promise};
use super::result::metrics_json;
use crate::request::{Metrics, MetricsAction};

#[wasm_bindgen]
impl Database {
    /// Switches the optimistic mode of this page on or off.
    #[wasm_bindgen(js_name = enableOptimisticUpdates)]
    pub fn enable_optimistic_updates(&self, enabled: JsValue) -> Promise {
        let mode = flag("enabled", &enabled).map(|enabled| match enabled {
            true => OptimisticMode::On,
            false => OptimisticMode::Off,
        });
        let connection = self.connection.clone();
        promise(async move { done(connection.set_optimistic_mode(mode?)) })
    }

    /// Resolves to whether the optimistic mode is on.
    #[wasm_bindgen(js_name = isOptimisticMode)]
    pub fn is_optimistic_mode(&self) -> Promise {
        let connection = self.connection.clone();
        promise(async move { Ok((connection.optimistic_mode()? == OptimisticMode::On).into()) })
    }

    /// Announces a write that will be queued. Resolves to its id, a string.
    #[wasm_bindgen(js_name = trackOptimisticWrite)]
    pub fn track_optimistic_write(&self, sql: JsValue) -> Promise {
        let (connection, sql) = (self.connection.clone(), text("sql", &sql));
        promise(async move { Ok(connection.announce_write(&sql?).await?.into()) })
    }

    /// Resolves to the number of queued or announced writes that have no answer yet.
    #[wasm_bindgen(js_name = getPendingWritesCount)]
    pub fn pending_writes_count(&self) -> Promise {
        let connection = self.connection.clone();
        promise(async move { Ok((connection.pending_writes()? as u32).into()) })
    }

    /// Forgets all tracked writes. The writes themselves go on.
    #[wasm_bindgen(js_name = clearOptimisticWrites)]
    pub fn clear_optimistic_writes(&self) -> Promise {
        let connection = self.connection.clone();
        promise(async move { done(connection.forget_pending_writes()) })
    }

    /// Switches counting for the metrics on or off.
    #[wasm_bindgen(js_name = enableCoordinationMetrics)]
    pub fn enable_coordination_metrics(&self, enabled: JsValue) -> Promise {
        let action = flag("enabled", &enabled).map(|enabled| match enabled {
            true => MetricsAction::Enable,
            false => MetricsAction::Disable,
        });
        self.metrics(action, nothing)
    }

    /// Resolves to whether counting is on.
    #[wasm_bindgen(js_name = isCoordinationMetricsEnabled)]
    pub fn is_coordination_metrics_enabled(&self) -> Promise {
        self.metrics(Ok(MetricsAction::Read), |metrics| metrics.enabled.into())
    }

    /// Counts one change of leadership, whichever way it went.
    #[wasm_bindgen(js_name = recordLeadershipChange)]
    pub fn record_leadership_change(&self, became_leader: JsValue) -> Promise {
        let action = flag("becameLeader", &became_leader).map(|_| MetricsAction::RecordLeadershipChange);
        self.metrics(action, nothing)
    }

    /// Counts one broadcast commit that was applied `latency_ms` after it was stored.
    #[wasm_bindgen(js_name = recordNotificationLatency)]
    pub fn record_notification_latency(&self, latency_ms: JsValue) -> Promise {
        let latency_ms = elapsed_ms("latencyMs", &latency_ms);
        let action = latency_ms.map(|latency_ms| MetricsAction::RecordNotificationLatency { latency_ms });
        self.metrics(action, nothing)
    }

    /// Counts one row write that was refused because this tab does not lead.
    #[wasm_bindgen(js_name = recordWriteConflict)]
    pub fn record_write_conflict(&self) -> Promise {
        self.metrics(Ok(MetricsAction::RecordWriteConflict), nothing)
    }

    /// Counts one commit of another tab that was applied.
    #[wasm_bindgen(js_name = recordFollowerRefresh)]
    pub fn record_follower_refresh(&self) -> Promise {
        self.metrics(Ok(MetricsAction::RecordFollowerRefresh), nothing)
    }

    /// Resolves to the metrics as JSON.
    #[wasm_bindgen(js_name = getCoordinationMetrics)]
    pub fn coordination_metrics(&self) -> Promise {
        self.metrics(Ok(MetricsAction::Read), |metrics| metrics_json(metrics).into())
    }

    /// Sets all counts to zero. Counting stays on or off.
    #[wasm_bindgen(js_name = resetCoordinationMetrics)]
    pub fn reset_coordination_metrics(&self) -> Promise {
        self.metrics(Ok(MetricsAction::Reset), nothing)
    }

    fn metrics(&self, action: Result<MetricsAction, ArgumentError>, tell: fn(&Metrics) -> JsValue) -> Promise {
        let connection = self.connection.clone();
        promise(async move { Ok(tell(&connection.metrics(action?).await?)) })
    }
}

fn nothing(_: &Metrics) -> JsValue {
    JsValue::UNDEFINED
}
