//! The embedded catalog against the one that upstream publishes, and the embedded profiles against the catalog.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on is a test that fails")]

use std::collections::BTreeSet;
use std::path::PathBuf;

use cnscan::policy::upstream::{Diff, Upstream};
use cnscan::policy::{Catalog, Coverage, Profile};

/// Upstream's files, which are not part of this repository.
fn upstream() -> Option<Upstream> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/catalog");
    if !folder.is_dir() {
        eprintln!("skipped: {} is not there", folder.display());
        return None;
    }
    Some(Upstream::read(&folder).unwrap())
}

#[test]
fn it_is_upstreams_catalog() {
    let Some(upstream) = upstream() else { return };
    let diff = Diff::new(Catalog::embedded(), &upstream);
    assert!(diff.is_empty() && diff.nist_compared, "{}", diff.lines().join("\n"));
    assert_eq!(upstream.guidelines.len(), 214);
    assert_eq!(upstream.nist.unwrap().len(), 176);
}

#[test]
fn it_is_whole() {
    let catalog = Catalog::embedded();
    let ids: BTreeSet<_> = catalog.controls().map(|control| control.id.as_str()).collect();
    assert_eq!((catalog.controls().count(), ids.len()), (214, 214));
    let mapped = catalog.controls().filter(|control| !control.nist.is_empty()).count();
    assert_eq!(mapped, 176);
    let groups: Vec<_> = catalog.groups.iter().map(|group| group.slug.as_str()).collect();
    assert_eq!(groups.len(), 11);
    assert_eq!((groups[0], groups[10]), ("access", "securing-the-source-code"), "{groups:?}");
    assert_eq!(catalog.sha256.len(), 64);
}

#[test]
fn every_control_says_what_it_is() {
    for control in Catalog::embedded().controls() {
        let id = &control.id;
        assert!(!control.summary.is_empty() && !control.papers.is_empty(), "{id}");
        match control.coverage {
            Coverage::Full => assert!(control.leaves.is_empty() || !control.proves.is_empty(), "{id}"),
            Coverage::Partial => assert!(!control.leaves.is_empty() && !control.attest.is_empty(), "{id} leaves something open"),
            Coverage::None => assert!(control.checks.is_empty() && !control.attest.is_empty(), "{id} has no check"),
        }
        let bound: BTreeSet<_> = control.checks.iter().chain(&control.planned).collect();
        assert_eq!(bound.len(), control.checks.len() + control.planned.len(), "{id} names a check twice");
    }
}

#[test]
fn controls_are_found_in_any_case() {
    let catalog = Catalog::embedded();
    assert_eq!(catalog.find("cnsc-1").unwrap().title, "Runtime Secret Injection");
    assert!(catalog.find("CNSC-0").is_none());
    assert_eq!(catalog.group("Securing Artefacts").unwrap().slug, "securing-artefacts");
    assert_eq!(catalog.group("ACCESS").unwrap().title, "Access");
}

#[test]
fn profiles_hold_what_their_papers_do() {
    let profiles = Profile::embedded();
    let names: Vec<_> = profiles.iter().map(|profile| profile.name.as_str()).collect();
    assert_eq!(names, ["all", "cis-1.12", "cnswp-v1", "cnswp-v2", "default", "nsa-cisa", "pss-baseline", "pss-restricted", "sscp-v1"]);
    let count = |name: &str| profiles.iter().find(|profile| profile.name == name).unwrap().requirements.len();
    assert_eq!((count("all"), count("default")), (214, 195));
    assert_eq!((count("pss-baseline"), count("pss-restricted")), (12, 19));
    for profile in &profiles {
        let ids: BTreeSet<_> = profile.requirements.iter().map(|requirement| &requirement.id).collect();
        assert_eq!(ids.len(), profile.requirements.len(), "{}", profile.name);
        assert!(!profile.title.is_empty() && !profile.description.is_empty(), "{}", profile.name);
    }
}

#[test]
fn pod_security_levels_are_groups() {
    let profile = Profile::embedded().into_iter().find(|profile| profile.name == "pss-restricted").unwrap();
    let requirement = profile.find("PSS-B-PRIVILEGED").unwrap();
    assert_eq!((requirement.framework.as_str(), requirement.group.as_str()), ("PSS", "baseline"));
    assert_eq!(requirement.checks, ["pss-privileged-container"]);
}

#[test]
fn differences_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let text = "metadata: {type: GuidanceCatalog, version: 1.2.0}
guidelines:
- {id: CNSC-1, title: Another title, group: Access, applicability: [CNSWP-v1.0]}
- {id: CNSC-2, title: Mutual Authentication, group: Storage, applicability: [SSCP-v1.0, CNSWP-v1.0]}
- {id: CNSC-300, title: New, group: Access, applicability: []}
";
    let path = folder.path().join("catalog.yaml");
    std::fs::write(&path, text).unwrap();
    let diff = Diff::new(Catalog::embedded(), &Upstream::read(&path).unwrap());
    assert_eq!(diff.version.as_ref().unwrap().theirs, "1.2.0");
    assert_eq!(diff.added, [("CNSC-300".to_owned(), "New".to_owned())]);
    assert_eq!(diff.dropped.len(), 212);
    assert_eq!((diff.renamed.len(), diff.regrouped.len(), diff.applicability.len()), (1, 1, 1));
    assert!(!diff.nist_compared && diff.nist.is_empty());
    let lines = diff.lines();
    for line in [
        "CNSC: edition: 1.1.0 → 1.2.0",
        "CNSC-300: only upstream: New",
        "CNSC-2: group: Access → Storage",
        "CNSC-2: papers: CNSWP-v1.0 → CNSWP-v1.0, SSCP-v1.0",
        "CNSC-1: title: Runtime Secret Injection → Another title",
    ] {
        assert!(lines.iter().any(|said| said == line), "{line}");
    }

    std::fs::write(&path, "hello: there\n").unwrap();
    assert!(Upstream::read(&path).unwrap_err().to_string().contains("no `guidelines` in it"));
}
