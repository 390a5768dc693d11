//! What was read of a cluster, in one file, so that it can be judged again without the cluster.
//!
//! The file is gzip; in it stand lines of JSON. The first says what the snapshot is: `schema`, `tool`, `taken`, the
//! `cluster`, its `facts`, how far each kind was `listed`, the `gaps` and `notices`, whether reading it was `interrupted`,
//! and how many `lists` follow. Then comes a line a list: its `uri`, the number of its `items`, the `sha256` of its text,
//! and the `list` as it was judged, pruned, with Secrets by their metadata alone. What was written is read back byte for
//! byte.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;

use flate2::read::GzDecoder;
use flate2::{Compression, GzBuilder};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Captured, Cluster, Error, Facts, Gap, List, Listed};
use crate::trouble;
use crate::whole::Whole;

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

/// Writes a snapshot, which only its owner may read: ConfigMaps and environments may hold what nobody should see.
///
/// # Errors
/// What the system says, or that a list is no JSON.
pub fn write(captured: &Captured, taken: &str, path: &Path) -> Result<(), Error> {
    let failed = |error: io::Error| wrong(path, &trouble::said(&error));
    let file = BufWriter::new(Whole::create(path, true).map_err(failed)?);
    let file = write_to(captured, taken, file).map_err(|why| wrong(path, &why))?;
    file.into_inner().map_err(io::IntoInnerError::into_error).and_then(Whole::finish).map_err(failed)
}

/// The same to anywhere; gives back where it was written to.
///
/// # Errors
/// What the writer says, or that a list is no JSON.
pub fn write_to<W: Write>(captured: &Captured, taken: &str, out: W) -> Result<W, String> {
    let failed = |error: io::Error| error.to_string();
    let mut out = GzBuilder::new().write(out, Compression::default());
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
        lists: captured.lists.len(),
    };
    line(&mut out, &head).map_err(failed)?;
    for list in &captured.lists {
        let text: &RawValue = serde_json::from_str(&list.text).map_err(|error| format!("{}: {error}", list.uri))?;
        let sha256 = super::sha256(&list.text);
        line(&mut out, &Line { uri: list.uri.clone(), items: list.items, sha256, list: text }).map_err(failed)?;
    }
    out.finish().map_err(failed)
}

fn line(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
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
    let file = File::open(path).map_err(|error| wrong(path, &trouble::said(&error)))?;
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
    let file = File::open(path).map_err(|error| wrong(path, &trouble::said(&error)))?;
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
            io::ErrorKind::UnexpectedEof => "it is cut off".to_owned(),
            _ => format!("it is no snapshot, or broken: {error}"),
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

fn wrong(path: &Path, why: &str) -> Error {
    Error::Snapshot { path: path.display().to_string(), why: why.to_owned() }
}
