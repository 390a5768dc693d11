//! What Flux, Argo CD and k3s deploy: built as they do where that can be, and else never passed over.

use super::*;

const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n      - name: web\n        image: registry.example.com/web:1\n        securityContext:\n          privileged: false\n";

/// A patch that makes a container privileged, written into something at a depth.
fn patch(depth: usize) -> String {
    let lines = [
        "patches:",
        "- target: {kind: Deployment, name: web}",
        "  patch: |",
        "    - op: replace",
        "      path: /spec/template/spec/containers/0/securityContext/privileged",
        "      value: true",
    ];
    lines.map(|line| format!("{}{line}\n", " ".repeat(depth))).concat()
}

fn flux(path: &str, more: &str) -> String {
    format!(
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata:\n  name: web\n  namespace: flux-system\nspec:\n  interval: 1h\n  prune: true\n  sourceRef: {{kind: GitRepository, name: flux-system}}\n  path: {path}\n{more}"
    )
}

pub(super) fn argo(path: &str, more: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: web\n  namespace: argocd\nspec:\n  project: shop\n  destination: {{namespace: shop, server: 'https://kubernetes.default.svc'}}\n  source:\n    repoURL: https://github.com/acme/fleet\n    path: {path}\n{more}"
    )
}

pub(super) fn scanned(files: &[(&str, &str)]) -> (TempDir, Value) {
    let folder = folder(files);
    let result = json(cnscan(folder.path()).arg("."));
    (folder, result)
}

/// The gaps: file, line, column, and what is said, up to what to do.
pub(super) fn gaps(result: &Value) -> Vec<(String, u64, u64, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let number = |gap: &Value, key: &str| gap["location"][key].as_u64().unwrap_or_default();
    let gaps = result["gaps"].as_array().expect("gaps").iter();
    let said = |gap: &Value| format!("{}: {}", text(&gap["what"]), text(&gap["why"]).split(": ").next().unwrap_or_default());
    gaps.map(|gap| (text(&gap["location"]["uri"]), number(gap, "line"), number(gap, "column"), said(gap))).collect()
}

pub(super) fn gap(uri: &str, line: u64, column: u64, said: &str) -> (String, u64, u64, String) {
    (uri.to_owned(), line, column, said.to_owned())
}

/// The notices of what is deployed.
fn notices(result: &Value) -> Vec<String> {
    let notices = result["notices"].as_array().into_iter().flatten().filter_map(Value::as_str);
    notices.filter(|notice| notice.contains(" deploys ")).map(str::to_owned).collect()
}

const BASE: &[(&str, &str)] = &[("apps/web/kustomization.yaml", "resources: [web.yaml]\n"), ("apps/web/web.yaml", WEB)];

#[test]
fn what_flux_or_argo_cd_patches_is_built_and_pointed_at() {
    if !is_there("kubectl") {
        return;
    }
    for (file, text) in [
        ("clusters/prod/web.yaml", flux("./apps/web", &patch(2))),
        ("argocd/web.yaml", argo("apps/web", &format!("    kustomize:\n{}", patch(6)))),
    ] {
        let (folder, result) = scanned(&[BASE, &[(file, &text)]].concat());
        assert_eq!(gaps(&result), []);
        assert_eq!(places(&result, folder.path(), "pss-privileged-container"), [place(file, "true", "value")], "{}", result["findings"]);
        let built = of_kind(&result, "Deployment").len();
        assert!(built > 0 && result["notices"].to_string().contains(&format!("web in {file}): judged as ")), "{}", result["notices"]);
        // the folder is not judged beside what is deployed of it
        assert_eq!(result["summary"]["objects"], 2, "{}", result["summary"]);
    }
}

#[test]
fn images_of_argo_cd_are_set_and_pointed_at() {
    if !is_there("kubectl") {
        return;
    }
    let text = argo("apps/web", "    kustomize:\n      images:\n      - registry.example.com/web=registry.example.com/shop:latest\n");
    let (folder, result) = scanned(&[BASE, &[("argocd/web.yaml", &text)]].concat());
    assert_eq!(gaps(&result), []);
    let found = places(&result, folder.path(), "image-reference-mutable");
    assert_eq!(found, [place("argocd/web.yaml", "registry.example.com/web=registry.example.com/shop:latest", "parent")]);
}

#[test]
fn what_nothing_builds_is_a_gap_at_the_field() {
    let none = TempDir::new().expect("a folder");
    let text = flux("./apps/web", &patch(2));
    let folder = folder(&[BASE, &[("clusters/web.yaml", &text)]].concat());
    let said = "Kustomization web deploys `apps/web`: it is deployed with `patches` of its own, which nobody looked at";
    for arguments in [&["."][..], &[".", "--render", "never"]] {
        let result = json(cnscan(folder.path()).env("PATH", none.path()).args(arguments));
        assert_eq!(gaps(&result), [gap("clusters/web.yaml", 11, 3, said)], "{arguments:?}");
        assert!(of_kind(&result, "Deployment").iter().all(|name| name == "web"), "judged as written all the same");
    }
    let failing = program("kustomize", "echo 'Error: no such thing' >&2; exit 1");
    let result = json(cnscan(folder.path()).env("PATH", failing.path()).arg("."));
    let of_patches = result["gaps"].as_array().expect("gaps").iter().find(|gap| gap["location"]["line"] == 11);
    let why = of_patches.and_then(|gap| gap["why"].as_str()).unwrap_or_default();
    assert!(why.starts_with("it is deployed with") && why.ends_with("it cannot be built: kustomize: no such thing"), "{}", result["gaps"]);
}

#[test]
fn what_changes_nothing_is_not_said() {
    for harmless in
        ["", "  namePrefix: a-\n", "  commonMetadata: {labels: {team: shop}}\n", "  postBuild: {substitute: {a: b}}\n", "  patches: []\n"]
    {
        let (_folder, result) = scanned(&[BASE, &[("clusters/web.yaml", &flux("apps/web", harmless))]].concat());
        assert_eq!((gaps(&result), notices(&result)), (vec![], vec![]), "{harmless}");
    }
    let used = [
        ("apps/web/kustomization.yaml", "resources: [web.yaml]\n"),
        ("apps/web/web.yaml", &*WEB.replace("web:1", "web:${tag}")),
        ("clusters/web.yaml", &*flux("apps/web", "  postBuild: {substitute: {tag: latest}}\n")),
    ];
    let (_folder, result) = scanned(&used);
    assert_eq!(
        gaps(&result),
        [gap(
            "clusters/web.yaml",
            11,
            3,
            "Kustomization web deploys `apps/web`: it is deployed with `postBuild` of its own, which nobody looked at"
        )]
    );
}

#[test]
fn a_folder_without_a_kustomization_is_patched_too() {
    if !is_there("kubectl") {
        return;
    }
    let text = flux("./apps", &patch(2));
    let (folder, result) = scanned(&[
        ("apps/web.yaml", WEB),
        ("apps/deep/other.yaml", &WEB.replace("name: web\nspec", "name: other\nspec").replace("privileged: false", "privileged: true")),
        ("clusters/web.yaml", &text),
    ]);
    assert_eq!(gaps(&result), []);
    let found = places(&result, folder.path(), "pss-privileged-container");
    assert_eq!(found, [place("apps/deep/other.yaml", "true", "value"), place("clusters/web.yaml", "true", "value")]);
    assert_eq!(result["summary"]["objects"], 3);
}

#[test]
fn what_patches_the_patcher_comes_first() {
    if !is_there("kubectl") {
        return;
    }
    // the outer one gives the inner one a patch
    let inner = flux("./apps/web", "").replace("name: web", "name: inner");
    let outer = flux(
        "./clusters/prod",
        "  patches:\n  - target: {kind: Kustomization, name: inner}\n    patch: |\n      - op: add\n        path: /spec/patches\n        value:\n        - target: {kind: Deployment}\n          patch: |\n            - {op: replace, path: /spec/template/spec/containers/0/securityContext/privileged, value: true}\n",
    );
    let (folder, result) = scanned(&[BASE, &[("clusters/prod/inner.yaml", &inner), ("clusters/outer.yaml", &outer)]].concat());
    assert_eq!(gaps(&result), []);
    let found = places(&result, folder.path(), "pss-privileged-container");
    assert_eq!(found.len(), 1, "{}", result["findings"]);
    assert_eq!(found[0].0, "clusters/outer.yaml");
}

#[test]
fn what_is_deployed_by_itself_beside_an_overlay_is_judged_by_itself_too() {
    if !is_there("kubectl") {
        return;
    }
    let mends = "resources: [../web]\nnamePrefix: safe-\npatches:\n- patch: |\n    - {op: replace, path: /spec/template/spec/containers/0/securityContext/privileged, value: false}\n  target: {kind: Deployment}\n";
    let web = WEB.replace("privileged: false", "privileged: true");
    let files =
        [("apps/web/kustomization.yaml", "resources: [web.yaml]\n"), ("apps/web/web.yaml", &*web), ("apps/safe/kustomization.yaml", mends)];
    let (folder, result) = scanned(&files);
    assert_eq!(places(&result, folder.path(), "pss-privileged-container"), []);
    for text in [flux("./apps/web", ""), argo("apps/web", "")] {
        let (folder, result) = scanned(&[&files[..], &[("clusters/web.yaml", &text)]].concat());
        assert_eq!(places(&result, folder.path(), "pss-privileged-container"), [place("apps/web/web.yaml", "true", "value")]);
    }
}

#[test]
fn what_is_named_is_judged_once_as_it_is_deployed() {
    if !is_there("kubectl") {
        return;
    }
    let mends = patch(2).replace("value: true", "value: false");
    let web = WEB.replace("privileged: false", "privileged: true");
    let kustomization = ("apps/web/kustomization.yaml", "resources: [web.yaml]\n");
    let (one, all) = (flux("./apps/web", &mends), flux("./apps", &mends));
    // the folder itself, and one around it without a kustomization
    for text in [&one, &all] {
        let folder = folder(&[kustomization, ("apps/web/web.yaml", &web), ("clusters/web.yaml", text)]);
        for arguments in [&["."][..], &["apps", "clusters"], &["apps/web", "clusters"], &[".", "--render", "all"]] {
            let result = json(cnscan(folder.path()).args(arguments));
            assert_eq!((gaps(&result), &result["summary"]["objects"]), (vec![], &Value::from(2)), "{arguments:?}: {}", result["notices"]);
            assert_eq!(places(&result, folder.path(), "pss-privileged-container"), [], "{arguments:?}");
        }
    }
    // what Argo CD deploys of the folder around it are the files beside it
    let around = argo("apps", "").replace("name: web", "name: apps");
    let files = [kustomization, ("apps/web/web.yaml", &*web), ("apps/web.yaml", &one), ("root.yaml", &around)];
    let (_folder, result) = scanned(&files);
    assert_eq!(result["summary"]["objects"], 3, "{}", result["notices"]);
    // deployed as it is as well
    let other = flux("./apps/web", "").replace("name: web", "name: other");
    let (folder, result) = scanned(&[&files[..], &[("clusters/other.yaml", &other)]].concat());
    assert_eq!(places(&result, folder.path(), "pss-privileged-container"), [place("apps/web/web.yaml", "true", "value")]);
}

#[test]
fn what_a_patch_removes_is_not_judged() {
    if !is_there("kubectl") {
        return;
    }
    let removes =
        "  patches:\n  - patch: |\n      apiVersion: apps/v1\n      kind: Deployment\n      metadata: {name: web}\n      $patch: delete\n";
    let other = WEB.replace("name: web\nspec", "name: other\nspec");
    let web = WEB.replace("privileged: false", "privileged: true");
    for kustomization in [&[][..], &[("apps/kustomization.yaml", "resources: [web.yaml, other.yaml]\n")]] {
        let files = [("apps/web.yaml", &*web), ("apps/other.yaml", &other), ("clusters/web.yaml", &flux("./apps", removes))];
        let folder = folder(&[&files[..], kustomization].concat());
        for arguments in [&["."][..], &["apps", "clusters"]] {
            let result = json(cnscan(folder.path()).args(arguments));
            assert_eq!((gaps(&result), &result["summary"]["objects"]), (vec![], &Value::from(2)), "{arguments:?}: {}", result["notices"]);
            assert_eq!(places(&result, folder.path(), "pss-privileged-container"), []);
        }
    }
}

const RELEASE: &str = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: podinfo, namespace: podinfo}\nspec:\n  interval: 1h\n  chart:\n    spec:\n      chart: podinfo\n      sourceRef: {kind: HelmRepository, name: podinfo}\n";

#[test]
fn what_lies_elsewhere_is_said_once_an_object() {
    let repository = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: {name: podinfo, namespace: podinfo}\nspec: {url: 'https://me:t0ken@charts.example.com'}\n";
    let with_values = format!("{RELEASE}  values:\n    securityContext: {{privileged: true}}\n");
    let (_folder, result) = scanned(&[("release.yaml", RELEASE), ("repository.yaml", repository)]);
    assert!(!result["notices"].to_string().contains("t0ken"));
    assert_eq!(gaps(&result), []);
    let thing = "the chart `podinfo` of https://…@charts.example.com";
    assert_eq!(notices(&result), [format!("release.yaml:8:14: HelmRelease podinfo deploys {thing}: it is no part of this scan")]);
    let (_folder, result) = scanned(&[("release.yaml", &with_values), ("repository.yaml", repository)]);
    let said = format!("release.yaml:8:14: HelmRelease podinfo deploys {thing}: it is no part of this scan, and nobody looked at `values`");
    assert_eq!((gaps(&result), notices(&result)), (vec![], vec![said]));

    let sources = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: shop, namespace: argocd}\nspec:\n  project: shop\n  sources:\n  - {repoURL: 'https://charts.example.com', chart: redis, helm: {valueFiles: [$values/redis.yaml]}}\n  - {repoURL: 'https://github.com/acme/values', ref: values}\n  - {repoURL: 'https://github.com/acme/other', path: deploy}\n";
    let (_folder, result) = scanned(&[("app.yaml", sources)]);
    let said = "app.yaml:7:52: Application shop deploys the chart `redis` of https://charts.example.com (and 1 more source): it is no part of this scan, and nobody looked at `valueFiles`";
    assert_eq!((gaps(&result), notices(&result)), (vec![], vec![said.to_owned()]));
    // read of a cluster: what it makes is there
    let live = RELEASE.replace("namespace: podinfo}", "namespace: podinfo, uid: abc}");
    let (_folder, result) = scanned(&[("release.yaml", &live)]);
    assert_eq!((gaps(&result), notices(&result)), (vec![], vec![]));
}

#[test]
fn values_for_a_chart_in_the_tree_are_a_gap() {
    let none = TempDir::new().expect("a folder");
    let chart = [("charts/web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"), ("charts/web/templates/web.yaml", WEB)];
    let text = argo("charts/web", "    helm:\n      releaseName: web\n      parameters: [{name: privileged, value: 'true'}]\n");
    let folder = folder(&[&chart[..], &[("apps/web.yaml", &text)]].concat());
    let result = json(cnscan(folder.path()).env("PATH", none.path()).arg("."));
    let said = "Application web deploys `charts/web`: it is deployed with `parameters` of its own, which nobody looked at";
    assert_eq!(gaps(&result)[0], gap("apps/web.yaml", 14, 7, said));
    let k3s = "apiVersion: helm.cattle.io/v1\nkind: HelmChart\nmetadata: {name: traefik, namespace: kube-system}\nspec:\n  repo: https://charts.example.com\n  chart: traefik\n  valuesContent: |\n    a: b\n";
    let (_folder, result) = scanned(&[("traefik.yaml", k3s)]);
    assert_eq!(gaps(&result), []);
    assert!(notices(&result)[0].ends_with("it is no part of this scan, and nobody looked at `valuesContent`"), "{:?}", notices(&result));
}

#[test]
fn what_is_not_scanned_of_the_same_repository_is_said() {
    let text = format!("{}---\n{}", flux("./apps/web", ""), flux("./missing", "").replace("name: web", "name: missing"));
    let folder = folder(&[BASE, &[("clusters/web.yaml", &text), (".git/HEAD", "ref: refs/heads/main\n")]].concat());
    let result = json(cnscan(folder.path()).arg("clusters"));
    assert_eq!(
        notices(&result),
        [
            "clusters/web.yaml:10:9: Kustomization web deploys `apps/web`: it is not among what is scanned, name it as well",
            "clusters/web.yaml:21:9: Kustomization missing deploys `missing`: there is no such folder in the repository"
        ]
    );
}

#[test]
fn what_an_overlay_would_do_otherwise_than_flux_is_a_gap() {
    let images = "images: [{name: registry.example.com/web, newName: registry.example.com/shop}]\n";
    let own = format!("resources: [web.yaml]\n{images}");
    let text = flux("./apps/web", "  images: [{name: registry.example.com/web, newTag: latest}]\n");
    let (_folder, result) = scanned(&[("apps/web/kustomization.yaml", &own), ("apps/web/web.yaml", WEB), ("clusters/web.yaml", &text)]);
    let said = "Kustomization web deploys `apps/web`: it is deployed with `images` of its own, which nobody looked at";
    assert!(gaps(&result).contains(&gap("clusters/web.yaml", 11, 3, said)), "{}", result["gaps"]);
}

#[test]
fn shards_of_what_is_deployed_come_to_the_same() {
    if !is_there("kubectl") {
        return;
    }
    let text = flux("./apps", &patch(2));
    let other = WEB.replace("name: web\nspec", "name: other\n  namespace: other\nspec");
    let folder =
        folder(&[("apps/web.yaml", WEB), ("apps/deep/other.yaml", &other), ("clusters/web.yaml", &text), ("release.yaml", RELEASE)]);
    let whole = in_shards(folder.path(), 2);
    assert_eq!(places(&whole, folder.path(), "pss-privileged-container").len(), 1);
}

#[test]
fn what_lies_under_what_is_deployed_is_a_part_of_it() {
    if !is_there("kubectl") {
        return;
    }
    let text = flux("./apps/prod", &patch(2));
    let more = [("apps/prod/kustomization.yaml", "resources: [../web]\n"), ("clusters/web.yaml", &*text)];
    let (folder, result) = scanned(&[BASE, &more].concat());
    assert_eq!(gaps(&result), []);
    assert_eq!(result["summary"]["objects"], 2, "{}", result["notices"]);
    assert_eq!(places(&result, folder.path(), "pss-privileged-container"), [place("clusters/web.yaml", "true", "value")]);
}

#[test]
fn a_path_that_is_here_by_chance_is_of_another_repository() {
    let repository = |name: &str| {
        format!(
            "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {{name: {name}, namespace: flux-system}}\nspec: {{interval: 1h, url: 'https://github.com/acme/{name}'}}\n---\n"
        )
    };
    let other = flux("./apps", "").replace("name: web", "name: podinfo").replace("name: flux-system}", "name: podinfo}");
    let (one, two) = (flux("./apps/web", ""), flux("./clusters", "").replace("name: web", "name: all"));
    let text = format!("{}{}{one}---\n{two}---\n{other}", repository("flux-system"), repository("podinfo"));
    let (_folder, result) = scanned(&[BASE, &[("clusters/all.yaml", &text)]].concat());
    let notices = notices(&result);
    let [notice] = &notices[..] else { panic!("{notices:?}") };
    assert!(
        notice.ends_with("Kustomization podinfo deploys `./apps` of https://github.com/acme/podinfo: it is no part of this scan"),
        "{notice}"
    );
}

#[test]
fn what_argo_cd_only_names_or_labels_is_built() {
    if !is_there("kubectl") {
        return;
    }
    let text = argo("apps/web", "    kustomize:\n      namePrefix: prod-\n      commonLabels: {team: web}\n");
    let (_folder, result) = scanned(&[BASE, &[("argocd/web.yaml", &text)]].concat());
    assert_eq!(gaps(&result), []);
    let mut names = of_kind(&result, "Deployment");
    names.dedup();
    assert_eq!(names, ["prod-web"]);
}
