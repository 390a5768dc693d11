//! Reading a cluster, as the flags say: for `scan --cluster` and `snapshot`.

use anyhow::{Result, bail};

use super::args::Access;
use super::early::Early;
use super::interrupt::{self, Interrupted};
use super::progress;
use crate::discover::cluster::{self, Keep, Request, Selection, Sink};
use crate::discover::{Captured, Error, Wants};
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

/// Reads what some checks look at in the cluster, and what is kept of its lists. `early` is told what comes, where a person
/// sees it.
pub(super) fn capture<T: Send + 'static>(
    access: &Access,
    wants: Wants,
    (quiet, early): (bool, Option<Early>),
    keep: Keep<T>,
) -> Result<(Captured, Vec<T>)> {
    let request = Request {
        access: access.to(),
        selection: access.selection()?,
        wants,
        request_timeout: access.request_timeout,
        timeout: access.timeout,
    };
    let sink = Sink { prune: parse::prune::page, keep, progress: progress::new(access.progress, quiet, early) };
    let interrupt = interrupt::listen();
    match cluster::capture(&request, sink, &interrupt) {
        Ok(captured) => Ok(captured),
        Err(_) if interrupt.is_raised() => Err(Interrupted.into()),
        Err(error) => Err(Error::Cluster(error.to_string()).into()),
    }
}

impl Access {
    /// Who to ask, and as whom.
    pub(super) fn to(&self) -> cluster::Access {
        cluster::Access { kubeconfig: self.kubeconfig.clone(), context: self.context.clone(), user: self.user.clone() }
    }

    /// Which objects to ask for.
    pub(super) fn selection(&self) -> Result<Selection> {
        let sorted = |names: &[String]| {
            let mut names = names.to_vec();
            names.sort();
            names.dedup();
            names
        };
        let plain = |name: &&String| {
            name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        if let Some(name) = self.namespaces.iter().chain(&self.excluded).find(plain) {
            bail!("`{name}` is no name of a namespace");
        }
        if let Some(name) = self.namespaces.iter().find(|name| self.excluded.contains(name)) {
            bail!("namespace {name} is both asked for and excluded");
        }
        Ok(Selection { namespaces: sorted(&self.namespaces), excluded: sorted(&self.excluded), selector: self.selector.clone() })
    }
}
