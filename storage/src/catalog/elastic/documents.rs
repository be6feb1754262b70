//! Documents of the catalog as Elasticsearch keeps them, by id and in lists.

use elasticsearch::http::Method;
use schemas::ids::ProjectId;
use serde::Deserialize;
use serde_json::{Value, json};

use super::ElasticCatalog;
use crate::{
    Error, Result,
    catalog::{Collection, Draft, Kept, List, Version},
    elastic::{Answer, Cause, Format},
};

/// To be raised with every change of the index.
const FORMAT: u32 = 1;
/// Most documents in one answer: each has at most 2 MiB, most have one kilobyte.
const AT_ONCE: usize = 100;

/// The format of the index.
pub(super) fn format() -> Format {
    let properties = json!({
        "collection": { "type": "keyword" },
        "id": { "type": "keyword" },
        // A number, but one that may be greater than a long.
        "project": { "type": "keyword" },
        "order": { "type": "long" },
        "json": { "type": "keyword", "index": false, "doc_values": false },
    });
    // Others' writes are to be listed within 2 s, whether anyone searched lately or not.
    let settings = json!({ "refresh_interval": "1s" });
    Format::new(FORMAT, settings, json!({ "dynamic": false, "properties": properties }))
}

/// A document as it is stored; `collection` stands beside it for searches only.
#[derive(Debug, Deserialize)]
struct Source {
    id: String,
    project: Option<String>,
    order: i64,
    json: String,
}

/// A document as it is found.
#[derive(Debug, Deserialize)]
struct Found {
    #[serde(rename = "_source")]
    source: Option<Source>,
    #[serde(rename = "_seq_no")]
    number: Option<u64>,
    #[serde(rename = "_primary_term")]
    term: Option<u64>,
    error: Option<Value>,
}

impl Found {
    fn read(self, doing: &str) -> Result<Option<Kept>> {
        if let Some(error) = self.error {
            return Err(Cause::of_error(503, &error).into_error_without_reason(doing));
        }
        let Some(Source { id, project, order, json }) = self.source else { return Ok(None) };
        let damaged = |cause: &str| Error::Damaged { place: format!("document {id} of the catalog"), cause: cause.into() };
        let project = project.map(|number| number.parse().map(ProjectId)).transpose().map_err(|_| damaged("its project is no number"))?;
        let version = self.number.zip(self.term).ok_or_else(|| damaged("it has no sequence number"))?;
        let draft = Draft { id, project, order, json: json.into_bytes() };
        Ok(Some(Kept { draft, version: Version(version.0, version.1) }))
    }
}

/// The id of a document among those of all collections.
pub(super) fn document_id(collection: Collection, id: &str) -> String {
    format!("{}/{id}", collection.name())
}

impl ElasticCatalog {
    pub(super) async fn get_documents(&self, collection: Collection, ids: &[String]) -> Result<Vec<Option<Kept>>> {
        #[derive(Deserialize)]
        struct Documents {
            docs: Vec<Found>,
        }
        let doing = format!("reading {}", collection.name());
        let path = format!("{}/_mget?filter_path=docs.found,docs._source,docs._seq_no,docs._primary_term,docs.error", self.name);
        let mut found = Vec::with_capacity(ids.len());
        for ids in ids.chunks(AT_ONCE) {
            let ids: Vec<String> = ids.iter().map(|id| document_id(collection, id)).collect();
            let answer: Documents = self.client.json(&doing, Method::Post, &path, Some(&json!({ "ids": ids }))).await?;
            if answer.docs.len() != ids.len() {
                return Err(Error::retryable(doing, "some documents were not answered"));
            }
            for document in answer.docs {
                found.push(document.read(&doing)?);
            }
        }
        Ok(found)
    }

    pub(super) async fn list_documents(&self, collection: Collection, list: &List) -> Result<Vec<Kept>> {
        let doing = format!("listing {}", collection.name());
        let mut filter = vec![json!({ "term": { "collection": collection.name() } })];
        match list.projects.as_deref() {
            None => {}
            Some([]) => return Ok(Vec::new()),
            Some(projects) => {
                let numbers: Vec<String> = projects.iter().map(ToString::to_string).collect();
                filter.push(json!({ "terms": { "project": numbers } }));
            }
        }
        self.see_own_writes().await?;
        let mut body = json!({
            "track_total_hits": false,
            "seq_no_primary_term": true,
            "query": { "bool": { "filter": filter } },
            "sort": [{ "order": "desc" }, { "id": "asc" }],
        });
        let mut kept: Vec<Kept> = Vec::new();
        let mut after = list.after.clone();
        while kept.len() < list.limit {
            let size = (list.limit - kept.len()).min(AT_ONCE);
            body["size"] = size.into();
            if let Some((order, id)) = after {
                body["search_after"] = json!([order, id]);
            }
            let answer: Answer<Found> = self.client.search(&doing, &self.name, &body).await?;
            let found = answer.hits.hits.len();
            for document in answer.hits.hits {
                kept.extend(document.read(&doing)?);
            }
            if found < size {
                break;
            }
            after = kept.last().map(|last| (last.draft.order, last.draft.id.clone()));
        }
        Ok(kept)
    }
}
