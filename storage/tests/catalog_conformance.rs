//! The catalog's conformance suite on SQLite, and what only SQLite can do wrong.
#![allow(clippy::unwrap_used)]

#[macro_use]
#[path = "catalog/suite.rs"]
mod suite;

mod sqlite {
    use std::{os::unix::fs::PermissionsExt, path::PathBuf, sync::Arc};

    use async_trait::async_trait;
    use storage::{
        Error,
        catalog::{Catalog, Collection, Draft, Expect, Write, sqlite::SqliteCatalog},
    };
    use tempfile::TempDir;

    use crate::suite::Store;

    struct Folder(TempDir);

    impl Folder {
        fn file(&self) -> PathBuf {
            self.0.path().join("catalog.sqlite")
        }
    }

    #[async_trait]
    impl Store for Folder {
        async fn open(&self) -> Arc<dyn Catalog> {
            Arc::new(SqliteCatalog::open(&self.file()).unwrap())
        }
    }

    async fn folder() -> Folder {
        Folder(TempDir::new().unwrap())
    }

    catalog_conformance!(folder);

    fn put(id: &str, text: &str) -> Vec<Write> {
        let json = serde_json::to_vec(text).unwrap();
        vec![Write::Put(Draft { id: id.into(), project: None, order: 0, json }, Expect::Any)]
    }

    #[tokio::test]
    async fn nothing_is_left_of_what_was_deleted_or_overwritten() {
        const WORD: &str = "jane7731@shop.example";
        let folder = folder().await;
        let (c, other) = (folder.open().await, folder.open().await);
        let holds = || {
            let files = std::fs::read_dir(folder.0.path()).unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap());
            files.into_iter().any(|bytes| bytes.windows(WORD.len()).any(|part| part == WORD.as_bytes()))
        };
        // Short ones share pages, long ones have pages of their own.
        for (number, length) in (0..300).map(|number| (number, if number % 10 == 0 { 20_000 } else { 100 + number })) {
            let text = if number % 3 == 0 { WORD } else { "nobody" };
            c.write(Collection::Feedback, put(&number.to_string(), &format!("{text}{}", "x".repeat(length)))).await.unwrap();
        }
        assert!(holds());
        c.compact().await.unwrap();
        assert!(holds(), "what is there is seen in the file too");
        for number in (0..300).step_by(3) {
            let id = number.to_string();
            let write = if number % 2 == 0 { vec![Write::Delete(id, Expect::Any)] } else { put(&id, "somebody") };
            c.write(Collection::Feedback, write).await.unwrap();
        }
        assert!(other.get(Collection::Feedback, &["3".to_owned()]).await.unwrap()[0].is_some());
        c.compact().await.unwrap();
        assert!(!holds());
        assert_eq!(c.get(Collection::Feedback, &["1".to_owned(), "0".to_owned()]).await.unwrap().iter().flatten().count(), 1);
    }

    #[tokio::test]
    async fn nobody_else_can_read_the_files() {
        let folder = folder().await;
        let c = folder.open().await;
        c.write(Collection::Keys, put("a", "")).await.unwrap();
        let mut files = 0;
        for file in std::fs::read_dir(folder.0.path()).unwrap() {
            let file = file.unwrap();
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.file_name());
            files += 1;
        }
        assert!(files >= 2, "the write-ahead log is not there");
    }

    #[tokio::test]
    async fn a_file_of_a_newer_program_is_a_mismatch_and_left_alone() {
        let folder = folder().await;
        folder.open().await.close().await.unwrap();
        let connection = rusqlite::Connection::open(folder.file()).unwrap();
        connection.pragma_update(None, "user_version", 1_000).unwrap();
        drop(connection);
        let error = SqliteCatalog::open(&folder.file()).unwrap_err();
        assert!(matches!(error, Error::Mismatch { .. }), "{error}");
        assert!(error.to_string().contains("newer program"), "{error}");
    }

    #[tokio::test]
    async fn what_is_no_database_is_damaged() {
        let folder = folder().await;
        std::fs::write(folder.file(), "no database ".repeat(1_000)).unwrap();
        let error = SqliteCatalog::open(&folder.file()).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
        assert!(error.to_string().contains("catalog.sqlite"), "{error}");
    }

    #[tokio::test]
    async fn a_missing_folder_is_named() {
        let folder = folder().await;
        let error = SqliteCatalog::open(&folder.0.path().join("missing/catalog.sqlite")).unwrap_err();
        assert!(error.to_string().contains("missing/catalog.sqlite"), "{error}");
        assert!(!error.is_retryable());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn many_processes_may_make_the_file_at_once() {
        let folder = folder().await;
        let file = folder.file();
        let openers: Vec<_> = (0..8)
            .map(|_| {
                std::thread::spawn({
                    let file = file.clone();
                    move || SqliteCatalog::open(&file)
                })
            })
            .collect();
        for (n, opener) in openers.into_iter().enumerate() {
            let c = opener.join().unwrap().unwrap();
            c.write(Collection::Keys, put(&n.to_string(), "")).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_closed_catalog_says_so() {
        let c = folder().await.open().await;
        c.close().await.unwrap();
        let error = c.write(Collection::Keys, put("a", "")).await.unwrap_err();
        assert!(matches!(error, Error::Terminal { .. }) && error.to_string().contains("closed"), "{error}");
    }
}

mod merges {
    use std::collections::BTreeMap;

    use jiff::Timestamp;
    use proptest::prelude::*;
    use schemas::{
        event::{Event, Grouping},
        ids::{EventId, Fingerprint, IssueId, ProjectId},
        issue::Issue,
    };
    use storage::catalog::{
        Catalog,
        issues::{self, Sighting},
        sqlite::SqliteCatalog,
    };

    /// Project, fingerprint, second, title.
    type Seen = (u64, u32, i64, String);

    fn seen() -> impl Strategy<Value = Seen> {
        (1_u64..3, 0_u32..4, 0_i64..50, "[a-c]")
    }

    fn sighting((project, n, second, title): &Seen) -> Sighting {
        let mut event = Event::new(EventId([0; 16]), ProjectId(*project), Timestamp::from_second(*second).unwrap());
        event.title.clone_from(title);
        event.grouping = Some(Grouping::new(fingerprint(*n), serde_json::json!([])));
        Sighting { slug: format!("p{project}"), issue: Issue::of(&event, IssueId(String::new())).unwrap(), previous: Vec::new() }
    }

    fn fingerprint(n: u32) -> Fingerprint {
        Fingerprint::fp1(&n.to_string())
    }

    /// What the issues must be: by project and fingerprint the first second, and the last one with its title.
    fn expected(batches: &[Vec<Seen>]) -> BTreeMap<(u64, u32), (i64, (i64, String))> {
        let mut issues = BTreeMap::new();
        for (project, n, second, title) in batches.iter().flatten() {
            let newest = (*second, title.clone());
            let issue = issues.entry((*project, *n)).or_insert_with(|| (*second, newest.clone()));
            issue.0 = issue.0.min(*second);
            issue.1 = issue.1.clone().max(newest);
        }
        issues
    }

    async fn found(c: &dyn Catalog) -> BTreeMap<(u64, u32), (i64, (i64, String))> {
        let mut found = BTreeMap::new();
        for issue in issues::list(c, None, None, 100).await.unwrap() {
            let n = (0..4).find(|n| issue.fingerprints == [fingerprint(*n)]).unwrap();
            found.insert((issue.project.0, n), (issue.first_seen.as_second(), (issue.last_seen.as_second(), issue.title)));
        }
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn any_batches_again_and_by_two_at_once_give_the_same_issues(
            batches in proptest::collection::vec(proptest::collection::vec(seen(), 0..12), 1..5),
        ) {
            let folder = tempfile::TempDir::new().unwrap();
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
            let (found, expected) = runtime.block_on(async {
                let [one, two] = [(); 2].map(|()| SqliteCatalog::open(&folder.path().join("c.sqlite")).unwrap());
                let forward = async {
                    for batch in &batches {
                        issues::merge(&one, batch.iter().map(sighting).collect()).await.unwrap();
                    }
                };
                let backward = async {
                    for batch in batches.iter().rev() {
                        issues::merge(&two, batch.iter().rev().map(sighting).collect()).await.unwrap();
                    }
                };
                tokio::join!(forward, backward);
                (found(&one).await, expected(&batches))
            });
            prop_assert_eq!(found, expected);
        }
    }
}
