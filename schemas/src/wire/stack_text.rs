//! Stack traces that came as text, as the runtimes of many languages print them.
//!
//! One parser for each language, chosen by the shapes of the lines. Pure and linear: no line is looked at again.
//! Never for finding traces in a log with other lines between; that is `log_text`'s.

use std::borrow::Cow;

use crate::event::{Exception, Thread};

mod chain;
mod csharp;
mod dart;
mod detect;
mod elixir;
mod erlang;
mod go;
mod java;
mod javascript;
mod native;
mod php;
mod place;
mod python;
mod ruby;
mod rust;

pub(in crate::wire) use detect::{names_error, shape};

/// What printed a stack trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    /// CPython and what prints like it.
    Python,
    /// The Java virtual machine: Java, Kotlin, Scala, Groovy.
    Java,
    /// Browsers and Node.
    JavaScript,
    /// Go.
    Go,
    /// .NET and Mono.
    CSharp,
    /// Ruby.
    Ruby,
    /// PHP.
    Php,
    /// Rust.
    Rust,
    /// Elixir and Erlang.
    Elixir,
    /// Dart and Flutter.
    Dart,
    /// C, C++, Objective-C and Swift: debuggers, sanitizers and crash reports.
    Native,
}

const ALL: [Language; 11] = [
    Language::Python,
    Language::Java,
    Language::JavaScript,
    Language::Go,
    Language::CSharp,
    Language::Ruby,
    Language::Php,
    Language::Rust,
    Language::Elixir,
    Language::Dart,
    Language::Native,
];

impl Language {
    /// The platform that an event of it has.
    pub fn platform(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::Java => "java",
            Self::JavaScript => "javascript",
            Self::Go => "go",
            Self::CSharp => "csharp",
            Self::Ruby => "ruby",
            Self::Php => "php",
            Self::Rust => "rust",
            Self::Elixir => "elixir",
            Self::Dart => "dart",
            Self::Native => "native",
        }
    }

    /// The language of a platform or by its name.
    pub fn named(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            "python" => Some(Self::Python),
            "java" | "kotlin" | "scala" | "groovy" | "android" | "jvm" | "clojure" => Some(Self::Java),
            "javascript" | "node" | "nodejs" | "webjs" | "typescript" | "react-native" => Some(Self::JavaScript),
            "go" | "golang" => Some(Self::Go),
            "csharp" | "dotnet" | ".net" | "c#" | "fsharp" | "unity" => Some(Self::CSharp),
            "ruby" => Some(Self::Ruby),
            "php" => Some(Self::Php),
            "rust" => Some(Self::Rust),
            "elixir" | "erlang" => Some(Self::Elixir),
            "dart" | "flutter" => Some(Self::Dart),
            "native" | "c" | "cpp" | "c++" | "cocoa" | "objc" | "swift" => Some(Self::Native),
            _ => None,
        }
    }

    fn read(self, lines: &[&str]) -> Option<Parsed> {
        let (exceptions, threads) = match self {
            Self::Go => go::parse(lines)?,
            Self::Native => native::parse(lines)?,
            _ => (self.exceptions(lines)?, Vec::new()),
        };
        (!exceptions.is_empty()).then_some(Parsed { language: self, exceptions, threads })
    }

    fn exceptions(self, lines: &[&str]) -> Option<Vec<Exception>> {
        match self {
            Self::Python => python::parse(lines),
            Self::Java => java::parse(lines),
            Self::JavaScript => javascript::parse(lines),
            Self::CSharp => csharp::parse(lines),
            Self::Ruby => ruby::parse(lines),
            Self::Php => php::parse(lines),
            Self::Rust => rust::parse(lines),
            Self::Elixir => elixir::parse(lines),
            Self::Dart => dart::parse(lines),
            Self::Go | Self::Native => None,
        }
    }
}

/// What a text says.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// What printed it.
    pub language: Language,
    /// The chain or group, causes first, the raised one last; frames callers first, the place of the crash last.
    /// At least one. The text itself is not in it.
    pub exceptions: Vec<Exception>,
    /// The other threads of a dump.
    pub threads: Vec<Thread>,
}

/// Reads the text of a stack trace. `hint` is a platform or the name of a language; it decides where the lines leave
/// it open. `None` when no language's parser finds an error in it.
pub fn parse(text: &str, hint: Option<&str>) -> Option<Parsed> {
    let text = plain(text);
    let lines: Vec<&str> = text.lines().collect();
    detect::rank(&lines, hint.and_then(Language::named)).into_iter().find_map(|language| language.read(&lines))
}

/// Without colours, and with line ends where they came escaped.
fn plain(text: &str) -> Cow<'_, str> {
    let text = without_colours(text);
    let escaped = memchr::memchr(b'\n', text.as_bytes()).is_none() && text.contains("\\n");
    if escaped { Cow::Owned(text.replace("\\r\\n", "\n").replace("\\n", "\n").replace("\\t", "\t")) } else { text }
}

/// Without the escape sequences that colour a terminal.
pub(in crate::wire) fn without_colours(text: &str) -> Cow<'_, str> {
    let Some(first) = memchr::memchr(0x1b, text.as_bytes()) else { return Cow::Borrowed(text) };
    let mut clean = String::with_capacity(text.len());
    clean.push_str(&text[..first]);
    for (index, part) in text[first..].split('\u{1b}').enumerate() {
        let sequence = part.strip_prefix('[').filter(|_| index > 0);
        let end = sequence.and_then(|sequence| sequence.find(|c: char| !c.is_ascii_digit() && c != ';'));
        match (sequence, end) {
            (Some(sequence), Some(end)) => {
                let rest = &sequence[end..];
                clean.push_str(rest.strip_prefix(|c: char| c.is_ascii_alphabetic()).unwrap_or(rest));
            }
            (Some(_), None) => {}
            (None, _) => clean.push_str(part),
        }
    }
    Cow::Owned(clean)
}

#[cfg(test)]
#[path = "stack_text/tests.rs"]
mod tests;
