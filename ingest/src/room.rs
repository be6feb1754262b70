//! Whether the log has room. Looked at every second, so that what can be spared is refused before it is stored, and
//! everything before the disk is full.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicU8, Ordering::Relaxed},
    },
    time::Duration,
};

use storage::log::{EventLog, Room};

/// How often it is looked.
const EVERY: Duration = Duration::from_secs(1);
/// Below this share of the log's size, and below this many bytes, what can be spared is refused.
const SHORT: Room = Room { share: 0.10, free_bytes: 512 << 20 };
/// Below these, everything is.
const FULL: Room = Room { share: 0.01, free_bytes: 32 << 20 };

/// How short the room is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pressure {
    /// There is room, or nobody knows.
    None,
    /// Sessions, files and what is less than an error are refused.
    Short,
    /// Everything is refused.
    Full,
}

/// What was last seen.
#[derive(Debug, Default)]
pub(crate) struct Gauge(AtomicU8);

impl Gauge {
    pub(crate) fn pressure(&self) -> Pressure {
        match self.0.load(Relaxed) {
            0 => Pressure::None,
            1 => Pressure::Short,
            _ => Pressure::Full,
        }
    }

    /// Remembers what was seen, and says so when it changes.
    fn see(&self, room: Option<Room>) {
        let pressure = of(room);
        if self.0.swap(pressure as u8, Relaxed) != pressure as u8 {
            let free = room.map_or(0, |room| room.free_bytes);
            match pressure {
                Pressure::None => tracing::info!(free, "the log has room again; everything is taken"),
                Pressure::Short => {
                    tracing::warn!(free, "the log is short of room: sessions, files and what is less than an error are refused");
                }
                Pressure::Full => tracing::error!(free, "the log has no room: everything is refused"),
            }
        }
        metrics::gauge!("belfry_ingest_log_pressure").set(f64::from(pressure as u8));
    }
}

fn of(room: Option<Room>) -> Pressure {
    let below = |mark: Room| room.is_some_and(|room| room.share < mark.share && room.free_bytes < mark.free_bytes);
    match room {
        _ if below(FULL) => Pressure::Full,
        _ if below(SHORT) => Pressure::Short,
        _ => Pressure::None,
    }
}

/// Looks until nobody has the gauge any more.
pub(crate) fn watch(log: &Arc<dyn EventLog>) -> Arc<Gauge> {
    let gauge = Arc::new(Gauge::default());
    tokio::spawn(look(Arc::clone(log), Arc::downgrade(&gauge)));
    gauge
}

async fn look(log: Arc<dyn EventLog>, gauge: Weak<Gauge>) {
    let mut every = tokio::time::interval(EVERY);
    loop {
        every.tick().await;
        let room = log.room().await;
        let Some(gauge) = gauge.upgrade() else { return };
        match room {
            Ok(room) => gauge.see(room),
            Err(error) => tracing::warn!(%error, "the room of the log could not be looked at"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_spared_goes_first_and_everything_before_the_end() {
        let seen = |share| {
            let gauge = Gauge::default();
            gauge.see(Some(Room { free_bytes: 5, share }));
            gauge.pressure()
        };
        assert_eq!([seen(0.5), seen(0.10), seen(0.099), seen(0.01)], [Pressure::None, Pressure::None, Pressure::Short, Pressure::Short]);
        assert_eq!([seen(0.009), seen(0.0)], [Pressure::Full, Pressure::Full]);
        // A twentieth of a large log is plenty.
        let gauge = Gauge::default();
        gauge.see(Some(Room { free_bytes: 1 << 30, share: 0.05 }));
        assert_eq!(gauge.pressure(), Pressure::None);
        gauge.see(Some(Room { free_bytes: 0, share: 0.0 }));
        gauge.see(None);
        assert_eq!(gauge.pressure(), Pressure::None);
    }
}
