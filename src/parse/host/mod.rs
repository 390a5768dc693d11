//! Files of a node that are no Kubernetes objects: systemd units, variables, command lines, certificates, TOML.
//!
//! Each becomes a tree like any other, under a group of our own, so that findings have places in it.

pub mod certificate;
mod draft;
mod stat;
mod toml;
mod unit;

use std::sync::Arc;

use super::command::{Dialect, words};
use super::tree::{Builder, Tree};
use super::{Document, File};
use draft::Draft;

pub(super) use stat::append as append_stat;

/// The group of what is read from files of a node.
pub const GROUP: &str = "host.cnscan";

/// The `apiVersion` that goes with it.
pub const API_VERSION: &str = "host.cnscan/v1";

/// What a file of a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// A systemd unit or a drop-in.
    Unit,
    /// `NAME=value`, line by line.
    Environment,
    /// The same, for `os-release`.
    OsRelease,
    /// A program and its arguments.
    CommandLine,
    /// Certificates in PEM.
    Certificates,
    /// The configuration of containerd.
    Containerd,
    /// How containerd reaches a registry.
    ContainerdHosts,
}

/// The programs that run a cluster.
pub const PROGRAMS: [&str; 8] =
    ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kubelet", "etcd", "k3s", "rke2"];

/// The last part of a path.
#[must_use]
pub fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The last part but one.
fn folder(path: &str) -> &str {
    path.rsplit('/').nth(1).unwrap_or_default()
}

/// What a file is by its name.
pub(super) fn format(name: &str) -> Option<Format> {
    let (file, within) = (base(name), folder(name));
    let end = file.rsplit_once('.').map_or("", |(_, end)| end);
    let stem = file.strip_suffix(".env").unwrap_or(file);
    // RKE2 goes by the names of its units
    let service = stem.strip_suffix("-server").or(stem.strip_suffix("-agent")).filter(|name| matches!(*name, "k3s" | "rke2"));
    let variables = matches!(within, "default" | "sysconfig") && PROGRAMS.contains(&service.unwrap_or(stem));
    match end {
        "service" => Some(Format::Unit),
        "conf" if within.ends_with(".service.d") => Some(Format::Unit),
        "env" => Some(Format::Environment),
        "conf" if file == "etcd.conf" => Some(Format::Environment),
        "cmdline" => Some(Format::CommandLine),
        "crt" | "cert" => Some(Format::Certificates),
        "pem" => Some(Format::Certificates),
        "toml" if file == "hosts.toml" && name.rsplit('/').nth(2) == Some("certs.d") => Some(Format::ContainerdHosts),
        "toml" if within == "containerd" || file.starts_with("containerd") => Some(Format::Containerd),
        _ if variables => Some(Format::Environment),
        _ if file == "os-release" => Some(Format::OsRelease),
        _ => None,
    }
}

/// Whether a file is worth opening by its name, where any folder is scanned. Certificates are not: they say something
/// of a node alone.
pub(super) fn is_candidate(name: &str) -> bool {
    let configuration = name.ends_with(".conf") && !name.ends_with("/nginx.conf");
    configuration || format(name).is_some_and(|format| format != Format::Certificates)
}

/// What the documents of a file are that say no `apiVersion` and `kind`, by its name.
#[must_use]
pub fn implied(name: &str) -> (&'static str, &'static str) {
    let (file, within) = (base(name), folder(name));
    let yaml = file.ends_with(".yaml") || file.ends_with(".yml");
    let parts = || name.rsplit('/').skip(1).take(2);
    let rancher = |part: &str| matches!(part, "k3s" | "rke2");
    let drop_in = within == "config.yaml.d" && parts().any(rancher);
    let named = matches!(file, "k3s.yaml" | "rke2.yaml" | "k3s-config.yaml" | "rke2-config.yaml");
    if yaml && (matches!(file, "config.yaml" | "config.yml") && rancher(within) || drop_in || named) {
        return (API_VERSION, "RancherConfig");
    }
    if yaml && (file.starts_with("etcd.conf.") || file.starts_with("etcd-config.")) {
        return (API_VERSION, "EtcdConfig");
    }
    ("", "")
}

/// Whether a text is a command line of a component: what a person pipes in has no name.
pub(super) fn is_command_line(text: &str) -> bool {
    let line = text.lines().map(str::trim_start).find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default();
    let mut parts = line.split_ascii_whitespace();
    let program = parts.next().map(base).unwrap_or_default();
    PROGRAMS.contains(&program)
        && parts.next().is_none_or(|next| next.starts_with('-') || next == "\\" || next == "server" || next == "agent")
}

/// The control plane's configuration in a form that is not read: whose it is, and where that shows.
pub(super) fn foreign(text: &str) -> Option<(&'static str, usize)> {
    let top = |key: &str| {
        let starts = |at: &usize| *at == 0 || text.as_bytes()[at - 1] == b'\n';
        memchr::memmem::find_iter(text.as_bytes(), key).find(starts)
    };
    if let Some(at) = top("machine:") {
        return (top("cluster:").is_some() && top("version: v1alpha1").is_some()).then_some(("Talos", at));
    }
    let at = top("services:").filter(|_| top("nodes:").is_some())?;
    text[at..].contains("\n  kube-api:").then_some(("RKE", at))
}

/// Reads a file of a node into trees, one a thing that it holds.
///
/// # Errors
/// Why it is none of that kind, with the offset.
pub(super) fn read(format: Format, text: Arc<str>, name: &str) -> Result<(Tree, Vec<Document>), (usize, String)> {
    let short = base(name);
    let (kind, drafts) = match format {
        Format::Unit => ("Unit", vec![unit::unit(&text, &unit_name(name))]),
        Format::Environment => ("Environment", vec![unit::environment(&text, short)]),
        Format::OsRelease => ("OsRelease", vec![unit::environment(&text, short)]),
        Format::CommandLine => ("CommandLine", command_lines(&text)),
        Format::Certificates => ("Certificate", certificate::drafts(&text, short)?),
        Format::Containerd => ("ContainerdConfig", vec![toml::draft(&text, short)?]),
        // its folder is the registry's host
        Format::ContainerdHosts => ("ContainerdHosts", vec![toml::draft(&text, folder(name))?]),
    };
    let mut builder = Builder::new(text);
    let mut documents = Vec::new();
    for draft in drafts {
        let root = typed(draft, kind).build(&mut builder);
        documents.push(Document { root, number: documents.len() as u32 + 1, tainted: false });
    }
    Ok((builder.finish(), documents))
}

/// A unit by its name; a drop-in goes by its unit's.
fn unit_name(name: &str) -> String {
    match folder(name).strip_suffix(".d") {
        Some(unit) => unit.to_owned(),
        None => base(name).to_owned(),
    }
}

fn typed(draft: Draft, kind: &str) -> Draft {
    let Draft::Mapping(span, entries) = draft else { return draft };
    let value = |text: &str| Draft::Told((0, 0), text.to_owned());
    let head = [(Draft::key("apiVersion"), value(API_VERSION)), (Draft::key("kind"), value(kind))];
    Draft::Mapping(span, head.into_iter().chain(entries).collect())
}

/// One draft a command line: a component with its arguments, wherever in a line it begins, as in what `ps` shows.
fn command_lines(text: &str) -> Vec<Draft> {
    let all = words(text, (0, text.len()), Dialect::Shell);
    let lines = all.split(|word| word.operator && word.text == "\n");
    let draft = |line: &[super::command::Word]| {
        let from = line.iter().position(|word| PROGRAMS.contains(&base(&word.text)))?;
        let words: Vec<_> = line[from..].iter().take_while(|word| !word.operator).cloned().collect();
        let (first, last) = (words.first()?.span, words.last()?.span);
        let name = base(&words.first()?.text).to_owned();
        let command = Draft::Sequence(unit::span(first.0, last.1), unit::drafts(words));
        Some(Draft::Mapping(unit::span(first.0, last.1), vec![Draft::metadata(&name), (Draft::key("command"), command)]))
    };
    lines.filter_map(draft).collect()
}

impl File {
    /// What its documents are where they do not say.
    #[must_use]
    pub fn implied(&self) -> (&'static str, &'static str) {
        if super::kustomization::is_kustomization(self.name()) {
            return ("kustomize.config.k8s.io/v1beta1", "Kustomization");
        }
        implied(self.name())
    }
}
