//! What of a stack trace goes into a fingerprint.

use std::borrow::Cow;

use schemas::event::{Event, Frame};
use serde_json::{Value, json};

use super::{files, functions};

/// Most frames that count, nearest the crash.
const FRAMES: usize = 64;
/// Longest circle of calls that is taken for recursion.
const CIRCLE: usize = 4;

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

/// Platforms whose traces look alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    JavaScript,
    Java,
    Python,
    Native,
    Rust,
    Go,
    CSharp,
    Php,
    Ruby,
    Other,
}

impl Family {
    /// Of an event. The Rust SDK calls its platform `native` too.
    pub(super) fn of(event: &Event) -> Self {
        let sdk = event.sdk.as_ref().and_then(|s| s.name.as_deref()).unwrap_or_default();
        match event.platform.as_deref().unwrap_or_default() {
            "native" if sdk.starts_with("sentry.rust") => Self::Rust,
            platform => Self::named(platform),
        }
    }

    fn named(platform: &str) -> Self {
        match platform {
            "javascript" | "node" | "nodejs" | "webjs" | "react-native" => Self::JavaScript,
            "java" | "kotlin" | "scala" | "groovy" | "android" => Self::Java,
            "python" => Self::Python,
            "native" | "c" | "cpp" | "cocoa" | "objc" | "swift" => Self::Native,
            "rust" => Self::Rust,
            "go" => Self::Go,
            "csharp" | "dotnet" => Self::CSharp,
            "php" => Self::Php,
            "ruby" => Self::Ruby,
            _ => Self::Other,
        }
    }

    /// Its name in fingerprints. Never changed.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::JavaScript => "javascript",
            Self::Java => "java",
            Self::Python => "python",
            Self::Native => "native",
            Self::Rust => "rust",
            Self::Go => "go",
            Self::CSharp => "csharp",
            Self::Php => "php",
            Self::Ruby => "ruby",
            Self::Other => "other",
        }
    }
}

/// `[module, function]` of each frame that counts, callers first; recursion counts once, however deep.
pub(super) fn parts(frames: &[Frame], family: Family, which: Which) -> Vec<Value> {
    let is_own = |frame: &&Frame| frame.counts.unwrap_or(which == Which::All || frame.in_app == Some(true));
    let counted = frames.iter().filter(is_own);
    let mut parts: Vec<(Cow<'_, str>, Cow<'_, str>)> = Vec::new();
    for frame in counted {
        if let Some(part) = part(frame, family) {
            parts.push(part);
            fold(&mut parts);
        }
    }
    let start = parts.len().saturating_sub(FRAMES);
    parts[start..].iter().map(|(module, function)| json!([module, function])).collect()
}

/// Takes away the last calls if they repeat the ones right before.
fn fold(parts: &mut Vec<(Cow<'_, str>, Cow<'_, str>)>) {
    for length in 1..=CIRCLE {
        let Some(start) = parts.len().checked_sub(2 * length) else { return };
        let (first, second) = parts[start..].split_at(length);
        if first == second {
            parts.truncate(start + length);
            return;
        }
    }
}

fn part(frame: &Frame, family: Family) -> Option<(Cow<'_, str>, Cow<'_, str>)> {
    let family = frame.platform.as_deref().map_or(family, |platform| match (Family::named(platform), family) {
        (Family::Native, Family::Rust) | (Family::Other, _) => family,
        (own, _) => own,
    });
    let path = frame.abs_path.as_deref().or(frame.filename.as_deref()).unwrap_or_default();
    if family == Family::JavaScript && (files::is_none(path) || frame.filename.as_deref().is_some_and(files::is_none)) {
        return None;
    }
    let function = frame.function.as_deref().map(|function| functions::clean(function, family)).unwrap_or_default();
    if function.is_empty() {
        return without_function(frame, family);
    }
    Some((place(frame, family), function))
}

/// Frames without a function say something where the file and its line of code are known, and are not of JavaScript:
/// there browsers disagree about them.
fn without_function(frame: &Frame, family: Family) -> Option<(Cow<'_, str>, Cow<'_, str>)> {
    let line = frame.context_line.as_deref().map(str::trim).filter(|line| !line.is_empty())?;
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    (family != Family::JavaScript).then(|| (place(frame, family), Cow::Owned(line)))
}

fn place(frame: &Frame, family: Family) -> Cow<'_, str> {
    match frame.module.as_deref().filter(|module| !module.is_empty()) {
        Some(module) => functions::clean_module(module, family),
        None => file(frame),
    }
}

/// The name of a frame's file, else of its library, without what changes from build to build.
pub(super) fn file(frame: &Frame) -> Cow<'_, str> {
    let path = [&frame.filename, &frame.abs_path, &frame.package].into_iter().flatten().find(|path| !path.is_empty());
    files::base(path.map(String::as_str).unwrap_or_default())
}
