//! An assessment in every format: one file, or folder, a format. Nothing here knows the evidence.

use std::io::{self, Write};

use clap::ValueEnum;

use crate::assess::Assessment;

pub mod csv;
pub mod cyclonedx;
pub mod diff;
pub mod flow;
pub mod gemara;
pub mod gitlab;
pub mod history;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod openmetrics;
pub mod oscal;
pub mod policyreport;
mod projection;
pub mod sarif;
pub mod self_assessment;
mod stream;
pub mod table;
pub mod text;
pub mod todo;
mod yaml;

pub use text::Options;

/// The formats of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a person at a terminal
    Table,
    /// The stable machine format, which every other is made from
    Json,
    /// For GitHub code scanning: open failures that stand in a file
    Sarif,
    /// Everything that SARIF can say: reviews, passes, suppressions, taxonomies
    SarifFull,
    /// A comment on a pull request
    Markdown,
    /// One page for a browser, for people who use no terminal
    Html,
    /// For CI servers: a test for each failure, what was not looked at as errors and skipped tests
    Junit,
    /// For GitLab's Code Quality: open failures that stand in a file
    Gitlab,
    /// For spreadsheets: findings, gaps and controls as rows
    Csv,
    /// For Prometheus: counts by severity, namespace, check and status
    Openmetrics,
    /// For a cluster: PolicyReport objects, wgpolicyk8s.io/v1alpha2, as YAML
    Policyreport,
    /// For a cluster: Report objects, openreports.io/v1alpha1, as YAML
    Openreports,
    /// For GRC tools: a Gemara EvaluationLog, as YAML
    Gemara,
    /// For GRC tools: OSCAL assessment results
    Oscal,
    /// For GRC tools: the OSCAL assessment plan that they refer to
    OscalPlan,
    /// For GRC tools: an OSCAL plan of action and milestones, an item for each open failure and gap
    OscalPoam,
    /// For tools of the supply chain: CycloneDX attestations (CDXA), version 1.6
    Cyclonedx,
}

impl Format {
    /// Its name on the command line, and what it is for.
    #[must_use]
    pub fn describe(self) -> (String, String) {
        let value = self.to_possible_value();
        let name = value.as_ref().map(|value| value.get_name().to_owned()).unwrap_or_default();
        let help = value.and_then(|value| value.get_help().map(ToString::to_string)).unwrap_or_default();
        (name, help)
    }

    /// Whether it shows a result as another framework sees it.
    #[must_use]
    pub fn shows_framework(self) -> bool {
        matches!(
            self,
            Format::Table | Format::Json | Format::Markdown | Format::Html | Format::Csv | Format::Openmetrics | Format::SarifFull
        )
    }
}

/// Writes an assessment in a format.
///
/// # Errors
/// What the writer says.
pub fn write(format: Format, assessment: &Assessment, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Table => table::write(assessment, options, out),
        Format::Json => json::write(assessment, out),
        Format::Sarif => sarif::write(assessment, out),
        Format::SarifFull => sarif::write_full(assessment, out),
        Format::Markdown => markdown::write(assessment, options, out),
        Format::Html => html::write(assessment, out),
        Format::Junit => junit::write(assessment, out),
        Format::Gitlab => gitlab::write(assessment, out),
        Format::Csv => csv::write(assessment, out),
        Format::Openmetrics => openmetrics::write(assessment, out),
        Format::Policyreport => policyreport::write(assessment, out),
        Format::Openreports => policyreport::write_open(assessment, out),
        Format::Gemara => gemara::write(assessment, out),
        Format::Oscal => oscal::write_results(assessment, out),
        Format::OscalPlan => oscal::write_plan(assessment, out),
        Format::OscalPoam => oscal::write_poam(assessment, out),
        Format::Cyclonedx => cyclonedx::write(assessment, out),
    }
}

/// What a format leaves out that a person may look for: a line each.
#[must_use]
pub fn omitted(format: Format, assessment: &Assessment) -> Vec<String> {
    match format {
        Format::Sarif => sarif::omitted(assessment),
        Format::Gitlab => gitlab::omitted(assessment),
        _ => Vec::new(),
    }
}
