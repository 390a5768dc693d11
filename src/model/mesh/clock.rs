//! Dates as certificates have them.

/// Seconds since 1970 of a date and time of day in UTC.
#[must_use]
pub(super) fn seconds(year: i64, month: i64, day: i64, time: i64) -> i64 {
    // days since 1970 by the calendar of Gregory, with years that begin in March
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * month + 2) / 5 + day - 1 - 719_468;
    days * 86_400 + time
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn dates_are_counted_from_1970() {
        assert_eq!(seconds(1970, 1, 1, 0), 0);
        assert_eq!(seconds(2000, 3, 1, 0), 951_868_800);
        assert_eq!(seconds(2024, 2, 29, 86_399), 1_709_251_199);
        assert_eq!(seconds(2050, 1, 1, 0), 2_524_608_000);
    }
}
