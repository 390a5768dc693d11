//! Traces that stay on one node vanish with it, or with whoever breaks in there.

use crate::checks::{Aspect, Check, Fault, Probe, Severity, Surface, Verdict};
use crate::model::{Component, Role, kinds};

pub(super) static CHECK: Check = Check {
    id: "audit-log-retention-short",
    title: "audit records are kept short, or on the node alone",
    topic: "control_plane",
    severity: Severity::Medium,
    why: "Most intrusions are found after weeks; whoever owns the node deletes what lies on it.",
    fix: "Ship audit records to storage outside of the cluster: `--audit-webhook-config-file`, or an agent that reads the log's folder; keep 30 days.",
    how: "Fails when records are kept for less than 30 days or in less than 10 files, and nothing ships them. A webhook ships them; a pod that mounts the log's folder seems to, and is for review. Absent flags mean no limit before 1.36, and 366 days in 100 files of 100 MB since. Long retention without shipping is for review.",
    surfaces: &[Surface::Host, Surface::Cluster],
    needs: &[kinds::POD, kinds::DAEMON_SET],
    blind: "Where a shipper sends what it reads, how much a day writes, and a provider's control plane.",
    refs: &["https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/"],
    maps: &[
        ("cis", &["1.2.17", "1.2.18", "1.2.19"]),
        ("owasp_k8s_2022", &["K05"]),
        ("owasp_k8s_2025", &["K10"]),
        ("mitre", &["T1070"]),
        ("cwe", &["CWE-778"]),
    ],
    aspects: &[
        Aspect::roles(&[Role::ApiServer], "kube-apiserver/audit-log-maxage"),
        Aspect::roles(&[Role::ApiServer], "kube-apiserver/audit-log-maxbackup"),
        Aspect::roles(&[Role::ApiServer], "kube-apiserver/audit-log-maxsize"),
    ],
    probe: Probe::Component(&[Role::ApiServer], probe),
    ..Check::BASE
};

fn probe(server: &Component<'_>) -> Verdict {
    let path = server.flag("audit-log-path");
    if server.flag("audit-policy-file").is_empty() || path.is_empty() && server.flag("audit-webhook-config-file").is_empty() {
        return Verdict::Skip("nothing is audited: audit-log-disabled says so".into());
    }
    if !server.flag("audit-webhook-config-file").is_empty() {
        return Verdict::Pass;
    }
    let (days, files, size) = (server.flag("audit-log-maxage"), server.flag("audit-log-maxbackup"), server.flag("audit-log-maxsize"));
    let faults: Vec<Fault> = [
        days.int()
            .filter(|days| (1..30).contains(days))
            .map(|_| days.fault(format!("records are kept for {} days", days.str())).expected("30 or more")),
        files
            .int()
            .filter(|files| (1..10).contains(files))
            .map(|_| files.fault(format!("records are kept in {} files", files.str())).expected("10 or more")),
        size.int().filter(|size| (1..100).contains(size)).map(|_| {
            size.fault(format!("a file of records is full with {} MB", size.str())).expected("100 or more").severity(Severity::Low)
        }),
    ]
    .into_iter()
    .flatten()
    .collect();
    if path.str() == "-" {
        return path.doubt("records go to the output of the container: whether that is collected and kept is not known");
    }
    if let Some(name) = shipper(server, path.str()) {
        return path.doubt(format!("{name} mounts the folder of the records: whether it ships them is not known"));
    }
    if !faults.is_empty() {
        return faults.into();
    }
    path.doubt("records are kept on the node, and nothing is seen that ships them")
}

/// A pod beside the API server that sees the folder of its log.
fn shipper(server: &Component<'_>, path: &str) -> Option<String> {
    let evidence = server.scan().evidence;
    let others = evidence.pods().iter().filter(|pod| pod.object != server.object().id && server.serves(evidence.object(pod.object)));
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mounts = |path: &str| !folder.is_empty() && (folder == path || folder.starts_with(&format!("{}/", path.trim_end_matches('/'))));
    let sees = others.into_iter().find(|pod| {
        let own = evidence.object(pod.object);
        !matches!(own.kind, "Pod") && pod.volumes().any(|volume| volume.at("hostPath.path").text().is_some_and(mounts))
    });
    sees.map(|pod| evidence.object(pod.object).name.to_owned())
}
