//! Controls counted by group and status.

use crate::assess::{Control, Status};

/// A group of the catalog and how many of its controls have each status, in the order of [`Status::ALL`].
pub(in crate::report) type Row<'a> = (&'a str, [u32; Status::ALL.len()]);

/// Groups in the order of the profile.
pub(in crate::report) fn by_group<'a>(controls: &[&'a Control]) -> Vec<Row<'a>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for control in controls {
        let seat = rows.iter().position(|(group, _)| *group == control.group).unwrap_or(rows.len());
        if seat == rows.len() {
            rows.push((&control.group, [0; Status::ALL.len()]));
        }
        if let Some(column) = Status::ALL.iter().position(|status| *status == control.status) {
            rows[seat].1[column] += 1;
        }
    }
    rows
}

/// The statuses that any control has: columns of noughts say nothing.
pub(in crate::report) fn seen(rows: &[Row<'_>]) -> Vec<usize> {
    (0..Status::ALL.len()).filter(|column| rows.iter().any(|(_, counts)| counts[*column] > 0)).collect()
}

/// The sum of all groups.
pub(in crate::report) fn sum(rows: &[Row<'_>]) -> Row<'static> {
    let mut total = [0; Status::ALL.len()];
    rows.iter().for_each(|(_, counts)| total.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count));
    ("all", total)
}
