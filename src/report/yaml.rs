//! YAML that every reader reads alike: texts are quoted wherever any version of YAML could take them for something else.

use std::io::{self, BufWriter, Write};

use serde::Serialize;
use serde_saphyr::SerializerOptions;

/// Writes a document, in blocks.
pub(super) fn document(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    // a text is one line, so that no name can look like structure
    let mut options = SerializerOptions::default();
    options.prefer_block_scalars = false;
    let mut out = BufWriter::with_capacity(1 << 16, out);
    serde_saphyr::to_io_writer_with_options(&mut out, value, options).map_err(io::Error::other)?;
    out.flush()
}
