//! The types of envelope items.

use std::fmt;

macro_rules! item_types {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What an item's payload is, by the names of the Sentry protocol.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ItemType {
            $($(#[$doc])* $variant,)*
            /// A type that this program does not know.
            Unknown,
        }

        impl ItemType {
            /// Every known type.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name on the wire; `unknown` for a type that is not known.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Unknown => "unknown",
                }
            }

            /// The type of this name.
            pub fn from_name(name: &str) -> Self {
                match name {
                    $($name => Self::$variant,)*
                    _ => Self::Unknown,
                }
            }
        }
    };
}

item_types! {
    /// An error event.
    Event = "event",
    /// A traced request or job.
    Transaction = "transaction",
    /// A browser's report of a broken security policy, as an event.
    Security = "security",
    /// A browser's report of a broken security policy, as sent by the browser.
    RawSecurity = "raw_security",
    /// A file.
    Attachment = "attachment",
    /// Form fields beside a minidump.
    FormData = "form_data",
    /// A crash report of the Unreal engine.
    UnrealReport = "unreal_report",
    /// A user's words about an event, in the old form.
    UserReport = "user_report",
    /// A user's words, as an event.
    Feedback = "feedback",
    /// One session, for release health.
    Session = "session",
    /// Counted sessions.
    Sessions = "sessions",
    /// What the client lost.
    ClientReport = "client_report",
    /// A run of a scheduled job.
    CheckIn = "check_in",
    /// Log entries.
    Log = "log",
    /// A log entry of OpenTelemetry.
    OtelLog = "otel_log",
    /// Metrics tied to a trace.
    TraceMetric = "trace_metric",
    /// Spans.
    Span = "span",
    /// A span of OpenTelemetry.
    OtelSpan = "otel_span",
    /// A profile of a transaction.
    Profile = "profile",
    /// A part of a continuous profile.
    ProfileChunk = "profile_chunk",
    /// About a session replay.
    ReplayEvent = "replay_event",
    /// A recording of a session replay.
    ReplayRecording = "replay_recording",
    /// A video of a session replay.
    ReplayVideo = "replay_video",
    /// Pre-aggregated metrics.
    MetricBuckets = "metric_buckets",
    /// Metrics, no longer sent.
    Statsd = "statsd",
    /// About metrics, no longer sent.
    MetricMeta = "metric_meta",
    /// Network errors seen by a browser.
    Nel = "nel",
    /// Something between servers, never sent by clients.
    Integration = "integration",
}

impl ItemType {
    /// Whether it is an event by itself. An envelope has at most one of these, of at most
    /// [`crate::limits::EVENT_BYTES`] (Relay).
    pub fn is_event(self) -> bool {
        matches!(
            self,
            Self::Event
                | Self::Transaction
                | Self::Security
                | Self::RawSecurity
                | Self::ReplayEvent
                | Self::Feedback
                | Self::FormData
                | Self::Nel
        )
    }
}

impl ItemType {
    /// Whether it is an event by itself that is kept. The others are only counted.
    pub fn is_kept_event(self) -> bool {
        matches!(self, Self::Event | Self::Feedback | Self::Security | Self::RawSecurity)
    }
}

impl fmt::Display for ItemType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_read_back() {
        for kind in ItemType::ALL {
            assert_eq!(ItemType::from_name(kind.as_str()), *kind);
        }
        assert_eq!(ItemType::from_name("trace_metric_v9"), ItemType::Unknown);
        assert_eq!(ItemType::from_name("Event"), ItemType::Unknown);
    }
}
