//! Which group an event belongs to: fingerprint `fp1`.
//!
//! A canonical JSON array that starts with the version is hashed; the event keeps the array, so that it can say why
//! it was grouped. What is in it does not change between two sightings of one error, whatever door they came
//! through: no line numbers, addresses, source lines or values, but types, functions and modules of the
//! application's frames, and message templates. Changing what goes in means a new version (`versions`): old groups
//! would fall apart.
//!
//! | event has | array |
//! | --- | --- |
//! | a rule that holds | `["fp1","custom",[parts]]`, the group it would have without in place of `{{ default }}` |
//! | a fingerprint of the client | `["fp1","custom",[parts]]`, the group it would have without in place of `{{ default }}` |
//! | exceptions with frames | `["fp1","app"\|"sys",family,[[type,[[place,function]...],detail?]...]]` |
//! | exceptions without | `["fp1","value",family,[[type,"v",template,file?,code?]...]]` |
//! | a message | `["fp1","message",family,template,logger,code?]` |
//! | a stack trace | `["fp1","stack",family,[[place,function]...]]` |
//! | nothing | `["fp1","none",family,place,level,logger]` |
//!
//! - `type`: the last part of the type (`java.lang.IllegalStateException` and `IllegalStateException` are one);
//!   empty where an SDK or a minifier made it up, or where it says nothing, as Go's `*errors.errorString`.
//! - Exceptions: causes first; without those that only carry another (`wrappers`), suppressed ones and all but one
//!   of each kind in a group (`chain`). One without type and frames stands as in `value` among those with frames.
//! - Frames: the application's own (`app`), else all (`sys`); callers first, at most 64 nearest the crash; never
//!   glue (`glue`) nor what a rule leaves out; recursion once (`recursion`).
//! - `place`: module, class or file, as far as all doors give it; `function`: without what compilers and browsers
//!   add (`functions`). Both are cleaned of hashes and long numbers.
//! - `detail`, `code`: a code of a database, system or protocol, or the message's template where the type says
//!   nothing (`details`).
//! - `template`: [`crate::template`]; for JavaScript the same for every engine (`browsers`).

use schemas::{
    event::{Canonical, Event, Grouping, List},
    ids::Fingerprint,
};

use crate::context::{Context, Verdict};

mod browsers;
mod chain;
mod content;
mod details;
mod family;
mod files;
mod frames;
mod functions;
mod glue;
mod kinds;
mod places;
mod recursion;
mod rules;
mod similar;
mod versions;
mod wrappers;

pub use rules::FingerprintRules;

/// Gives the event its group.
pub fn fingerprint(context: &Context<'_>, mut event: Event) -> Verdict {
    let content = content::of(&event);
    let rule = context.rules.fingerprints.of(&event);
    let parts = match rule {
        Some(rule) => rules::parts(rule, &event, content.parts),
        None => of_client(&event, content.parts),
    };
    let mut grouping = Grouping::new(Fingerprint::fp1(parts.as_str()), parts);
    if let Some(rule) = rule {
        grouping.rule = Some(rule.text.clone());
        event.title = rules::title(rule, &event).unwrap_or(event.title);
    }
    grouping.similar = content.similar;
    grouping.frames = content.frames;
    grouping.previous = versions::previous(&event);
    event.grouping = Some(grouping);
    Ok(event)
}

/// The client's word counts before the content.
fn of_client(event: &Event, content: Canonical) -> Canonical {
    if event.client_fingerprint.iter().all(|part| is_default(part)) {
        return content;
    }
    custom(|list| {
        for part in &event.client_fingerprint {
            if is_default(part) { list.array(&content) } else { list.text(&rules::of_client(part, event)) }
        }
    })
}

/// What a client or a rule says that the group is.
fn custom(fill: impl FnOnce(&mut List<'_>)) -> Canonical {
    Canonical::array(|array| {
        array.text("fp1");
        array.text("custom");
        array.list(fill);
    })
}

/// `{{ default }}`, in the spellings that SDKs' users write.
fn is_default(part: &str) -> bool {
    part.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")).is_some_and(|name| name.trim() == "default")
}

#[cfg(test)]
#[path = "fingerprint/tests.rs"]
mod tests;
