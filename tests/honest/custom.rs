//! Custom resources: what runs pods is judged or a gap, what runs none is neither.

use crate::{gaps, json, run, verdicts};

/// What their makers give to all pods of a sort stands in ConfigMaps, and is not laid under the pods.
#[test]
fn defaults_of_tekton_and_argo_leave_open_what_they_may_set() {
    let run = "apiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {name: r, namespace: ci}\nspec:\n  taskSpec:\n    steps: [{name: a, image: a}]\n";
    let defaults = "kind: ConfigMap\nmetadata: {name: config-defaults, namespace: tekton-pipelines}\ndata:\n  default-pod-template: |\n    securityContext: {runAsNonRoot: true}\n";
    let check = ["--check", "pss-run-as-non-root"];
    assert_eq!(verdicts(&json(run, &check), check[1]), ["fail"]);
    let result = json(&format!("apiVersion: v1\n{defaults}---\n{run}"), &check);
    assert_eq!((verdicts(&result, check[1]), gaps(&result).len()), (vec!["review".to_owned()], 1), "{result}");

    let workflow = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: w, namespace: ci}\nspec:\n  entrypoint: a\n  templates: [{name: a, container: {image: a}}]\n";
    let defaults = "kind: ConfigMap\nmetadata: {name: workflow-controller-configmap, namespace: argo}\ndata:\n  workflowDefaults: |\n    spec: {securityContext: {runAsNonRoot: true}}\n";
    assert_eq!(verdicts(&json(workflow, &check), check[1]), ["fail"]);
    let result = json(&format!("apiVersion: v1\n{defaults}---\n{workflow}"), &check);
    assert_eq!((verdicts(&result, check[1]), gaps(&result).len()), (vec!["review".to_owned()], 1), "{result}");
}

#[test]
fn an_image_in_a_custom_resource_is_run_by_somebody() {
    let custom = |kind: &str, spec: &str| format!("apiVersion: {kind}\nmetadata: {{name: a, namespace: shop}}\nspec: {spec}\n");
    for (kind, spec) in [
        ("rabbitmq.com/v1beta1\nkind: RabbitmqCluster", "{replicas: 3, image: 'rabbitmq:3.13'}"),
        (
            "kafka.example.com/v1\nkind: Kafka",
            "{broker: {image: 'registry.example.com/kafka@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'}}",
        ),
    ] {
        let found = json(&custom(kind, spec), &[]);
        assert_eq!(gaps(&found).len(), 1, "{found}");
    }
    for (kind, spec) in [
        ("image.toolkit.fluxcd.io/v1beta2\nkind: ImageRepository", "{image: 'ghcr.io/shop/web:1'}"),
        ("disks.example.com/v1\nkind: Disk", "{image: ubuntu-24.04}"),
        ("pictures.example.com/v1\nkind: Album", "{pictures: [{image: 'a:1'}]}"),
    ] {
        let found = json(&custom(kind, spec), &[]);
        assert!(gaps(&found).is_empty(), "{found}");
    }
}

#[test]
fn workloads_that_are_not_understood_are_gaps() {
    for (kind, spec) in [
        ("argoproj.io/v1alpha1\nkind: Workflow", "{templates: [{name: m, resource: {action: create, manifest: \"kind: Pod\"}}]}"),
        ("argoproj.io/v1alpha1\nkind: Workflow", "{templates: [{name: m, container: [{image: a}]}]}"),
        ("monitors.example.com/v1\nkind: Monitor", "{containers: [{name: a, image: a, securityContext: {privileged: true}}]}"),
        ("kubevirt.io/v1\nkind: VirtualMachine", "{running: true}"),
        ("example.com/v1\nkind: Thing", "{parts: {containers: [{name: a, securityContext: {privileged: true}}]}}"),
        ("example.com/v1\nkind: Thing", "{template: {spec: {initContainers: [{name: a, image: a}]}}}"),
        ("opentelemetry.io/v1beta1\nkind: OpenTelemetryCollector", "{image: a, securityContext: {privileged: true}, hostNetwork: true}"),
        ("serving.kserve.io/v1beta1\nkind: InferenceService", "{predictor: {model: {image: a, securityContext: {privileged: true}}}}"),
        ("kafka.strimzi.io/v1beta2\nkind: Kafka", "{kafka: {template: {pod: {securityContext: {runAsUser: 0}}}}}"),
        ("example.com/v1\nkind: Thing", "{volumes: [{name: a, hostPath: {path: /}}]}"),
        ("example.com/v1\nkind: Thing", "{make: {apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {b: c}}}"),
    ] {
        let text = format!("apiVersion: {kind}\nmetadata: {{name: w, namespace: shop}}\nspec: {spec}\n");
        assert_eq!(gaps(&json(&text, &[])).len(), 1, "{text}");
    }
}

#[test]
fn custom_resources_without_pods_are_no_gaps() {
    for (kind, spec) in [
        ("monitoring.coreos.com/v1\nkind: ServiceMonitor", "{selector: {matchLabels: {a: b}}, endpoints: [{port: web}]}"),
        ("cert-manager.io/v1\nkind: Certificate", "{secretName: a, issuerRef: {kind: Issuer, name: b}}"),
        ("keda.sh/v1alpha1\nkind: ScaledObject", "{scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: a}}"),
        ("kyverno.io/v1\nkind: ClusterPolicy", "{rules: [{validate: {pattern: {spec: {hostNetwork: false}}}}]}"),
        (
            "example.com/v1\nkind: Store",
            "{volumeClaimTemplate: {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a}, spec: {}}, securityContext: {}}",
        ),
    ] {
        let text = format!("apiVersion: {kind}\nmetadata: {{name: w, namespace: shop}}\nspec: {spec}\n");
        assert_eq!(gaps(&json(&text, &[])), [""; 0], "{text}");
    }
}

#[test]
fn objects_in_an_object_are_judged_as_objects_of_their_own() {
    let pod = "{apiVersion: v1, kind: Pod, metadata: {name: in, namespace: other}, spec: {containers: [{name: c, image: a, securityContext: {privileged: true}}]}}";
    for (kind, spec) in [
        ("work.open-cluster-management.io/v1\nkind: ManifestWork", format!("{{workload: {{manifests: [{pod}]}}}}")),
        ("fluxcd.controlplane.io/v1\nkind: ResourceSet", format!("{{resources: [{pod}]}}")),
        ("kubernetes.crossplane.io/v1alpha2\nkind: Object", format!("{{forProvider: {{manifest: {pod}}}}}")),
        ("kubernetes.m.crossplane.io/v1alpha1\nkind: Object", format!("{{forProvider: {{manifest: {pod}}}}}")),
    ] {
        let result = json(&format!("apiVersion: {kind}\nmetadata: {{name: w, namespace: shop}}\nspec: {spec}\n"), &[]);
        let found = result["findings"].as_array().into_iter().flatten().filter(|finding| finding["check"] == "pss-privileged-container");
        let subjects: Vec<_> = found.map(|finding| format!("{}/{}", finding["subject"]["namespace"], finding["subject"]["name"])).collect();
        assert_eq!(subjects, ["\"other\"/\"in\""], "{kind}");
        assert_eq!(gaps(&result), [""; 0]);
    }
    let top = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: w, namespace: shop}\ntemplate: {spec: {containers: [{name: c, image: a, securityContext: {privileged: true}}]}}\n";
    assert_eq!(verdicts(&json(top, &[]), "pss-privileged-container"), ["fail"]);
}

#[test]
fn what_the_pods_of_an_object_share_is_found_once() {
    let pod = |name: &str| format!("{{name: {name}, container: {{image: a}}}}");
    let text = format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {{name: w, namespace: shop}}\nspec: {{hostNetwork: true, templates: [{}, {}]}}\n",
        pod("a"),
        pod("b")
    );
    assert_eq!(verdicts(&json(&text, &[]), "pss-host-namespaces"), ["fail"]);
    // each template's own container is one more
    assert_eq!(verdicts(&json(&text, &[]), "pss-run-as-non-root").len(), 2);
}

#[test]
fn configuration_of_a_control_plane_that_is_not_read_is_a_gap() {
    let kops = "apiVersion: kops.k8s.io/v1alpha2\nkind: Cluster\nmetadata: {name: a}\nspec: {kubeAPIServer: {anonymousAuth: true}}\n";
    let talos = "version: v1alpha1\nmachine: {type: controlplane}\ncluster: {apiServer: {}}\n";
    let rke = "nodes: []\nservices:\n  kube-api:\n    extra_args: {anonymous-auth: \"true\"}\n";
    for (text, line) in [(kops, 2), (talos, 2), (rke, 2)] {
        let result = json(text, &[]);
        assert!(gaps(&result).iter().any(|why| why.starts_with("it looks like configuration of a control plane")), "{result}");
        assert_eq!(result["gaps"][0]["location"]["line"], line, "{text}");
    }
    let compose = "services:\n  web: {image: a}\nnodes: []\n";
    assert!(run(compose, &[]).1.contains("nothing to scan"));
}
