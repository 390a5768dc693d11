//! DER, as far as it takes to find something in it: elements of a tag, a length and content.

/// The tag of a sequence.
pub const SEQUENCE: u8 = 0x30;

/// See the module's page.
#[derive(Debug, Clone, Copy)]
pub struct Element<'d> {
    /// What it is.
    pub tag: u8,
    /// What it holds.
    pub content: &'d [u8],
}

/// The first element of some bytes, and what follows it.
#[must_use]
pub fn element(der: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7F)).filter(|(bytes, _)| bytes.len() <= 4)?;
        (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((Element { tag, content }, rest))
}

/// What the first element holds, when it is of a tag.
#[must_use]
pub fn inside(der: &[u8], tag: u8) -> Option<&[u8]> {
    element(der).filter(|(element, _)| element.tag == tag).map(|(element, _)| element.content)
}
