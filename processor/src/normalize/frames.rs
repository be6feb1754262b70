//! Frames: file names and functions as people know them, which are the application's own, and how many are kept.

use schemas::{
    event::{Event, Frame, Stacktrace},
    limits,
};

use super::{free::Budget, in_app, trims};

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
        frame.in_app = Some(rules.judge(frame, untold));
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
    if event.threads.len() > limits::THREADS {
        let kept = limits::THREADS;
        event.threads.sort_by_key(|t| t.crashed != Some(true) && t.current != Some(true));
        event.threads.truncate(kept);
        event.note("threads", "cut to the limit");
    }
    let mut any = false;
    for stack in stacks(event) {
        any |= cut_stack(stack);
    }
    for exception in &mut event.exceptions {
        any |= exception.kind.as_mut().is_some_and(|t| trims::text(t, limits::TYPE_CHARS));
        any |= exception.module.as_mut().is_some_and(|t| trims::text(t, limits::TYPE_CHARS));
        any |= exception.value.as_mut().is_some_and(|t| trims::text(t, limits::MESSAGE_CHARS));
        if let Some(mechanism) = &mut exception.mechanism {
            any |= trims::free(&mut mechanism.data, limits::CONTEXT_BYTES);
            let mut budget = Budget::new(limits::CONTEXT_BYTES);
            if let Some(meta) = &mut mechanism.meta {
                budget.value(meta, limits::FREE_DEPTH);
            }
            any |= budget.cut();
        }
    }
    for thread in &mut event.threads {
        any |= thread.name.as_mut().is_some_and(|name| trims::text(name, limits::NAME_CHARS));
        any |= trims::free(&mut thread.data, limits::CONTEXT_BYTES);
    }
    if any {
        event.note("exceptions", "cut to the limit");
    }
}

fn cut_stack(stack: &mut Stacktrace) -> bool {
    let count = stack.frames.len();
    let mut any = count > limits::FRAMES;
    if any {
        let half = limits::FRAMES / 2;
        stack.frames.drain(half..count - (limits::FRAMES - half));
        stack.frames_omitted += (count - limits::FRAMES) as u64;
    }
    if let Some(raw) = &mut stack.raw {
        any |= trims::text(raw, limits::RAW_STACK_CHARS);
    }
    any |= trims::free(&mut stack.registers, limits::CONTEXT_BYTES);
    let slim = stack.frames.len().saturating_sub(limits::FRAMES_WITH_CONTEXT);
    for (number, frame) in stack.frames.iter_mut().enumerate() {
        if number < slim {
            any |= !frame.vars.is_empty() || !frame.pre_context.is_empty() || !frame.post_context.is_empty();
            frame.vars.clear();
            frame.pre_context.clear();
            frame.post_context.clear();
        }
        any |= cut_frame(frame);
    }
    any
}

fn cut_frame(frame: &mut Frame) -> bool {
    let mut any = false;
    for (name, chars) in [
        (&mut frame.function, limits::FUNCTION_CHARS),
        (&mut frame.raw_function, limits::FUNCTION_CHARS),
        (&mut frame.module, limits::TYPE_CHARS),
        (&mut frame.package, limits::PATH_CHARS),
        (&mut frame.filename, limits::PATH_CHARS),
        (&mut frame.abs_path, limits::PATH_CHARS),
        (&mut frame.platform, limits::SHORT_NAME_CHARS),
        (&mut frame.instruction_addr, limits::SHORT_NAME_CHARS),
        (&mut frame.context_line, limits::CONTEXT_LINE_CHARS),
    ] {
        any |= name.as_mut().is_some_and(|name| trims::text(name, chars));
    }
    let before = frame.pre_context.len();
    frame.pre_context.drain(..before.saturating_sub(limits::CONTEXT_LINES));
    frame.post_context.truncate(limits::CONTEXT_LINES);
    for line in frame.pre_context.iter_mut().chain(&mut frame.post_context) {
        any |= trims::text(line, limits::CONTEXT_LINE_CHARS);
    }
    any |= trims::free(&mut frame.vars, limits::VARIABLES_BYTES);
    any | trims::free(&mut frame.data, limits::VARIABLES_BYTES)
}
