//! Selectors: which values of an event a rule is used on.
//!
//! A path is matched from the value upwards: `password` is every value under such a name, `extra.password` only that
//! right below something called `extra`. Facts: Sentry's published description of selectors.

mod parse;

pub use parse::SelectorError;

/// Which values are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// Those at the end of such a path.
    Path(Vec<Item>),
    /// Those that all of these mean.
    All(Vec<Selector>),
    /// Those that any of these means.
    Any(Vec<Selector>),
    /// Those that this does not mean.
    Not(Box<Selector>),
}

/// A part of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// `*`: any one part.
    One,
    /// `**`: any number of parts; at the end at least one.
    Deep,
    /// A name, in any case.
    Key(String),
    /// A place in a list, from 0.
    Index(usize),
    /// `$string`, `$frame`, ...
    Type(Type),
}

/// A type of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Type {
    /// Any text.
    String,
    /// Any number.
    Number,
    /// Yes or no.
    Boolean,
    /// A text that is a date and time.
    DateTime,
    /// A list.
    Array,
    /// A map.
    Object,
    /// The whole event.
    Event,
    /// An exception.
    Exception,
    /// A stack trace.
    Stacktrace,
    /// A call in a stack trace.
    Frame,
    /// The request that was served.
    Request,
    /// The user.
    User,
    /// The log message.
    Message,
    /// A thread.
    Thread,
    /// A breadcrumb.
    Breadcrumb,
    /// What reported the event.
    Sdk,
    /// The call to another system that failed.
    Call,
    /// The files beside the event.
    Attachments,
}

impl Type {
    /// Every type by its names, without `$`.
    pub const NAMES: [(&str, Self); 21] = [
        ("string", Self::String),
        ("number", Self::Number),
        ("boolean", Self::Boolean),
        ("datetime", Self::DateTime),
        ("array", Self::Array),
        ("object", Self::Object),
        ("event", Self::Event),
        ("exception", Self::Exception),
        ("error", Self::Exception),
        ("stacktrace", Self::Stacktrace),
        ("frame", Self::Frame),
        ("request", Self::Request),
        ("http", Self::Request),
        ("user", Self::User),
        ("logentry", Self::Message),
        ("message", Self::Message),
        ("thread", Self::Thread),
        ("breadcrumb", Self::Breadcrumb),
        ("sdk", Self::Sdk),
        ("call", Self::Call),
        ("attachments", Self::Attachments),
    ];

    /// Whether values of this type are everywhere.
    pub fn is_basic(self) -> bool {
        matches!(self, Self::String | Self::Number | Self::Boolean | Self::DateTime | Self::Array | Self::Object | Self::Event)
    }
}

impl Item {
    /// Whether it says nothing of where a value is.
    fn is_broad(&self) -> bool {
        matches!(self, Self::One | Self::Deep) || matches!(self, Self::Type(of) if of.is_basic())
    }
}

impl Selector {
    /// Whether it means values all over the event: `**`, `$string`, `!foo`, ...
    pub fn is_broad(&self) -> bool {
        match self {
            Self::Path(items) => items.iter().all(Item::is_broad),
            Self::All(of) => of.iter().all(Self::is_broad),
            Self::Any(of) => of.iter().any(Self::is_broad),
            Self::Not(of) => !of.is_broad(),
        }
    }

    /// Whether it names a place. Only such a selector reaches names of functions and modules, releases and files.
    pub fn is_specific(&self) -> bool {
        match self {
            Self::Path(items) => !items.iter().all(Item::is_broad),
            Self::All(of) | Self::Any(of) => of.iter().any(Self::is_specific),
            Self::Not(_) => false,
        }
    }

    /// The paths in it that values must match, not those that they must not.
    pub(super) fn paths(&self) -> Vec<&[Item]> {
        match self {
            Self::Path(items) => vec![items],
            Self::All(of) | Self::Any(of) => of.iter().flat_map(Self::paths).collect(),
            Self::Not(_) => Vec::new(),
        }
    }
}
