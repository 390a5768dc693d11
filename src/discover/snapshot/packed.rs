//! Lists that are held compressed, where there may be many and each is parsed more than once.

use flate2::Compression;

use super::gzip::Piece;
use crate::discover::List;

/// A list, compressed.
#[derive(Debug)]
pub struct Packed {
    uri: String,
    items: u32,
    piece: Piece,
}

impl Packed {
    /// Compresses a list.
    ///
    /// # Errors
    /// None that memory does not know.
    pub fn new(list: List) -> Result<Self, String> {
        let List { uri, items, text } = list;
        let piece = Piece::of(Compression::fast(), |out| out.write_all(text.as_bytes())).map_err(|error| error.to_string())?;
        Ok(Packed { uri, items, piece })
    }

    /// The list again.
    ///
    /// # Errors
    /// None that memory does not know.
    pub fn list(&self) -> Result<List, String> {
        let text = self.piece.text().map_err(|error| error.to_string())?;
        Ok(List { uri: self.uri.clone(), items: self.items, text })
    }
}
