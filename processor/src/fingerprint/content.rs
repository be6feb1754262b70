//! What an event is grouped by when nobody says otherwise: its exceptions, else its message, stack or place.

use schemas::event::{Canonical, Event, Exception, FrameUse, List, Stacktrace};
use serde_json::Value;

use super::{
    browsers,
    chain::{self, Told},
    details,
    family::Family,
    frames::{self, Call, Choice, Selection, Which},
    functions, kinds, places, similar,
};
use crate::template::template;

/// What the content of an event gives.
pub(super) struct Content {
    /// The canonical array.
    pub(super) parts: Canonical,
    /// The loose hash.
    pub(super) similar: Option<String>,
    /// What each frame of each exception did, by its letter.
    pub(super) frames: Vec<String>,
}

/// The content of an event.
pub(super) fn of(event: &Event) -> Content {
    let family = Family::of(event);
    let told = chain::told(&event.exceptions, family);
    if let [only] = told.as_slice()
        && is_message(only.exception)
    {
        let mut content = by_message(event, family, only.exception.value.as_deref().unwrap_or_default());
        content.frames = letters(event, &told, &[]);
        return content;
    }
    if !told.is_empty() {
        let (parts, selections) = of_exceptions(&told, family);
        let similar = similar::of_exceptions(&told, &selections, family);
        return Content { parts, similar: Some(similar), frames: letters(event, &told, &selections) };
    }
    let text = event.message.as_ref().map(|m| m.template.as_deref().filter(|t| !t.is_empty()).unwrap_or(&m.formatted));
    match text.filter(|text| !text.trim().is_empty()) {
        Some(text) => by_message(event, family, text),
        None => by_stack(event, family).unwrap_or_else(|| places::content(event, family)),
    }
}

/// A message that an SDK sends as an exception without a type, to carry the caller's frames.
fn is_message(exception: &Exception) -> bool {
    let synthetic = exception.mechanism.as_ref().and_then(|m| m.synthetic) == Some(true);
    let named = exception.kind.as_ref().is_some_and(|kind| !kind.is_empty());
    synthetic && !named && exception.value.as_ref().is_some_and(|value| !value.trim().is_empty())
}

/// A message is the same from wherever it is logged: its stack is often that of a library alone.
fn by_message(event: &Event, family: Family, text: &str) -> Content {
    let text_of = template(text);
    let similar = Some(similar::of_message(&text_of, family));
    let parts = Canonical::array(|array| {
        let logger = event.logger.as_deref().unwrap_or_default();
        ["fp1", "message", family.name(), &text_of, logger].iter().for_each(|part| array.text(part));
        details::of_text(text).iter().for_each(|code| array.text(code));
    });
    Content { parts, similar, frames: Vec::new() }
}

/// The array of exceptions, and what was chosen of their frames.
pub(super) fn of_exceptions<'a>(told: &[Told<'a>], family: Family) -> (Canonical, Vec<Selection<'a>>) {
    let which = if told.iter().any(|told| frames::has_own(told.exception)) { Which::App } else { Which::All };
    let select = |told: &Told<'a>| {
        let choice = Choice { family, which, overflow: kinds::is_overflow(told.exception) };
        frames::select(told.exception.stacktrace.as_ref(), choice)
    };
    let selections: Vec<Selection<'a>> = told.iter().map(select).collect();
    let has_frames = selections.iter().any(|selection| !selection.calls.is_empty());
    let name = if has_frames { which.name() } else { "value" };
    let parts = Canonical::array(|array| {
        ["fp1", name, family.name()].iter().for_each(|part| array.text(part));
        array.list(|links| {
            for (told, selection) in told.iter().zip(&selections) {
                if has_frames { link(links, told, selection, family) } else { by_value(links, told, family) }
            }
        });
    });
    (parts, selections)
}

/// One exception of a chain in which some have frames; one that has neither frames nor a type is told by its value.
fn link(links: &mut List<'_>, told: &Told<'_>, selection: &Selection<'_>, family: Family) {
    let kind = if told.bare { "".into() } else { kinds::of(told.exception, family) };
    let detail = if told.bare { None } else { details::of(told.exception, family) };
    if kind.is_empty() && selection.calls.is_empty() && detail.is_none() {
        return by_value(links, told, family);
    }
    links.list(|parts| {
        parts.text(&kind);
        parts.list(|list| calls(list, &selection.calls));
        detail.iter().for_each(|detail| parts.text(detail));
    });
}

/// Type, template of the value, the application's file where it happened, if one is known, and the code in the value:
/// minified code has files but no functions that stay.
fn by_value(links: &mut List<'_>, told: &Told<'_>, family: Family) {
    let exception = told.exception;
    let value = exception.value.as_deref().unwrap_or_default();
    let text = if family == Family::JavaScript { browsers::template(value) } else { template(value) };
    let own = exception.stacktrace.iter().flat_map(|stack| stack.frames.iter().rev()).find(|frame| frames::is_own(frame));
    let file = own.map(functions::stem).unwrap_or_default();
    let code = details::of_text(value);
    links.list(|parts| {
        [&*kinds::of(exception, family), "v", &text].iter().for_each(|part| parts.text(part));
        if !file.is_empty() || code.is_some() {
            parts.text(&file);
        }
        code.iter().for_each(|code| parts.text(code));
    });
}

fn calls(list: &mut List<'_>, calls: &[Call<'_>]) {
    for call in calls {
        list.list(|pair| {
            pair.text(&call.place);
            pair.text(&call.function);
        });
    }
}

fn by_stack(event: &Event, family: Family) -> Option<Content> {
    let stack = event.stacktrace.as_ref().or_else(|| thread_stack(event));
    let selections = [Which::App, Which::All].map(|which| frames::select(stack, Choice { family, which, overflow: false }));
    let selection = selections.into_iter().find(|selection| !selection.calls.is_empty())?;
    let similar = Some(similar::of_calls("", &selection.calls, family));
    let parts = Canonical::array(|array| {
        ["fp1", "stack", family.name()].iter().for_each(|part| array.text(part));
        array.list(|list| calls(list, &selection.calls));
    });
    Some(Content { parts, similar, frames: Vec::new() })
}

/// The stack of the one thread that crashed, else of the one that reported, else of the main one, else of the first
/// that has one.
fn thread_stack(event: &Event) -> Option<&Stacktrace> {
    let has_stack = |thread: &&schemas::event::Thread| thread.stacktrace.as_ref().is_some_and(|stack| !stack.frames.is_empty());
    let find = |is: &dyn Fn(&schemas::event::Thread) -> bool| event.threads.iter().filter(has_stack).find(|thread| is(thread));
    let is_main =
        |thread: &schemas::event::Thread| thread.data.get("main") == Some(&Value::Bool(true)) || thread.name.as_deref() == Some("main");
    find(&|thread| thread.crashed == Some(true))
        .or_else(|| find(&|thread| thread.current == Some(true)))
        .or_else(|| find(&is_main))
        .or_else(|| find(&|_| true))?
        .stacktrace
        .as_ref()
}

/// What the frames of every exception did, in the order of the event's exceptions. Those of a message only show where
/// it was logged.
fn letters(event: &Event, told: &[Told<'_>], selections: &[Selection<'_>]) -> Vec<String> {
    let of = |exception: &Exception| {
        let at = told.iter().position(|told| std::ptr::eq(told.exception, exception));
        match at.map(|at| selections.get(at)) {
            Some(Some(selection)) => selection.uses.iter().map(|used| used.letter()).collect(),
            other => {
                let used = if other.is_none() { FrameUse::Wrapper } else { FrameUse::Rule };
                let count = exception.stacktrace.as_ref().map_or(0, |stack| stack.frames.len());
                std::iter::repeat_n(used.letter(), count).collect()
            }
        }
    };
    event.exceptions.iter().map(of).collect()
}
