//! The inputs of a scan as a bundle keeps them.

use std::collections::HashMap;
use std::fs;

use crate::assess::{Finding, Pin};
use crate::bundle::manifest::{HostKept, LeftOut, Recipe, Redaction, SourceKept};
use crate::bundle::redact::{self, Everywhere};
use crate::bundle::store::{Files, named};
use crate::bundle::substitute::Substitutes;
use crate::bundle::{Error, Scanned};
use crate::discover::{Captured, Discovery, Origin, Source, sha256, snapshot};
use crate::parse::{self, File, Lines, Role, Status};
use crate::policy::hex;
use crate::policy::{Covered, KeptComment};
use crate::render;

/// Where the snapshot is.
const SNAPSHOT: &str = "inputs/snapshot.json.gz";

/// Reads the files that were found, so that what is scanned is what is kept. One that cannot be read stays what it is: a gap.
#[must_use]
pub fn load(found: Discovery) -> Discovery {
    use rayon::prelude::*;
    let read = |mut source: Source| {
        let origin = match &mut source.origin {
            Origin::Host(node) => node.content.as_mut(),
            origin => Some(origin),
        };
        if let Some(origin) = origin
            && let Origin::File(path) = origin
            && path.is_file()
            && let Ok(bytes) = fs::read(&*path)
        {
            *origin = Origin::Copy(path.clone(), bytes);
        }
        source
    };
    Discovery { sources: found.sources.into_par_iter().map(read).collect(), ..found }
}

/// What is to be kept of one file.
struct Kept<'a> {
    source: SourceKept,
    text: String,
    values: usize,
    /// The bytes as they were, where the text is all of them.
    whole: Option<&'a [u8]>,
    /// Whether it is what was judged.
    same: bool,
}

/// Inputs whose hash is not to be told, by name: the hash and the size of what is kept in their stead, none where nothing is.
pub(super) type Altered = HashMap<Option<String>, Option<(String, u64)>>;

/// What came of keeping the inputs.
pub(super) struct Outcome {
    /// What of them is not as it was.
    pub(super) redaction: Redaction,
    /// Which they are.
    pub(super) altered: Altered,
    /// Replaces what was replaced in them.
    pub(super) everywhere: Everywhere,
}

/// Puts the inputs into the bundle.
pub(super) fn keep(scanned: &Scanned<'_>, recipe: &mut Recipe, files: &mut Files) -> Result<Outcome, Error> {
    let found = &scanned.inputs.found;
    recipe.gaps.clone_from(&found.gaps);
    recipe.ignored.clone_from(&found.ignored);
    let mut by_uri: HashMap<&str, Vec<&Finding>> = HashMap::new();
    for finding in &scanned.assessment.findings {
        if let Some(at) = &finding.location {
            by_uri.entry(&at.uri).or_default().push(finding);
        }
    }
    let mut redaction = Redaction::default();
    let (mut all, mut kept, mut altered, mut outside) = (Substitutes::default(), Vec::new(), Altered::new(), Vec::new());
    let mut parsed = parse::all(found.sources.clone(), &scanned.limits);
    let said = render::all(found, &mut parsed, scanned.render, &scanned.limits);
    recipe.gaps.extend(said.gaps);
    recipe.comments = comments(&parsed, &by_uri);
    for (number, file) in parsed.iter().enumerate() {
        let source = found.sources.get(number);
        recipe.gaps.extend(file.gaps.iter().cloned());
        let findings = by_uri.get(file.uri.as_deref().unwrap_or_default()).map(Vec::as_slice).unwrap_or_default();
        if let Some(why) = unkept(file) {
            if file.status != Status::Gap {
                let values = redact::file(file, findings.iter().copied(), &mut all).values;
                outside.extend((values == 0).then(|| file.uri.clone()));
            }
            altered.insert(file.uri.clone(), None);
            // what a tool read besides is in no list of inputs
            if source.is_some() {
                redaction.left_out.extend(why.map(|why| LeftOut { uri: file.name().to_owned(), why: why.to_owned() }));
            }
            if let Status::Ignored(why) = &file.status {
                recipe.ignored.push((file.name().to_owned(), why.clone()));
            }
            continue;
        }
        let redacted = redact::file(file, findings.iter().copied(), &mut all);
        let source_kept = recorded(file, source);
        // a folder, or what is never opened: what is known of it stands in the recipe
        if source.is_some_and(|source| matches!(&source.origin, Origin::Host(node) if node.content.is_none())) {
            recipe.sources.push(source_kept);
            continue;
        }
        let bytes = source.and_then(|source| bytes(&source.origin));
        let broken = !file.gaps.is_empty();
        let text = if broken { without_the_broken(file, &redacted.text) } else { redacted.text };
        let whole = bytes.filter(|_| !broken && redacted.values == 0);
        // a tool may make something else of the same each time
        let judged = scanned.assessment.inputs.iter().find(|input| input.uri == file.uri).map(|input| &*input.sha256);
        let same = judged.is_none_or(|judged| judged == hex(&file.sha256));
        kept.push(Kept { source: source_kept, text, values: redacted.values, whole, same });
    }
    let captured = scanned.inputs.captured.as_deref().map(|captured| without_secrets(captured, &mut all));
    let everywhere = Everywhere::new(&all);
    for (number, one) in kept.into_iter().enumerate() {
        put(one, number, &everywhere, recipe, files, (&mut redaction, &mut altered))?;
    }
    if let Some((mut captured, values)) = captured {
        redaction.values += values;
        let lists = scanned.inputs.captured.iter().flat_map(|captured| &captured.lists);
        for (list, was) in captured.lists.iter_mut().zip(lists) {
            if let Some(again) = everywhere.replace(&list.text) {
                redaction.values += again.values;
                list.text = again.text;
            }
            if list.text != was.text {
                altered.insert(Some(list.uri.clone()), Some((sha256(&list.text), list.text.len() as u64)));
            }
        }
        let taken = &scanned.assessment.run.started;
        let mut bytes = Vec::new();
        snapshot::write_to(&captured, taken, &mut bytes).map_err(|why| Error::Write { path: SNAPSHOT.to_owned(), why })?;
        files.insert(SNAPSHOT.to_owned(), bytes);
        recipe.snapshot = Some(SNAPSHOT.to_owned());
    }
    recipe.gaps.sort();
    recipe.gaps.dedup();
    redaction.left_out.sort();
    redaction.note = note(&redaction);
    // where nothing was replaced anywhere, the hash of what is not kept tells of nothing
    if redaction.values == 0 {
        outside.iter().for_each(|uri| drop(altered.remove(uri)));
    }
    Ok(Outcome { redaction, altered, everywhere })
}

/// The comments that excuse something in what was made of their files.
fn comments(parsed: &[File], by_uri: &HashMap<&str, Vec<&Finding>>) -> Vec<KeptComment> {
    let mut kept = Vec::new();
    for file in parsed.iter().filter(|file| matches!(file.role, Role::Source(_)) && !file.directives.is_empty()) {
        let findings = by_uri.get(file.uri.as_deref().unwrap_or_default()).map(Vec::as_slice).unwrap_or_default();
        let lines = Lines::new(file.tree.source());
        for directive in &file.directives {
            let check = directive.text.split_whitespace().nth(1);
            let (from, to) = (lines.position(directive.covers.0), lines.position(directive.covers.1));
            let is_covered = |finding: &&&Finding| {
                let by_comment = finding.excused.as_deref().is_some_and(|excuse| excuse.by == "comment");
                let at = finding.location.as_ref().map(|at| (at.line, at.column));
                by_comment && Some(&*finding.check) == check && at.is_some_and(|at| (from..to).contains(&at))
            };
            let mut on: Vec<_> = findings.iter().filter(is_covered).flat_map(|finding| covered(finding)).collect();
            on.sort();
            on.dedup();
            if !on.is_empty() {
                let place = format!("{}:{}", file.name(), lines.position(directive.span.0).0);
                kept.push(KeptComment { place, text: directive.text.clone(), on });
            }
        }
    }
    kept
}

/// A finding on each of the objects that share it.
fn covered(finding: &Finding) -> impl Iterator<Item = Covered> {
    std::iter::once(&finding.subject).chain(finding.shared.iter().map(|(subject, _)| subject)).map(|subject| Covered {
        kind: subject.kind.clone(),
        namespace: subject.namespace.clone(),
        name: subject.name.clone(),
        container: subject.container.clone(),
        path: finding.path.to_string(),
    })
}

fn bytes(origin: &Origin) -> Option<&[u8]> {
    match origin {
        Origin::Bytes(bytes) | Origin::Made(bytes) | Origin::Copy(_, bytes) => Some(bytes),
        Origin::Host(node) => node.content.as_ref().and_then(bytes),
        Origin::File(_) => None,
    }
}

/// Why a file is not in the bundle; without words where nothing in it was looked at.
fn unkept(file: &File) -> Option<Option<&'static str>> {
    match (&file.status, &file.role) {
        (_, Role::Source(_)) => Some(Some("it was not judged itself, but what another tool makes of it, which is in the bundle")),
        (Status::Ignored(_), _) => Some(None),
        (Status::Gap, _) => Some(Some("none of it could be read as YAML or JSON, so what it holds is not known")),
        (Status::Read, _) => None,
    }
}

fn recorded(file: &File, source: Option<&Source>) -> SourceKept {
    SourceKept {
        path: None,
        uri: file.uri.clone(),
        shown: file.shown.clone(),
        named: source.is_none_or(|source| source.named),
        root: file.root.clone(),
        rendered: matches!(file.role, Role::Made { .. }),
        host: source.and_then(|source| match &source.origin {
            Origin::Host(node) => Some(HostKept { path: node.path.clone(), stat: node.stat.clone() }),
            _ => None,
        }),
    }
}

fn put(
    one: Kept<'_>,
    number: usize,
    everywhere: &Everywhere,
    recipe: &mut Recipe,
    files: &mut Files,
    (redaction, altered): (&mut Redaction, &mut Altered),
) -> Result<(), Error> {
    let Kept { source, mut text, mut values, whole, same } = one;
    if let Some(again) = everywhere.replace(&text) {
        values += again.values;
        text = again.text;
    }
    let name = source.uri.as_deref().unwrap_or("stdin");
    let whole = whole.filter(|_| values == 0);
    let is_whole = whole.is_some();
    let bytes = whole.map_or_else(|| text.into_bytes(), <[u8]>::to_vec);
    if !is_whole {
        let stored = sha256(&bytes);
        altered.insert(source.uri.clone(), Some((stored.clone(), bytes.len() as u64)));
        redaction.files.push(Pin { name: name.to_owned(), title: String::new(), version: String::new(), sha256: stored });
        redaction.values += values;
        if !same {
            redaction.not_replayable.push(format!("input {name}"));
        }
    }
    // what is made of a folder goes by its name, and may stand beside what is made of a folder in it
    let (folder, end) = if source.rendered { ("inputs/rendered", ".made.yaml") } else { ("inputs/files", "") };
    let mut path = named(folder, &format!("{name}{end}"));
    if files.contains_key(&path) {
        path = named(folder, &format!("{name}-{number}{end}"));
    }
    if bytes.len() as u64 > crate::bundle::store::LARGEST {
        return Err(Error::Write { path, why: "it is larger than a file of a bundle may be".to_owned() });
    }
    files.insert(path.clone(), bytes);
    recipe.sources.push(SourceKept { path: Some(path), ..source });
    Ok(())
}

/// What stands outside of the documents that could be read becomes comments: nobody knows what it holds.
fn without_the_broken(file: &File, redacted: &str) -> String {
    // the redacted text has the lines of the first one, as whole values were replaced within theirs
    let text = file.tree.source();
    let spans: Vec<_> = file.documents.iter().map(|document| file.tree.span(document.root)).collect();
    let mut at = 0u32;
    let mut lines = Vec::new();
    for line in text.split_inclusive('\n') {
        let (start, end) = (at, at + line.len() as u32);
        at = end;
        lines.push(spans.iter().any(|span| span.0 < end && start < span.1));
    }
    let kept = |line: &str| line.starts_with("---") && line.trim_end().len() == 3 || line.trim_start().starts_with("# cnscan:");
    let told = redacted.split_inclusive('\n').zip(lines).map(|(line, read)| {
        if read || kept(line) || line.trim().is_empty() {
            return line.to_owned();
        }
        let end = if line.ends_with("\r\n") { "\r\n" } else { &line[line.trim_end_matches('\n').len()..] };
        format!("# not kept{end}")
    });
    told.collect()
}

/// The lists of a cluster without what may be a credential; of Secrets they hold no values anyhow.
fn without_secrets(captured: &Captured, all_values: &mut Substitutes) -> (Captured, usize) {
    let mut all = captured.clone();
    let parsed = parse::live::all(captured.lists.clone());
    let mut values = 0;
    for (list, file) in all.lists.iter_mut().zip(parsed) {
        let redacted = redact::file(&file, std::iter::empty(), all_values);
        values += redacted.values;
        if redacted.values > 0 {
            list.text = redacted.text;
        }
    }
    (all, values)
}

fn note(redaction: &Redaction) -> String {
    let replaced = "Values of Secrets, and what may be a credential, are replaced by stand-ins of the same sort (a placeholder, weak, random), from \
         which they do not follow: checks judge them alike, so that a replay comes to the same verdicts. What stays is that a value is empty or of \
         which sort, the form of known tokens, the length of random keys, and names in front of values. Copies of a value elsewhere are replaced \
         as well, but where it is shorter than 8 characters, or a plain word, name, number or path. The hashes of such inputs are those of \
         the copies as stored, and inputs that are not kept have none: by the hash of an original, a weak value could be guessed.";
    let out = "Left out are the broken documents of files, as nobody knows what they hold, and the files that are listed as such.";
    match (redaction.values, redaction.left_out.is_empty()) {
        (0, true) => "Nothing of the inputs was replaced or left out.".to_owned(),
        (_, true) => replaced.to_owned(),
        (0, false) => out.to_owned(),
        (_, false) => format!("{replaced} {out}"),
    }
}
