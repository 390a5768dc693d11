//! The one page of a check or a control: `explain`, the help of SARIF rules and the result's `help` come from here; and the
//! answers to questions about what was read.

pub mod admission;
mod example;
pub mod place;
pub mod reach;
pub mod who_can;

use std::fmt::Write as _;

use include_dir::{Dir, DirEntry, include_dir};
use serde_json::{Value, json};

use crate::checks::{self, Check, Probe};
use crate::policy::catalog::{Catalog, Control};
use crate::policy::{Profile, Requirement};
use crate::settings::Default as Fallback;
use example::example;

/// The fixtures: a `fail-*` and a `pass-*` of a check are its examples, so that no example can rot.
static FIXTURES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/fixtures");

/// What reports say of a check: why, how to mend, how it is decided, what it cannot see.
#[must_use]
pub fn summary(check: &Check) -> String {
    let mut page = introduction(check);
    _ = writeln!(page, "\n**How it is decided.** {}", check.how);
    page.push_str(&blind(check));
    page
}

fn introduction(check: &Check) -> String {
    format!("{}\n\n**How to fix.** {}\n\n**Looks at** {}.\n", check.why, check.fix, looks_at(check))
}

fn blind(check: &Check) -> String {
    if check.blind.is_empty() { String::new() } else { format!("\n**Cannot see.** {}\n", check.blind) }
}

/// The whole page of a check.
#[must_use]
pub fn check(check: &Check) -> String {
    let mut page = format!("# {}\n\n{} · severity {} · topic {}\n\n", check.id, check.title, check.severity.as_str(), check.topic);
    page.push_str(&introduction(check));
    page.push_str(&blind(check));
    if !check.settings.is_empty() {
        page.push_str("\n## Settings\n\n");
        for setting in check.settings {
            _ = writeln!(page, "- `{}` (default {}): {}", setting.key, fallback(setting.default), setting.help);
        }
    }
    if !check.aspects.is_empty() {
        page.push_str("\n## May be asked about alone\n\n");
        for aspect in check.aspects {
            _ = writeln!(page, "- `{}`", aspect.name);
        }
    }
    page.push_str("\n## How it is decided\n\n");
    _ = writeln!(page, "{}\n\nCases, each of which is a test:\n", check.how);
    for (verdict, said) in CASES {
        for case in cases(check.id, verdict) {
            _ = writeln!(page, "- {said}: {case}");
        }
    }
    for (title, prefix) in [("Bad example", "fail-"), ("Good example", "pass-")] {
        if let Some((name, text)) = example(check.id, prefix) {
            _ = writeln!(page, "\n## {title}\n\n`{name}`\n\n```yaml\n{}\n```", text.trim_end());
        }
    }
    page.push_str("\n## Serves\n\n");
    for control in cited_by(check.id) {
        _ = writeln!(page, "- {} {} ({})", control.id, control.title, control.group);
    }
    if !check.maps.is_empty() {
        page.push_str("\n## Elsewhere\n\n");
        for (framework, ids) in check.maps {
            _ = writeln!(page, "- {framework}: {}", ids.join(", "));
        }
    }
    page.push_str("\n## Sources\n\n");
    for source in check.refs {
        _ = writeln!(page, "- <{source}>");
    }
    page
}

/// The whole page of a control.
#[must_use]
pub fn control(control: &Control) -> String {
    let mut page = format!("# {} {}\n\n{} · {}\n", control.id, control.title, control.group, control.papers.join(", "));
    if !control.nist.is_empty() {
        _ = writeln!(page, "\nRelated NIST SP 800-53 controls: {}", control.nist.join(", "));
    }
    _ = writeln!(page, "\n{}\n\n## Checks\n\nCoverage: {}\n", control.summary, coverage(control));
    for id in &control.checks {
        let title = checks::find(id).map_or("", |check| check.title);
        _ = writeln!(page, "- `{id}`: {title}");
    }
    for id in &control.planned {
        _ = writeln!(page, "- `{id}` (planned: counts as not run)");
    }
    // what is not there yet shows nothing
    let all = if control.planned.is_empty() { "What all of them show" } else { "What all of them will show, once the planned ones exist" };
    let parts = [(all, &control.proves), ("What they leave open", &control.leaves), ("What a person supplies", &control.attest)];
    for (title, text) in parts.iter().filter(|(_, text)| !text.is_empty()) {
        _ = writeln!(page, "\n## {title}\n\n{text}");
    }
    page
}

/// The page of a requirement of a profile that is no control of the catalog.
#[must_use]
pub fn requirement(profile: &Profile, requirement: &Requirement) -> String {
    let mut page = format!("# {} {}\n\n{} · profile {}\n", requirement.id, requirement.title, requirement.group, profile.name);
    if !requirement.summary.is_empty() {
        _ = writeln!(page, "\n{}", requirement.summary);
    }
    page.push_str("\n## Checks\n\n");
    for id in &requirement.checks {
        let about = requirement.about(id);
        let about = if about.is_empty() { String::new() } else { format!(" (of it: {})", about.join(", ")) };
        _ = writeln!(page, "- `{id}`{about}: {}", checks::find(id).map_or("", |check| check.title));
    }
    for id in &requirement.planned {
        _ = writeln!(page, "- `{id}` (planned: counts as not run)");
    }
    page
}

/// The page of a check as data.
#[must_use]
pub fn check_json(check: &Check) -> Value {
    let shown = |prefix| example(check.id, prefix).map(|(_, text)| text);
    let settings: Vec<_> = check
        .settings
        .iter()
        .map(|setting| json!({"key": setting.key, "default": fallback(setting.default), "help": setting.help}))
        .collect();
    json!({
        "id": check.id, "title": check.title, "topic": check.topic, "severity": check.severity, "why": check.why, "fix": check.fix,
        "how": check.how, "looks_at": looks_at(check), "blind": check.blind, "assurance": check.assurance.as_str(),
        "surfaces": check.surfaces.iter().map(|surface| surface.as_str()).collect::<Vec<_>>(),
        "aspects": check.aspects.iter().map(|aspect| aspect.name).collect::<Vec<_>>(),
        "settings": settings, "decided": CASES.iter().map(|(verdict, _)| ((*verdict).to_owned(), json!(cases(check.id, verdict)))).collect::<serde_json::Map<_, _>>(),
        "bad": shown("fail-"), "good": shown("pass-"),
        "controls": cited_by(check.id).map(|control| control.id.clone()).collect::<Vec<_>>(),
        "maps": check.maps.iter().map(|(framework, ids)| ((*framework).to_owned(), json!(ids))).collect::<serde_json::Map<_, _>>(),
        "refs": check.refs,
    })
}

/// What a check looks at, in words.
fn looks_at(check: &Check) -> String {
    let subject = match check.probe {
        Probe::Pod(_) => "each pod and pod template".to_owned(),
        Probe::Container(_) => "each container of each pod: init, regular and ephemeral".to_owned(),
        Probe::Namespace(_) => "each namespace that has a document or an object".to_owned(),
        Probe::Object(kinds, _) => format!("each {}", words(kinds.iter().map(ToString::to_string))),
        Probe::Any(_) => "each object".to_owned(),
        Probe::Scan(_) => "the evidence as a whole".to_owned(),
        Probe::Component(roles, _) => {
            format!(
                "each {}: its command line and the files that it names, wherever they are",
                words(roles.iter().map(|role| role.program().to_owned()))
            )
        }
        Probe::Made(_) => "each pod, ReplicaSet or Job that a controller in the evidence made from its template".to_owned(),
    };
    if check.needs.is_empty() {
        subject
    } else {
        format!("{subject}, together with {}", words(check.needs.iter().map(ToString::to_string)))
    }
}

fn words(parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<_> = parts.collect();
    match parts.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => parts.concat(),
    }
}

fn fallback(default: Fallback) -> String {
    match default {
        Fallback::Strings([]) => "none".to_owned(),
        Fallback::Strings(list) => list.join(", "),
        Fallback::Int(number) => number.to_string(),
        Fallback::Bool(value) => value.to_string(),
        Fallback::Choice(words) => words.join(" | "),
    }
}

/// The verdicts that have cases, in words.
const CASES: [(&str, &str); 5] =
    [("fail", "fails"), ("review", "for review"), ("pass", "passes"), ("skip", "does not apply"), ("unseen", "nothing to see")];

/// The cases of a check with a verdict: what their first comment says, else what their name says.
fn cases(id: &str, verdict: &str) -> Vec<String> {
    let Some(folder) = FIXTURES.get_dir(id) else { return Vec::new() };
    let mut cases: Vec<_> = folder.entries().iter().filter_map(|entry| case(entry, verdict)).collect();
    cases.sort();
    cases
}

fn case(entry: &DirEntry<'_>, verdict: &str) -> Option<String> {
    let name = entry.path().file_stem()?.to_string_lossy();
    let words = name.strip_prefix(verdict)?.strip_prefix('-')?.replace('-', " ");
    let text = entry.as_file().and_then(|file| file.contents_utf8()).unwrap_or_default();
    let comments = text.lines().take_while(|line| line.starts_with('#')).filter(|line| !line.starts_with("#~"));
    let said: Vec<_> = comments.map(|line| line.trim_start_matches('#').trim()).collect();
    Some(if said.is_empty() { words } else { format!("{words} ({})", said.join(" ")) })
}

fn cited_by(check: &str) -> impl Iterator<Item = &'static Control> {
    let groups = Catalog::embedded().groups.iter();
    groups.flat_map(|group| &group.controls).filter(move |control| control.checks.iter().any(|id| id == check))
}

fn coverage(control: &Control) -> &'static str {
    use crate::policy::catalog::Coverage;
    match control.coverage {
        Coverage::Full => "full: its checks, passed on whole evidence, show all of it",
        Coverage::Partial => "partial: its checks show a part of it",
        Coverage::None => "none: only a person can tell",
    }
}
