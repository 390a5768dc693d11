//! Pieces of a gzip file, each compressed by itself: they can be made in any order, side by side, and be put together in
//! the right one without being compressed again. What comes out is one member like any other.

use std::io::{self, Read, Write};

use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// A gzip header that says nothing: no name, no time, no system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// The last block, an empty one.
const LAST: [u8; 2] = [3, 0];

/// Some text, compressed, ending where a byte does.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) bytes: Vec<u8>,
    pub(super) sum: Checksum,
}

/// What the end of a file tells of its text.
#[derive(Debug, Default)]
pub(super) struct Checksum {
    crc: Crc,
    length: u64,
}

impl Checksum {
    fn combine(&mut self, next: &Self) {
        self.crc.combine(&next.crc);
        self.length += next.length;
    }
}

impl Piece {
    /// Compresses what is written.
    pub(super) fn of(level: Compression, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<Self> {
        let mut counted = Counted { out: DeflateEncoder::new(Vec::new(), level), sum: Checksum::default() };
        write(&mut counted)?;
        // without the end of a stream: more may follow
        counted.out.flush()?;
        let mut bytes = std::mem::take(counted.out.get_mut());
        bytes.shrink_to_fit();
        Ok(Piece { bytes, sum: counted.sum })
    }

    /// The text again.
    pub(super) fn text(&self) -> io::Result<String> {
        let mut text = String::with_capacity(self.sum.length as usize);
        DeflateDecoder::new(self.bytes.chain(&LAST[..])).read_to_string(&mut text)?;
        Ok(text)
    }
}

struct Counted<W> {
    out: W,
    sum: Checksum,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.sum.crc.update(&bytes[..written]);
        self.sum.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A file made of pieces.
#[derive(Debug)]
pub(super) struct Gzip<W> {
    out: W,
    sum: Checksum,
}

impl<W: Write> Gzip<W> {
    pub(super) fn begin(mut out: W) -> io::Result<Self> {
        out.write_all(&HEADER)?;
        Ok(Gzip { out, sum: Checksum::default() })
    }

    pub(super) fn add(&mut self, piece: &Piece) -> io::Result<()> {
        self.copy(&mut &piece.bytes[..], piece.bytes.len() as u64, &piece.sum)
    }

    /// Adds a piece from where it lies, so many bytes of it.
    pub(super) fn copy(&mut self, from: &mut dyn Read, length: u64, sum: &Checksum) -> io::Result<()> {
        if io::copy(&mut from.take(length), &mut self.out)? != length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.sum.combine(sum);
        Ok(())
    }

    /// How much text there is so far.
    pub(super) fn length(&self) -> u64 {
        self.sum.length
    }

    pub(super) fn finish(mut self) -> io::Result<W> {
        self.out.write_all(&LAST)?;
        self.out.write_all(&self.sum.crc.sum().to_le_bytes())?;
        // by the format: as much of it as fits
        self.out.write_all(&(self.sum.length as u32).to_le_bytes())?;
        Ok(self.out)
    }
}

#[cfg(test)]
mod tests {
    use flate2::read::GzDecoder;

    use super::*;

    fn piece(text: &str) -> Piece {
        Piece::of(Compression::default(), |out| out.write_all(text.as_bytes())).expect("memory")
    }

    #[test]
    fn pieces_make_one_file_that_any_reader_takes() {
        let texts = ["a".repeat(100_000), String::new(), "b\n".to_owned(), (0..9_999).map(|number| format!("{number} é")).collect()];
        let pieces: Vec<_> = texts.iter().rev().map(|text| piece(text)).collect();
        let mut file = Gzip::begin(Vec::new()).expect("memory");
        pieces.iter().rev().for_each(|piece| file.add(piece).expect("memory"));
        assert_eq!(file.length(), texts.iter().map(|text| text.len() as u64).sum::<u64>());
        let bytes = file.finish().expect("memory");
        let mut read = String::new();
        let mut decoder = GzDecoder::new(&bytes[..]);
        decoder.read_to_string(&mut read).expect("one member, whole");
        assert_eq!(read, texts.concat());
        assert!(decoder.into_inner().is_empty(), "something follows");
        assert!(pieces.iter().rev().zip(&texts).all(|(piece, text)| piece.text().is_ok_and(|again| again == *text)));
    }

    #[test]
    fn a_piece_that_is_cut_off_is_missed() {
        let piece = piece("abc");
        let mut file = Gzip::begin(Vec::new()).expect("memory");
        assert!(file.copy(&mut &piece.bytes[1..], piece.bytes.len() as u64, &piece.sum).is_err());
    }
}
