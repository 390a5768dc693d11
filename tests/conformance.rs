//! The published cases of the Pod Security Standards against the `pss-*` checks: a pod meets a level at a version
//! when none of the level's checks fails, and a case that is made to break a control fails in a check of that control.
//!
//! The cases are no part of this repository. They lie in `../shared/data/pod-security`, or where `CNSCAN_PSS_CASES`
//! says, as `<level>/v1.<minor>/{pass,fail}/<control><number>.yaml`; without them the test says so and passes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cnscan::checks::pss::standard::{Control, TABLE};
use cnscan::checks::{self, Check};
use cnscan::discover::{Origin, Source};
use cnscan::evaluate::{self, Standing};
use cnscan::model::evidence::Reading;
use cnscan::model::pod_security::Level;
use cnscan::model::{Evidence, KubernetesVersion, Scan, UNSET_NAMESPACE};
use cnscan::parse::{self, Limits};
use cnscan::settings::Settings;

#[test]
fn published_cases_are_judged_as_the_standard_judges_them() {
    let given = std::env::var_os("CNSCAN_PSS_CASES").map(PathBuf::from);
    let folder = given.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/pod-security"));
    if !folder.is_dir() {
        println!("skipped: no cases at {}", folder.display());
        return;
    }
    let (mut cases, mut wrong) = (0, Vec::new());
    for (level, name) in [(Level::Baseline, "baseline"), (Level::Restricted, "restricted")] {
        for place in sorted(&folder.join(name)) {
            let version = file_name(&place).parse().expect("a folder is named by its version");
            for (kind, is_good) in [("pass", true), ("fail", false)] {
                let files = sorted(&place.join(kind));
                cases += files.len();
                wrong.extend(misjudged(level, version, &files, is_good));
            }
        }
    }
    println!("{cases} cases, {} judged otherwise", wrong.len());
    assert!(cases > 100, "too few cases at {}", folder.display());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_check_answers_one_control() {
    let answered: Vec<_> = TABLE.iter().map(|control| control.checks[0]).collect();
    let checks: Vec<_> = checks::all().filter(|check| check.topic == "pss").map(|check| check.id).collect();
    assert_eq!(sorted_words(&answered), sorted_words(&checks));
    for control in TABLE {
        assert!(control.revisions.is_sorted(), "{}", control.name);
        assert!(control.checks.iter().all(|id| checks.contains(id)), "{}", control.name);
    }
}

#[test]
fn versions_that_may_apply_must_agree() {
    let pinned = |version| format!("labels: {{pod-security.kubernetes.io/enforce-version: {version}}}");
    // safe since 1.37 only
    assert_eq!(standings(&[], None), [Standing::Review]);
    assert_eq!(standings(&[], "1.36".parse().ok()), [Standing::Fail]);
    assert_eq!(standings(&[], "1.37".parse().ok()), []);
    assert_eq!(standings(&[pinned("v1.36")], None), [Standing::Fail]);
    assert_eq!(standings(&[pinned("v1.37")], None), []);
    assert_eq!(standings(&[pinned("v1.36")], "1.37".parse().ok()), [], "what the user says wins");
    for open in ["latest", "1.36", "v1.36.1"] {
        assert_eq!(standings(&[pinned(open)], None), [Standing::Review], "{open}");
    }
    assert_eq!(standings(&[pinned("v1.36"), pinned("v1.37")], None), [Standing::Review], "copies");
    assert_eq!(standings(&[pinned("v1.30"), pinned("v1.36")], None), [Standing::Fail], "copies that agree");
}

/// What is found on a pod with a sysctl that is safe since 1.37, in a namespace with documents of these labels.
fn standings(namespaces: &[String], version: Option<KubernetesVersion>) -> Vec<Standing> {
    let mut text = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec:\n  securityContext:\n    sysctls:\n    - \
                    {name: net.ipv4.tcp_notsent_lowat, value: \"16384\"}\n  containers:\n  - {name: web, image: web}\n"
        .to_owned();
    for labels in namespaces {
        text += &format!("---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n  {labels}\n");
    }
    let origin = Origin::Bytes(text.into_bytes());
    let source = Source { uri: None, shown: "web.yaml".to_owned(), origin, named: true, root: "".into() };
    let parsed = parse::all(vec![source], &Limits::default());
    let evidence = Evidence::index(&parsed, Reading { assumed_namespace: UNSET_NAMESPACE, complete: true, live: None });
    let scan = Scan { evidence: &evidence, settings: &Settings::default(), version, now: jiff::Timestamp::UNIX_EPOCH };
    let check = checks::find("pss-unsafe-sysctl").expect("the check is there");
    evaluate::all(&[check], &scan, false).findings.iter().map(|finding| finding.standing).collect()
}

/// The cases of one folder that are judged otherwise than they are meant.
fn misjudged(level: Level, version: KubernetesVersion, files: &[PathBuf], is_good: bool) -> Vec<String> {
    let asked: Vec<_> = TABLE.iter().filter(|control| control.level <= level && control.since() <= version.0).collect();
    let broken = broken(&asked, version, files);
    let case = |path: &PathBuf| {
        let seen = broken.get(&shown(path)).cloned().unwrap_or_default();
        let stem = file_name(path).trim_end_matches(".yaml").trim_end_matches(|letter: char| letter.is_ascii_digit()).to_owned();
        let control = asked.iter().find(|control| control.name.to_lowercase() == stem);
        let is_right = match control {
            _ if is_good => seen.is_empty(),
            Some(control) => control.checks.iter().any(|check| seen.contains(check)),
            None => false,
        };
        (!is_right).then(|| format!("{}: broken {seen:?}", path.display()))
    };
    files.iter().filter_map(case).collect()
}

/// The checks that fail (or cannot tell) on each file.
fn broken(asked: &[&&Control], version: KubernetesVersion, files: &[PathBuf]) -> BTreeMap<String, BTreeSet<&'static str>> {
    let ids: BTreeSet<_> = asked.iter().flat_map(|control| control.checks).copied().collect();
    let checks: Vec<&'static Check> = checks::all().filter(|check| ids.contains(check.id)).collect();
    let parsed = parse::all(files.iter().map(|path| source(path)).collect(), &Limits::default());
    let evidence = Evidence::index(&parsed, Reading { assumed_namespace: UNSET_NAMESPACE, complete: true, live: None });
    assert!(evidence.gaps().is_empty(), "{:?}", evidence.gaps());
    assert_eq!(evidence.pods().len(), files.len());
    let scan = Scan { evidence: &evidence, settings: &Settings::default(), version: Some(version), now: jiff::Timestamp::UNIX_EPOCH };
    let outcomes = evaluate::all(&checks, &scan, false);
    assert!(outcomes.errors.is_empty());
    let mut broken: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for finding in outcomes.findings.iter().filter(|finding| finding.standing != Standing::Note) {
        broken.entry(parsed[finding.file as usize].shown.clone()).or_default().insert(checks[finding.check as usize].id);
    }
    broken
}

fn source(path: &Path) -> Source {
    let bytes = fs::read(path).expect("a case can be read");
    Source { uri: Some(shown(path)), shown: shown(path), origin: Origin::Bytes(bytes), named: true, root: "".into() }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn sorted_words<'a>(words: &[&'a str]) -> Vec<&'a str> {
    let mut words = words.to_vec();
    words.sort_unstable();
    words
}
