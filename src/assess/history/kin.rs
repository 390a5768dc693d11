//! Which results of files are of the same files: a folder has no identity that would stay, but what is in it changes little by
//! little.

use std::collections::BTreeSet;

use super::{Assessment, Dated};
use crate::assess::assessment::InputStatus;

/// By what a result is known again.
struct Marks {
    /// The files that were read, by name.
    files: BTreeSet<String>,
    /// The objects that anything was found on.
    objects: BTreeSet<[String; 3]>,
}

impl Marks {
    fn of(result: &Assessment) -> Self {
        let read = result.inputs.iter().filter(|input| input.status == InputStatus::Read);
        let object = |finding: &crate::assess::Finding| {
            let subject = &finding.subject;
            [&subject.kind, &subject.namespace, &subject.name].map(String::clone)
        };
        Marks { files: read.filter_map(|input| input.uri.clone()).collect(), objects: result.findings.iter().map(object).collect() }
    }

    /// Whether they are of the same files: half of all that either has are in both, and unrelated objects in files of the same
    /// names tell them apart. Standard input has no names: its objects decide.
    fn are_of(&self, other: &Marks) -> bool {
        let objects = self.objects.intersection(&other.objects).count();
        let fewer = self.objects.len().min(other.objects.len());
        if self.files.is_empty() && other.files.is_empty() {
            return fewer == 0 || 2 * objects >= fewer;
        }
        let files = self.files.intersection(&other.files).count();
        let all = self.files.len() + other.files.len() - files;
        2 * files >= all && (fewer == 0 || objects > 0)
    }
}

/// Sorts results, the oldest first, into lines of the same files: each joins the newest line whose last result is of them too.
pub(super) fn lines(results: Vec<Dated>) -> Vec<Vec<Dated>> {
    let mut lines: Vec<(Marks, Vec<Dated>)> = Vec::new();
    for one in results {
        let marks = Marks::of(&one.2);
        let is_cluster = one.2.scope.cluster.is_some();
        match lines.iter_mut().rev().find(|(last, _)| is_cluster || marks.are_of(last)) {
            Some((last, line)) => {
                *last = marks;
                line.push(one);
            }
            None => lines.push((marks, vec![one])),
        }
    }
    lines.into_iter().map(|(_, line)| line).collect()
}

/// The files of a line by their common folder, or the first of their names.
pub(super) fn target(results: &[Dated]) -> String {
    let Some((_, _, last)) = results.last() else { return String::new() };
    let files: Vec<_> = Marks::of(last).files.into_iter().collect();
    match files.as_slice() {
        [] => "standard input".to_owned(),
        [only] => format!("file {only}"),
        [first, .., end] => {
            // sorted: what the first and the last begin with, all begin with
            let shared = first.bytes().zip(end.bytes()).take_while(|(a, b)| a == b).count();
            match first.as_bytes()[..shared].iter().rposition(|byte| *byte == b'/') {
                Some(at) => format!("files of {}", &first[..at]),
                None => format!("files {first} and {}", crate::assess::plural(files.len() - 1, "other")),
            }
        }
    }
}
