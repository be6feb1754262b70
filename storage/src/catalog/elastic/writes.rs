//! Writes: lines of a bulk request, each with what must be there for it to happen.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ElasticCatalog, documents::document_id};
use crate::{
    Error, Result,
    catalog::{Collection, Expect, Version, Write, Written},
    elastic::Cause,
};

/// Where a bulk request is cut, in bytes.
const BULK_BYTES: usize = 6 << 20;

/// The answer to one line.
#[derive(Debug, Deserialize)]
struct Item {
    status: u16,
    #[serde(rename = "_seq_no")]
    number: Option<u64>,
    #[serde(rename = "_primary_term")]
    term: Option<u64>,
    #[serde(default)]
    error: Value,
}

impl Item {
    fn read(self, doing: &str) -> Result<Written> {
        match (self.status, self.number.zip(self.term)) {
            (409, _) => Ok(Written::Conflict),
            // 404: deleted, but nothing was there.
            (200..300 | 404, Some((number, term))) => Ok(Written::Done(Version(number, term))),
            (status, _) => Err(Cause::of_error(status, &self.error).into_error_without_reason(doing)),
        }
    }
}

impl ElasticCatalog {
    pub(super) async fn write_documents(&self, collection: Collection, writes: &[Write]) -> Result<Vec<Written>> {
        let doing = format!("writing to {}", collection.name());
        let mut written = vec![Written::Conflict; writes.len()];
        let (mut places, mut body) = (Vec::new(), Vec::new());
        for (place, write) in writes.iter().enumerate() {
            match write {
                // Versions that Elasticsearch never gave, and would not read.
                Write::Put(_, Expect::Version(version)) | Write::Delete(_, Expect::Version(version)) if !is_real(*version) => continue,
                Write::Delete(id, Expect::Absent) => {
                    let there = self.get_documents(collection, std::slice::from_ref(id)).await?.remove(0);
                    if there.is_none() {
                        written[place] = Written::Done(NOTHING);
                    }
                    continue;
                }
                write => push(collection, write, &mut body).map_err(|e| Error::terminal(&doing, e))?,
            }
            places.push(place);
            if body.len() >= BULK_BYTES {
                self.send(&doing, std::mem::take(&mut places), std::mem::take(&mut body).into(), &mut written).await?;
            }
        }
        if !places.is_empty() {
            self.send(&doing, places, body.into(), &mut written).await?;
        }
        Ok(written)
    }

    async fn send(&self, doing: &str, places: Vec<usize>, body: Bytes, written: &mut [Written]) -> Result<()> {
        #[derive(Deserialize)]
        struct Answer {
            items: Vec<std::collections::HashMap<String, Item>>,
        }
        let path = format!("{}/_bulk?filter_path=items.*.status,items.*._seq_no,items.*._primary_term,items.*.error", self.name);
        let answer: Answer = self.client.lines(doing, &path, body).await?;
        let items: Vec<Item> = answer.items.into_iter().flat_map(std::collections::HashMap::into_values).collect();
        if items.len() != places.len() {
            return Err(Error::retryable(doing, "some writes were not answered"));
        }
        for (place, item) in places.into_iter().zip(items) {
            written[place] = item.read(doing)?;
        }
        Ok(())
    }
}

/// The version of what is not there. Elasticsearch counts terms from 1.
const NOTHING: Version = Version(0, 0);

fn is_real(Version(number, term): Version) -> bool {
    let in_range = |n: u64| i64::try_from(n).is_ok();
    term > 0 && in_range(number) && in_range(term)
}

fn push(collection: Collection, write: &Write, body: &mut Vec<u8>) -> Result<(), &'static str> {
    let mut about = json!({ "_id": document_id(collection, write.id()) });
    let expect = match write {
        Write::Put(_, expect) | Write::Delete(_, expect) => *expect,
    };
    if let Expect::Version(Version(number, term)) = expect {
        about["if_seq_no"] = number.into();
        about["if_primary_term"] = term.into();
    }
    let (action, document) = match write {
        Write::Delete(..) => ("delete", None),
        Write::Put(draft, Expect::Absent) => ("create", Some(draft)),
        Write::Put(draft, _) => ("index", Some(draft)),
    };
    body.extend_from_slice(json!({ action: about }).to_string().as_bytes());
    body.push(b'\n');
    if let Some(draft) = document {
        let json = std::str::from_utf8(&draft.json).map_err(|_| "the document is not UTF-8")?;
        let project = draft.project.map(|project| project.to_string());
        let source = json!({ "collection": collection.name(), "id": draft.id, "project": project, "order": draft.order, "json": json });
        body.extend_from_slice(source.to_string().as_bytes());
        body.push(b'\n');
    }
    Ok(())
}
