//! Ranges of time cut where the clocks of a time zone show whole minutes, hours and days.
//!
//! A bucket begins whenever the zone's clock comes to a multiple of the interval, counted from midnight, and weeks begin on
//! Mondays. Where clocks are changed, buckets are longer or shorter than others: a day may have 23 or 25 hours. Up to an
//! hour the repeated time has buckets of its own.

use std::ops::Range;

use jiff::tz::TimeZone;
use schemas::limits;

use crate::times::{DAY, HOUR, stamp};

/// Further than any clock is changed.
const CHANGE: i64 = 26 * HOUR;

/// A range cut into buckets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grid {
    /// Where each bucket begins, cut by the range.
    starts: Vec<i64>,
    range: Range<i64>,
    interval: i64,
    /// Whether the first bucket begins before the range.
    begun: bool,
    /// Where the last bucket ends, uncut.
    end: i64,
}

/// Buckets next to each other that are equally long, but for the first and the last that may be cut: what one count
/// answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) millis: Range<i64>,
    pub(crate) interval: i64,
    /// Where a bucket begins, or would begin.
    pub(crate) origin: i64,
    pub(crate) buckets: usize,
}

impl Grid {
    /// Cuts `range`, which is not empty, into at most `most` buckets. `None`: there are more.
    pub(crate) fn new(zone: &TimeZone, range: &Range<i64>, interval: i64, most: usize) -> Option<Self> {
        // So far around that the uncut ends of the first and the last bucket are seen.
        let margin = 2 * interval + if interval > HOUR { CHANGE } else { 0 };
        let around = range.start - margin..range.end + margin;
        let spare = 2 * usize::try_from(margin / interval + 2).ok()?;
        let all = boundaries(zone, &around, interval, most.saturating_add(spare))?;
        let first = all.partition_point(|start| *start <= range.start);
        let after = all.partition_point(|start| *start < range.end);
        let mut starts = vec![range.start];
        starts.extend(&all[first..after]);
        let begun = first == 0 || all[first - 1] != range.start;
        let end = all.get(after).copied().unwrap_or(range.end);
        (starts.len() <= most).then_some(Self { starts, range: range.clone(), interval, begun, end })
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    /// The range of each bucket, cut by the whole range.
    pub(crate) fn buckets(&self) -> impl Iterator<Item = Range<i64>> {
        let ends = self.starts.iter().skip(1).chain(std::iter::once(&self.range.end));
        self.starts.iter().zip(ends).map(|(start, end)| *start..*end)
    }

    /// Whether a bucket is cut by the range or not over by `now`.
    pub(crate) fn is_partial(&self, bucket: usize, now: i64) -> bool {
        let last = bucket + 1 == self.len();
        let end = if last { self.end } else { self.starts[bucket + 1] };
        (bucket == 0 && self.begun) || (last && end > self.range.end) || end > now
    }

    /// What is to be counted for all buckets, in order.
    pub(crate) fn runs(&self) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for bucket in self.buckets() {
            match runs.last_mut().filter(|run| run.takes(&bucket)) {
                Some(run) => {
                    run.millis.end = bucket.end;
                    run.buckets += 1;
                }
                None => {
                    let interval = self.interval.max(bucket.end - bucket.start);
                    runs.push(Run { origin: bucket.end, millis: bucket, interval, buckets: 1 });
                }
            }
        }
        runs
    }
}

impl Run {
    fn takes(&self, next: &Range<i64>) -> bool {
        let aligned = (next.start - self.origin) % self.interval == 0;
        aligned && next.end - next.start <= self.interval && self.buckets < limits::BUCKETS
    }
}

/// Where buckets begin in `range`. `None`: at more than `most` places.
fn boundaries(zone: &TimeZone, range: &Range<i64>, interval: i64, most: usize) -> Option<Vec<i64>> {
    let monday = if interval % (7 * DAY) == 0 { 3 * DAY } else { 0 };
    let mut starts = Vec::new();
    // Which multiple of the interval the clock came to last.
    let mut last = None;
    for (stretch, offset) in stretches(zone, range) {
        let number = |time: i64| (time + offset + monday).div_euclid(interval);
        // Clocks were put forward over the beginning of a bucket.
        if last.is_some_and(|last| number(stretch.start) > last) {
            starts.push(stretch.start);
        }
        last = last.max(Some(number(stretch.start)));
        let aligned = |number: i64| number * interval - offset - monday;
        let mut next = number(stretch.start);
        next += i64::from(aligned(next) < stretch.start);
        while aligned(next) < stretch.end {
            let time = aligned(next);
            if starts.last() != Some(&time) && (last.is_none_or(|last| next > last) || interval <= HOUR) {
                starts.push(time);
            }
            last = if interval <= HOUR { Some(next) } else { last.max(Some(next)) };
            next += 1;
            if starts.len() > most {
                return None;
            }
        }
    }
    Some(starts)
}

/// The parts of `range` within which the zone keeps its distance from UTC, which is given in milliseconds.
fn stretches(zone: &TimeZone, range: &Range<i64>) -> Vec<(Range<i64>, i64)> {
    let mut stretches = Vec::new();
    let mut start = range.start;
    let mut offset = i64::from(zone.to_offset(stamp(start)).seconds()) * 1_000;
    for change in zone.following(stamp(start)) {
        let at = change.timestamp().as_millisecond();
        if at >= range.end {
            break;
        }
        let new = i64::from(change.offset().seconds()) * 1_000;
        if new != offset {
            stretches.push((start..at, offset));
            (start, offset) = (at, new);
        }
    }
    stretches.push((start..range.end, offset));
    stretches
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
    }

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    /// The lengths of the buckets, in minutes.
    fn minutes(name: &str, from: &str, to: &str, interval: i64) -> Vec<i64> {
        let grid = Grid::new(&zone(name), &(at(from)..at(to)), interval, 5_000).unwrap();
        grid.buckets().map(|bucket| (bucket.end - bucket.start) / 60_000).collect()
    }

    #[test]
    fn days_are_as_long_as_clocks_make_them() {
        // In Berlin 2026-03-29 has 23 hours, 2026-10-25 has 25; there they begin at 23:00Z and 22:00Z.
        assert_eq!(minutes("Europe/Berlin", "2026-03-27T23:00:00Z", "2026-03-30T22:00:00Z", DAY), [24 * 60, 23 * 60, 24 * 60]);
        assert_eq!(minutes("Europe/Berlin", "2026-10-23T22:00:00Z", "2026-10-26T23:00:00Z", DAY), [24 * 60, 25 * 60, 24 * 60]);
        // Lord Howe Island puts its clocks by half an hour: back on 2026-04-05, forward on 2026-10-04.
        assert_eq!(minutes("Australia/Lord_Howe", "2026-04-03T13:00:00Z", "2026-04-06T13:30:00Z", DAY), [1_440, 1_470, 1_440]);
        assert_eq!(minutes("Australia/Lord_Howe", "2026-10-02T13:30:00Z", "2026-10-05T13:00:00Z", DAY), [1_440, 1_410, 1_440]);
        // Where clocks go from midnight to one, the day begins at one: Beirut, 2026-03-29.
        assert_eq!(minutes("Asia/Beirut", "2026-03-27T22:00:00Z", "2026-03-30T21:00:00Z", DAY), [1_440, 1_380, 1_440]);
        // Where they go back from one to midnight, the day has one midnight too many: Havana, 2024-11-03.
        assert_eq!(minutes("America/Havana", "2024-11-02T04:00:00Z", "2024-11-05T05:00:00Z", DAY), [1_440, 1_500, 1_440]);
    }

    #[test]
    fn hours_follow_the_clock() {
        // In Berlin two o'clock comes twice; in an hour of Lord Howe Island the half after one does.
        assert_eq!(minutes("Europe/Berlin", "2026-10-24T23:00:00Z", "2026-10-25T03:00:00Z", HOUR), [60; 4]);
        assert_eq!(minutes("Australia/Lord_Howe", "2026-04-04T13:00:00Z", "2026-04-04T17:30:00Z", HOUR), [60, 90, 60, 60]);
        assert_eq!(minutes("Australia/Lord_Howe", "2026-10-03T13:30:00Z", "2026-10-03T17:00:00Z", HOUR), [60, 60, 30, 60]);
        assert_eq!(minutes("Asia/Kolkata", "2026-04-04T13:00:00Z", "2026-04-04T15:00:00Z", HOUR), [30, 60, 30]);
        assert_eq!(minutes("Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-25T11:00:00Z", 6 * HOUR), [7 * 60, 6 * 60]);
        assert_eq!(minutes("Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29T10:00:00Z", 6 * HOUR), [5 * 60, 6 * 60]);
    }

    #[test]
    fn weeks_begin_on_mondays() {
        // 2026-11-20 is a Friday.
        let grid = Grid::new(&TimeZone::UTC, &(at("2026-11-06T12:00:00Z")..at("2026-11-20T12:00:00Z")), 7 * DAY, 10).unwrap();
        let starts: Vec<i64> = grid.buckets().map(|bucket| bucket.start).collect();
        assert_eq!(starts, [at("2026-11-06T12:00:00Z"), at("2026-11-09T00:00:00Z"), at("2026-11-16T00:00:00Z")]);
        let now = at("2026-11-20T12:00:00Z");
        assert_eq!([0, 1, 2].map(|n| grid.is_partial(n, now)), [true, false, true]);
    }

    #[test]
    fn what_is_cut_or_running_is_partial() {
        let grid = Grid::new(&TimeZone::UTC, &(0..3 * HOUR), HOUR, 10).unwrap();
        assert_eq!([0, 1, 2].map(|n| grid.is_partial(n, 3 * HOUR)), [false, false, false]);
        assert_eq!([0, 1, 2].map(|n| grid.is_partial(n, 2 * HOUR - 1)), [false, true, true]);
        let cut = Grid::new(&TimeZone::UTC, &(1..3 * HOUR - 1), HOUR, 10).unwrap();
        assert_eq!([0, 1, 2].map(|n| cut.is_partial(n, DAY)), [true, false, true]);
        let inside = Grid::new(&TimeZone::UTC, &(5..9), HOUR, 10).unwrap();
        assert_eq!((inside.len(), inside.is_partial(0, DAY)), (1, true));
    }

    #[test]
    fn one_count_answers_where_clocks_are_left_alone() {
        let runs = |name: &str, from: &str, to: &str| Grid::new(&zone(name), &(at(from)..at(to)), DAY, 500).unwrap().runs();
        let year = runs("UTC", "2026-01-01T05:00:00Z", "2026-12-31T00:00:00Z");
        assert_eq!((year.len(), year[0].buckets), (1, 364));
        assert_eq!(runs("Europe/Berlin", "2026-06-01T05:00:00Z", "2026-07-01T00:00:00Z").len(), 1);
        // The short day ends a run, the long one begins another.
        let lengths: Vec<usize> =
            runs("Europe/Berlin", "2026-01-01T05:00:00Z", "2026-12-31T00:00:00Z").iter().map(|run| run.buckets).collect();
        assert_eq!(lengths.iter().sum::<usize>(), 365);
        assert!(lengths.len() <= 4, "{lengths:?}");
    }

    #[test]
    fn too_many_buckets_are_none() {
        assert!(Grid::new(&TimeZone::UTC, &(0..100 * HOUR), HOUR, 100).is_some());
        assert!(Grid::new(&TimeZone::UTC, &(0..100 * HOUR + 1), HOUR, 100).is_none());
        assert!(Grid::new(&TimeZone::UTC, &(0..400 * DAY), 1_000, 2_000).is_none());
    }

    proptest! {
        #[test]
        fn buckets_and_runs_cover_the_range(
            name in prop::sample::select(vec!["UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Africa/Cairo", "Pacific/Apia", "America/Havana"]),
            start in 0..1_800_000_000_000_i64, length in 1..90 * DAY,
            interval in prop::sample::select(vec![HOUR / 2, HOUR, 3 * HOUR, 12 * HOUR, DAY, 7 * DAY]),
        ) {
            let range = start..start + length;
            let grid = Grid::new(&zone(name), &range, interval, 5_000).unwrap();
            let buckets: Vec<_> = grid.buckets().collect();
            prop_assert_eq!((buckets[0].start, buckets.last().unwrap().end), (range.start, range.end));
            prop_assert!(buckets.iter().all(|bucket| bucket.start < bucket.end && bucket.end - bucket.start <= interval + 25 * HOUR));
            let runs = grid.runs();
            prop_assert_eq!(runs.iter().map(|run| run.buckets).sum::<usize>(), grid.len());
            let mut covered = Vec::new();
            for run in runs {
                // What the index makes of it.
                let first = run.millis.start - (run.millis.start - run.origin).rem_euclid(run.interval);
                let mut begin = first;
                while begin < run.millis.end {
                    covered.push(begin.max(run.millis.start)..(begin + run.interval).min(run.millis.end));
                    begin += run.interval;
                }
            }
            prop_assert_eq!(covered, buckets);
        }
    }
}
