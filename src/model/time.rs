//! Times as objects write them.

use jiff::Timestamp;

/// The seconds of a day.
pub const DAY: i64 = 24 * 60 * 60;

/// A time, or a day, which ends when the next one begins.
#[must_use]
pub fn read(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse::<Timestamp>().ok().or_else(|| {
        let begins = format!("{text}T00:00:00Z").parse::<Timestamp>().ok()?;
        Timestamp::from_second(begins.as_second() + DAY).ok()
    })
}

/// How many whole days lie between two times; none when the first is the later one.
#[must_use]
pub fn days(then: Timestamp, now: Timestamp) -> i64 {
    (now.as_second() - then.as_second()).max(0) / DAY
}

/// Whether more than so many days lie between them.
#[must_use]
pub fn is_older(then: Timestamp, now: Timestamp, days: i64) -> bool {
    now.as_second() - then.as_second() > days.saturating_mul(DAY)
}

#[cfg(test)]
mod tests {
    use super::{days, is_older, read};

    #[test]
    fn times_and_days_are_read() {
        let now = read("2026-06-01T12:00:00Z").expect("a time");
        assert_eq!(read("2026-05-31").map(|then| days(then, now)), Some(0));
        assert_eq!(read("2026-05-01T11:00:00+00:00").map(|then| days(then, now)), Some(31));
        assert_eq!(read("2027-01-01").map(|then| days(then, now)), Some(0));
        assert!(is_older(read("2026-05-25T11:59:00Z").expect("a time"), now, 7) && !is_older(now, now, 0));
        assert_eq!((read("soon"), read("")), (None, None));
    }
}
