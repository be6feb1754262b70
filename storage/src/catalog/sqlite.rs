//! The catalog of one machine: one SQLite file.
//!
//! One connection writes and one reads, so that reading never waits for the disk. Other processes of the same
//! machine (the command line beside the server) may have the file open at the same time.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use rusqlite::Connection;

use super::{Catalog, Collection, Kept, List, Write, Written};
use crate::{Error, Result};

mod documents;
mod open;

/// A catalog in a SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteCatalog(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    writer: Mutex<Option<Connection>>,
    reader: Mutex<Option<Connection>>,
}

impl SqliteCatalog {
    /// Opens the file at `path`, made with mode 0600 if it is not there; its folder must be. Blocks while another
    /// process makes it. A file of a newer program is [`Error::Mismatch`], one that is no SQLite file
    /// [`Error::Damaged`].
    pub fn open(path: &Path) -> Result<Self> {
        let (writer, reader) = open::open(path)?;
        let path = path.to_owned();
        Ok(Self(Arc::new(Inner { path, writer: Mutex::new(Some(writer)), reader: Mutex::new(Some(reader)) })))
    }

    async fn write_with<T: Send + 'static>(&self, work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static) -> Result<T> {
        self.run("writing to", |inner| &inner.writer, work).await
    }

    async fn read_with<T: Send + 'static>(&self, work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static) -> Result<T> {
        self.run("reading from", |inner| &inner.reader, work).await
    }

    async fn run<T, F>(&self, doing: &'static str, side: fn(&Inner) -> &Mutex<Option<Connection>>, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let inner = Arc::clone(&self.0);
        let doing = format!("{doing} catalog {}", inner.path.display());
        let path = doing.clone();
        let blocking = tokio::task::spawn_blocking(move || {
            // A panic in between rolled its transaction back: the connection is as good as before.
            let mut connection = side(&inner).lock().unwrap_or_else(PoisonError::into_inner);
            let connection = connection.as_mut().ok_or_else(|| Error::terminal(&doing, "it is closed"))?;
            work(connection).map_err(|error| open::error(&doing, &inner.path, &error))
        });
        blocking.await.map_err(|error| Error::terminal(path, error))?
    }
}

#[async_trait]
impl Catalog for SqliteCatalog {
    async fn get(&self, collection: Collection, ids: &[String]) -> Result<Vec<Option<Kept>>> {
        let ids = ids.to_vec();
        self.read_with(move |connection| documents::get(connection, collection, &ids)).await
    }

    async fn write(&self, collection: Collection, writes: Vec<Write>) -> Result<Vec<Written>> {
        super::check(collection, &writes)?;
        self.write_with(move |connection| documents::write(connection, collection, writes)).await
    }

    async fn list(&self, collection: Collection, list: &List) -> Result<Vec<Kept>> {
        let list = list.clone();
        self.read_with(move |connection| documents::list(connection, collection, &list)).await
    }

    async fn compact(&self) -> Result<()> {
        // What is deleted is overwritten by zeros in the file; what is left of it stands in the write-ahead log. Reading
        // waits for a moment: a reader would keep the log from being cut.
        let inner = Arc::clone(&self.0);
        self.write_with(move |connection| {
            let _reader = inner.reader.lock().unwrap_or_else(PoisonError::into_inner);
            documents::compact(connection)
        })
        .await
    }

    async fn health(&self) -> Result<()> {
        self.read_with(|connection| connection.query_row("SELECT last FROM versions", [], |_| Ok(()))).await
    }

    async fn close(&self) -> Result<()> {
        let inner = Arc::clone(&self.0);
        let closing = tokio::task::spawn_blocking(move || {
            for side in [&inner.reader, &inner.writer] {
                if let Some(connection) = side.lock().unwrap_or_else(PoisonError::into_inner).take() {
                    connection.close().map_err(|(_, error)| open::error("closing catalog", &inner.path, &error))?;
                }
            }
            Ok(())
        });
        closing.await.map_err(|error| Error::terminal("closing the catalog", error))?
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::catalog::{Draft, Expect};

    #[tokio::test]
    async fn a_full_disk_is_full_and_what_is_there_stays() {
        let folder = tempfile::TempDir::new().unwrap();
        let c = SqliteCatalog::open(&folder.path().join("catalog.sqlite")).unwrap();
        let put = |id: &str, bytes: usize| {
            let json = serde_json::to_vec(&"x".repeat(bytes)).unwrap();
            vec![Write::Put(Draft { id: id.into(), project: None, order: 0, json }, Expect::Any)]
        };
        c.write(Collection::Keys, put("small", 10)).await.unwrap();
        c.write_with(|connection| connection.pragma_update(None, "max_page_count", 20)).await.unwrap();
        let error = c.write(Collection::Keys, put("large", 1 << 20)).await.unwrap_err();
        assert!(matches!(error, Error::Full { .. }), "{error}");
        let found = c.get(Collection::Keys, &["small".into(), "large".into()]).await.unwrap();
        assert!(found[0].is_some() && found[1].is_none());
        c.write(Collection::Keys, put("small", 20)).await.unwrap();
    }

    #[tokio::test]
    async fn a_panic_in_between_leaves_a_working_catalog() {
        let folder = tempfile::TempDir::new().unwrap();
        let c = SqliteCatalog::open(&folder.path().join("catalog.sqlite")).unwrap();
        let error = c.write_with::<()>(|_| panic!("on purpose")).await.unwrap_err();
        assert!(matches!(error, Error::Terminal { .. }), "{error}");
        let draft = Draft { id: "a".into(), project: None, order: 0, json: b"{}".to_vec() };
        c.write(Collection::Keys, vec![Write::Put(draft, Expect::Absent)]).await.unwrap();
    }
}
