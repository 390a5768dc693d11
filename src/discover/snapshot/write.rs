//! Snapshots as they are written: list by list, as these come, so that no more than what is being read is held.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use flate2::Compression;
use serde::Serialize;
use serde_json::value::RawValue;

use super::gzip::{Checksum, Gzip, Piece};
use super::{Head, LARGEST, Line, SCHEMA, wrong};
use crate::discover::{Captured, Error, List};
use crate::trouble::{said, unwritable};
use crate::whole::Whole;

/// A snapshot that grows by the lists of a cluster, in any order and side by side. They lie compressed in a file without a
/// name until it is known what stands before them.
#[derive(Debug)]
pub struct Writer {
    path: PathBuf,
    target: BufWriter<Whole>,
    spool: Arc<Spool>,
}

/// Where lists lie until then.
#[derive(Debug)]
pub struct Spool {
    path: PathBuf,
    /// With its length.
    file: Mutex<(File, u64)>,
}

/// A list that was written.
#[derive(Debug)]
pub struct Stored {
    start: u64,
    length: u64,
    sum: Checksum,
    /// How many objects it has.
    pub items: u32,
}

impl Writer {
    /// Begins a snapshot, which only its owner may read: ConfigMaps and environments may hold what nobody should see.
    ///
    /// # Errors
    /// When it cannot be written there.
    pub fn create(path: &Path) -> Result<Self, Error> {
        if let Some(why) = unwritable(path) {
            return Err(wrong(path, &format!("the snapshot cannot be written: {why}")));
        }
        let failed = |error: io::Error| cannot(path, &error);
        let target = BufWriter::new(Whole::create(path, true).map_err(failed)?);
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // beside it is room for it, where new files may stand there
        let file = tempfile::tempfile_in(folder).or_else(|_| tempfile::tempfile()).map_err(failed)?;
        let spool = Arc::new(Spool { path: path.to_owned(), file: Mutex::new((file, 0)) });
        Ok(Writer { path: path.to_owned(), target, spool })
    }

    /// What takes the lists.
    #[must_use]
    pub fn spool(&self) -> Arc<Spool> {
        Arc::clone(&self.spool)
    }

    /// Puts it together, and where it belongs: what was captured beside the lists, and these in the order given. Tells
    /// how many bytes it has.
    ///
    /// # Errors
    /// What the system says; what stood there before then still does.
    pub fn finish(self, captured: &Captured, taken: &str, lists: &[Stored]) -> Result<u64, Error> {
        let Writer { path, target, spool } = self;
        let spool = spool.file.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = |error: io::Error| cannot(&path, &error);
        let put = || {
            let mut file = Gzip::begin(Counted { out: target, bytes: 0 })?;
            file.add(&head(captured, taken, lists.len())?)?;
            let mut spool = BufReader::new(&spool.0);
            for list in lists {
                spool.seek(SeekFrom::Start(list.start))?;
                file.copy(&mut spool, list.length, &list.sum)?;
            }
            is_readable(file.length())?;
            let Counted { out, bytes } = file.finish()?;
            out.into_inner().map_err(io::IntoInnerError::into_error)?.finish()?;
            Ok(bytes)
        };
        put().map_err(failed)
    }
}

impl Spool {
    /// Takes a list in.
    ///
    /// # Errors
    /// What the system says, or that it is no JSON.
    pub fn list(&self, list: &List) -> Result<Stored, String> {
        let piece = piece(list)?;
        let length = piece.bytes.len() as u64;
        let mut spool = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let (file, end) = &mut *spool;
        file.write_all(&piece.bytes).map_err(|error| cannot(&self.path, &error).to_string())?;
        let start = *end;
        *end += length;
        Ok(Stored { start, length, sum: piece.sum, items: list.items })
    }
}

struct Counted<W> {
    out: W,
    bytes: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes a snapshot of what is all there.
///
/// # Errors
/// What the system says, or that a list is no JSON.
pub fn write(captured: &Captured, taken: &str, path: &Path) -> Result<(), Error> {
    let writer = Writer::create(path)?;
    let lists: Result<Vec<_>, _> = captured.lists.iter().map(|list| writer.spool.list(list)).collect();
    writer.finish(captured, taken, &lists.map_err(|why| wrong(path, &why))?).map(|_| ())
}

/// The same to anywhere, byte for byte; gives back where it was written to.
///
/// # Errors
/// What the writer says, or that a list is no JSON.
pub fn write_to<W: Write>(captured: &Captured, taken: &str, out: W) -> Result<W, String> {
    let failed = |error: io::Error| said(&error);
    let mut file = Gzip::begin(out).map_err(failed)?;
    file.add(&head(captured, taken, captured.lists.len()).map_err(failed)?).map_err(failed)?;
    for list in &captured.lists {
        file.add(&piece(list)?).map_err(failed)?;
    }
    is_readable(file.length()).map_err(failed)?;
    file.finish().map_err(failed)
}

/// Whoever writes more than is read learns it now.
fn is_readable(length: u64) -> io::Result<()> {
    if length <= LARGEST {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "it would unfold to {length} bytes, and no more than {LARGEST} are read: take some namespaces at a time (-n)"
    )))
}

fn head(captured: &Captured, taken: &str, lists: usize) -> io::Result<Piece> {
    let head = Head {
        schema: SCHEMA.to_owned(),
        tool: format!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")),
        taken: taken.to_owned(),
        cluster: captured.cluster.clone(),
        facts: captured.facts.clone(),
        listed: captured.listed.clone(),
        gaps: captured.gaps.clone(),
        notices: captured.notices.clone(),
        interrupted: captured.interrupted,
        lists,
    };
    line(&head)
}

fn piece(list: &List) -> Result<Piece, String> {
    let List { uri, items, text } = list;
    let text: &RawValue = serde_json::from_str(text).map_err(|error| format!("{uri}: {error}"))?;
    let sha256 = crate::discover::sha256(text.get());
    line(&Line { uri: uri.clone(), items: *items, sha256, list: text }).map_err(|error| format!("{uri}: {}", said(&error)))
}

fn line(value: &impl Serialize) -> io::Result<Piece> {
    Piece::of(Compression::default(), |out| {
        let mut out = BufWriter::new(out);
        serde_json::to_writer(&mut out, value)?;
        out.write_all(b"\n")?;
        out.flush()
    })
}

fn cannot(path: &Path, error: &io::Error) -> Error {
    wrong(path, &format!("the snapshot cannot be written: {}; name another file (-o)", said(error)))
}
