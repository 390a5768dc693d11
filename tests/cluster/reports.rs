//! How reports speak of objects that stand in no file.

use super::*;

#[test]
fn an_object_that_cannot_be_judged_is_a_gap_by_name() {
    let deep = (0..99).fold(json!(1), |inner, _| json!([inner]));
    let api = pods(move |_| Reply::Json(list("Pod", &[json!({"metadata": {"name": "deep", "namespace": "shop"}, "x": deep}), pod("a")])));
    let result = result(&scan(&api, &[]));
    assert_eq!(names(&result), ["a"]);
    assert_eq!(gaps(&result), ["Pod shop/deep: nested deeper than 96 levels"]);
    // a policy that could not be judged may be the one that is missing
    let deep = (0..99).fold(json!(1), |inner, _| json!([inner]));
    let policy = json!({"metadata": {"name": "deep", "namespace": "shop"}, "spec": deep});
    let api = Api::start(move |asked| match asked.path.as_str() {
        "/apis/networking.k8s.io/v1/networkpolicies" => Reply::Json(list("NetworkPolicy", std::slice::from_ref(&policy))),
        _ => Reply::Usual,
    });
    let result = self::result(&scan(&api, &["--check", "network-default-deny-missing"]));
    assert_eq!(result["checks"][0]["verdict"], "review");
}

#[test]
fn what_was_not_asked_for_again_is_lost_and_not_fixed() {
    let api = pods(|asked| if asked.query.contains_key("labelSelector") { Reply::Json(list("Pod", &[])) } else { Reply::Usual });
    let folder = api.folder.path();
    let json = |name: &str, api: &Api, more: &[&str]| std::fs::write(folder.join(name), scan(api, more).stdout).expect("a result");
    json("old.json", &api, &[]);
    json("other.json", &api, &["-n", "other"]);
    json("labels.json", &api, &["-l", "a=b"]);
    let refused = Api::start(|asked| if asked.path == PODS { Reply::Status(403, None) } else { Reply::Usual });
    json("refused.json", &refused, &[]);
    let empty = pods(|_| Reply::Json(list("Pod", &[])));
    json("empty.json", &empty, &[]);
    let diff = |new: &str| -> Value {
        let mut command = Command::cargo_bin("cnscan").expect("the program");
        let output = command.current_dir(folder).args(["diff", "-f", "json", "old.json", new]).output().expect("it runs");
        serde_json::from_slice(&output.stdout).expect("JSON")
    };
    let count = |diff: &Value, key: &str| {
        let of = |row: &&Value| [&row["check"], &row["finding"]["check"]].contains(&&"pss-privileged-container".into());
        rows(diff, key).iter().filter(of).count()
    };
    for new in ["other.json", "labels.json", "refused.json"] {
        assert_eq!((count(&diff(new), "lost"), count(&diff(new), "fixed")), (1, 0), "{new}");
    }
    assert_eq!((count(&diff("empty.json"), "lost"), count(&diff("empty.json"), "fixed")), (0, 1));
}

#[test]
fn reports_show_object_and_field_in_place_of_a_file() {
    let api = Api::start(|_| Reply::Usual);
    let shown = |format: &str| {
        let arguments = [
            "scan",
            "--cluster",
            "--no-config",
            "-v",
            "-f",
            format,
            "--check",
            "pss-privileged-container",
            "--check",
            "network-default-deny-missing",
            "--exclude-namespace",
            "none",
        ];
        let output = cnscan(&arguments, &api.kubeconfig());
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let table = shown("table");
    // the namespace's own finding stands with those of what lives in it
    assert_eq!(table.matches("── namespace shop ─").count(), 1, "{table}");
    for part in [
        "Pod shop/a",
        "Namespace shop",
        "--> spec.containers[0].securityContext.privileged",
        "found true, expected false or absent",
        "fix: ",
    ] {
        assert!(table.contains(part), "{part}: {table}");
    }
    assert!(table.contains("objects of a cluster (mock), without none") && !table.contains("without a file"), "{table}");
    let markdown = shown("markdown");
    assert!(markdown.contains("namespace shop") && markdown.contains("<code>Pod shop/a</code>"), "{markdown}");
    let sarif: Value = serde_json::from_str(&shown("sarif-full")).expect("JSON");
    let results = rows(&sarif["runs"][0], "results").iter().filter(|result| result["ruleId"] == "pss-privileged-container");
    for result in results {
        let place = &result["locations"][0];
        assert!(place["physicalLocation"].is_null() && place["logicalLocations"][0].to_string().contains("shop"), "{result}");
    }
    let github: Value = serde_json::from_str(&shown("sarif")).expect("JSON");
    assert!(rows(&github["runs"][0], "results").is_empty());
}

#[test]
fn annotations_excuse_live_objects() {
    let mut known = pod("known");
    known["metadata"]["annotations"] = json!({"cnscan/excuse.pss-privileged-container": "the driver needs it"});
    let api = pods(move |_| Reply::Json(list("Pod", &[known.clone(), pod("b")])));
    let result = result(&scan(&api, &["--check", "pss-privileged-container"]));
    let excused: Vec<_> =
        rows(&result, "findings").iter().map(|finding| (finding["subject"]["name"].clone(), finding["excused"]["by"].clone())).collect();
    assert_eq!(excused, [("b".into(), Value::Null), ("known".into(), "annotation".into())]);
}
