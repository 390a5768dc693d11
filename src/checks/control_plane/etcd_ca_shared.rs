//! etcd lets in whoever has a certificate of the authority that it trusts.

use crate::checks::{Check, Probe, Severity, Surface, Verdict};
use crate::model::host_file::GROUP;
use crate::model::{Component, GroupKind, Role};

pub(super) static CHECK: Check = Check {
    id: "etcd-ca-shared",
    title: "etcd trusts the authority that signs the cluster's clients",
    topic: "control_plane",
    severity: Severity::High,
    why: "Every client certificate of the cluster, a user's or a kubelet's, then opens the database, past all rights.",
    fix: "Give etcd a CA of its own, as kubeadm does: `/etc/kubernetes/pki/etcd/ca.crt`.",
    how: "Compares the CA that etcd trusts with that of the API server's clients. Fails when both are one file, or the files hold the same certificate. Passes when the files hold different ones. Where the paths differ and the files are not in the evidence, or no API server is, it is for review.",
    surfaces: &[Surface::Host],
    blind: "Certificates in files that hold several: the first counts.",
    refs: &["https://kubernetes.io/docs/setup/best-practices/certificates/"],
    maps: &[("cis", &["2.7"]), ("owasp_k8s_2022", &["K09"]), ("owasp_k8s_2025", &["K07"]), ("cwe", &["CWE-295"])],
    probe: Probe::Component(&[Role::Etcd], probe),
    ..Check::BASE
};

const CERTIFICATE: GroupKind = GroupKind::new(GROUP, "Certificate");

fn probe(etcd: &Component<'_>) -> Verdict {
    if etcd.distribution() == Some("k3s") {
        return Verdict::Skip("k3s and RKE2 make an authority for etcd alone".into());
    }
    let trusted = etcd.flag("trusted-ca-file");
    if trusted.is_empty() {
        return Verdict::Skip("etcd trusts no authority: etcd-mutual-tls-missing says so".into());
    }
    let scan = etcd.scan();
    let world = etcd.object().world;
    let components = scan.evidence.components().records().iter().map(|record| Component { scan, record });
    let mut servers = components.filter(|other| other.role() == Role::ApiServer && other.object().world == world);
    let Some(clients) = servers.find_map(|server| server.flag("client-ca-file").value) else {
        return trusted.doubt("no API server is seen whose client CA it could be compared with");
    };
    let expected = "an authority of its own";
    if trusted.str() == clients {
        return trusted.fault(format!("etcd and the API server's clients have one authority, {clients}")).expected(expected).into();
    }
    let print = |path: &str| etcd.file(path, &[CERTIFICATE]).map(|found| found.at("fingerprint").str());
    match (print(trusted.str()), print(clients)) {
        (Some(own), Some(other)) if own == other => trusted
            .fault(format!("it holds the same certificate as {clients}, the authority of the API server's clients"))
            .expected(expected)
            .into(),
        (Some(_), Some(_)) => Verdict::Pass,
        _ => trusted.doubt(format!("whether it holds another certificate than {clients} is not known: the files are not in the evidence")),
    }
}
