//! Conditions of rules a line, in Sentry's form: `name:pattern`, with `!` before it for the opposite.

use super::{
    glob::{Glob, Style},
    line::{Fault, Line, Read},
};

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matcher {
    /// Whether the opposite is meant.
    pub negated: bool,
    /// What is asked.
    pub test: Test,
}

/// What a condition asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// Whether the platform is of one of these families.
    Family(Vec<Family>),
    /// Whether the frame is the application's own.
    App(bool),
    /// Whether a text is like this.
    Text(Subject, Glob),
}

/// Kinds of platforms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Browsers and Node.
    JavaScript,
    /// What is compiled to machine code.
    Native,
    /// Everything else.
    Other,
}

impl Family {
    /// Of a platform, by the names that SDKs use.
    pub fn of(platform: &str) -> Self {
        match platform {
            "javascript" | "node" | "nodejs" | "webjs" | "react-native" => Self::JavaScript,
            "native" | "c" | "cpp" | "cocoa" | "objc" | "swift" | "rust" => Self::Native,
            _ => Self::Other,
        }
    }
}

/// Which text of an event a condition asks about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// Path or file name of a frame.
    Path,
    /// Library, image or package of a frame.
    Package,
    /// Module of a frame.
    Module,
    /// Function of a frame.
    Function,
    /// Category that rules gave a frame.
    Category,
    /// Type of an exception.
    Type,
    /// Value of an exception.
    Value,
    /// Mechanism of an exception.
    Mechanism,
    /// The log message, or the value of an exception.
    Message,
    /// The logger.
    Logger,
    /// The level.
    Level,
    /// The release.
    Release,
    /// Name of the SDK.
    Sdk,
    /// A tag by its key.
    Tag(String),
}

/// What a condition is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// One frame.
    Frame,
    /// One exception.
    Exception,
    /// The event as a whole.
    Event,
}

impl Subject {
    /// The subject of this name.
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "path" | "stack.abs_path" => Self::Path,
            "package" | "stack.package" => Self::Package,
            "module" | "stack.module" => Self::Module,
            "function" | "stack.function" => Self::Function,
            "category" => Self::Category,
            "type" | "error.type" => Self::Type,
            "value" | "error.value" => Self::Value,
            "mechanism" | "error.mechanism" => Self::Mechanism,
            "message" => Self::Message,
            "logger" => Self::Logger,
            "level" => Self::Level,
            "release" => Self::Release,
            "sdk" => Self::Sdk,
            name => Self::Tag(name.strip_prefix("tags.").filter(|key| !key.is_empty())?.to_owned()),
        })
    }

    fn style(&self) -> Style {
        match self {
            Self::Path | Self::Package => Style::Path,
            Self::Value | Self::Message | Self::Level => Style::AnyCase,
            _ => Style::Exact,
        }
    }
}

impl Matcher {
    /// What it is about.
    pub fn scope(&self) -> Scope {
        match &self.test {
            Test::App(_) => Scope::Frame,
            Test::Text(Subject::Path | Subject::Package | Subject::Module | Subject::Function | Subject::Category, _) => Scope::Frame,
            Test::Text(Subject::Type | Subject::Value | Subject::Mechanism, _) => Scope::Exception,
            Test::Family(_) | Test::Text(..) => Scope::Event,
        }
    }

    /// Whether it holds for everything, or nearly.
    pub fn says_nothing(&self) -> bool {
        !self.negated
            && match &self.test {
                Test::Family(families) => [Family::JavaScript, Family::Native, Family::Other].iter().all(|each| families.contains(each)),
                Test::App(_) => false,
                Test::Text(_, glob) => glob.says_nothing(),
            }
    }
}

/// Whether a condition begins here: a name in letters, or in quotes, before a colon.
pub(super) fn is_next(line: &Line<'_>) -> bool {
    let rest = line.rest().strip_prefix('!').unwrap_or(line.rest());
    match rest.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').is_some_and(|(_, after)| after.starts_with(':')),
        None => rest.trim_start_matches(is_of_name).starts_with(':') && rest.starts_with(is_of_name),
    }
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '-')
}

/// Reads a condition whose name must be one of `known`. In `brackets` it ends at the closing one.
pub(super) fn read(line: &mut Line<'_>, known: &[&str], brackets: bool) -> Read<Matcher> {
    let negated = line.eat("!");
    let at = line.at();
    let name = if line.peek() == Some('"') { line.quoted()? } else { line.until(|c| !is_of_name(c)).to_owned() };
    if name.is_empty() || !line.eat(":") {
        return Err(Fault::new(at, "a condition is expected here: name:pattern"));
    }
    let is_known = known.contains(&name.as_str()) || known.contains(&"tags.X") && name.starts_with("tags.");
    if !is_known {
        return Err(unknown(at, &name, known));
    }
    let value_at = line.at();
    let value = match line.peek() {
        Some('"') => line.quoted()?,
        _ => line.until(|c| c.is_whitespace() || brackets && c == ']').to_owned(),
    };
    if value.is_empty() {
        return Err(Fault::new(value_at, format!("a pattern is expected behind {name}:")));
    }
    let test = match name.as_str() {
        "family" => Test::Family(families(value_at, &value)?),
        "app" => Test::App(flag(value_at, &value)?),
        name => {
            let subject = Subject::named(name).ok_or_else(|| unknown(at, name, known))?;
            let glob = Glob::new(&value, subject.style()).map_err(|error| Fault::new(value_at, error.message))?;
            Test::Text(subject, glob)
        }
    };
    Ok(Matcher { negated, test })
}

fn unknown(at: usize, name: &str, known: &[&str]) -> Fault {
    if name.starts_with("thread.") {
        return Fault::new(at, format!("conditions about threads ({name}) are not supported"));
    }
    Fault::unknown(at, "condition", name, known)
}

fn families(at: usize, value: &str) -> Read<Vec<Family>> {
    const ALL: [Family; 3] = [Family::JavaScript, Family::Native, Family::Other];
    let mut families = Vec::new();
    for name in value.split(',').map(str::trim) {
        match name {
            "javascript" => families.push(Family::JavaScript),
            "native" => families.push(Family::Native),
            "other" => families.push(Family::Other),
            "all" => families.extend(ALL),
            _ => return Err(Fault::unknown(at, "family", name, &["javascript", "native", "other", "all"])),
        }
    }
    Ok(families)
}

fn flag(at: usize, value: &str) -> Read<bool> {
    match value {
        "1" | "yes" | "true" => Ok(true),
        "0" | "no" | "false" => Ok(false),
        _ => Err(Fault::new(at, "yes or no is expected behind app:")),
    }
}
