//! How far a followed log was sent, kept in a small file that is replaced as a whole.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// The file, whatever it is called now.
    pub(super) device: u64,
    /// Its number on the device.
    pub(super) inode: u64,
    /// How often it was emptied in place; its bytes were others before.
    pub(super) generation: u64,
    /// Up to here the server has it, in bytes.
    pub(super) offset: u64,
}

/// Where positions are kept.
pub(super) struct Positions {
    file: PathBuf,
}

impl Positions {
    pub(super) fn new(log: &Path, chosen: Option<&Path>) -> Self {
        let beside = || {
            let mut name = log.as_os_str().to_owned();
            name.push(".belfry");
            PathBuf::from(name)
        };
        Self { file: chosen.map_or_else(beside, Path::to_owned) }
    }

    /// The last position; none on the first start.
    pub(super) fn read(&self) -> Result<Option<Position>> {
        let what = || format!("reading the position in {}: delete it to begin with the start of the log", self.file.display());
        match std::fs::read(&self.file) {
            Ok(json) => serde_json::from_slice(&json).map(Some).with_context(what),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(what),
        }
    }

    /// Keeps a position. If the machine stops before it is on the disk, some of the log is sent again; the server
    /// knows it.
    pub(super) fn write(&self, position: &Position) -> Result<()> {
        let mut name = self.file.as_os_str().to_owned();
        name.push(".new");
        let new = PathBuf::from(name);
        let json = serde_json::to_vec(position).expect("a few numbers are JSON");
        std::fs::write(&new, json)
            .and_then(|()| std::fs::rename(&new, &self.file))
            .with_context(|| format!("keeping the position in {}: choose another place with --position", self.file.display()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_position_comes_back_and_a_spoilt_one_names_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let positions = Positions::new(&dir.path().join("app.log"), None);
        assert_eq!(positions.read().unwrap(), None);
        let position = Position { device: 1, inode: 2, generation: 3, offset: 4 };
        positions.write(&position).unwrap();
        assert_eq!(positions.read().unwrap(), Some(position));
        std::fs::write(dir.path().join("app.log.belfry"), "x").unwrap();
        assert!(format!("{:#}", positions.read().unwrap_err()).contains("app.log.belfry"));
    }
}
