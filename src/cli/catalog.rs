//! `catalog`

use std::path::Path;

use anyhow::Result;

use super::args::{Catalog as Action, Export, Voice};
use super::list::table;
use super::{Streams, now, options, page};
use crate::policy::{Catalog, Coverage, Profile, upstream};
use crate::report::gemara::catalog::{self as gemara, Target};
use crate::report::oscal::catalog as oscal;

pub(super) fn run(action: &Action, voice: &Voice, streams: &mut Streams<'_>) -> Result<()> {
    let width = options(voice, streams.terminal).width;
    match action {
        Action::Show => show(width, voice, streams),
        Action::Diff { path } => {
            let lines = upstream::diff(Catalog::embedded(), path)?;
            page(&lines.iter().map(|line| format!("{line}\n")).collect::<String>(), voice, streams)
        }
        Action::Export { document, profile } => export(*document, &Profile::load(profile, Path::new(""))?, streams),
    }
}

fn export(document: Export, profile: &Profile, streams: &mut Streams<'_>) -> Result<()> {
    let out = &mut *streams.out;
    match document {
        Export::GemaraControls => gemara::write_controls(profile, out)?,
        Export::GemaraMapping => gemara::write_mapping(profile, Target::Cnsc, out)?,
        Export::GemaraNist => gemara::write_mapping(profile, Target::Nist, out)?,
        Export::OscalCatalog => oscal::write_catalog(profile, now()?, out)?,
        Export::OscalProfile => oscal::write_profile(profile, now()?, out)?,
        Export::OscalComponents => oscal::write_components(profile, now()?, out)?,
    }
    Ok(())
}

fn show(width: usize, voice: &Voice, streams: &mut Streams<'_>) -> Result<()> {
    let catalog = Catalog::embedded();
    let count = |controls: &[crate::policy::Control], coverage: Coverage| {
        controls.iter().filter(|control| control.coverage == coverage).count().to_string()
    };
    let rows = catalog.groups.iter().map(|group| {
        let automated = group.controls.iter().filter(|control| !control.checks.is_empty()).count();
        let mapped = group.controls.iter().filter(|control| !control.nist.is_empty()).count();
        let all = &group.controls;
        vec![
            group.title.clone(),
            all.len().to_string(),
            count(all, Coverage::Full),
            count(all, Coverage::Partial),
            count(all, Coverage::None),
            automated.to_string(),
            mapped.to_string(),
        ]
    });
    let columns = ["group", "controls", "full", "partial", "none", "with a check", "NIST"];
    let head = format!("{} {} · {} controls · sha256 {}", catalog.id, catalog.version, catalog.controls().count(), catalog.sha256);
    let told = "full, partial, none: what the checks of a control can show once all of them exist.\nwith a check: at least one of its checks exists in this release.\n";
    page(&format!("{head}\n\n"), voice, streams)?;
    writeln!(streams.out, "{}\n", table(&columns, rows.collect(), width).trim_fmt())?;
    page(told, voice, streams)
}
