//! A scan before it begins: a mistake costs nothing.

use std::time::Instant;

use anyhow::Result;

#[cfg(feature = "live")]
use super::cluster;
use super::{Plan, assumed_namespace, input, limits, occasion, overlay, policy, reads_cluster, rendering, threads, version};
use crate::assess::Occasion;
#[cfg(feature = "live")]
use crate::cli::args::Access;
use crate::cli::args::{Complete, Scan, Voice};
use crate::cli::from_config;
#[cfg(feature = "live")]
use crate::discover::snapshot::Packed;
use crate::policy::{Mapping, Policy};
use crate::{Input, Request, discover};

/// All that a scan needs, settled before it begins.
pub(in crate::cli) struct Ready {
    pub(in crate::cli) policy: Policy,
    pub(in crate::cli) plan: Plan,
    pub(in crate::cli) mapping: Option<Mapping>,
    pub(in crate::cli) request: Request,
    pub(in crate::cli) voice: Voice,
    /// How the cluster is reached, and what is asked for of it.
    #[cfg(feature = "live")]
    pub(super) access: Access,
    #[cfg(feature = "live")]
    pub(super) reports: Option<discover::cluster::Reports>,
    #[cfg(feature = "live")]
    pub(super) interrupted: bool,
}

/// What is to be had of a cluster's lists.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lists {
    /// What is judged.
    Judged,
    /// Their texts as well.
    Texts,
}

impl Ready {
    pub(in crate::cli) fn new(args: &Scan, voice: Voice, clock: Instant) -> Result<Self> {
        Self::read(args, voice, clock, Lists::Judged)
    }

    /// With the texts of a cluster's lists, of which a copy is kept.
    pub(in crate::cli) fn with_texts(args: &Scan, voice: Voice, clock: Instant) -> Result<Self> {
        Self::read(args, voice, clock, Lists::Texts)
    }

    fn read(args: &Scan, voice: Voice, clock: Instant, lists: Lists) -> Result<Self> {
        let from_cluster = reads_cluster(args)?;
        let mut input = input(args)?;
        let mut policy = policy(args, &input, args.checks.clone())?;
        let config = &policy.config;
        let voice = voice.or(config);
        from_config::name_stdin(&mut input, config);
        threads(args.jobs.or(config.jobs.as_ref().map(|jobs| jobs.value)))?;
        let plan = Plan::new((args.format, &args.outputs), Some(&policy), discover::working_below_root(&input))?;
        let mapping = from_config::mapping(args, config)?;
        #[cfg(feature = "live")]
        let access = args.access.or(config);
        #[cfg(feature = "live")]
        let reports = args.publish.map(|publish| crate::cli::publish::connect(&access, publish)).transpose()?;
        let read = match &args.snapshot {
            _ if !from_cluster => Input::Files(discover::Request { all_files: args.all_files || config.all_files, ..input }),
            Some(path) if lists == Lists::Texts => Input::Cluster(Box::new(discover::snapshot::read(path)?), overlay(args)),
            Some(path) => Input::Snapshot(path.clone(), overlay(args)),
            #[cfg(feature = "live")]
            None => live(args, &access, (&policy, &voice), &input, lists)?,
            #[cfg(not(feature = "live"))]
            None => Input::Files(input),
        };
        let interrupted = match &read {
            Input::Cluster(captured, _) | Input::Live(captured, ..) => captured.interrupted,
            Input::Snapshot(path, _) => discover::snapshot::is_interrupted(path)?,
            Input::Files(_) | Input::Found(..) => false,
        };
        let request = Request {
            input: read,
            assume_namespace: assumed_namespace(args, config)?,
            complete: !from_cluster && args.complete.as_ref().map_or(config.complete.cluster, |of| of.contains(&Complete::Cluster)),
            kubernetes_version: version(args, &policy)?,
            include_passes: args.include_passes || config.include_passes,
            render: rendering(args, &policy)?,
            limits: limits(config),
            occasion: Occasion { line_hashes: args.shard.is_some() || plan.is_for_machines(), ..occasion(args, &policy, clock)? },
        };
        // nobody accepts a gap of which nothing was known when the scan began
        policy.thresholds.allow_gaps &= !interrupted;
        Ok(Ready {
            policy,
            plan,
            mapping,
            request,
            voice,
            #[cfg(feature = "live")]
            access,
            #[cfg(feature = "live")]
            reports,
            #[cfg(feature = "live")]
            interrupted,
        })
    }
}

/// What is read of a running cluster: parsed as it comes; where it is parsed more than once, as texts that are packed.
#[cfg(feature = "live")]
fn live(args: &Scan, access: &Access, by: (&Policy, &Voice), input: &discover::Request, lists: Lists) -> Result<Input> {
    if lists == Lists::Texts {
        let (captured, lists) = cluster(args, access, by, input, Ok)?;
        return Ok(Input::Cluster(Box::new(discover::Captured { lists, ..captured }), overlay(args)));
    }
    let (captured, lists) = if args.shard.is_some() {
        let (captured, packed) = cluster(args, access, by, input, Packed::new)?;
        (captured, crate::Lists::Packed(packed))
    } else {
        let (captured, files) = cluster(args, access, by, input, |list| Ok(crate::parse::live::read(&list)))?;
        (captured, crate::Lists::Parsed(files))
    };
    Ok(Input::Live(Box::new(captured), lists, overlay(args)))
}
