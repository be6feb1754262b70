//! Platforms whose stack traces look alike.

use schemas::event::{Event, Frame};

/// A family of platforms.
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
    Elixir,
    Dart,
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

    /// Of a frame, which may be of another platform than its event.
    pub(super) fn of_frame(self, frame: &Frame) -> Self {
        let Some(platform) = frame.platform.as_deref() else { return self };
        match (Self::named(platform), self) {
            (Self::Native, Self::Rust) | (Self::Other, _) => self,
            (own, _) => own,
        }
    }

    fn named(platform: &str) -> Self {
        match platform {
            "javascript" | "node" | "nodejs" | "webjs" | "typescript" | "react-native" => Self::JavaScript,
            "java" | "kotlin" | "scala" | "groovy" | "android" | "jvm" | "clojure" => Self::Java,
            "python" => Self::Python,
            "native" | "c" | "cpp" | "c++" | "cocoa" | "objc" | "swift" => Self::Native,
            "rust" => Self::Rust,
            "go" | "golang" => Self::Go,
            "csharp" | "dotnet" | "fsharp" | "unity" => Self::CSharp,
            "php" => Self::Php,
            "ruby" => Self::Ruby,
            "elixir" | "erlang" => Self::Elixir,
            "dart" | "flutter" => Self::Dart,
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
            Self::Elixir => "elixir",
            Self::Dart => "dart",
            Self::Other => "other",
        }
    }
}
