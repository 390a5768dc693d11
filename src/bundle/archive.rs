//! A bundle as one file: tar in gzip, regular files only. What is read is what any `tar` writes; what is refused could lead
//! a reader astray: links, devices, a name twice, names that lead elsewhere, and more than a bundle may hold.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};

use flate2::bufread::GzDecoder;
use flate2::{Compression, GzBuilder};

use super::store::{Files, LARGEST, MOST_BYTES, MOST_FILES, safe};

const BLOCK: usize = 512;
/// A name of the old format alone: what is longer takes another kind of entry, which nothing here writes.
const NAME: usize = 100;
const PREFIX: usize = 155;
/// The noughts that `tar` fills its last record with, and some more.
const TAIL: usize = 1 << 20;

/// Writes an archive: the same files, the same bytes.
pub(super) fn write(files: &Files, out: impl Write) -> io::Result<()> {
    let mut out = GzBuilder::new().write(out, Compression::default());
    for (path, bytes) in files {
        let header = header(path, bytes.len()).ok_or_else(|| io::Error::other(format!("the name {path} is too long for an archive")))?;
        out.write_all(&header)?;
        out.write_all(bytes)?;
        out.write_all(&vec![0; padding(bytes.len())])?;
    }
    out.write_all(&[0; 2 * BLOCK])?;
    out.finish()?.flush()
}

fn padding(size: usize) -> usize {
    size.next_multiple_of(BLOCK) - size
}

/// Whether a path fits into a header.
pub(super) fn fits(path: &str) -> bool {
    split(path).is_some()
}

fn split(path: &str) -> Option<(&str, &str)> {
    if path.len() <= NAME {
        return Some(("", path));
    }
    let cuts = path.match_indices('/').map(|(at, _)| path.split_at(at));
    cuts.map(|(prefix, rest)| (prefix, &rest[1..])).find(|(prefix, rest)| prefix.len() <= PREFIX && rest.len() <= NAME && !rest.is_empty())
}

fn header(path: &str, size: usize) -> Option<[u8; BLOCK]> {
    let (prefix, name) = split(path)?;
    let mut header = [0u8; BLOCK];
    let mut put = |at: usize, text: &[u8]| header[at..at + text.len()].copy_from_slice(text);
    put(0, name.as_bytes());
    put(100, b"0000644\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{size:011o}\0").as_bytes());
    put(136, b"00000000000\0");
    put(148, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    put(345, prefix.as_bytes());
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    Some(header)
}

/// Whether a file is such an archive, whole or broken, and not something else.
pub(super) fn is_one(mut from: impl Read) -> bool {
    const GZIP: [u8; 2] = [0x1f, 0x8b];
    let mut start = [0u8; 2];
    if from.read_exact(&mut start).is_err() || start != GZIP {
        return false;
    }
    let mut block = [0u8; BLOCK];
    match fill(&mut GzDecoder::new(BufReader::new(start.as_slice().chain(from))), &mut block) {
        Ok(had) => had == BLOCK && (block[257..].starts_with(b"ustar") || block.iter().all(|byte| *byte == 0) || entry(&block).is_ok()),
        Err(_) => true,
    }
}

/// Reads an archive, as long as it stays within the limits.
pub(super) fn read(from: impl Read) -> Result<Files, String> {
    // one byte more tells a file that is too large from one that is not
    let headers = (2 * BLOCK * MOST_FILES) as u64;
    let mut from = GzDecoder::new(BufReader::new(from)).take(MOST_BYTES + headers + TAIL as u64);
    let mut files = BTreeMap::new();
    let mut left = MOST_BYTES;
    let mut block = [0u8; BLOCK];
    loop {
        match fill(&mut from, &mut block)? {
            0 => return Err("it is cut off: the end of the archive is missing".to_owned()),
            BLOCK => {}
            _ => return Err(broken("it ends within an entry", &from)),
        }
        if block.iter().all(|byte| *byte == 0) {
            end(&mut from)?;
            return alone(from.into_inner().into_inner()).map(|()| files);
        }
        let (path, kind, size) = entry(&block)?;
        match kind {
            b'0' | 0 => {}
            // folders are made from the paths
            b'5' if size == 0 => continue,
            b'1' | b'2' => return Err(format!("{path} is a link, which a bundle has none of")),
            _ => return Err(format!("{path} is no regular file")),
        }
        safe(&path)?;
        let padded = size.next_multiple_of(BLOCK as u64);
        if size > LARGEST || padded > left || files.len() >= MOST_FILES {
            return Err(format!("it holds more than a bundle may ({MOST_FILES} files, {LARGEST} bytes each, {MOST_BYTES} in all)"));
        }
        left -= padded;
        let mut bytes = Vec::new();
        (&mut from).take(padded).read_to_end(&mut bytes).map_err(|error| unpacking(&error))?;
        if bytes.len() as u64 != padded {
            return Err(broken(&format!("it ends within {path}"), &from));
        }
        bytes.truncate(size as usize);
        if files.insert(path.clone(), bytes).is_some() {
            return Err(format!("{path} stands twice in it"));
        }
    }
}

fn broken(what: &str, from: &io::Take<GzDecoder<impl BufRead>>) -> String {
    if from.limit() == 0 { format!("it unfolds to more than {MOST_BYTES} bytes") } else { what.to_owned() }
}

fn unpacking(error: &io::Error) -> String {
    format!("it is broken: {error}")
}

/// As much of a block as there is.
fn fill(from: &mut impl Read, block: &mut [u8; BLOCK]) -> Result<usize, String> {
    let mut had = 0;
    while had < BLOCK {
        match from.read(&mut block[had..]).map_err(|error| unpacking(&error))? {
            0 => break,
            read => had += read,
        }
    }
    Ok(had)
}

/// Behind the packed archive stands nothing either: not another one, as some readers would unpack it as well, and no bytes that
/// nothing vouches for.
fn alone(mut packed: impl BufRead) -> Result<(), String> {
    let rest = packed.fill_buf().map_err(|error| unpacking(&error))?;
    if rest.is_empty() { Ok(()) } else { Err("something stands behind the end of the packed archive".to_owned()) }
}

/// Behind the end stands nothing: what did would be seen by some readers and not by others.
fn end(from: &mut impl Read) -> Result<(), String> {
    let mut rest = [0u8; BLOCK];
    for _ in 0..TAIL / BLOCK {
        match fill(from, &mut rest)? {
            0 => return Ok(()),
            had if rest[..had].iter().all(|byte| *byte == 0) => {}
            _ => break,
        }
    }
    Err("something stands behind its end".to_owned())
}

fn entry(block: &[u8; BLOCK]) -> Result<(String, u8, u64), String> {
    let text = |from: usize, to: usize| {
        let field = &block[from..to];
        let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
        std::str::from_utf8(&field[..end]).map_err(|_| "a name in it is no UTF-8".to_owned())
    };
    let octal = |from: usize, to: usize| {
        let digits = text(from, to).unwrap_or_default().trim_matches(' ');
        u64::from_str_radix(digits, 8).map_err(|_| "a header in it is broken".to_owned())
    };
    let sum: u64 = block.iter().enumerate().map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u64::from(*byte) }).sum();
    if octal(148, 156)? != sum {
        return Err("a header in it is broken (its checksum is another)".to_owned());
    }
    let (name, prefix) = (text(0, 100)?, if block[257..].starts_with(b"ustar") { text(345, 500)? } else { "" });
    let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
    let path = path.strip_prefix("./").unwrap_or(&path);
    Ok((path.to_owned(), block[156], octal(124, 136)?))
}
