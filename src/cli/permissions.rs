//! `permissions`

use std::io::Write;

use anyhow::Result;
use serde_json::Value;

use super::Streams;
use super::args::{Permissions, RoleFormat};
use crate::policy::{self, Policy, permissions};

pub(super) fn run(args: &Permissions, streams: &mut Streams<'_>) -> Result<()> {
    let policy = Policy::load(&policy::Request { profile: Some(args.profile.clone()), ..policy::Request::default() })?;
    let role = permissions::cluster_role(&policy.checks);
    match args.format {
        RoleFormat::Json => writeln!(streams.out, "{role:#}")?,
        RoleFormat::Yaml => yaml(&policy.profile.name, &role, streams.out)?,
    }
    Ok(())
}

/// The role as a manifest that says what it is for.
fn yaml(profile: &str, role: &Value, out: &mut dyn Write) -> Result<()> {
    writeln!(
        out,
        "# What `cnscan scan --cluster --profile {profile}` reads, and no more: made by `cnscan permissions --profile {profile}`."
    )?;
    writeln!(out, "# Workloads of operators that are not listed here are not read; add their resources to have them judged.")?;
    writeln!(out, "# To ask who it is and what it may do (self reviews), every account is allowed anyway.")?;
    writeln!(out, "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: cnscan")?;
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
