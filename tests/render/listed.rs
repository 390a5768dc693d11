//! What kustomizations list, wherever it lies and whatever it is: lists, links, what users name, packed charts.

use super::kustomizations::{PATCH, WEB, gaps, nowhere, of};
use super::*;

#[test]
fn a_namespace_that_moves_nothing_is_no_gap() {
    let none = nowhere();
    let there = WEB.replace("name: web\nspec", "name: web\n  namespace: shop\nspec");
    let own = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n";
    for (namespace, gaps_there) in [("shop", vec![]), ("other", vec![(2, 1)])] {
        let kustomization = format!("resources: [web.yaml, namespace.yaml]\nnamespace: {namespace}\n");
        let folder = folder(&[("kustomization.yaml", &kustomization), ("web.yaml", &there), ("namespace.yaml", own)]);
        let result = json(cnscan(folder.path()).env("PATH", none.path()).arg("."));
        let found: Vec<_> = gaps(&result).into_iter().map(|(_, line, column, _)| (line, column)).collect();
        assert_eq!(found, gaps_there, "{namespace}");
    }
}

#[test]
fn items_of_a_list_in_a_base_keep_their_lines() {
    if !is_there("kubectl") {
        return;
    }
    let item = |name: &str, privileged: &str| {
        let object = WEB.replace("name: web\nspec", &format!("name: {name}\nspec")).replace("privileged: false", privileged);
        let lines: Vec<_> = object.lines().map(|line| format!("  {line}\n")).collect();
        lines.concat().replacen("  api", "- api", 1)
    };
    let list = format!("apiVersion: v1\nkind: List\nitems:\n{}{}", item("one", "privileged: false"), item("two", "privileged: true"));
    let folder = folder(&[
        ("base/kustomization.yaml", "resources: [all.yaml]\n"),
        ("base/all.yaml", &list),
        ("prod/kustomization.yaml", "resources: [../base]\nnamePrefix: prod-\n"),
    ]);
    let result = json(cnscan(folder.path()).arg("."));
    assert_eq!(gaps(&result), []);
    let [finding] = of(&result, "pss-privileged-container")[..] else { panic!("{}", result["findings"]) };
    let line = list.lines().position(|line| line.contains("privileged: true")).expect("a line") as u64 + 1;
    assert_eq!((&finding["location"]["uri"], &finding["location"]["line"]), (&"base/all.yaml".into(), &line.into()));
    assert_eq!(finding["location"]["quality"], "value");
}

#[test]
fn what_a_base_patches_is_pointed_at_from_every_overlay() {
    if !is_there("kubectl") {
        return;
    }
    let folder = folder(&[
        ("base/kustomization.yaml", "resources: [web.yaml]\npatches: [{path: patch.yaml}]\n"),
        ("base/web.yaml", WEB),
        ("base/patch.yaml", PATCH),
        ("dev/kustomization.yaml", "resources: [../base]\nnamePrefix: dev-\n"),
        ("prod/kustomization.yaml", "resources: [../base]\nnamePrefix: prod-\n"),
    ]);
    let result = json(cnscan(folder.path()).arg("."));
    let [finding] = of(&result, "pss-privileged-container")[..] else { panic!("{}", result["findings"]) };
    assert!(finding["notes"].to_string().contains("the same holds for Deployment (unset)/prod-web"), "{}", finding["notes"]);
    assert_eq!(places(&result, folder.path(), "pss-privileged-container"), [place("base/patch.yaml", "true", "value")]);
}

#[test]
fn what_the_user_names_beside_an_overlay_is_judged_by_itself_too() {
    if !is_there("kubectl") {
        return;
    }
    let folder = folder(&[
        ("kustomization.yaml", "resources: [app/web.yaml]\nnamePrefix: all-\npatches: [{path: app/patch.yaml}]\n"),
        ("app/web.yaml", &WEB.replace("privileged: false", "privileged: true")),
        ("app/patch.yaml", &PATCH.replace("privileged: true", "privileged: false")),
    ]);
    let names = |arguments: &[&str]| {
        let result = json(cnscan(folder.path()).args(arguments));
        of(&result, "pss-privileged-container").iter().map(|finding| finding["subject"]["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&["."]), Vec::<Value>::new(), "the patch mends it");
    assert_eq!(names(&[".", "app/web.yaml"]), ["web"]);
    assert_eq!(names(&[".", "app"]), ["web"]);
    // a patch is no object, whoever names it
    let result = json(cnscan(folder.path()).args([".", "app/patch.yaml"]));
    assert!(of_kind(&result, "Deployment").iter().all(|name| name == "all-web"), "{}", result["findings"]);
}

#[test]
fn links_lead_where_kustomize_follows_them() {
    if !is_there("kubectl") {
        return;
    }
    let web = WEB.replace("privileged: false", "privileged: true");
    let folder = folder(&[
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("base/web.yaml", &web),
        ("prod/kustomization.yaml", "resources: [linked]\nnamePrefix: prod-\n"),
        ("own/kustomization.prod.yaml", "resources: [web.yaml]\nnamePrefix: own-\n"),
        ("own/web.yaml", &web),
        ("away/web.yaml", WEB),
        ("away/.keep", ""),
    ]);
    symlink("../base", folder.path().join("prod/linked")).expect("a link");
    symlink("kustomization.prod.yaml", folder.path().join("own/kustomization.yaml")).expect("a link");
    symlink("../base/kustomization.yaml", folder.path().join("away/kustomization.yaml")).expect("a link");
    let result = json(cnscan(folder.path()).arg("."));
    let mut names: Vec<_> = of(&result, "pss-privileged-container").iter().map(|finding| finding["subject"]["name"].clone()).collect();
    names.sort_by_key(Value::to_string);
    assert_eq!(names, ["own-web", "prod-web"], "each once, as it is built");
    assert_eq!(
        places(&result, folder.path(), "pss-privileged-container"),
        [place("base/web.yaml", "true", "value"), place("own/web.yaml", "true", "value")]
    );
    let gaps = result["gaps"].as_array().expect("gaps");
    let [gap] = &gaps[..] else { panic!("{gaps:?}") };
    assert_eq!(gap["what"], "away/kustomization.yaml");
    assert!(gap["why"].as_str().is_some_and(|why| why.contains("which `kustomize build` does not follow")), "{gap}");
    // a link to an overlay is that overlay
    symlink("prod", folder.path().join("staging")).expect("a link");
    let again = json(cnscan(folder.path()).arg("."));
    assert_eq!(again["findings"], result["findings"]);
}

#[test]
fn a_packed_chart_is_said_and_not_read() {
    let folder = folder(&[
        ("pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: a}]}\n"),
        ("pack/store/Chart.yaml", "apiVersion: v2\nname: store\nversion: 1.0.0\n"),
        ("pack/other/package.json", "{}"),
        ("broken.tgz", "no archive"),
    ]);
    for (name, from) in [("charts/store-1.0.0.tgz", "store"), ("other.tgz", "other")] {
        let archive = folder.path().join(name);
        fs::create_dir_all(archive.parent().expect("a folder")).expect("folders");
        let packing = Process::new("tar").arg("czf").arg(archive).arg("-C").arg(folder.path().join("pack")).arg(from).status();
        assert!(packing.expect("tar").success());
    }
    fs::remove_dir_all(folder.path().join("pack")).expect("a folder");
    let result = json(cnscan(folder.path()).arg("."));
    let said: Vec<_> = result["notices"].as_array().expect("notices").iter().filter(|notice| notice.to_string().contains(".tgz")).collect();
    assert_eq!(
        said,
        [
            "charts/store-1.0.0.tgz: a packed chart, whose templates are not looked at: pipe what `helm template` makes of it into `cnscan scan -`"
        ]
    );
    assert_eq!(gaps(&result), []);
    let result = json(cnscan(folder.path()).args([".", "charts/store-1.0.0.tgz"]));
    assert_eq!(result["gaps"][0]["what"], "charts/store-1.0.0.tgz");
    assert!(result["gaps"][0]["why"].as_str().is_some_and(|why| why.starts_with("a packed chart")), "{}", result["gaps"]);
    assert!(!result["notices"].to_string().contains(".tgz"));
}
