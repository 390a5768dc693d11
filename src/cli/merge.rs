//! `scan --shard` and `merge`.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use super::args::{Merge, Scan, Voice};
use super::scan::{Plan, conclude, moment, output};
use super::{Streams, files};
use crate::Request;
use crate::assess;
use crate::evaluate::Share;
use crate::policy::Policy;
use crate::report::{self, Format};

/// Scans one share and writes its part: to the files given, else to standard output. A part decides nothing.
pub(super) fn shard(args: &Scan, share: Share, request: Request, policy: &Policy, voice: &Voice, streams: &mut Streams<'_>) -> Result<u8> {
    if policy.config.baseline.is_some() {
        bail!("a part is compared with no baseline: take `baseline` out of the configuration file, and give it to `cnscan merge`");
    }
    let no_other = "a part is written as json alone: `cnscan merge` makes every format of all parts";
    if args.format.is_some_and(|format| format != Format::Json) {
        bail!("--format: {no_other}");
    }
    let outputs: Vec<_> =
        args.outputs.iter().map(|given| Ok((given, output(given)?))).collect::<Result<_, String>>().map_err(anyhow::Error::msg)?;
    if let Some((given, _)) = outputs.iter().find(|(_, (format, _))| *format != Format::Json) {
        bail!("--output {given}: {no_other}");
    }
    outputs.iter().try_for_each(|(_, (_, path))| files::writable(Path::new(path)))?;
    let part = crate::scan_share(request, policy, share)?;
    for (_, (_, path)) in &outputs {
        files::write(Path::new(path), |out| report::json::write_part(&part, out))?;
    }
    if outputs.is_empty() || args.format.is_some() {
        report::json::write_part(&part, &mut streams.out)?;
    }
    if !voice.quiet {
        let gaps = part.result.gaps.len() + part.result.errors.len();
        let gaps = if gaps == 0 { String::new() } else { format!(", {}", assess::plural(gaps, "gap")) };
        let findings = assess::plural(part.result.findings.len(), "finding");
        let kept = format!("{} of {} kept whole", part.whole, assess::plural(part.result.summary.objects as usize, "object"));
        writeln!(streams.err, "cnscan: shard {} of {}: {findings}{gaps}, {kept}; `cnscan merge` decides", part.shard, part.of)?;
    }
    Ok(0)
}

pub(super) fn run(args: &Merge, voice: &Voice, streams: &mut Streams<'_>) -> Result<u8> {
    let clock = Instant::now();
    let plan = Plan::new((args.format, &args.outputs), None, String::new())?;
    let occasion = moment(args.baseline.as_deref(), clock)?;
    let mut merger = assess::Merger::default();
    for path in &args.parts {
        let name = files::named(path);
        let text = files::text(path, "a part is what `cnscan scan --shard I/N -o json=FILE` writes")?;
        let part = report::json::read_part(&text).with_context(|| name.clone())?;
        merger.add(name, part)?;
    }
    let assessment = merger.finish(&occasion)?;
    plan.write(&assessment, voice, streams)?;
    conclude(&assessment, voice, streams)
}
