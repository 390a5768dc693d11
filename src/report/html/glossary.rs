//! The words of the page explained, and those kinds of object that findings are on.

use std::collections::BTreeSet;

use maud::html;

use super::page::Part;
use super::terms::{label, meaning};
use crate::assess::{Assessment, Status};

const TERMS: [(&str, &str); 20] = [
    (
        "Attestation",
        "A signed statement of a person about what no check can see. It has a date of expiry, and never outweighs a failed check.",
    ),
    ("Baseline", "An earlier result that this one was compared with: what it has already is known, the rest is new."),
    ("Catalog", "The collection of controls that the report speaks of: Cloud Native Security Controls, by the CNCF."),
    ("Check", "One search for one kind of fault. Its title states the fault."),
    ("Container", "A program with all that it needs, packed to run anywhere; several may make up a pod."),
    ("Control", "Something that a secure system is to do or to have, as the catalog puts it. Checks show whether it holds."),
    ("Exception", "A decision to live with a fault for a time, with a reason and somebody who answers for it."),
    ("Field", "One setting in a file, named by the way to it: spec.containers[0].image is the image of the first container."),
    ("Finding", "One place where a check found its fault, or could not tell."),
    ("Gap", "Something that was to be looked at and could not be: an unreadable file, a refused list. Whatever rests on it does not pass."),
    ("Hash", "A fingerprint of bytes. The same hash means the same bytes."),
    ("Kubernetes", "The software that runs containers on many machines. Files called manifests tell it what to run."),
    ("Manifest", "A file, mostly in YAML, that describes objects for Kubernetes."),
    ("Namespace", "A compartment of a cluster, mostly one for each team or application."),
    (
        "NIST SP 800-53",
        "A catalog of controls of the United States' standards institute. A control here may support one there; it does not satisfy it.",
    ),
    ("Object", "One thing that Kubernetes keeps, such as a Deployment or a Secret."),
    ("Pod", "The smallest thing that Kubernetes runs: one or more containers together."),
    ("Profile", "The selection of controls that this scan was held against."),
    ("Severity", "How bad a fault is where it stands: critical, high, medium, low or info, judged for a common system."),
    ("Subject", "What a check looked at: an object, or one container of it."),
];

/// Kinds in a word or two.
const KINDS: [(&str, &str); 26] = [
    ("ClusterRole", "A set of rights over the whole cluster."),
    ("ClusterRoleBinding", "Gives a ClusterRole to people or programs."),
    ("ConfigMap", "Settings for programs, readable by anyone who may read the namespace."),
    ("CronJob", "Runs a task at set times."),
    ("CustomResourceDefinition", "Teaches Kubernetes a new kind of object."),
    ("DaemonSet", "Runs one pod on every machine."),
    ("Deployment", "Keeps a number of equal pods running."),
    ("Gateway", "An entry for traffic from outside."),
    ("HTTPRoute", "Says which program answers which web address."),
    ("Ingress", "Lets web traffic from outside reach programs in the cluster."),
    ("Job", "Runs a task once, to its end."),
    ("MutatingWebhookConfiguration", "Calls a program that may change objects before they are kept."),
    ("Namespace", "A compartment of the cluster."),
    ("NetworkPolicy", "A firewall rule between pods."),
    ("PersistentVolume", "A piece of storage."),
    ("PersistentVolumeClaim", "A request for storage."),
    ("Pod", "One or more containers that run together."),
    ("ReplicaSet", "Keeps a number of equal pods running, mostly for a Deployment."),
    ("Role", "A set of rights in one namespace."),
    ("RoleBinding", "Gives a Role to people or programs."),
    ("Secret", "Passwords, keys and the like."),
    ("Service", "A stable address for a set of pods."),
    ("ServiceAccount", "The identity that a program in the cluster has."),
    ("StatefulSet", "Runs pods that keep their name and storage."),
    ("StorageClass", "A sort of storage that can be asked for."),
    ("ValidatingWebhookConfiguration", "Calls a program that may refuse objects."),
];

pub(super) fn part(assessment: &Assessment) -> Option<Part> {
    let seen: BTreeSet<&str> = assessment.findings.iter().map(|finding| finding.subject.kind.as_str()).collect();
    let kinds: Vec<_> = KINDS.iter().filter(|(kind, _)| seen.contains(kind)).collect();
    let body = html! {
        h3 { "The status of a control" }
        dl { @for status in Status::ALL { dt { (label(status)) } dd { (meaning(status)) } } }
        h3 { "Words" }
        dl { @for (word, text) in TERMS { dt { (word) } dd { (text) } } }
        @if !kinds.is_empty() {
            h3 { "Kinds of object in this report" }
            dl { @for (word, text) in kinds { dt { (word) } dd { (text) } } }
        }
    };
    Some(Part::new("glossary", "Glossary", body))
}
