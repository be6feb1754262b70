//! Which frames are the application's own.
//!
//! The SDK's word counts, but where it is known to be wrong: the Rust SDK marks libc, the panic machinery, its own
//! frames and `<unknown>` as the application's; the browser SDK its own wrapper; a Go program built with
//! `-trimpath` has no frame of its own at all. Frames of which nothing is said are judged by platform.

use schemas::event::Frame;

mod libraries;

use libraries::{ANY, CSHARP, DART, ELIXIR, ELIXIR_APPS, GO_STANDARD, JAVA, JAVASCRIPT, Library, NATIVE, PHP, PYTHON, RUBY, RUST};

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
            Some(true) => !is_of_sdk(frame) && !is_of_runtime(frame, platform),
            None => !self.is_library(frame, platform),
        }
    }

    fn is_library(&self, frame: &Frame, platform: &str) -> bool {
        if is_of_sdk(frame) || is_in(frame, &ANY) {
            return true;
        }
        match platform {
            _ if self.is_rust => is_in(frame, &RUST) || is_in(frame, &NATIVE) || is_c_main(frame),
            "javascript" | "node" => is_in(frame, &JAVASCRIPT) || platform == "node" && is_core_file(frame),
            "python" => is_in(frame, &PYTHON),
            "java" | "kotlin" | "scala" | "groovy" | "android" => is_in(frame, &JAVA) && !is_sample(frame),
            "csharp" => is_in(frame, &CSHARP),
            // Rails names the gem of each frame, and none for the application's.
            "ruby" => is_in(frame, &RUBY) || frame.package.is_some(),
            "elixir" | "erlang" => is_in(frame, &ELIXIR) || frame.package.as_deref().is_some_and(|app| ELIXIR_APPS.contains(&app)),
            "php" => is_in(frame, &PHP),
            "dart" => is_in(frame, &DART),
            "go" => is_go_library(frame),
            "native" | "c" | "cocoa" | "objc" | "swift" => is_in(frame, &NATIVE) || is_in(frame, &RUST),
            _ => false,
        }
    }
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
    let has = |path: &str, part: &str| match part.strip_prefix('^') {
        Some(start) => path.starts_with(start),
        None => path.contains(part) || part.strip_prefix('/').is_some_and(|bare| bare.ends_with('/') && path.starts_with(bare)),
    };
    if path.contains('\\') {
        let path = path.replace('\\', "/");
        return parts.iter().any(|part| has(&path, part));
    }
    parts.iter().any(|part| has(path, part))
}

/// Files of old Node's core have no directory: `events.js`.
fn is_core_file(frame: &Frame) -> bool {
    let path = frame.abs_path.as_deref().or(frame.filename.as_deref()).unwrap_or_default();
    !path.is_empty() && !path.contains(['/', '\\', ':'])
}

/// The `main` that C's start-up code calls is glue in a Rust program; its own has a crate's name before it.
fn is_c_main(frame: &Frame) -> bool {
    frame.function.as_deref() == Some("main") && frame.module.is_none() && frame.lineno.is_none()
}

/// Standard library by import path, dependencies by the version in their path.
fn is_go_library(frame: &Frame) -> bool {
    let path = frame.abs_path.as_deref().or(frame.filename.as_deref()).unwrap_or_default();
    if path.contains("@v") || path.contains("/usr/local/go/src/") || path.contains("/libexec/src/") {
        return true;
    }
    let module = frame.module.as_deref().unwrap_or_default();
    let first = module.split('/').next().unwrap_or_default();
    let first = first.split('.').next().filter(|_| !module.contains('/')).unwrap_or(first);
    GO_STANDARD.contains(&first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(module: &str, function: &str, path: &str, in_app: Option<bool>) -> Frame {
        let text = |text: &str| Some(text.to_owned()).filter(|t| !t.is_empty());
        Frame { module: text(module), function: text(function), abs_path: text(path), in_app, ..Frame::default() }
    }

    #[test]
    fn frames_of_which_nothing_is_said_are_judged_by_platform() {
        for (platform, module, function, path, expected) in [
            ("python", "json.decoder", "decode", "/usr/lib/python3.11/json/decoder.py", false),
            ("python", "requests.api", "get", "/venv/lib/python3.11/site-packages/requests/api.py", false),
            ("python", "json.decoder", "decode", "C:\\Python311\\Lib\\json\\decoder.py", false),
            ("python", "shop.views", "pay", "/srv/shop/views.py", true),
            ("python", "shop.pay", "pay", "/app/lib/python_tools/pay.py", true),
            ("javascript", "", "pay", "https://shop.example/internal/pay.js", true),
            ("native", "", "raise_alarm", "", true),
            ("native", "", "raise", "", false),
            ("node", "", "run", "node:internal/timers", false),
            ("node", "", "emit", "events.js", false),
            ("node", "", "pay", "/srv/shop/pay.js", true),
            ("node", "", "get", "/srv/shop/node_modules/got/index.js", false),
            ("javascript", "", "pay", "https://shop.example/js/app.js", true),
            ("java", "java.util.concurrent.FutureTask", "run", "", false),
            ("java", "org.springframework.web.Filter", "run", "", false),
            ("java", "com.shop.Pay", "run", "", true),
            ("java", "javaland.Tour", "run", "", true),
            ("go", "runtime", "gopanic", "", false),
            ("go", "net/http", "(*conn).serve", "", false),
            ("go", "main", "pay", "/srv/shop/main.go", true),
            ("go", "github.com/lib/pq", "Open", "/root/go/pkg/mod/github.com/lib/pq@v1.2.3/conn.go", false),
            ("ruby", "", "pay", "/usr/local/bundle/gems/rack-3.0/lib/rack.rb", false),
            ("php", "", "pay", "/srv/shop/vendor/guzzle/Client.php", false),
            ("csharp", "System.Linq.Enumerable", "First", "", false),
            ("csharp", "Shop.Pay", "Run", "", true),
            ("native", "", "__libc_start_main", "", false),
            ("native", "", "pay", "/srv/shop/pay.c", true),
            ("other", "", "pay", "vendor/x/y.ex", false),
        ] {
            assert_eq!(
                Rules::of(platform, "").judge(&frame(module, function, path, None), true),
                expected,
                "{platform} {module} {function} {path}"
            );
        }
    }

    #[test]
    fn the_flags_of_the_rust_sdk_are_corrected() {
        let rules = Rules::of("native", "sentry.rust");
        for (function, expected) in [
            ("__libc_start_call_main", false),
            ("<unknown>", false),
            ("std::panicking::begin_panic_handler", false),
            ("sentry_panic::panic_handler", false),
            ("core::ops::function::FnOnce::call_once", false),
            ("main", false),
            ("shop::pay", true),
        ] {
            assert_eq!(rules.judge(&frame("", function, "", Some(true)), false), expected, "{function}");
        }
    }

    #[test]
    fn a_go_program_built_with_trimpath_keeps_its_frames() {
        let rules = Rules::of("go", "sentry.go");
        assert!(rules.judge(&frame("main", "run", "github.com/shop/pay/main.go", Some(false)), true));
        assert!(rules.judge(&frame("github.com/shop/pay/db", "run", "github.com/shop/pay/db/db.go", Some(false)), true));
        assert!(!rules.judge(&frame("runtime", "gopanic", "runtime/panic.go", Some(false)), true));
        assert!(!rules.judge(&frame("main", "run", "main.go", Some(false)), false), "the SDK marked others");
    }

    #[test]
    fn the_wrapper_of_the_browser_sdk_is_not_the_application() {
        assert!(!Rules::of("javascript", "").judge(&frame("", "sentryWrapped", "https://shop.example/a.js", Some(true)), false));
        assert!(
            Rules::of("python", "").judge(&frame("plugin", "run", "/venv/site-packages/plugin.py", Some(true)), false),
            "the SDK's word counts"
        );
    }
}
