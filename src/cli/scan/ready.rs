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

impl Ready {
    pub(in crate::cli) fn new(args: &Scan, voice: Voice, clock: Instant) -> Result<Self> {
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
        // a shard reads a snapshot list by list
        let stored = args.snapshot.as_ref().filter(|_| args.shard.is_some());
        let captured = match &args.snapshot {
            _ if !from_cluster || stored.is_some() => None,
            Some(path) => Some(discover::snapshot::read(path)?),
            #[cfg(feature = "live")]
            None => Some(cluster(args, &access, &policy, &input, &voice)?),
            #[cfg(not(feature = "live"))]
            None => None,
        };
        let interrupted = match (&captured, stored) {
            (Some(captured), _) => captured.interrupted,
            (None, Some(path)) => discover::snapshot::is_interrupted(path)?,
            (None, None) => false,
        };
        let request = Request {
            input: match (captured, stored) {
                (Some(captured), _) => Input::Cluster(Box::new(captured), overlay(args)),
                (None, Some(path)) => Input::Snapshot(path.clone(), overlay(args)),
                (None, None) => Input::Files(discover::Request { all_files: args.all_files || config.all_files, ..input }),
            },
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
