//! Assessments made by hand: of nothing, small ones, one with one of everything, and their parts.

use std::collections::BTreeMap;
use std::sync::Arc;

use cnscan::assess::*;

pub(crate) fn subject(kind: &str, namespace: &str, name: &str, container: &str) -> Arc<Subject> {
    let api_version = if kind == "Deployment" { "apps/v1" } else { "v1" };
    Arc::new(Subject {
        surface: "manifest".into(),
        api_version: api_version.into(),
        kind: kind.into(),
        namespace: namespace.into(),
        name: name.into(),
        container: container.into(),
        pods: 0,
    })
}

pub(crate) fn location(uri: &str, line: u32, columns: (u32, u32)) -> Location {
    Location {
        uri: uri.into(),
        line,
        column: columns.0,
        end_line: line,
        end_column: columns.1,
        utf16_columns: None,
        quality: Quality::Value,
    }
}

/// A failure without a place, of the severity and check.
pub(crate) fn fault(severity: Severity, check: &str, message: &str) -> Finding {
    Finding {
        check: check.into(),
        verdict: FindingVerdict::Fail,
        severity,
        title: format!("title of {check}").into(),
        message: message.into(),
        controls: Arc::from(["CNSC-49".into(), "CNSC-50".into()]),
        subject: subject("Deployment", "shop", "web", ""),
        path: "spec.replicas".into(),
        location: None,
        observed: "".into(),
        expected: "".into(),
        fix: format!("Mend {check}.").into(),
        about: Vec::new(),
        notes: Vec::new(),
        source: None,
        fingerprint: format!("{check} {message}").into(),
        excused: None,
        baseline: None,
        was: None,
        snippet: None,
        line_hash: None,
        shared: Vec::new(),
    }
}

/// A failure of high severity at `privileged: true`.
pub(crate) fn failure(uri: &str, line: u32, fingerprint: &str) -> Finding {
    Finding {
        title: "container runs privileged".into(),
        controls: Arc::from(["CNSC-32".into(), "CNSC-40".into()]),
        subject: subject("Deployment", "shop", "web", "app"),
        path: "spec.template.spec.containers[0].securityContext.privileged".into(),
        location: Some(location(uri, line, (13, 29))),
        observed: "true".into(),
        expected: "false or absent".into(),
        fix: "Remove `privileged: true`.".into(),
        fingerprint: fingerprint.into(),
        snippet: Some("            privileged: true".into()),
        line_hash: Some(format!("b7f3e93dae7346de:{line}").into()),
        ..fault(Severity::High, "pss-privileged-container", "runs privileged")
    }
}

pub(crate) fn excuse(by: &str) -> Option<Box<Excuse>> {
    Some(Box::new(Excuse {
        by: by.into(),
        reason: "node agent, waiver W-12".into(),
        owner: "platform".into(),
        approver: String::new(),
        expires: Some("2027-01-31".into()),
    }))
}

pub(crate) fn check(id: &str, severity: Severity, verdict: CheckVerdict) -> CheckInfo {
    CheckInfo {
        id: id.into(),
        title: "container runs privileged".into(),
        topic: "pss".into(),
        severity,
        why: "A privileged container has all of the host's devices and capabilities.".into(),
        fix: "Remove `privileged: true`.".into(),
        how: "Fails where `privileged` is true.".into(),
        help: "A privileged container has all of the host.\n\n**How to fix.** Remove it.\n".into(),
        refs: vec!["https://kubernetes.io/docs/concepts/security/pod-security-standards/".into()],
        maps: BTreeMap::from([("cwe".into(), vec!["CWE-250".into()])]),
        controls: Arc::from(["CNSC-32".into(), "CNSC-40".into()]),
        verdict,
        subjects: 4,
        passed: 1,
        failed: 2,
        review: 1,
        skipped: BTreeMap::new(),
        aspects: BTreeMap::new(),
    }
}

pub(crate) fn control(id: &str, status: Status, supports: &[&str]) -> Control {
    Control {
        id: id.into(),
        framework: "CNSC".into(),
        title: "Only sanctioned | capabilities".into(),
        group: "Compute".into(),
        status,
        reason: "1 check failed on 1 subject".into(),
        coverage: Coverage::Partial,
        supports: supports.iter().map(ToString::to_string).collect(),
        checks: vec![],
        attestation: None,
    }
}

pub(crate) fn input(uri: &str, status: InputStatus) -> Input {
    let reason = (status != InputStatus::Read).then(|| "a tab indents line 3".to_owned());
    Input { uri: Some(uri.into()), sha256: "0".repeat(64), bytes: 120, kind: "manifest".into(), documents: 1, status, reason }
}

fn pin(name: &str, title: &str, version: &str) -> Pin {
    Pin { name: name.into(), title: title.into(), version: version.into(), sha256: "ab".repeat(32) }
}

fn edition(id: &str, title: &str) -> Edition {
    Edition { id: id.into(), title: title.into(), version: "1.1.0".into(), sha256: "ab".repeat(32) }
}

/// An assessment of nothing.
pub(crate) fn nothing() -> Assessment {
    Assessment {
        schema: SCHEMA.into(),
        tool: Tool { name: "cnscan".into(), version: "0.1.0".into(), commit: None },
        catalog: edition("CNSC-CATALOG", "Cloud Native Security Controls"),
        profile: pin("default", "", ""),
        selection: None,
        config: None,
        run: Run { id: "1".into(), started: String::new(), finished: String::new(), arguments: vec![], seconds: 0.0 },
        scope: Scope { kind: "files".into(), complete: false, cluster: None, namespaces: vec![] },
        kubernetes_version: Version { version: "1.37".into(), assumed: true },
        thresholds: Thresholds { fail_on: Some(Severity::High), fail_on_review: false, min_coverage: None, allow_gaps: false },
        summary: Summary::default(),
        inputs: vec![],
        gaps: vec![],
        controls: vec![],
        checks: vec![],
        findings: vec![],
        passes: vec![],
        baseline: None,
        errors: vec![],
        notices: vec![],
        attestations: None,
        crosswalk: None,
    }
}

/// Without findings.
pub(crate) fn empty() -> Assessment {
    let run = Run {
        id: "00".repeat(16),
        started: "2026-11-22T01:50:00Z".into(),
        finished: "2026-11-22T01:50:02Z".into(),
        arguments: vec!["scan".into(), "deploy".into()],
        seconds: 2.5,
    };
    Assessment {
        catalog: edition("cnsc", "The cnsc"),
        profile: pin("default", "The default", "1.1.0"),
        run,
        scope: Scope { kind: "files".into(), complete: false, cluster: None, namespaces: vec!["shop".into()] },
        summary: Summary { coverage: 50.0, ..Summary::default() },
        inputs: vec![input("deploy/web.yaml", InputStatus::Read)],
        controls: vec![control("CNSC-32", Status::Fail, &["CM-7", "SC-7(21)"]), control("CNSC-40", Status::NotAssessed, &["CM-2", "CM-7"])],
        checks: vec![check("pss-privileged-container", Severity::High, CheckVerdict::Fail)],
        ..nothing()
    }
}

/// With one of everything.
pub(crate) fn full() -> Assessment {
    let mut all = empty();
    let other = |change: fn(&mut Finding)| {
        let mut finding = failure("deploy/web.yaml", 19, "0b");
        change(&mut finding);
        finding
    };
    all.findings = vec![
        failure("deploy/web.yaml", 18, "a9f7b7a4a5df1a0e5d1b6a7a0b7b0f9b"),
        other(|finding| finding.severity = Severity::Low),
        other(|finding| finding.verdict = FindingVerdict::Review),
        other(|finding| finding.verdict = FindingVerdict::Note),
        other(|finding| finding.excused = excuse("config")),
        other(|finding| finding.excused = excuse("comment")),
        other(|finding| finding.location = None),
        other(|finding| finding.location = Some(location("", 3, (1, 2)))),
        other(|finding| finding.location = Some(location("../other/x.yaml", 3, (1, 2)))),
    ];
    let mut idle = check("network-default-deny-missing", Severity::Critical, CheckVerdict::NotAssessed);
    idle.skipped = BTreeMap::from([("system namespace".into(), 3)]);
    all.checks.push(idle);
    let counts = ControlCheck {
        id: "rbac-later".into(),
        about: Vec::new(),
        verdict: CheckVerdict::Planned,
        subjects: 0,
        passed: 0,
        failed: 0,
        review: 0,
        skipped: 0,
    };
    all.controls[0].checks.push(counts);
    all.passes = vec![Pass { check: "pss-privileged-container".into(), subject: subject("Deployment", "shop", "api", "") }];
    all.errors = vec![CheckError {
        check: "pss-privileged-container".into(),
        subject: subject("Pod", "shop", "odd", ""),
        message: "index out of bounds".into(),
    }];
    let place = Place { uri: "deploy/bad é.yaml".into(), line: 3, column: 1 };
    all.gaps = vec![
        Gap {
            surface: "manifest".into(),
            what: "deploy/bad é.yaml".into(),
            why: "a tab indents".into(),
            location: Some(place),
            ..Gap::default()
        },
        Gap { surface: "cluster".into(), what: "DaemonSet".into(), why: "forbidden".into(), ..Gap::default() },
    ];
    all.notices = vec!["exception 3 matched nothing".into()];
    all
}

/// A check bound to a control, with its counts.
pub(crate) fn bound(id: &str, verdict: CheckVerdict) -> ControlCheck {
    ControlCheck { id: id.into(), about: Vec::new(), verdict, subjects: 4, passed: 1, failed: 2, review: 1, skipped: 0 }
}

/// With checks bound to its controls, the second control's not run.
pub(crate) fn whole() -> Assessment {
    let mut assessment = full();
    assessment.controls[0].checks =
        vec![bound("pss-privileged-container", CheckVerdict::Fail), bound("network-default-deny-missing", CheckVerdict::NotAssessed)];
    assessment.controls[1].checks = vec![bound("rbac-later", CheckVerdict::Planned)];
    assessment
}

/// An attestation in force.
pub(crate) fn attestation(control: &str) -> Attestation {
    let link = Link { link: "minutes/2026-09.md".into(), title: "minutes".into(), sha256: "cd".repeat(32), checked: true };
    Attestation {
        control: control.into(),
        statement: "Owners of `namespaces` set the labels.".into(),
        scope: AttestationScope { namespaces: vec!["shop".into()], ..AttestationScope::default() },
        method: Method::Examine,
        assessed_by: "Ada Lovelace <ada@example.com>".into(),
        approved_by: "Grace Hopper".into(),
        collected: "2026-09-01".into(),
        expires: "2027-08-31".into(),
        evidence: vec![link.clone(), Link { link: "https://example.com/a b".into(), title: String::new(), checked: false, ..link }],
        location: Place { uri: "governance/a.yaml".into(), line: 2, column: 12 },
    }
}

/// With controls that people vouch for: one that rests on it, one that fails all the same; and attestations that do not count.
pub(crate) fn attested() -> Assessment {
    let mut assessment = whole();
    assessment.controls[0].attestation = Some(Attested { settles: false, statements: vec![attestation("CNSC-32")] });
    let mut other = control("CNSC-41", Status::Attested, &["CM-8"]);
    let second = Place { line: 9, ..attestation("").location };
    let statements =
        vec![attestation("CNSC-41"), Attestation { method: Method::Interview, location: second.clone(), ..attestation("CNSC-41") }];
    other.attestation = Some(Attested { settles: true, statements });
    other.checks = vec![bound("pss-privileged-container", CheckVerdict::Pass)];
    assessment.controls.push(other);
    let refused = Refused { location: second, control: "CNSC-42".into(), why: "it expired on 2026-09-20: ask again".into() };
    let files = vec![pin("governance/a.yaml", "", "")];
    assessment.attestations = Some(Vouched { files, counted: 3, elsewhere: 1, refused: vec![refused] });
    assessment
}
