//! Charts of the tree that Flux and Argo CD release with values of their own.

use super::deployed::{argo, gap, gaps, scanned};
use super::*;

const CHART: &[(&str, &str)] = &[
    ("charts/web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
    ("charts/web/values.yaml", "privileged: false\nhost: false\ntag: \"1\"\n"),
    ("charts/web/values-prod.yaml", "tag: latest\n"),
    ("env/prod.yaml", "host: true\n"),
    (
        "charts/web/templates/web.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}\n  namespace: {{ .Release.Namespace }}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      hostNetwork: {{ .Values.host }}\n      containers:\n      - name: web\n        image: \"registry.example.com/web:{{ .Values.tag }}\"\n        securityContext:\n          privileged: {{ .Values.privileged }}\n",
    ),
];

const PLACE: (&str, u64) = ("charts/web/templates/web.yaml", 16);

fn release(more: &str) -> String {
    format!(
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: web, namespace: shop}}\nspec:\n  interval: 1h\n{more}"
    )
}

fn chart(more: &str) -> String {
    format!("  chart:\n    spec:\n      chart: ./charts/web\n      sourceRef: {{kind: GitRepository, name: flux-system}}\n{more}")
}

/// The lines at which a check fails.
fn lines(result: &Value, check: &str) -> Vec<(String, u64)> {
    let findings = result["findings"].as_array().expect("findings").iter().filter(|finding| finding["check"] == check);
    let place = |finding: &Value| {
        let location = &finding["location"];
        (location["uri"].as_str().unwrap_or_default().to_owned(), location["line"].as_u64().unwrap_or_default())
    };
    findings.map(place).collect()
}

fn subjects(result: &Value, check: &str) -> Vec<String> {
    let findings = result["findings"].as_array().expect("findings").iter().filter(|finding| finding["check"] == check);
    let name = |finding: &Value| {
        let subject = &finding["subject"];
        format!("{}/{}", subject["namespace"].as_str().unwrap_or_default(), subject["name"].as_str().unwrap_or_default())
    };
    findings.map(name).collect()
}

#[test]
fn values_of_a_release_are_given_to_helm() {
    if !is_there("helm") {
        return;
    }
    let privileged = "  values:\n    privileged: true\n";
    let in_git = |more: &str| release(&format!("{}{privileged}", chart(more)));
    let parameters = "    helm:\n      parameters: [{name: privileged, value: 'true'}]\n";
    for (text, name) in [
        (in_git(""), "shop/web"),
        (format!("{}  releaseName: front\n", in_git("")), "shop/front"),
        (format!("{}  targetNamespace: prod\n", in_git("")), "prod/prod-web"),
        (argo("charts/web", parameters), "shop/web"),
        (argo("charts/web", "    helm:\n      releaseName: front\n      valuesObject: {privileged: true}\n"), "shop/front"),
        (argo("charts/web", "    helm:\n      values: |\n        privileged: true\n"), "shop/web"),
        (argo("charts/web", "    helm:\n      values: 'privileged: false'\n      valuesObject: {privileged: true}\n"), "shop/web"),
        (argo("charts/web", &format!("{parameters}      valuesObject: {{privileged: false}}\n")), "shop/web"),
    ] {
        let (_folder, result) = scanned(&[CHART, &[("clusters/web.yaml", &text)]].concat());
        assert_eq!(gaps(&result), [], "{text}");
        assert_eq!(lines(&result, "pss-privileged-container"), [(PLACE.0.to_owned(), PLACE.1)], "{text}");
        assert_eq!(subjects(&result, "pss-privileged-container"), [name], "{text}");
        // the chart is not judged beside it
        assert_eq!(result["summary"]["objects"], 2, "{}", result["notices"]);
        let said = "web in clusters/web.yaml): judged as helm ";
        assert!(result["notices"].to_string().contains(said), "{}", result["notices"]);
    }
}

#[test]
fn files_of_values_are_found_as_the_tools_find_them() {
    if !is_there("helm") {
        return;
    }
    let hosts = |text: &str| {
        let (_folder, result) = scanned(&[CHART, &[("clusters/web.yaml", text)]].concat());
        assert_eq!(gaps(&result), [], "{text}");
        let lines = lines(&result, "pss-host-namespaces").len() + lines(&result, "image-reference-mutable").len();
        (lines, result["summary"]["objects"].as_u64())
    };
    let base = hosts(&argo("charts/web", "    helm: {releaseName: web}\n"));
    assert_eq!(base.1, Some(2));
    let of_argo = |files: &str| argo("charts/web", &format!("    helm:\n      valueFiles: [{files}]\n"));
    let own = "/env/prod.yaml";
    for text in [
        of_argo(own),
        of_argo("../../env/prod.yaml"),
        of_argo("values.yaml, ../../env/prod.yaml"),
        format!("{}      ignoreMissingValueFiles: true\n", of_argo("none.yaml, /env/prod.yaml")),
        release(&chart("      valuesFiles: [charts/web/values.yaml, env/prod.yaml]\n")),
    ] {
        assert_eq!(hosts(&text), (base.0 + 1, Some(2)), "{text}");
    }
    // of another source of the same repository
    let several = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web, namespace: argocd}\nspec:\n  destination: {namespace: shop}\n  sources:\n  - {repoURL: 'https://github.com/acme/fleet.git', path: charts/web, helm: {valueFiles: [$own/env/prod.yaml]}}\n  - {repoURL: 'https://github.com/acme/fleet', ref: own}\n";
    assert_eq!(hosts(several), (base.0 + 1, Some(2)));
    // of another repository, or not there
    for text in [several.replace("acme/fleet'", "acme/other'"), of_argo("none.yaml"), of_argo("https://example.com/values.yaml")] {
        let (_folder, result) = scanned(&[CHART, &[("clusters/web.yaml", &text)]].concat());
        let gaps = gaps(&result);
        assert!(gaps.len() == 1 && gaps[0].3.ends_with("deployed with `valueFiles` of its own, which nobody looked at"), "{gaps:?}");
    }
    // they stand in place of the chart's own values, which Flux takes where they are listed
    let bare = release(&chart("      valuesFiles: [env/prod.yaml]\n"));
    let (_folder, result) = scanned(&[CHART, &[("clusters/web.yaml", &bare)]].concat());
    assert_eq!(gaps(&result), []);
    assert_eq!(lines(&result, "pss-host-namespaces").len(), 1);
    let image = result["findings"].to_string();
    assert!(!image.contains("registry.example.com/web:1"), "the tag is of values that Flux leaves out");
}

#[test]
fn what_helm_is_not_told_is_a_gap_still() {
    if !is_there("helm") {
        return;
    }
    let text = release(&format!("{}  values: {{privileged: true}}\n  valuesFrom: [{{kind: ConfigMap, name: web}}]\n", chart("")));
    let (_folder, result) = scanned(&[CHART, &[("clusters/web.yaml", &text)]].concat());
    let said = "HelmRelease web deploys `charts/web`: it is deployed with `valuesFrom` of its own, which nobody looked at";
    assert_eq!(gaps(&result), [gap("clusters/web.yaml", 11, 3, said)]);
    assert_eq!(subjects(&result, "pss-privileged-container"), ["shop/web"]);
    // a release that fails leaves the chart as it is
    let text = release(&format!("{}  values: {{tag: 1}}\n  releaseName: NOT_A_NAME\n", chart("")));
    let (_folder, result) = scanned(&[CHART, &[("clusters/web.yaml", &text)]].concat());
    let why = result["gaps"][0]["why"].as_str().unwrap_or_default();
    assert!(why.starts_with("it is deployed with `values` of its own, which nobody looked at: it cannot be rendered: "), "{why}");
    assert_eq!(result["summary"]["objects"], 2, "{}", result["notices"]);
}

#[test]
fn what_a_kustomization_or_a_chart_makes_is_released_too() {
    if !is_there("helm") || !is_there("kubectl") {
        return;
    }
    // a chart of applications, one of which releases the other chart
    let application = argo("charts/web", "    helm:\n      valuesObject: {privileged: true}\n");
    let root = argo("charts/apps", "    helm: {parameters: [{name: a, value: b}]}\n").replace("name: web", "name: apps");
    let apps =
        [("charts/apps/Chart.yaml", "apiVersion: v2\nname: apps\nversion: 1.0.0\n"), ("charts/apps/templates/web.yaml", &*application)];
    for root in [&[][..], &[("root.yaml", &*root)]] {
        let (_folder, result) = scanned(&[CHART, &apps, root].concat());
        assert_eq!(gaps(&result), []);
        assert_eq!(subjects(&result, "pss-privileged-container"), ["shop/web"]);
        assert_eq!(result["summary"]["objects"], 2 + root.len(), "{}", result["notices"]);
    }
    // overlays of one release
    let base = release(&format!("{}  values: {{privileged: false}}\n", chart("")));
    let overlay = |name: &str, privileged: &str| {
        format!(
            "resources: [../base]\nnamespace: {name}\npatches:\n- target: {{kind: HelmRelease}}\n  patch: |\n    - {{op: replace, path: /spec/values/privileged, value: {privileged}}}\n"
        )
    };
    let (prod, test) = (overlay("prod", "false"), overlay("test", "true"));
    let files = [
        ("apps/base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("apps/base/web.yaml", &*base),
        ("apps/prod/kustomization.yaml", &prod),
        ("apps/test/kustomization.yaml", &test),
    ];
    let (folder, result) = scanned(&[CHART, &files].concat());
    assert_eq!(gaps(&result), []);
    assert_eq!(subjects(&result, "pss-privileged-container"), ["test/web"]);
    assert_eq!(result["summary"]["objects"], 4, "{}", result["notices"]);
    let whole = in_shards(folder.path(), 2);
    assert_eq!(subjects(&whole, "pss-privileged-container"), ["test/web"]);
}
