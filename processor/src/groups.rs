//! What is known of groups while the processor runs: how fast their events come and what they have shown already.
//!
//! Stages are pure; this is the one thing between the log and the index that remembers. It decides after the stages
//! which events sampling leaves out, which of a storm are kept slim, and which groups rise above their usual rate. Time is
//! that of receipt, so that a backlog is judged as it came. After a restart nothing is known and events are kept whole
//! again. Never for counts that anyone is told: those are the index's.

use std::num::NonZeroUsize;

use lru::LruCache;
use schemas::{event::Event, ids::ProjectId, limits};

mod rate;
mod sampling;
mod sight;
mod slim;

pub use sampling::Share;
pub use sight::Sight;
pub use slim::slim;

use rate::Rate;
use sight::Shown;

use crate::{classify, context::Ended};

/// So many events of a group are kept whole whatever the rules say, each time that the group gets known.
const FIRST_EVENTS: u64 = 10;

/// The groups that had events lately, at most [`limits::KNOWN_GROUPS`]; beyond, the one that is quiet longest is forgotten.
pub struct Groups(LruCache<(ProjectId, u128), Group>);

/// One group.
#[derive(Debug, Default)]
struct Group {
    rate: Rate,
    /// Events that were not left out, in the present minute.
    kept: u64,
    /// Up to [`FIRST_EVENTS`], since it is known.
    first: u64,
    shown: Shown,
}

/// What was decided about one event. Kept with its record: when it is tried again, it is not decided again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    kept: Kept,
    slim: bool,
    /// Why its priority is raised.
    rise: Option<String>,
}

/// What sampling makes of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kept {
    /// No rule is about it.
    Yes,
    /// It stands for so many.
    As(u64),
    /// As one of the first of its group; an earlier process, which knew more, may have left it out.
    First(Ended),
    /// It is left out.
    No(Ended),
}

impl Default for Groups {
    fn default() -> Self {
        Self(LruCache::new(NonZeroUsize::new(limits::KNOWN_GROUPS).unwrap_or(NonZeroUsize::MIN)))
    }
}

impl Groups {
    /// Takes in an event and decides about it. `whole` is how many events of a group are kept whole in a minute; `None`
    /// keeps all.
    pub fn judge(&mut self, sight: &Sight, whole: Option<u64>) -> Judgement {
        let group = self.0.get_or_insert_mut(sight.group, Group::default);
        if group.rate.take(sight.minute) {
            group.kept = 0;
        }
        let rise = group.rate.rise();
        let first = group.first < FIRST_EVENTS;
        group.first += u64::from(first);
        let kept = match &sight.share {
            None => Kept::Yes,
            Some(share) if first && share.is_chosen => Kept::As(1),
            Some(share) if first => Kept::First(share.ended()),
            Some(share) if share.is_chosen => Kept::As(share.keep_one_in),
            Some(share) => return Judgement { kept: Kept::No(share.ended()), slim: false, rise },
        };
        group.kept += 1;
        let news = group.shown.add(sight);
        let slim = !first && !news && whole.is_some_and(|whole| is_beyond(group.kept, whole));
        Judgement { kept, slim, rise }
    }
}

/// Whether the event with this number in its minute is one too many: beyond the limit the first, second, fourth, eighth
/// and so on are kept whole.
fn is_beyond(number: u64, whole: u64) -> bool {
    number.checked_sub(whole).is_some_and(|over| over > 0 && !over.is_power_of_two())
}

impl Judgement {
    /// The event as it is to be stored, or its end. Beside the event, where its record ended if an earlier process left it
    /// out.
    pub fn apply(self, mut event: Event) -> Result<(Event, Option<Ended>), Ended> {
        let mut before = None;
        match self.kept {
            Kept::Yes => {}
            Kept::As(weight) => event.weight = weight,
            Kept::First(ended) => before = Some(ended),
            Kept::No(ended) => return Err(ended),
        }
        if let Some(why) = self.rise {
            classify::raise(&mut event, why);
        }
        Ok((if self.slim { slim(event) } else { event }, before))
    }
}

#[cfg(test)]
mod tests;
