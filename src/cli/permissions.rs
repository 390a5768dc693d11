//! `permissions`

use std::io::Write;

use anyhow::Result;
use serde_json::Value;

use super::Streams;
use super::args::{Permissions, RoleFormat};
use crate::policy::{self, Policy, permissions};

pub(super) fn run(args: &Permissions, streams: &mut Streams<'_>) -> Result<()> {
    if args.publish {
        let role = permissions::publishing_role();
        match args.format {
            RoleFormat::Json => writeln!(streams.out, "{role:#}")?,
            RoleFormat::Yaml => {
                writeln!(
                    streams.out,
                    "# What `cnscan scan --cluster --publish` writes, and no more: made by `cnscan permissions --publish`."
                )?;
                yaml(&role, streams.out)?;
            }
        }
        return Ok(());
    }
    let policy = Policy::load(&policy::Request { profile: Some(args.profile.clone()), ..policy::Request::default() })?;
    let role = permissions::cluster_role(&policy.checks, args.kubelets);
    match args.format {
        RoleFormat::Json => writeln!(streams.out, "{role:#}")?,
        RoleFormat::Yaml => {
            head(&policy.profile.name, args.kubelets, streams.out)?;
            yaml(&role, streams.out)?;
        }
    }
    Ok(())
}

fn head(profile: &str, kubelets: bool, out: &mut dyn Write) -> Result<()> {
    let flags = if kubelets { " --kubelets" } else { "" };
    writeln!(
        out,
        "# What `cnscan scan --cluster --profile {profile}` reads, and no more: made by `cnscan permissions --profile {profile}{flags}`."
    )?;
    writeln!(out, "# A kind of yours that may hold pods, by its schema, and is not listed here is a gap: add it to have it judged.")?;
    writeln!(out, "# To learn what is served, and what it may do itself, every account is allowed anyway.")?;
    Ok(())
}

/// The role as a manifest that says what it is for.
fn yaml(role: &Value, out: &mut dyn Write) -> Result<()> {
    let name = role["metadata"]["name"].as_str().unwrap_or_default();
    writeln!(out, "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: {name}")?;
    writeln!(out, "  labels:\n    app.kubernetes.io/name: cnscan\nrules:")?;
    let list = |value: &Value| {
        let words = value.as_array().into_iter().flatten().filter_map(Value::as_str);
        words.map(|word| if matches!(word, "" | "*") { format!("\"{word}\"") } else { word.to_owned() }).collect::<Vec<_>>()
    };
    for rule in role["rules"].as_array().into_iter().flatten() {
        let resources = list(&rule["resources"]);
        if resources == ["secrets"] {
            writeln!(
                out,
                "# Names and labels of Secrets, never their data: cnscan asks for metadata alone. RBAC cannot hold it to that: whoever"
            )?;
            writeln!(out, "# may list Secrets may read them. Without this rule Secrets are a gap, and what rests on them does not pass.")?;
            writeln!(out, "# cnscan: excuse rbac-secrets-read it asks for the metadata of Secrets alone")?;
        }
        if resources == ["nodes/proxy"] {
            writeln!(out, "# The configuration of kubelets. Beware: RBAC cannot hold its reader to that; by the same right he may run")?;
            writeln!(out, "# commands in every pod. Without this rule what rests on it is not assessed.")?;
            writeln!(out, "# cnscan: excuse rbac-nodes-proxy it asks for /configz alone")?;
        }
        if list(&rule["verbs"]).iter().any(|verb| verb == "delete") {
            writeln!(
                out,
                "# cnscan: excuse rbac-audit-evidence-delete its own reports, known by a label, make way for those of the next scan"
            )?;
        }
        if resources == ["\"*\""] {
            writeln!(out, "# cnscan: excuse rbac-wildcard-rule reading alone, of a group in which each constraint is a kind of its own")?;
        }
        writeln!(out, "- apiGroups: [{}]\n  resources:", list(&rule["apiGroups"]).join(", "))?;
        for resource in resources {
            writeln!(out, "  - {resource}")?;
        }
        writeln!(out, "  verbs: [{}]", list(&rule["verbs"]).join(", "))?;
    }
    Ok(())
}
