//! `scan` and `convert`.

mod ready;

use std::collections::HashMap;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

#[cfg(feature = "live")]
use super::args::Access;
use super::args::{Convert, Scan, Voice};
use super::{Streams, files, merge, options};
use crate::assess::{self, Assessment, Decision, Occasion};
#[cfg(feature = "live")]
use crate::discover::Captured;
use crate::model::KubernetesVersion;
use crate::parse::Limits;
use crate::policy::{self, Baseline, Mapping, Policy};
use crate::report::{self, Format};
use crate::{discover, explain, render, trouble};

pub(super) use ready::Ready;

pub(super) fn run(args: &Scan, voice: Voice, streams: &mut Streams<'_>) -> Result<u8> {
    let ready = Ready::new(args, voice, Instant::now())?;
    let (policy, voice) = (ready.policy, &ready.voice);
    if let Some(share) = args.shard {
        return merge::shard(args, share, ready.request, &policy, voice, streams);
    }
    let mut assessment = crate::scan(ready.request, &policy)?;
    assessment.crosswalk = ready.mapping.map(|mapping| assess::crosswalk::of(&assessment, &mapping));
    ready.plan.write(&assessment, voice, streams)?;
    #[cfg(feature = "live")]
    match &ready.reports {
        Some(_) if ready.interrupted => writeln!(streams.err, "cnscan: --publish: nothing is written of a scan that was interrupted")?,
        Some(reports) => super::publish::write(reports, &ready.access, &assessment, voice, streams)?,
        None => {}
    }
    let code = conclude(&assessment, voice, streams);
    // the process ends here: to give back very many short texts one by one would only take its time
    std::mem::forget(assessment);
    code
}

/// The exit code, and a word on what could not be judged.
pub(super) fn conclude(assessment: &Assessment, voice: &Voice, streams: &mut Streams<'_>) -> Result<u8> {
    let decision = assess::decide(assessment);
    if decision == Decision::Incomplete && !voice.quiet {
        let gaps = assessment.gaps.len() + assessment.errors.len();
        writeln!(
            streams.err,
            "cnscan: incomplete: {} of the input could not be judged (exit code 3; --allow-gaps accepts that)",
            if gaps == 1 { "1 part".to_owned() } else { format!("{gaps} parts") }
        )?;
    }
    Ok(decision.code())
}

/// Whether a cluster is scanned, running or captured.
fn reads_cluster(args: &Scan) -> Result<bool> {
    #[cfg(feature = "live")]
    {
        if let (false, Some(flag)) = (args.cluster, args.access.given()) {
            bail!("{flag} says how to read a cluster: give --cluster as well");
        }
        if args.cluster {
            return Ok(true);
        }
    }
    if args.snapshot.is_none() && !args.overlays.is_empty() {
        bail!("--overlay lays manifests over a cluster: give --cluster or --snapshot as well");
    }
    Ok(args.snapshot.is_some())
}

/// The manifests that are laid over the cluster.
fn overlay(args: &Scan) -> Option<discover::Request> {
    let targets: Vec<_> = args.overlays.iter().map(|path| discover::Target::Path(path.clone())).collect();
    (!targets.is_empty()).then_some(discover::Request { targets, all_files: false })
}

/// What the checks look at in a running cluster, and what is kept of its lists.
#[cfg(feature = "live")]
fn cluster<T: Send + 'static>(
    args: &Scan,
    access: &Access,
    (policy, voice): (&Policy, &Voice),
    input: &discover::Request,
    keep: fn(discover::List) -> Result<T, String>,
) -> Result<(Captured, Vec<T>)> {
    let early = early(args, policy, input, voice)?;
    super::cluster::capture(access, policy::permissions::wants(&policy.checks), (voice.quiet, early), std::sync::Arc::new(keep))
}

/// What is said of the first pages, where a person sees it.
#[cfg(feature = "live")]
fn early(args: &Scan, policy: &Policy, input: &discover::Request, voice: &Voice) -> Result<Option<super::early::Early>> {
    let checks: Vec<_> = policy.checks.iter().filter(|check| super::early::is_for_it(check)).map(|check| check.id.to_owned()).collect();
    if voice.quiet || args.access.progress == super::args::Show::Never || checks.is_empty() || !super::progress::is_seen() {
        return Ok(None);
    }
    Ok(Some(super::early::Early::new(self::policy(args, input, checks)?)))
}

/// Where to look. Standard input is read here, once.
fn input(args: &Scan) -> Result<discover::Request> {
    let mut targets = targets(&args.paths, args.stdin_path.as_deref())?;
    targets.extend(args.roots.iter().cloned().map(discover::Target::Root));
    Ok(discover::Request { targets, all_files: args.all_files })
}

/// Where paths point, standard input by the name that it is given.
pub(super) fn targets(paths: &[PathBuf], stdin_path: Option<&str>) -> Result<Vec<discover::Target>> {
    let mut targets = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            let mut bytes = Vec::new();
            if io::stdin().is_terminal() {
                eprintln!("cnscan: reading standard input: Ctrl-D ends it");
            }
            io::stdin().read_to_end(&mut bytes).context("standard input")?;
            targets.push(discover::Target::Stdin { bytes, name: stdin_path.map(str::to_owned) });
        } else {
            targets.push(discover::Target::Path(path.clone()));
        }
    }
    Ok(targets)
}

fn policy(args: &Scan, input: &discover::Request, checks: Vec<String>) -> Result<Policy> {
    let config = match (&args.config, args.no_config) {
        (Some(path), _) => policy::Source::File(path.clone()),
        (None, true) => policy::Source::Nowhere,
        (None, false) => policy::Source::Search(discover::start(input)),
    };
    Ok(Policy::load(&policy::Request {
        config,
        profile: args.profile.clone(),
        controls: args.controls.clone(),
        checks,
        groups: args.groups.clone(),
        attestations: args.attestations.clone(),
        fail_on: args.fail_on,
        fail_on_review: args.fail_on_review,
        min_coverage: args.min_coverage,
        allow_gaps: args.allow_gaps,
    })?)
}

/// What to render, and what charts are told. A version that was not given is the tool's own affair.
fn rendering(args: &Scan, policy: &Policy) -> Result<render::Request> {
    let config = &policy.config;
    let mut values = args.rendering.values.clone();
    if values.is_empty() {
        values = config.values.iter().map(|path| config.beside(&path.value)).collect();
    }
    if let Some(missing) = values.iter().find(|path| !path.is_file()) {
        let why = if missing.exists() { "it is no regular file" } else { "no such file" };
        bail!("--values {}: {why}", missing.display());
    }
    Ok(render::Request {
        mode: args.rendering.render.map(Into::into).or(config.render).unwrap_or(render::Mode::Auto),
        values,
        namespace: assumed_namespace(args, config)?,
        kubernetes_version: version(args, policy)?.map(|version| version.to_string()),
        done: false,
    })
}

fn limits(config: &policy::Config) -> Limits {
    let limits = Limits::default();
    Limits { document: config.document_limit.as_ref().map_or(limits.document, |limit| limit.value), ..limits }
}

fn assumed_namespace(args: &Scan, config: &policy::Config) -> Result<Option<String>> {
    checked_namespace(args.assume_namespace.clone().or(config.assume_namespace.as_ref().map(|name| name.value.clone())))
}

/// A name that a namespace can have.
pub(super) fn checked_namespace(given: Option<String>) -> Result<Option<String>> {
    let allowed = |name: &String| {
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=63).contains(&name.len()) && name.bytes().all(inner) && !name.starts_with('-') && !name.ends_with('-')
    };
    if let Some(name) = given.as_ref().filter(|name| !allowed(name)) {
        bail!("no namespace can be named `{name}`: at most 63 lower-case letters, digits and `-`, the first and last no `-`");
    }
    Ok(given)
}

/// More threads than any machine has cores only cost their start.
const MOST_JOBS: usize = 512;

fn threads(jobs: Option<usize>) -> Result<()> {
    let Some(jobs) = jobs else { return Ok(()) };
    if !(1..=MOST_JOBS).contains(&jobs) {
        bail!("--jobs takes 1 to {MOST_JOBS}, not {jobs}");
    }
    // a pool that stands already (in tests) is as good
    _ = rayon::ThreadPoolBuilder::new().num_threads(jobs).build_global();
    Ok(())
}

fn version(args: &Scan, policy: &Policy) -> Result<Option<KubernetesVersion>> {
    if args.kubernetes_version.is_some() {
        return Ok(args.kubernetes_version);
    }
    let Some(key) = &policy.config.kubernetes_version else { return Ok(None) };
    Ok(Some(KubernetesVersion::asked(&key.value).map_err(|why| policy.config.mistake(key, why))?))
}

fn occasion(args: &Scan, policy: &Policy, clock: Instant) -> Result<Occasion> {
    let path = args.baseline.clone().or(policy.config.baseline.as_ref().map(|path| policy.config.beside(&path.value)));
    moment(path.as_deref(), clock)
}

/// Now, or when `SOURCE_DATE_EPOCH` says.
pub(super) fn moment(baseline: Option<&Path>, clock: Instant) -> Result<Occasion> {
    let fixed = super::fixed_time()?;
    Ok(Occasion {
        started: fixed.unwrap_or_else(jiff::Timestamp::now),
        finished: fixed,
        arguments: arguments(std::env::args().skip(1)),
        clock,
        baseline: baseline.map(Baseline::read).transpose()?,
        line_hashes: true,
        page: explain::summary,
    })
}

/// The command line as reports may hold it: without absolute paths, and without whom it acts as.
fn arguments(given: impl Iterator<Item = String>) -> Vec<String> {
    let mut hidden = false;
    given
        .map(|argument| match (std::mem::replace(&mut hidden, argument == "--as"), argument.strip_prefix("--as=")) {
            (true, _) => "…".to_owned(),
            (false, Some(_)) => "--as=…".to_owned(),
            (false, None) => without_folders(&argument),
        })
        .collect()
}

/// An argument as reports may hold it: an absolute path keeps its last part only.
fn without_folders(argument: &str) -> String {
    let (flag, value) = argument.split_once('=').map_or(("", argument), |(flag, value)| (flag, value));
    let path = Path::new(value);
    if !path.is_absolute() {
        return argument.to_owned();
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if flag.is_empty() { format!("…/{name}") } else { format!("{flag}=…/{name}") }
}

/// What is to be written where, settled before the scan so that a mistake costs nothing.
pub(super) struct Plan {
    format: Format,
    files: Vec<(Format, PathBuf)>,
    /// See `report::Options`.
    from: String,
}

impl Plan {
    /// By the flags, else by the configuration file.
    pub(super) fn new((wanted, outputs): (Option<Format>, &[String]), policy: Option<&Policy>, from: String) -> Result<Self> {
        let config = policy.map(|policy| &policy.config);
        let format = match (wanted, config.and_then(|config| Some((config, config.format.as_ref()?)))) {
            (Some(format), _) => format,
            (None, Some((config, key))) => format(&key.value).map_err(|why| config.mistake(key, why))?,
            (None, None) => Format::Table,
        };
        let mut written = Vec::new();
        for given in outputs {
            let (format, path) = output(given).map_err(|why| anyhow::anyhow!("--output {given}: {why}"))?;
            files::writable(Path::new(path)).with_context(|| format!("--output {given}"))?;
            written.push((format, path.into()));
        }
        if let Some(config) = config.filter(|_| outputs.is_empty()) {
            for key in &config.output {
                let (format, path) = output(&key.value).map_err(|why| config.mistake(key, why))?;
                let path = config.beside(path);
                if let Some(why) = trouble::unwritable(&path) {
                    return Err(config.mistake(key, format!("`{}` cannot be written: {why}", key.value)).into());
                }
                written.push((format, path));
            }
        }
        let mut places = HashMap::new();
        for (format, path) in &written {
            // what is no file takes one after the other
            let whole = !path.exists() || path.is_file();
            if let Some((other, first)) = places.insert(files::place(path), (format, path)).filter(|_| whole) {
                let named = |format: &Format, path: &Path| format!("{}={}", format.describe().0, path.display());
                bail!("--output: {} and {} are the same file: one would overwrite the other", named(other, first), named(format, path));
            }
        }
        Ok(Plan { format, files: written, from })
    }

    /// Whether anything is to be written to a place, or below it.
    pub(super) fn writes_into(&self, path: &Path) -> bool {
        let place = files::place(path);
        self.files.iter().any(|(_, path)| files::place(path).starts_with(&place))
    }

    fn is_for_machines(&self) -> bool {
        let formats = self.files.iter().map(|(format, _)| *format).chain([self.format]);
        formats.into_iter().any(|format| !matches!(format, Format::Table | Format::Markdown | Format::Html))
    }

    pub(super) fn write(&self, assessment: &Assessment, voice: &Voice, streams: &mut Streams<'_>) -> Result<()> {
        for (format, path) in &self.files {
            files::write(path, |out| report::write(*format, assessment, &options(voice, false), out))?;
        }
        let shown = report::Options { from: self.from.clone(), ..options(voice, streams.terminal) };
        report::write(self.format, assessment, &shown, &mut streams.out)?;
        if voice.quiet {
            return Ok(());
        }
        let mut formats: Vec<_> = self.files.iter().map(|(format, _)| *format).chain([self.format]).collect();
        formats.sort_by_key(|format| format.describe().0);
        formats.dedup();
        let for_people = matches!(self.format, Format::Table | Format::Markdown | Format::Html);
        for what in assessment.baseline.iter().flat_map(|baseline| &baseline.differs).filter(|_| !for_people) {
            writeln!(streams.err, "cnscan: --baseline: it was made with {what}: what is new or gone may be due to that")?;
        }
        let asked = |format| formats.contains(&format);
        if asked(Format::Oscal) && !asked(Format::OscalPlan) {
            writeln!(
                streams.err,
                "cnscan: oscal: the results are of an assessment plan, which OSCAL asks for: `-o oscal-plan=assessment-plan.json` writes it beside them"
            )?;
        }
        for format in formats {
            let name = format.describe().0;
            for notice in report::omitted(format, assessment) {
                writeln!(streams.err, "cnscan: {name}: {notice}")?;
            }
            if assessment.crosswalk.is_some() && !format.shows_framework() {
                writeln!(
                    streams.err,
                    "cnscan: {name}: does not show the result by --framework; table, markdown, html, csv, openmetrics, sarif-full and json do"
                )?;
            }
            let needs_names = matches!(format, Format::Sarif | Format::Gitlab);
            if needs_names && assessment.inputs.iter().any(|input| input.uri.is_none()) {
                writeln!(
                    streams.err,
                    "cnscan: {name}: standard input has no name that code scanning could show: give it one by --stdin-path"
                )?;
            }
        }
        Ok(())
    }
}

/// `FORMAT=PATH`
pub(super) fn output(text: &str) -> Result<(Format, &str), String> {
    let (name, path) = text.split_once('=').filter(|(_, path)| !path.is_empty()).ok_or("write FORMAT=PATH")?;
    if path == "-" {
        return Err(format!("standard output is what `-f {name}` is for; `-o` takes a file"));
    }
    Ok((format(name)?, path))
}

fn format(name: &str) -> Result<Format, String> {
    let known = || Format::value_variants().iter().map(|format| format.describe().0).collect::<Vec<_>>().join(", ");
    Format::from_str(name, false).map_err(|_| format!("there is no format `{name}`; there are {}", known()))
}

pub(super) fn convert(args: &Convert, voice: &Voice, streams: &mut Streams<'_>) -> Result<()> {
    let mut assessment = files::result(&args.result, "a result")?.0;
    if let Some(framework) = &args.framework {
        assessment.crosswalk = Some(assess::crosswalk::of(&assessment, &Mapping::load(framework)?));
    }
    let plan = match &args.output {
        None => Plan { format: args.format, files: Vec::new(), from: String::new() },
        Some(path) => {
            return files::write(path, |out| report::write(args.format, &assessment, &options(voice, false), out));
        }
    };
    plan.write(&assessment, voice, streams)
}
