//! What became of each record: exactly one outcome, with a reason that API, metrics and documents share.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    ids::{EventId, ProjectId},
    record::Position,
};

/// Where a record ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OutcomeKind)]
pub enum Kind {
    /// In the index, whole.
    Stored,
    /// In the index without its payload, by storm control.
    Counted,
    /// Left out by a rule.
    Filtered,
    /// Its event id was there already.
    Duplicate,
    /// Set aside because it could not be processed.
    DeadLettered,
    /// Not kept: an item type that is not supported, or lost at the client.
    Dropped,
    /// It was stored, and was taken away again because someone asked for it.
    Erased,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 7] =
        [Self::Stored, Self::Counted, Self::Filtered, Self::Duplicate, Self::DeadLettered, Self::Dropped, Self::Erased];

    /// The snake-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Counted => "counted",
            Self::Filtered => "filtered",
            Self::Duplicate => "duplicate",
            Self::DeadLettered => "dead_lettered",
            Self::Dropped => "dropped",
            Self::Erased => "erased",
        }
    }
}

/// Why a record ended where it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OutcomeReason)]
pub enum Reason {
    /// Nothing stood against it.
    Accepted,
    /// The same event id was stored within the last 24 hours.
    DuplicateId,
    /// The record in the log can't be read.
    InvalidRecord,
    /// The payload can't be decompressed.
    InvalidEncoding,
    /// The payload is not JSON, and could not be repaired.
    InvalidJson,
    /// The payload is JSON but not an event.
    InvalidEvent,
    /// A stage failed on it; a fault of ours.
    Internal,
    /// The index refused the document.
    IndexRefused,
    /// The type of the item is not kept.
    UnsupportedItem,
    /// The client says it lost it.
    ClientReport,
    /// A file beyond what its project or its event may keep.
    AttachmentLimit,
    /// Left out by sampling; events that were kept stand for it by their weight.
    Sampled,
    /// Too many of its group came at once: kept without its payload.
    StormControl,
    /// A filter: the error of a browser extension.
    BrowserExtensions,
    /// A filter: of a browser that is too old.
    LegacyBrowsers,
    /// A filter: of the developer's own machine.
    Localhost,
    /// A filter: caused by a crawler.
    WebCrawlers,
    /// A filter: of a health check.
    HealthChecks,
    /// A filter: by the status that was answered.
    HttpStatuses,
    /// A filter: known to mean nothing.
    TransientErrors,
    /// A filter: by release.
    Releases,
    /// A filter: by message.
    Messages,
    /// A filter by a condition.
    FilterRule,
    /// A user is to be forgotten.
    ErasureRequest,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 24] = [
        Self::Accepted,
        Self::DuplicateId,
        Self::InvalidRecord,
        Self::InvalidEncoding,
        Self::InvalidJson,
        Self::InvalidEvent,
        Self::Internal,
        Self::IndexRefused,
        Self::UnsupportedItem,
        Self::ClientReport,
        Self::AttachmentLimit,
        Self::Sampled,
        Self::StormControl,
        Self::BrowserExtensions,
        Self::LegacyBrowsers,
        Self::Localhost,
        Self::WebCrawlers,
        Self::HealthChecks,
        Self::HttpStatuses,
        Self::TransientErrors,
        Self::Releases,
        Self::Messages,
        Self::FilterRule,
        Self::ErasureRequest,
    ];

    /// Whether a filter left the event out.
    pub fn is_filter(self) -> bool {
        matches!(
            self,
            Self::BrowserExtensions
                | Self::LegacyBrowsers
                | Self::Localhost
                | Self::WebCrawlers
                | Self::HealthChecks
                | Self::HttpStatuses
                | Self::TransientErrors
                | Self::Releases
                | Self::Messages
                | Self::FilterRule
        )
    }

    /// The snake-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::DuplicateId => "duplicate_id",
            Self::InvalidRecord => "invalid_record",
            Self::InvalidEncoding => "invalid_encoding",
            Self::InvalidJson => "invalid_json",
            Self::InvalidEvent => "invalid_event",
            Self::Internal => "internal",
            Self::IndexRefused => "index_refused",
            Self::UnsupportedItem => "unsupported_item",
            Self::ClientReport => "client_report",
            Self::AttachmentLimit => "attachment_limit",
            Self::Sampled => "sampled",
            Self::StormControl => "storm_control",
            Self::BrowserExtensions => "browser_extensions",
            Self::LegacyBrowsers => "legacy_browsers",
            Self::Localhost => "localhost",
            Self::WebCrawlers => "web_crawlers",
            Self::HealthChecks => "health_checks",
            Self::HttpStatuses => "http_statuses",
            Self::TransientErrors => "transient_errors",
            Self::Releases => "releases",
            Self::Messages => "messages",
            Self::FilterRule => "filter_rule",
            Self::ErasureRequest => "erasure_request",
        }
    }
}

/// What became of one record. Stored and counted events carry this in themselves; the others leave it as a small document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Where the record stands in the log; names the outcome.
    pub position: Position,
    /// Whose it was.
    pub project: ProjectId,
    /// Its id.
    pub event_id: EventId,
    /// When ingest took it.
    pub received_at: Timestamp,
    /// Where it ended.
    pub kind: Kind,
    /// Why.
    pub reason: Reason,
    /// Particulars without any of the payload: the item type, the position it duplicates, the
    /// filter that left it out, the parser's message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// How many things it stands for.
    pub quantity: u64,
}
