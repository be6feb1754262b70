//! What only the embedded engine can be tried for: its files.

use std::{
    fs::{self, OpenOptions},
    path::{Path, PathBuf},
    sync::Arc,
};

use schemas::query::Expr;
use storage::{
    Error,
    index::{
        Index, Put,
        tantivy::{Options, TantivyIndex},
    },
};

use super::suite::events::*;

fn open(dir: &Path) -> Arc<dyn Index> {
    Arc::new(TantivyIndex::open(dir, Options::default()).unwrap())
}

fn refused(dir: &Path) -> Error {
    TantivyIndex::open(dir, Options::default()).err().unwrap()
}

/// A directory with one day of three events, closed.
async fn stored() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let index = open(dir.path());
    store(&index, vec![event(1), event(2), event(3)]).await;
    index.close().await.unwrap();
    dir
}

fn day(dir: &tempfile::TempDir) -> PathBuf {
    dir.path().join("2026-11-20")
}

fn segment_file(dir: &tempfile::TempDir, extension: &str) -> PathBuf {
    let mut files = fs::read_dir(day(dir)).unwrap().map(|entry| entry.unwrap().path());
    files.find(|path| path.extension().is_some_and(|found| found == extension)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_that_was_made_otherwise_is_refused_and_left_alone() {
    let dir = stored().await;
    let mark = day(&dir).join("belfry.json");
    let own = fs::read(&mark).unwrap();
    fs::write(&mark, "{\"version\":0,\"fields\":\"other\"}\n").unwrap();
    let error = refused(dir.path());
    assert!(matches!(&error, Error::Mismatch { .. }), "{error}");
    assert!(error.to_string().contains("replay the log"), "{error}");
    fs::write(&mark, own).unwrap();
    assert_eq!(found(&open(dir.path()), Expr::All).await, [1, 2, 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn days_that_were_left_half_made_or_half_removed_are_cleared_away() {
    let dir = stored().await;
    for name in [".new-2026-11-21", ".dropped-2026-11-19"] {
        fs::create_dir(dir.path().join(name)).unwrap();
        fs::write(dir.path().join(name).join("meta.json"), "{").unwrap();
    }
    fs::create_dir(dir.path().join("lost+found")).unwrap();
    let index = open(dir.path());
    assert_eq!(index.days().await.unwrap().len(), 1);
    assert_eq!(put_one(&index, &event_at(4, "2026-11-21T00:00:00Z"), 4).await, Put::Stored);
    index.flush().await.unwrap();
    assert_eq!(found(&index, Expr::All).await, [1, 2, 3, 4]);
    let mut names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["2026-11-20", "2026-11-21", "lost+found"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_files_are_errors_that_name_the_day() {
    for damage in ["meta.json", "idx", "term", "fast", "store", "pos"] {
        let dir = stored().await;
        let file = if damage == "meta.json" { day(&dir).join(damage) } else { segment_file(&dir, damage) };
        let length = fs::metadata(&file).unwrap().len();
        OpenOptions::new().write(true).open(&file).unwrap().set_len(length - 3).unwrap();
        let error = refused(dir.path());
        assert!(matches!(&error, Error::Damaged { .. }), "{damage}: {error:?}");
        assert!(error.to_string().contains("2026-11-20"), "{damage}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_segment_is_an_error() {
    let dir = stored().await;
    fs::remove_file(segment_file(&dir, "fast")).unwrap();
    assert!(matches!(refused(dir.path()), Error::Damaged { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_committed_is_committed_later() {
    let dir = stored().await;
    let index = open(dir.path());
    assert_eq!(put_one(&index, &event(4), 4).await, Put::Stored);
    let away = dir.path().join("away");
    fs::rename(day(&dir), &away).unwrap();
    assert!(index.flush().await.is_err());
    assert!(index.flush().await.is_err(), "still not");
    assert_eq!(put_one(&index, &event(4), 4).await, Put::Unchanged { slim: false });
    assert_eq!(put_one(&index, &event(5), 5).await, Put::Stored);
    fs::rename(&away, day(&dir)).unwrap();
    index.flush().await.unwrap();
    assert_eq!(found(&index, Expr::All).await, [1, 2, 3, 4, 5]);
    index.close().await.unwrap();
    assert_eq!(found(&open(dir.path()), Expr::All).await, [1, 2, 3, 4, 5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_are_answered_while_days_come_and_go() {
    let dir = tempfile::tempdir().unwrap();
    let index = open(dir.path());
    let asked = {
        let index = index.clone();
        tokio::spawn(async move {
            let mut most = 0;
            while most < 200 {
                let counted = index.count(&count(vec![])).await.unwrap();
                let page = index.search(&scope(Expr::All), None, 10).await.unwrap();
                assert!(page.hits.len() == 10 || counted.total < 10 + most);
                most = most.max(counted.total);
            }
        })
    };
    for n in 0..200 {
        let event = event_at(n, &format!("2026-11-{:02}T12:00:00Z", 1 + n % 8));
        assert_eq!(put_one(&index, &event, n).await, Put::Stored);
        if n % 10 == 9 {
            index.flush().await.unwrap();
        }
    }
    asked.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn days_that_a_process_left_in_many_segments_become_one_each_while_nothing_is_written_to_them() {
    let dir = tempfile::tempdir().unwrap();
    let days = ["2026-11-20", "2026-11-21"];
    let index = open(dir.path());
    for number in 0..10 {
        let event = event_at(number, &format!("{}T12:00:00Z", days[number as usize % 2]));
        assert_eq!(put_one(&index, &event, number).await, Put::Stored);
        index.flush().await.unwrap();
    }
    index.close().await.unwrap();
    drop(index);
    let segments = |day: &str| tantivy::Index::open_in_dir(dir.path().join(day)).unwrap().searchable_segment_ids().unwrap().len();
    assert_eq!(days.map(segments), [5, 5]);
    let index = open(dir.path());
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while days.map(segments) != [1, 1] {
        assert!(std::time::Instant::now() < deadline, "{:?}", days.map(segments));
        for _ in 0..1_024 {
            index.flush().await.unwrap();
        }
    }
    assert_eq!(found(&index, Expr::All).await.len(), 10);
    // An event that comes late is stored all the same.
    assert_eq!(put_one(&index, &event_at(10, "2026-11-20T13:00:00Z"), 10).await, Put::Stored);
    index.flush().await.unwrap();
    assert_eq!(found(&index, Expr::All).await.len(), 11);
    index.close().await.unwrap();
}
