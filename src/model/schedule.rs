//! Schedules of cron.

/// Whether a schedule has a time that never comes, such as the 30th of February.
#[must_use]
pub fn never_comes(schedule: &str) -> bool {
    let plain = schedule.trim();
    let plain =
        if plain.starts_with("TZ=") || plain.starts_with("CRON_TZ=") { plain.split_once(' ').map_or("", |(_, rest)| rest) } else { plain };
    let fields: Vec<&str> = plain.split_ascii_whitespace().collect();
    let [_, _, days, months, weekdays] = fields.as_slice() else { return false };
    // a day of the week counts beside that of the month
    if !matches!(*weekdays, "*" | "?") {
        return false;
    }
    let (Some(days), Some(months)) = (numbers(days, 1, 31), numbers(months, 1, 12)) else { return false };
    const LAST: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    !months.iter().any(|month| days.iter().any(|day| *day <= LAST[*month as usize - 1]))
}

/// The numbers of a field; `None` for what is not understood.
fn numbers(field: &str, first: u32, last: u32) -> Option<Vec<u32>> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let number = |text: &str| {
        let named = MONTHS.iter().position(|name| last == 12 && text.eq_ignore_ascii_case(name)).map(|at| at as u32 + 1);
        named.or_else(|| text.parse().ok()).filter(|number| (first..=last).contains(number))
    };
    let mut found = Vec::new();
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<usize>().ok().filter(|step| *step > 0)?),
            None => (part, 1),
        };
        let (from, to) = match range.split_once('-') {
            _ if matches!(range, "*" | "?") => (first, last),
            Some((from, to)) => (number(from)?, number(to)?),
            None if part.contains('/') => (number(range)?, last),
            None => (number(range)?, number(range)?),
        };
        found.extend((from..=to).step_by(step));
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::never_comes;

    #[test]
    fn days_that_no_month_has_never_come() {
        for (schedule, never) in [
            ("0 0 30 2 *", true),
            ("0 0 31 feb,APR *", true),
            ("0 0 31 2-4 *", false),
            ("0 0 29 2 *", false),
            ("0 0 30 2 1", false),
            ("0 0 */31 2 *", false),
            ("0 0 30,31 2 ?", true),
            ("CRON_TZ=UTC 0 0 30 2 *", true),
            ("@daily", false),
            ("0 0 x 2 *", false),
            ("0 0 5-1 2 *", true),
            ("", false),
        ] {
            assert_eq!(never_comes(schedule), never, "{schedule}");
        }
    }
}
