//! What an error of Elasticsearch means: whether trying again can help, and what to tell people.

use serde_json::Value;

use super::Reply;
use crate::Error;

/// Longest reason that is passed on, in bytes; Elasticsearch repeats whole queries in it.
const REASON_BYTES: usize = 300;

/// Status and error of one request or of one item of a bulk request.
#[derive(Debug, Clone)]
pub(crate) struct Cause {
    pub(crate) status: u16,
    /// E.g. `version_conflict_engine_exception`.
    pub(crate) kind: String,
    /// In Elasticsearch's words. May repeat parts of what was sent: never passed on for documents.
    reason: String,
}

impl Cause {
    /// Of a whole request.
    pub(crate) fn of_reply(reply: &Reply) -> Self {
        let json: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        Self::of_error(reply.status, &json["error"])
    }

    /// Of the error object of a request, a shard or an item. The innermost cause says most.
    pub(crate) fn of_error(status: u16, error: &Value) -> Self {
        let root = error["root_cause"].get(0).unwrap_or(error);
        let text = |key: &str| root[key].as_str().or_else(|| error[key].as_str()).unwrap_or_default();
        let reason = text("reason");
        Self { status, kind: text("type").to_owned(), reason: schemas::tokens::cut(reason, REASON_BYTES).to_owned() }
    }

    /// The disk or the number of shards is at its limit: the cluster refuses to write until someone makes room.
    fn is_full(&self) -> bool {
        match self.kind.as_str() {
            "cluster_block_exception" => self.reason.contains("disk usage exceeded"),
            "validation_exception" => self.reason.contains("maximum"),
            _ => false,
        }
    }

    /// Something else than this document or request is at fault, and it may be over soon.
    fn is_passing(&self) -> bool {
        matches!(self.status, 408 | 429 | 500..)
    }

    /// It is the document that is refused, not the index or the cluster.
    pub(crate) fn is_of_document(&self) -> bool {
        let of_index = matches!(self.kind.as_str(), "index_closed_exception" | "invalid_index_name_exception" | "validation_exception");
        self.status == 400 && !of_index
    }

    /// The index is not there.
    pub(crate) fn is_missing_index(&self) -> bool {
        self.kind == "index_not_found_exception"
    }

    /// The error to answer with, its reason included.
    pub(crate) fn into_error(self, doing: &str) -> Error {
        let cause = format!("Elasticsearch answered {}: {}: {}", self.status, self.kind, self.reason);
        self.classified(doing, cause)
    }

    /// The error to answer with when the reason may hold content of a document.
    pub(crate) fn into_error_without_reason(self, doing: &str) -> Error {
        let cause = format!("Elasticsearch answered {}: {}", self.status, self.kind);
        self.classified(doing, cause)
    }

    fn classified(self, doing: &str, cause: String) -> Error {
        if self.is_full() {
            let remedy = "make room on the disks of Elasticsearch, shorten retention or raise the limit";
            return Error::Full { doing: doing.into(), cause: format!("{cause}; {remedy}") };
        }
        match self.status {
            401 | 403 => Error::Terminal { doing: doing.into(), cause: format!("{cause}; check the credentials and what they may do") },
            _ if self.is_passing() || self.is_missing_index() => Error::retryable(doing, cause),
            _ if self.kind == "index_closed_exception" => {
                Error::Terminal { doing: doing.into(), cause: format!("{cause}; open the index or delete it") }
            }
            _ => Error::terminal(doing, cause),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(status: u16, kind: &str, reason: &str) -> Error {
        Cause::of_error(status, &json!({"type": "outer", "root_cause": [{"type": kind, "reason": reason}]})).into_error("storing")
    }

    #[test]
    fn failures_are_told_apart_by_what_helps() {
        assert!(matches!(error(429, "es_rejected_execution_exception", "queue is full"), Error::Retryable { .. }));
        assert!(matches!(error(503, "unavailable_shards_exception", ""), Error::Retryable { .. }));
        assert!(matches!(error(404, "index_not_found_exception", ""), Error::Retryable { .. }));
        let flood = "index [a] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block];";
        assert!(matches!(error(429, "cluster_block_exception", flood), Error::Full { .. }));
        let shards = "this action would add [1] shards, but this cluster currently has [1000]/[1000] maximum normal shards open;";
        assert!(matches!(error(400, "validation_exception", shards), Error::Full { .. }));
        for (status, kind) in [(400, "parsing_exception"), (401, "security_exception"), (403, "security_exception"), (413, "")] {
            assert!(matches!(error(status, kind, ""), Error::Terminal { .. }), "{status} {kind}");
        }
    }

    #[test]
    fn long_reasons_are_cut_and_can_be_left_out() {
        let cause = Cause::of_error(400, &json!({"type": "document_parsing_exception", "reason": "secret ".repeat(100)}));
        assert!(cause.is_of_document());
        assert!(cause.clone().into_error("storing").to_string().len() < 400);
        assert!(!cause.into_error_without_reason("storing").to_string().contains("secret"));
    }

    #[test]
    fn an_answer_that_is_not_json_is_told_by_its_status() {
        let reply = Reply { status: 502, body: "<html>Bad Gateway".into() };
        let error = Cause::of_reply(&reply).into_error("storing");
        assert!(error.is_retryable() && error.to_string().contains("502"), "{error}");
    }
}
