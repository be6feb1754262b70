//! How fast the events of a group come, and how fast they usually do.

/// Over about so many minutes the usual rate is taken.
const USUAL_MINUTES: u32 = 60;
/// After so many minutes a group has a usual rate.
const LEARNED_MINUTES: u32 = 10;
/// Fewer events a minute are no rise.
const FLOOR: u64 = 20;
/// From so many times its usual rate on a group rises.
const TIMES: f64 = 5.0;
/// Longer pauses than so many minutes count as so many.
const PAUSE_MINUTES: i64 = 24 * 60;
/// An event that was received up to so many minutes before the newest counts as of the same minute: partitions of the
/// log are not read in step. What is older comes after the clock was set back.
const LATE_MINUTES: i64 = 60;

/// The events of one group by minutes of receipt.
#[derive(Debug, Default)]
pub(super) struct Rate {
    /// Minutes since 1970.
    minute: i64,
    /// Events in this minute.
    now: u64,
    /// Events in the minute before.
    before: u64,
    /// Events in a minute as they usually are, this minute not counted.
    usual: f64,
    /// Up to [`USUAL_MINUTES`].
    learned: u32,
}

impl Rate {
    /// Counts an event that was received in this minute. Answers whether the minute is a new one.
    pub(super) fn take(&mut self, minute: i64) -> bool {
        let passed = minute.saturating_sub(self.minute);
        let anew = self.now == 0 || passed < -LATE_MINUTES;
        if anew {
            *self = Self { minute, ..Self::default() };
        } else if passed > 0 {
            self.learn(self.now);
            (1..passed.min(PAUSE_MINUTES)).for_each(|_| self.learn(0));
            self.before = if passed == 1 { self.now } else { 0 };
            (self.minute, self.now) = (minute, 0);
        }
        self.now += 1;
        anew || passed > 0
    }

    /// A minute is over. At first the usual rate is the mean of all minutes, later the newer ones count more.
    fn learn(&mut self, events: u64) {
        self.learned = (self.learned + 1).min(USUAL_MINUTES);
        self.usual += (events as f64 - self.usual) / f64::from(self.learned);
    }

    /// That the group comes much more often than it used to, for people.
    pub(super) fn rise(&self) -> Option<String> {
        let rate = self.now.max(self.before);
        let rises = self.learned >= LEARNED_MINUTES && rate >= FLOOR && rate as f64 >= TIMES * self.usual;
        rises.then(|| format!("{rate} a minute, usually {}", self.in_words()))
    }

    fn in_words(&self) -> String {
        match self.usual {
            usual if usual < 0.05 => "none".into(),
            usual if usual < 9.95 => format!("{usual:.1}").trim_end_matches(".0").to_owned(),
            usual => format!("{usual:.0}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `events` in each of these minutes.
    fn after(rate: &mut Rate, minutes: std::ops::Range<i64>, events: u64) {
        for minute in minutes {
            for _ in 0..events {
                rate.take(minute);
            }
        }
    }

    #[test]
    fn five_times_the_usual_rate_is_a_rise_and_less_is_none() {
        let mut rate = Rate::default();
        after(&mut rate, 100..130, 6);
        after(&mut rate, 130..131, 29);
        assert_eq!(rate.rise(), None);
        rate.take(130);
        assert_eq!(rate.rise().unwrap(), "30 a minute, usually 6");
    }

    #[test]
    fn few_events_are_no_rise_and_a_new_group_has_none() {
        let mut rate = Rate::default();
        after(&mut rate, 0..10, 1);
        after(&mut rate, 10..11, 19);
        assert_eq!(rate.rise(), None);
        rate.take(10);
        assert_eq!(rate.rise().unwrap(), "20 a minute, usually 1");
        let mut new = Rate::default();
        after(&mut new, 0..1, 1);
        after(&mut new, 1..10, 500);
        assert_eq!(new.rise(), None, "nine minutes are known");
    }

    #[test]
    fn after_a_quiet_time_the_usual_rate_is_none() {
        let mut rate = Rate::default();
        after(&mut rate, 0..3, 1_000);
        after(&mut rate, 3_000..3_001, 25);
        assert_eq!(rate.rise().unwrap(), "25 a minute, usually none");
    }

    #[test]
    fn a_rise_lasts_into_the_next_minute_and_ends_when_it_is_usual() {
        let mut rate = Rate::default();
        after(&mut rate, 0..60, 3);
        after(&mut rate, 60..61, 60);
        rate.take(61);
        assert_eq!(rate.rise().unwrap(), "60 a minute, usually 4", "3 + (60 - 3) / 60");
        after(&mut rate, 61..80, 60);
        assert_eq!(rate.rise(), None);
    }

    #[test]
    fn a_late_event_counts_with_the_present_minute_and_a_clock_set_back_starts_anew() {
        let mut rate = Rate::default();
        assert!(rate.take(1_000));
        assert!(!rate.take(1_000 - LATE_MINUTES));
        assert_eq!(rate.now, 2);
        assert!(rate.take(999 - LATE_MINUTES));
        assert_eq!((rate.minute, rate.now), (999 - LATE_MINUTES, 1));
    }
}
