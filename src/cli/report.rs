//! `report`

use anyhow::Result;

use super::args::{Report, Voice};
use super::{Streams, files, page};
use crate::discover::sha256;
use crate::policy::Mapping;
use crate::{assess, report};

pub(super) fn run(action: &Report, voice: &Voice, streams: &mut Streams<'_>) -> Result<()> {
    let Report::SelfAssessment(args) = action;
    let (mut assessment, text) = files::result(&args.result, "a result")?;
    if let Some(framework) = &args.framework {
        assessment.crosswalk = Some(assess::crosswalk::of(&assessment, &Mapping::load(framework)?));
    }
    let sha256 = sha256(&text);
    let Some(path) = &args.output else {
        let mut text = Vec::new();
        report::self_assessment::write(&assessment, &sha256, &mut text)?;
        return page(&String::from_utf8_lossy(&text), voice, streams);
    };
    files::write(path, |out| report::self_assessment::write(&assessment, &sha256, out))
}
