//! `explain admission`

use std::io::{self, Read};

use anyhow::{Context, Result, bail};

use super::Streams;
use super::args::{Explain, ExplainFormat};
use crate::discover::{self, Target};
use crate::explain::admission;
use crate::model::evidence::Reading;
use crate::model::{Evidence, Scan, UNSET_NAMESPACE};
use crate::parse::{self, Limits};
use crate::settings::Settings;

pub(super) fn run(args: &Explain, streams: &mut Streams<'_>) -> Result<()> {
    let mut live = args.snapshot.as_deref().map(discover::snapshot::read).transpose()?;
    let files = match &mut live {
        Some(captured) => parse::live::all(std::mem::take(&mut captured.lists)),
        None => parse::all(discover::all(&request(args)?)?.sources, &Limits::default()),
    };
    let evidence = Evidence::index(&files, Reading { assumed_namespace: UNSET_NAMESPACE, complete: false, live: live.as_ref() });
    let scan = Scan { evidence: &evidence, settings: &Settings::default(), version: None, now: super::now()? };
    let rows = admission::matrix(&scan, &args.namespaces);
    if rows.is_empty() {
        bail!("no namespace{} is seen in the input", if args.namespaces.is_empty() { "" } else { " of that name" });
    }
    match args.format {
        ExplainFormat::Markdown => streams.out.write_all(admission::page(&rows).as_bytes())?,
        ExplainFormat::Json => writeln!(streams.out, "{}", serde_json::to_string_pretty(&rows)?)?,
    }
    for gap in evidence.gaps() {
        writeln!(streams.err, "cnscan: not read: {}: {}", gap.what, gap.why)?;
    }
    Ok(())
}

fn request(args: &Explain) -> Result<discover::Request> {
    let mut targets = Vec::new();
    for path in &args.paths {
        targets.push(if path.as_os_str() == "-" {
            let mut bytes = Vec::new();
            io::stdin().read_to_end(&mut bytes).context("standard input")?;
            Target::Stdin { bytes, name: None }
        } else {
            Target::Path(path.clone())
        });
    }
    Ok(discover::Request { targets, all_files: false })
}
