//! That nothing of an erased event is left in the files of the embedded engine, wherever it ended.

use std::{collections::BTreeSet, fs, path::Path, sync::Arc};

use jiff::civil::date;
use schemas::{event::Event, query::Expr};
use storage::index::{
    Put,
    tantivy::{Options, TantivyIndex},
};
use tantivy::{Index, TantivyDocument, schema::FieldType, schema::Value};

use super::suite::{
    erasing::{erase, said},
    events::*,
};

const WORD: &str = "jane7731";

fn open(dir: &Path) -> Arc<dyn storage::index::Index> {
    Arc::new(TantivyIndex::open(dir, Options::default()).unwrap())
}

fn of_jane(number: u64) -> Event {
    with(said(event(number), &format!("no seat for {WORD}")), |e| {
        e.user = user(WORD);
        e.tags.insert(WORD.into(), format!("{WORD}!"));
    })
}

/// Everything that the files of a day say: their bytes, and what stands compressed in them.
fn contents(day: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for file in fs::read_dir(day).unwrap() {
        all.extend(fs::read(file.unwrap().path()).unwrap());
    }
    let index = Index::open_in_dir(day).unwrap();
    let schema = index.schema();
    let reader: tantivy::IndexReader = index.reader().unwrap();
    for segment in reader.searcher().segment_readers() {
        assert_eq!(segment.num_deleted_docs(), 0);
        for document in segment.get_store_reader(1).unwrap().iter::<TantivyDocument>(None) {
            for (_, value) in document.unwrap().field_values() {
                all.extend(value.as_str().unwrap_or_default().as_bytes());
            }
        }
        for (field, entry) in schema.fields() {
            if entry.is_indexed() {
                let inverted = segment.inverted_index(field).unwrap();
                let mut terms = inverted.terms().stream().unwrap();
                while let Some((term, _)) = terms.next() {
                    all.extend(term);
                }
            }
            if matches!(entry.field_type(), FieldType::Str(_))
                && entry.is_fast()
                && let Some(column) = segment.fast_fields().str(entry.name()).unwrap()
            {
                let mut terms = column.dictionary().stream().unwrap();
                while terms.advance() {
                    all.extend(terms.key());
                }
            }
        }
    }
    all
}

fn holds(day: &Path, word: &str) -> bool {
    contents(day).windows(word.len()).any(|part| part == word.as_bytes())
}

/// Segments that have files, and those that the index knows.
fn segments(day: &Path) -> (BTreeSet<String>, BTreeSet<String>) {
    let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    let files = fs::read_dir(day).unwrap().map(|entry| name(entry.unwrap()));
    let of_segments = files.filter(|file| file.len() > 32 && file.as_bytes()[..32].iter().all(u8::is_ascii_hexdigit));
    let known = Index::open_in_dir(day).unwrap().searchable_segment_ids().unwrap();
    (of_segments.map(|file| file[..32].to_owned()).collect(), known.into_iter().map(|id| id.uuid_string()).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_byte_of_an_erased_event_is_left_in_any_file() {
    let dir = tempfile::tempdir().unwrap();
    let day = dir.path().join("2026-11-20");
    let index = open(dir.path());
    store(&index, vec![event(0), of_jane(1)]).await;
    for number in 2..40 {
        let event = if number == 20 { of_jane(20) } else { said(event(number), "all well") };
        assert_eq!(put_one(&index, &event, number).await, Put::Stored);
        index.flush().await.unwrap();
    }
    assert!(holds(&day, WORD) && holds(&day, "well"), "what is there is seen");
    // Who reads meanwhile keeps no file.
    let page = index.search(&scope(Expr::All), None, 10).await.unwrap();
    index.change(date(2026, 11, 20), &[(PROJECT, id(1)), (PROJECT, id(20))], erase()).await.unwrap();
    assert_eq!(page.hits.len(), 10);
    assert!(!holds(&day, WORD));
    assert!(holds(&day, "well"));
    let (files, known) = segments(&day);
    assert_eq!(files, known);
    // The day goes on.
    assert_eq!(put_one(&index, &event(50), 50).await, Put::Stored);
    index.flush().await.unwrap();
    assert_eq!(found(&index, Expr::All).await.len(), 39);
    index.close().await.unwrap();
    assert!(!holds(&day, WORD));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_was_begun_before_the_end_is_finished_when_the_day_is_opened() {
    let dir = tempfile::tempdir().unwrap();
    let day = dir.path().join("2026-11-20");
    let index = open(dir.path());
    store(&index, vec![event(0), of_jane(1), event(2)]).await;
    index.close().await.unwrap();
    drop(index);
    // As it is when the process ends after the commit: a deleted document, all bytes still there, and the mark.
    {
        let index = Index::open_in_dir(&day).unwrap();
        index.tokenizers().register("tokens", tantivy::tokenizer::WhitespaceTokenizer::default());
        let mut writer: tantivy::IndexWriter = index.writer(20_000_000).unwrap();
        let user = index.schema().get_field("user_id").unwrap();
        writer.delete_term(tantivy::Term::from_field_text(user, WORD));
        writer.commit().unwrap();
        writer.wait_merging_threads().unwrap();
        fs::write(day.join("belfry.changing"), "").unwrap();
    }
    let index = open(dir.path());
    assert!(!holds(&day, WORD));
    assert_eq!(found(&index, Expr::All).await, [0, 2]);
    assert!(!day.join("belfry.changing").exists());
    index.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_was_begun_and_not_committed_changed_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let day = dir.path().join("2026-11-20");
    let index = open(dir.path());
    store(&index, vec![event(0), of_jane(1)]).await;
    index.close().await.unwrap();
    drop(index);
    fs::write(day.join("belfry.changing"), "").unwrap();
    let index = open(dir.path());
    assert_eq!(found(&index, Expr::All).await, [0, 1]);
    index.change(date(2026, 11, 20), &[(PROJECT, id(1))], erase()).await.unwrap();
    assert!(!holds(&day, WORD));
}
