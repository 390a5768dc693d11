//! Reports as objects of the cluster.

use super::*;

/// The definitions of the kinds of reports, from a folder of these, else such as take anything.
fn define_reports(cluster: &Cluster) {
    for (group, version, kind, plural, scope) in [
        ("wgpolicyk8s.io", "v1alpha2", "PolicyReport", "policyreports", "Namespaced"),
        ("wgpolicyk8s.io", "v1alpha2", "ClusterPolicyReport", "clusterpolicyreports", "Cluster"),
        ("openreports.io", "v1alpha1", "Report", "reports", "Namespaced"),
        ("openreports.io", "v1alpha1", "ClusterReport", "clusterreports", "Cluster"),
    ] {
        let folder = std::env::var_os("CNSCAN_TEST_REPORT_CRDS").map(PathBuf::from);
        let file = folder.and_then(|folder| {
            let names = [format!("{group}_{plural}.yaml"), format!("{group}_{version}_{plural}.yaml")];
            names.iter().find_map(|name| std::fs::read_to_string(folder.join(name)).ok())
        });
        let definition = match file {
            Some(text) => serde_saphyr::from_str(&text).expect("YAML"),
            None => {
                skipped(&format!("{kind} is not checked by its own schema (CNSCAN_TEST_REPORT_CRDS)"));
                json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": format!("{plural}.{group}")},
                    "spec": {"group": group, "scope": scope, "names": {"plural": plural, "singular": kind.to_lowercase(), "kind": kind},
                        "versions": [{"name": version, "served": true, "storage": true,
                            "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]}})
            }
        };
        let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
        // one that is there already stays
        _ = cluster.send(Method::POST, path, &definition);
    }
    cluster.settled();
}

#[test]
fn reports_are_published_by_a_role_of_their_own() {
    let _alone = kinds_alone();
    let Some(cluster) = cluster("reports_are_published_by_a_role_of_their_own") else { return };
    define_reports(&cluster);
    cluster.make(&cluster.own("pods"), privileged("p"));
    let join = |more: Value| Value::Array([role(&[]).as_array().expect("rules").clone(), more.as_array().expect("rules").clone()].concat());
    let writer = cluster.reader("writer", join(role(&["--publish"])), true);
    let reader = cluster.reader("reader", role(&[]), true);
    for (form, version, within, cluster_wide) in [
        ("policyreport", "wgpolicyk8s.io/v1alpha2", ("PolicyReport", "policyreports"), "clusterpolicyreports"),
        ("openreports", "openreports.io/v1alpha1", ("Report", "reports"), "clusterreports"),
    ] {
        let (kind, plural) = within;
        let own = format!("/apis/{version}/namespaces/{}/{plural}", cluster.namespace);
        let all = format!("/apis/{version}/{cluster_wide}/cnscan");
        let flags = ["-n", &cluster.namespace, "--fail-on", "none", &format!("--publish={form}")];
        // what an earlier scan left, and what is not ours
        let report = |name: &str, labels: Value| {
            json!({"apiVersion": version, "kind": kind, "metadata": {"name": name, "labels": labels}, "results": [],
                "summary": {"pass": 0, "fail": 0, "warn": 0, "error": 0, "skip": 0}})
        };
        cluster.make(&own, report("cnscan-9", json!({"app.kubernetes.io/managed-by": "cnscan"})));
        cluster.make(&own, report("other", json!({})));
        let refused = cluster.scan(&reader, &flags);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(refused.status.code() == Some(2) && said.contains("cnscan permissions --publish"), "{said}");
        let mut versions = Vec::new();
        for _ in 0..2 {
            let output = cluster.scan(&writer, &flags);
            assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
            let report = cluster.send(Method::GET, &format!("{own}/cnscan"), &Value::Null).expect("the report");
            let failing = rows(&report, "results").iter().find(|entry| entry["rule"] == "pss-privileged-container").expect("a result");
            assert_eq!((&failing["result"], &failing["resources"][0]["name"]), (&"fail".into(), &"p".into()));
            assert_eq!(report["metadata"]["managedFields"][0]["manager"], "cnscan");
            versions.push(report["metadata"]["uid"].to_string());
            let names: Vec<_> = rows(&cluster.send(Method::GET, &own, &Value::Null).expect("the reports"), "items")
                .iter()
                .map(|item| item["metadata"]["name"].as_str().unwrap_or_default().to_owned())
                .collect();
            assert_eq!(names, ["cnscan", "other"]);
            assert!(rows(&cluster.send(Method::GET, &all, &Value::Null).expect("the cluster's report"), "results").len() > 10);
        }
        assert_eq!(versions[0], versions[1], "it is the same report");
        // one of this name that somebody else made stays as it is
        for path in [format!("{own}/cnscan"), format!("{own}/other"), all] {
            cluster.send(Method::DELETE, &path, &Value::Null).expect("it was there");
        }
        let mut foreign = report("cnscan", json!({}));
        foreign["summary"]["fail"] = 77.into();
        cluster.make(&own, foreign);
        let output = cluster.scan(&writer, &flags);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && said.contains("something else has a report of this name (409)"), "{said}");
        let kept = cluster.send(Method::GET, &format!("{own}/cnscan"), &Value::Null).expect("the report");
        assert_eq!(kept["summary"]["fail"], 77);
        cluster.send(Method::DELETE, &format!("/apis/{version}/{cluster_wide}/cnscan"), &Value::Null).expect("it was written");
    }
}
