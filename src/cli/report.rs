//! `report`

use std::fs;
use std::io::{self, BufWriter, Read, Write};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use super::Streams;
use super::args::Report;
use crate::assess;
use crate::policy::{Mapping, hex};
use crate::report;

pub(super) fn run(action: &Report, streams: &mut Streams<'_>) -> Result<()> {
    let Report::SelfAssessment(args) = action;
    let named = || args.result.display().to_string();
    let mut text = String::new();
    if args.result.as_os_str() == "-" {
        io::stdin().read_to_string(&mut text).context("standard input")?;
    } else {
        text = fs::read_to_string(&args.result).with_context(named)?;
    }
    let mut assessment = report::json::read(&text).with_context(named)?;
    if let Some(framework) = &args.framework {
        assessment.crosswalk = Some(assess::crosswalk::of(&assessment, &Mapping::load(framework)?));
    }
    let sha256 = hex(&Sha256::digest(text.as_bytes()));
    let Some(path) = &args.output else { return Ok(report::self_assessment::write(&assessment, &sha256, streams.out)?) };
    let mut file = BufWriter::new(fs::File::create(path).with_context(|| path.display().to_string())?);
    report::self_assessment::write(&assessment, &sha256, &mut file)?;
    Ok(file.flush()?)
}
