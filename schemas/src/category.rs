//! What is counted and limited apart: the data categories of the Sentry protocol, with its names, since SDKs are told
//! them in `X-Sentry-Rate-Limits`.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::wire::envelope::ItemType;

macro_rules! categories {
    ($($(#[$doc:meta])* $variant:ident = $name:tt,)*) => {
        /// A data category, by the names of the Sentry protocol.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[schema(as = DataCategory)]
        pub enum Category {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl Category {
            /// Every category, in the order of [`Category::index`].
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$variant,)*];

            /// The name on the wire.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The category of this name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

categories! {
    /// What has no category of its own.
    Default = "default",
    /// Error events of any source.
    Error = "error",
    /// Reports of broken security policies.
    Security = "security",
    /// Files.
    Attachment = "attachment",
    /// Sessions, single and counted.
    Session = "session",
    /// Traced requests and jobs.
    Transaction = "transaction",
    /// Runs of scheduled jobs.
    Monitor = "monitor",
    /// Users' words.
    Feedback = "feedback",
    /// Log entries.
    LogItem = "log_item",
    /// Spans.
    Span = "span",
    /// Profiles of transactions.
    Profile = "profile",
    /// Parts of continuous profiles.
    ProfileChunk = "profile_chunk",
    /// Session replays.
    Replay = "replay",
    /// Metrics tied to a trace.
    TraceMetric = "trace_metric",
    /// Pre-aggregated metrics.
    MetricBucket = "metric_bucket",
    /// What clients say about themselves, e.g. what they lost. Never limited.
    Internal = "internal",
}

impl Category {
    /// How many there are.
    pub const COUNT: usize = Self::ALL.len();

    /// Its place in [`Category::ALL`], for tables.
    pub fn index(self) -> usize {
        self as usize
    }

    /// The category of an envelope's items of this type.
    pub fn of(item: ItemType) -> Self {
        match item {
            ItemType::Event | ItemType::UnrealReport => Self::Error,
            ItemType::Transaction => Self::Transaction,
            ItemType::Security | ItemType::RawSecurity | ItemType::Nel => Self::Security,
            ItemType::Attachment | ItemType::FormData => Self::Attachment,
            ItemType::UserReport | ItemType::Feedback => Self::Feedback,
            ItemType::Session | ItemType::Sessions => Self::Session,
            ItemType::ClientReport => Self::Internal,
            ItemType::CheckIn => Self::Monitor,
            ItemType::Log | ItemType::OtelLog => Self::LogItem,
            ItemType::Span | ItemType::OtelSpan => Self::Span,
            ItemType::Profile => Self::Profile,
            ItemType::ProfileChunk => Self::ProfileChunk,
            ItemType::ReplayEvent | ItemType::ReplayRecording | ItemType::ReplayVideo => Self::Replay,
            ItemType::TraceMetric => Self::TraceMetric,
            ItemType::MetricBuckets | ItemType::Statsd | ItemType::MetricMeta => Self::MetricBucket,
            ItemType::Integration | ItemType::Unknown => Self::Default,
        }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_protocol_in_every_form() {
        for (index, category) in Category::ALL.into_iter().enumerate() {
            assert_eq!(category.index(), index);
            assert_eq!(Category::from_name(category.as_str()), Some(category));
            assert_eq!(serde_json::to_string(&category).unwrap(), format!("\"{category}\""));
        }
        assert_eq!(Category::from_name("errors"), None);
    }

    #[test]
    fn what_an_envelope_brings_counts_where_sdks_look_for_it() {
        for (item, category) in [
            ("event", "error"),
            ("raw_security", "security"),
            ("user_report", "feedback"),
            ("sessions", "session"),
            ("client_report", "internal"),
            ("check_in", "monitor"),
            ("log", "log_item"),
            ("replay_recording", "replay"),
            ("brand_new", "default"),
        ] {
            assert_eq!(Category::of(ItemType::from_name(item)).as_str(), category, "{item}");
        }
    }
}
