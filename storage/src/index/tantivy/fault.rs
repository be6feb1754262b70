//! From tantivy's errors to those of the seam.

use std::{io, path::Path};

use tantivy::{
    TantivyError,
    directory::error::{LockError, OpenDirectoryError, OpenReadError, OpenWriteError},
};

use crate::Error;

const FULL: &str = "the disk is full: make room or let retention drop days earlier";

/// What `error` means to who was `doing` something.
pub(super) fn fault(doing: &str, error: TantivyError) -> Error {
    match error {
        TantivyError::IoError(error) => of_io(doing, &error),
        TantivyError::OpenReadError(OpenReadError::IoError { io_error, filepath }) => of_io(&format!("{doing}, {filepath:?}"), &io_error),
        TantivyError::OpenWriteError(OpenWriteError::IoError { io_error, filepath }) => of_io(&format!("{doing}, {filepath:?}"), &io_error),
        TantivyError::OpenDirectoryError(OpenDirectoryError::IoError { io_error, .. }) => of_io(doing, &io_error),
        TantivyError::LockFailure(LockError::IoError(error), _) => of_io(doing, &error),
        TantivyError::LockFailure(LockError::LockBusy, _) => Error::retryable(doing, "another process is writing to it"),
        TantivyError::IncompatibleIndex(found) | TantivyError::OpenReadError(OpenReadError::IncompatibleIndex(found)) => Error::Mismatch {
            what: format!("{doing}: the index was written by another version: {found:?}"),
            remedy: "use the program that wrote it, or remove the day's directory and replay the log".into(),
        },
        TantivyError::DataCorruption(_)
        | TantivyError::DeserializeError(_)
        | TantivyError::OpenReadError(OpenReadError::FileDoesNotExist(_)) => damaged(doing, &error),
        other => Error::terminal(doing, other),
    }
}

/// What an I/O error means to who was `doing` something.
pub(super) fn of_io(doing: &str, error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::Full { doing: doing.into(), cause: FULL.into() },
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => damaged(doing, error),
        io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => Error::terminal(doing, error),
        _ => Error::retryable(doing, error),
    }
}

fn damaged(place: &str, cause: &dyn std::fmt::Display) -> Error {
    let cause = format!("{cause}; restore the day's directory from a backup, or remove it and replay the log");
    Error::Damaged { place: place.into(), cause }
}

/// What an I/O error at `path` means.
pub(super) fn at(doing: &str, path: &Path) -> impl Fn(io::Error) -> Error {
    let doing = format!("{doing} {}", path.display());
    move |error| of_io(&doing, &error)
}
