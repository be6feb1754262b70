//! Opening the file: its mode, its settings, its schema; and what SQLite's errors mean.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
    time::Duration,
};

use rusqlite::{Connection, ErrorCode};
use rusqlite_migration::{M, Migrations, SchemaVersion};

use crate::{Error, Result};

/// How long a statement waits for another process that writes.
const BUSY: Duration = Duration::from_secs(10);

/// Each step can run beside itself: two processes may find the same new file.
const STEPS: &[M<'static>] = &[M::up(include_str!("schema_1.sql"))];

/// A connection that writes and one that reads.
pub(super) fn open(path: &Path) -> Result<(Connection, Connection)> {
    let doing = format!("opening catalog {}", path.display());
    let made = make(path).map_err(|error| Error::terminal(&doing, error))?;
    let failed = |e: rusqlite::Error| error(&doing, path, &e);
    let mut writer = Connection::open(path).map_err(failed)?;
    set_up(&writer).map_err(failed)?;
    migrate(&mut writer, path, &doing)?;
    let reader = Connection::open(path).map_err(failed)?;
    set_up(&reader).map_err(failed)?;
    reader.pragma_update(None, "query_only", true).map_err(failed)?;
    if made {
        sync_folder(path).map_err(|error| Error::terminal(&doing, error))?;
    }
    Ok((writer, reader))
}

/// Makes the file if it is not there, and nobody else's business in any case. SQLite gives the files that it puts
/// beside it the same mode.
fn make(path: &Path) -> std::io::Result<bool> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            fs::set_permissions(path, Permissions::from_mode(0o600))?;
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// SQLite makes what is in the file durable, but not that there is such a file.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // In WAL mode NORMAL may lose the last writes at a power cut.
    connection.pragma_update(None, "synchronous", "FULL")?;
    // What is deleted leaves no bytes behind.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(())
}

fn migrate(connection: &mut Connection, path: &Path, doing: &str) -> Result<()> {
    let migrations = Migrations::from_slice(STEPS);
    let version = match migrations.current_version(connection) {
        Ok(version) => version,
        Err(rusqlite_migration::Error::RusqliteError { err, .. }) => return Err(error(doing, path, &err)),
        Err(other) => return Err(Error::terminal(doing, other)),
    };
    if let SchemaVersion::Outside(found) = version {
        return Err(Error::Mismatch {
            what: format!("{} has schema {found}, this program knows up to {}", path.display(), STEPS.len()),
            remedy: "start the newer program that wrote it, or restore a backup from before".into(),
        });
    }
    migrations.to_latest(connection).map_err(|failure| match failure {
        rusqlite_migration::Error::RusqliteError { err, .. } => error(doing, path, &err),
        other => Error::terminal(doing, other),
    })
}

/// What SQLite's error means here.
pub(super) fn error(doing: &str, path: &Path, error: &rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::SystemIoFailure | ErrorCode::OutOfMemory) => {
            Error::retryable(doing, error)
        }
        Some(ErrorCode::DiskFull) => Error::Full { doing: doing.into(), cause: format!("{error}: make room on its disk") },
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            Error::Damaged { place: path.display().to_string(), cause: format!("{error}; restore it from a backup") }
        }
        _ => Error::terminal(doing, error),
    }
}
