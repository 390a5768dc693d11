//! Charts with all that charts have, and those that go wrong.

use super::*;

const CHART_FILE: &str = "apiVersion: v2\nname: store\nversion: 1.0.0\n";

fn pod(metadata: &str) -> String {
    format!("apiVersion: v1\nkind: Pod\nmetadata: {{{metadata}}}\nspec:\n  hostNetwork: true\n  containers: [{{name: a, image: a}}]\n")
}

#[test]
fn hooks_subcharts_and_definitions_are_looked_at_and_notes_are_not() {
    if !is_there("helm") {
        return;
    }
    let crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: as.example.com}\nspec: {group: example.com, names: {kind: A, plural: as}, scope: Namespaced, versions: []}\n";
    let (web, hook, sub) =
        (pod("name: '{{ .Release.Name }}-web'"), pod("name: hook, annotations: {helm.sh/hook: pre-install}"), pod("name: sub"));
    let (packed, test) = (pod("name: packed"), pod("name: test, annotations: {helm.sh/hook: test}"));
    let chart = folder(&[
        ("deploy/shop/Chart.yaml", CHART_FILE),
        ("deploy/shop/templates/web.yaml", &web),
        ("deploy/shop/templates/hook.yaml", &hook),
        ("deploy/shop/templates/tests/test.yaml", &test),
        ("deploy/shop/templates/NOTES.txt", "apiVersion: v1\nkind: Pod\n"),
        ("deploy/shop/crds/a.yaml", crd),
        ("deploy/shop/charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 1.0.0\n"),
        ("deploy/shop/charts/sub/templates/sub.yaml", &sub),
        ("deploy/shop/charts/lib/Chart.yaml", "apiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library\n"),
        ("deploy/shop/charts/lib/templates/_lib.tpl", "{{- define \"lib\" }}{{ end }}"),
        ("deploy/lib/Chart.yaml", "apiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library\n"),
        ("deploy/lib/templates/_lib.tpl", "{{- define \"lib\" }}{{ end }}"),
        ("deploy/empty/Chart.yaml", "apiVersion: v2\nname: empty\nversion: 1.0.0\n"),
        ("deploy/empty/templates/web.yaml", "{{ if .Values.on }}\nkind: Pod\n{{ end }}\n"),
        ("packed/Chart.yaml", "apiVersion: v2\nname: packed\nversion: 1.0.0\n"),
        ("packed/templates/packed.yaml", &packed),
    ]);
    let archive = chart.path().join("deploy/shop/charts/packed-1.0.0.tgz");
    let packing = Process::new("tar").arg("czf").arg(archive).arg("-C").arg(chart.path()).arg("packed").status();
    assert!(packing.expect("tar").success());
    let result = json(cnscan(chart.path()).arg("deploy"));
    assert_eq!(result["gaps"], serde_json::json!([]));
    assert_eq!(result["summary"]["objects"], 6, "five pods and a definition");
    let own = ["charts/sub/templates/sub.yaml", "templates/hook.yaml", "templates/tests/test.yaml", "templates/web.yaml"];
    let mut expected = vec![place("deploy/shop/Chart.yaml", "apiVersion: v2", "file")];
    expected.extend(own.map(|file| place(&format!("deploy/shop/{file}"), "true", "value")));
    assert_eq!(places(&result, chart.path(), "pss-host-namespaces"), expected);
    assert!(result["notices"].to_string().contains("deploy/lib: a library chart"), "{}", result["notices"]);
    let mut findings = result["findings"].as_array().expect("findings").iter().filter(|finding| finding["location"]["quality"] == "file");
    assert!(findings.all(|finding| finding["notes"].to_string().contains("where it is written is not known")));
}

/// Helm names templates by what charts call themselves, or by their aliases.
#[test]
fn templates_of_subcharts_are_found_by_alias_and_name() {
    if !is_there("helm") {
        return;
    }
    let named = |name: &str| format!("apiVersion: v2\nname: {name}\nversion: 1.0.0\n");
    let dependencies =
        "dependencies:\n- {name: postgres, alias: db, version: 1.0.0}\n- {name: cache, version: 1.0.0}\n- name: packed\n  version: 1.0.0\n";
    let (db, cache, inner, packed) = (pod("name: db"), pod("name: cache"), pod("name: inner"), pod("name: packed"));
    let chart = folder(&[
        ("shop/Chart.yaml", &(CHART_FILE.to_owned() + dependencies)),
        ("shop/charts/a/Chart.yaml", &named("postgres")),
        ("shop/charts/a/templates/db.yaml", &db),
        ("shop/charts/b/Chart.yaml", &named("cache")),
        ("shop/charts/b/templates/cache.yaml", &cache),
        ("shop/charts/b/charts/c/Chart.yaml", &named("inner")),
        ("shop/charts/b/charts/c/templates/inner.yaml", &inner),
        ("packed/Chart.yaml", &named("packed")),
        ("packed/templates/packed.yaml", &packed),
    ]);
    let archive = chart.path().join("shop/charts/packed-1.0.0.tgz");
    assert!(Process::new("tar").arg("czf").arg(archive).arg("-C").arg(chart.path()).arg("packed").status().expect("tar").success());
    let result = json(cnscan(chart.path()).arg("shop"));
    let expected = [
        // what asks for it is as near as it gets to what is packed
        place("shop/Chart.yaml", "packed", "parent"),
        place("shop/charts/a/templates/db.yaml", "true", "value"),
        place("shop/charts/b/charts/c/templates/inner.yaml", "true", "value"),
        place("shop/charts/b/templates/cache.yaml", "true", "value"),
    ];
    assert_eq!(places(&result, chart.path(), "pss-host-namespaces"), expected);
}

/// What excuses nothing is said where somebody wrote it, not where Helm put it.
#[test]
fn idle_comments_of_a_chart_are_said_at_their_place() {
    if !is_there("helm") {
        return;
    }
    let first = "# cnscan: excuse pss-host-port idle\n".to_owned() + &pod("name: first");
    let second = pod("name: second") + "  # cnscan: excuse pss-host-path-volume idle\n  volumes: [{name: a, emptyDir: {}}]\n";
    let chart = folder(&[
        ("shop/Chart.yaml", CHART_FILE),
        ("shop/templates/first.yaml", &first),
        ("shop/templates/second.yaml", &second),
        ("shop/values.yaml", "a: b\n# cnscan: excuse pss-host-namespaces of the values\n"),
    ]);
    let result = json(cnscan(chart.path()).arg("shop"));
    let notices: Vec<_> = result["notices"].as_array().expect("notices").iter().filter_map(Value::as_str).collect();
    for said in ["first.yaml:1: the excuse for pss-host-port", "second.yaml:7: the excuse for pss-host-path-volume"] {
        assert!(notices.iter().any(|notice| notice.starts_with(&format!("shop/templates/{said} matches no finding"))), "{notices:?}");
    }
    assert!(
        notices.iter().any(|notice| notice.starts_with("shop/values.yaml:2: the excuse for pss-host-namespaces matches no")),
        "{notices:?}"
    );
}

#[test]
fn a_chart_that_fails_is_a_gap_at_the_line_that_fails() {
    if !is_there("helm") {
        return;
    }
    let chart = folder(&[
        ("shop/Chart.yaml", CHART_FILE),
        (
            "shop/templates/web.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ä, x: {{ required \"say which\" .Values.missing }}}\n",
        ),
        (
            "other/Chart.yaml",
            "apiVersion: v2\nname: other\nversion: 1.0.0\ndependencies:\n- {name: db, version: 1.0.0, repository: 'https://charts.example.com'}\n",
        ),
    ]);
    let result = json(cnscan(chart.path()).arg("."));
    let gaps = result["gaps"].as_array().expect("gaps");
    let [other, shop] = &gaps[..] else { panic!("{gaps:?}") };
    assert!(other["why"].as_str().is_some_and(|why| why.contains("missing in charts/ directory: db")), "{other}");
    assert!(shop["why"].as_str().is_some_and(|why| why.ends_with("say which")), "{shop}");
    assert_eq!(shop["location"], serde_json::json!({"uri": "shop/templates/web.yaml", "line": 3, "column": 27}));
}

#[test]
fn a_chart_that_wants_all_memory_is_a_gap() {
    if !is_there("helm") || !cfg!(target_os = "linux") {
        return;
    }
    let chart =
        folder(&[("shop/Chart.yaml", CHART_FILE), ("shop/templates/web.yaml", "{{- range until 2000000000 }}\n# {{ . }}\n{{- end }}\n")]);
    let result = json(cnscan(chart.path()).arg("."));
    let why = result["gaps"][0]["why"].as_str().unwrap_or_default();
    assert!(why.contains("it crashed, as it does when it needs more than 4 GiB of memory") || why.contains("took longer than"), "{why}");
}
