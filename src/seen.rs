//! What the assessment needs to know of the evidence, taken out before the trees go.

use std::collections::BTreeMap;
use std::hash::BuildHasher as _;

use base64ct::Encoding as _;
use rayon::prelude::*;

use crate::assess::{self, InputStatus, Seen, SeenFile, locate};
use crate::discover::{Gap, few};
use crate::evaluate::Outcomes;
use crate::model::{Evidence, KubernetesVersion, Object, Scan, kinds, shown};
use crate::parse::{File, Role, Status, host};
use crate::policy::comment::PREFIX;
use crate::policy::excuser::subject;

/// Byte ranges of a file that nobody may see, whatever points at their lines.
type Secret = Vec<(u32, u32)>;

/// Notes what reports say of the evidence as a whole, and for each file what nobody may see.
#[must_use]
pub fn gather(scan: &Scan<'_>, found_gaps: Vec<Gap>, ignored: Vec<(String, String)>) -> (Seen, Vec<Secret>) {
    let evidence = scan.evidence;
    let mut gaps: Vec<Gap> = found_gaps.into_iter().chain(evidence.gaps().iter().cloned()).collect();
    gaps.sort();
    gaps.dedup();
    let mut namespaces: Vec<_> = evidence.namespaces().iter().map(|namespace| namespace.name().to_owned()).collect();
    namespaces.sort();
    namespaces.dedup();
    let seen = Seen {
        files: Vec::new(),
        ignored,
        gaps,
        notices: unknown_version(scan)
            .into_iter()
            .chain(written_version(scan))
            .chain(pinned(evidence))
            .chain(repositories(evidence))
            .chain(replaced(evidence))
            .chain(evidence.cluster().into_iter().flat_map(|captured| captured.notices.clone()))
            .chain(evidence.cluster().into_iter().flat_map(crate::discover::Captured::not_read))
            .chain(notices(evidence))
            .collect(),
        namespaces,
        annotations: annotations(evidence),
        objects: evidence.objects().len() as u32,
        whole: evidence.objects().iter().filter(|object| !object.slim).count() as u32,
        complete: scan.is_complete(),
        cluster: evidence.cluster().map(|captured| (captured.cluster.clone(), captured.from_snapshot)),
        version: (scan.version().to_string(), scan.version.or_else(|| evidence.served_version()).is_none()),
    };
    (seen, secrets(evidence))
}

/// Adds the files, with the texts of those that have something to show; their trees end here.
#[must_use]
pub fn with_files((seen, mut secrets): (Seen, Vec<Secret>), files: Vec<File>, outcomes: &Outcomes) -> Seen {
    for (file, span) in &outcomes.hidden {
        secrets[*file as usize].push(*span);
    }
    hide_in_sources(&files, &mut secrets);
    let mut spans = vec![Vec::new(); files.len()];
    for (source, at) in files.iter().flat_map(|file| &file.directives).filter_map(|directive| directive.written) {
        spans[source as usize].push((at, at));
    }
    for finding in outcomes.findings.iter() {
        spans[finding.file as usize].push(finding.span);
        if let Some(written) = &finding.written {
            spans[written.file as usize].push(written.span);
        }
    }
    // in parallel, as giving back so much memory takes its time
    let rows = files.into_par_iter().zip(secrets).zip(spans);
    Seen { files: rows.map(|((file, secret), spans)| seen_file(file, secret, spans)).collect(), ..seen }
}

/// What nobody may see of what a tool made, nobody may see in what it was made of either: templates have no trees to
/// find it by.
fn hide_in_sources(files: &[File], secrets: &mut [Secret]) {
    const SHORTEST: usize = 4;
    for (number, file) in files.iter().enumerate() {
        let Role::Made { parts, by, .. } = &file.role else { continue };
        let text: &str = file.tree.source();
        let hidden = shown::hidden(&file.tree, &[(0, text.len() as u32)]);
        let ranges = hidden.iter().chain(&secrets[number]);
        let values = ranges.filter_map(|&(start, end)| text.get(start as usize..end as usize)).map(|value| value.trim_matches(['"', '\'']));
        // a generator's Secret has in base64 what its source has in the clear
        let clear = |value: &str| base64ct::Base64::decode_vec(value).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let values: Vec<String> = values.flat_map(|value| [Some(value.to_owned()), clear(value)]).flatten().collect();
        let mut values: Vec<_> =
            values.iter().flat_map(|value| value.lines()).map(str::trim).filter(|value| value.len() >= SHORTEST).collect();
        values.sort_unstable();
        values.dedup();
        for part in parts.iter().copied().chain(by.map(|(file, _)| file)) {
            let source: &str = files[part as usize].tree.source();
            for value in &values {
                let found = memchr::memmem::find_iter(source.as_bytes(), value);
                secrets[part as usize].extend(found.map(|at| (at as u32, (at + value.len()) as u32)));
            }
        }
    }
}

fn seen_file(file: File, secret: Secret, spans: Vec<(u32, u32)>) -> SeenFile {
    let shown = !spans.is_empty() || !file.directives.is_empty();
    let hidden = if spans.is_empty() { Secret::new() } else { shown::hidden(&file.tree, &shown_lines(file.tree.source(), spans)) };
    let status = match file.status {
        Status::Read => (InputStatus::Read, None),
        Status::Gap => (InputStatus::Gap, file.gaps.first().map(|gap| gap.why.clone())),
        Status::Ignored(why) => (InputStatus::Ignored, Some(why)),
    };
    SeenFile {
        uri: file.uri,
        sha256: file.sha256,
        bytes: file.bytes,
        documents: file.documents.len() as u32,
        status,
        text: if shown && !file.live { file.tree.into_source() } else { "".into() },
        directives: file.directives,
        secret,
        hidden,
        live: file.live,
    }
}

/// The lines that snippets of these places may show, as byte ranges in order that do not overlap; a little more does no harm.
fn shown_lines(text: &str, mut spans: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    /// The hash of a line takes in what follows it, and must not give it away.
    const HASHED: usize = 400;
    let bytes = text.as_bytes();
    spans.sort_unstable();
    spans.dedup();
    let mut lines: Vec<(u32, u32)> = Vec::new();
    for (start, end) in spans {
        let (from, to) = ((start as usize).min(bytes.len()), (end as usize).min(bytes.len()));
        // a longer line is not shown, and may hold a whole cluster
        let back = from.min(locate::LONGEST);
        let from = memchr::memrchr2(b'\n', b'\r', &bytes[from - back..from]).map_or(from - back, |before| from - back + before + 1);
        let limit = bytes.len().min(from + locate::TALLEST as usize * locate::LONGEST);
        let lines_end = memchr::memchr_iter(b'\n', &bytes[from..limit]).nth(locate::TALLEST as usize - 1).map_or(limit, |end| from + end);
        let last = to.max((start as usize).min(bytes.len())).min(lines_end).max(bytes.len().min(from + HASHED));
        let to = memchr::memchr2(b'\n', b'\r', &bytes[last..limit.max(last)]).map_or(limit.max(last), |end| last + end);
        match lines.last_mut() {
            Some(before) if before.1 as usize >= from => before.1 = before.1.max(to as u32),
            _ => lines.push((from as u32, to as u32)),
        }
    }
    lines
}

/// The values of Secrets, file by file.
fn secrets(evidence: &Evidence<'_>) -> Vec<Secret> {
    let mut spans = vec![Secret::new(); evidence.files().len()];
    // what is left out cannot be shown
    for secret in evidence.of_kind(kinds::SECRET).filter(|secret| !secret.slim) {
        spans[secret.file() as usize].extend(secret.masked());
    }
    spans
}

/// The annotations that excuse something: file, object, key, value. On the object or on its pod template.
fn annotations(evidence: &Evidence<'_>) -> Vec<(u32, String, String, String)> {
    let finder = memchr::memmem::Finder::new(PREFIX);
    let speaks: Vec<_> = evidence.files().iter().map(|file| finder.find(file.tree.source().as_bytes()).is_some()).collect();
    let mut found = Vec::new();
    // the shard that judges an object counts what it excuses
    for object in evidence.objects().iter().filter(|object| speaks[object.file() as usize] && !object.slim) {
        let templates = evidence.pods_in(object).iter().map(|pod| pod.metadata());
        let places = std::iter::once(object.at("metadata")).chain(templates);
        for (key, value) in places.flat_map(|metadata| metadata.key("annotations").entries()) {
            if key.starts_with(PREFIX) {
                let own = subject(object.kind, object.namespace_or_empty(), object.name);
                found.push((object.file(), own, key.to_owned(), value.str().to_owned()));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// What files laid over a cluster did to it.
fn replaced(evidence: &Evidence<'_>) -> Option<String> {
    let count = evidence.replaced();
    let objects = assess::plural(count, "object");
    (count > 0).then(|| format!("{objects} of the cluster gave way to the files laid over it, with what they own"))
}

/// A version that this release cannot know is judged by the latest rules that it has; one that is too old to take the
/// manifests of today is more likely a slip of the pen.
fn unknown_version(scan: &Scan<'_>) -> Option<String> {
    let (latest, oldest) = (KubernetesVersion::LATEST, KubernetesVersion::OLDEST_SERVING);
    let asked = scan.version();
    if asked > latest {
        return Some(format!("Kubernetes {asked} is newer than this release knows: it is judged by the rules of {latest}"));
    }
    let meant = if asked.0 < 10 { format!(": is {asked}0 meant?") } else { String::new() };
    (asked < oldest)
        .then(|| format!("Kubernetes {asked} is judged by, which is older than {oldest} and takes few of the manifests of today{meant}"))
}

/// Where the version comes from that nobody gave.
fn written_version(scan: &Scan<'_>) -> Option<String> {
    let versions = scan.evidence.written_versions();
    if scan.version.is_some() {
        return None;
    }
    match versions.as_slice() {
        [] => None,
        [only] => Some(format!("Kubernetes {only} is judged by, as kube-apiserver has it: --kubernetes-version says another")),
        several => {
            let named: Vec<_> = several.iter().map(ToString::to_string).collect();
            Some(format!(
                "kube-apiserver has several versions ({}), so that none is judged by: --kubernetes-version says which",
                named.join(", ")
            ))
        }
    }
}

/// Namespaces whose pods are held against another version of the Pod Security Standards than the rest.
fn pinned(evidence: &Evidence<'_>) -> Vec<String> {
    // what pins nothing has the server's own version, where there is a server
    let usual =
        evidence.served_version().map_or((KubernetesVersion::OLDEST_SUPPORTED, KubernetesVersion::LATEST), |served| (served, served));
    let mut pins: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (namespace, (oldest, latest)) in evidence.namespaces().iter().filter_map(|namespace| Some((namespace, namespace.standard?))) {
        if (oldest, latest) != usual {
            let version = if oldest == latest { oldest.to_string() } else { format!("{oldest} to {latest}") };
            pins.entry(version).or_default().push(namespace.name().to_owned());
        }
    }
    let said = |(version, mut names): (String, Vec<String>)| {
        names.sort();
        names.dedup();
        let held = format!("are held against the Pod Security Standards of Kubernetes {version}");
        match names.as_slice() {
            [only] => format!("namespace {only} pins a version: its pods {held}"),
            several => format!("namespaces {} pin a version: their pods {held}", few(several)),
        }
    };
    pins.into_iter().map(said).collect()
}

/// What is joined with what changes verdicts, so it is told where it is not all with all.
fn repositories(evidence: &Evidence<'_>) -> Option<String> {
    let mut roots: Vec<_> = evidence.files().iter().filter(|file| !file.documents.is_empty()).map(|file| file.root.as_str()).collect();
    roots.sort_unstable();
    roots.dedup();
    let nodes = roots.iter().filter(|root| root.starts_with("node:")).count();
    let count = roots.iter().filter(|root| !root.is_empty()).count() - nodes;
    if nodes > 0 {
        let (others, joined) = match nodes < roots.len() {
            true => (" and what is on none", "; objects on none are taken for those of its cluster"),
            false => ("", ""),
        };
        let named = assess::plural(nodes, "node");
        let said = || format!("{named}{others} are judged apart: a node's files answer for that node alone{joined}");
        return (roots.len() > 1).then(said);
    }
    let named = if count == 1 { "1 Git repository".to_owned() } else { format!("{count} Git repositories") };
    let beside = if count < roots.len() { " and what is in none" } else { "" };
    (roots.len() > 1).then(|| format!("{named}{beside} are judged apart: what stands in one answers for nothing in another"))
}

/// Pieces left out, and objects that stand more than once.
fn notices(evidence: &Evidence<'_>) -> Vec<String> {
    let mut notices = Vec::new();
    for fragment in evidence.fragments() {
        let file = evidence.files()[fragment.file as usize].name();
        notices.push(format!("{file}: {} is not judged: {}", fragment.what, fragment.why));
    }
    let mut named = repeated(evidence);
    named.sort_by(|a, b| identity(evidence.object(*a)).cmp(&identity(evidence.object(*b))));
    for copies in named.chunk_by(|a, b| identity(evidence.object(*a)) == identity(evidence.object(*b))).filter(|copies| copies.len() > 1) {
        let object = evidence.object(copies[0]);
        let mut places: Vec<_> = copies.iter().map(|&copy| evidence.files()[evidence.object(copy).file() as usize].name()).collect();
        places.dedup();
        let whose = subject(object.kind, object.namespace_or_empty(), object.name);
        notices.push(format!("{whose} stands {} times ({}): each is judged", copies.len(), places.join(", ")));
    }
    notices
}

/// The objects that may stand more than once, in the order of the input. Numbers are sorted, not names, and no map is made:
/// there may be very many objects, and hardly ever a copy.
fn repeated(evidence: &Evidence<'_>) -> Vec<u32> {
    let hasher = foldhash::quality::RandomState::default();
    // a node's file is named after itself alone, and what is dropped in beside a unit is a part of it: neither is a copy
    let is_copy = |object: &&Object<'_>| !object.name.is_empty() && object.group != host::GROUP;
    let named = evidence.objects().iter().filter(is_copy);
    let mut hashes: Vec<_> = named.map(|object| (hasher.hash_one(identity(object)), object.id)).collect();
    hashes.sort_unstable();
    let several = hashes.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() > 1);
    let mut repeated: Vec<u32> = several.flatten().map(|(_, id)| *id).collect();
    repeated.sort_unstable();
    repeated
}

/// What two copies of an object share.
fn identity<'a>(object: &Object<'a>) -> (u16, &'a str, &'a str, &'a str, &'a str) {
    (object.world, object.kind, object.name, object.namespace_or_empty(), object.group)
}
