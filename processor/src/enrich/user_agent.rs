//! What the user had in hand: browser, system and device.
//!
//! The `User-Agent` of the request says it, for what runs on a server too. What runs in the user's own hands knows it
//! better: there the contexts count first. The contexts of a server are about the server and are not taken.

use schemas::event::{Event, Free, UserAgent};
use serde_json::Value;

use super::{agents::Agents, hints};

/// Systems that only users have.
const HANDHELD: [&str; 8] = ["Android", "iOS", "iPadOS", "tvOS", "watchOS", "visionOS", "HarmonyOS", "iPhone OS"];
/// Platforms whose programs run in users' hands.
const CLIENT_PLATFORMS: [&str; 5] = ["javascript", "cocoa", "objc", "swift", "dart"];
/// Parts of the names of SDKs for servers on such platforms.
const SERVER_SDKS: [&str; 7] = ["node", "deno", "bun", "cloudflare", "vercel", "serverless", "dart.server"];
/// Parts of the names of SDKs for users' hands on other platforms.
const CLIENT_SDKS: [&str; 10] =
    ["android", "flutter", "react-native", "electron", "unity", "unreal", "godot", "maui", "xamarin", "capacitor"];
/// Longest value that is taken.
const VALUE_BYTES: usize = 100;

/// Fills in what the event, its contexts and its headers say; what it says itself stands.
pub(super) fn fill(agents: Option<&Agents>, event: &mut Event) {
    let mut agent = event.user_agent.take().unwrap_or_default();
    if is_in_hand(event) {
        complete(&mut agent, of_contexts(&event.contexts));
    }
    if let (Some(agents), Some(request)) = (agents, &event.request) {
        complete(&mut agent, of_headers(agents, &request.headers));
    }
    event.user_agent = (agent != UserAgent::default()).then_some(agent);
}

/// Fills the gaps; a version goes only with the name that it is of.
fn complete(agent: &mut UserAgent, other: UserAgent) {
    let mut pair = |name: fn(&mut UserAgent) -> (&mut Option<String>, &mut Option<String>), theirs: (Option<String>, Option<String>)| {
        let (mine, version) = name(agent);
        if theirs.0.is_some() && mine.is_none() {
            (*mine, *version) = theirs;
        } else if theirs.0.is_some() && *mine == theirs.0 {
            *version = version.take().or(theirs.1);
        }
    };
    pair(|agent| (&mut agent.name, &mut agent.version), (other.name, other.version));
    pair(|agent| (&mut agent.os, &mut agent.os_version), (other.os, other.os_version));
    agent.device = agent.device.take().or(other.device);
}

/// Whether the program runs in the user's own hands, not on a server.
fn is_in_hand(event: &Event) -> bool {
    let os = text(&event.contexts, "os", "name");
    if os.is_some_and(|os| HANDHELD.contains(&os)) {
        return true;
    }
    let sdk = event.sdk.as_ref().and_then(|sdk| sdk.name.as_deref()).unwrap_or_default();
    let named = |parts: &[&str]| parts.iter().any(|part| sdk.contains(part));
    let platform = event.platform.as_deref().is_some_and(|platform| CLIENT_PLATFORMS.contains(&platform));
    named(&CLIENT_SDKS) || platform && !named(&SERVER_SDKS)
}

fn of_contexts(contexts: &Free) -> UserAgent {
    let value = |context, key| text(contexts, context, key).map(str::to_owned);
    UserAgent {
        name: value("browser", "name"),
        version: value("browser", "version"),
        os: value("os", "name"),
        os_version: value("os", "version"),
        device: value("device", "model").or_else(|| value("device", "family")),
    }
}

fn text<'a>(contexts: &'a Free, context: &str, key: &str) -> Option<&'a str> {
    let text = contexts.get(context)?.get(key).and_then(Value::as_str)?.trim();
    (!text.is_empty() && text.len() <= VALUE_BYTES && !text.contains('@')).then_some(text)
}

fn of_headers(agents: &Agents, headers: &[(String, String)]) -> UserAgent {
    let header = headers.iter().find(|(key, _)| key.eq_ignore_ascii_case("user-agent"));
    let mut agent = header.map_or_else(UserAgent::default, |(_, header)| agents.of(header));
    hints::apply(headers, &mut agent);
    agent
}

#[cfg(test)]
#[path = "user_agent/tests.rs"]
mod tests;
