//! Which tags there are: the keys in the dictionaries of segments, counted by their lists of events.

use std::{cmp::Reverse, collections::HashMap};

use schemas::limits;
use tantivy::{
    DocSet, Searcher, TERMINATED,
    query::{EnableScoring, Query},
    schema::IndexRecordOption,
};

use super::{layout::Layout, parts::parts};
use crate::index::Scope;

/// The keys of the tags of what `query` finds that begin with `prefix`, with how many events have each;
/// `None` when there are more than [`limits::TAG_KEYS`].
pub(super) fn tag_keys(
    layout: &Layout,
    searchers: &[Searcher],
    query: &dyn Query,
    scope: &Scope,
    prefix: &str,
    limit: usize,
) -> tantivy::Result<Option<Vec<(String, u64)>>> {
    let weight = query.weight(EnableScoring::disabled_from_schema(&layout.schema))?;
    let mut counts: HashMap<String, u64> = HashMap::new();
    for part in parts(searchers, &scope.millis)? {
        let mut inside = vec![0_u64; part.segment.max_doc().div_ceil(64) as usize];
        let mut any = false;
        part.each(&*weight, &scope.millis, |docs, _| {
            any |= !docs.is_empty();
            docs.iter().for_each(|doc| inside[(doc / 64) as usize] |= 1 << (doc % 64));
        })?;
        if !any {
            continue;
        }
        let inverted = part.segment.inverted_index(layout.tag_keys)?;
        let mut terms = inverted.terms().range().ge(prefix).into_stream()?;
        while terms.advance() {
            let Some(key) = std::str::from_utf8(terms.key()).ok().filter(|key| key.starts_with(prefix)) else { break };
            let mut postings = inverted.read_postings_from_terminfo(terms.value(), IndexRecordOption::Basic)?;
            let (mut count, mut doc) = (0, postings.doc());
            while doc != TERMINATED {
                count += inside[(doc / 64) as usize] >> (doc % 64) & 1;
                doc = postings.advance();
            }
            if count > 0 {
                *counts.entry(key.to_owned()).or_default() += count;
            }
            if counts.len() > limits::TAG_KEYS {
                return Ok(None);
            }
        }
    }
    let mut keys: Vec<(String, u64)> = counts.into_iter().collect();
    keys.sort_unstable_by(|a, b| (Reverse(a.1), &a.0).cmp(&(Reverse(b.1), &b.0)));
    keys.truncate(limit);
    Ok(Some(keys))
}
