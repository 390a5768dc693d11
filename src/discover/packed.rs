//! Packed charts: archives that Helm takes as they are. They are known, and not unpacked.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;

/// So much is read of an archive, packed and unpacked.
const MOST: u64 = 64 << 10;

/// The size of a header in an archive, and of what its contents are filled up to.
const BLOCK: usize = 512;

/// Whether a file may be one by its name.
pub(super) fn may_be_chart(name: &OsStr) -> bool {
    Path::new(name).extension().is_some_and(|end| end.eq_ignore_ascii_case("tgz"))
}

/// Whether a file is a packed chart: one of its first entries is the `Chart.yaml` of the folder that it holds.
pub(super) fn is_chart(path: &Path) -> bool {
    if !may_be_chart(path.as_os_str()) || !path.is_file() {
        return false;
    }
    let Ok(file) = File::open(path) else { return false };
    let mut start = Vec::new();
    // what breaks off behind the start is no matter
    _ = GzDecoder::new(file.take(MOST)).take(MOST).read_to_end(&mut start);
    has_chart(&start)
}

/// Whether the start of an archive has a chart.
fn has_chart(mut rest: &[u8]) -> bool {
    while let Some((header, behind)) = rest.split_at_checked(BLOCK) {
        // a tar archive says so
        if header.get(257..262) != Some(b"ustar") {
            return false;
        }
        let name = header[..100].split(|byte| *byte == 0).next().unwrap_or_default();
        let name = name.strip_prefix(b"./").unwrap_or(name);
        if name.ends_with(b"/Chart.yaml") && name.iter().filter(|byte| **byte == b'/').count() == 1 {
            return true;
        }
        let digits = header[124..136].iter().filter(|byte| byte.is_ascii_digit());
        let size = digits.fold(0_usize, |size, digit| size.saturating_mul(8).saturating_add(usize::from(digit - b'0')));
        let Some(next) = behind.get(size.div_ceil(BLOCK).saturating_mul(BLOCK)..) else { return false };
        rest = next;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, content: &[u8]) -> Vec<u8> {
        let mut block = vec![0; BLOCK];
        block[..name.len()].copy_from_slice(name.as_bytes());
        block[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        block[257..262].copy_from_slice(b"ustar");
        block.extend_from_slice(content);
        block.resize(block.len().div_ceil(BLOCK) * BLOCK, 0);
        block
    }

    #[test]
    fn a_chart_is_known_by_its_file_of_that_name() {
        assert!(has_chart(&entry("shop/Chart.yaml", b"name: shop")));
        assert!(has_chart(&[entry("./shop/values.yaml", &[b'a'; 700]), entry("./shop/Chart.yaml", b"")].concat()));
        for other in [entry("shop/package.json", b"{}"), entry("a/b/Chart.yaml", b""), entry("Chart.yaml", b""), Vec::new(), vec![0; 2000]]
        {
            assert!(!has_chart(&other));
        }
        // a size that leads nowhere
        let mut broken = entry("shop/a", b"");
        broken[124..136].copy_from_slice(b"777777777777");
        assert!(!has_chart(&broken));
    }
}
