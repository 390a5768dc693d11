//! Findings in full, as compilers show them: by file, by object, by place.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use rayon::prelude::*;

use super::paper::{BOLD, DIM, PLAIN, Paper, Span, verdict};
use super::snippet;
use crate::assess::{Finding, FindingVerdict, Quality, Severity};
use crate::model::Map;
use crate::report::text::{NAME, Origin, SENTENCE, clean, columns, controls, object, plural, pods, seat, spot, words};

/// The fixes told so far: one of a check is told once.
type Told<'a> = BTreeSet<(&'a str, &'a str)>;

/// Writes findings, a part a file, the worst files first: of hundreds, what matters most must not lie in the middle.
pub(super) fn write(paper: &mut Paper<'_>, findings: &[&Finding]) -> io::Result<()> {
    let mut files: BTreeMap<Origin<'_>, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        files.entry(Origin::of(finding)).or_default().push(finding);
    }
    let mut files: Vec<_> = files.into_iter().collect();
    files.sort_by_key(|(_, findings)| findings.iter().map(|finding| finding.severity).min());
    let mut sheets: Vec<_> = files.into_par_iter().map(|(origin, findings)| Sheet::new(origin, &findings)).collect();
    let mut told = Told::new();
    let blocks = sheets.iter_mut().flat_map(|sheet| &mut sheet.objects).flat_map(|object| &mut object.blocks);
    blocks.for_each(|block| block.tells = block.findings.iter().map(|finding| told.insert((&finding.check, &finding.fix))).collect());
    paper.parts(&sheets, |paper, sheet| sheet.write(paper))
}

/// What is to be written of a file.
struct Sheet<'a> {
    origin: Origin<'a>,
    counts: String,
    objects: Vec<Seat<'a>>,
}

/// What is to be written of an object.
struct Seat<'a> {
    findings: Vec<&'a Finding>,
    blocks: Vec<Block<'a>>,
}

impl<'a> Sheet<'a> {
    fn new(origin: Origin<'a>, findings: &[&'a Finding]) -> Self {
        let seat = |findings: Vec<&'a Finding>| Seat { blocks: blocks(&findings), findings };
        Sheet { origin, counts: counts(findings), objects: objects(findings).into_iter().map(seat).collect() }
    }

    fn write(&self, paper: &mut Paper<'_>) -> io::Result<()> {
        paper.subhead(&self.origin.name(paper.from, paper.width - 10), &self.counts)?;
        self.objects.iter().try_for_each(|object| object.write(paper))
    }
}

/// `1 critical, 3 high`
fn counts(findings: &[&Finding]) -> String {
    let failures: Vec<_> = findings.iter().filter(|finding| finding.verdict == FindingVerdict::Fail).collect();
    if failures.len() < findings.len() {
        return findings.len().to_string();
    }
    severities(failures.iter().map(|finding| finding.severity))
}

/// `1 critical, 3 high`
pub(super) fn severities(found: impl Iterator<Item = Severity>) -> String {
    let mut counts: BTreeMap<Severity, usize> = BTreeMap::new();
    found.for_each(|severity| *counts.entry(severity).or_default() += 1);
    let words: Vec<_> = counts.iter().map(|(severity, count)| format!("{count} {}", severity.as_str())).collect();
    words.join(", ")
}

/// Findings by object, in the order in which the objects stand in the file.
fn objects<'a>(findings: &[&'a Finding]) -> Vec<Vec<&'a Finding>> {
    let mut seats: Map<(&str, &str, &str), usize> = Map::default();
    let mut objects: Vec<Vec<&Finding>> = Vec::new();
    for finding in findings {
        let subject = &finding.subject;
        let seat = *seats.entry((&subject.kind, &subject.namespace, &subject.name)).or_insert(objects.len());
        if seat == objects.len() {
            objects.push(Vec::new());
        }
        objects[seat].push(finding);
    }
    objects
}

/// Findings of one place: shown together, the most severe first.
struct Block<'a> {
    findings: Vec<&'a Finding>,
    /// For each of them, whether it tells its fix.
    tells: Vec<bool>,
    /// Other places of the object where nothing else is said.
    also: Vec<Vec<&'a Finding>>,
}

impl Seat<'_> {
    fn write(&self, paper: &mut Paper<'_>) -> io::Result<()> {
        let subject = &self.findings[0].subject;
        // one container for all stands in the heading, else each finding names its own
        let one = self.findings.iter().all(|finding| finding.subject.container == subject.container);
        let shared = if one { subject.container.as_str() } else { "" };
        let aside = if shared.is_empty() { String::new() } else { format!("  ({})", clean(shared, NAME)) };
        paper.blank()?;
        paper.flow(&[], 2, (BOLD, &(object(subject) + &pods(subject) + &aside)))?;
        for block in &self.blocks {
            paper.blank()?;
            Writer { paper, shared }.block(block)?;
        }
        Ok(())
    }
}

/// Findings by place, then places that repeat what another says put behind that one.
fn blocks<'a>(findings: &[&'a Finding]) -> Vec<Block<'a>> {
    let mut blocks: Vec<Block<'a>> = Vec::new();
    let mut led: Map<(&str, Severity), usize> = Map::default();
    for place in places(findings) {
        let known = |finding: &&Finding| led.get(&(&*finding.check, finding.severity)).copied();
        let leaders: Option<Vec<_>> = place.iter().map(known).collect();
        if let Some(leaders) = leaders {
            blocks[leaders[0]].also.push(place);
            continue;
        }
        for finding in &place {
            led.entry((&finding.check, finding.severity)).or_insert(blocks.len());
        }
        blocks.push(Block { findings: place, tells: Vec::new(), also: Vec::new() });
    }
    blocks
}

/// Findings of the same span, or of the same field on the same line, together; the worst places first.
fn places<'a>(findings: &[&'a Finding]) -> Vec<Vec<&'a Finding>> {
    let mut spans = Map::default();
    let mut fields = Map::default();
    let mut places: Vec<Vec<&Finding>> = Vec::new();
    for finding in findings {
        let span = finding.location.as_ref().map(|at| (at.line, at.column, at.end_line, at.end_column));
        let field = (span.map(|span| span.0), &*finding.path);
        let by_span = span.and_then(|span| spans.get(&span).copied());
        let seat = by_span.or_else(|| fields.get(&field).copied()).unwrap_or(places.len());
        if seat == places.len() {
            places.push(Vec::new());
        }
        places[seat].push(finding);
        fields.insert(field, seat);
        span.map(|span| spans.insert(span, seat));
    }
    for place in &mut places {
        place.sort_by_key(|finding| (finding.severity, &finding.check, &finding.message));
    }
    // stable: places of the same severity stay in the order of the file
    places.sort_by_key(|place| place[0].severity);
    places
}

struct Writer<'b, 'c> {
    paper: &'b mut Paper<'c>,
    /// The container that all findings of the object are on.
    shared: &'b str,
}

impl Writer<'_, '_> {
    fn block(&mut self, block: &Block<'_>) -> io::Result<()> {
        let first = block.findings[0];
        let gutter = snippet::gutter(first);
        let single = block.findings.len() == 1;
        for (finding, tells) in block.findings.iter().zip(&block.tells) {
            self.headline(finding)?;
            if !single {
                self.notes(finding, *tells, gutter, true)?;
            }
        }
        let label = if single { detail(first).unwrap_or_default() } else { String::new() };
        snippet::write(self.paper, first, verdict(first.verdict, first.severity), &label)?;
        if single {
            self.notes(first, block.tells[0], gutter, false)?;
        }
        for place in &block.also {
            if !single && !self.paper.verbose && repeats(block, place) {
                let text = format!(
                    "also {}: all {} for container {}",
                    self.place(place[0]),
                    place.len(),
                    clean(&place[0].subject.container, NAME)
                );
                snippet::note(self.paper, gutter, &text)?;
                continue;
            }
            for finding in place {
                self.also(finding, gutter, !single)?;
            }
        }
        Ok(())
    }

    /// `critical[pss-privileged-container]: container web is privileged`
    fn headline(&mut self, finding: &Finding) -> io::Result<()> {
        let style = verdict(finding.verdict, finding.severity);
        let severity = finding.severity.as_str();
        let word = match finding.verdict {
            FindingVerdict::Fail => severity.to_owned(),
            FindingVerdict::Review => format!("review {severity}"),
            FindingVerdict::Note => "note".to_owned(),
        };
        let was = finding.was.as_deref().map(|was| format!(" (was {})", clean(was, NAME))).unwrap_or_default();
        let check = format!("[{}]{was}", clean(&finding.check, NAME));
        let lead: &[Span<'_>] = &[(PLAIN, "  "), (style.bold(), &word), (style, &check), (BOLD, ": ")];
        self.paper.flow(lead, 6, (BOLD, &self.message(finding)))
    }

    /// The message, with the container where neither it nor the heading names it.
    fn message(&self, finding: &Finding) -> String {
        let message = clean(if finding.message.is_empty() { &finding.title } else { &finding.message }, SENTENCE);
        let container = &finding.subject.container;
        if container.is_empty() || container == self.shared || finding.message.contains(container.as_str()) {
            return message.into_owned();
        }
        format!("{message} (container {})", clean(container, NAME))
    }

    /// What is seen and wanted (unless that stands at the underline), then fix and controls, once a check.
    fn notes(&mut self, finding: &Finding, tells: bool, gutter: usize, with_detail: bool) -> io::Result<()> {
        if let Some(detail) = detail(finding).filter(|_| with_detail) {
            snippet::note(self.paper, gutter, &detail)?;
        }
        if self.paper.verbose && finding.location.is_some() && !finding.path.is_empty() {
            snippet::note(self.paper, gutter, &format!("path: {}", clean(&finding.path, SENTENCE)))?;
        }
        // where a file is all that is pointed at, they say why
        let only_file = finding.location.as_ref().is_some_and(|at| at.quality == Quality::File);
        let shown = if self.paper.verbose || only_file { finding.notes.as_slice() } else { &[] };
        for note in shown {
            snippet::note(self.paper, gutter, &format!("note: {}", clean(note, SENTENCE)))?;
        }
        if !tells {
            return Ok(());
        }
        if !finding.fix.is_empty() {
            snippet::note(self.paper, gutter, &format!("fix: {}", clean(&finding.fix, SENTENCE)))?;
        }
        if !finding.controls.is_empty() {
            snippet::note(self.paper, gutter, &format!("controls: {}", controls(&finding.controls)))?;
        }
        Ok(())
    }

    fn place(&self, finding: &Finding) -> String {
        match &finding.location {
            Some(at) => format!("line {}", at.line),
            None => spot(finding, self.paper.from, NAME),
        }
    }

    /// `= also line 41: container sidecar is privileged`
    fn also(&mut self, finding: &Finding, gutter: usize, with_check: bool) -> io::Result<()> {
        let place = self.place(finding);
        let check = if with_check { format!(" [{}]", clean(&finding.check, NAME)) } else { String::new() };
        snippet::note(self.paper, gutter, &format!("also {place}{check}: {}", self.message(finding)))
    }
}

/// Whether a place says of one other container exactly what the block says.
fn repeats(block: &Block<'_>, place: &[&Finding]) -> bool {
    let checks = |findings: &[&Finding]| findings.iter().map(|finding| (finding.severity, finding.check.to_string())).collect::<Vec<_>>();
    let container = &place[0].subject.container;
    let same = place.iter().all(|finding| finding.subject.container == *container);
    !container.is_empty() && same && checks(&block.findings) == checks(place)
}

/// What was seen and what should be there, where the source line does not tell.
fn detail(finding: &Finding) -> Option<String> {
    words::detail(finding, shows(finding))
}

/// Whether what was seen stands in the source shown.
fn shows(finding: &Finding) -> bool {
    let value = finding.location.as_ref().is_some_and(|at| at.quality == Quality::Value);
    // a collection is observed as its outline, which the source lines say better
    let outline = finding.observed.starts_with(['[', '{']);
    value && snippet::has(finding) && finding.snippet.as_deref().is_some_and(|text| outline || text.contains(&*finding.observed))
}

/// A list of findings, one a line, with its place.
pub(super) fn list(paper: &mut Paper<'_>, findings: &[&Finding], about: impl Fn(&Finding) -> String) -> io::Result<()> {
    for finding in findings {
        let style = verdict(finding.verdict, finding.severity);
        let lead: &[Span<'_>] = &[(PLAIN, "  "), (style, finding.severity.as_str()), (PLAIN, " ")];
        let place = spot(finding, paper.from, NAME);
        let text = format!("{} on {}, {place}: {}", clean(&finding.check, NAME), object(&finding.subject), about(finding));
        paper.flow(lead, 6, (PLAIN, &text))?;
    }
    Ok(())
}

/// An entry a check: how many, which, what, and one place.
pub(super) fn condensed(paper: &mut Paper<'_>, findings: &[&Finding]) -> io::Result<()> {
    let mut checks: BTreeMap<(Severity, &str), Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        checks.entry((finding.severity, &finding.check)).or_default().push(finding);
    }
    for ((severity, check), findings) in checks {
        let (first, count) = (findings[0], findings.len());
        let lead = format!("  {count:>4} {:<9}", severity.as_str());
        let hang = columns(&lead);
        let place = seat(first, paper.from, paper.width - hang);
        let such = if count == 1 { "at" } else { "such as" };
        let text = format!("{}: {}, {such} {place}", clean(check, NAME), clean(&first.title, SENTENCE));
        paper.flow(&[(verdict(first.verdict, severity), &lead)], hang, (PLAIN, &text))?;
    }
    Ok(())
}

/// What failed, by check.
pub(super) fn by_check(paper: &mut Paper<'_>, findings: &[&Finding]) -> io::Result<()> {
    let checks: BTreeSet<_> = findings.iter().map(|finding| &*finding.check).collect();
    paper.head("Failures by check", &plural(checks.len(), "check"))?;
    condensed(paper, findings)?;
    paper.paragraph(2, (DIM, "`cnscan explain CHECK` says why it matters, how it is decided and how to mend it."))
}
