//! One day: a directory with a tantivy index and a mark that says how it was made.
//!
//! A directory gets its name when it is whole and loses it before its files go, so a name that is a date always
//! stands for a whole index, whenever the process ends.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use schemas::{
    fields::Field,
    ids::{EventId, ProjectId},
    record::Position,
};
use tantivy::{DocAddress, Index, IndexReader, ReloadPolicy, Searcher};

use super::{
    Options, changing,
    entry::{Entry, Key},
    fault::{at, fault},
    ids::{Ranks, documents, with_id},
    layout::{Layout, OFFSET, PARTITION, TALLY_PROJECT, column_name},
    writing::{Found, Turn, Writing},
};
use crate::{Error, Result, index::Decide};

const MARK: &str = "belfry.json";
/// What the name of a directory begins with while it is made.
pub(super) const UNFINISHED: &str = ".new-";
/// What the name of a directory begins with while it goes.
pub(super) const DROPPED: &str = ".dropped-";

/// The events, outcomes and facts of one day.
pub(super) struct Day {
    path: PathBuf,
    layout: Arc<Layout>,
    index: Index,
    reader: IndexReader,
    writing: Mutex<Writing>,
}

/// The day of receipt.
pub(super) fn date(received_at: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(received_at).date()
}

impl Day {
    /// Makes the index of `date` in `dir` and opens it.
    pub(super) fn create(dir: &Path, date: Date, layout: &Arc<Layout>, options: &Options, turn: &Turn) -> Result<Self> {
        let path = dir.join(format!("{UNFINISHED}{date}"));
        let doing = "making the index directory";
        if path.exists() {
            fs::remove_dir_all(&path).map_err(at(doing, &path))?;
        }
        fs::create_dir(&path).map_err(at(doing, &path))?;
        let made = Index::builder().schema(layout.schema.clone()).settings(Layout::settings()).create_in_dir(&path);
        drop(made.map_err(|error| fault(&format!("{doing} {}", path.display()), error))?);
        let mark = path.join(MARK);
        fs::write(&mark, layout.mark()).and_then(|()| File::open(&mark)?.sync_all()).map_err(at(doing, &mark))?;
        sync(&path)?;
        let finished = dir.join(date.to_string());
        fs::rename(&path, &finished).map_err(at(doing, &finished))?;
        sync(dir)?;
        Self::open(&finished, layout, options, turn)
    }

    /// Opens the index at `path`.
    pub(super) fn open(path: &Path, layout: &Arc<Layout>, options: &Options, turn: &Turn) -> Result<Self> {
        let doing = format!("opening the index {}", path.display());
        let mark = fs::read_to_string(path.join(MARK)).map_err(at("reading", &path.join(MARK)))?;
        if mark != layout.mark() {
            return Err(Error::Mismatch {
                what: format!("{} was made with {}, this program makes {}", path.display(), mark.trim(), layout.mark().trim()),
                remedy: "use the program that made it, or remove the directory and replay the log".into(),
            });
        }
        let index = Index::open_in_dir(path).map_err(|error| fault(&doing, error))?;
        Layout::register(&index);
        // Before anything is read: what was erased when the process ended goes now.
        changing::finish(&index, path, options.writer_memory(), || Ok(())).map_err(|error| fault(&doing, error))?;
        // Hits are read in the order that they are stored, so one block at a time serves.
        let builder = index.reader_builder().reload_policy(ReloadPolicy::Manual).doc_store_cache_num_blocks(1);
        let reader = builder.try_into().map_err(|error| fault(&doing, error))?;
        let writing = Mutex::new(Writing::new(options, turn));
        Ok(Self { path: path.to_owned(), layout: layout.clone(), index, reader, writing })
    }

    /// Takes the name from the directory and removes it. What is being read stays readable.
    pub(super) fn remove(&self, dir: &Path) -> Result<()> {
        self.writing().abandon();
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let dropped = dir.join(format!("{DROPPED}{name}"));
        fs::rename(&self.path, &dropped).map_err(at("removing the index directory", &self.path))?;
        sync(dir)?;
        fs::remove_dir_all(&dropped).map_err(at("removing the index directory", &dropped))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn index(&self) -> &Index {
        &self.index
    }

    pub(super) fn reader(&self) -> &IndexReader {
        &self.reader
    }

    pub(super) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// What is committed, as it is now.
    pub(super) fn searcher(&self) -> Searcher {
        self.reader.searcher()
    }

    /// What is not committed. A panic leaves it as valid as a failure does: it is written again.
    fn writing(&self) -> MutexGuard<'_, Writing> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it holds anything.
    pub(super) fn has_documents(&self) -> bool {
        self.searcher().num_docs() > 0 || self.writing().is_dirty()
    }

    /// The event with this key, committed or not.
    pub(super) fn find_event(&self, key: &[u8; 24]) -> Result<Option<Found>> {
        self.writing().find_event(self, key)
    }

    /// Whether it holds the outcome with this key.
    pub(super) fn has_outcome(&self, key: &[u8; 12]) -> Result<bool> {
        self.writing().has_outcome(self, key)
    }

    /// Adds the event with this key, which must be new.
    pub(super) fn add_event(&self, entry: Entry, key: [u8; 24], facts: Found) -> Result<()> {
        self.writing().add_event(self, entry, key, facts)
    }

    /// Adds the outcome with this key, which must be new.
    pub(super) fn add_outcome(&self, entry: Entry, key: [u8; 12]) -> Result<()> {
        self.writing().add_outcome(self, entry, key)
    }

    /// Adds a fact unless one with its key is there.
    pub(super) fn add_tally(&self, entry: Entry, key: &[u8; 16]) -> Result<()> {
        self.writing().add_tally(self, entry, key)
    }

    /// Makes everything added durable and visible.
    pub(super) fn commit(&self) -> Result<()> {
        self.writing().commit(self)
    }

    /// Lets go of the writer, which has nothing uncommitted.
    pub(super) fn release(&self) {
        self.writing().release();
    }

    /// Makes the names of its files durable.
    pub(super) fn sync(&self) -> Result<()> {
        sync(&self.path)
    }

    /// Throws away what is not committed and lets go of everything.
    pub(super) fn abandon(&self) {
        self.writing().abandon();
    }

    /// Replaces or erases these events, each once.
    pub(super) fn change(&self, events: &[(ProjectId, EventId)], decide: &Decide) -> Result<()> {
        self.writing().change(self, events, decide)
    }

    /// How much its files take.
    pub(super) fn bytes(&self) -> Result<u64> {
        let failed = at("reading the directory", &self.path);
        let mut bytes = 0;
        for entry in fs::read_dir(&self.path).map_err(&failed)? {
            // A file may go while they are counted.
            bytes += entry.map_err(&failed)?.metadata().map_or(0, |file| file.len());
        }
        Ok(bytes)
    }

    /// The document that stands for the erased event with this key.
    pub(super) fn locate_erased(&self, key: &[u8; 24]) -> tantivy::Result<Option<DocAddress>> {
        let (project, id) = parts_of(key);
        for (ordinal, segment) in self.searcher().segment_readers().iter().enumerate() {
            let of = segment.fast_fields().u64(TALLY_PROJECT)?;
            let found = with_id(segment, self.layout.outcome_event, &Ranks::new(segment)?, id)?;
            if let Some(doc) = found.into_iter().find(|doc| of.first(*doc) == Some(project.0)) {
                return Ok(Some(DocAddress::new(ordinal as u32, doc)));
            }
        }
        Ok(None)
    }

    /// Where the committed document with this key is.
    pub(super) fn locate(&self, key: Key<'_>) -> tantivy::Result<Option<DocAddress>> {
        for (ordinal, segment) in self.searcher().segment_readers().iter().enumerate() {
            let found = match key {
                Key::Event(key) => {
                    let (project, id) = parts_of(key);
                    let ranks = Ranks::new(segment)?;
                    with_id(segment, self.layout.event, &ranks, id)?.into_iter().find(|doc| ranks.project(*doc) == project)
                }
                Key::Tally(key) => with_id(segment, self.layout.tally, &Ranks::new(segment)?, EventId(*key))?.first().copied(),
                Key::Outcome(key) => documents(segment, self.layout.outcome, key)?.first().copied(),
            };
            if let Some(doc) = found {
                return Ok(Some(DocAddress::new(ordinal as u32, doc)));
            }
        }
        Ok(None)
    }

    /// An error of tantivy while this day was being worked on.
    pub(super) fn fault(&self, doing: &str, error: tantivy::TantivyError) -> Error {
        fault(&format!("{doing} {}", self.path.display()), error)
    }
}

/// The project and the id that a key names.
fn parts_of(key: &[u8; 24]) -> (ProjectId, EventId) {
    let (id, project) = key.split_at(16);
    let project = u64::from_be_bytes(project.try_into().unwrap_or_default());
    (ProjectId(project), EventId(id.try_into().unwrap_or_default()))
}

/// The record that a document came from.
pub(super) fn position(segment: &tantivy::SegmentReader, doc: u32) -> tantivy::Result<Position> {
    let columns = segment.fast_fields();
    let number = |name| Ok::<u64, tantivy::TantivyError>(columns.u64(name)?.first(doc).unwrap_or_default());
    Ok(Position { partition: u32::try_from(number(PARTITION)?).unwrap_or(u32::MAX), offset: number(OFFSET)? })
}

/// Whether a document is an event without its payload.
pub(super) fn is_slim(segment: &tantivy::SegmentReader, doc: u32) -> tantivy::Result<bool> {
    Ok(segment.fast_fields().bool(&column_name(Field::Slim))?.first(doc).unwrap_or_default())
}

/// Makes the names in `dir` durable.
pub(super) fn sync(dir: &Path) -> Result<()> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(at("syncing the directory", dir))
}
