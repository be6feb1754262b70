//! The catalog: small documents with a version and compare-and-set.
//!
//! Engines keep untyped documents behind [`Catalog`]; the modules below give each collection its type, once for
//! every engine.

use std::collections::HashSet;

use async_trait::async_trait;
use schemas::{ids::ProjectId, limits};

use crate::{Error, Result};

pub mod attachments;
pub mod dead_letters;
pub mod deploys;
mod document;
pub mod elastic;
pub mod feedback;
pub mod issues;
pub mod jobs;
pub mod keys;
pub mod projects;
pub mod rewrite;
pub mod rules;
pub mod scrub_key;
pub mod services;
pub mod sqlite;
pub mod tokens;
pub mod usage;

/// A kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Collection {
    /// Projects, by number.
    Projects,
    /// DSN keys, by key.
    Keys,
    /// API tokens, by hash.
    Tokens,
    /// Issues, by issue id.
    Issues,
    /// Which issue a fingerprint belongs to, by project and fingerprint.
    Fingerprints,
    /// Which issues people merged, by project.
    IssueMerges,
    /// Records that could not be processed, by position.
    DeadLetters,
    /// What users wrote, by project and its own id.
    Feedback,
    /// Which feedback is about an event, by project and event id.
    EventFeedback,
    /// Files by project and event: what they are.
    Attachments,
    /// The bytes of files, in parts.
    AttachmentParts,
    /// How much room files take, by project and day.
    AttachmentUsage,
    /// What ingest took and refused, by project, day and process.
    Usage,
    /// Rules, by project, and those of all projects.
    Rules,
    /// What the API ordered and a processor does.
    Jobs,
    /// The service catalogue, one document.
    Services,
    /// Deploys, by project and id.
    Deploys,
    /// Which commits deploys tell of, by project.
    DeployedCommits,
    /// Single documents of the program itself, e.g. the next project number.
    Program,
}

impl Collection {
    /// Every collection.
    pub const ALL: [Self; 19] = [
        Self::Projects,
        Self::Keys,
        Self::Tokens,
        Self::Issues,
        Self::Fingerprints,
        Self::IssueMerges,
        Self::DeadLetters,
        Self::Feedback,
        Self::EventFeedback,
        Self::Attachments,
        Self::AttachmentParts,
        Self::AttachmentUsage,
        Self::Usage,
        Self::Rules,
        Self::Jobs,
        Self::Services,
        Self::Deploys,
        Self::DeployedCommits,
        Self::Program,
    ];

    /// The snake-case name, part of the stored format.
    pub fn name(self) -> &'static str {
        match self {
            Self::Projects => "projects",
            Self::Keys => "keys",
            Self::Tokens => "tokens",
            Self::Issues => "issues",
            Self::Fingerprints => "fingerprints",
            Self::IssueMerges => "issue_merges",
            Self::DeadLetters => "dead_letters",
            Self::Feedback => "feedback",
            Self::EventFeedback => "event_feedback",
            Self::Attachments => "attachments",
            Self::AttachmentParts => "attachment_parts",
            Self::AttachmentUsage => "attachment_usage",
            Self::Usage => "usage",
            Self::Rules => "rules",
            Self::Jobs => "jobs",
            Self::Services => "services",
            Self::Deploys => "deploys",
            Self::DeployedCommits => "deployed_commits",
            Self::Program => "program",
        }
    }
}

/// A version of a document, given by the engine. Equal versions mean equal documents; they have no order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Version(pub u64, pub u64);

/// A document to be kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Unique in its collection; at most [`limits::DOCUMENT_ID_BYTES`].
    pub id: String,
    /// Whose it is, to list by.
    pub project: Option<ProjectId>,
    /// What lists are sorted by, descending: usually milliseconds since 1970.
    pub order: i64,
    /// The document, JSON; at most [`limits::DOCUMENT_BYTES`].
    pub json: Vec<u8>,
}

/// A document as kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// As given.
    pub draft: Draft,
    /// For compare-and-set.
    pub version: Version,
}

/// What must be there for a write to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// No document of this id.
    Absent,
    /// This version of it.
    Version(Version),
    /// Anything or nothing.
    Any,
}

/// One write.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// Keep this document.
    Put(Draft, Expect),
    /// Forget the document of this id.
    Delete(String, Expect),
}

impl Write {
    /// The id of the document it is about.
    pub fn id(&self) -> &str {
        match self {
            Self::Put(draft, _) => &draft.id,
            Self::Delete(id, _) => id,
        }
    }
}

/// Whether a batch keeps the contract: different ids, ids and documents within their limits. Every engine asks this
/// before it writes anything.
pub fn check(collection: Collection, writes: &[Write]) -> Result<()> {
    let refuse = |cause: String| Err(Error::terminal(format!("writing to {}", collection.name()), cause));
    let mut ids = HashSet::with_capacity(writes.len());
    for write in writes {
        let id = write.id();
        if id.is_empty() || id.len() > limits::DOCUMENT_ID_BYTES {
            return refuse(format!("an id has {} bytes, not 1 to {}", id.len(), limits::DOCUMENT_ID_BYTES));
        }
        if !ids.insert(id) {
            return refuse(format!("{id} stands twice in one batch"));
        }
        if let Write::Put(draft, _) = write
            && draft.json.len() > limits::DOCUMENT_BYTES
        {
            return refuse(format!("{id} has {} bytes, more than {}", draft.json.len(), limits::DOCUMENT_BYTES));
        }
    }
    Ok(())
}

/// Whether a write happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It did; the version is that of the document put, or of its deletion.
    Done(Version),
    /// What was there was not what was expected.
    Conflict,
}

/// Which documents to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct List {
    /// Only of these projects.
    pub projects: Option<Vec<ProjectId>>,
    /// Only after this one: `order` and `id` of the last document of the page before.
    pub after: Option<(i64, String)>,
    /// At most this many.
    pub limit: usize,
}

/// Small documents in collections.
///
/// # Contract
///
/// 1. Each write of a batch happens or not by itself; a conflict is an answer, not an error. Writes of one batch
///    are for different ids. When `write` returns, what was done survives a power cut.
/// 2. `get` gives what was last written, at once, in every process.
/// 3. `list` gives by `order` descending, then `id` ascending. It knows everything that was written when it is
///    called by the same process, and what others wrote within 2 s.
/// 4. A server that is away is [`crate::Error::Retryable`].
/// 5. After `compact` nothing is left of what was deleted or overwritten before it was called: not in the files of an
///    embedded engine, and not in any answer of a cluster, whose files lose it when their segments are merged next.
#[async_trait]
pub trait Catalog: Send + Sync + 'static {
    /// The documents of these ids, in their order.
    async fn get(&self, collection: Collection, ids: &[String]) -> Result<Vec<Option<Kept>>>;

    /// Writes. Answers for each in order.
    async fn write(&self, collection: Collection, writes: Vec<Write>) -> Result<Vec<Written>>;

    /// One page of documents.
    async fn list(&self, collection: Collection, list: &List) -> Result<Vec<Kept>>;

    /// Lets go of every trace of what was deleted or overwritten.
    async fn compact(&self) -> Result<()>;

    /// Whether it can be expected to work now. Cheap; for readiness.
    async fn health(&self) -> Result<()>;

    /// Lets go of files and connections. Nothing is called afterwards.
    async fn close(&self) -> Result<()>;
}
