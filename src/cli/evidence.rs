//! `evidence`

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::json;

use super::args::{Evidence, EvidenceExport, EvidenceReplay, EvidenceVerify, ListFormat, Trusted, Voice};
use super::scan::{Ready, conclude};
use super::{Streams, asked, files, now, options, page, say};
use crate::bundle::{self, Inputs, Making, Pins, Private, Public, Scanned, Trust, Verified};
use crate::report::{self, Format};
use crate::{Input, assess, discover};

/// What a bundle holds beside JSON when nobody says what.
const FORMATS: [Format; 7] =
    [Format::SarifFull, Format::Html, Format::Csv, Format::Gemara, Format::Oscal, Format::OscalPlan, Format::OscalPoam];
/// How many differences are told one by one.
const SHOWN: usize = 20;

pub(super) fn run(action: &Evidence, voice: Voice, streams: &mut Streams<'_>) -> Result<u8> {
    match action {
        Evidence::Export(args) => export(args, voice, streams),
        Evidence::Verify(args) => verify(args, &voice, streams),
        Evidence::Replay(args) => replay(args, streams),
    }
}

/// The folder that is scanned and that a bundle would come to lie in: an archive as well, as the next scan would list it among
/// its inputs.
fn holder(files: &discover::Request, bundle: &Path) -> Option<PathBuf> {
    let real = std::path::absolute(bundle).ok()?;
    let real = real.ancestors().find_map(|path| path.canonicalize().ok())?;
    let named = files.targets.iter().filter_map(|target| match target {
        discover::Target::Path(path) => Some(path.clone()),
        _ => None,
    });
    let here = files.targets.is_empty().then(|| PathBuf::from("."));
    named.chain(here).find(|path| path.is_dir() && path.canonicalize().is_ok_and(|path| real.starts_with(path)))
}

fn export(args: &EvidenceExport, voice: Voice, streams: &mut Streams<'_>) -> Result<u8> {
    if args.scan.shard.is_some() {
        bail!("a bundle is of a whole scan: merge the parts of shards, or scan without --shard");
    }
    // before the scan, so that a mistake costs nothing
    bundle::is_free(&args.bundle)?;
    let key = args.key.as_deref().map(private).transpose()?;
    #[cfg(feature = "live")]
    if args.scan.publish.is_some() {
        bail!("--publish: a bundle is no report of a cluster: publish with `cnscan scan`");
    }
    let Ready { policy, plan, mapping, mut request, voice, .. } = Ready::with_texts(&args.scan, voice, Instant::now())?;
    if plan.writes_into(&args.bundle) {
        bail!("--output: {} is the bundle: name a place outside of it", args.bundle.display());
    }
    let voice = &voice;
    let (inputs, folder) = match request.input {
        Input::Files(files) => {
            if let Some(holder) = holder(&files, &args.bundle) {
                bail!(
                    "--bundle: {} lies in {}, which is scanned: the next scan would take it for input; name a place outside of it",
                    args.bundle.display(),
                    holder.display()
                );
            }
            let folder = discover::start(&files);
            (Inputs { found: bundle::load(discover::all(&files)?), captured: None }, folder)
        }
        Input::Cluster(captured, overlay) => {
            let found = overlay.as_ref().map(discover::all).transpose()?.unwrap_or_default();
            (Inputs { found: bundle::load(found), captured: Some(captured) }, ".".into())
        }
        // read with their texts, none comes so
        Input::Snapshot(..) | Input::Live(..) => bail!("a bundle is of a whole scan"),
        Input::Found(found, captured) => (Inputs { found: *found, captured }, ".".into()),
    };
    // the results in the bundle are for machines as well
    request.occasion.line_hashes = true;
    request.input = Input::Found(Box::new(inputs.found.clone()), inputs.captured.clone());
    let asked = (request.assume_namespace.clone(), request.complete, request.kubernetes_version.map(|version| version.to_string()));
    let (limits, render) = (request.limits, request.render.clone());
    let mut assessment = crate::scan(request, &policy)?;
    assessment.crosswalk = mapping.map(|mapping| assess::crosswalk::of(&assessment, &mapping));
    let scanned = Scanned {
        assessment: &assessment,
        policy: &policy,
        inputs: &inputs,
        assume_namespace: asked.0,
        complete: asked.1,
        kubernetes_version: asked.2,
        limits,
        render: &render,
        baseline: args.scan.baseline.clone().or_else(|| policy.config.baseline.as_ref().map(|path| policy.config.beside(&path.value))),
    };
    let making = Making {
        formats: if args.results.is_empty() { &FORMATS } else { &args.results },
        options: options(voice, false),
        key: key.as_ref(),
        previous: args.previous.as_deref(),
        program: std::env::current_exe().ok(),
        folder,
    };
    let manifest = making.write(&scanned, &args.bundle)?;
    if args.scan.format.is_some() || !args.scan.outputs.is_empty() {
        plan.write(&assessment, voice, streams)?;
    }
    if !voice.quiet {
        let signed = key.as_ref().map_or_else(|| "unsigned".to_owned(), |key| format!("signed by the key {}", key.public().id()));
        writeln!(
            streams.err,
            "cnscan: {}: {} and their manifest, {signed}",
            args.bundle.display(),
            assess::plural(manifest.files.len(), "file")
        )?;
        writeln!(streams.err, "cnscan: {}", manifest.redaction.note)?;
        let lost = manifest.redaction.not_replayable.len();
        if lost > 0 {
            let told = "rest on what is not in the bundle, which a replay cannot come to (manifest.json names them)";
            writeln!(streams.err, "cnscan: {} {told}", assess::plural(lost, "verdict"))?;
        }
    }
    conclude(&assessment, voice, streams)
}

fn private(path: &Path) -> Result<Private> {
    let text = files::text(path, "the key to sign with is a PEM file")?;
    Private::read(&text).map_err(anyhow::Error::msg).with_context(|| files::named(path))
}

pub(super) fn public(path: &Path) -> Result<Public> {
    let text = files::text(path, "the key of whoever should have signed is a PEM file")?;
    Public::read(&text).map_err(anyhow::Error::msg).with_context(|| files::named(path))
}

/// Verifies a bundle by a key from elsewhere; what is wrong with it is told here, with its exit code.
fn verified(path: &Path, trusted: &Trusted, pins: &Pins, streams: &mut Streams<'_>) -> Result<Result<Verified, u8>> {
    let key = trusted.key.as_deref().map(public).transpose()?;
    let trust = key.as_ref().map_or(Trust::Nobody, Trust::Key);
    match bundle::verify(path, &trust, pins) {
        Ok(verified) => {
            let told = match &key {
                Some(key) => format!("signed by the key {}", key.id()),
                None => "no signature was asked for: anybody could have written this".to_owned(),
            };
            writeln!(streams.err, "cnscan: {}: {told}", path.display())?;
            Ok(Ok(verified))
        }
        Err(error) => {
            let place = if error.names_path() { String::new() } else { format!("{}: ", path.display()) };
            writeln!(streams.err, "cnscan: {place}{error}")?;
            Ok(Err(error.code()))
        }
    }
}

fn verify(args: &EvidenceVerify, voice: &Voice, streams: &mut Streams<'_>) -> Result<u8> {
    let newest = args.max_age.map(|age| Ok::<_, anyhow::Error>((age, now()?))).transpose()?;
    let pins = Pins {
        catalog: args.catalog.clone(),
        profile: args.profile.clone(),
        tool: args.tool.clone(),
        cluster: args.cluster.clone(),
        newest,
        previous: args.previous.clone(),
    };
    let verified = match verified(&args.bundle, &args.trusted, &pins, streams)? {
        Ok(verified) => verified,
        Err(code) => return Ok(code),
    };
    let manifest = &verified.manifest;
    if args.format == ListFormat::Json {
        let told = json!({"manifest_sha256": verified.manifest_sha256, "signed": args.trusted.key.is_some(), "manifest": manifest});
        writeln!(streams.out, "{told:#}")?;
        return Ok(0);
    }
    let target = &manifest.target;
    let from = [("commit", &target.revision), ("cluster", &target.cluster_uid), ("server", &target.server_version)];
    let from: String = from.iter().filter_map(|(word, value)| value.as_ref().map(|value| format!(", {word} {value}"))).collect();
    let pin = |pin: &assess::Pin| format!("{} {} (sha256 {})", pin.name, pin.version, pin.sha256).replace("  ", " ");
    let mut rows = vec![
        ("run", format!("{}, {} to {}", manifest.run_id, manifest.started, manifest.finished)),
        ("of", format!("{}{from}", target.kind)),
        (
            "by",
            format!(
                "{} {} (sha256 {})",
                manifest.tool.name,
                manifest.tool.version,
                manifest.tool.sha256.as_deref().unwrap_or("not recorded")
            ),
        ),
        ("catalog", format!("{} {} (sha256 {})", manifest.catalog.id, manifest.catalog.version, manifest.catalog.sha256)),
        ("profile", pin(&manifest.profile)),
        ("config", manifest.config.as_ref().map_or("none".to_owned(), pin)),
        ("exceptions", format!("{} in force (sha256 {})", manifest.exceptions.count, manifest.exceptions.sha256)),
    ];
    rows.extend(manifest.attestations.iter().map(|one| ("attested", pin(one))));
    if let Some(previous) = &manifest.previous {
        rows.push(("before it", format!("{} (manifest sha256 {})", previous.run_id, previous.manifest_sha256)));
    }
    rows.push(("manifest", format!("{} (sha256 {})", assess::plural(manifest.files.len(), "file"), verified.manifest_sha256)));
    rows.push(("inputs", manifest.redaction.note.clone()));
    rows.extend(manifest.redaction.left_out.iter().map(|one| ("left out", format!("{}: {}", one.uri, one.why))));
    let statuses: Vec<_> = manifest.summary.controls.iter().map(|(status, count)| format!("{count} {}", status.as_str())).collect();
    rows.push(("controls", format!("{}; {}", statuses.join(", "), assess::plural(manifest.gaps, "gap"))));
    for (word, value) in rows {
        report::flow::row(&format!("{word:<11} "), &value, asked(streams.terminal), streams.out)?;
    }
    page(&format!("whole: every file is what {} says, and no other is there\n", bundle::MANIFEST), voice, streams)?;
    Ok(0)
}

fn replay(args: &EvidenceReplay, streams: &mut Streams<'_>) -> Result<u8> {
    let verified = match verified(&args.bundle, &args.trusted, &Pins::default(), streams)? {
        Ok(verified) => verified,
        Err(code) => return Ok(code),
    };
    let replayed = bundle::replay(&verified)?;
    if let Some(release) = &replayed.other_release {
        writeln!(streams.err, "cnscan: {release}: other verdicts may be due to that")?;
    }
    for (title, list) in
        [("other verdicts", &replayed.differences), ("expected, as they rest on what is not in the bundle", &replayed.expected)]
    {
        if list.is_empty() {
            continue;
        }
        writeln!(streams.out, "{} {title}:", list.len())?;
        for one in list.iter().take(SHOWN) {
            say(format!("  {}: {} in the bundle, {} now", one.what, one.was, one.is), streams)?;
        }
        if list.len() > SHOWN {
            writeln!(streams.out, "  and {} more", list.len() - SHOWN)?;
        }
    }
    let same = replayed.differences.is_empty();
    let told = match (same, replayed.expected.len()) {
        (false, _) => "not the same verdicts".to_owned(),
        (true, 0) => "the same verdicts".to_owned(),
        (true, 1) => "the same verdicts but for the 1 that was expected to differ".to_owned(),
        (true, others) => format!("the same verdicts but for the {others} that were expected to differ"),
    };
    writeln!(streams.out, "{told}: {} held against those of the bundle", replayed.compared)?;
    Ok(u8::from(!same))
}
