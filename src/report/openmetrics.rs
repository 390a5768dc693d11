//! OpenMetrics 1.0 text: counts for a textfile collector or a push gateway, so that failures, gaps and coverage can be
//! plotted and alerted on. Names of objects do not stand in it: series that come and go with every pod help nobody.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};

use super::projection;
use super::text::{NAME, clean};
use crate::assess::{Assessment, CheckInfo, Finding, Severity, Status};

/// Writes the metrics.
///
/// # Errors
/// What the writer says.
pub fn write(assessment: &Assessment, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page(BufWriter::with_capacity(1 << 16, out));
    run(assessment, &mut page)?;
    counts(assessment, &mut page)?;
    controls(assessment, &mut page)?;
    checks(assessment, &mut page)?;
    framework(assessment, &mut page)?;
    page.0.write_all(b"# EOF\n")?;
    page.0.flush()
}

type Labels<'a> = [(&'static str, &'a str)];

struct Page<W>(W);

impl<W: Write> Page<W> {
    fn family(&mut self, name: &str, kind: &str, help: &str) -> io::Result<()> {
        writeln!(self.0, "# TYPE {name} {kind}\n# HELP {name} {help}")
    }

    fn sample(&mut self, name: &str, labels: &Labels<'_>, value: impl std::fmt::Display) -> io::Result<()> {
        let labels: Vec<_> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        writeln!(self.0, "{name}{labels} {value}")
    }

    /// A family of one sample.
    fn gauge(&mut self, name: &str, help: &str, value: impl std::fmt::Display) -> io::Result<()> {
        self.family(name, "gauge", help)?;
        self.sample(name, &[], value)
    }
}

/// A label's value: harmless, and escaped as the format asks.
fn escaped(text: &str) -> String {
    clean(text, NAME * 2).replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn run<W: Write>(assessment: &Assessment, page: &mut Page<W>) -> io::Result<()> {
    page.family("cnscan_scan", "info", "What was assessed, with what.")?;
    let labels = [
        ("version", assessment.tool.version.as_str()),
        ("catalog", &assessment.catalog.id),
        ("catalog_version", &assessment.catalog.version),
        ("profile", &assessment.profile.name),
        ("kubernetes", &assessment.kubernetes_version.version),
        ("scope", &assessment.scope.kind),
    ];
    page.sample("cnscan_scan_info", &labels, 1)?;
    let finished = projection::times(assessment).1.as_second();
    page.family("cnscan_scan_finished_timestamp_seconds", "gauge", "When the scan ended.")?;
    writeln!(page.0, "# UNIT cnscan_scan_finished_timestamp_seconds seconds")?;
    page.sample("cnscan_scan_finished_timestamp_seconds", &[], finished)
}

fn counts<W: Write>(assessment: &Assessment, page: &mut Page<W>) -> io::Result<()> {
    let mut failures: BTreeMap<Severity, usize> = Severity::ALL.iter().map(|severity| (*severity, 0)).collect();
    let mut namespaces: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in assessment.findings.iter().filter(|finding| finding.is_open_failure()) {
        *failures.entry(finding.severity).or_default() += 1;
        *namespaces.entry(&finding.subject.namespace).or_default() += 1;
    }
    page.family("cnscan_failures", "gauge", "Open failures by severity.")?;
    for (severity, count) in &failures {
        page.sample("cnscan_failures", &[("severity", severity.as_str())], count)?;
    }
    if let Some(baseline) = &assessment.baseline {
        page.family("cnscan_new_failures", "gauge", "Open failures that the baseline does not have, by severity.")?;
        let new =
            |severity| move |finding: &&Finding| finding.is_open_failure() && !finding.is_known_failure() && finding.severity == severity;
        for severity in Severity::ALL {
            let count = assessment.findings.iter().filter(new(severity)).count();
            page.sample("cnscan_new_failures", &[("severity", severity.as_str())], count)?;
        }
        page.gauge("cnscan_baseline_gone", "Findings of the baseline that are not found any more.", baseline.gone)?;
    }
    page.family("cnscan_namespace_failures", "gauge", "Open failures by namespace; empty for objects without one.")?;
    let mut shown: BTreeMap<String, usize> = BTreeMap::new();
    // what is shown alike is one series
    namespaces.iter().for_each(|(namespace, count)| *shown.entry(escaped(namespace)).or_default() += count);
    for (namespace, count) in &shown {
        writeln!(page.0, "cnscan_namespace_failures{{namespace=\"{namespace}\"}} {count}")?;
    }
    let summary = &assessment.summary;
    page.gauge("cnscan_reviews", "Findings that a person, or more evidence, has to decide.", summary.reviews)?;
    page.gauge("cnscan_excused", "Findings under an exception in force.", summary.excused)?;
    page.gauge("cnscan_gaps", "Parts of the input that were to be looked at and were not.", assessment.gaps.len())?;
    page.gauge("cnscan_check_errors", "Checks that broke, by subject.", assessment.errors.len())?;
    page.gauge("cnscan_objects", "Objects read.", summary.objects)?;
    page.gauge("cnscan_files", "Files read.", summary.files)
}

fn controls<W: Write>(assessment: &Assessment, page: &mut Page<W>) -> io::Result<()> {
    page.family("cnscan_controls", "gauge", "Controls of the profile by status.")?;
    for status in Status::ALL {
        let count = assessment.controls.iter().filter(|control| control.status == status).count();
        page.sample("cnscan_controls", &[("status", status.as_str())], count)?;
    }
    let share = assessment.summary.coverage / 100.0;
    page.family("cnscan_coverage_ratio", "gauge", "The share of the applicable controls that is decided.")?;
    writeln!(page.0, "# UNIT cnscan_coverage_ratio ratio")?;
    page.sample("cnscan_coverage_ratio", &[], format_args!("{share:.3}"))?;
    let mut seen = std::collections::BTreeSet::new();
    page.family("cnscan_control", "stateset", "The status of each control.")?;
    for control in &assessment.controls {
        let key = (escaped(&control.framework), escaped(&control.id));
        if !seen.insert(key.clone()) {
            continue;
        }
        for status in Status::ALL {
            let (state, is) = (status.as_str(), u8::from(status == control.status));
            writeln!(page.0, "cnscan_control{{framework=\"{}\",control=\"{}\",cnscan_control=\"{state}\"}} {is}", key.0, key.1)?;
        }
    }
    Ok(())
}

fn checks<W: Write>(assessment: &Assessment, page: &mut Page<W>) -> io::Result<()> {
    page.family("cnscan_check_subjects", "gauge", "What checks said of their subjects; a check that is not here did not run.")?;
    let mut seen = std::collections::BTreeSet::new();
    for check in &assessment.checks {
        if !seen.insert(escaped(&check.id)) {
            continue;
        }
        for (verdict, count) in said(check) {
            let labels = [("check", &*check.id), ("severity", check.severity.as_str()), ("verdict", verdict)];
            page.sample("cnscan_check_subjects", &labels, count)?;
        }
    }
    Ok(())
}

/// The controls of another framework by how what was assessed speaks to them; those of the profile that map to none.
fn framework<W: Write>(assessment: &Assessment, page: &mut Page<W>) -> io::Result<()> {
    let Some(seen) = &assessment.crosswalk else { return Ok(()) };
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    seen.entries.iter().for_each(|entry| *counts.entry(entry.standing.as_str()).or_default() += 1);
    page.family(
        "cnscan_framework_controls",
        "gauge",
        "Controls of another framework by what the assessed ones say of them; none is shown to be satisfied.",
    )?;
    for (standing, count) in counts {
        page.sample("cnscan_framework_controls", &[("framework", &seen.framework.name), ("standing", standing)], count)?;
    }
    page.gauge("cnscan_framework_unmapped", "Controls of the profile that map to nothing there.", seen.unmapped.len())
}

fn said(check: &CheckInfo) -> [(&'static str, u32); 4] {
    let skipped = check.skipped.values().sum();
    [("pass", check.passed), ("fail", check.failed), ("review", check.review), ("skip", skipped)]
}
