//! One server per data directory: an advisory lock that ends with the process, however it ends.

use std::{
    fs::{DirBuilder, File},
    io::Write,
    os::unix::fs::DirBuilderExt,
    path::Path,
};

use anyhow::{Context, Result, bail};
use rustix::{
    fs::{FlockOperation, flock},
    io::Errno,
};

/// Held while a server works on a data directory.
#[derive(Debug)]
pub(crate) struct DataLock {
    _file: File,
}

impl DataLock {
    /// Takes the directory, making it if need be; an error if another process has it.
    pub(crate) fn take(data: &Path) -> Result<Self> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(data)
            .with_context(|| format!("making the data directory {}", data.display()))?;
        let path = data.join("lock");
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .read(true)
            .open(&path)
            .with_context(|| format!("opening {}", path.display()))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
                let holder = std::fs::read_to_string(&path).unwrap_or_default();
                bail!(
                    "the data directory {} is in use by process {}: stop it, or choose another directory with --data",
                    data.display(),
                    holder.trim()
                );
            }
            Err(error) => return Err(error).with_context(|| format!("locking {}", path.display())),
        }
        file.set_len(0)?;
        writeln!(file, "{}", std::process::id())?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_taken_once_until_let_go() {
        let dir = tempfile::tempdir().unwrap();
        let lock = DataLock::take(dir.path()).unwrap();
        let error = DataLock::take(dir.path()).unwrap_err().to_string();
        assert!(error.contains(&format!("in use by process {}", std::process::id())), "{error}");
        drop(lock);
        DataLock::take(dir.path()).unwrap();
    }
}
