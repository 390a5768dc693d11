//! The assessment as a comment on a pull request, in GitHub's Markdown.
//!
//! A comment has a limit: what comes last gives way, the least severe failures first, and what is cut is said.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::assess::{Assessment, Baseline, CheckError, Control, CrosswalkEntry, Finding, FindingVerdict, Gap, Severity, Standing, Status};
use crate::report::text::{
    NAME, Options, Origin, SENTENCE, attested, clean, controls, framework, object, plural, point, seat, spot, tally, words,
};

pub(super) mod escape;

use escape::{code, prose, sentence};

/// GitHub takes 65,536 characters; some room is left for what a workflow puts around the report.
const LIMIT: usize = 65_000;
/// The longest path shown.
const PATH: usize = 300;
/// What the parts that fold away may take each: less where failures need the room.
const FOLDED: [usize; 2] = [9_000, 4_000];

/// Writes the Markdown.
///
/// # Errors
/// What the writer says.
pub fn write(assessment: &Assessment, _options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let head = head(assessment);
    let (open, known): (Vec<_>, Vec<_>) = assessment
        .findings
        .iter()
        .filter(|finding| finding.is_open_failure())
        .partition(|finding| finding.baseline != Some(Baseline::Unchanged));
    let (mut body, mut rest) = (String::new(), String::new());
    for folded in FOLDED {
        rest = folds(assessment, (&open, &known), folded) + &foot(assessment);
        let cut;
        (body, cut) = failed(&open, LIMIT.saturating_sub(length(&head) + length(&rest)));
        if !cut {
            break;
        }
    }
    write!(out, "{head}{body}{rest}")
}

/// The parts that fold away.
fn folds(assessment: &Assessment, (open, known): (&[&Finding], &[&Finding]), most: usize) -> String {
    let parts: [Part; 11] = [
        fixes(open),
        by_check(format!("Failures that the baseline has: {} (they are not new, and still fail)", known.len()), known.iter().copied()),
        reviews(assessment),
        excused(assessment),
        attestations(assessment),
        gaps(assessment),
        errors(assessment),
        notices(assessment),
        by_framework(assessment),
        groups(assessment),
        statuses(assessment),
    ];
    parts.iter().filter(|part| !part.rows.is_empty()).map(|part| part.fold(most)).collect()
}

/// Characters as GitHub counts them at worst: those outside the basic plane twice.
fn length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The verdict, the counts, and what was not looked at: what is read without unfolding anything.
fn head(assessment: &Assessment) -> String {
    let summary = &assessment.summary;
    let mut text = format!("## cnscan: {}\n\n", prose(&words::verdict(assessment)));
    let counts = Severity::ALL.iter().map(|severity| (severity.as_str(), summary.findings.get(severity).copied().unwrap_or(0) as usize));
    let others = [
        ("review", summary.reviews as usize),
        ("excused", summary.excused as usize),
        ("gaps", assessment.gaps.len()),
        ("errors", assessment.errors.len()),
    ];
    let (names, numbers): (Vec<_>, Vec<_>) = counts.chain(others).map(|(name, count)| (name, count.to_string())).unzip();
    text += &row(&names);
    text += &format!("|{}\n", "--:|".repeat(names.len()));
    text += &row(&numbers);
    let threshold = words::threshold(assessment).map(|words| format!("{words}."));
    let sentences = [threshold, words::narrowed(assessment), words::not_assessed(assessment), words::coverage(assessment)];
    let sentences: Vec<_> = sentences.iter().flatten().map(|sentence| prose(sentence)).collect();
    text + &format!("\n{}\n", sentences.join("<br>\n"))
}

fn row<T: AsRef<str>>(cells: &[T]) -> String {
    let cells: Vec<_> = cells.iter().map(AsRef::as_ref).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// A part that folds away: nothing, when it has no rows.
struct Part {
    title: String,
    head: String,
    rows: Vec<String>,
}

impl Part {
    fn new(title: String, head: &str, rows: impl Iterator<Item = String>) -> Self {
        Part { title, head: head.to_owned(), rows: rows.collect() }
    }

    /// As many rows as fit, and how many do not.
    fn fold(&self, most: usize) -> String {
        let (mut body, mut used, mut cut) = (String::new(), 0, 0);
        for row in &self.rows {
            used += length(row);
            if used > most {
                cut += 1;
            } else {
                body += row;
            }
        }
        let more = if cut == 0 { String::new() } else { format!("\n…and {cut} more, cut to fit a comment.\n") };
        format!("\n<details><summary>{}</summary>\n\n{}{body}{more}\n</details>\n", self.title, self.head)
    }
}

/// Failures by file, the worst files first. When there is no room for all, the least severe are cut, and it is true.
fn failed(failures: &[&Finding], limit: usize) -> (String, bool) {
    if failures.is_empty() {
        return (String::new(), false);
    }
    let mut worst: Vec<_> = failures.iter().map(|finding| (finding.severity, Origin::of(finding), failure(finding))).collect();
    // stable: within a severity the order of the report stays
    worst.sort_by_key(|(severity, ..)| *severity);
    let mut files: BTreeMap<Origin<'_>, (Severity, Vec<String>)> = BTreeMap::new();
    // the head of the part and the note about what is cut
    let mut left = limit.saturating_sub(300);
    let mut cut = 0;
    for (severity, origin, row) in worst {
        let name = if files.contains_key(&origin) { 0 } else { length(&file_head(origin)) };
        let needed = name + length(&row);
        if cut > 0 || needed > left {
            cut += 1;
            continue;
        }
        left -= needed;
        files.entry(origin).or_insert((severity, Vec::new())).1.push(row);
    }
    let mut files: Vec<_> = files.into_iter().collect();
    files.sort_by_key(|(_, (severity, _))| *severity);
    let mut text = "\n### Failures\n".to_owned();
    for (origin, (_, rows)) in files {
        text += &(file_head(origin) + &rows.concat());
    }
    if cut > 0 {
        text += &format!("\n**{} cut to fit a comment**, the least severe; the full report has them.\n", plural(cut, "more failure"));
    }
    (text, cut > 0)
}

fn file_head(origin: Origin<'_>) -> String {
    format!("\n#### {}\n\n| | where | what |\n|---|---|---|\n", code(&origin.name("", PATH)))
}

/// `| **critical** | Deployment shop/web<br>web.yaml:14 | container web is privileged<br>pss-… |`
fn failure(finding: &Finding) -> String {
    let was = finding.was.as_deref().map(|was| format!(": was {}", prose(&clean(was, NAME)))).unwrap_or_default();
    let new = if finding.baseline == Some(Baseline::New) { format!(" (new{was})") } else { String::new() };
    let severity = format!("**{}**{new}", finding.severity.as_str());
    let whole = place(finding);
    let file = finding.location.is_some().then(|| whole.rsplit_once('/')).flatten();
    let short = file.map_or(whole.as_str(), |(_, name)| name);
    let where_at = format!("{}<br>{}", code(&object(&finding.subject)), code(short));
    let detail = words::detail(finding, false).map(|detail| format!("<br>{}", prose(&detail))).unwrap_or_default();
    let cited = if finding.controls.is_empty() { String::new() } else { format!(" · {}", prose(&controls(&finding.controls))) };
    row(&[severity, where_at, format!("{}{detail}<br>{}{cited}", said(finding), code(&clean(&finding.check, NAME)))])
}

fn said(finding: &Finding) -> String {
    let message = if finding.message.is_empty() { &finding.title } else { &finding.message };
    sentence(message)
}

/// `deploy/web.yaml:14`: what an editor opens. A link would need to know the repository and the commit.
fn place(finding: &Finding) -> String {
    match &finding.location {
        Some(at) => format!("{}:{}", Origin::of(finding).name("", PATH), at.line),
        None => spot(finding, "", PATH),
    }
}

/// The same where the object is not named beside it.
fn alone(finding: &Finding) -> String {
    if finding.location.is_some() { place(finding) } else { seat(finding, "", PATH) }
}

/// How to mend, once a check.
fn fixes(failures: &[&Finding]) -> Part {
    let mut fixes: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for finding in failures.iter().filter(|finding| !finding.fix.is_empty()) {
        *fixes.entry((&finding.check, &finding.fix)).or_default() += 1;
    }
    let line = |((check, fix), count): (&(&str, &str), &usize)| format!("- {} ({count}): {}\n", code(&clean(check, NAME)), sentence(fix));
    Part::new("How to fix".to_owned(), "", fixes.iter().map(line))
}

/// What is for a person to decide.
fn reviews(assessment: &Assessment) -> Part {
    let title = format!("To review: {} (a person, or more evidence, has to decide)", assessment.summary.reviews);
    let open = |finding: &&Finding| finding.verdict == FindingVerdict::Review && finding.excused.is_none();
    by_check(title, assessment.findings.iter().filter(open))
}

/// A line a check, with one place.
fn by_check<'a>(title: String, findings: impl Iterator<Item = &'a Finding>) -> Part {
    let mut checks: BTreeMap<(Severity, &str), Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        checks.entry((finding.severity, &finding.check)).or_default().push(finding);
    }
    let line = |((severity, check), found): (&(Severity, &str), &Vec<&Finding>)| {
        let such = if found.len() == 1 { "at" } else { "such as" };
        let what = format!("{}<br>{such} {}: {}", sentence(&found[0].title), code(&alone(found[0])), said(found[0]));
        row(&[found.len().to_string(), severity.as_str().to_owned(), code(&clean(check, NAME)), what])
    };
    Part::new(title, "| | | check | what |\n|--:|---|---|---|\n", checks.iter().map(line))
}

fn excused(assessment: &Assessment) -> Part {
    let excused: Vec<_> = assessment.findings.iter().filter(|finding| finding.excused.is_some()).collect();
    let line = |finding: &&Finding| {
        let (by, reason) = finding.excused.as_deref().map_or(("", ""), |excuse| (excuse.by.as_str(), excuse.reason.as_str()));
        let reason = format!("{} (by {})", sentence(reason), prose(&clean(by, NAME)));
        row(&[code(&clean(&finding.check, NAME)), code(&alone(finding)), reason])
    };
    Part::new(format!("Excused: {}", excused.len()), "| check | where | why |\n|---|---|---|\n", excused.iter().map(line))
}

/// What people vouch for, those first that do not count.
fn attestations(assessment: &Assessment) -> Part {
    let Some(vouched) = &assessment.attestations else { return Part::new(String::new(), "", std::iter::empty()) };
    let refused = vouched.refused.iter().map(|one| {
        let place = code(&point(&one.location, "", PATH));
        row(&["does not count".to_owned(), code(&clean(&one.control, NAME)), format!("{place}<br>{}", sentence(&one.why))])
    });
    let counted = attested::controls(assessment).flat_map(|(control, attested)| {
        let word = if attested.settles { "settles" } else { "beside checks" };
        attested.statements.iter().map(move |one| row(&[word.to_owned(), code(&clean(&control.id, NAME)), prose(&attested::sentence(one))]))
    });
    let title = format!("Attestations: {}", prose(&attested::counts(vouched)));
    Part::new(title, "| | control | what |\n|---|---|---|\n", refused.chain(counted))
}

fn gaps(assessment: &Assessment) -> Part {
    let line = |gap: &Gap| {
        let place = gap.location.as_ref().map(|place| point(place, "", PATH));
        let repeats = gap.location.as_ref().is_some_and(|place| place.uri == gap.what);
        let what = (!repeats).then(|| code(&clean(&gap.what, SENTENCE)));
        let whole: Vec<_> = place.map(|place| code(&place)).into_iter().chain(what).collect();
        row(&[whole.join("<br>"), sentence(&gap.why)])
    };
    let title = format!("Not looked at: {}", plural(assessment.gaps.len(), "gap"));
    Part::new(title, "| what | why |\n|---|---|\n", assessment.gaps.iter().map(line))
}

fn errors(assessment: &Assessment) -> Part {
    let line = |error: &CheckError| row(&[code(&clean(&error.check, NAME)), code(&object(&error.subject)), sentence(&error.message)]);
    let title = format!("Checks that broke: {}", assessment.errors.len());
    Part::new(title, "| check | on | what |\n|---|---|---|\n", assessment.errors.iter().map(line))
}

fn notices(assessment: &Assessment) -> Part {
    let line = |notice: &String| format!("- {}\n", sentence(notice));
    Part::new(format!("Worth knowing: {}", assessment.notices.len()), "", assessment.notices.iter().map(line))
}

/// The result seen from another framework.
fn by_framework(assessment: &Assessment) -> Part {
    let Some(seen) = &assessment.crosswalk else { return Part::new(String::new(), "", std::iter::empty()) };
    let told = |entry: &&CrosswalkEntry| !matches!(entry.standing, Standing::NotAssessed | Standing::NotApplicable);
    let remarks: Vec<_> = framework::remarks(seen, false).iter().map(|remark| prose(remark)).collect();
    let head = format!("{}\n\n| standing | control | what was found | by |\n|---|---|---|---|\n", remarks.join("<br>\n"));
    let line = |entry: &CrosswalkEntry| {
        let by = sentence(&framework::controls(entry));
        row(&[entry.standing.as_str().to_owned(), code(&clean(&entry.id, NAME)), framework::counts(entry), by])
    };
    let rows: Vec<_> = seen.entries.iter().filter(told).map(line).collect();
    let rest = seen.entries.len() - rows.len();
    // without a row, the part would not be shown, and what it says of the unmapped rest would be lost
    let none = rows.is_empty().then(|| row(&["-", "-", "nothing that maps to it was assessed", "-"]));
    let title = format!("By {} ({rest} more were not assessed or do not apply)", prose(&framework::title(seen)));
    Part::new(title, &head, rows.into_iter().chain(none))
}

/// Counts by group of the catalog.
fn groups(assessment: &Assessment) -> Part {
    let grouped: Vec<_> = assessment.controls.iter().filter(|control| !control.group.is_empty()).collect();
    let counted = tally::by_group(&grouped);
    let shown = tally::seen(&counted);
    let names: Vec<_> = std::iter::once("group").chain(shown.iter().map(|column| Status::ALL[*column].as_str())).collect();
    let head = format!("{}|---|{}\n", row(&names), "--:|".repeat(shown.len()));
    let line = |(group, counts): &tally::Row<'_>| {
        let numbers = shown.iter().map(|column| counts[*column].to_string());
        row(&std::iter::once(prose(&clean(group, NAME))).chain(numbers).collect::<Vec<_>>())
    };
    Part::new(format!("Controls by group ({})", grouped.len()), &head, counted.iter().map(line))
}

/// Controls one by one, those first that need something done; nobody reads a list of what was not assessed.
fn statuses(assessment: &Assessment) -> Part {
    let told = |control: &&Control| control.group.is_empty() || !matches!(control.status, Status::NotAssessed | Status::NotApplicable);
    let mut shown: Vec<_> = assessment.controls.iter().filter(told).collect();
    shown.sort_by_key(|control| control.status);
    let line = |control: &&Control| {
        let id = code(&clean(&control.id, NAME));
        let (title, reason) = (sentence(&control.title), sentence(&control.reason));
        row(&[control.status.as_str().to_owned(), id, title, reason])
    };
    let rest = assessment.controls.len() - shown.len();
    let title = format!("Controls one by one ({}; {rest} more were not assessed or do not apply)", shown.len());
    Part::new(title, "| status | control | title | why |\n|---|---|---|---|\n", shown.iter().map(line))
}

fn foot(assessment: &Assessment) -> String {
    let world = words::world(assessment).map(str::to_owned);
    let sentences = [Some(words::scanned(assessment)), words::configured(assessment), words::compared(assessment), world];
    let sentences: Vec<_> = sentences.into_iter().flatten().collect();
    format!("\n<sub>{}</sub>\n", prose(&sentences.join(" ")))
}
