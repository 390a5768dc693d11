//! Profiles, configuration, exceptions and baselines: what they mean, and what is said of mistakes in them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on is a test that fails")]

use std::fs;
use std::path::PathBuf;

use cnscan::checks::{self, Severity};
use cnscan::policy::comment::Words;
use cnscan::policy::config::Config;
use cnscan::policy::{Baseline, Candidate, Error, Excuser, FailOn, Policy, Profile, Request, Source, builtin};
use jiff::civil::date;

/// Files that go when the test ends.
struct Files(tempfile::TempDir);

impl Files {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Files(tempfile::tempdir().unwrap());
        for (name, text) in files {
            let path = folder.path(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().canonicalize().unwrap().join(name)
    }
}

/// The policy of a configuration file with this text, and a command line without flags.
fn configured(text: &str) -> Result<Policy, Error> {
    let files = Files::new(&[("cnscan.yaml", text)]);
    Policy::load(&Request { config: Source::File(files.path("cnscan.yaml")), ..Request::default() })
}

fn mistake(text: &str) -> String {
    configured(text).unwrap_err().to_string()
}

fn flags(change: impl FnOnce(&mut Request)) -> Result<Policy, Error> {
    let mut request = Request::default();
    change(&mut request);
    Policy::load(&request)
}

fn ids(policy: &Policy) -> Vec<&str> {
    policy.checks.iter().map(|check| check.id).collect()
}

#[test]
fn without_anything() {
    let policy = Policy::load(&Request::default()).unwrap();
    assert_eq!(policy.profile.name, "default");
    assert_eq!(policy.profile.requirements.len(), 195);
    assert_eq!(policy.thresholds.fail_on, Some(Severity::High));
    assert_eq!(policy.checks.len(), checks::all().count(), "the default profile reaches every check");
    assert!(policy.deselected.is_empty() && policy.config.file.is_none());
}

#[test]
fn every_key_and_its_flag() {
    let text = r#"
profile: pss-restricted
controls: [PSS-B-PRIVILEGED, pss-b-host-namespaces]
checks: [pss-privileged-container]
groups: [baseline]
format: sarif
output: [json=out/result.json]
fail_on: none
fail_on_review: true
min_coverage: 80
complete: [repo]
baseline: old.json
kubernetes_version: "1.34"
include_passes: true
all_files: true
jobs: 2
allow_gaps: true
assume_namespace: shop
exceptions: []
exceptions_inline: medium
builtin_exceptions: false
settings:
  system_namespaces: [kube-system]
"#;
    let files = Files::new(&[("sub/cnscan.yaml", text)]);
    let mut request = Request { config: Source::File(files.path("sub/cnscan.yaml")), ..Request::default() };
    let policy = Policy::load(&request).unwrap();
    assert_eq!(ids(&policy), ["pss-privileged-container"]);
    assert_eq!(policy.profile.requirements.len(), 1);
    assert_eq!((policy.thresholds.fail_on, policy.thresholds.min_coverage), (None, Some(80)));
    assert!(policy.thresholds.fail_on_review && policy.thresholds.allow_gaps);
    let config = &policy.config;
    assert!(config.include_passes && config.all_files && config.complete.repo && !config.complete.cluster);
    assert_eq!(config.beside(config.baseline.as_ref().unwrap()), files.path("sub/old.json"));
    assert_eq!(config.file.as_ref().unwrap().name, "cnscan.yaml");
    assert_eq!(config.file.as_ref().unwrap().sha256.len(), 64);
    let namespaces: Vec<_> = policy.settings.strings(&cnscan::settings::SYSTEM_NAMESPACES).collect();
    assert_eq!(namespaces, ["kube-system"]);

    request.fail_on = Some(FailOn::Low);
    request.checks = vec!["pss-host-namespaces".to_owned()];
    request.min_coverage = Some(5);
    let policy = Policy::load(&request).unwrap();
    assert_eq!(ids(&policy), ["pss-host-namespaces"], "a flag wins over its key");
    assert_eq!((policy.thresholds.fail_on, policy.thresholds.min_coverage), (Some(Severity::Low), Some(5)));
}

#[test]
fn mistakes_in_the_configuration_have_their_place() {
    for (text, said) in [
        ("profil: x\n", "cnscan.yaml:1:1: unknown field `profil`"),
        ("fail_on: hight\n", "cnscan.yaml:1:10: unknown variant `hight`"),
        ("jobs: 0\n", "cnscan.yaml:1:7: at least one thread"),
        ("min_coverage: 101\n", "cnscan.yaml:1:15: a share in percent"),
        ("kubernetes_version: newest\n", "cnscan.yaml:1:21: `newest` is no Kubernetes version"),
        ("output: [sarif]\n", "cnscan.yaml:1:10: write FORMAT=PATH"),
        ("profile: defalt\n", "cnscan.yaml:1:10: there is no profile `defalt`; did you mean `default`?"),
        ("checks:\n- pss-host-namespace\n", "cnscan.yaml:2:3: there is no check `pss-host-namespace`; did you mean `pss-host-namespaces`?"),
        ("controls: [CNSC-1]\n", "cnscan.yaml:1:12: the profile default has no control `CNSC-1`: use --profile all or cnswp-v1"),
        ("groups: [Acess]\n", "cnscan.yaml:1:10: there is no group `Acess`; did you mean `Access`?"),
        (
            "settings:\n  system_namespace: []\n",
            "cnscan.yaml:2:3: there is no setting `system_namespace`; did you mean `system_namespaces`?",
        ),
        ("settings:\n  system_namespaces: 3\n", "cnscan.yaml:2:3: `system_namespaces` must be a list of strings"),
        ("settings:\n  system_namespaces: {a: b}\n", "cnscan.yaml:2:22: expected a word"),
        ("settings: {system_namespaces: [], system_namespaces: []}\n", "cnscan.yaml:1:35: duplicate mapping key"),
        ("exceptions:\n- check: a\n", "cnscan.yaml:2:3: missing field `reason`"),
        ("exceptions:\n- {check: a, reason: ' '}\n", "cnscan.yaml:2:22: an exception needs a reason"),
        ("exceptions:\n- {check: a, reason: b, expires: soon}\n", "cnscan.yaml:2:34: `soon` is no day"),
        ("exceptions:\n- {check: a, reason: b, match: {name: 'a{'}}\n", "cnscan.yaml:2:39: not a pattern"),
        ("exceptions:\n- {check: a, reason: b, match: {pod: a}}\n", "cnscan.yaml:2:33: unknown field `pod`"),
        ("complete: maybe\n", "cnscan.yaml:1:11: expected"),
    ] {
        let found = mistake(text);
        assert!(found.starts_with(said), "{text:?}\n  {found}\n  {said}");
    }
    let missing = Policy::load(&Request { config: Source::File("no/such.yaml".into()), ..Request::default() });
    assert_eq!(missing.unwrap_err().to_string(), "no/such.yaml: no such file");
}

#[test]
fn the_nearest_configuration_up_to_the_git_root() {
    let files = Files::new(&[
        ("cnscan.yaml", ""),
        ("repo/.git/HEAD", ""),
        ("repo/cnscan.yaml", ""),
        ("repo/k/a.yaml", ""),
        ("repo/own/cnscan.yaml", ""),
        ("bare/.git/HEAD", ""),
        ("bare/k/a.yaml", ""),
        ("loose/k/a.yaml", ""),
    ]);
    let search = |folder: &str| Config::search(&files.path(folder));
    assert_eq!(search("repo/k"), Some(files.path("repo/cnscan.yaml")));
    assert_eq!(search("repo/own"), Some(files.path("repo/own/cnscan.yaml")));
    assert_eq!(search("bare/k"), None, "what lies above the repository has no say");
    assert_eq!(search("loose/k"), None, "nor above a folder without one");
    let named = Config::read(&files.path("repo/own/cnscan.yaml")).unwrap();
    assert_eq!(named.file.unwrap().name, "own/cnscan.yaml", "named from the Git root");
}

#[test]
fn selections() {
    let policy = flags(|request| request.controls = vec!["cnsc-23".into()]).unwrap();
    assert_eq!(policy.profile.requirements.len(), 1);
    let policy = flags(|request| request.groups = vec!["securing-artefacts".into()]).unwrap();
    assert!(policy.profile.requirements.iter().all(|requirement| requirement.group == "Securing Artefacts"));
    let policy = flags(|request| request.checks = vec!["pss-host-namespaces".into()]).unwrap();
    assert_eq!(ids(&policy), ["pss-host-namespaces"]);
    assert!(policy.profile.requirements.iter().all(|requirement| requirement.checks.contains(&"pss-host-namespaces".to_owned())));
    let error = |change: fn(&mut Request)| flags(change).unwrap_err().to_string();
    assert_eq!(
        error(|request| request.checks = vec!["pss-privileged".into()]),
        "there is no check `pss-privileged`; did you mean `pss-privileged-container`?"
    );
    assert_eq!(
        error(|request| request.checks = vec!["image-signature-not-enforced".into()]),
        "the check `image-signature-not-enforced` is planned, and not in this release"
    );
    assert_eq!(
        error(|request| {
            request.profile = Some("pss-baseline".into());
            request.checks = vec!["namespace-default-used".into()];
        }),
        "no requirement of the profile pss-baseline names the check `namespace-default-used`: use --profile all or cnswp-v1 or cnswp-v2 or default or nsa-cisa"
    );
    assert!(error(|request| request.controls = vec!["CNSC-999".into()]).starts_with("there is no control `CNSC-999`; did you mean `CNSC-"));
    assert!(
        error(|request| {
            request.groups = vec!["Access".into()];
            request.controls = vec!["CNSC-23".into()];
        })
        .contains("nothing in common")
    );
    assert!(error(|request| request.profile = Some("no/such.yaml".into())).contains("no/such.yaml: no such file"));
    assert!(error(|request| request.profile = Some("pss".into())).contains("(there are all, cnswp-v1,"));
}

const OWN: &str = "
name: shop
extends: base.yaml
controls: [cnsc-24]
requirements:
- id: SHOP-1
  title: Namespaces of their own
  checks: [namespace-default-used]
  coverage: full
exclude: [PSS-B-SYSCTLS, pss-host-namespaces]
settings:
  system_namespaces: [kube-system, shop-system]
";

#[test]
fn profiles_of_the_users_own() {
    let files = Files::new(&[("own/shop.yaml", OWN), ("own/base.yaml", "name: base\nextends: pss-baseline\n")]);
    let policy = flags(|request| request.profile = Some(files.path("own/shop.yaml").display().to_string())).unwrap();
    let requirements = &policy.profile.requirements;
    assert_eq!(requirements.len(), 11 + 1 + 1);
    let own = &requirements[12];
    assert_eq!((own.id.as_str(), own.framework.as_str(), own.group.as_str()), ("SHOP-1", "shop", "shop"));
    assert_eq!((requirements[11].id.as_str(), requirements[11].framework.as_str()), ("CNSC-24", "CNSC"));
    assert!(!ids(&policy).contains(&"pss-host-namespaces"));
    assert_eq!(policy.deselected.iter().map(|check| check.id).collect::<Vec<_>>(), ["pss-host-namespaces"]);
    assert_eq!(policy.settings.strings(&cnscan::settings::SYSTEM_NAMESPACES).count(), 2);
    let alone = Profile::load("pss-baseline", "".as_ref()).unwrap();
    assert_ne!(policy.profile.sha256, alone.sha256);
}

#[test]
fn mistakes_in_profiles_have_their_place() {
    for (text, said) in [
        ("name: a\n", "p.yaml:1:1: selects nothing"),
        ("name: a\ncontrol: [CNSC-1]\n", "p.yaml:2:1: unknown field `control`"),
        ("title: a\n", "p.yaml:1:1: missing field `name`"),
        ("name: a\ncontrols:\n- CNSC-1\n- CNSC-1000\n", "p.yaml:4:3: there is no control `CNSC-1000`; did you mean"),
        ("name: a\npapers: [CNSWP-v3.0]\n", "p.yaml:2:10: there is no paper `CNSWP-v3.0`; did you mean `CNSWP-v1.0`?"),
        ("name: a\nextends: defalt\n", "p.yaml:2:10: there is no profile `defalt`; did you mean `default`?"),
        ("name: a\nextends: p.yaml\n", "p.yaml:2:10: profiles extend one another in a circle"),
        ("name: a\nall: true\nexclude: [CNSC-0x]\n", "p.yaml:3:11: there is no requirement or check `CNSC-0x`"),
        ("name: a\ncontrols: [CNSC-2]\nexclude: [CNSC-3]\n", "p.yaml:3:11: `CNSC-3` is not in this profile anyway"),
        ("name: a\nrequirements:\n- {id: A, title: b, coverage: full, checks: [pss-host-port, nope]}\n", "p.yaml:3:"),
        ("name: a\nrequirements:\n- {id: CNSC-1, title: b, coverage: full}\n", "p.yaml:3:8: the id `CNSC-1` is taken"),
        ("name: a\nall: true\nsettings: {x: 1}\n", "p.yaml:3:12: there is no setting `x`"),
    ] {
        let files = Files::new(&[("p.yaml", text)]);
        let path = files.path("p.yaml").display().to_string();
        let found = flags(|request| request.profile = Some(path.clone())).unwrap_err().to_string();
        let found = found.replace(&path, "p.yaml");
        assert!(found.starts_with(said), "{text:?}\n  {found}\n  {said}");
    }
}

/// A finding of the check about privileged containers.
fn candidate<'a>() -> Candidate<'a> {
    Candidate {
        check: "pss-privileged-container",
        severity: Severity::Critical,
        kind: "DaemonSet",
        namespace: "kube-system",
        name: "kube-proxy",
        container: "kube-proxy",
        path: "spec.template.spec.containers[0].securityContext.privileged",
        uri: Some("k8s/proxy.yaml"),
        file: 0,
        span: (100, 104),
        images: &["example.com/kube-proxy:v1"],
        annotation: None,
    }
}

/// The reasons by which candidates are excused under a configuration, and what is said at the end.
fn excuse(config: &str, candidates: &[Candidate<'_>], comments: &[(&str, (u32, u32))]) -> (Vec<String>, Vec<String>) {
    let policy = configured(config).unwrap();
    let mut excuser = Excuser::new(&policy.exceptions, date(2026, 11, 23));
    for (text, covers) in comments {
        excuser.comment(0, "k8s/proxy.yaml:7", text, *covers);
    }
    let by = |excuse: cnscan::policy::Excuse| format!("{}: {}", excuse.by, excuse.reason);
    let reasons = candidates.iter().map(|candidate| excuser.excuse(candidate).map_or_else(String::new, by)).collect();
    (reasons, excuser.notices())
}

#[test]
fn exceptions_of_the_configuration() {
    let matching = [
        "kind: DaemonSet",
        "namespace: kube-*",
        "name: kube-proxy",
        "container: 'kube-?roxy'",
        "path: 'spec.template.spec.containers[0].securityContext.privileged'",
        "path: '*.securityContext.*'",
        "uri: k8s/",
        "uri: '**/*.yaml'",
        "image: example.com/*",
        "kind: DaemonSet, name: '{a,kube-proxy}'",
    ];
    let other =
        ["kind: Pod", "namespace: shop", "path: '*.containers[1].*'", "uri: '*.yaml'", "image: docker.io/**", "kind: DaemonSet, name: a"];
    let with = |matching: &str| format!("exceptions: [{{check: pss-privileged-container, reason: known, match: {{{matching}}}}}]\n");
    for matching in matching {
        assert_eq!(excuse(&with(matching), &[candidate()], &[]), (vec!["config: known".into()], vec![]), "{matching}");
    }
    for other in other {
        let said = vec!["cnscan.yaml:1: the exception for pss-privileged-container matches no finding: remove it".to_owned()];
        assert_eq!(excuse(&with(other), &[candidate()], &[]), (vec![String::new()], said), "{other}");
    }
}

#[test]
fn exceptions_end_and_go_wrong() {
    let rule = |check: &str, expires: &str| format!("- {{check: {check}, reason: known, expires: {expires}}}\n");
    let check = "pss-privileged-container";
    let in_force = format!("exceptions:\n{}", rule(check, "2026-11-23"));
    assert_eq!(excuse(&in_force, &[candidate()], &[]).0, ["config: known"], "the last day counts");
    let ended = format!("exceptions:\n{}", rule(check, "2026-11-22"));
    let said = "cnscan.yaml:2: the exception for pss-privileged-container expired on 2026-11-22: 1 finding open again";
    assert_eq!(excuse(&ended, &[candidate()], &[]), (vec![String::new()], vec![said.to_owned()]));
    assert!(excuse(&ended, &[], &[]).1[0].ends_with("expired on 2026-11-22: it matches no finding"));
    let both = format!("exceptions:\n{}{}", rule(check, "2026-11-22"), rule("pss/*", "2027-01-01"));
    assert_eq!(excuse(&both, &[candidate()], &[]).0, ["config: known"], "by topic, and the next one serves");
    for (check, said) in [
        ("pss-privileged-containr", "there is no check `pss-privileged-containr`; did you mean `pss-privileged-container`?"),
        ("psss/*", "there is no topic `psss`; did you mean `pss`?"),
        ("image-signature-not-enforced", "the check `image-signature-not-enforced` is planned, and not in this release"),
    ] {
        let (_, notices) = excuse(&format!("exceptions:\n{}", rule(check, "2027-01-01")), &[], &[]);
        assert_eq!(notices, [format!("cnscan.yaml:2: this exception excuses nothing: {said}")]);
    }
    let unused = "checks: [pss-host-namespaces]\nexceptions: [{check: pss-privileged-container, reason: known}]\n";
    assert_eq!(excuse(unused, &[], &[]).1, Vec::<String>::new(), "what does not run needs no exception");
}

#[test]
fn comments_and_annotations() {
    let comment = "excuse pss-privileged-container until=2027-01-31 needs the node";
    let whole = (0, 500);
    assert_eq!(excuse("", &[candidate()], &[(comment, whole)]), (vec!["comment: needs the node".into()], vec![]));
    let unused = vec!["k8s/proxy.yaml:7: the excuse for pss-privileged-container matches no finding: remove it".to_owned()];
    assert_eq!(excuse("", &[candidate()], &[(comment, (0, 100))]), (vec![String::new()], unused), "the range ends before the finding");
    let late = "excuse pss-privileged-container until=2026-11-22 needs the node";
    let said = vec!["k8s/proxy.yaml:7: the excuse for pss-privileged-container expired on 2026-11-22".to_owned()];
    assert_eq!(excuse("", &[candidate()], &[(late, whole)]), (vec![String::new()], said));
    let annotated = Candidate { annotation: Some("until=2027-01-31 asked for"), ..candidate() };
    assert_eq!(excuse("", &[annotated], &[]), (vec!["annotation: asked for".into()], vec![]));
    assert_eq!(excuse("", &[annotated], &[(comment, whole)]).0, ["comment: needs the node"], "the comment comes first");

    let capped = "exceptions_inline: high\n";
    let said = "1 finding excused by comments or annotations stand all the same: `exceptions_inline` is high";
    assert_eq!(excuse(capped, &[annotated], &[]), (vec![String::new()], vec![said.to_owned()]));
    let minor = Candidate { severity: Severity::High, ..annotated };
    assert_eq!(excuse(capped, &[minor], &[]).0, ["annotation: asked for"]);
    assert_eq!(excuse("exceptions_inline: none\n", &[minor], &[]).0, [""]);
    let config = "exceptions_inline: none\nexceptions: [{check: pss-privileged-container, reason: known}]\n";
    assert_eq!(excuse(config, &[annotated], &[]), (vec!["config: known".into()], vec![]));
}

#[test]
fn words_that_cannot_be_understood() {
    for (text, said) in [
        ("", "says nothing: write `cnscan: excuse"),
        ("ignore pss-host-namespaces x", "`ignore` means nothing here"),
        ("excuse", "names no check"),
        ("excuse pss-host-namespace because", "there is no check `pss-host-namespace`; did you mean `pss-host-namespaces`?"),
        ("excuse pss-host-namespaces", "gives no reason why `pss-host-namespaces` is excused"),
        ("excuse pss-host-namespaces until=2027-01-31", "gives no reason"),
        ("excuse pss-host-namespaces until=tomorrow x", "`tomorrow` is no day: write YYYY-MM-DD"),
        ("excuse pss-host-namespaces expires=2027-01-31 x", "`expires=` means nothing here"),
    ] {
        let found = Words::comment(text).unwrap_err();
        assert!(found.starts_with(said), "{text:?}: {found}");
        let (_, notices) = excuse("", &[], &[(text, (0, 9))]);
        assert_eq!(notices, [format!("k8s/proxy.yaml:7: this comment excuses nothing: {found}")]);
    }
    let words = Words::comment("excuse  pss-host-namespaces\tuntil=2027-01-31   the log agent, see 1=2").unwrap();
    assert_eq!((words.until, words.reason.as_str()), (Some(date(2027, 1, 31)), "the log agent, see 1=2"));

    let policy = configured("").unwrap();
    let mut excuser = Excuser::new(&policy.exceptions, date(2026, 11, 23));
    excuser.annotation("Pod shop/web", "pss-host-namespaces", "asked for");
    excuser.annotation("Pod shop/web", "pss-nothing", "asked for");
    assert_eq!(
        excuser.notices(),
        [
            "Pod shop/web: the annotation cnscan/excuse.pss-host-namespaces matches no finding: remove it",
            "Pod shop/web: the annotation cnscan/excuse.pss-nothing excuses nothing: there is no check `pss-nothing`",
        ]
    );
}

#[test]
fn built_in_exceptions() {
    let proxy = Candidate { images: &["registry.k8s.io/kube-proxy:v1.34.0@sha256:00"], ..candidate() };
    let (reasons, notices) = excuse("", &[proxy], &[]);
    assert!(reasons[0].starts_with("builtin: kube-proxy: "), "{reasons:?}");
    assert_eq!(notices, Vec::<String>::new(), "the others are not missed");
    let others = [
        Candidate { images: &["registry.k8s.io/kube-proxy", "example.com/beside"], ..candidate() },
        Candidate { images: &["kube-proxy"], ..candidate() },
        Candidate { images: &[], ..candidate() },
        Candidate { namespace: "shop", ..proxy },
        Candidate { kind: "Deployment", ..proxy },
        Candidate { path: "spec.template.spec.hostPID", check: "pss-host-namespaces", ..proxy },
    ];
    assert_eq!(excuse("", &others, &[]).0, [""; 6]);
    assert_eq!(excuse("builtin_exceptions: false\n", &[proxy], &[]).0, [""]);
    assert!(builtin::listed().iter().all(|row| !row.checks.is_empty() && !row.sources.is_empty()));
}

#[test]
fn baselines() {
    let finding = |print: &str, verdict: &str| format!(r#"{{"fingerprint": "{print}", "verdict": "{verdict}", "more": 1}}"#);
    let all = [finding("a", "fail"), finding("a", "fail"), finding("b", "review")].join(",");
    let text = format!(r#"{{"schema": "cnscan/result/v1", "findings": [{all}]}}"#);
    let mut baseline = Baseline::parse(text.as_bytes()).unwrap();
    assert_eq!(
        [true, true, false],
        [baseline.take("a", true, Severity::High), baseline.take("a", true, Severity::High), baseline.take("a", true, Severity::High)],
        "as often as it stands there"
    );
    assert!(!baseline.take("b", true, Severity::High), "what was in doubt and fails now is new");
    assert_eq!(baseline.left(), 1);
    assert!(baseline.take("b", false, Severity::High) && !baseline.take("c", true, Severity::High));
    let mut better = Baseline::parse(text.as_bytes()).unwrap();
    assert!(better.take("a", false, Severity::High), "a failure that is only in doubt now is not new");
    assert!(Baseline::parse(b"[]").unwrap_err().contains("cnscan scan -f json"));
    assert!(Baseline::parse(br#"{"schema": "sarif", "findings": []}"#).unwrap_err().contains("`sarif`"));
}

#[test]
fn schemas_accept_what_the_program_does() {
    let config = jsonschema::validator_for(&Config::schema()).unwrap();
    let yaml = |text: &str| serde_saphyr::from_str::<serde_json::Value>(text).unwrap();
    let good = "profile: default\nfail_on: none\ncomplete: true\nexceptions: [{check: pss/*, reason: r, match: {kind: Pod}, expires: 2027-01-01}]\nsettings: {system_namespaces: [a]}\nmin_coverage: 3\nexceptions_inline: low\n";
    assert_eq!(config.iter_errors(&yaml(good)).map(|error| error.to_string()).collect::<Vec<_>>(), Vec::<String>::new());
    for bad in [
        "a: 1\n",
        "settings: {x: 1}\n",
        "settings: {system_namespaces: 1}\n",
        "min_coverage: 101\n",
        "fail_on: x\n",
        "exceptions: [{check: a}]\n",
        "jobs: 0\n",
    ] {
        assert!(!config.is_valid(&yaml(bad)), "{bad}");
    }
    let profile = jsonschema::validator_for(&Profile::schema()).unwrap();
    assert!(profile.is_valid(&yaml(OWN)));
    assert!(!profile.is_valid(&yaml("title: a\n")));
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("profiles");
    for file in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let text = fs::read_to_string(&file).unwrap();
        if text.lines().any(|line| line.starts_with("name:")) {
            assert!(profile.is_valid(&yaml(&text)), "{}", file.display());
        }
    }
}

#[test]
fn what_is_worse_than_in_the_baseline_is_new() {
    let text = br#"{"schema":"cnscan/result/v1","findings":[{"fingerprint":"a","verdict":"fail","severity":"high"},{"fingerprint":"b","verdict":"fail","severity":"high","excused":{"by":"config","reason":"x"}}]}"#;
    let mut baseline = Baseline::parse(text).expect("a result");
    assert!(!baseline.take("a", true, Severity::Critical));
    assert!(baseline.take("a", true, Severity::High));
    assert!(!baseline.take("b", true, Severity::High), "what was excused and is not now is new");
}
