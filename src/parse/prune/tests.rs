//! The filter against one that works on values, over lists that are made to trip it.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{DEEPEST, page};
use crate::discover::{Page, Resource};

fn resource(group: &str, kind: &str) -> Resource {
    let (group, version, kind) = (group.to_owned(), "v1".to_owned(), kind.to_owned());
    Resource { group, version, plural: format!("{}s", kind.to_lowercase()), kind, namespaced: true }
}

fn items(page: &Page) -> Vec<Value> {
    let mut start = 0;
    let item = |&end: &usize| serde_json::from_str(&page.text[std::mem::replace(&mut start, end)..end]).expect("JSON");
    page.ends.iter().map(item).collect()
}

/// Of who wrote what: when, and whether it was data.
fn written(managed: &mut Value) {
    let entries = managed.as_array_mut().into_iter().flatten();
    for entry in entries.filter_map(Value::as_object_mut) {
        entry.retain(|key, _| key == "time" || key == "fieldsV1");
        if let Some(fields) = entry.get_mut("fieldsV1").and_then(Value::as_object_mut) {
            fields.retain(|key, _| key == "f:data");
            fields.values_mut().filter_map(Value::as_object_mut).for_each(Map::clear);
        }
    }
}

/// What should be left of an object, said another way.
fn left(resource: &Resource, mut object: Value) -> Value {
    let secret = resource.is_secret();
    let Some(map) = object.as_object_mut() else { return object };
    map.retain(|key, _| if secret { key == "metadata" } else { key != "apiVersion" && key != "kind" });
    if let Some(metadata) = map.get_mut("metadata").and_then(Value::as_object_mut) {
        match metadata.get_mut("managedFields") {
            Some(managed) if secret => written(managed),
            _ => _ = metadata.remove("managedFields"),
        }
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.retain(|key, value| {
                let copy = key == "kubectl.kubernetes.io/last-applied-configuration" || key.starts_with("kapp.k14s.io/original");
                !copy && key != "objectset.rio.cattle.io/applied" && !(secret && value.to_string().len() > 1024)
            });
        }
    }
    let kept = |key: &str| match resource.kind.as_str() {
        "Pod" => matches!(key, "phase" | "qosClass") || key.to_lowercase().ends_with("containerstatuses"),
        kind => kind != "Node" || key != "images",
    };
    if !matches!(resource.kind.as_str(), "Pod" | "Node" | "Namespace") {
        map.remove("status");
    }
    if let Some(status) = map.get_mut("status").and_then(Value::as_object_mut) {
        status.retain(|key, _| kept(key));
    }
    object
}

const KEYS: [&str; 21] = [
    "metadata",
    "annotations",
    "managedFields",
    "fieldsV1",
    "f:data",
    "time",
    "status",
    "spec",
    "data",
    "kind",
    "apiVersion",
    "phase",
    "images",
    "nodeInfo",
    "conditions",
    "containerStatuses",
    "kubectl.kubernetes.io/last-applied-configuration",
    "kapp.k14s.io/original-diff",
    "continue",
    "a \"b\" \\ é",
    "items",
];

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9f64).prop_map(Value::from),
        "[ -~é\u{1F680}\n\t\"\\\\]{0,12}".prop_map(Value::from),
        Just(Value::from("x".repeat(1100))),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((proptest::sample::select(&KEYS[..]), inner), 0..6)
                .prop_map(|pairs| Value::from(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>())),
        ]
    })
}

fn object() -> impl Strategy<Value = Value> {
    let managed = proptest::collection::vec(value(), 0..3).prop_map(Value::from);
    (value(), managed, value(), value(), value()).prop_map(|(annotations, managed, status, spec, data)| {
        json!({"kind": "X", "metadata": {"name": "n", "annotations": annotations, "managedFields": managed}, "status": status, "spec": spec, "data": data})
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, rng_seed: proptest::test_runner::RngSeed::Fixed(4), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_left_is_the_same_tree_without_what_is_dropped(
        objects in proptest::collection::vec(object(), 0..4),
        kind in proptest::sample::select(&["Pod", "Node", "Namespace", "Secret", "ConfigMap"][..]),
        pretty in any::<bool>(),
    ) {
        let resource = resource("", kind);
        let name = if kind == "Secret" { "PartialObjectMetadataList" } else { "XList" };
        let list = json!({"kind": name, "metadata": {"continue": "t\"o", "remainingItemCount": 7}, "items": objects});
        let text = if pretty { serde_json::to_string_pretty(&list) } else { serde_json::to_string(&list) };
        let page = page(&resource, text.expect("text").as_bytes(), false).expect("a list");
        let expected: Vec<_> = objects.into_iter().map(|object| left(&resource, object)).collect();
        prop_assert_eq!(items(&page), expected);
        prop_assert_eq!((page.next.as_deref(), page.remaining), (Some("t\"o"), Some(7)));
        // nothing between the tokens: a list stands on one line of a snapshot
        let again: String = items(&page).iter().map(Value::to_string).collect();
        prop_assert_eq!(page.text.len(), again.len());
    }

    #[test]
    fn garbage_is_refused_and_never_half_taken(text in "[\\[\\]{}:,\"\\\\a-e0-9 .truefalsnu-]{0,60}") {
        let whole = format!("{{\"kind\":\"XList\",\"items\":[{{\"a\":{text}}}]}}");
        let ours = page(&resource("", "X"), whole.as_bytes(), false);
        let theirs = serde_json::from_str::<Value>(&whole);
        // duplicate keys and numbers beyond a double are left to the parser behind
        prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{} {:?} {:?}", whole, ours, theirs);
    }
}

#[test]
fn a_secret_gives_its_metadata_alone() {
    let secret = resource("", "Secret");
    let object = json!({"data": {"p": "c2VjcmV0"}, "type": "Opaque", "metadata": {"name": "s", "managedFields": [
        {"manager": "m", "time": "2026-01-01T00:00:00Z", "fieldsV1": {"f:type": {}, "f:data": {".": {}, "f:p": {}}}}], "annotations": {
        "kubectl.kubernetes.io/last-applied-configuration": "{\"data\":{\"p\":\"c2VjcmV0\"}}", "team": "a"}}});
    let list = |kind: &str| json!({"kind": kind, "items": [object]}).to_string();
    let page_of = |kind: &str| page(&secret, list(kind).as_bytes(), false);
    let text = page_of("PartialObjectMetadataList").expect("a list").text;
    // when its data was written, and not which keys it has
    let expected = r#"{"metadata":{"annotations":{"team":"a"},"managedFields":[{"fieldsV1":{"f:data":{}},"time":"2026-01-01T00:00:00Z"}],"name":"s"}}"#;
    assert_eq!(text.parse::<Value>().expect("JSON"), expected.parse::<Value>().expect("JSON"));
    assert!(page_of("SecretList").expect_err("whole Secrets").contains("metadata alone"));
}

#[test]
fn an_object_too_deep_is_lost_by_name_and_the_others_stay() {
    let deep = format!("{}1{}", "[".repeat(DEEPEST), "]".repeat(DEEPEST));
    let list = format!(
        "{{\"kind\":\"XList\",\"items\":[{{\"metadata\":{{\"name\":\"a\",\"namespace\":\"n\"}},\"d\":{deep}}},{{\"metadata\":{{\"name\":\"b\"}}}}]}}"
    );
    let page = page(&resource("", "X"), list.as_bytes(), false).expect("a list");
    assert_eq!(items(&page), [json!({"metadata": {"name": "b"}})]);
    assert_eq!(page.lost, [("n/a".to_owned(), format!("nested deeper than {DEEPEST} levels"))]);
}

#[test]
fn keys_are_known_however_they_are_spelled() {
    let list = br#"{"kind":"XList","items":[{"met\u0061data":{"managed\u0046ields":1,"name":"a"},"st\u0061tus":{}}]}"#;
    assert_eq!(page(&resource("", "X"), list, false).expect("a list").text, r#"{"met\u0061data":{"name":"a"}}"#);
}

#[test]
fn what_is_no_list_is_called_what_it_is() {
    let said = |text: &str| page(&resource("", "X"), text.as_bytes(), false).expect_err(text);
    assert!(said("{\"kind\":\"Status\",\"code\":500}").contains("no list but a `Status`"));
    assert!(said("<html>").contains("byte 0"));
    assert!(said("{\"kind\":\"XList\",\"items\":[{}").contains("ends too early"));
    assert!(said("{\"kind\":\"XList\",\"items\":[]} x").contains("nothing should follow"));
    assert!(page(&resource("", "X"), b"\xFF", false).expect_err("no text").contains("UTF-8"));
    let empty = page(&resource("", "X"), b"{\"kind\":\"XList\",\"items\":null}", false).expect("Go writes this");
    assert_eq!(empty, Page::default());
}

/// What checks read of a status, by kind.
#[test]
fn what_checks_read_of_a_status_stays() {
    for (group, kind, field) in [
        ("", "Pod", "phase"),
        ("batch", "Job", "completionTime"),
        ("batch", "Job", "conditions"),
        ("", "Node", "nodeInfo"),
        ("", "Node", "runtimeHandlers"),
        ("", "PersistentVolume", "phase"),
        ("certificates.k8s.io", "CertificateSigningRequest", "conditions"),
        ("apiregistration.k8s.io", "APIService", "conditions"),
        ("", "Namespace", "phase"),
    ] {
        let list = json!({"kind": "L", "items": [{"status": {field: "x"}}]});
        let page = page(&resource(group, kind), list.to_string().as_bytes(), false).expect("a list");
        assert_eq!(items(&page), [json!({"status": {field: "x"}})], "{kind}");
    }
}

#[test]
fn schemas_of_custom_resources_are_dropped() {
    let crd = resource("apiextensions.k8s.io", "CustomResourceDefinition");
    let list =
        json!({"kind": "L", "items": [{"spec": {"validation": {}, "versions": [{"name": "v1", "schema": {"a": 1}}]}, "status": {}}]});
    let page = page(&crd, list.to_string().as_bytes(), false).expect("a list");
    assert_eq!(page.text, r#"{"spec":{"versions":[{"name":"v1"}]}}"#);
}
