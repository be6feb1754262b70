//! Which frames are the application's own.
//!
//! The SDK's word counts, but where it is known to be wrong: the Rust SDK marks libc, the panic machinery, its own
//! frames and `<unknown>` as the application's; the browser SDK its own wrapper and every library, as the SDKs of Go, PHP
//! and Dart do with most; a Go program built with `-trimpath` has no frame of its own at all. Frames of which nothing is said are judged by platform.

use schemas::event::Frame;

mod libraries;

use libraries::{ANY, CSHARP, DART, ELIXIR, ELIXIR_APPS, GO_STANDARD, JAVA, JAVASCRIPT, Library, NATIVE, PHP, PYTHON, RUBY, RUST, VENDOR};

/// The rules for the frames of one event.
pub(super) struct Rules<'a> {
    platform: &'a str,
    is_rust: bool,
}

impl<'a> Rules<'a> {
    pub(super) fn of(platform: &'a str, sdk: &str) -> Self {
        Self { platform, is_rust: platform == "rust" || sdk.starts_with("sentry.rust") }
    }

    /// Whether a frame is the application's own; `untold` if the SDK marked no frame of the event so.
    pub(super) fn judge(&self, frame: &Frame, untold: bool) -> bool {
        let platform = frame.platform.as_deref().unwrap_or(self.platform);
        match frame.in_app {
            Some(false) if platform == "go" && untold => !self.is_library(frame, platform),
            Some(false) => false,
            Some(true) if self.is_rust => !self.is_library(frame, platform),
            Some(true) if marks_libraries(platform) => !self.is_library(frame, platform),
            Some(true) => !is_of_sdk(frame) && !is_of_runtime(frame, platform),
            None => !self.is_library(frame, platform),
        }
    }

    /// Why a frame is not what the SDK said.
    pub(super) fn why(&self, frame: &Frame, own: bool) -> String {
        if own {
            return "no frame was marked; this one is in no known library".to_owned();
        }
        if is_of_sdk(frame) {
            return "a frame of the SDK, or without a name".to_owned();
        }
        let platform = if self.is_rust { "rust" } else { frame.platform.as_deref().unwrap_or(self.platform) };
        format!("known libraries and runtimes: {platform}")
    }

    fn is_library(&self, frame: &Frame, platform: &str) -> bool {
        let keeps_vendors =
            !matches!(platform, "python" | "java" | "kotlin" | "scala" | "groovy" | "android" | "csharp" | "dotnet" | "dart" | "elixir");
        if is_of_sdk(frame) || is_in(frame, &ANY) || keeps_vendors && is_in(frame, &VENDOR) {
            return true;
        }
        match platform {
            _ if self.is_rust => is_in(frame, &RUST) || is_impl_of_library(frame) || is_in(frame, &NATIVE) || is_c_main(frame),
            "javascript" | "node" => is_in(frame, &JAVASCRIPT) || platform == "node" && is_core_file(frame),
            "python" => is_in(frame, &PYTHON) || is_python_on_windows(frame),
            "java" | "kotlin" | "scala" | "groovy" | "android" => is_in(frame, &JAVA) && !is_sample(frame),
            "csharp" | "dotnet" => is_in(frame, &CSHARP),
            // Rails names the gem of each frame, and none for the application's.
            "ruby" => is_in(frame, &RUBY) || frame.package.is_some(),
            "elixir" | "erlang" => is_in(frame, &ELIXIR) || frame.package.as_deref().is_some_and(|app| ELIXIR_APPS.contains(&app)),
            "php" => is_php_library(frame),
            "dart" => is_in(frame, &DART),
            "go" => is_go_library(frame),
            "native" | "c" | "cocoa" | "objc" | "swift" => is_in(frame, &NATIVE) || is_in(frame, &RUST),
            _ => false,
        }
    }
}

/// Whether the platform's SDKs take libraries for the application's own unless they are told otherwise: browsers know no
/// libraries, Go's only those in its root, PHP's and Dart's none by default. Where people list what is theirs, as in
/// Python and Java, their word counts.
fn marks_libraries(platform: &str) -> bool {
    matches!(platform, "javascript" | "go" | "php" | "dart")
}

/// Wrappers of the SDKs themselves, and frames of which nothing is known.
fn is_of_sdk(frame: &Frame) -> bool {
    let function = frame.function.as_deref().unwrap_or_default();
    matches!(function, "sentryWrapped" | "<unknown>") || function.starts_with("sentryWrapped/") || function.starts_with("sentry_panic")
}

/// Frames of the runtime that SDKs are known to take for the application's: Node's own modules under a browser's
/// SDK, libc and Rust's standard library in native code.
fn is_of_runtime(frame: &Frame, platform: &str) -> bool {
    match platform {
        "javascript" | "node" => [&frame.abs_path, &frame.filename].into_iter().flatten().any(|path| path.starts_with("node:")),
        "native" | "c" | "cocoa" | "objc" | "swift" => has_name(frame, &NATIVE) || has_name(frame, &RUST),
        _ => false,
    }
}

/// Sentry's own examples are applications.
fn is_sample(frame: &Frame) -> bool {
    frame.module.as_ref().is_some_and(|module| module.starts_with("io.sentry.example") || module.starts_with("io.sentry.sample"))
}

fn has_name(frame: &Frame, library: &Library) -> bool {
    let by_name = |name: &String| library.modules.iter().any(|module| is_named(name, module));
    [&frame.module, &frame.function].into_iter().flatten().any(by_name)
}

fn is_in(frame: &Frame, library: &Library) -> bool {
    let by_path = |path: &String| has_part(path, library.paths);
    has_name(frame, library) || [&frame.abs_path, &frame.filename, &frame.package].into_iter().flatten().any(by_path)
}

/// Whether `name` starts with `module`, or is `module` after an equals sign. One that ends in a dot is also meant by
/// its name alone.
fn is_named(name: &str, module: &str) -> bool {
    match module.strip_prefix('=') {
        Some(whole) => name == whole,
        None => name.starts_with(module) || module.strip_suffix('.').is_some_and(|bare| name == bare),
    }
}

/// Whether the path has one of the parts. A directory also matches at the start of a relative path.
fn has_part(path: &str, parts: &[&str]) -> bool {
    let last = |path: &str| path.rfind('/').map_or(0, |at| at + 1);
    let has = |path: &str, part: &str| match part.as_bytes() {
        [b'^', ..] => path.starts_with(&part[1..]),
        [b'=', ..] => path[last(path)..] == part[1..],
        [b'@', ..] => path[last(path)..].starts_with(&part[1..]),
        _ => path.contains(part) || part.strip_prefix('/').is_some_and(|bare| bare.ends_with('/') && path.starts_with(bare)),
    };
    if path.contains('\\') {
        let path = path.replace('\\', "/");
        return parts.iter().any(|part| has(&path, part));
    }
    parts.iter().any(|part| has(path, part))
}

/// The file tells. The name of a closure begins with the class that it is bound to, of whoever calls it: a route of
/// the application is `Illuminate\Routing\RouteFileRegistrar::{closure}`.
fn is_php_library(frame: &Frame) -> bool {
    let mut paths = [&frame.abs_path, &frame.filename].into_iter().flatten().peekable();
    if paths.peek().is_none() { has_name(frame, &PHP) } else { paths.any(|path| has_part(path, PHP.paths)) }
}

/// `Lib` in the folder that Python or a distribution of it lies in.
fn is_python_on_windows(frame: &Frame) -> bool {
    let Some((folder, _)) = frame.abs_path.as_deref().and_then(|path| path.split_once("\\Lib\\")) else { return false };
    let name = folder.rsplit('\\').next().unwrap_or_default().to_ascii_lowercase();
    name.starts_with("python") || name.contains("conda")
}

/// Files of old Node's core have no directory: `events.js`.
fn is_core_file(frame: &Frame) -> bool {
    let path = frame.abs_path.as_deref().or(frame.filename.as_deref()).unwrap_or_default();
    !path.is_empty() && !path.contains(['/', '\\', ':'])
}

/// A method of a trait for a library's type: `<actix_service::Boxed<S> as ...>`, or for any type, where the trait tells:
/// `<F as axum::handler::Handler<...>>`.
fn is_impl_of_library(frame: &Frame) -> bool {
    let Some(bare) = frame.function.as_deref().and_then(|function| function.strip_prefix('<')) else { return false };
    let bare = bare.trim_start_matches(['<', '&', '(']).trim_start_matches("mut ").trim_start_matches("dyn ");
    let is_any = |name: &str| !name.is_empty() && name.len() <= 3 && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    let head = bare.split_once(" as ").filter(|(name, _)| is_any(name)).map_or(bare, |(_, of)| of);
    RUST.modules.iter().any(|module| is_named(head, module))
}

/// The `main` that C's start-up code calls is glue in a Rust program; its own has a crate's name before it.
fn is_c_main(frame: &Frame) -> bool {
    frame.function.as_deref() == Some("main") && frame.module.is_none() && frame.lineno.is_none()
}

/// Standard library by import path, dependencies by the version in their path.
fn is_go_library(frame: &Frame) -> bool {
    let path = frame.abs_path.as_deref().or(frame.filename.as_deref()).unwrap_or_default();
    let has_version = path.split("@v").skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if has_version || path.contains("/usr/local/go/src/") || path.contains("/libexec/src/") {
        return true;
    }
    let module = frame.module.as_deref().unwrap_or_default();
    let first = module.split('/').next().unwrap_or_default();
    let first = first.split('.').next().filter(|_| !module.contains('/')).unwrap_or(first);
    GO_STANDARD.contains(&first)
}

#[cfg(test)]
#[path = "in_app/tests.rs"]
mod tests;
