//! The built-in exceptions.

use cnscan::policy::{Candidate, builtin};

use crate::excuser::{candidate, excuse};

#[test]
fn built_in_exceptions() {
    let proxy = Candidate { images: &["registry.k8s.io/kube-proxy:v1.34.0@sha256:00"], ..candidate() };
    let (reasons, notices) = excuse("", &[proxy], &[]);
    assert!(reasons[0].starts_with("builtin: kube-proxy: "), "{reasons:?}");
    assert_eq!(notices, Vec::<String>::new(), "the others are not missed");
    let others = [
        Candidate { images: &["registry.k8s.io/kube-proxy", "example.com/beside"], ..candidate() },
        Candidate { images: &["kube-proxy"], ..candidate() },
        Candidate { images: &[], ..candidate() },
        Candidate { namespace: "shop", ..proxy },
        Candidate { kind: "Deployment", ..proxy },
        Candidate { path: "spec.template.spec.hostPID", check: "pss-host-namespaces", ..proxy },
    ];
    assert_eq!(excuse("", &others, &[]).0, [""; 6]);
    assert_eq!(excuse("builtin_exceptions: false\n", &[proxy], &[]).0, [""]);
    // a path of the node by its name, in whatever spelling, and no other one
    let path = "spec.template.spec.volumes[1].hostPath.path";
    let exporter = Candidate {
        check: "pod-host-path-sensitive",
        namespace: "monitoring",
        images: &["quay.io/prometheus/node-exporter:v1.9.1"],
        path,
        ..candidate()
    };
    let seen = ["/sys", "/sys/", "/", "/etc/kubernetes", "/sys/fs", "data"];
    let seen = seen.map(|observed| Candidate { observed, ..exporter });
    let excused: Vec<_> = excuse("", &seen, &[]).0.iter().map(|reason| !reason.is_empty()).collect();
    assert_eq!(excused, [true, true, true, false, false, false]);
    assert!(builtin::listed().iter().all(|row| !row.checks.is_empty() && !row.sources.is_empty()));
}
