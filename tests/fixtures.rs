//! Every check on its fixtures: `fixtures/<check-id>/{pass,fail,skip,review}-*`, a file or a folder a case.
//!
//! In a case, `#~ fail`, `#~ review` and `#~ note` at the end of a line say what is found there; the sets of marked
//! lines and of found lines must be equal. `pass` cases have a pass and nothing found, `skip` cases only skips,
//! `unseen` cases no verdict, `review` cases no failure. First lines may say `#~ world: partial`, `#~ kubernetes: 1.34`, `#~ config: {key: value}`,
//! `#~ now: 2026-06-01T00:00:00Z` (which it is where nothing is said).
//! Formats without comments put the lines into `<case>.lines` (`12 fail`). YAML files with several documents run a
//! second time with the documents reversed. In a folder these lines name their file (`etc/x.service:12 fail`).
//!
//! A folder with a file `modes` is a node: see `support/node.rs`; its lines take marks as well.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cnscan::checks::{self, Check};
use cnscan::discover::{Origin, Source};
use cnscan::evaluate::{self, Standing};
use cnscan::model::evidence::Reading;
use cnscan::model::{Evidence, KubernetesVersion, Scan, UNSET_NAMESPACE};
use cnscan::parse::{self, Limits, Lines};
use cnscan::settings::{self, Settings, Value};
use libtest_mimic::{Arguments, Failed, Trial};

#[path = "support/node.rs"]
mod node;

/// File, line, what was found.
type Marks = BTreeSet<(String, u32, &'static str)>;

fn main() {
    let arguments = Arguments::from_args();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut trials = Vec::new();
    for check in checks::all() {
        for case in sorted(&folder.join(check.id)) {
            let name = case.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if !name.ends_with(".lines") {
                trials.push(Trial::test(format!("{}/{name}", check.id), move || run(check, &case)));
            }
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn run(check: &'static Check, case: &Path) -> Result<(), Failed> {
    let files = read(case)?;
    judge(check, case, &files)?;
    let reversed: Vec<_> = files.iter().map(|(name, text)| (name.clone(), reverse(name, text))).collect();
    if reversed != files {
        judge(check, case, &reversed).map_err(|failed| format!("with its documents reversed: {}", failed.message().unwrap_or_default()))?;
    }
    Ok(())
}

fn judge(check: &'static Check, case: &Path, files: &[(String, String)]) -> Result<(), Failed> {
    let kind = case.file_name().unwrap_or_default().to_string_lossy().split('-').next().unwrap_or_default().to_owned();
    let world = World::of(check, files)?;
    let mut sources: Vec<_> = files.iter().map(|(name, text)| source(name, text)).collect();
    on_node(case, &mut sources);
    let parsed = parse::all(sources, &Limits::default());
    let evidence = Evidence::index(&parsed, Reading { assumed_namespace: UNSET_NAMESPACE, complete: world.complete, live: None });
    if let Some(gap) = evidence.gaps().first() {
        return Err(format!("a gap: {gap:?}").into());
    }
    let scan = Scan { evidence: &evidence, settings: &world.settings, version: Some(world.version), now: world.now };
    let outcomes = evaluate::all(&[check], &scan, false);
    if let Some((_, subject, message)) = outcomes.errors.first() {
        return Err(format!("broke on {}: {message}", subject.name).into());
    }
    let found: Marks = outcomes
        .findings
        .iter()
        .map(|finding| {
            let file = &parsed[finding.file as usize];
            let standing = match finding.standing {
                Standing::Fail => "fail",
                Standing::Review => "review",
                Standing::Note => "note",
            };
            (file.shown.clone(), Lines::new(file.tree.source()).position(finding.span.0).0, standing)
        })
        .collect();
    let tally = &outcomes.tallies[0];
    let expected = marks(case, files);
    if found != expected {
        let said: Vec<_> = outcomes.findings.iter().map(|finding| format!("{}: {}", finding.path, finding.message)).collect();
        return Err(format!(
            "marked but not found: {:?}\nfound but not marked: {:?}\nsaid: {said:#?}",
            &expected - &found,
            &found - &expected
        )
        .into());
    }
    let right = match kind.as_str() {
        "pass" => tally.passed > 0 && tally.failed + tally.review == 0,
        "fail" => tally.failed > 0,
        "review" => tally.review > 0 && tally.failed == 0,
        "unseen" => tally.subjects() == 0,
        "skip" => !tally.skipped.is_empty() && tally.passed + tally.failed + tally.review == 0,
        _ => return Err("a case is named pass-*, fail-*, skip-*, unseen-* or review-*".into()),
    };
    if right { Ok(()) } else { Err(format!("not a {kind}: {tally:?}").into()) }
}

/// What the first lines of a case set.
struct World {
    complete: bool,
    version: KubernetesVersion,
    settings: Settings,
    now: jiff::Timestamp,
}

impl World {
    fn of(check: &'static Check, files: &[(String, String)]) -> Result<Self, Failed> {
        let now = "2026-06-01T00:00:00Z".parse()?;
        let mut world = World { complete: true, version: KubernetesVersion::LATEST, settings: Settings::default(), now };
        let heads = files.iter().flat_map(|(_, text)| text.lines().take_while(|line| line.starts_with('#')));
        for (key, value) in heads.filter_map(|line| line.strip_prefix("#~ ")?.split_once(": ")) {
            match key {
                "world" => world.complete = value != "partial",
                "kubernetes" => world.version = value.parse()?,
                "now" => world.now = value.parse()?,
                "config" => {
                    let given: BTreeMap<String, Value> = serde_saphyr::from_str(value).map_err(|error| error.to_string())?;
                    let declared: Vec<_> = check.settings.iter().chain(settings::SHARED).copied().collect();
                    world.settings = Settings::new(given, &declared).map_err(|(key, why)| format!("{key}: {why}"))?;
                }
                _ => return Err(format!("unknown head `{key}`").into()),
            }
        }
        Ok(world)
    }
}

/// The lines of the `modes` of a node.
fn modes(case: &Path) -> Vec<node::Row> {
    node::rows(&fs::read_to_string(case.join("modes")).unwrap_or_default())
}

/// Makes the files of a case those of a node, where it has `modes`.
fn on_node(case: &Path, sources: &mut Vec<Source>) {
    let rows = modes(case);
    if !rows.is_empty() {
        node::place(rows, &case.file_name().unwrap_or_default().to_string_lossy(), sources);
    }
}

fn marks(case: &Path, files: &[(String, String)]) -> Marks {
    const WORDS: [&str; 3] = ["fail", "review", "note"];
    let mut marks = Marks::new();
    for (name, text) in files {
        for (line, number) in text.lines().zip(1..) {
            let mark = line.rsplit_once("#~ ").map(|(_, mark)| mark.trim());
            marks.extend(
                WORDS
                    .iter()
                    .filter(|word| mark.is_some_and(|mark| mark.split(", ").any(|part| part == **word)))
                    .map(|word| (name.clone(), number, *word)),
            );
        }
    }
    let aside = case.with_file_name(format!("{}.lines", case.file_name().unwrap_or_default().to_string_lossy()));
    let aside = fs::read_to_string(aside).unwrap_or_default();
    let top = case.file_name().unwrap_or_default().to_string_lossy().into_owned();
    for (line, word) in aside.lines().filter_map(|line| line.split_once(' ')) {
        let (name, line) = line.rsplit_once(':').map_or((files[0].0.clone(), line), |(name, line)| (format!("{top}/{name}"), line));
        marks.extend(WORDS.iter().filter(|known| **known == word).map(|word| (name.clone(), line.parse().unwrap_or(0), *word)));
    }
    for node::Row { path, mark, .. } in modes(case) {
        marks
            .extend(WORDS.iter().filter(|word| mark.split(", ").any(|part| part == **word)).map(|word| (format!("{top}{path}"), 1, *word)));
    }
    marks
}

/// The files of a case, by name in the order of names.
fn read(case: &Path) -> Result<Vec<(String, String)>, Failed> {
    let mut files = Vec::new();
    let mut folders = vec![case.to_owned()];
    while let Some(path) = folders.pop() {
        if path.is_dir() {
            folders.extend(sorted(&path));
        } else if !(path.parent() == Some(case) && path.ends_with("modes")) {
            let name = path.strip_prefix(case.parent().unwrap_or(case))?.to_string_lossy().into_owned();
            files.push((name, fs::read_to_string(&path)?));
        }
    }
    files.sort();
    Ok(files)
}

fn source(name: &str, text: &str) -> Source {
    let origin = Origin::Bytes(text.as_bytes().to_vec());
    Source { uri: Some(name.to_owned()), shown: name.to_owned(), origin, named: true, root: "".into() }
}

/// The same documents in reverse order; heads stay in front.
fn reverse(name: &str, text: &str) -> String {
    if !(name.ends_with(".yaml") || name.ends_with(".yml")) || !text.contains("\n---\n") {
        return text.to_owned();
    }
    let heads: String = text.lines().take_while(|line| line.starts_with("#~")).map(|line| format!("{line}\n")).collect();
    let mut documents: Vec<_> = text[heads.len()..].split("\n---\n").map(str::trim_end).collect();
    documents.reverse();
    format!("{heads}{}\n", documents.join("\n---\n"))
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}
