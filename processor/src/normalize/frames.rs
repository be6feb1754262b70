//! Frames: file names and functions as people know them, which are the application's own, and how many are kept.

use schemas::{
    event::{Event, Exception, Frame, Stacktrace},
    limits,
};

use super::{in_app, trims::Cuts};

/// Every stack trace of an event.
fn stacks(event: &mut Event) -> impl Iterator<Item = &mut Stacktrace> {
    let exceptions = event.exceptions.iter_mut().filter_map(|e| e.stacktrace.as_mut());
    exceptions.chain(&mut event.stacktrace).chain(event.threads.iter_mut().filter_map(|t| t.stacktrace.as_mut()))
}

/// Says of every frame whether it is the application's own.
pub(super) fn mark(event: &mut Event) {
    let sdk = event.sdk.as_ref().and_then(|s| s.name.as_deref()).unwrap_or_default();
    let platform = event.platform.clone().unwrap_or_default();
    let rules = in_app::Rules::of(&platform, sdk);
    let untold = !stacks(event).flat_map(|s| &s.frames).any(|frame| frame.in_app == Some(true));
    for frame in stacks(event).flat_map(|s| &mut s.frames) {
        complete(frame);
        let own = rules.judge(frame, untold);
        if frame.in_app.is_some_and(|told| told != own) {
            frame.why = Some(rules.why(frame, own));
        }
        frame.in_app = Some(own);
    }
}

/// File name from path and the other way round; functions that are none are emptied.
fn complete(frame: &mut Frame) {
    if frame.function.as_ref().is_some_and(|f| f.is_empty() || f == "?") {
        frame.function = None;
    }
    match (&frame.filename, &frame.abs_path) {
        (None, Some(path)) => frame.filename = Some(file_name(path).to_owned()),
        (Some(name), None) if name.contains("://") => {
            let path = name.clone();
            frame.filename = Some(file_name(&path).to_owned());
            frame.abs_path = Some(path);
        }
        _ => {}
    }
}

/// The path of a URL; any other path as it is.
fn file_name(path: &str) -> &str {
    let Some((_, rest)) = path.split_once("://") else { return path };
    let path_of = rest.find('/').map_or("", |at| &rest[at..]);
    let bare = path_of.split(['?', '#']).next().unwrap_or_default();
    if bare.is_empty() { path } else { bare }
}

/// Cuts every stack trace to its limits.
pub(super) fn cut(event: &mut Event) {
    let threads = event.threads.len();
    if threads > limits::THREADS {
        event.threads.sort_by_key(|t| t.crashed != Some(true) && t.current != Some(true));
        event.threads.truncate(limits::THREADS);
        event.note("threads", format!("cut to the limit: {} of {threads} left out", threads - limits::THREADS));
    }
    let mut notes = Vec::new();
    for (number, exception) in event.exceptions.iter_mut().enumerate() {
        cut_exception(exception, |what, cuts: &Cuts| {
            notes.extend(cuts.reason().map(|reason| (format!("exceptions.{number}{what}"), reason)));
        });
    }
    let mut of_stack = Cuts::default();
    if let Some(stack) = &mut event.stacktrace {
        cut_stack(stack, &mut of_stack);
    }
    let mut of_threads = Cuts::default();
    for thread in &mut event.threads {
        of_threads.texts([(&mut thread.name, limits::NAME_CHARS)]);
        of_threads.free(&mut thread.data, limits::CONTEXT_BYTES);
        if let Some(stack) = &mut thread.stacktrace {
            cut_stack(stack, &mut of_threads);
        }
    }
    of_stack.note(event, "stacktrace");
    of_threads.note(event, "threads");
    for (path, reason) in notes {
        event.note(path, reason);
    }
}

/// Cuts one exception; `note` gets what was cut of its parts.
fn cut_exception(exception: &mut Exception, mut note: impl FnMut(&str, &Cuts)) {
    let Exception { kind, module, value, mechanism, stacktrace, .. } = exception;
    for (what, text, chars) in
        [(".type", kind, limits::TYPE_CHARS), (".module", module, limits::TYPE_CHARS), (".value", value, limits::MESSAGE_CHARS)]
    {
        let mut cuts = Cuts::default();
        cuts.texts([(text, chars)]);
        note(what, &cuts);
    }
    if let Some(mechanism) = mechanism {
        let mut cuts = Cuts::default();
        cuts.free(&mut mechanism.data, limits::CONTEXT_BYTES);
        if let Some(meta) = &mut mechanism.meta {
            cuts.value(meta, limits::CONTEXT_BYTES);
        }
        note(".mechanism", &cuts);
    }
    if let Some(stack) = stacktrace {
        let mut cuts = Cuts::default();
        cut_stack(stack, &mut cuts);
        note(".stacktrace", &cuts);
    }
}

fn cut_stack(stack: &mut Stacktrace, cuts: &mut Cuts) {
    let count = stack.frames.len();
    if count > limits::FRAMES {
        let half = limits::FRAMES / 2;
        stack.frames.drain(half..count - (limits::FRAMES - half));
        stack.frames_omitted += (count - limits::FRAMES) as u64;
        cuts.left_out(count - limits::FRAMES);
    }
    cuts.texts([(&mut stack.raw, limits::RAW_STACK_CHARS)]);
    cuts.free(&mut stack.registers, limits::CONTEXT_BYTES);
    let slim = stack.frames.len().saturating_sub(limits::FRAMES_WITH_CONTEXT);
    for frame in &mut stack.frames[..slim] {
        let entries = frame.vars.len() + frame.pre_context.len() + frame.post_context.len();
        cuts.left_out(entries);
        frame.vars.clear();
        frame.pre_context.clear();
        frame.post_context.clear();
    }
    for frame in &mut stack.frames {
        cut_frame(frame, cuts);
    }
}

fn cut_frame(frame: &mut Frame, cuts: &mut Cuts) {
    cuts.texts([
        (&mut frame.function, limits::FUNCTION_CHARS),
        (&mut frame.raw_function, limits::FUNCTION_CHARS),
        (&mut frame.module, limits::TYPE_CHARS),
        (&mut frame.package, limits::PATH_CHARS),
        (&mut frame.filename, limits::PATH_CHARS),
        (&mut frame.abs_path, limits::PATH_CHARS),
        (&mut frame.platform, limits::SHORT_NAME_CHARS),
        (&mut frame.instruction_addr, limits::SHORT_NAME_CHARS),
        (&mut frame.context_line, limits::CONTEXT_LINE_CHARS),
    ]);
    let before = frame.pre_context.len();
    frame.pre_context.drain(..before.saturating_sub(limits::CONTEXT_LINES));
    frame.post_context.truncate(limits::CONTEXT_LINES);
    for line in frame.pre_context.iter_mut().chain(&mut frame.post_context) {
        cuts.text(line, limits::CONTEXT_LINE_CHARS);
    }
    cuts.free(&mut frame.vars, limits::VARIABLES_BYTES);
    cuts.free(&mut frame.data, limits::VARIABLES_BYTES);
}
