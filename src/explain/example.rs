//! The cases of a check that stand for it on its page.

use include_dir::File;

use super::FIXTURES;

/// What was chosen by hand: `check: fail-case pass-case`, a line each.
const CHOSEN: &str = "_examples";

/// The telling case of a check with a prefix, its name and its text: the one chosen, else the simplest.
pub(super) fn example(id: &str, prefix: &str) -> Option<(String, String)> {
    let name = |file: &File<'_>| file.path().file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let is_case = |file: &&File<'_>| name(file).starts_with(prefix) && file.path().extension().is_none_or(|end| end != "lines");
    let files: Vec<_> = FIXTURES.get_dir(id)?.files().filter(is_case).collect();
    let chosen = chosen(id, prefix).and_then(|wanted| files.iter().find(|file| name(file) == wanted));
    let file = chosen.or_else(|| files.iter().min_by_key(|file| (effort(file), file.path())))?;
    let text: Vec<_> = file.contents_utf8()?.lines().map(shown).collect();
    Some((file.path().file_name()?.to_string_lossy().into_owned(), text.join("\n").trim_start().to_owned()))
}

/// A line with words in place of the mark of what fails, and without other marks.
fn shown(line: &str) -> String {
    match line.split_once("#~ ") {
        Some((code, mark)) if mark.contains("fail") && !code.trim().is_empty() => format!("{}  # fails", code.trim_end()),
        Some((code, _)) => code.trim_end().to_owned(),
        None => line.trim_end().to_owned(),
    }
}

fn chosen(id: &str, prefix: &str) -> Option<&'static str> {
    let list = FIXTURES.get_file(CHOSEN)?.contents_utf8()?;
    let line = list.lines().find_map(|line| line.strip_prefix(id)?.strip_prefix(": "))?;
    line.split_whitespace().find(|name| name.starts_with(prefix))
}

/// What it takes to read a case: kinds that not everybody knows, documents, lines.
fn effort(file: &File<'_>) -> (bool, usize, usize) {
    let text = file.contents_utf8().unwrap_or_default();
    let groups = text.lines().filter_map(|line| line.strip_prefix("apiVersion: ")?.split_once('/')).map(|(group, _)| group);
    let is_custom = |group: &str| group.contains('.') && !group.ends_with(".k8s.io");
    (groups.into_iter().any(is_custom), text.lines().filter(|line| *line == "---").count(), text.lines().count())
}

#[cfg(test)]
mod tests {
    use include_dir::File;

    use super::{CHOSEN, FIXTURES, example};
    use crate::checks;

    #[test]
    fn what_is_chosen_is_there_and_shown() {
        let list = FIXTURES.get_file(CHOSEN).and_then(File::contents_utf8).unwrap_or_default();
        let rows: Vec<_> = list.lines().filter_map(|line| line.split_once(": ").filter(|_| !line.starts_with('#'))).collect();
        assert!(rows.len() > 50);
        for (id, cases) in rows {
            assert!(checks::find(id).is_some(), "{id}");
            for case in cases.split_whitespace() {
                let prefix = if case.starts_with("fail-") { "fail-" } else { "pass-" };
                let name = example(id, prefix).map(|(name, _)| name).unwrap_or_default();
                assert_eq!(name.split('.').next(), Some(case), "{id}");
            }
        }
    }

    #[test]
    fn else_the_simplest_case_is_shown() {
        let of = |id, prefix| example(id, prefix).map(|(name, _)| name).unwrap_or_default();
        assert_eq!(of("namespace-default-used", "fail-"), "fail-explicit.yaml");
        assert_eq!(of("gitops-tool-outdated", "fail-"), "fail-by-label.yaml");
        assert!(example("no-such-check", "fail-").is_none());
        let text = example("pss-privileged-container", "fail-").map(|(_, text)| text).unwrap_or_default();
        assert!(text.contains("          privileged: true  # fails\n") && !text.contains("#~"), "{text}");
    }
}
