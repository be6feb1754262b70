//! `User-Agent` headers read by the table of uap-core. Facts: <https://github.com/ua-parser/uap-core>.
//!
//! The patterns take 25 MB once they are made, and are made at the first header. What was read is remembered: a service
//! sees few different headers, and reading one costs ten times what finding it costs.

use std::{
    num::NonZeroUsize,
    sync::{LazyLock, Mutex, PoisonError},
};

use lru::LruCache;
use schemas::{event::UserAgent, tokens};
use ua_parser::{Extractor, Regexes};

/// So much of a header is read. Real ones have 100 to 300 bytes.
const HEADER_BYTES: usize = 512;
/// Headers that are remembered.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(4_096).expect("it is more than none");
/// Longest name or version that is taken out of one.
const NAME_BYTES: usize = 100;

static PARSERS: LazyLock<Extractor<'static>> = LazyLock::new(|| {
    let regexes: Regexes<'static> = serde_json::from_str(include_str!("../../data/user-agents.json")).expect("the table is tested");
    Extractor::try_from(regexes).expect("the table is tested")
});

/// Reads headers.
pub(super) struct Agents(Mutex<LruCache<Box<str>, UserAgent>>);

impl Default for Agents {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(REMEMBERED)))
    }
}

impl std::fmt::Debug for Agents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Agents").finish_non_exhaustive()
    }
}

impl Agents {
    /// What a header says.
    pub(super) fn of(&self, header: &str) -> UserAgent {
        let header = tokens::cut(header.trim(), HEADER_BYTES);
        let remembered = self.seen().get(header).cloned();
        remembered.unwrap_or_else(|| {
            let agent = read(header);
            self.seen().put(header.into(), agent.clone());
            agent
        })
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, LruCache<Box<str>, UserAgent>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(header: &str) -> UserAgent {
    if header.is_empty() {
        return UserAgent::default();
    }
    let (browser, os, device) = PARSERS.extract(header);
    UserAgent {
        version: browser.as_ref().and_then(|found| version([found.major, found.minor, found.patch, found.patch_minor])),
        name: browser.and_then(|found| name(&found.family)),
        os_version: os
            .as_ref()
            .and_then(|found| version([&found.major, &found.minor, &found.patch, &found.patch_minor].map(Option::as_deref))),
        os: os.and_then(|found| name(&found.os)),
        device: device.and_then(|found| name(&found.device)),
    }
}

/// A name as one counts by it.
fn name(text: &str) -> Option<String> {
    match text.trim() {
        "" | "Other" => None,
        // Its name since 2016, and that by which SDKs call it.
        "Mac OS X" => Some("macOS".to_owned()),
        // Something that is no name.
        odd if odd.len() > NAME_BYTES || odd.contains('@') => None,
        name => Some(name.to_owned()),
    }
}

fn version(parts: [Option<&str>; 4]) -> Option<String> {
    let parts: Vec<&str> = parts.into_iter().map_while(|part| part.filter(|part| !part.is_empty())).collect();
    Some(parts.join(".")).filter(|version| !version.is_empty() && version.len() <= NAME_BYTES && !version.contains('@'))
}

#[cfg(test)]
#[path = "agents/tests.rs"]
mod tests;
