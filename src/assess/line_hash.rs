//! GitHub's `primaryLocationLineHash`: the hash by which code scanning knows a line again when it moves.

use crate::model::Map;

/// How many UTF-16 code units from the start of a line make its hash.
const WINDOW: usize = 100;
const FACTOR: u64 = 37;
/// What a code unit weighs when it falls out of the window: `FACTOR` to the power of `WINDOW`.
const LEAVING: u64 = FACTOR.wrapping_pow(WINDOW as u32);
/// Stands for the end of the file, so that a last line without a line end has a hash as well.
const END: u16 = 0xFFFF;

/// The hashes of all lines of a text, made in one pass.
#[derive(Debug)]
pub struct LineHashes {
    /// For each line its hash, and how many lines up to it have that hash.
    lines: Vec<(u64, u32)>,
}

impl LineHashes {
    /// Hashes every line. A line ends at LF, CRLF or CR; what follows the last line end is a line, even when empty.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut hasher = Hasher::default();
        let (mut at_start, mut after_cr) = (true, false);
        for unit in text.encode_utf16().chain([END]) {
            let is_second_of_crlf = after_cr && unit == u16::from(b'\n');
            after_cr = unit == u16::from(b'\r');
            if is_second_of_crlf || unit == u16::from(b' ') || unit == u16::from(b'\t') {
                continue;
            }
            let unit = if after_cr { u16::from(b'\n') } else { unit };
            hasher.push(unit, at_start);
            at_start = unit == u16::from(b'\n');
        }
        LineHashes { lines: numbered(hasher.finish()) }
    }

    /// The hash of a line (from 1) as GitHub writes it, `hash:n`; `None` when there is no such line.
    #[must_use]
    pub fn of(&self, line: u32) -> Option<String> {
        let (hash, times) = self.lines.get((line as usize).checked_sub(1)?)?;
        Some(format!("{hash:x}:{times}"))
    }

    /// How many lines there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lines.len()
    }
}

/// Says of each hash the how manieth of its value it is.
fn numbered(hashes: Vec<u64>) -> Vec<(u64, u32)> {
    let mut seen: Map<u64, u32> = Map::with_capacity_and_hasher(hashes.len(), Default::default());
    let number = |hash| {
        let times = seen.entry(hash).or_default();
        *times += 1;
        (hash, *times)
    };
    hashes.into_iter().map(number).collect()
}

/// A hash that rolls over the text: of each window it knows the value from that of the window before, so that the time
/// does not grow with the window.
struct Hasher {
    window: [u16; WINDOW],
    /// How many units were pushed.
    pushed: usize,
    hash: u64,
    /// Where lines start whose window is not full yet, by the number of the unit, oldest first.
    starts: std::collections::VecDeque<usize>,
    hashes: Vec<u64>,
}

impl Default for Hasher {
    fn default() -> Self {
        Hasher { window: [0; WINDOW], pushed: 0, hash: 0, starts: std::collections::VecDeque::new(), hashes: Vec::new() }
    }
}

impl Hasher {
    fn push(&mut self, unit: u16, starts_line: bool) {
        if starts_line {
            self.starts.push_back(self.pushed);
        }
        let slot = &mut self.window[self.pushed % WINDOW];
        let left = std::mem::replace(slot, unit);
        self.hash = self.hash.wrapping_mul(FACTOR).wrapping_add(u64::from(unit)).wrapping_sub(LEAVING.wrapping_mul(u64::from(left)));
        self.pushed += 1;
        if self.starts.front().is_some_and(|start| start + WINDOW == self.pushed) {
            self.starts.pop_front();
            self.hashes.push(self.hash);
        }
    }

    /// Pads with zeros until the window of the last line is full.
    fn finish(mut self) -> Vec<u64> {
        for _ in 0..WINDOW {
            self.push(0, false);
        }
        self.hashes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(text: &str) -> Vec<String> {
        let hashes = LineHashes::new(text);
        (1..=hashes.count() as u32).filter_map(|line| hashes.of(line)).collect()
    }

    #[test]
    fn the_vectors_of_github_s_own_tests_hold() {
        let vectors: &[(&str, &[&str])] = &[
            ("", &["c129715d7a2bc9a3:1"]),
            (" a\nb\n  \t\tc\n d", &["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"]),
            (
                " hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End",
                &[
                    "8b7cf3e952e7aeb2:1",
                    "b1ae1287ec4718d9:1",
                    "bff680108adb0fcc:1",
                    "c6805c5e1288b612:1",
                    "b86d3392aea1be30:1",
                    "e6ceba753e1a442:1",
                ],
            ),
            (
                " hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n",
                &[
                    "e9496ae3ebfced30:1",
                    "fb7c023a8b9ccb3f:1",
                    "ce8ba1a563dcdaca:1",
                    "e20e36e16fcb0cc8:1",
                    "b3edc88f2938467e:1",
                    "c8e28b0b4002a3a0:1",
                    "c129715d7a2bc9a3:1",
                ],
            ),
        ];
        for (text, expected) in vectors {
            assert_eq!(hashes(text), *expected, "{text:?}");
        }
    }

    #[test]
    fn equal_lines_are_numbered() {
        let same = (1..=6).map(|n| format!("a7f2ff13bc495cf2:{n}"));
        let rest = ["a7f2ff1481e87703:1", "a9cf91f7bbf1862b:1", "55ec222b86bcae53:1", "cc97dc7b1d7d8f7b:1", "c129715d7a2bc9a3:1"];
        let expected: Vec<_> = same.chain(rest.map(str::to_owned)).collect();
        assert_eq!(hashes(&"Lorem ipsum dolor sit amet.\n".repeat(10)), expected);
    }

    #[test]
    fn a_line_that_is_not_there_has_no_hash() {
        let hashes = LineHashes::new("a\n");
        assert_eq!((hashes.count(), hashes.of(0), hashes.of(3)), (2, None, None));
        assert!(hashes.of(2).is_some());
    }

    /// The definition, without the rolling: 100 units from the start of the line, each window by itself.
    fn by_definition(text: &str) -> Vec<String> {
        let units: Vec<u16> =
            text.replace("\r\n", "\n").replace('\r', "\n").encode_utf16().filter(|unit| ![32, 9].contains(unit)).chain([END]).collect();
        let starts = (0..units.len()).filter(|&at| at == 0 || units[at - 1] == 10);
        let hash = |start: usize| {
            let window = (start..start + WINDOW).map(|at| units.get(at).copied().unwrap_or(0));
            window.fold(0u64, |hash, unit| hash.wrapping_mul(FACTOR).wrapping_add(u64::from(unit)))
        };
        numbered(starts.map(hash).collect()).into_iter().map(|(hash, times)| format!("{hash:x}:{times}")).collect()
    }

    proptest::proptest! {
        #[test]
        fn rolling_equals_the_definition(text in "[ab \t\n\ré😀]{0,400}") {
            proptest::prop_assert_eq!(hashes(&text), by_definition(&text));
        }
    }

    #[test]
    fn long_lines_and_many_lines_take_one_pass() {
        for text in ["a: b\n".repeat(100_000), "\n".repeat(1_000_000), "x".repeat(1_000_000)] {
            let started = std::time::Instant::now();
            assert_eq!(LineHashes::new(&text).count(), text.matches('\n').count() + 1);
            // generous: a debug build on a busy machine; quadratic work would take hours
            assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
        }
    }
}
