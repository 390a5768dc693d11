//! Dates that people write into names.

/// The day, counted from 1970, of a date in a text: `2026-05-01` or `20260501`.
#[must_use]
pub fn day_in(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let number = |from: usize, length: usize| -> Option<i16> {
        let part = text.get(from..from + length)?;
        part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok()).flatten()
    };
    let date = |at: usize| {
        let edge = |byte: Option<&u8>| byte.is_none_or(|byte| !byte.is_ascii_digit());
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        let (month, day, end) = if bytes.get(at + 4) == Some(&b'-') { (at + 5, at + 8, at + 10) } else { (at + 4, at + 6, at + 8) };
        let dashed = bytes.get(at + 4) != Some(&b'-') || bytes.get(at + 7) == Some(&b'-');
        if !edge(before) || !edge(bytes.get(end)) || !dashed {
            return None;
        }
        let date = jiff::civil::Date::new(number(at, 4)?, number(month, 2)? as i8, number(day, 2)? as i8).ok()?;
        (1990..2200).contains(&date.year()).then(|| i64::from((date - jiff::civil::date(1970, 1, 1)).get_days()))
    };
    (0..bytes.len()).find_map(date)
}

/// How long a table of facts is to be trusted, in days.
const FRESH: i64 = 183;

/// Whether a table that was read on one day is too old on another, counted from 1970.
#[must_use]
pub fn is_stale(read: &str, today: i64) -> bool {
    day_in(read).is_some_and(|read| today - read > FRESH)
}

#[cfg(test)]
mod tests {
    use super::day_in;

    #[test]
    fn dates_are_found_in_names() {
        assert_eq!(day_in("key-1990-01-02"), Some(7306));
        assert_eq!(day_in("key-20260501"), Some(20574));
        assert_eq!(day_in("key-2026-05-01-a"), Some(20574));
        for text in ["key1", "key-20261301", "k-202605011", "2026-5-1", "ключ-2026"] {
            assert_eq!(day_in(text), None, "{text}");
        }
    }
}
