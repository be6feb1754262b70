//! Which frames of a stack trace count, and what of them.

use std::borrow::Cow;

use schemas::event::{Exception, Frame, FrameUse, Stacktrace};

use super::{family::Family, files, functions, glue, recursion};

/// Most frames that count, nearest the crash.
pub(super) const FRAMES: usize = 64;

/// Which frames count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    /// The application's own.
    App,
    /// All: none of the application's is known.
    All,
}

impl Which {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::All => "sys",
        }
    }
}

/// Where a call is and which it is: module, class or file, and function.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Call<'a> {
    pub(super) place: Cow<'a, str>,
    pub(super) function: Cow<'a, str>,
}

/// What a stack trace adds to a fingerprint.
#[derive(Debug, Default)]
pub(super) struct Selection<'a> {
    /// Callers first; recursion counts once, however deep.
    pub(super) calls: Vec<Call<'a>>,
    /// What each frame did, in the order of the frames.
    pub(super) uses: Vec<FrameUse>,
}

/// How frames are chosen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choice {
    pub(super) family: Family,
    pub(super) which: Which,
    /// The error is that calls went too deep.
    pub(super) overflow: bool,
}

/// Chooses the frames that count.
pub(super) fn select(stack: Option<&Stacktrace>, choice: Choice) -> Selection<'_> {
    let frames = stack.map(|stack| stack.frames.as_slice()).unwrap_or_default();
    let mut uses = Vec::with_capacity(frames.len());
    let mut calls = Vec::with_capacity(frames.len());
    for (at, frame) in frames.iter().enumerate() {
        let found = call(frame, choice);
        uses.push(found.as_ref().err().copied().unwrap_or(FrameUse::Counted));
        calls.extend(found.ok().map(|call| (at, call)));
    }
    let mut calls = recursion::fold(calls, choice, &mut uses);
    let far = calls.len().saturating_sub(FRAMES);
    for (at, _) in calls.drain(..far) {
        uses[at] = FrameUse::Far;
    }
    Selection { calls: calls.into_iter().map(|(_, call)| call).collect(), uses }
}

/// Whether a frame is the application's own, as far as counting goes.
pub(super) fn is_own(frame: &Frame) -> bool {
    frame.counts.unwrap_or(frame.in_app == Some(true))
}

/// Whether an exception has frames of the application.
pub(super) fn has_own(exception: &Exception) -> bool {
    exception.stacktrace.iter().flat_map(|stack| &stack.frames).any(is_own)
}

/// The call that a frame is, or why it does not count.
fn call(frame: &Frame, choice: Choice) -> Result<Call<'_>, FrameUse> {
    match frame.counts {
        Some(false) => return Err(FrameUse::Rule),
        None if choice.which == Which::App && frame.in_app != Some(true) => return Err(FrameUse::Library),
        _ => {}
    }
    let family = choice.family.of_frame(frame);
    if frame.counts != Some(true) && glue::is_glue(frame, family) {
        return Err(FrameUse::Rule);
    }
    named(frame, family).ok_or(FrameUse::Nameless)
}

/// Place and function of a frame; `None` if nothing of them stays.
pub(super) fn named(frame: &Frame, family: Family) -> Option<Call<'_>> {
    let path = frame.abs_path.as_deref().or(frame.filename.as_deref()).unwrap_or_default();
    if family == Family::JavaScript && (files::is_none(path) || frame.filename.as_deref().is_some_and(files::is_none)) {
        return None;
    }
    let function = frame.function.as_deref().unwrap_or_default();
    let call = functions::call(frame, function, family)?;
    if call.function.is_empty() { without_function(frame, call.place, family) } else { Some(call) }
}

/// Frames without a function say something where their line of code is known, but for browsers, which disagree about
/// them, and PHP's main program, of which only some tell the line.
fn without_function<'a>(frame: &'a Frame, place: Cow<'a, str>, family: Family) -> Option<Call<'a>> {
    if frame.function.as_ref().is_some_and(|function| !function.is_empty()) || matches!(family, Family::JavaScript | Family::Php) {
        return None;
    }
    let line = frame.context_line.as_deref().map(str::trim).filter(|line| !line.is_empty())?;
    let mut function = String::with_capacity(line.len());
    for word in line.split_whitespace() {
        if !function.is_empty() {
            function.push(' ');
        }
        function.push_str(word);
    }
    Some(Call { place, function: Cow::Owned(function) })
}
