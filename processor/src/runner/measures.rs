//! What the processor tells about itself. No label comes from content.

use std::time::Instant;

use metrics::{counter, gauge, histogram};
use schemas::outcome::{Kind, Reason};

/// A time that is being taken.
pub(super) struct Timer(Instant);

impl Timer {
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    /// A batch went through the stages.
    pub(super) fn staged(&self, records: usize) {
        histogram!("belfry_processor_batch_records").record(records as f64);
        histogram!("belfry_processor_stage_seconds").record(self.0.elapsed());
    }

    /// A batch was put into the index.
    pub(super) fn put(&self) {
        histogram!("belfry_processor_put_seconds").record(self.0.elapsed());
    }

    /// What was put was made durable and committed.
    pub(super) fn flushed(&self) {
        histogram!("belfry_processor_flush_seconds").record(self.0.elapsed());
    }
}

/// Records ended for good.
pub(super) fn ended(kind: Kind, reason: Reason, records: u64) {
    counter!("belfry_processor_records_total", "outcome" => kind.as_str(), "reason" => reason.as_str()).increment(records);
}

/// How far the processor is behind.
pub(super) fn lag(records: u64) {
    gauge!("belfry_processor_lag_records").set(records as f64);
}
