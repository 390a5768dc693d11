//! What the reports for people need of assessments beyond the samples.

use std::collections::BTreeMap;
use std::sync::Arc;

use cnscan::assess::*;

use crate::sample::{self, fault};

/// Counts as the assessment does, and puts findings in its order.
pub(crate) fn done(mut assessment: Assessment) -> Assessment {
    let place = |finding: &Finding| finding.location.as_ref().map(|at| (Arc::clone(&at.uri), at.line, at.column));
    assessment.findings.sort_by(|a, b| (place(a), a.severity, &a.check).cmp(&(place(b), b.severity, &b.check)));
    let mut summary = Summary { objects: assessment.summary.objects, files: assessment.summary.files, ..Summary::default() };
    summary.ignored = assessment.inputs.iter().filter(|input| input.status == InputStatus::Ignored).count() as u32;
    for control in &assessment.controls {
        *summary.controls.entry(control.status).or_default() += 1;
    }
    for finding in &assessment.findings {
        match finding.verdict {
            FindingVerdict::Note => summary.notes += 1,
            _ if finding.excused.is_some() => summary.excused += 1,
            FindingVerdict::Fail => *summary.findings.entry(finding.severity).or_default() += 1,
            FindingVerdict::Review => summary.reviews += 1,
        }
    }
    let applicable = assessment.controls.iter().filter(|control| control.status != Status::NotApplicable).count();
    let decided = assessment.controls.iter().filter(|control| control.status.is_decided()).count();
    summary.subjects = u64::from(summary.objects) * 9;
    summary.coverage = if applicable == 0 { 0.0 } else { (decided as f64 * 1000.0 / applicable as f64).round() / 10.0 };
    assessment.summary = summary;
    assessment
}

/// Puts a finding at `needle`, the part of the only line that contains `line`, in a text.
pub(crate) fn at(mut finding: Finding, uri: &str, text: &str, line: &str, needle: &str) -> Finding {
    let (number, whole) = text.lines().enumerate().find(|(_, whole)| whole.contains(line)).expect(line);
    let column = whole[..whole.find(needle).expect(needle)].chars().count() as u32 + 1;
    let (line, end_column) = (number as u32 + 1, column + needle.chars().count() as u32);
    finding.location =
        Some(Location { uri: uri.into(), line, column, end_line: line, end_column, utf16_columns: None, quality: Quality::Value });
    finding.snippet = Some(whole.into());
    let key = whole.trim_start_matches([' ', '-']).split(':').next().unwrap_or_default();
    finding.path = format!("spec.{key}").into();
    finding.fingerprint = format!("{} {line} {column}", finding.fingerprint).into();
    finding
}

/// A control of the catalog with a status.
pub(crate) fn control(number: usize, group: &str, status: Status) -> Control {
    let verdict = if status == Status::NotAssessed && number.is_multiple_of(3) { CheckVerdict::Planned } else { CheckVerdict::NotAssessed };
    let check = ControlCheck { id: "x".into(), about: Vec::new(), verdict, subjects: 1, passed: 0, failed: 0, review: 0, skipped: 0 };
    Control {
        title: format!("Control number {number}"),
        group: group.into(),
        reason: "2 checks failed on 3 subjects".into(),
        coverage: if number.is_multiple_of(5) { Coverage::None } else { Coverage::Partial },
        checks: vec![check],
        ..sample::control(&format!("CNSC-{number}"), status, &[])
    }
}

/// The controls of the default profile, with statuses as a scan of manifests gives them.
pub(crate) fn catalog() -> Vec<Control> {
    let groups = [
        ("Access", 21),
        ("Compute", 33),
        ("Deploy", 17),
        ("Develop", 19),
        ("Distribute", 22),
        ("Securing Artefacts", 9),
        ("Securing Build Pipelines", 24),
        ("Securing Materials", 14),
        ("Securing the Source Code", 20),
        ("Security Assurance", 10),
        ("Storage", 6),
    ];
    let mut controls = Vec::new();
    for (group, count) in groups {
        for number in 0..count {
            let status = match (group, number % 7) {
                ("Access" | "Compute" | "Storage", 0) => Status::Fail,
                ("Access" | "Compute" | "Deploy", 1 | 2) => Status::Review,
                ("Compute" | "Storage", 3) => Status::Partial,
                ("Compute", 4) => Status::Pass,
                _ => Status::NotAssessed,
            };
            controls.push(control(controls.len() + 1, group, status));
        }
    }
    controls
}

/// An input of which nothing came.
pub(crate) fn ignored(uri: &str) -> Input {
    let reason = Some("no apiVersion and kind".to_owned());
    Input { bytes: 9, kind: "file".into(), documents: 0, reason, ..sample::input(uri, InputStatus::Ignored) }
}

/// What a finding's row in the sample says of a check: title, severity, fix, controls.
pub(crate) fn known(check: &str) -> (&'static str, Severity, &'static str, &'static [&'static str]) {
    use Severity::{Critical, High, Low, Medium};
    let rows: BTreeMap<&str, (&str, Severity, &str, &[&str])> = BTreeMap::from([
        (
            "pss-privileged-container",
            (
                "container runs in privileged mode",
                Critical,
                "Remove `privileged: true`; grant the single capability or the device plugin resource that is really needed.",
                &["CNSC-49", "CNSC-50", "CNSC-52", "CNSC-77", "CNSC-81", "CNSC-90", "CNSC-113"][..],
            ),
        ),
        (
            "pss-run-as-non-root",
            (
                "container may run as root",
                High,
                "Set `runAsNonRoot: true` on the pod, and give the image a numeric user.",
                &["CNSC-49", "CNSC-52"][..],
            ),
        ),
        (
            "pss-privilege-escalation",
            ("container may gain more privileges than its parent", High, "Set `allowPrivilegeEscalation: false`.", &["CNSC-49"][..]),
        ),
        (
            "pod-root-filesystem-writable",
            (
                "container can write to its root filesystem",
                Low,
                "Set `readOnlyRootFilesystem: true` and mount an emptyDir where the program writes.",
                &["CNSC-50"][..],
            ),
        ),
        (
            "pss-host-namespaces",
            (
                "pod shares the node's network, PID or IPC namespace",
                High,
                "Drop the field; use a Service, or a dedicated node agent where the node itself is the subject.",
                &["CNSC-49", "CNSC-60"][..],
            ),
        ),
        (
            "image-tag-mutable",
            (
                "image is named by a tag that can move",
                Medium,
                "Pin the image by digest: `name@sha256:…`.",
                &["CNSC-120", "CNSC-121", "CNSC-130", "CNSC-131"][..],
            ),
        ),
        (
            "secret-value-in-spec",
            (
                "credential stands in plain text",
                Critical,
                "Move the value to a Secret (or an external store) and rotate it: whoever reads the repository has it.",
                &["CNSC-1", "CNSC-21"][..],
            ),
        ),
        (
            "rbac-wildcard-rule",
            (
                "role grants every verb or every resource",
                High,
                "Name the resources and verbs that the workload uses.",
                &["CNSC-9", "CNSC-12"][..],
            ),
        ),
        (
            "network-default-deny-missing",
            ("namespace has no default-deny ingress policy", High, "Add a NetworkPolicy with an empty `podSelector`.", &["CNSC-70"][..]),
        ),
        (
            "namespace-quota-missing",
            ("namespace has no ResourceQuota or LimitRange", Low, "Add a ResourceQuota and a LimitRange.", &["CNSC-71"][..]),
        ),
    ]);
    rows[check]
}

/// A finding of a known check.
pub(crate) fn found(check: &str, message: &str, subject: Arc<Subject>) -> Finding {
    let (title, severity, fix, controls) = known(check);
    let controls: Vec<Arc<str>> = controls.iter().map(|id| (*id).into()).collect();
    Finding { title: title.into(), fix: fix.into(), controls: controls.into(), subject, ..fault(severity, check, message) }
}
