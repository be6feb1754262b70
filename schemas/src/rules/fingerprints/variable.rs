//! What of an event can stand in a fingerprint or a title.

/// A variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Variable {
    /// What the event would be grouped by without the rule.
    Default,
    /// Route, view, job or screen.
    Transaction,
    /// The log message, else the value of the exception.
    Message,
    /// Type of the exception that was raised.
    Type,
    /// Its value.
    Value,
    /// Function of the application's frame nearest the crash.
    Function,
    /// Its path.
    Path,
    /// Its file name.
    Filename,
    /// Its module.
    Module,
    /// Its library or package.
    Package,
    /// The level.
    Level,
    /// The logger.
    Logger,
    /// The release.
    Release,
    /// The environment.
    Environment,
    /// A tag by its key.
    Tag(String),
}

impl Variable {
    /// Their names, `tags.X` for every tag.
    pub const NAMES: [&str; 22] = [
        "default",
        "transaction",
        "message",
        "type",
        "error.type",
        "value",
        "error.value",
        "function",
        "stack.function",
        "path",
        "stack.abs_path",
        "filename",
        "stack.filename",
        "module",
        "stack.module",
        "package",
        "stack.package",
        "level",
        "logger",
        "release",
        "environment",
        "tags.X",
    ];

    /// The variable of this name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "default" => Self::Default,
            "transaction" => Self::Transaction,
            "message" => Self::Message,
            "type" | "error.type" => Self::Type,
            "value" | "error.value" => Self::Value,
            "function" | "stack.function" => Self::Function,
            "path" | "stack.abs_path" => Self::Path,
            "filename" | "stack.filename" => Self::Filename,
            "module" | "stack.module" => Self::Module,
            "package" | "stack.package" => Self::Package,
            "level" => Self::Level,
            "logger" => Self::Logger,
            "release" => Self::Release,
            "environment" => Self::Environment,
            name => Self::Tag(name.strip_prefix("tags.").filter(|key| !key.is_empty())?.to_owned()),
        })
    }

    /// What stands in its place when the event does not have it: `<no-logger>`.
    pub fn missing(&self) -> String {
        let name = match self {
            Self::Default => "default",
            Self::Transaction => "transaction",
            Self::Message => "message",
            Self::Type => "type",
            Self::Value => "value",
            Self::Function => "function",
            Self::Path => "abs-path",
            Self::Filename => "filename",
            Self::Module => "module",
            Self::Package => "package",
            Self::Level => "level",
            Self::Logger => "logger",
            Self::Release => "release",
            Self::Environment => "environment",
            Self::Tag(key) => return format!("<no-value-for-tag-{key}>"),
        };
        format!("<no-{name}>")
    }
}
