//! The configuration file: every key, mistakes, where it is found.

use cnscan::checks::Severity;
use cnscan::policy::config::Config;
use cnscan::policy::{Color, FailOn, Policy, Request, Source};

use crate::{Files, ids, mistake};

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
framework: nist-800-53
color: never
quiet: true
verbose: 1
stdin_path: deploy/all.yaml
namespaces: [shop]
exclude_namespaces: [kube-system]
selector: app=web
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
    assert_eq!((config.color, config.quiet, config.verbose), (Some(Color::Never), true, 1));
    assert_eq!(config.stdin_path.as_deref(), Some("deploy/all.yaml"));
    assert_eq!((&*config.namespaces, &*config.exclude_namespaces), (&["shop".to_owned()][..], &["kube-system".to_owned()][..]));
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

/// What one run is for, and where it finds what, no file says; all else that `scan` takes has its key.
#[test]
fn every_flag_of_scan_has_its_key() {
    const OF_ONE_RUN: [&str; 16] = [
        "paths",
        "roots",
        "cluster",
        "snapshot",
        "overlays",
        "config",
        "no_config",
        "shard",
        "context",
        "kubeconfig",
        "user",
        "request_timeout",
        "timeout",
        "progress",
        "help",
        "publish",
    ];
    let command = <cnscan::cli::args::Cli as clap::CommandFactory>::command();
    let scan = command.find_subcommand("scan").unwrap();
    let schema = Config::schema();
    let keys = schema["properties"].as_object().unwrap();
    let flags = scan.get_arguments().chain(command.get_arguments()).map(|flag| flag.get_id().as_str());
    for flag in flags.filter(|flag| !OF_ONE_RUN.contains(flag) && *flag != "version") {
        let key = match flag {
            "outputs" => "output",
            "excluded" => "exclude_namespaces",
            flag => flag,
        };
        assert!(keys.contains_key(key), "{flag} has no key");
    }
    assert_eq!(schema["$defs"]["Exception"]["properties"]["expires"]["format"], "date", "{schema:#}");
}

#[test]
fn mistakes_in_the_configuration_have_their_place() {
    for (text, said) in [
        ("profil: x\n", "cnscan.yaml:1:1: there is no key `profil`; did you mean `profile`?"),
        ("fail_on: hight\n", "cnscan.yaml:1:10: `fail_on` is to be critical, high, medium, low, info or none, not `hight`"),
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
        ("settings:\n  system_namespaces: {a: b}\n", "cnscan.yaml:2:22: `system_namespaces` is to be a list"),
        ("settings: {system_namespaces: [], system_namespaces: []}\n", "cnscan.yaml:1:35: duplicate mapping key"),
        ("exceptions:\n- check: a\n", "cnscan.yaml:2:3: `reason` is missing"),
        ("exceptions:\n- {check: a, reason: ' '}\n", "cnscan.yaml:2:22: an exception needs a reason"),
        ("exceptions:\n- {check: a, reason: b, expires: soon}\n", "cnscan.yaml:2:34: `soon` is no day"),
        ("exceptions:\n- {check: a, reason: b, match: {name: 'a{'}}\n", "cnscan.yaml:2:39: not a pattern"),
        ("exceptions:\n- {check: a, reason: b, match: {pod: a}}\n", "cnscan.yaml:2:33: there is no key `pod`"),
        (
            "profil: x\nquiet: [no]\n",
            "cnscan.yaml:1:1: there is no key `profil`; did you mean `profile`?\ncnscan.yaml:2:8: `quiet` is to be",
        ),
        ("complete: maybe\n", "cnscan.yaml:1:11: `complete` is to be true or false, or a list"),
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
fn its_schema_accepts_what_the_program_does() {
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
}
