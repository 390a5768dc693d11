//! Kustomizations below what is scanned: built where they can be, and never passed over where they cannot.

use super::*;

pub(super) const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n      - name: web\n        image: registry.example.com/web:1\n        securityContext:\n          privileged: false\n";

pub(super) const PATCH: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers:\n      - name: web\n        securityContext:\n          privileged: true\n";

/// An overlay that makes a container privileged which its base does not.
fn patched() -> TempDir {
    folder(&[
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("base/web.yaml", WEB),
        ("overlays/prod/kustomization.yaml", "resources:\n- ../../base\npatches:\n- path: patch.yaml\n"),
        ("overlays/prod/patch.yaml", PATCH),
    ])
}

/// A folder without any program, for a PATH.
pub(super) fn nowhere() -> TempDir {
    TempDir::new().expect("a folder")
}

/// The gaps: file, line, column, why.
pub(super) fn gaps(result: &Value) -> Vec<(String, u64, u64, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let gaps = result["gaps"].as_array().expect("gaps").iter();
    let place = |gap: &Value, key: &str| gap["location"][key].as_u64().unwrap_or_default();
    gaps.map(|gap| (text(&gap["location"]["uri"]), place(gap, "line"), place(gap, "column"), text(&gap["why"]))).collect()
}

fn gap(uri: &str, line: u64, column: u64, why: &str) -> (String, u64, u64, String) {
    (uri.to_owned(), line, column, why.to_owned())
}

pub(super) fn of<'r>(result: &'r Value, check: &str) -> Vec<&'r Value> {
    result["findings"].as_array().expect("findings").iter().filter(|finding| finding["check"] == check).collect()
}

#[test]
fn what_a_patch_sets_is_found_without_being_asked_for() {
    if !is_there("kubectl") {
        return;
    }
    let folder = patched();
    let result = json(cnscan(folder.path()).arg("."));
    assert_eq!(gaps(&result), []);
    assert_eq!(places(&result, folder.path(), "pss-privileged-container"), [place("overlays/prod/patch.yaml", "true", "value")]);
    assert!(result["notices"].to_string().contains("overlays/prod: judged as "), "{}", result["notices"]);
}

#[test]
fn what_a_patch_would_set_is_a_gap_where_nothing_is_built() {
    let folder = patched();
    let none = nowhere();
    let why = |how: &str| format!("what it lists is judged as written, without its `patches`: {how}");
    let never = why("`--render never` was given, so that it was not built");
    let missing = why("neither kustomize nor kubectl is installed here to build it");
    let alone = why("scan its folder, which builds it");
    let scan = |arguments: &[&str]| {
        let mut command = cnscan(folder.path());
        command.env("PATH", none.path()).args(arguments);
        command
    };
    const OVERLAY: &str = "overlays/prod/kustomization.yaml";
    for (arguments, why) in [(&[".", "--render", "never"][..], &never), (&["."], &missing), (&["base", OVERLAY], &alone)] {
        let result = json(&mut scan(arguments));
        assert_eq!(gaps(&result), [gap(OVERLAY, 3, 1, why)], "{arguments:?}");
        let check = result["checks"].as_array().expect("checks").iter().find(|check| check["id"] == "pss-privileged-container");
        let controls = check.expect("the check")["controls"].as_array().expect("controls").clone();
        let own = result["controls"].as_array().expect("controls").iter().filter(|control| controls.contains(&control["id"]));
        for control in own {
            assert!(control["status"] != "pass" && control["status"] != "partial", "{control}");
        }
        scan(arguments).args(["--fail-on", "none"]).assert().code(3);
    }
    // the base is not there to be judged as written
    let result = json(scan(&["overlays"]).args(["--fail-on", "none"]));
    let unscanned = "it lists `../../base`, which is not among what is scanned: name it as well";
    assert_eq!(gaps(&result), [gap(OVERLAY, 2, 3, unscanned), gap(OVERLAY, 3, 1, &missing)]);
    let text = fs::read_to_string(folder.path().join(OVERLAY)).expect("a file");
    let piped = text.replace("resources:\n- ../../base\n", "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n");
    let result = json(scan(&["-"]).write_stdin(piped));
    assert_eq!(gaps(&result), [gap("", 0, 0, &format!("line 3, column 1: {alone}"))]);
}

#[test]
fn what_changes_nothing_that_is_judged_is_no_gap() {
    let none = nowhere();
    let scan = |kustomization: &str| {
        let folder = folder(&[("kustomization.yaml", &format!("resources: [web.yaml]\n{kustomization}")), ("web.yaml", WEB)]);
        gaps(&json(cnscan(folder.path()).env("PATH", none.path()).arg(".")))
            .into_iter()
            .map(|(_, line, column, _)| (line, column))
            .collect::<Vec<_>>()
    };
    for harmless in [
        "",
        "namePrefix: a-\nnameSuffix: -b\n",
        "commonLabels: {team: shop, app.kubernetes.io/part-of: shop}\nlabels: [{pairs: {env: prod}}]\n",
        "commonAnnotations: {owner: shop}\n",
        "patches: []\nimages:\nconfigMapGenerator: []\ngeneratorOptions: {disableNameSuffixHash: true}\n",
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nmetadata: {name: a}\nsortOptions: {order: fifo}\n",
    ] {
        assert_eq!(scan(harmless), [], "{harmless}");
    }
    for harmful in [
        "images: [{name: a, newTag: b}]\n",
        "replicas: [{name: web, count: 1}]\n",
        "namespace: kube-system\n",
        "namespace: shop\n",
        "commonLabels: {pod-security.kubernetes.io/enforce: privileged}\n",
        "labels: [{pairs: {istio-injection: disabled}}]\n",
        "commonAnnotations: {container.apparmor.security.beta.kubernetes.io/web: unconfined}\n",
        "patchesJson6902: [{target: {kind: Deployment, name: web, version: v1}, path: a.json}]\n",
        "secretGenerator: [{name: a, literals: [b=c]}]\n",
        "replacements: [{path: a.yaml}]\n",
        "transformers: [a.yaml]\n",
        "vars: [{name: A}]\n",
        "somethingNew: [a]\n",
    ] {
        assert_eq!(scan(harmful), [(2, 1)], "{harmful}");
    }
}

#[test]
fn nothing_is_fetched_and_what_would_have_to_be_is_a_gap_at_its_line() {
    let marker = TempDir::new().expect("a folder");
    let called = marker.path().join("called");
    let tool = program("kustomize", &format!("echo called > '{}'", called.display()));
    let scan = |files: &[(&str, &str)]| {
        let folder = folder(files);
        let result = json(cnscan(folder.path()).env("PATH", tool.path()).arg("."));
        assert!(!called.exists(), "no program is asked to build what would have to be fetched");
        assert!(!result.to_string().contains("t0ken"), "{result}");
        let mut places: Vec<_> =
            gaps(&result).into_iter().map(|(uri, line, column, why)| (uri, line, column, why.contains("nobody looked at"))).collect();
        places.sort();
        places
    };
    let at = |uri: &str, line: u64, column: u64| (uri.to_owned(), line, column, true);
    let web = ("web.yaml", WEB);
    assert_eq!(
        scan(&[
            ("kustomization.yaml", "resources:\n- web.yaml\n- https://me:t0ken@example.com/base?ref=v1\n- github.com/a/b//c?ref=v1\n"),
            web
        ]),
        [at("kustomization.yaml", 3, 3), at("kustomization.yaml", 4, 3)]
    );
    // by way of a base, and the overlay changes nothing by itself
    let base = ("base/kustomization.yaml", "resources: ['git@github.com:a/b.git']\n");
    assert_eq!(scan(&[("prod/kustomization.yaml", "resources: [../base]\n"), base]), [at("base/kustomization.yaml", 1, 13)]);
    for (text, column) in [
        ("patches: [{path: http://127.0.0.1:1/a.yaml}]\n", 18),
        ("configMapGenerator: [{name: a, files: ['b=http://127.0.0.1:1/a']}]\n", 40),
        ("openapi: {path: 'https://example.com/a.json'}\n", 17),
        ("helmCharts: [{name: redis, repo: 'https://example.com'}]\n", 14),
    ] {
        let text = format!("resources: [web.yaml]\n{text}");
        let found = scan(&[("kustomization.yaml", &text), web]);
        assert!(found.contains(&at("kustomization.yaml", 2, column)), "{text}: {found:?}");
    }
    let plugin = "apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: a}\npath: http://127.0.0.1:1/a.yaml\n";
    let found = scan(&[("kustomization.yaml", "resources: [web.yaml]\ntransformers: [plugin.yaml]\n"), ("plugin.yaml", plugin), web]);
    assert!(found.contains(&at("plugin.yaml", 4, 7)), "{found:?}");
}

#[test]
fn nothing_beside_the_repository_is_read() {
    let tool = program("kustomize", "echo 'apiVersion: v1'");
    let outer = folder(&[
        ("repo/.git/HEAD", "ref: refs/heads/main\n"),
        ("repo/a/kustomization.yaml", "resources: [../../other]\n"),
        ("repo/b/kustomization.yaml", "resources: [link]\n"),
        ("other/kustomization.yaml", "resources: [web.yaml]\n"),
        ("other/web.yaml", WEB),
    ]);
    symlink(outer.path().join("other"), outer.path().join("repo/b/link")).expect("a link");
    let result = json(cnscan(&outer.path().join("repo")).env("PATH", tool.path()).arg("."));
    let why = |path: &str| format!("it lists `{path}`, which leads out of its repository, where nothing is read");
    assert_eq!(gaps(&result), [gap("a/kustomization.yaml", 1, 13, &why("../../other")), gap("b/kustomization.yaml", 1, 13, &why("link"))]);
}

#[test]
fn where_an_overlay_cannot_be_built_its_base_is() {
    if !is_there("kubectl") {
        return;
    }
    let files = [
        ("base/kustomization.yaml", "resources: [web.yaml]\nnamePrefix: base-\n"),
        ("base/web.yaml", WEB),
        ("dev/kustomization.yaml", "resources:\n- ../base\n- missing.yaml\npatches: [{path: patch.yaml}]\n"),
        ("dev/patch.yaml", PATCH),
    ];
    let broken = folder(&files);
    let result = json(cnscan(broken.path()).arg("."));
    let gaps = gaps(&result);
    let [(uri, 3, 3, why)] = &gaps[..] else { panic!("{gaps:?}") };
    assert_eq!(uri, "dev/kustomization.yaml");
    assert!(why.starts_with("a kustomization that cannot be built: "), "{why}");
    assert!(why.contains("missing.yaml") && why.ends_with("; what it lists is judged as written, without its `patches`"), "{why}");
    assert!(!why.contains(&*broken.path().to_string_lossy()) && !why.contains("/tmp"), "{why}");
    let names: Vec<_> = of(&result, "image-reference-mutable").iter().map(|finding| finding["subject"]["name"].clone()).collect();
    assert_eq!(names, ["base-web"]);
    // no clock and no number of a process
    assert_eq!(result["gaps"], json(cnscan(broken.path()).arg("."))["gaps"]);

    let ring = folder(&[
        ("a/kustomization.yaml", "resources: [../b]\n"),
        ("b/kustomization.yaml", "resources: [../a, web.yaml]\n"),
        ("b/web.yaml", WEB),
    ]);
    let result = json(cnscan(ring.path()).arg("."));
    assert_eq!(result["gaps"].as_array().expect("gaps").len(), 2, "{}", result["gaps"]);
    assert_eq!(of(&result, "image-reference-mutable").len(), 1, "what the ring lists is judged as written");
}

#[test]
fn a_component_is_built_by_what_names_it_alone() {
    if !is_there("kubectl") {
        return;
    }
    let component =
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches:\n- path: patch.yaml\n  target: {kind: Deployment}\n";
    let mut files = vec![
        ("component/kustomization.yaml", component),
        ("component/patch.yaml", PATCH),
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("base/web.yaml", WEB),
    ];
    let unnamed = folder(&files);
    let why = "nothing is judged with its `patches`: no kustomization that is scanned names this component";
    let result = json(cnscan(unnamed.path()).arg("."));
    assert_eq!(gaps(&result), []);
    assert!(result["notices"].to_string().contains(&format!("component/kustomization.yaml: {why}")), "{}", result["notices"]);
    // who asks for it by name is to know that it was not looked at
    let result = json(cnscan(unnamed.path()).args([".", "component"]));
    assert_eq!(gaps(&result), [gap("component/kustomization.yaml", 3, 1, why)]);
    files.push(("prod/kustomization.yaml", "resources: [../base]\ncomponents: [../component]\n"));
    let named = folder(&files);
    let result = json(cnscan(named.path()).arg("."));
    assert_eq!(gaps(&result), []);
    assert_eq!(places(&result, named.path(), "pss-privileged-container"), [place("component/patch.yaml", "true", "value")]);
}

#[test]
fn a_line_that_several_overlays_build_on_is_one_finding() {
    if !is_there("kubectl") {
        return;
    }
    let web = WEB.replace("privileged: false", "privileged: true");
    let overlays = |more: fn(&str) -> String| {
        let folder = folder(&[("base/kustomization.yaml", "resources: [web.yaml]\n"), ("base/web.yaml", &web)]);
        for name in ["dev", "prod", "test"] {
            let path = folder.path().join("overlays").join(name);
            fs::create_dir_all(&path).expect("folders");
            fs::write(path.join("kustomization.yaml"), format!("resources: [../../base]\n{}", more(name))).expect("a file");
        }
        folder
    };
    let same = overlays(|_| String::new());
    let result = json(cnscan(same.path()).arg("."));
    let [finding] = of(&result, "pss-privileged-container")[..] else { panic!("{result}") };
    let where_ = ["dev", "prod", "test"].map(|name| format!("in what is made of overlays/{name}"));
    let notes: Vec<_> =
        finding["notes"].as_array().expect("notes").iter().filter_map(Value::as_str).filter(|note| note.starts_with("in what")).collect();
    assert_eq!(notes, where_);
    assert!(finding["fingerprint"].as_str().is_some_and(|print| !print.contains(':')));
    let check = result["checks"].as_array().expect("checks").iter().find(|check| check["id"] == "pss-privileged-container");
    assert_eq!(check.expect("the check")["failed"], 3, "each of them is judged");
    // an object of another name or namespace is named beside it
    let apart = overlays(|name| format!("namespace: {name}\n"));
    let result = json(cnscan(apart.path()).arg("."));
    let [finding] = of(&result, "pss-privileged-container")[..] else { panic!("{result}") };
    assert_eq!(finding["subject"]["namespace"], "dev");
    let notes = finding["notes"].to_string();
    assert!(notes.contains("the same holds for Deployment prod/web, Deployment test/web"), "{notes}");
    assert!(finding["location"]["uri"] == "base/web.yaml" && finding["location"]["line"] == 14);

    // shards come to the same
    for folder in [&same, &apart] {
        in_shards(folder.path(), 3);
    }
}

#[test]
fn what_one_overlay_adds_protects_no_other() {
    if !is_there("kubectl") {
        return;
    }
    let deny = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny}\nspec: {podSelector: {}, policyTypes: [Ingress, Egress]}\n";
    let folder = folder(&[
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("base/web.yaml", WEB),
        ("dev/kustomization.yaml", "resources: [../base]\n"),
        ("prod/kustomization.yaml", "resources: [../base, deny.yaml]\n"),
        ("prod/deny.yaml", deny),
    ]);
    let check = ["--check", "network-default-deny-missing", "--complete"];
    let result = json(cnscan(folder.path()).arg(".").args(check));
    let said: Vec<_> = of(&result, check[1]).iter().map(|finding| finding["message"].as_str().unwrap_or_default()).collect();
    assert!(!said.is_empty() && said.iter().all(|said| said.ends_with("kustomize may build pods without it: see dev")), "{said:?}");
    fs::rename(folder.path().join("prod/deny.yaml"), folder.path().join("base/deny.yaml")).expect("a file");
    for name in ["dev", "prod"] {
        fs::write(folder.path().join(name).join("kustomization.yaml"), "resources: [../base]\n").expect("a file");
    }
    fs::write(folder.path().join("base/kustomization.yaml"), "resources: [web.yaml, deny.yaml]\n").expect("a file");
    let result = json(cnscan(folder.path()).arg(".").args(check));
    assert!(of(&result, check[1]).is_empty(), "{}", result["findings"]);
}

#[test]
fn what_a_generator_makes_is_pointed_at_and_not_shown() {
    if !is_there("kubectl") {
        return;
    }
    const LITERAL: &str = "k9vQ2mZx7pLw4tYb";
    const IN_FILE: &str = "Zx7pLw4tYbk9vQ2m";
    let kustomization = format!(
        "secretGenerator:\n- name: other\n  literals: [a=b]\n- name: db\n  literals: [user=shop, \"password={LITERAL}\"]\n  envs: [secret.env]\n"
    );
    let folder = folder(&[("kustomization.yaml", &kustomization), ("secret.env", &format!("api_key={IN_FILE}\n"))]);
    let result = json(cnscan(folder.path()).arg("."));
    let places: Vec<_> = of(&result, "secret-manifest-plaintext")
        .iter()
        .map(|finding| (finding["location"]["line"].clone(), finding["location"]["column"].clone()))
        .collect();
    assert!(places.contains(&(5.into(), 25.into())) && places.contains(&(6.into(), 10.into())), "{places:?}");
    for format in ["json", "table", "sarif", "sarif-full", "markdown", "html", "csv"] {
        let output = cnscan(folder.path()).args([".", "-vv", "-f", format]).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(!said.contains(LITERAL) && !said.contains(IN_FILE), "{format}: {said}");
    }
}

#[test]
fn a_flux_object_by_the_name_of_a_kustomization_is_none() {
    let tool = program("kustomize", "exit 1");
    let flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a, namespace: flux-system}\nspec: {path: ./x, prune: true, interval: 1m, sourceRef: {kind: GitRepository, name: a}}\n";
    let folder = folder(&[("kustomization.yaml", flux)]);
    let result = json(cnscan(folder.path()).env("PATH", tool.path()).arg("."));
    assert_eq!(gaps(&result), []);
    assert_eq!(result["summary"]["objects"], 1);
}

#[test]
fn overlays_replay_from_a_bundle_without_their_tool() {
    if !is_there("kubectl") {
        return;
    }
    let folder = folder(&[
        ("in/base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("in/base/web.yaml", &WEB.replace("privileged: false", "privileged: true")),
        ("in/dev/kustomization.yaml", "resources: [../base]\n"),
        ("in/prod/kustomization.yaml", "resources: [../base, deny.yaml]\n"),
        (
            "in/prod/deny.yaml",
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny}\nspec: {podSelector: {}, policyTypes: [Ingress, Egress]}\n",
        ),
        ("in/broken/kustomization.yaml", "resources: [missing.yaml]\nimages: [{name: a, newTag: b}]\n"),
    ]);
    let run = |arguments: &[&str]| {
        let mut command = Command::cargo_bin("cnscan").expect("the program");
        command.current_dir(folder.path()).env("SOURCE_DATE_EPOCH", "1790000000").args(arguments);
        command
    };
    run(&["evidence", "export", "--bundle", "b", "--unsigned", "--fail-on", "none", "--allow-gaps", "--no-config", "-q", "in"])
        .assert()
        .code(0);
    fs::remove_dir_all(folder.path().join("in")).expect("a folder");
    run(&["evidence", "replay", "b", "--allow-unsigned"])
        .env("PATH", "/nowhere")
        .assert()
        .stdout(predicates::str::contains("the same verdicts"));
}

#[test]
fn what_overlays_share_of_a_base_is_said_once() {
    if !is_there("kubectl") {
        return;
    }
    let web = KUSTOMIZATION.iter().find(|(name, _)| *name == "base/web.yaml").expect("a base").1;
    let folder = folder(&[
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("base/web.yaml", web),
        ("dev/kustomization.yaml", "resources: [../base]\nnamespace: dev\n"),
        ("prod/kustomization.yaml", "resources: [../base]\nnamespace: prod\nnamePrefix: prod-\n"),
    ]);
    let result = json(cnscan(folder.path()).args([".", "base/web.yaml"]));
    let findings = result["findings"].as_array().expect("findings").iter();
    let [finding] = &findings.filter(|finding| finding["check"] == "pss-privileged-container").collect::<Vec<_>>()[..] else {
        panic!("one")
    };
    let notes = finding["notes"].to_string();
    assert!(notes.contains("the same holds for Deployment dev/web, Deployment prod/prod-web"), "{notes}");
    // each object counts
    let mut checks = result["checks"].as_array().expect("checks").iter();
    let check = checks.find(|check| check["id"] == "pss-privileged-container").expect("it");
    assert_eq!((&check["subjects"], &check["failed"]), (&3.into(), &3.into()));
}
