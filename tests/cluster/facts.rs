//! What is learned of a cluster beside its objects, and in whose name.

use super::*;

#[test]
fn managed_control_planes_are_named_and_not_assessed() {
    for (version, provider) in [("v1.34.1-eks-113cf36", "EKS"), ("v1.34.1-gke.1829001", "GKE")] {
        let api =
            Api::start(move |asked| if asked.path == "/version" { Reply::Json(json!({"gitVersion": version})) } else { Reply::Usual });
        let result = result(&scan(&api, &[]));
        assert_eq!(
            (result["scope"]["cluster"]["managed_by"].as_str(), result["kubernetes_version"]["version"].as_str()),
            (Some(provider), Some("1.34"))
        );
        assert!(rows(&result, "notices").iter().any(|notice| notice.as_str().is_some_and(|text| text.starts_with(provider))));
    }
    let api = Api::start(|asked| match asked.path.as_str() {
        "/api/v1/nodes" => {
            Reply::Json(list("Node", &[json!({"metadata": {"name": "n", "labels": {"kubernetes.azure.com/cluster": "c"}}})]))
        }
        _ => Reply::Usual,
    });
    let result = result(&scan(&api, &[]));
    assert_eq!(result["scope"]["cluster"]["managed_by"], "AKS");
    assert_eq!(result["scope"]["cluster"]["managed_sign"], "the label kubernetes.azure.com/cluster of its nodes");
    // whoever shows his API server among the pods runs it himself, on whosever nodes
    let api = Api::start(|asked| match asked.path.as_str() {
        "/version" => Reply::Json(json!({"gitVersion": "v1.34.1-gke.1829001"})),
        PODS => {
            let mut own = pod("kube-apiserver-n");
            own["metadata"]["labels"] = json!({"component": "kube-apiserver", "tier": "control-plane"});
            Reply::Json(list("Pod", &[own]))
        }
        _ => Reply::Usual,
    });
    assert_eq!(self::result(&scan(&api, &[]))["scope"]["cluster"]["managed_by"], Value::Null);
}

#[test]
fn kubelets_are_asked_through_the_proxy_where_that_is_allowed() {
    let nodes = || list("Node", &[json!({"metadata": {"name": "n1"}}), json!({"metadata": {"name": "../../secrets"}})]);
    let api = Api::start(move |asked| match asked.path.as_str() {
        "/api/v1/nodes" => Reply::Json(nodes()),
        "/api/v1/nodes/n1/proxy/configz" => Reply::Json(json!({"kubeletconfig": {"readOnlyPort": 0}})),
        _ => Reply::Usual,
    });
    let result = result(&scan(&api, &[]));
    let input = rows(&result, "inputs").iter().find(|input| input["uri"] == "/api/v1/nodes/{name}/proxy/configz");
    assert_eq!(input.map(|input| input["status"].clone()), Some("read".into()));
    // the name of a node leads nowhere else
    assert!(gaps(&result)[0].contains("refused before it was sent"), "{:?}", gaps(&result));
    let api = Api::start(move |asked| match asked.path.as_str() {
        "/api/v1/nodes" => Reply::Json(list("Node", &[json!({"metadata": {"name": "n1"}})])),
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews" => Reply::Json(json!({"status": {"allowed": false}})),
        _ => Reply::Usual,
    });
    // the right to it is one that a reader should not have: that he has it not is no gap
    let output = scan(&api, &["--fail-on", "none"]);
    let result = self::result(&output);
    assert_eq!((gaps(&result), output.status.code()), (vec![], Some(0)));
    let unseen = &result["scope"]["cluster"]["unseen"][0];
    assert_eq!(unseen["kind"], "kubelet.config.k8s.io/KubeletConfiguration");
    assert!(unseen["why"].as_str().is_some_and(|why| why.starts_with("not allowed (get nodes/proxy")), "{unseen}");
    let said = "kubelet.config.k8s.io/KubeletConfiguration is not read: not allowed";
    assert!(rows(&result, "notices").iter().any(|notice| notice.as_str().is_some_and(|text| text.starts_with(said))));
    // a node that was not listed has a kubelet as well
    let refused = Api::start(|asked| if asked.path == "/api/v1/nodes" { Reply::Status(403, None) } else { Reply::Usual });
    let unseen = self::result(&scan(&refused, &[]))["scope"]["cluster"]["unseen"][0].clone();
    assert!(unseen["why"].as_str().is_some_and(|why| why.starts_with("the nodes could not all be listed: not allowed (403)")), "{unseen}");
    // what looks at no node asks no kubelet
    let before = api.asked_for("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews").len();
    scan(&api, &["--check", "pss-host-port"]);
    assert_eq!(api.asked_for("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews").len(), before);
}

#[test]
fn whom_it_acts_as_is_sent_and_stands_in_no_result() {
    let api = Api::start(|_| Reply::Usual);
    let output = scan(&api, &["--as", "jane"]);
    assert_eq!(api.asked_for(PODS)[0].headers["impersonate-user"], "jane");
    assert!(!String::from_utf8_lossy(&output.stdout).contains("jane"));
}
