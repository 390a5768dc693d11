use std::sync::atomic::{AtomicUsize, Ordering};

use http::Response;
use k8s_openapi::api::core::v1::{ConfigMap, Pod, Secret};
use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, GroupVersionKind, ListParams, Patch, PatchParams, PostParams};
use kube::client::ClientBuilder;
use tower::{BoxError, service_fn};

use super::*;

fn passes(method: &str, path: &str, body: &str) -> bool {
    let method = Method::from_bytes(method.as_bytes()).expect("a method");
    let request = Request::builder().method(method).uri(path).header(CONTENT_TYPE, body).body(()).expect("a request");
    reports(Asked::of(&request)).is_ok()
}

#[test]
fn own_reports_pass() {
    for form in ["wgpolicyk8s.io/v1alpha2", "openreports.io/v1alpha1"] {
        assert!(passes("GET", &format!("/apis/{form}"), ""), "{form}");
    }
    let list = format!("/apis/openreports.io/v1alpha1/reports?{OWN}&limit=500");
    assert!(passes("GET", &list, ""));
    for path in [
        "/apis/wgpolicyk8s.io/v1alpha2/namespaces/shop/policyreports/cnscan",
        "/apis/wgpolicyk8s.io/v1alpha2/clusterpolicyreports/cnscan-2",
        "/apis/openreports.io/v1alpha1/namespaces/shop/reports/cnscan",
        "/apis/openreports.io/v1alpha1/clusterreports/cnscan",
    ] {
        assert!(passes("PATCH", &format!("{path}?fieldManager=cnscan&force=true"), APPLY), "{path}");
        assert!(passes("DELETE", path, ""), "{path}");
    }
}

#[test]
fn nothing_else_passes() {
    let own = "/apis/wgpolicyk8s.io/v1alpha2/namespaces/shop/policyreports/cnscan";
    for (method, path, body) in [
        // other kinds, other names, all at once
        ("GET", "/api/v1/pods", ""),
        ("GET", "/api/v1/secrets", ""),
        ("GET", "/version", ""),
        ("GET", "/apis/apps/v1", ""),
        ("GET", "/apis/wgpolicyk8s.io/v1alpha2/policyreports", ""),
        ("GET", own, ""),
        ("PATCH", "/api/v1/namespaces/shop/configmaps/cnscan?fieldManager=cnscan", APPLY),
        ("PATCH", "/apis/wgpolicyk8s.io/v1alpha2/namespaces/shop/policyreports/other?fieldManager=cnscan", APPLY),
        ("PATCH", "/apis/wgpolicyk8s.io/v1alpha2/namespaces/shop/policyreports/cnscanner?fieldManager=cnscan", APPLY),
        ("PATCH", "/apis/wgpolicyk8s.io/v1alpha2/namespaces/shop/clusterpolicyreports/cnscan?fieldManager=cnscan", APPLY),
        ("PATCH", "/apis/openreports.io/v1alpha2/clusterreports/cnscan?fieldManager=cnscan", APPLY),
        ("DELETE", "/apis/wgpolicyk8s.io/v1alpha2/namespaces/shop/policyreports", ""),
        ("DELETE", "/apis/wgpolicyk8s.io/v1alpha2/clusterpolicyreports", ""),
        ("DELETE", "/api/v1/namespaces/cnscan", ""),
        ("DELETE", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/cnscan", ""),
        // other ways
        ("PATCH", own, APPLY),
        ("PATCH", "/apis/wgpolicyk8s.io/v1alpha2/namespaces/shop/policyreports/cnscan?fieldManager=cnscan", "application/merge-patch+json"),
        ("PATCH", "/apis/wgpolicyk8s.io/v1alpha2/namespaces/shop/policyreports/cnscan/status?fieldManager=cnscan", APPLY),
        ("PATCH", "/apis/wgpolicyk8s.io/v1alpha2/namespaces/shop/policyreports/../../../../api/v1/pods/cnscan?fieldManager=cnscan", APPLY),
        ("PATCH", "/apis/wgpolicyk8s.io/v1alpha2/namespaces/a%2Fb/policyreports/cnscan?fieldManager=cnscan", APPLY),
        ("PUT", own, ""),
        ("POST", "/apis/wgpolicyk8s.io/v1alpha2/namespaces/shop/policyreports", ""),
        ("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", ""),
    ] {
        assert!(!passes(method, path, body), "{method} {path}");
    }
}

/// Everything that kube can do with a client, tried through the layer.
#[test]
fn the_client_writes_nothing_but_reports_however_it_is_used() {
    let sent = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&sent);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let server = service_fn(move |_: Request<Body>| {
            counter.fetch_add(1, Ordering::SeqCst);
            async { Ok::<_, BoxError>(Response::new(Body::from(b"{}".to_vec()))) }
        });
        let client = ClientBuilder::new(server, "a").with_layer(&REPORTS).build();
        let apply = PatchParams::apply("cnscan").force();
        let pods: Api<Pod> = Api::namespaced(client.clone(), "a");
        let maps: Api<ConfigMap> = Api::namespaced(client.clone(), "a");
        let secrets: Api<Secret> = Api::namespaced(client.clone(), "a");
        assert!(pods.create(&PostParams::default(), &Pod::default()).await.is_err());
        assert!(pods.patch("cnscan", &apply, &Patch::Apply(&Pod::default())).await.is_err());
        assert!(pods.delete("cnscan", &DeleteParams::default()).await.is_err());
        assert!(pods.list(&ListParams::default()).await.is_err());
        assert!(maps.patch("cnscan", &apply, &Patch::Apply(&ConfigMap::default())).await.is_err());
        assert!(maps.replace("cnscan", &PostParams::default(), &ConfigMap::default()).await.is_err());
        assert!(secrets.get("cnscan").await.is_err());
        let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("wgpolicyk8s.io", "v1alpha2", "PolicyReport"));
        let reports: Api<DynamicObject> = Api::namespaced_with(client.clone(), "a", &kind);
        let report = DynamicObject::new("cnscan", &kind);
        assert!(reports.create(&PostParams::default(), &report).await.is_err());
        assert!(reports.delete_collection(&DeleteParams::default(), &ListParams::default()).await.is_err());
        assert!(reports.patch("cnscan", &PatchParams::default(), &Patch::Merge(&report)).await.is_err());
        assert!(reports.patch_status("cnscan", &apply, &Patch::Apply(&report)).await.is_err());
        assert_eq!(sent.load(Ordering::SeqCst), 0);
        _ = reports.patch("cnscan", &apply, &Patch::Apply(&report)).await;
        assert_eq!(sent.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn a_scan_of_some_namespaces_replaces_the_reports_of_these() {
    let selection = |only: &[&str], excluded: &[&str]| {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Selection { namespaces: names(only), excluded: names(excluded), selector: None }
    };
    assert!(covers(&selection(&[], &[]), Some("a")) && covers(&selection(&["a"], &[]), None));
    assert!(covers(&selection(&["a"], &[]), Some("a")) && !covers(&selection(&["a"], &[]), Some("b")));
    assert!(!covers(&selection(&[], &["a"]), Some("a")) && covers(&selection(&[], &["a"]), Some("b")));
}
