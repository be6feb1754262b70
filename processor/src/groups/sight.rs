//! What an event shows of itself to the memory of its group.

use std::hash::{DefaultHasher, Hash, Hasher};

use schemas::{event::Event, ids::ProjectId};
use serde_json::Value;

use super::Share;
use crate::rules::Rules;

/// Most values of one kind that are remembered of a group. Values beyond are no news: a release an event would else keep
/// every event of a storm whole.
const VALUES: usize = 50;

/// Members of `user.data` that may name the segment of a user.
const SEGMENTS: [&str; 3] = ["segment", "plan", "tier"];

/// What is needed to decide about one event.
#[derive(Debug, Clone)]
pub struct Sight {
    pub(super) group: (ProjectId, u128),
    /// When it was received, in minutes since 1970.
    pub(super) minute: i64,
    /// Hashes of release, environment and user segment; 0 where there is none.
    values: [u32; 3],
    /// What the first sampling rule that is about it says.
    pub(super) share: Option<Share>,
}

/// Releases, environments and user segments that a group has shown.
#[derive(Debug, Default)]
pub(super) struct Shown([Vec<u32>; 3]);

impl Sight {
    /// Of an event that went through the stages; `None` if it has no group.
    pub fn of(event: &Event, rules: &Rules) -> Option<Self> {
        let digits = event.fingerprint()?.as_str().get(4..36)?;
        let group = (event.project, u128::from_str_radix(digits, 16).ok()?);
        Some(Self {
            group,
            minute: event.received_at.as_second().div_euclid(60),
            values: [hash(event.release.as_ref()), hash(event.environment.as_ref()), hash(segment(event))],
            share: Share::of(event, &rules.sampling),
        })
    }
}

/// A user's segment: the one that the program names, the country, the browser and the system.
fn segment(event: &Event) -> Option<[Option<&str>; 4]> {
    let user = event.user.as_ref();
    let named = user.and_then(|user| SEGMENTS.iter().find_map(|name| user.data.get(*name).and_then(Value::as_str)));
    let country = user.and_then(|user| user.geo.get("country_code").map(String::as_str));
    let agent = event.user_agent.as_ref();
    let segment = [named, country, agent.and_then(|agent| agent.name.as_deref()), agent.and_then(|agent| agent.os.as_deref())];
    segment.iter().any(Option::is_some).then_some(segment)
}

fn hash(value: Option<impl Hash>) -> u32 {
    value.map_or(0, |value| {
        let mut hasher = DefaultHasher::new();
        value.hash(&mut hasher);
        (hasher.finish() as u32).max(1)
    })
}

impl Shown {
    /// Takes in what an event shows. Answers whether any of it is new.
    pub(super) fn add(&mut self, sight: &Sight) -> bool {
        let mut news = false;
        for (known, value) in self.0.iter_mut().zip(sight.values) {
            if value != 0 && known.len() < VALUES && !known.contains(&value) {
                known.push(value);
                news = true;
            }
        }
        news
    }
}
