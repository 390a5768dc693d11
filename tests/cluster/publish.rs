//! Reports written into a cluster, when that is asked for.

use std::sync::{Arc, Mutex};

use super::*;

const POLICY: &str = "/apis/wgpolicyk8s.io/v1alpha2";
const OPEN: &str = "/apis/openreports.io/v1alpha1";

/// A cluster with kinds of reports, and some of earlier scans; what is sent to it as `METHOD path`.
fn api(forms: &'static [&'static str], fails: impl Fn(&Asked) -> Option<u16> + Send + Sync + 'static) -> (Api, Arc<Mutex<Vec<Asked>>>) {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&sent);
    let mut api = Api::start(move |asked| {
        if !asked.path.starts_with(POLICY) && !asked.path.starts_with(OPEN) {
            return Reply::Usual;
        }
        let served = forms.iter().any(|form| asked.path.starts_with(form));
        if let Some(code) = fails(asked).or((!served).then_some(404)) {
            return Reply::Status(code, None);
        }
        if asked.method != "GET" {
            log.lock().expect("the log").push(asked.clone());
            return Reply::Json(json!({}));
        }
        let item = |namespace: Option<&str>, name: &str| json!({"metadata": {"namespace": namespace, "name": name}});
        match asked.path.rsplit('/').next() {
            Some("policyreports" | "reports") => {
                Reply::Json(json!({"items": [item(Some("shop"), "cnscan"), item(Some("shop"), "cnscan-2"), item(Some("gone"), "cnscan")]}))
            }
            Some("clusterpolicyreports" | "clusterreports") => Reply::Json(json!({"items": null})),
            _ => Reply::Json(json!({"kind": "APIResourceList", "resources": []})),
        }
    });
    api.writable = vec![POLICY, OPEN];
    (api, sent)
}

fn sent(log: &Mutex<Vec<Asked>>) -> Vec<String> {
    let mut sent: Vec<_> = log.lock().expect("the log").iter().map(|asked| format!("{} {}", asked.method, asked.path)).collect();
    sent.sort();
    sent
}

#[test]
fn nothing_is_written_unless_that_is_asked_for() {
    let (api, log) = api(&[POLICY, OPEN], |_| None);
    scan(&api, &[]);
    assert!(sent(&log).is_empty() && api.asked_for(POLICY).is_empty());
}

#[test]
fn reports_are_applied_and_those_of_earlier_scans_replaced() {
    for (form, kinds) in [(POLICY, ("policyreports", "clusterpolicyreports")), (OPEN, ("reports", "clusterreports"))] {
        let (api, log) = api(if form == POLICY { &[POLICY] } else { &[OPEN, POLICY] }, |_| None);
        let plain = scan(&api, &["--fail-on", "none"]);
        let output = scan(&api, &["--fail-on", "none", "--publish"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{said}");
        assert!(said.contains("published 2 reports, 2 reports of earlier scans deleted"), "{said}");
        let (within, cluster) = kinds;
        let expected = [
            format!("DELETE {form}/namespaces/gone/{within}/cnscan"),
            format!("DELETE {form}/namespaces/shop/{within}/cnscan-2"),
            format!("PATCH {form}/{cluster}/cnscan"),
            format!("PATCH {form}/namespaces/shop/{within}/cnscan"),
        ];
        assert_eq!(sent(&log), expected);
        let log = log.lock().expect("the log");
        for asked in log.iter().filter(|asked| asked.method == "PATCH") {
            let report: Value = serde_json::from_str(&asked.body).expect("JSON");
            assert_eq!(asked.headers["content-type"], "application/apply-patch+yaml");
            // what is ours is written over, what may be somebody else's is not
            assert_eq!((asked.query["fieldManager"].as_str(), asked.query["force"] == "true"), ("cnscan", asked.path.contains("/shop/")));
            assert_eq!(report["metadata"]["labels"]["app.kubernetes.io/managed-by"], "cnscan");
            assert!(rows(&report, "results").len() > 3 && asked.path.contains(report["metadata"]["name"].as_str().expect("a name")));
        }
        // the result is the same as without
        let strip = |output: &Output| {
            let mut value = result(output);
            value["run"].take();
            value
        };
        assert_eq!(strip(&plain), strip(&output));
    }
}

#[test]
fn a_scan_of_one_namespace_leaves_the_reports_of_others() {
    let (api, log) = api(&[POLICY], |_| None);
    scan(&api, &["--publish=policyreport", "-n", "shop"]);
    assert!(sent(&log).iter().all(|sent| !sent.contains("/gone/")), "{:?}", sent(&log));
    assert!(sent(&log).contains(&format!("DELETE {POLICY}/namespaces/shop/policyreports/cnscan-2")));
}

#[test]
fn a_configuration_file_limits_what_is_deleted_as_flags_do() {
    let (api, log) = api(&[POLICY], |_| None);
    let folder = tempfile::TempDir::new().expect("a folder");
    let config = folder.path().join("cnscan.yaml");
    let publish = |text: &str| {
        std::fs::write(&config, text).expect("a file");
        let config = config.to_str().expect("a path");
        cnscan(&["scan", "--cluster", "--config", config, "-f", "json", "--fail-on", "none", "--publish=policyreport"], &api.kubeconfig())
    };
    assert_eq!(publish("selector: a=b\n").status.code(), Some(2));
    assert!(sent(&log).is_empty());
    publish("namespaces: [shop]\n");
    assert!(sent(&log).iter().all(|sent| !sent.contains("/gone/")), "{:?}", sent(&log));
    assert!(sent(&log).contains(&format!("DELETE {POLICY}/namespaces/shop/policyreports/cnscan-2")));
}

#[test]
fn what_was_not_read_deletes_no_report() {
    let sent_to = Arc::new(Mutex::new(Vec::new()));
    let own = Arc::clone(&sent_to);
    let mut refused = Api::start(move |asked| {
        if asked.method != "GET" && asked.path.starts_with(POLICY) {
            own.lock().expect("the log").push(asked.clone());
            return Reply::Json(json!({}));
        }
        match asked.path.as_str() {
            "/apis/apps/v1/deployments" => Reply::Status(403, None),
            path if path == format!("{POLICY}/policyreports") => {
                Reply::Json(json!({"items": [{"metadata": {"namespace": "gone", "name": "cnscan"}}]}))
            }
            path if path.starts_with(POLICY) => Reply::Json(json!({"items": []})),
            _ => Reply::Usual,
        }
    });
    refused.writable = vec![POLICY];
    let output = scan(&refused, &["--publish=policyreport", "--fail-on", "none"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("1 report of earlier scans left, as not everything could be read"), "{said}");
    assert!(sent(&sent_to).iter().all(|sent| sent.starts_with("PATCH")), "{:?}", sent(&sent_to));
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn what_cannot_be_written_is_said_and_fails() {
    let said = |api: &Api, more: &[&str]| {
        let output = scan(api, more);
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned(), output.stdout.len())
    };
    // no such kinds: known before anything is read
    let (none, _) = api(&[], |_| None);
    let (code, words, bytes) = said(&none, &["--publish"]);
    assert_eq!((code, bytes), (Some(2), 0));
    assert!(words.contains("the cluster has no kinds of openreports.io/v1alpha1 or wgpolicyk8s.io/v1alpha2"), "{words}");
    assert!(none.asked_for(PODS).is_empty());
    for (status, why) in
        [(403, "cnscan permissions --publish"), (409, "something else has a report of this name"), (413, "larger"), (422, "no such report")]
    {
        let (api, _) = api(&[OPEN], move |asked| (asked.method == "PATCH").then_some(status));
        let (code, words, bytes) = said(&api, &["--publish"]);
        assert!(code == Some(2) && words.contains(why) && bytes > 0, "{status}: {words}");
    }
    // what passes is tried again
    let (api, log) = api(&[OPEN], |asked| (asked.method == "PATCH" && asked.times == 0).then_some(503));
    assert_eq!(said(&api, &["--publish", "--fail-on", "none"]).0, Some(0));
    assert_eq!(sent(&log).iter().filter(|sent| sent.starts_with("PATCH")).count(), 2);
    for wrong in [&["--publish", "-l", "a=b"][..], &["--publish=html"], &["--publish", "--overlay", "x"]] {
        assert_eq!(said(&api, wrong).0, Some(2), "{wrong:?}");
    }
    let alone = Command::cargo_bin("cnscan").expect("the program").args(["scan", "--publish", "."]).output().expect("it runs");
    assert_eq!(alone.status.code(), Some(2));
}
