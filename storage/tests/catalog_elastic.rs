//! The catalog's conformance suite on Elasticsearch 9 and 8, and what only Elasticsearch can do wrong.
#![allow(clippy::unwrap_used)]

#[macro_use]
#[path = "catalog/suite.rs"]
mod suite;
#[path = "elastic/place.rs"]
mod place;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;
use storage::{
    Error,
    catalog::{Catalog, Collection, Draft, Expect, Version, Write, Written, elastic::ElasticCatalog},
};

use crate::{place::Place, suite::Store};

#[async_trait]
impl Store for Place {
    async fn open(&self) -> Arc<dyn Catalog> {
        Arc::new(ElasticCatalog::connect(self.options()).await.unwrap())
    }
}

/// Makes a test of each case below.
macro_rules! elastic_only {
    ($make:path) => { elastic_only! { @cases $make:
        another_format_of_the_index_is_a_mismatch_that_is_left_alone
        processes_that_start_at_once_make_one_index
        versions_of_other_engines_are_conflicts
        an_absent_document_can_be_deleted_as_absent
    } };
    (@cases $make:path: $($case:ident)*) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            crate::$case(&$make().await).await;
        }
    )* };
}

mod es9 {
    use crate::place::Place;

    async fn place() -> Place {
        Place::new("BELFRY_TEST_ES9")
    }

    catalog_conformance!(place);
    elastic_only!(place);
}

mod es8 {
    use crate::place::Place;

    async fn place() -> Place {
        Place::new("BELFRY_TEST_ES8")
    }

    catalog_conformance!(place);
    elastic_only!(place);
}

async fn another_format_of_the_index_is_a_mismatch_that_is_left_alone(place: &Place) {
    let name = format!("{}-catalog", place.prefix());
    place.ask("PUT", &name, Some(&json!({ "mappings": { "_meta": { "belfry": { "format": 1_000 } } } }))).await;
    let error = ElasticCatalog::connect(place.options()).await.unwrap_err();
    assert!(matches!(error, Error::Mismatch { .. }), "{error}");
    assert!(error.to_string().contains(&name) && error.to_string().contains("1000"), "{error}");
    let mapping = place.ask("GET", &format!("{name}/_mapping"), None).await;
    assert_eq!(mapping[&name]["mappings"], json!({ "_meta": { "belfry": { "format": 1_000 } } }));
}

async fn processes_that_start_at_once_make_one_index(place: &Place) {
    let starts = (0..8).map(|_| ElasticCatalog::connect(place.options()));
    for started in futures::future::join_all(starts).await {
        started.unwrap();
    }
}

fn put(expect: Expect) -> Vec<Write> {
    vec![Write::Put(Draft { id: "a".into(), project: None, order: 0, json: b"{}".to_vec() }, expect)]
}

async fn versions_of_other_engines_are_conflicts(place: &Place) {
    let c = place.open().await;
    c.write(Collection::Keys, put(Expect::Absent)).await.unwrap();
    for version in [Version(1, 0), Version(u64::MAX, 1), Version(0, u64::MAX), Version(9, 1)] {
        let written = c.write(Collection::Keys, put(Expect::Version(version))).await.unwrap();
        assert_eq!(written, [Written::Conflict], "{version:?}");
    }
}

async fn an_absent_document_can_be_deleted_as_absent(place: &Place) {
    let c = place.open().await;
    let delete = || vec![Write::Delete("a".into(), Expect::Absent)];
    assert!(matches!(c.write(Collection::Keys, delete()).await.unwrap()[..], [Written::Done(_)]));
    c.write(Collection::Keys, put(Expect::Absent)).await.unwrap();
    assert_eq!(c.write(Collection::Keys, delete()).await.unwrap(), [Written::Conflict]);
    assert!(c.get(Collection::Keys, &["a".into()]).await.unwrap()[0].is_some());
}
