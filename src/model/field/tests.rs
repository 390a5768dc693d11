//! Look-ups through aliases, merge keys and absent fields.

use super::*;
use crate::parse::{Limits, yaml};

fn seen(text: &str, path: &str) -> (Option<String>, String) {
    let parsed = yaml::parse(text.into(), "test.yaml", &Limits::default());
    let root = Root { tree: &parsed.tree, file: 0, node: parsed.documents[0].root };
    let field = Field::top(root).at(path);
    (field.text().map(str::to_owned), field.path().into_string())
}

#[test]
fn merge_keys_stand_in_order_as_kubernetes_reads_them() {
    let anchors = "x: &x {a: 1, b: 2}\ny: &y {a: 3}\n";
    for (mapping, a) in [("{<<: *x, a: 9}", "9"), ("{a: 9, <<: *x}", "1"), ("{<<: [*y, *x]}", "3"), ("{<<: [*x, *y]}", "1")] {
        let text = format!("{anchors}z: {mapping}\n");
        assert_eq!(seen(&text, "z.a"), (Some(a.to_owned()), "z.a".to_owned()), "{mapping}");
        let parsed = yaml::parse(text.as_str().into(), "test.yaml", &Limits::default());
        let root = Root { tree: &parsed.tree, file: 0, node: parsed.documents[0].root };
        let entries = Field::top(root).key("z").entries();
        let found = entries.iter().find(|(key, _)| *key == "a").and_then(|(_, field)| field.text());
        assert_eq!(found, Some(a), "{mapping}");
        assert_eq!(entries.iter().filter(|(key, _)| *key == "a").count(), 1);
    }
}

#[test]
fn what_stands_by_alias_has_the_path_of_where_it_stands() {
    let text = "base: &base\n  deep: {list: [one, {name: two}]}\nuse:\n- other: *base\n";
    assert_eq!(seen(text, "use"), (None, "use".to_owned()));
    let parsed = yaml::parse(text.into(), "test.yaml", &Limits::default());
    let root = Root { tree: &parsed.tree, file: 0, node: parsed.documents[0].root };
    let item = Field::top(root).key("use").items().next().map(|item| item.at("other.deep.list"));
    let two = item.and_then(|list| list.items().nth(1)).map(|item| item.key("name"));
    let place = two.map(Field::place);
    assert_eq!(place.as_ref().map(|place| &*place.path), Some("use[0].other.deep.list[1].name"));
    assert_eq!(place.map(|place| place.stable.into_string()).as_deref(), Some("use[0].other.deep.list[name=two].name"));
}

#[test]
fn an_absent_field_knows_where_it_would_be() {
    let text = "spec:\n  containers:\n  - name: web\n    securityContext: null\n";
    let (value, path) = seen(text, "spec.os.name");
    assert_eq!((value, path.as_str()), (None, "spec.os.name"));
    let parsed = yaml::parse(text.into(), "test.yaml", &Limits::default());
    let root = Root { tree: &parsed.tree, file: 0, node: parsed.documents[0].root };
    let place = |path| {
        let container = Field::top(root).at("spec.containers").items().next().map(|item| item.at(path));
        let (start, end) = container.map(|field| field.place().span).unwrap_or_default();
        &text[start as usize..end as usize]
    };
    assert_eq!(place("resources.limits"), "name: web");
    assert_eq!(place("securityContext.privileged"), "securityContext");
    assert_eq!(place("name"), "web");
}
