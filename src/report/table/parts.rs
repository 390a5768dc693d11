//! What stands between the findings and the summary: what was excused, not looked at, broken, or is worth knowing.

use std::collections::{BTreeMap, HashMap};
use std::io;

use anstyle::AnsiColor;

use super::findings;
use super::paper::{BOLD, DIM, PLAIN, Paper};
use crate::assess::{Assessment, Baseline, Excuse, Finding, FindingVerdict, Gap, Input, InputStatus};
use crate::report::text::{NAME, Origin, SENTENCE, clean, object, plural, point};

/// How many places of one reason are shown without `-v`.
const SHOWN: usize = 10;
/// How many notices that end alike are.
const ALIKE: usize = 3;
/// How long a notice is.
const BRIEF: usize = 240;

/// Findings by what a reader does with them.
pub(super) struct Sorted<'a> {
    pub(super) failures: Vec<&'a Finding>,
    /// Failures that the baseline has.
    pub(super) known: Vec<&'a Finding>,
    pub(super) reviews: Vec<&'a Finding>,
    pub(super) notes: Vec<&'a Finding>,
    pub(super) excused: Vec<&'a Finding>,
}

impl<'a> Sorted<'a> {
    pub(super) fn new(assessment: &'a Assessment) -> Self {
        let mut sorted = Sorted { failures: vec![], known: vec![], reviews: vec![], notes: vec![], excused: vec![] };
        for finding in &assessment.findings {
            let pile = match finding.verdict {
                _ if finding.excused.is_some() => &mut sorted.excused,
                FindingVerdict::Fail if finding.baseline == Some(Baseline::Unchanged) => &mut sorted.known,
                FindingVerdict::Fail => &mut sorted.failures,
                FindingVerdict::Review => &mut sorted.reviews,
                FindingVerdict::Note => &mut sorted.notes,
            };
            pile.push(finding);
        }
        sorted
    }
}

/// What failed, in full.
pub(super) fn failures(paper: &mut Paper<'_>, found: &[&Finding]) -> io::Result<()> {
    if found.is_empty() {
        return Ok(());
    }
    let counts = findings::severities(found.iter().map(|finding| finding.severity));
    paper.head(&format!("Failures: {}", found.len()), &counts)?;
    findings::write(paper, found)
}

/// Findings that are no failures to act on: a line a check, or with `-v` in full.
pub(super) fn aside(paper: &mut Paper<'_>, title: &str, about: &str, found: &[&Finding]) -> io::Result<()> {
    if found.is_empty() {
        return Ok(());
    }
    let title = format!("{title}: {}", found.len());
    paper.head(&title, if paper.verbose { "" } else { "-v shows each" })?;
    paper.paragraph(0, (DIM, about))?;
    if paper.verbose { findings::write(paper, found) } else { findings::condensed(paper, found) }
}

/// Excused findings: counted by who excused them, or with `-v` listed.
pub(super) fn excused(paper: &mut Paper<'_>, found: &[&Finding]) -> io::Result<()> {
    if found.is_empty() {
        return Ok(());
    }
    paper.head(&format!("Excused: {}", found.len()), if paper.verbose { "" } else { "-v lists each" })?;
    if paper.verbose {
        let about = |finding: &Finding| finding.excused.as_deref().map(excuse).unwrap_or_default();
        return findings::list(paper, found, about);
    }
    let mut by: BTreeMap<&str, usize> = BTreeMap::new();
    for excuse in found.iter().filter_map(|finding| finding.excused.as_deref()) {
        *by.entry(&excuse.by).or_default() += 1;
    }
    let words: Vec<_> = by.iter().map(|(by, count)| format!("{count} by {}", clean(by, NAME))).collect();
    paper.paragraph(2, (PLAIN, &words.join(", ")))
}

/// `shipped like that (by config, owner platform, until 2027-01-31)`
fn excuse(excuse: &Excuse) -> String {
    let mut aside = format!("by {}", clean(&excuse.by, NAME));
    let named = [("owner", excuse.owner.as_str()), ("approved by", &excuse.approver), ("until", excuse.expires.as_deref().unwrap_or(""))];
    for (word, value) in named.iter().filter(|(_, value)| !value.is_empty()) {
        aside += &format!(", {word} {}", clean(value, NAME));
    }
    format!("{} ({aside})", clean(&excuse.reason, SENTENCE))
}

/// What was to be looked at and was not: by reason, with the places.
pub(super) fn gaps(paper: &mut Paper<'_>, gaps: &[Gap]) -> io::Result<()> {
    if gaps.is_empty() {
        return Ok(());
    }
    paper.head(&format!("Not looked at: {}", plural(gaps.len(), "gap")), "")?;
    let mut reasons: Vec<(&Gap, Vec<&Gap>)> = Vec::new();
    let mut seats = HashMap::new();
    for gap in gaps {
        let seat = *seats.entry((&gap.surface, &gap.why)).or_insert(reasons.len());
        if seat == reasons.len() {
            reasons.push((gap, Vec::new()));
        }
        reasons[seat].1.push(gap);
    }
    for (reason, gaps) in reasons {
        let style = AnsiColor::Yellow.on_default();
        let lead = format!("  {}: ", clean(&reason.surface, NAME));
        paper.flow(&[(style.bold(), &lead)], 6, (BOLD, &clean(&reason.why, SENTENCE)))?;
        let shown = if paper.verbose { gaps.len() } else { SHOWN };
        for gap in gaps.iter().take(shown) {
            paper.paragraph(6, (PLAIN, &gap_place(paper, gap)))?;
        }
        if gaps.len() > shown {
            paper.paragraph(6, (DIM, &format!("and {} more (-v shows each)", gaps.len() - shown)))?;
        }
    }
    Ok(())
}

/// `deploy/web.yaml:3:1, document 2`, without saying a file twice.
fn gap_place(paper: &Paper<'_>, gap: &Gap) -> String {
    let what = clean(&gap.what, SENTENCE);
    match &gap.location {
        Some(place) => {
            let point = point(place, paper.from, paper.width - 10);
            if *what == place.uri { point } else { format!("{point}: {what}") }
        }
        None => what.into_owned(),
    }
}

/// Checks that broke.
pub(super) fn errors(paper: &mut Paper<'_>, assessment: &Assessment) -> io::Result<()> {
    if assessment.errors.is_empty() {
        return Ok(());
    }
    paper.head(&format!("Checks that broke: {}", assessment.errors.len()), "please report them")?;
    for error in &assessment.errors {
        let lead = format!("  {}: ", clean(&error.check, NAME));
        let text = format!("{} (on {})", clean(&error.message, SENTENCE), object(&error.subject));
        paper.flow(&[(AnsiColor::Red.on_default().bold(), &lead)], 6, (PLAIN, &text))?;
    }
    Ok(())
}

/// What a reader should know. Of many notices that end alike the first few stand for all, but for `-v`.
pub(super) fn notices(paper: &mut Paper<'_>, notices: &[String]) -> io::Result<()> {
    if notices.is_empty() {
        return Ok(());
    }
    paper.head("Worth knowing", "")?;
    let mut alike: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut seats = HashMap::new();
    for notice in notices {
        let ending = notice.rsplit_once(": ").map_or(notice.as_str(), |(_, ending)| ending);
        let seat = *seats.entry(ending).or_insert(alike.len());
        if seat == alike.len() {
            alike.push((ending, Vec::new()));
        }
        alike[seat].1.push(notice);
    }
    for (ending, notices) in alike {
        let shown = if paper.verbose || notices.len() <= ALIKE + 1 { notices.len() } else { ALIKE };
        for notice in &notices[..shown] {
            paper.flow(&[(PLAIN, "  - ")], 4, (PLAIN, &clean(notice, SENTENCE)))?;
        }
        if shown < notices.len() {
            let more = format!("{} more like that: {} (-v shows each)", notices.len() - shown, clean(ending, BRIEF));
            paper.paragraph(4, (DIM, &more))?;
        }
    }
    Ok(())
}

/// Files that were left out, when asked for.
pub(super) fn ignored(paper: &mut Paper<'_>, inputs: &[Input]) -> io::Result<()> {
    let ignored: Vec<_> = inputs.iter().filter(|input| input.status == InputStatus::Ignored).collect();
    if ignored.is_empty() || !paper.verbose {
        return Ok(());
    }
    paper.head(&format!("Ignored: {}", plural(ignored.len(), "file")), "")?;
    for input in ignored {
        let name = Origin::File(input.uri.as_deref().unwrap_or_default()).name(paper.from, paper.width - 10);
        let reason = clean(input.reason.as_deref().unwrap_or("nothing known in it"), SENTENCE);
        paper.flow(&[(PLAIN, "  - ")], 4, (PLAIN, &format!("{name}: {reason}")))?;
    }
    Ok(())
}
