//! What every engine of the catalog must do: the contract of `storage::catalog::Catalog`, case by case, and the typed
//! modules over it. An engine runs it by `catalog_conformance!(make_store)` in a module of its own.

use std::{collections::HashSet, sync::Arc, time::Duration};

use async_trait::async_trait;
use schemas::{ids::ProjectId, limits};
use storage::{
    Error,
    catalog::{Catalog, Collection, Draft, Expect, Kept, List, Version, Write, Written},
};

mod enrichment;
mod files;
mod jobs;
mod merged;
mod renamed;
mod typed;

pub(crate) use enrichment::*;
pub(crate) use files::*;
pub(crate) use jobs::*;
pub(crate) use merged::*;
pub(crate) use renamed::*;
pub(crate) use typed::*;

/// An empty catalog that several processes share.
#[async_trait]
pub(crate) trait Store: Send + Sync {
    /// Opens it as one more process would.
    async fn open(&self) -> Arc<dyn Catalog>;
}

/// A test for each case. `$make` is an async function that gives a fresh, empty [`Store`].
macro_rules! catalog_conformance {
    ($make:path) => {
        catalog_conformance!(@cases $make:
            what_is_put_is_got_in_the_order_asked
            collections_are_apart
            absent_is_expected_once
            a_version_is_good_for_one_write
            a_deleted_document_is_gone_and_its_versions_never_come_back
            each_write_of_a_batch_stands_for_itself
            of_competing_writers_one_gets_each_version
            lists_descend_by_order_then_ascend_by_id
            pages_follow_each_other_without_gap_or_repeat
            lists_keep_to_their_projects
            a_list_follows_changes_of_order_project_and_deletion
            another_process_sees_what_was_written
            what_was_written_is_there_after_closing
            ids_and_documents_have_limits
            a_batch_with_one_id_twice_is_refused
            documents_are_kept_byte_by_byte
            many_documents_are_got_at_once
            closing_leaves_other_processes_alone
            projects_count_from_one_and_have_slugs_of_their_own
            projects_made_at_once_get_different_numbers_and_slugs
            a_reserved_slug_without_a_project_is_taken_over
            a_project_changes_but_not_its_number_and_slug
            keys_belong_to_one_project
            tokens_are_found_by_secret_and_kept_by_hash
            processes_that_ask_at_once_share_one_key_for_hashes
            dead_letters_are_listed_newest_first_and_added_once
            feedback_is_kept_once_and_found_by_event_and_by_time
            an_event_shows_a_bounded_number_of_feedback_and_the_list_has_all
            old_feedback_is_swept
            a_file_is_whole_when_its_last_part_came_in_any_order_and_number
            files_beyond_the_room_of_a_project_are_not_kept_and_a_replay_decides_alike
            an_event_has_a_bounded_number_of_files
            old_files_are_swept_and_make_room
            usage_is_kept_by_project_day_and_process
            a_job_is_held_by_one_until_its_lease_ends
            a_job_that_is_begun_too_often_fails
            a_job_that_was_called_off_is_not_held_any_more
            services_are_one_catalogue_that_others_see
            services_changed_at_once_are_all_kept
            the_service_catalogue_has_a_size
            deploys_are_listed_newest_first_and_tell_commits
            a_new_fingerprint_makes_an_issue_and_a_known_one_joins_it
            sightings_again_and_in_any_order_change_nothing
            an_id_that_another_issue_has_gets_longer
            an_issue_without_its_fingerprint_is_found_again
            a_group_under_its_new_name_joins_the_issue_of_its_earlier_one
            earlier_names_that_come_in_the_same_batch_or_name_each_other_do_no_harm
            processors_that_race_agree_where_a_renamed_group_belongs
            processors_that_race_make_the_same_issues
            merged_issues_are_one_with_the_times_of_all
            a_split_and_an_undo_leave_each_issue_with_its_own_times
            merges_keep_to_what_is_there
            merges_and_sightings_at_once_lose_nothing
            whoever_is_killed_between_writes_leaves_nothing_half_done
        );
    };
    (@cases $make:path: $($case:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                $crate::suite::$case(&$make().await).await;
            }
        )*
    };
}

const COLLECTION: Collection = Collection::Keys;

fn draft(id: &str, project: Option<u64>, order: i64, text: &str) -> Draft {
    let json = serde_json::to_vec(&serde_json::json!({ "text": text })).unwrap();
    Draft { id: id.into(), project: project.map(ProjectId), order, json }
}

async fn put(c: &dyn Catalog, draft: Draft, expect: Expect) -> Written {
    c.write(COLLECTION, vec![Write::Put(draft, expect)]).await.unwrap().remove(0)
}

async fn delete(c: &dyn Catalog, id: &str, expect: Expect) -> Written {
    c.write(COLLECTION, vec![Write::Delete(id.into(), expect)]).await.unwrap().remove(0)
}

async fn get(c: &dyn Catalog, id: &str) -> Option<Kept> {
    c.get(COLLECTION, &[id.into()]).await.unwrap().remove(0)
}

fn version(written: Written) -> Version {
    match written {
        Written::Done(version) => version,
        Written::Conflict => panic!("a conflict where none was expected"),
    }
}

async fn ids(c: &dyn Catalog, list: List) -> Vec<String> {
    c.list(COLLECTION, &list).await.unwrap().into_iter().map(|kept| kept.draft.id).collect()
}

fn first(limit: usize) -> List {
    List { limit, ..List::default() }
}

pub(crate) async fn what_is_put_is_got_in_the_order_asked(store: &dyn Store) {
    let c = store.open().await;
    let a = version(put(&*c, draft("a", Some(1), 5, "first"), Expect::Any).await);
    let b = version(put(&*c, draft("b", None, -5, "second"), Expect::Any).await);
    let found = c.get(COLLECTION, &["b".into(), "nothing".into(), "a".into(), "b".into()]).await.unwrap();
    let kept_b = Kept { draft: draft("b", None, -5, "second"), version: b };
    let kept_a = Kept { draft: draft("a", Some(1), 5, "first"), version: a };
    assert_eq!(found, [Some(kept_b.clone()), None, Some(kept_a), Some(kept_b)]);
    assert_eq!(c.get(COLLECTION, &[]).await.unwrap(), []);
    assert_eq!(c.write(COLLECTION, Vec::new()).await.unwrap(), []);
}

pub(crate) async fn collections_are_apart(store: &dyn Store) {
    let c = store.open().await;
    for collection in Collection::ALL {
        let write = Write::Put(draft("same", Some(1), 0, collection.name()), Expect::Absent);
        assert!(matches!(c.write(collection, vec![write]).await.unwrap()[..], [Written::Done(_)]), "{}", collection.name());
    }
    for collection in Collection::ALL {
        let found = c.get(collection, &["same".into()]).await.unwrap().remove(0).unwrap();
        assert_eq!(found.draft, draft("same", Some(1), 0, collection.name()));
        assert_eq!(c.list(collection, &first(10)).await.unwrap(), [found]);
    }
}

pub(crate) async fn absent_is_expected_once(store: &dyn Store) {
    let c = store.open().await;
    version(put(&*c, draft("a", None, 0, "first"), Expect::Absent).await);
    assert_eq!(put(&*c, draft("a", None, 0, "second"), Expect::Absent).await, Written::Conflict);
    assert_eq!(get(&*c, "a").await.unwrap().draft, draft("a", None, 0, "first"));
    version(put(&*c, draft("a", None, 0, "third"), Expect::Any).await);
    assert_eq!(get(&*c, "a").await.unwrap().draft, draft("a", None, 0, "third"));
}

pub(crate) async fn a_version_is_good_for_one_write(store: &dyn Store) {
    let c = store.open().await;
    let one = version(put(&*c, draft("a", None, 0, "one"), Expect::Absent).await);
    assert_eq!(get(&*c, "a").await.unwrap().version, one);
    let two = version(put(&*c, draft("a", None, 0, "two"), Expect::Version(one)).await);
    assert_ne!(one, two);
    assert_eq!(put(&*c, draft("a", None, 0, "late"), Expect::Version(one)).await, Written::Conflict);
    assert_eq!(delete(&*c, "a", Expect::Version(one)).await, Written::Conflict);
    assert_eq!(put(&*c, draft("nothing", None, 0, ""), Expect::Version(two)).await, Written::Conflict);
    // The same content again is a new version all the same.
    let three = version(put(&*c, draft("a", None, 0, "two"), Expect::Version(two)).await);
    assert_ne!(two, three);
    assert_eq!(get(&*c, "a").await.unwrap(), Kept { draft: draft("a", None, 0, "two"), version: three });
}

pub(crate) async fn a_deleted_document_is_gone_and_its_versions_never_come_back(store: &dyn Store) {
    let c = store.open().await;
    let mut seen = HashSet::new();
    for _ in 0..3 {
        let there = version(put(&*c, draft("a", Some(1), 0, "same"), Expect::Absent).await);
        let gone = version(delete(&*c, "a", Expect::Version(there)).await);
        assert!(seen.insert(there) && seen.insert(gone), "a version came back");
        assert_eq!(get(&*c, "a").await, None);
        assert_eq!(ids(&*c, first(10)).await, Vec::<String>::new());
        for old in &seen {
            assert_eq!(put(&*c, draft("a", None, 0, "late"), Expect::Version(*old)).await, Written::Conflict);
        }
    }
    version(put(&*c, draft("a", None, 0, "again"), Expect::Absent).await);
    version(delete(&*c, "a", Expect::Any).await);
    assert_eq!(get(&*c, "a").await, None);
    assert_eq!(delete(&*c, "a", Expect::Version(Version(1, 1))).await, Written::Conflict);
}

pub(crate) async fn each_write_of_a_batch_stands_for_itself(store: &dyn Store) {
    let c = store.open().await;
    let b = version(put(&*c, draft("b", None, 0, "b"), Expect::Absent).await);
    let d = version(put(&*c, draft("d", None, 0, "d"), Expect::Absent).await);
    let written = c
        .write(
            COLLECTION,
            vec![
                Write::Put(draft("a", None, 0, "a"), Expect::Absent),
                Write::Put(draft("b", None, 0, "late"), Expect::Absent),
                Write::Put(draft("c", None, 0, "c"), Expect::Version(b)),
                Write::Delete("d".into(), Expect::Version(d)),
                Write::Put(draft("e", None, 0, "e"), Expect::Any),
            ],
        )
        .await
        .unwrap();
    let done: Vec<bool> = written.iter().map(|w| matches!(w, Written::Done(_))).collect();
    assert_eq!(done, [true, false, false, true, true]);
    let there = c.get(COLLECTION, &["a", "b", "c", "d", "e"].map(String::from)).await.unwrap();
    let versions: Vec<Option<Version>> = there.iter().map(|kept| kept.as_ref().map(|k| k.version)).collect();
    assert_eq!(versions, [Some(version(written[0])), Some(b), None, None, Some(version(written[4]))]);
}

pub(crate) async fn of_competing_writers_one_gets_each_version(store: &dyn Store) {
    const WRITERS: usize = 4;
    const EACH: u64 = 10;
    let c = store.open().await;
    version(c.write(COLLECTION, vec![Write::Put(number(0), Expect::Absent)]).await.unwrap().remove(0));
    let mut tasks = Vec::new();
    for _ in 0..WRITERS {
        let c = store.open().await;
        tasks.push(tokio::spawn(async move {
            for _ in 0..EACH {
                loop {
                    let kept = get(&*c, "number").await.unwrap();
                    let next = number(read_number(&kept) + 1);
                    if put(&*c, next, Expect::Version(kept.version)).await != Written::Conflict {
                        break;
                    }
                }
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(read_number(&get(&*c, "number").await.unwrap()), WRITERS as u64 * EACH);
}

fn number(n: u64) -> Draft {
    Draft { id: "number".into(), project: None, order: 0, json: serde_json::to_vec(&serde_json::json!({ "n": n })).unwrap() }
}

fn read_number(kept: &Kept) -> u64 {
    serde_json::from_slice::<serde_json::Value>(&kept.draft.json).unwrap()["n"].as_u64().unwrap()
}

pub(crate) async fn lists_descend_by_order_then_ascend_by_id(store: &dyn Store) {
    let c = store.open().await;
    let orders = [("b", 5), ("a", 5), ("z", 9), ("y", -3), ("B", 5), ("x", i64::MAX), ("w", i64::MIN), ("ä", 5), ("a-10", 5), ("a-9", 5)];
    let writes = orders.iter().map(|(id, order)| Write::Put(draft(id, None, *order, ""), Expect::Absent)).collect();
    c.write(COLLECTION, writes).await.unwrap();
    // Ids compare byte by byte.
    assert_eq!(ids(&*c, first(100)).await, ["x", "z", "B", "a", "a-10", "a-9", "b", "ä", "y", "w"]);
    assert_eq!(ids(&*c, first(3)).await, ["x", "z", "B"]);
    assert_eq!(ids(&*c, first(0)).await, Vec::<String>::new());
}

pub(crate) async fn pages_follow_each_other_without_gap_or_repeat(store: &dyn Store) {
    let c = store.open().await;
    let mut expected = Vec::new();
    let mut writes = Vec::new();
    for n in 0..25_i64 {
        let id = format!("id-{n:02}");
        writes.push(Write::Put(draft(&id, Some(1 + n as u64 % 3), n / 4, ""), Expect::Absent));
        expected.push((-(n / 4), id));
    }
    expected.sort();
    c.write(COLLECTION, writes).await.unwrap();
    for projects in [None, Some(vec![ProjectId(1), ProjectId(2), ProjectId(3)])] {
        let mut list = List { projects, after: None, limit: 7 };
        let mut seen = Vec::new();
        loop {
            let page = c.list(COLLECTION, &list).await.unwrap();
            let Some(last) = page.last() else { break };
            list.after = Some((last.draft.order, last.draft.id.clone()));
            seen.extend(page.into_iter().map(|kept| kept.draft.id));
        }
        assert_eq!(seen, expected.iter().map(|(_, id)| id.clone()).collect::<Vec<_>>());
    }
}

pub(crate) async fn lists_keep_to_their_projects(store: &dyn Store) {
    let c = store.open().await;
    let owners = [("a", Some(1)), ("b", Some(2)), ("c", None), ("d", Some(u64::MAX)), ("e", Some(2)), ("f", Some(12))];
    let writes = owners.iter().map(|(id, project)| Write::Put(draft(id, *project, 0, ""), Expect::Absent)).collect();
    c.write(COLLECTION, writes).await.unwrap();
    for (projects, expected) in [
        (vec![2], vec!["b", "e"]),
        (vec![1, 2], vec!["a", "b", "e"]),
        (vec![u64::MAX], vec!["d"]),
        (vec![u64::MAX, 12], vec!["d", "f"]),
        (vec![3], vec![]),
        (vec![], vec![]),
    ] {
        let list = List { projects: Some(projects.into_iter().map(ProjectId).collect()), after: None, limit: 100 };
        assert_eq!(ids(&*c, list.clone()).await, expected, "{:?}", list.projects);
    }
    let list = List { projects: Some(vec![ProjectId(2)]), after: Some((0, "b".into())), limit: 100 };
    assert_eq!(ids(&*c, list).await, ["e"]);
}

pub(crate) async fn a_list_follows_changes_of_order_project_and_deletion(store: &dyn Store) {
    let c = store.open().await;
    for (id, order) in [("a", 1), ("b", 2), ("c", 3)] {
        version(put(&*c, draft(id, Some(1), order, ""), Expect::Absent).await);
    }
    assert_eq!(ids(&*c, first(10)).await, ["c", "b", "a"]);
    version(put(&*c, draft("a", Some(2), 9, "moved"), Expect::Any).await);
    version(delete(&*c, "b", Expect::Any).await);
    assert_eq!(ids(&*c, first(10)).await, ["a", "c"]);
    let of_one = List { projects: Some(vec![ProjectId(1)]), ..first(10) };
    assert_eq!(ids(&*c, of_one).await, ["c"]);
}

pub(crate) async fn another_process_sees_what_was_written(store: &dyn Store) {
    let (c, other) = (store.open().await, store.open().await);
    for n in 0..5 {
        let text = format!("round {n}");
        version(put(&*c, draft("a", Some(1), n, &text), Expect::Any).await);
        assert_eq!(get(&*other, "a").await.unwrap().draft, draft("a", Some(1), n, &text));
        version(put(&*other, draft("b", Some(1), n, &text), Expect::Any).await);
        assert_eq!(get(&*c, "b").await.unwrap().draft, draft("b", Some(1), n, &text));
    }
    version(put(&*other, draft("c", Some(1), 99, ""), Expect::Absent).await);
    // Lists may take up to 2 s to follow another process.
    for _ in 0..100 {
        if ids(&*c, first(1)).await == ["c"] {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the list never showed what another process wrote");
}

pub(crate) async fn what_was_written_is_there_after_closing(store: &dyn Store) {
    let c = store.open().await;
    let kept = version(put(&*c, draft("a", Some(1), 3, "kept"), Expect::Absent).await);
    c.close().await.unwrap();
    let c = store.open().await;
    c.health().await.unwrap();
    assert_eq!(get(&*c, "a").await.unwrap(), Kept { draft: draft("a", Some(1), 3, "kept"), version: kept });
    let next = version(put(&*c, draft("a", Some(1), 3, "next"), Expect::Version(kept)).await);
    assert_ne!(next, kept);
}

pub(crate) async fn ids_and_documents_have_limits(store: &dyn Store) {
    let c = store.open().await;
    let id = "ü".repeat(limits::DOCUMENT_ID_BYTES / 2);
    let text = "x".repeat(limits::DOCUMENT_BYTES - "{\"text\":\"\"}".len());
    version(put(&*c, draft(&id, None, 0, &text), Expect::Absent).await);
    assert_eq!(get(&*c, &id).await.unwrap().draft.json.len(), limits::DOCUMENT_BYTES);
    let too_long = [draft(&format!("{id}x"), None, 0, ""), draft("a", None, 0, &format!("{text}x")), draft("", None, 0, "")];
    for bad in too_long {
        let error = c.write(COLLECTION, vec![Write::Put(bad, Expect::Any)]).await.unwrap_err();
        assert!(!error.is_retryable(), "{error}");
    }
}

pub(crate) async fn a_batch_with_one_id_twice_is_refused(store: &dyn Store) {
    let c = store.open().await;
    let twice = vec![Write::Put(draft("a", None, 0, ""), Expect::Any), Write::Delete("a".into(), Expect::Any)];
    let error = c.write(COLLECTION, twice).await.unwrap_err();
    assert!(matches!(error, Error::Terminal { .. }), "{error}");
    assert_eq!(get(&*c, "a").await, None);
}

pub(crate) async fn documents_are_kept_byte_by_byte(store: &dyn Store) {
    let c = store.open().await;
    let json = br#"{ "z":1,"a" : [1.0, 1e400, 12345678901234567890123], "text":"\u00e4 \u0000 \" \ud83d\ude00", "a":2 }"#.to_vec();
    let odd = Draft { id: "odd / id?%#'\"\\ *".into(), project: None, order: 0, json };
    version(put(&*c, odd.clone(), Expect::Absent).await);
    assert_eq!(get(&*c, &odd.id).await.unwrap().draft, odd);
    assert_eq!(c.list(COLLECTION, &first(1)).await.unwrap()[0].draft, odd);
}

pub(crate) async fn many_documents_are_got_at_once(store: &dyn Store) {
    let c = store.open().await;
    let drafts: Vec<Draft> = (0..1_000).map(|n| draft(&format!("id-{n}"), Some(1), n, "text")).collect();
    let writes = drafts.iter().cloned().map(|draft| Write::Put(draft, Expect::Absent)).collect();
    let written = c.write(COLLECTION, writes).await.unwrap();
    let versions: HashSet<Version> = written.into_iter().map(version).collect();
    assert_eq!(versions.len(), 1_000);
    let ids: Vec<String> = drafts.iter().rev().map(|draft| draft.id.clone()).collect();
    let found = c.get(COLLECTION, &ids).await.unwrap();
    assert!(found.into_iter().map(|kept| kept.unwrap().draft).eq(drafts.into_iter().rev()));
}

pub(crate) async fn closing_leaves_other_processes_alone(store: &dyn Store) {
    let (c, other) = (store.open().await, store.open().await);
    version(put(&*c, draft("a", None, 0, ""), Expect::Absent).await);
    c.close().await.unwrap();
    other.health().await.unwrap();
    version(put(&*other, draft("b", None, 0, ""), Expect::Absent).await);
    assert!(get(&*other, "a").await.is_some());
}
