//! Whoever may talk to what manages storage may attach any volume, or delete it.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::{Field, GroupKind, Object, Pod, Scan, exposure, kinds, plain_http};

pub(super) static CHECK: Check = Check {
    id: "storage-control-plane-tls-missing",
    title: "storage is managed without TLS or without a login",
    topic: "storage",
    severity: Severity::Medium,
    why: "From any pod that reaches the controller, volumes can be created, attached and deleted, past every role and policy of the cluster.",
    fix: "Switch on the TLS and the login of the storage operator: `apiTLS`, `security.enabled`, `requestAutoCert`, `useCHAP`, https for management.",
    how: "Fails for a LinstorCluster without `apiTLS`, a Portworx StorageCluster without `security.enabled`, a MinIO Tenant with neither `requestAutoCert` nor certificates of its own, a Trident backend over iSCSI without CHAP, management addresses of Trident, LINSTOR and StorageClasses that are http, and a Ceph dashboard without `ssl` that is reachable from outside. For review: such a dashboard within the cluster, Ceph and LINSTOR without encryption between their parts, and Longhorn without the Secret longhorn-grpc-tls. Does not apply to other DaemonSets and classes.",
    needs: &[kinds::SERVICE, kinds::INGRESS, kinds::SECRET],
    blind: "Management interfaces of arrays and providers, TLS that a mesh adds, and whose a client's certificate is.",
    refs: &[
        "https://rook.io/docs/rook/latest/CRDs/Cluster/ceph-cluster-crd/",
        "https://linbit.com/drbd-user-guide/linstor-guide-1_0-en/",
        "https://docs.netapp.com/us-en/trident/trident-use/ontap-san.html",
        "https://longhorn.io/docs/latest/advanced-resources/security/mtls-support/",
    ],
    maps: &[("owasp_k8s_2022", &["K09"]), ("owasp_k8s_2025", &["K07"]), ("cwe", &["CWE-306", "CWE-319"])],
    probe: Probe::Object(SUBJECTS, probe),
    ..Check::BASE
};

const SUBJECTS: &[GroupKind] = &[
    GroupKind::new("ceph.rook.io", "CephCluster"),
    GroupKind::new("piraeus.io", "LinstorCluster"),
    GroupKind::new("core.libopenstorage.org", "StorageCluster"),
    GroupKind::new("minio.min.io", "Tenant"),
    GroupKind::new("trident.netapp.io", "TridentBackendConfig"),
    kinds::STORAGE_CLASS,
    kinds::DAEMON_SET,
];
const SECRETS: &[GroupKind] = &[kinds::SECRET];

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let spec = object.at("spec");
    match object.kind {
        "CephCluster" => ceph(object, scan),
        "LinstorCluster" => linstor(spec),
        "StorageCluster" => {
            let enabled = spec.at("security").key("enabled");
            let open = !enabled.is_true();
            open.then(|| enabled.fault("Portworx takes commands from everybody who reaches it").expected("true")).into()
        }
        "Tenant" => {
            let (auto, own) = (spec.key("requestAutoCert"), spec.key("externalCertSecret"));
            let plain = auto.bool() == Some(false) && own.is_empty();
            plain
                .then(|| auto.fault(format!("MinIO tenant {} speaks without TLS", object.name)).expected("true, or externalCertSecret"))
                .into()
        }
        "TridentBackendConfig" => trident(spec),
        "StorageClass" => {
            let parameters = object.at("parameters").entries();
            let faults: Vec<_> = parameters.into_iter().filter_map(|(_, value)| plain_http::fault(value, "storage is managed")).collect();
            if faults.is_empty() { Verdict::Skip("no address in it that is spoken to without TLS".into()) } else { faults.into() }
        }
        _ => longhorn(object, scan),
    }
}

fn ceph(cluster: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let spec = cluster.at("spec");
    let (dashboard, connections) = (spec.key("dashboard"), spec.at("network.connections"));
    let ssl = dashboard.key("ssl");
    let plain = (dashboard.key("enabled").is_true() && !ssl.is_true()).then(|| {
        let exposed = exposed(cluster, scan);
        let how = if exposed { ", and is reachable from outside" } else { "" };
        let fault = ssl.fault(format!("the dashboard of Ceph is without TLS{how}")).expected("true");
        if exposed { fault } else { fault.severity(Severity::Low).doubt() }
    });
    let encrypted = connections.at("encryption").key("enabled");
    let said = "Ceph's parts prove who they are (cephx), but speak in the clear: is the network theirs alone";
    let clear = (!encrypted.is_true()).then(|| encrypted.fault(said).expected("true").doubt());
    plain.into_iter().chain(clear).collect()
}

/// Whether a Service or an Ingress leads from outside to the dashboard.
fn exposed(cluster: &Object<'_>, scan: &Scan<'_>) -> bool {
    let own = |object: &&Object<'_>| object.namespace == cluster.namespace;
    let evidence = scan.evidence;
    let to_manager = |service: &Object<'_>| {
        let app = service.at("spec.selector.app").str() == "rook-ceph-mgr";
        let serves = |port: Field<'_>| port.key("name").str().contains("dashboard") || matches!(port.key("port").str(), "7000" | "8443");
        app && service.at("spec.ports").items().any(serves)
    };
    let open = |service: &Object<'_>| matches!(service.at("spec.type").str(), "NodePort" | "LoadBalancer") && to_manager(service);
    let leads = |ingress: &Object<'_>| exposure::backends(ingress).any(|name| name.str().starts_with("rook-ceph-mgr-dashboard"));
    evidence.of_kind_in(cluster.world, kinds::SERVICE).filter(own).any(open)
        || evidence.of_kind_in(cluster.world, kinds::INGRESS).filter(own).any(leads)
}

fn linstor(spec: Field<'_>) -> Verdict {
    let outside = spec.at("externalController.url");
    if outside.exists() {
        return plain_http::fault(outside, "LINSTOR's controller is reached").into();
    }
    let (api, inner) = (spec.key("apiTLS"), spec.key("internalTLS"));
    let open = (!api.exists()).then(|| api.fault("the API of LINSTOR takes commands from everybody who reaches it").expected("apiTLS"));
    let clear = (!inner.exists()).then(|| {
        inner
            .fault("LINSTOR's controller and its satellites speak in the clear: is the network theirs alone")
            .expected("internalTLS")
            .doubt()
    });
    open.into_iter().chain(clear).collect()
}

fn trident(spec: Field<'_>) -> Verdict {
    let (driver, chap) = (spec.key("storageDriverName"), spec.key("useCHAP"));
    // over iSCSI unless another protocol is named
    let iscsi = matches!(driver.str(), "ontap-san" | "ontap-san-economy") && matches!(spec.key("sanType").str(), "" | "iscsi");
    let open = (iscsi && !chap.is_true()).then(|| chap.fault("volumes are attached by iSCSI without a login").expected("true"));
    let off = driver.str() == "solidfire-san" && chap.bool() == Some(false);
    let off = off.then(|| chap.fault("volumes are attached by iSCSI without a login").expected("true"));
    let addresses =
        ["managementLIF", "Endpoint", "endpoint"].into_iter().filter_map(|key| plain_http::fault(spec.key(key), "storage is managed"));
    open.into_iter().chain(off).chain(addresses).collect()
}

/// The managers of Longhorn speak TLS with each other where a Secret of this name is.
fn longhorn(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let mut containers = scan.evidence.pods_in(object).iter().flat_map(|record| Pod { scan, record }.containers());
    let manager = containers.find(|container| container.reference().is_ok_and(|image| image.base_name() == "longhorn-manager"));
    let Some(manager) = manager else { return Verdict::Skip("no manager of storage".into()) };
    let mut secrets = scan.evidence.of_kind_in(object.world, kinds::SECRET);
    if secrets.any(|secret| secret.name == "longhorn-grpc-tls" && secret.namespace == object.namespace) {
        return Verdict::Pass;
    }
    let said = "the managers of Longhorn and their engines speak in the clear: is the network theirs alone";
    let fault: Fault = manager.image().fault(said).observed("").expected("the Secret longhorn-grpc-tls");
    fault.missing(SECRETS).severity(Severity::Low).doubt().into()
}
