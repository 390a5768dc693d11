//! Exceptions, comments and annotations held against findings.

use cnscan::checks::Severity;
use cnscan::policy::excuser::Reach;
use cnscan::policy::{Candidate, Excuser};
use jiff::civil::date;

use crate::configured;

/// A privileged container of an agent.
pub(crate) fn candidate<'a>() -> Candidate<'a> {
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
        place: (0, 100),
        images: &["example.com/kube-proxy:v1"],
        observed: "true",
        annotation: None,
    }
}

/// The reasons by which candidates are excused under a configuration, and what is said at the end.
pub(crate) fn excuse(config: &str, candidates: &[Candidate<'_>], comments: &[(&str, (u32, u32))]) -> (Vec<String>, Vec<String>) {
    let policy = configured(config).unwrap();
    let mut excuser = Excuser::new(&policy.exceptions, date(2026, 11, 23), Reach::Whole);
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
    let with = |matching: &str| {
        format!("exceptions: [{{check: pss-privileged-container, reason: known, expires: 2027-01-01, match: {{{matching}}}}}]\n")
    };
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
    let rule =
        |check: &str, expires: &str| format!("- {{check: {check}, reason: known, match: {{kind: DaemonSet}}, expires: {expires}}}\n");
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
        ("repo-branch-unprotected", "the check `repo-branch-unprotected` is planned, and not in this release"),
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
    let config = "exceptions_inline: none\nexceptions: [{check: pss-privileged-container, reason: known, match: {kind: DaemonSet}, expires: 2027-01-01}]\n";
    assert_eq!(excuse(config, &[annotated], &[]), (vec!["config: known".into()], vec![]));
}

#[test]
fn advice_is_of_what_was_scanned() {
    let policy =
        configured("exceptions: [{check: pss-privileged-container, reason: known, match: {kind: Job}, expires: 2027-01-01}]\n").unwrap();
    for (reach, ending) in [
        (Reach::Whole, "matches no finding: remove it"),
        (Reach::Files, "remove it, unless it is for what files say that were not scanned"),
        (Reach::Part, "remove it, unless it is for a part of the cluster that was not scanned"),
    ] {
        let mut excuser = Excuser::new(&policy.exceptions, date(2026, 11, 23), reach);
        excuser.comment(0, "a.yaml:7", "excuse pss-privileged-container until=2027-01-01 known", (0, 9));
        let notices = excuser.notices();
        assert!(notices.len() == 2 && notices.iter().all(|notice| notice.ends_with(ending)), "{notices:?}");
    }
}

#[test]
fn what_excuses_everything_or_for_good_is_counted() {
    let said = |rest: &str| {
        let config = format!("exceptions: [{{check: pss-privileged-container, reason: known{rest}}}]\n");
        let (reasons, notices) = excuse(&config, &[100, 200, 300].map(|start| Candidate { place: (0, start), ..candidate() }), &[]);
        assert_eq!(reasons, ["config: known"; 3]);
        notices.concat()
    };
    for rest in ["", ", match: {}", ", match: {uri: '**', image: '**'}"] {
        let told = said(rest);
        assert!(told.contains("neither a `match` that narrows it nor `expires`: it excuses 3 findings"), "{rest}: {told}");
    }
    assert!(said(", expires: 2027-01-01").contains("no `match` that narrows it: it excuses 3 findings, whatever"));
    assert!(said(", match: {kind: 'Daemon*'}").contains("has no `expires`: it excuses 3 findings, and for good"));
    assert_eq!(said(", match: {name: 'kube-*'}, expires: 2027-01-01"), "");
}

/// What stands above a key is for all below it: how much that is, is said.
#[test]
fn a_comment_that_covers_more_than_one_value_says_so() {
    let at = |path: &'static str, start: u32| Candidate { path, span: (start, start + 4), place: (0, start), ..candidate() };
    let comments = [("excuse pss-privileged-container until=2027-01-31 an agent", (90, 200))];
    let (reasons, notices) = excuse("", &[at("a", 100), at("b", 150), at("c", 250)], &comments);
    assert_eq!(reasons, ["comment: an agent", "comment: an agent", ""]);
    assert_eq!(
        notices,
        [
            "k8s/proxy.yaml:7: the excuse for pss-privileged-container excuses 2 findings below it: beside a value it would excuse that one alone"
        ]
    );
    // what several overlays make of one line is one finding
    let (_, notices) = excuse("", &[at("a", 100), at("a", 100)], &comments);
    assert!(notices.is_empty(), "{notices:?}");
    let rule = "exceptions: [{check: pss-privileged-container, reason: known, match: {kind: DaemonSet}}]\n";
    let (_, notices) = excuse(rule, &[at("a", 100), at("a", 100)], &[]);
    assert!(notices[0].contains("it excuses 1 finding,"), "{notices:?}");
    let (_, notices) = excuse("exceptions_inline: none\n", &[at("a", 100), at("a", 100)], &comments);
    assert!(notices[0].starts_with("1 finding excused by comments or annotations stand"), "{notices:?}");
}
