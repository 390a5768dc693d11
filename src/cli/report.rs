//! `report`

use std::fs;
use std::io::{self, Read};

use anyhow::{Context, Result};

use super::Streams;
use super::args::Report;
use crate::discover::sha256;
use crate::policy::Mapping;
use crate::{assess, report, whole};

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
    let sha256 = sha256(&text);
    let Some(path) = &args.output else { return Ok(report::self_assessment::write(&assessment, &sha256, streams.out)?) };
    whole::write(path, |out| report::self_assessment::write(&assessment, &sha256, out)).with_context(|| path.display().to_string())
}
