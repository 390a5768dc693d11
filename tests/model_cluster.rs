//! The bundled model cluster: every check passes on it, and each control fails on its mutant.
//!
//! `fixtures/_model-cluster/cluster` and `/node` are judged as one complete world. `mutants/CNSC-….yaml` says which
//! checks are to fail and what is changed in the model for that: text of a file that is replaced, or an object that is
//! added. A mutant passes here when just these checks fail, and with them its control, and each other one that they judge.
//! Controls that need a repository for most of what they ask are held to their status as well, and may share a mutant.
//! What agents of nodes cannot do without is excused, as in any honest cluster; without them the controls are as designed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use cnscan::assess::{Assessment, CheckVerdict, FindingVerdict, Occasion, Status};
use cnscan::checks;
use cnscan::discover::{Discovery, Origin, Source};
use cnscan::parse::Limits;
use cnscan::policy::{self, Catalog, Control, Coverage, Policy};
use cnscan::{Input, Request, render};
use libtest_mimic::{Arguments, Failed, Trial};
use serde::Deserialize;

#[path = "support/node.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod node;

/// The day on which the model is looked at: its certificates and reports are of the time before.
const NOW: &str = "2026-12-01T00:00:00Z";

/// The controls that a cluster can show, by their numbers, each with a mutant of its own; the others need a repository.
const OF_CLUSTERS: [(u32, u32); 6] = [(1, 62), (115, 140), (170, 172), (196, 205), (208, 208), (233, 233)];

/// Checks that leave something for a person in any honest cluster, since when, and why.
const REVIEWS: &[(&str, &str)] = &[
    (
        "etcd-encryption-key-old",
        "2026-11-26: of a KMS no file tells when it last changed its key, and a key in the file itself fails etcd-encryption-not-kms",
    ),
    ("secret-root-key-not-hsm", "2026-11-26: whether the key behind the API server's plug-in for a KMS lies in an HSM no file tells"),
];

/// Checks that pass on nothing here, since when, and why.
const NEVER_PASS: &[(&str, &str)] = &[];

/// The agents of nodes, which cannot do without what the configuration accepts of them.
const AGENTS: [&str; 3] = ["cluster/runtime/detection.yaml", "cluster/runtime/logs.yaml", "cluster/storage/driver.yaml"];

/// Controls that cannot have a mutant, since when, and why.
const WITHOUT_MUTANT: &[(&str, &str)] = &[
    ("CNSC-91", SCANNED),
    ("CNSC-92", SCANNED),
    ("CNSC-105", SCANNED),
    ("CNSC-179", SCANNED),
    ("CNSC-94", "2026-11-26: its one check, runtime-instrumentation-missing, leaves what is missing for review, and never fails"),
    ("CNSC-96", MEASURED),
    ("CNSC-111", MEASURED),
    ("CNSC-97", "2026-11-26: its one check, deploy-check-missing, leaves what is missing for review, and never fails"),
    (
        "CNSC-113",
        "2026-11-26: its one check, image-encryption-missing, leaves what is in no confidential runtime for review, and never fails",
    ),
    ("CNSC-175", LISTED),
    ("CNSC-178", LISTED),
    (
        "CNSC-49",
        "2026-11-26: its one check, image-encryption-missing, leaves what is in no confidential runtime for review, and never fails",
    ),
    ("CNSC-62", "2026-11-26: its one check, runtime-baseline-missing, leaves what is not learnt for review, and never fails"),
    ("CNSC-116", "2026-11-26: its one check of clusters, runtime-forensics-missing, leaves what is missing for review, and never fails"),
];

const SCANNED: &str = "2026-11-26: where a scanner looks at what runs, scan-image-missing leaves a pipeline that scans nothing for review";
const MEASURED: &str = "2026-11-26: its one check, scan-benchmark-missing, leaves what is missing for review, and never fails";
const LISTED: &str =
    "2026-11-26: where a scanner lists the parts of what runs, sbom-missing leaves a pipeline that makes no SBOM for review";

/// A change of the model.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mutant {
    /// The checks that fail: those of the control.
    fails: BTreeSet<String>,
    /// Others that cannot but fail with them.
    #[serde(default)]
    also: BTreeSet<String>,
    /// What is changed, in order.
    changes: Vec<Change>,
}

/// A change of one file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    /// From the model's folder on.
    file: String,
    /// Text that stands there once.
    replace: Option<String>,
    /// What comes in its place; with nothing to replace, what is added at the end as a document of its own.
    with: String,
}

/// Every file of the model by its name.
type Files = BTreeMap<String, String>;

static MODEL: LazyLock<Files> = LazyLock::new(|| {
    let mut files = Files::new();
    for part in ["cluster", "node"] {
        read(&folder().join(part), part, &mut files);
    }
    files
});

static POLICY: LazyLock<Policy> = LazyLock::new(|| {
    let config = policy::Source::File(folder().join("cnscan.yaml"));
    Policy::load(&policy::Request { config, profile: Some("all".to_owned()), ..policy::Request::default() }).expect("a policy")
});

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = vec![
        Trial::test("nothing is found", nothing_is_found),
        Trial::test("every check passes", every_check_passes),
        Trial::test("controls are as designed", controls_are_as_designed),
        Trial::test("only agents of nodes are excused", only_agents_of_nodes_are_excused),
        Trial::test("each control has a mutant", each_control_has_a_mutant),
        Trial::test("a node's defaults hold for the cluster", a_nodes_defaults_hold_for_the_cluster),
    ];
    // of checks to come, so that they find theirs
    let waits = |mutant: &Mutant| mutant.fails.iter().any(|id| is_planned(id));
    let trial = |(id, mutant): (&'static String, &Mutant)| Trial::test(id, move || mutant_fails(id)).with_ignored_flag(waits(mutant));
    trials.extend(mutants().iter().map(trial));
    libtest_mimic::run(&arguments, trials).exit();
}

/// The model as it is.
fn model() -> &'static Assessment {
    static SCANNED: LazyLock<Assessment> = LazyLock::new(|| scan(&MODEL));
    &SCANNED
}

fn nothing_is_found() -> Result<(), Failed> {
    let assessment = model();
    let gaps: Vec<_> = assessment.gaps.iter().map(|gap| format!("gap: {}: {}", gap.what, gap.why)).collect();
    let errors = assessment.errors.iter().map(|error| format!("{error:?}"));
    let expected = |check: &str| REVIEWS.iter().any(|(known, _)| *known == check);
    let findings = assessment.findings.iter().filter(|finding| match finding.verdict {
        FindingVerdict::Fail => finding.excused.is_none(),
        FindingVerdict::Review => !expected(&finding.check),
        FindingVerdict::Note => false,
    });
    let said: Vec<_> = gaps.into_iter().chain(errors).chain(findings.map(told)).collect();
    // the layout of a node has files of the same name in several folders
    let copies = assessment.notices.iter().filter(|notice| notice.ends_with("each is judged")).cloned();
    none(said.into_iter().chain(copies).collect())
}

fn every_check_passes() -> Result<(), Failed> {
    let verdict = |id: &str| {
        let check = model().checks.iter().find(|check| *check.id == *id);
        check.map_or(CheckVerdict::NotAssessed, |check| match check.verdict {
            // of agents; it has to pass on others
            CheckVerdict::Excused if check.passed > 0 => CheckVerdict::Pass,
            verdict => verdict,
        })
    };
    let wanted = |id: &str| match id {
        _ if REVIEWS.iter().any(|(known, _)| *known == id) => "review",
        _ if NEVER_PASS.iter().any(|(known, _)| *known == id) => "skip",
        _ => "pass",
    };
    let wrong = checks::all().filter(|check| verdict(check.id).as_str() != wanted(check.id));
    let said = wrong.map(|check| format!("{}: {}, expected {}", check.id, verdict(check.id).as_str(), wanted(check.id)));
    let known: BTreeSet<_> = checks::all().map(|check| check.id).collect();
    let unknown = REVIEWS.iter().chain(NEVER_PASS).filter(|(id, _)| !known.contains(id) && !is_planned(id));
    let unknown = unknown.map(|(id, _)| format!("{id} is no check"));
    none(said.chain(unknown).collect())
}

fn controls_are_as_designed() -> Result<(), Failed> {
    none(Catalog::embedded().controls().filter_map(|control| otherwise(control, model(), &excused(model()))).collect())
}

fn only_agents_of_nodes_are_excused() -> Result<(), Failed> {
    let others = model().findings.iter().filter(|finding| finding.excused.is_some()).filter(|finding| {
        let file = finding.location.as_ref().map(|at| at.uri.to_string()).unwrap_or_default();
        !AGENTS.contains(&file.as_str())
    });
    // without them, the same controls are as designed
    let files: Files =
        MODEL.iter().filter(|(name, _)| !AGENTS.contains(&name.as_str())).map(|(name, text)| (name.clone(), text.clone())).collect();
    let assessment = scan(&files);
    let accepted = excused(model());
    let touched = controls().filter(|control| control.checks.iter().any(|id| accepted.contains(id.as_str())));
    let said: Vec<_> = others.map(told).chain(touched.filter_map(|control| otherwise(control, &assessment, &BTreeSet::new()))).collect();
    none(said)
}

/// What is said of a control whose status is not the one that its coverage promises.
fn otherwise(control: &Control, assessment: &Assessment, excused: &BTreeSet<&str>) -> Option<String> {
    let Some(found) = assessment.controls.iter().find(|one| one.id == control.id) else {
        return Some(format!("{} is not in the result", control.id));
    };
    let has = |among: &dyn Fn(&str) -> bool| control.checks.iter().any(|id| among(id));
    let wanted = match control.coverage {
        // only a person can tell, or its checks are to come
        _ if control.checks.is_empty() => Status::NotAssessed,
        _ if has(&|id| REVIEWS.iter().any(|(known, _)| *known == id)) => Status::Review,
        _ if has(&|id| excused.contains(id)) => Status::Excused,
        Coverage::Full if control.planned.is_empty() => Status::Pass,
        _ => Status::Partial,
    };
    let (status, wanted) = (found.status, (found.status != wanted).then_some(wanted)?);
    Some(format!("{}: {}, expected {}: {}", control.id, status.as_str(), wanted.as_str(), found.reason))
}

/// The checks of which something is excused.
fn excused(assessment: &Assessment) -> BTreeSet<&str> {
    assessment.findings.iter().filter(|finding| finding.excused.is_some()).map(|finding| &*finding.check).collect()
}

fn each_control_has_a_mutant() -> Result<(), Failed> {
    let mutants = mutants();
    let excused = |id: &str| WITHOUT_MUTANT.iter().any(|(known, _)| *known == id);
    let shared: BTreeSet<&str> = mutants.values().flat_map(|mutant| &mutant.fails).map(String::as_str).collect();
    let has = |control: &Control| {
        let own = mutants.contains_key(&control.id);
        own || !is_of_clusters(control) && control.checks.iter().any(|id| shared.contains(id.as_str()))
    };
    let missing = controls().filter(|control| has(control) == excused(&control.id)).map(|control| control.id.as_str());
    let known: BTreeSet<_> = Catalog::embedded().controls().map(|control| control.id.as_str()).collect();
    let strange = mutants.keys().map(String::as_str).chain(WITHOUT_MUTANT.iter().map(|(id, _)| *id)).filter(|id| !known.contains(id));
    let said = missing.map(|id| format!("{id} has no mutant, or has one and stands in the list of those without"));
    none(said.chain(strange.map(|id| format!("{id} is no control"))).collect())
}

/// What the API server is told on its node decides for namespaces that say nothing themselves.
fn a_nodes_defaults_hold_for_the_cluster() -> Result<(), Failed> {
    let change =
        |file: &str, replace: &str, with: &str| Change { file: file.to_owned(), replace: Some(replace.to_owned()), with: with.to_owned() };
    let labels = |level: &str| format!("  name: ci\n  labels:\n{level}    policy.sigstore.dev");
    let said = labels("    pod-security.kubernetes.io/enforce: restricted\n    pod-security.kubernetes.io/enforce-version: latest\n");
    let mut files = MODEL.clone();
    change("cluster/namespaces/applications.yaml", &said, &labels("")).apply(&mut files)?;
    let found = |files: &Files| scan(files).findings.iter().filter(|finding| finding.is_open_failure()).map(told).collect::<Vec<_>>();
    none(found(&files))?;
    change("node/etc/kubernetes/admission.yaml", "enforce: restricted", "enforce: privileged").apply(&mut files)?;
    match found(&files).as_slice() {
        [one] if one.contains("admission-pod-security-not-enforced") => Ok(()),
        others => Err(format!("{others:#?}").into()),
    }
}

fn mutant_fails(id: &str) -> Result<(), Failed> {
    let mutant = &mutants()[id];
    let control = Catalog::embedded().find(id).ok_or("no such control")?;
    let others: Vec<_> = mutant.fails.iter().filter(|check| !control.checks.contains(check)).collect();
    if !others.is_empty() || mutant.fails.is_empty() {
        return Err(format!("{id} is not judged by {others:?}").into());
    }
    let mut files = MODEL.clone();
    mutant.changes.iter().try_for_each(|change| change.apply(&mut files))?;
    let assessment = scan(&files);
    let open = || assessment.findings.iter().filter(|finding| finding.is_open_failure());
    let failed: BTreeSet<_> = open().map(|finding| finding.check.to_string()).collect();
    let wanted: BTreeSet<String> = mutant.fails.union(&mutant.also).cloned().collect();
    let judged = Catalog::embedded().controls().filter(|one| one.checks.iter().any(|check| wanted.contains(check)));
    let status = |one: &Control| assessment.controls.iter().find(|found| found.id == one.id).map(|found| found.status);
    let unmoved: Vec<_> = judged.filter(|one| status(one) != Some(Status::Fail)).map(|one| &one.id).collect();
    if failed == wanted
        && status(control) == Some(Status::Fail)
        && unmoved.is_empty()
        && assessment.gaps.is_empty()
        && assessment.errors.is_empty()
    {
        return Ok(());
    }
    let gaps = assessment.gaps.iter().map(|gap| format!("gap: {}: {}", gap.what, gap.why));
    let said: Vec<_> = open().map(told).chain(gaps).collect();
    Err(format!("expected {wanted:?} to fail, and with them {unmoved:?}; {:?}\n{}", status(control), said.join("\n")).into())
}

impl Change {
    fn apply(&self, files: &mut Files) -> Result<(), Failed> {
        let text = files.entry(self.file.clone()).or_default();
        let Some(replace) = &self.replace else {
            let mark = if text.is_empty() { "" } else { "---\n" };
            *text = format!("{text}{mark}{}\n", self.with.trim_end());
            return Ok(());
        };
        match text.matches(replace.as_str()).count() {
            1 => *text = text.replace(replace.as_str(), &self.with),
            count => return Err(format!("`{replace}` stands {count} times in {}", self.file).into()),
        }
        Ok(())
    }
}

/// Judges files as a complete cluster with one of its nodes.
fn scan(files: &Files) -> Assessment {
    let source = |(name, text): (&String, &String)| Source {
        uri: Some(name.clone()),
        shown: name.clone(),
        origin: Origin::Bytes(text.clone().into_bytes()),
        named: true,
        root: "".into(),
    };
    let (mut below, mut sources): (Vec<_>, Vec<_>) =
        files.iter().filter(|(name, _)| *name != "node/modes").map(source).partition(|source| source.shown.starts_with("node/"));
    node::place(node::rows(&files["node/modes"]), "node", &mut below);
    sources.append(&mut below);
    let started = NOW.parse().expect("a moment");
    let occasion = Occasion {
        started,
        finished: Some(started),
        arguments: Vec::new(),
        clock: std::time::Instant::now(),
        baseline: None,
        line_hashes: false,
        page: |_| String::new(),
    };
    let request = Request {
        input: Input::Found(Box::new(Discovery { sources, ..Discovery::default() }), None),
        assume_namespace: None,
        complete: true,
        kubernetes_version: None,
        include_passes: false,
        render: render::Request::default(),
        limits: Limits::default(),
        occasion,
    };
    cnscan::scan(request, &POLICY).expect("a scan")
}

/// The controls that have a check.
fn controls() -> impl Iterator<Item = &'static Control> {
    Catalog::embedded().controls().filter(|control| !control.checks.is_empty())
}

fn is_of_clusters(control: &Control) -> bool {
    let number = control.id.trim_start_matches("CNSC-").parse::<u32>().unwrap_or_default();
    OF_CLUSTERS.iter().any(|(first, last)| (*first..=*last).contains(&number))
}

/// Whether a check is bound to a control and does not exist yet.
fn is_planned(check: &str) -> bool {
    Catalog::embedded().controls().any(|control| control.planned.iter().any(|id| id == check))
}

fn mutants() -> &'static BTreeMap<String, Mutant> {
    static READ: LazyLock<BTreeMap<String, Mutant>> = LazyLock::new(|| {
        let mut files = Files::new();
        read(&folder().join("mutants"), "", &mut files);
        let mutant = |(name, text): (String, String)| {
            let id = name.trim_start_matches('/').trim_end_matches(".yaml").to_owned();
            let mutant = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            (id, mutant)
        };
        files.into_iter().map(mutant).collect()
    });
    &READ
}

fn told(finding: &cnscan::assess::Finding) -> String {
    let place = finding.location.as_ref().map(|at| format!("{}:{}", at.uri, at.line)).unwrap_or_default();
    format!("{:?} {}: {place}: {}", finding.verdict, finding.check, finding.message)
}

fn none(said: Vec<String>) -> Result<(), Failed> {
    if said.is_empty() { Ok(()) } else { Err(said.join("\n").into()) }
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/_model-cluster"))
}

/// The files below a folder, by their names from `name` on.
fn read(folder: &Path, name: &str, files: &mut Files) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), format!("{name}/{}", entry.file_name().to_string_lossy()));
        if path.is_dir() {
            read(&path, &name, files);
        } else {
            files.insert(name, fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())));
        }
    }
}
