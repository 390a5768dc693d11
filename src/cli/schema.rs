//! `schema`

use anyhow::Result;

use super::Streams;
use super::args::Schema;
use crate::policy::{Attestations, Config, Profile};
use crate::report;

pub(super) fn run(which: Schema, streams: &mut Streams<'_>) -> Result<()> {
    let schema = match which {
        Schema::Result => report::json::schema(),
        Schema::Config => Config::schema(),
        Schema::Profile => Profile::schema(),
        Schema::Attestation => Attestations::schema(),
    };
    writeln!(streams.out, "{schema:#}")?;
    Ok(())
}
