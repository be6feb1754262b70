//! Which language printed a text: every line is worth a vote for the language that prints such lines.

use super::{ALL, Language, csharp, dart, elixir, erlang, go, java, javascript, native, php, place, python, ruby, rust};

/// Votes that are enough to know.
const ENOUGH: u32 = 40;

/// The languages whose lines were found, most first; the hint decides between equals.
pub(super) fn rank(lines: &[&str], hint: Option<Language>) -> Vec<Language> {
    let mut votes = [0_u32; ALL.len()];
    let mut sum = 0;
    for line in lines {
        if let Some((language, weight)) = shape(line.trim()) {
            votes[language as usize] += 2 * weight;
            sum += weight;
            if sum >= ENOUGH {
                break;
            }
        }
    }
    if let Some(hint) = hint {
        votes[hint as usize] += u32::from(votes[hint as usize] > 0);
    }
    let mut found: Vec<Language> = ALL.into_iter().filter(|language| votes[*language as usize] > 0).collect();
    found.sort_by_key(|language| std::cmp::Reverse(votes[*language as usize]));
    found
}

/// What prints a line like this and how sure that is; 2 or more for a frame or the head of a trace. The line comes
/// without the white space around it.
pub(in crate::wire) fn shape(bare: &str) -> Option<(Language, u32)> {
    let first = *bare.as_bytes().first()?;
    match first {
        b'#' => hashed(bare),
        b'0'..=b'9' => numbered(bare),
        b'(' => elixir::frame_of(bare).map(|_| (Language::Elixir, 2)).or_else(|| placed(bare)),
        b'|' | b'+' => shape(bare[1..].trim_start_matches(['-', '+', '|', ' '])).filter(|(language, _)| *language == Language::Python),
        b'*' | b'=' => starred(bare),
        _ => worded(bare).or_else(|| placed(bare)),
    }
}

/// Whether a line names an error, so that a trace may begin with it.
pub(in crate::wire) fn names_error(bare: &str) -> bool {
    if bare.is_empty() || shape(bare).is_some_and(|(_, weight)| weight >= 2) {
        return !bare.is_empty();
    }
    let starts = ["Uncaught ", "Unhandled exception", "Unhandled Exception", "Unhandled rejection", "exception '"];
    starts.iter().any(|start| bare.starts_with(start))
        || java::names_error(bare)
        || javascript::error_of(bare).is_some()
        || ruby::names_error(bare)
}

/// Lines that begin with a number: frames of Rust and of native code, and paths.
fn numbered(bare: &str) -> Option<(Language, u32)> {
    if native::frame_of(bare).is_some() {
        return Some((Language::Native, 2));
    }
    if bare.contains(": from ") && ruby::frame_of(bare).is_some() {
        return Some((Language::Ruby, 2));
    }
    match rust::frame_of(bare) {
        Some((_, Some(_))) => Some((Language::Rust, 2)),
        Some((name, None)) if name.contains("::") => Some((Language::Rust, 2)),
        Some((name, None)) if !name.contains(' ') => Some((Language::Rust, 1)),
        _ if bare.contains("panic serving ") => Some((Language::Go, 2)),
        _ => placed(bare),
    }
}

fn hashed(bare: &str) -> Option<(Language, u32)> {
    if !bare[1..].starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if dart::frame_of(bare).is_some() {
        Some((Language::Dart, 2))
    } else if php::is_call(bare) {
        Some((Language::Php, 2))
    } else {
        native::frame_of(bare).map(|_| (Language::Native, 2))
    }
}

fn starred(bare: &str) -> Option<(Language, u32)> {
    let native = ["*** Terminating app", "*** Program crashed", "*** First throw call stack"];
    if bare.starts_with("** (") || bare.starts_with("** exception ") || bare.starts_with("=CRASH REPORT") {
        Some((Language::Elixir, 3))
    } else if native.iter().any(|start| bare.starts_with(start)) || bare.contains("Sanitizer: ") {
        Some((Language::Native, 3))
    } else {
        None
    }
}

/// Lines that are known by how they begin.
fn worded(bare: &str) -> Option<(Language, u32)> {
    let starts = |text: &str| bare.starts_with(text);
    match bare.as_bytes()[0] {
        b'F' if python::is_frame(bare) => Some((Language::Python, 2)),
        b'F' if starts("Fatal Python error") => Some((Language::Python, 3)),
        b'T' if starts("Traceback (most recent call last)") => Some((Language::Python, 1)),
        b'E' if starts("Exception Group Traceback") => Some((Language::Python, 3)),
        b'E' if starts("Exception in thread \"") => Some((Language::Java, 3)),
        b'E' if starts("Exception Type:") => Some((Language::Native, 2)),
        b'a' if starts("at ") => called(&bare[3..]),
        b'C' if starts("Caused by: ") => Some((Language::Java, 1)),
        b'S' if starts("Suppressed: ") => Some((Language::Java, 1)),
        b'S' | b's' if starts("Stack backtrace:") || starts("stack backtrace:") => Some((Language::Rust, 2)),
        b'S' if starts("Stack trace:") => Some((Language::Php, 1)),
        b'S' if starts("SIG") && bare.contains(": ") => Some((Language::Go, 1)),
        b'[' if starts("[stacktrace]") => Some((Language::Php, 2)),
        b'P' if starts("PHP ") && bare.contains("rror: ") => Some((Language::Php, 3)),
        b'e' if starts("exception '") => Some((Language::Php, 2)),
        b'e' if starts("exception ") && bare.contains(": ") => Some((Language::Elixir, 1)),
        b'g' if starts("goroutine ") && bare.contains(" [") && bare.contains("]:") => Some((Language::Go, 3)),
        b'p' if starts("panic: ") => Some((Language::Go, 2)),
        b'f' if starts("fatal error: ") => Some((Language::Go, 2)),
        b'f' if starts("from ") && ruby::frame_of(bare).is_some() => Some((Language::Ruby, 2)),
        b'c' if starts("created by ") => Some((Language::Go, 1)),
        b't' if starts("thread '") && rust::panicked(bare).is_some() => Some((Language::Rust, 4)),
        b'U' if starts("Unhandled exception. ") || starts("Unhandled Exception: System.") => Some((Language::CSharp, 2)),
        b'i' if starts("in ") && erlang::frame_of(bare).is_some() => Some((Language::Elixir, 2)),
        b'<' if starts("<asynchronous suspension>") => Some((Language::Dart, 1)),
        b'{' if bare.contains(",[{file,\"") => Some((Language::Elixir, 2)),
        _ => None,
    }
}

/// What follows `at `. Java has no space before the bracket and a file without a path in it; V8 ends with line and
/// column; .NET has types in the brackets.
fn called(rest: &str) -> Option<(Language, u32)> {
    if java::frame_of(rest).is_some() {
        return Some((Language::Java, 2));
    }
    let end = rest.trim_end_matches(" {").trim_end_matches(',');
    let bare = end.strip_suffix(')').unwrap_or(end);
    let (file, line, column) = place::position(bare);
    if line.is_some() && column.is_some() {
        return Some((if file.ends_with(".rs") { Language::Rust } else { Language::JavaScript }, 2));
    }
    if csharp::frame_of(rest).is_some() && !rest.ends_with("(<anonymous>)") {
        return Some((Language::CSharp, 2));
    }
    let frame = javascript::frame_of(rest)?;
    (frame.filename.is_some() || frame.abs_path.is_some()).then_some((Language::JavaScript, 1))
}

/// Lines that are known by what is in them.
fn placed(bare: &str) -> Option<(Language, u32)> {
    if memchr::memmem::find(bare.as_bytes(), b":in ").is_some() && ruby::frame_of(bare).is_some() {
        return Some((Language::Ruby, 2));
    }
    let last = bare.as_bytes()[bare.len() - 1];
    if last.is_ascii_digit() || last == b']' {
        if go::place(bare).is_some_and(|(file, _)| file.ends_with(".go")) {
            return Some((Language::Go, 2));
        }
        if javascript::gecko_frame(bare).is_some() {
            return Some((Language::JavaScript, 2));
        }
        if place::numbered(bare).is_some_and(|(file, _)| file.ends_with(".rb")) {
            return Some((Language::Ruby, 1));
        }
    }
    if last.is_ascii_digit() || matches!(last, b')' | b'.') {
        if elixir::frame_of(bare).is_some() {
            return Some((Language::Elixir, 2));
        }
        if !bare.is_ascii() || bare.starts_with("bei ") || bare.starts_with("en ") {
            return csharp::called(bare).map(|_| (Language::CSharp, 2));
        }
    }
    contained(bare)
}

/// Lines that name the error in the midst of other text.
fn contained(bare: &str) -> Option<(Language, u32)> {
    let has = |text: &str| memchr::memmem::find(bare.as_bytes(), text.as_bytes()).is_some();
    if has("Sanitizer: ") {
        Some((Language::Native, 3))
    } else if has(" panicked at ") && rust::panicked(bare).is_some() {
        Some((Language::Rust, 4))
    } else if has("panic serving ") {
        Some((Language::Go, 2))
    } else if has("[object] (") {
        Some((Language::Php, 2))
    } else if has("** (") {
        Some((Language::Elixir, 2))
    } else {
        None
    }
}
