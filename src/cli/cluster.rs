//! Reading a cluster, as the flags say: for `scan --cluster` and `snapshot`.

use anyhow::{Result, bail};

use super::args::Access;
use super::progress;
use crate::discover::cluster::{self, Request, Selection};
use crate::discover::{Captured, Error};
use crate::parse;
use crate::policy::Config;

impl Access {
    /// A flag that was given, where any was.
    pub(super) fn given(&self) -> Option<&'static str> {
        let flags = [
            ("--context", self.context.is_some()),
            ("--kubeconfig", self.kubeconfig.is_some()),
            ("--as", self.user.is_some()),
            ("--namespace", !self.namespaces.is_empty()),
            ("--exclude-namespace", !self.excluded.is_empty()),
            ("--selector", self.selector.is_some()),
        ];
        flags.into_iter().find(|(_, given)| *given).map(|(flag, _)| flag)
    }
}

impl Access {
    /// What its flags leave open, the configuration file says.
    pub(super) fn or(&self, config: &Config) -> Self {
        let or = |given: &[String], key: &[String]| if given.is_empty() { key.to_vec() } else { given.to_vec() };
        Access {
            namespaces: or(&self.namespaces, &config.namespaces),
            excluded: or(&self.excluded, &config.exclude_namespaces),
            selector: self.selector.clone().or_else(|| config.selector.clone()),
            ..self.clone()
        }
    }
}

/// Reads the cluster.
pub(super) fn capture(access: &Access, quiet: bool) -> Result<Captured> {
    let sorted = |names: &[String]| {
        let mut names = names.to_vec();
        names.sort();
        names.dedup();
        names
    };
    let plain =
        |name: &&String| name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if let Some(name) = access.namespaces.iter().chain(&access.excluded).find(plain) {
        bail!("`{name}` is no name of a namespace");
    }
    if let Some(name) = access.namespaces.iter().find(|name| access.excluded.contains(name)) {
        bail!("namespace {name} is both asked for and excluded");
    }
    let request = Request {
        access: cluster::Access { kubeconfig: access.kubeconfig.clone(), context: access.context.clone(), user: access.user.clone() },
        selection: Selection {
            namespaces: sorted(&access.namespaces),
            excluded: sorted(&access.excluded),
            selector: access.selector.clone(),
        },
        request_timeout: access.request_timeout,
        timeout: access.timeout,
    };
    let progress = progress::new(access.progress, quiet);
    Ok(cluster::capture(&request, parse::prune::page, progress).map_err(|error| Error::Cluster(error.to_string()))?)
}
