//! What can go wrong at a seam, and whether trying again can help.

/// An error of an engine. Carries what was being done and to what.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It may work later: the server is away, slow or shedding load, a lease moved. Try again with back-off.
    #[error("{doing}: {cause}")]
    Retryable {
        /// What was being done, e.g. `appending to topic belfry-events`.
        doing: String,
        /// What happened.
        cause: String,
    },
    /// There is no room: the disk or the configured size is used up. Shed load until retention makes room.
    #[error("{doing}: no room: {cause}")]
    Full {
        /// What was being done.
        doing: String,
        /// Which limit, and how it can be raised.
        cause: String,
    },
    /// Stored data is damaged. Nothing goes on until someone decides.
    #[error("{place}: damaged: {cause}")]
    Damaged {
        /// File and offset, or index and document.
        place: String,
        /// What is wrong and how to go on.
        cause: String,
    },
    /// What is stored or configured there is not what this program works with; it is never changed silently.
    #[error("{what}: {remedy}")]
    Mismatch {
        /// What was found and what was expected.
        what: String,
        /// What to do.
        remedy: String,
    },
    /// The answer would take more memory than one question may. A narrower question works.
    #[error("{doing}: {cause}")]
    TooMuch {
        /// What was being done, e.g. `counting in the index`.
        doing: String,
        /// What there is too much of, and what to narrow: fit to be shown to who asked.
        cause: String,
    },
    /// It will not work, however often it is tried: a request the engine refuses, a fault of ours.
    #[error("{doing}: {cause}")]
    Terminal {
        /// What was being done.
        doing: String,
        /// What happened.
        cause: String,
    },
}

/// The result of an engine's work.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A [`Self::Retryable`].
    pub fn retryable(doing: impl Into<String>, cause: impl std::fmt::Display) -> Self {
        Self::Retryable { doing: doing.into(), cause: cause.to_string() }
    }

    /// A [`Self::Terminal`].
    pub fn terminal(doing: impl Into<String>, cause: impl std::fmt::Display) -> Self {
        Self::Terminal { doing: doing.into(), cause: cause.to_string() }
    }

    /// A [`Self::TooMuch`].
    pub fn too_much(doing: impl Into<String>, cause: impl std::fmt::Display) -> Self {
        Self::TooMuch { doing: doing.into(), cause: cause.to_string() }
    }

    /// Whether the same request may succeed later without anyone's doing.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Retryable { .. } | Self::Full { .. })
    }
}
