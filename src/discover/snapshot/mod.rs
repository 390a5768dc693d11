//! What was read of a cluster, in one file, so that it can be judged again without the cluster.
//!
//! The file is gzip; in it stand lines of JSON. The first says what the snapshot is: `schema`, `tool`, `taken`, the
//! `cluster`, its `facts`, how far each kind was `listed`, the `gaps` and `notices`, whether reading it was `interrupted`,
//! and how many `lists` follow. Then comes a line a list: its `uri`, the number of its `items`, the `sha256` of its text,
//! and the `list` as it was judged, pruned, with Secrets by their metadata alone. What was written is read back byte for
//! byte.

mod gzip;
mod packed;
mod write;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::read::GzDecoder;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Captured, Cluster, Error, Facts, Gap, List, Listed};
use crate::trouble::said;

pub use packed::Packed;
pub use write::{Spool, Stored, Writer, write, write_to};

/// The name of this format; a change that breaks readers changes the number.
const SCHEMA: &str = "cnscan/snapshot/v1";
/// The longest line that is read: a part of a list, with one large object more.
const LONGEST: u64 = 256 << 20;
/// The most that a file may unfold to.
const LARGEST: u64 = 8 << 30;

#[derive(Serialize, Deserialize)]
struct Head {
    schema: String,
    tool: String,
    taken: String,
    cluster: Cluster,
    facts: Facts,
    listed: Listed,
    gaps: Vec<Gap>,
    notices: Vec<String>,
    #[serde(default)]
    interrupted: bool,
    lists: usize,
}

#[derive(Serialize, Deserialize)]
struct Line<'a> {
    uri: String,
    items: u32,
    sha256: String,
    #[serde(borrow)]
    list: &'a RawValue,
}

/// Reads a snapshot. Whatever the bytes are, it takes no more time and memory than the limits allow.
///
/// # Errors
/// What is wrong with the file, and what to do.
pub fn read(path: &Path) -> Result<Captured, Error> {
    let mut lists = Vec::new();
    let captured = read_each(path, &mut |list| lists.push(list))?;
    Ok(Captured { lists, ..captured })
}

/// Whether reading the cluster was interrupted when a snapshot was taken.
///
/// # Errors
/// See [`read`].
pub fn is_interrupted(path: &Path) -> Result<bool, Error> {
    let file = open(path)?;
    let mut lines = Lines { input: BufReader::new(GzDecoder::new(file).take(LARGEST)), line: Vec::new() };
    let first = lines.next().and_then(|line| line.map(head).transpose());
    // what is wrong with it is said when it is read
    Ok(first.is_ok_and(|head| head.is_some_and(|head| head.interrupted)))
}

/// Reads a snapshot without keeping its lists: each is handed on, in order.
///
/// # Errors
/// See [`read`]: what was handed on until then counts for nothing.
pub fn read_each(path: &Path, each: &mut dyn FnMut(List)) -> Result<Captured, Error> {
    let file = open(path)?;
    let mut lines = Lines { input: BufReader::with_capacity(1 << 16, GzDecoder::new(file).take(LARGEST)), line: Vec::new() };
    read_lines(&mut lines, each).map_err(|why| wrong(path, &why))
}

fn read_lines(lines: &mut Lines<impl BufRead>, each: &mut dyn FnMut(List)) -> Result<Captured, String> {
    let head: Head = match lines.next()? {
        Some(line) => head(line)?,
        None => return Err("it is empty; a snapshot is what `cnscan snapshot` writes".to_owned()),
    };
    let mut captured = Captured {
        cluster: head.cluster,
        facts: head.facts,
        lists: Vec::new(),
        listed: head.listed,
        gaps: head.gaps,
        notices: head.notices,
        from_snapshot: true,
        interrupted: head.interrupted,
    };
    // they are searched as sorted
    captured.listed.kinds.sort();
    captured.listed.left_out.sort();
    let mut read = 0;
    while let Some(line) = lines.next()? {
        let number = read + 1;
        let broken = |error: serde_json::Error| format!("list {number} is broken: {error}");
        let Line { uri, items, sha256, list } = serde_json::from_slice(line).map_err(broken)?;
        let text = list.get();
        if super::sha256(text) != sha256 {
            return Err(format!("{uri} is not what it was when the snapshot was taken (its hash is another)"));
        }
        each(List { uri, items, text: text.to_owned() });
        read = number;
    }
    if read != head.lists {
        return Err(format!("it is cut off: {read} of {} lists are there", head.lists));
    }
    Ok(captured)
}

fn head(line: &[u8]) -> Result<Head, String> {
    #[derive(Deserialize)]
    struct Schema {
        schema: String,
    }
    let schema = serde_json::from_slice::<Schema>(line).map(|head| head.schema);
    match schema.as_deref() {
        Ok(SCHEMA) => serde_json::from_slice(line).map_err(|error| format!("its first line is broken: {error}")),
        Ok(other) => Err(format!("its schema is `{other}`; this release reads `{SCHEMA}`")),
        Err(_) => Err("it is no snapshot; a snapshot is what `cnscan snapshot` writes".to_owned()),
    }
}

struct Lines<R> {
    input: R,
    line: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> Result<Option<&[u8]>, String> {
        self.line.clear();
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::UnexpectedEof => "it is cut off, or no snapshot; a snapshot is what `cnscan snapshot -o FILE` writes".to_owned(),
            _ => format!("it is no snapshot, or broken: {}", said(&error)),
        };
        (&mut self.input).take(LONGEST).read_until(b'\n', &mut self.line).map_err(failed)?;
        match self.line.last() {
            None => Ok(None),
            Some(b'\n') => Ok(Some(&self.line)),
            Some(_) if self.line.len() as u64 == LONGEST => Err(format!("a line is longer than {LONGEST} bytes")),
            Some(_) => Err("it is cut off, or larger than a snapshot may be".to_owned()),
        }
    }
}

fn open(path: &Path) -> Result<File, Error> {
    const ADVICE: &str = "a snapshot is what `cnscan snapshot -o FILE` writes";
    let failed = |error: io::Error| wrong(path, &format!("{}; {ADVICE}", said(&error)));
    // it is read more than once
    if path.metadata().is_ok_and(|known| !known.is_file() && !known.is_dir()) {
        return Err(wrong(path, &format!("a pipe, socket or device, not a file; {ADVICE}")));
    }
    crate::trouble::open(path).map_err(failed)
}

fn wrong(path: &Path, why: &str) -> Error {
    Error::Snapshot { path: path.display().to_string(), why: why.to_owned() }
}
