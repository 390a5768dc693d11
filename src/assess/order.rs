//! The order in which people look things up.

use std::cmp::Ordering;

/// By letters, and by what numbers come to: line 8 before line 12.
pub(super) fn natural(a: &str, b: &str) -> Ordering {
    runs(a).map(value).cmp(runs(b).map(value)).then_with(|| a.cmp(b))
}

fn runs(text: &str) -> impl Iterator<Item = &[u8]> {
    text.as_bytes().chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit())
}

/// A number by its length and digits, which are those of its value; a text by itself.
fn value(run: &[u8]) -> (bool, usize, &[u8]) {
    if !run[0].is_ascii_digit() {
        return (true, 0, run);
    }
    let zeros = run.iter().take_while(|byte| **byte == b'0').count();
    (false, run.len() - zeros, &run[zeros..])
}

#[cfg(test)]
mod tests {
    use super::natural;

    #[test]
    fn lines_come_as_they_stand() {
        let mut all = ["a.yaml:12: x", "a.yaml:8: x", "a.yaml:14: x", "a.yaml:14: a", "b", "1.yaml:3: x", "", "a.yaml:08: x"];
        all.sort_by(|a, b| natural(a, b));
        assert_eq!(all, ["", "1.yaml:3: x", "a.yaml:08: x", "a.yaml:8: x", "a.yaml:12: x", "a.yaml:14: a", "a.yaml:14: x", "b"]);
    }
}
