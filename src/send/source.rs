//! Where a log is read from: standard input, or a file that may be rotated while it is read.

use std::{
    fs::{File, Metadata},
    io::{ErrorKind, Read, Seek, SeekFrom},
    os::unix::fs::{FileExt, MetadataExt},
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, TryRecvError, sync_channel},
};

use anyhow::{Context, Result};

use super::{POLL, Position};

/// Read at once.
const CHUNK_BYTES: usize = 256 << 10;
/// What was read last and is remembered, to see whether a file was written anew in place.
const TAIL_BYTES: usize = 1 << 10;
/// Chunks of standard input that wait to be taken.
const CHUNKS: usize = 4;

/// What happened to a file since it was opened.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change {
    None,
    /// Another file has its name.
    Replaced,
    /// It was emptied in place.
    Truncated,
}

enum Input {
    File(File),
    /// What a thread reads from standard input, so that a quiet pipe is seen to be quiet.
    Pipe {
        chunks: Receiver<std::io::Result<Vec<u8>>>,
        at_end: bool,
    },
}

/// An open log.
pub(super) struct Source {
    path: PathBuf,
    input: Input,
    /// Which file it is, and up to where it was sent.
    position: Position,
    /// Up to where it was read.
    read: u64,
    /// The last bytes before that.
    tail: Vec<u8>,
    name: Option<String>,
}

impl Source {
    /// Standard input. Each run is a source of its own: what one run says at a place has nothing to do with another's.
    pub(super) fn standard_input() -> Self {
        let position = Position { device: 0, inode: 0, generation: 0, offset: 0 };
        let name = format!("{}-{}", std::process::id(), jiff::Timestamp::now().as_nanosecond());
        let (sender, chunks) = sync_channel(CHUNKS);
        std::thread::spawn(move || {
            let mut chunk = vec![0; CHUNK_BYTES];
            loop {
                let read = std::io::stdin().read(&mut chunk);
                if matches!(&read, Err(error) if error.kind() == ErrorKind::Interrupted) {
                    continue;
                }
                let is_last = !matches!(read, Ok(length) if length > 0);
                if sender.send(read.map(|length| chunk[..length].to_vec())).is_err() || is_last {
                    return;
                }
            }
        });
        let input = Input::Pipe { chunks, at_end: false };
        Self { path: "-".into(), input, position, read: 0, tail: Vec::new(), name: Some(name) }
    }

    /// A file, from where it was sent before. A file that was rotated away since is read to its end first. With
    /// `wait`, a file that is not there yet is waited for.
    pub(super) async fn open(path: &Path, start: Option<&Position>, wait: bool) -> Result<Self> {
        if let Some(start) = start
            && let Some(file) = find(path, start)
        {
            return Self::of(path, file, start.clone());
        }
        loop {
            match File::open(path) {
                Ok(file) => {
                    let meta = meta(path, &file)?;
                    // Emptied in place and written anew while nobody looked: the bytes at a place are others now.
                    let same = start.filter(|start| (start.device, start.inode) == (meta.dev(), meta.ino()));
                    let generation = same.map_or(0, |start| start.generation + 1);
                    return Self::of(path, file, Position { device: meta.dev(), inode: meta.ino(), generation, offset: 0 });
                }
                Err(error) if wait && error.kind() == ErrorKind::NotFound => tokio::time::sleep(POLL).await,
                Err(error) => return Err(error).with_context(|| format!("opening {}", path.display())),
            }
        }
    }

    fn of(path: &Path, mut file: File, position: Position) -> Result<Self> {
        file.seek(SeekFrom::Start(position.offset)).with_context(|| format!("reading {}", path.display()))?;
        Ok(Self { path: path.to_owned(), input: Input::File(file), read: position.offset, tail: Vec::new(), position, name: None })
    }

    /// Appends what can be read now, up to a chunk. None at the end.
    pub(super) fn read(&mut self, buffer: &mut Vec<u8>) -> Result<usize> {
        if !self.is_same() {
            return Ok(0);
        }
        let length = buffer.len();
        let read = match &mut self.input {
            Input::File(file) => read_chunk(file, buffer),
            Input::Pipe { chunks, at_end } => match chunks.try_recv() {
                Ok(chunk) => chunk.map(|chunk| {
                    buffer.extend_from_slice(&chunk);
                    chunk.len()
                }),
                Err(TryRecvError::Empty) => Ok(0),
                Err(TryRecvError::Disconnected) => {
                    *at_end = true;
                    Ok(0)
                }
            },
        };
        let read = read.with_context(|| format!("reading {}", self.path.display()))?;
        self.read += read as u64;
        self.tail.extend_from_slice(&buffer[length.max(buffer.len().saturating_sub(TAIL_BYTES))..]);
        self.tail.drain(..self.tail.len().saturating_sub(TAIL_BYTES));
        Ok(read)
    }

    /// Whether the bytes before the place that was read up to are still those that were read.
    fn is_same(&self) -> bool {
        let Input::File(file) = &self.input else { return true };
        let mut now = vec![0; self.tail.len()];
        file.read_exact_at(&mut now, self.read - self.tail.len() as u64).is_ok() && now == self.tail
    }

    /// Whether nothing more can come, now that nothing could be read: a pipe may only be quiet.
    pub(super) fn is_at_end(&self) -> bool {
        match self.input {
            Input::File(_) => true,
            Input::Pipe { at_end, .. } => at_end,
        }
    }

    /// What happened to the file. While its name is free, another is not there yet.
    pub(super) fn change(&self) -> Result<Change> {
        let Input::File(file) = &self.input else { return Ok(Change::None) };
        if meta(&self.path, file)?.len() < self.read || !self.is_same() {
            return Ok(Change::Truncated);
        }
        match std::fs::metadata(&self.path) {
            Ok(named) if (named.dev(), named.ino()) != (self.position.device, self.position.inode) => Ok(Change::Replaced),
            Ok(_) => Ok(Change::None),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Change::None),
            Err(error) => Err(error).with_context(|| format!("looking for {}", self.path.display())),
        }
    }

    /// Goes on with the file that has the name now.
    pub(super) fn reopen(&mut self) -> Result<()> {
        let file = File::open(&self.path).with_context(|| format!("opening {}", self.path.display()))?;
        let meta = meta(&self.path, &file)?;
        *self = Self::of(&self.path, file, Position { device: meta.dev(), inode: meta.ino(), generation: 0, offset: 0 })?;
        Ok(())
    }

    /// Goes on with the start of the file, which is new content.
    pub(super) fn rewind(&mut self) -> Result<()> {
        self.position.generation += 1;
        self.position.offset = 0;
        self.read = 0;
        self.tail.clear();
        match &mut self.input {
            Input::File(file) => file.rewind().with_context(|| format!("reading {}", self.path.display())),
            Input::Pipe { .. } => Ok(()),
        }
    }

    /// What the server tells sources apart by.
    pub(super) fn name(&self) -> String {
        let Position { device, inode, generation, .. } = self.position;
        self.name.clone().unwrap_or_else(|| format!("{device}:{inode}:{generation}"))
    }

    /// Up to where it was sent.
    pub(super) fn sent(&self) -> u64 {
        self.position.offset
    }

    /// Notes that the next bytes were sent.
    pub(super) fn advance(&mut self, bytes: u64) {
        self.position.offset += bytes;
    }

    /// Where to go on after a restart.
    pub(super) fn position(&self) -> Position {
        self.position.clone()
    }
}

fn read_chunk(file: &mut File, buffer: &mut Vec<u8>) -> std::io::Result<usize> {
    let length = buffer.len();
    buffer.resize(length + CHUNK_BYTES, 0);
    let result = loop {
        match file.read(&mut buffer[length..]) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => break result,
        }
    };
    buffer.truncate(length + result.as_ref().unwrap_or(&0));
    result
}

fn meta(path: &Path, file: &File) -> Result<Metadata> {
    file.metadata().with_context(|| format!("looking at {}", path.display()))
}

/// The file of a position under its own name or, rotated, beside it; one that is shorter than the position is new.
fn find(path: &Path, start: &Position) -> Option<File> {
    let is_it = |candidate: &Path| {
        let meta = std::fs::metadata(candidate).ok()?;
        ((meta.dev(), meta.ino()) == (start.device, start.inode) && meta.len() >= start.offset).then(|| File::open(candidate).ok())?
    };
    if let Some(file) = is_it(path) {
        return Some(file);
    }
    let name = path.file_name()?.to_string_lossy().into_owned();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let entries = std::fs::read_dir(folder).ok()?;
    entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&name))
        .find_map(|entry| is_it(&entry.path()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn all(source: &mut Source) -> String {
        let mut buffer = Vec::new();
        while source.read(&mut buffer).unwrap() > 0 {}
        String::from_utf8(buffer).unwrap()
    }

    #[tokio::test]
    async fn a_file_that_was_rotated_while_nobody_looked_is_read_to_its_end() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("app.log");
        std::fs::write(&log, "one\ntwo\n").unwrap();
        let mut source = Source::open(&log, None, true).await.unwrap();
        all(&mut source);
        source.advance(4);
        let position = source.position();
        std::fs::rename(&log, dir.path().join("app.log.1")).unwrap();
        std::fs::write(&log, "three\n").unwrap();
        let mut source = Source::open(&log, Some(&position), true).await.unwrap();
        assert_eq!(all(&mut source), "two\n");
        assert_eq!(source.change().unwrap(), Change::Replaced);
        source.reopen().unwrap();
        assert_eq!(all(&mut source), "three\n");
    }

    #[tokio::test]
    async fn a_file_that_was_emptied_is_another_source() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("app.log");
        std::fs::write(&log, "one\ntwo\n").unwrap();
        let mut source = Source::open(&log, None, false).await.unwrap();
        let before = source.name();
        all(&mut source);
        assert_eq!(source.change().unwrap(), Change::None);
        std::fs::OpenOptions::new().write(true).open(&log).unwrap().set_len(0).unwrap();
        assert_eq!(source.change().unwrap(), Change::Truncated);
        source.rewind().unwrap();
        std::fs::write(&log, "new\n").unwrap();
        assert_eq!(all(&mut source), "new\n");
        assert_ne!(source.name(), before);
        // As long as before, or longer.
        std::fs::write(&log, "ten\nmore\n").unwrap();
        assert_eq!(all(&mut source), "");
        assert_eq!(source.change().unwrap(), Change::Truncated);
    }

    #[tokio::test]
    async fn a_file_that_is_not_there_is_named() {
        let error = Source::open(Path::new("/nowhere/app.log"), None, false).await.err().unwrap();
        assert!(format!("{error:#}").contains("/nowhere/app.log"));
    }
}
