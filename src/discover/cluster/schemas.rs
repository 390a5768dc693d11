//! What the schema of a kind that nothing is known of says: whether its objects may hold pods.
//!
//! Schemas stand in the server's OpenAPI documents, one a version of a group, which every account may read. A kind whose
//! schema cannot be had, or says nothing, may hold anything.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::client::Client;
use crate::discover::Resource;

/// How many documents are read side by side.
const AT_ONCE: usize = 4;
/// How deep a schema is looked into: deeper than objects are.
const DEEPEST: usize = 24;
/// How many places of a schema are looked at before it counts as one that may hold anything.
const MOST: usize = 100_000;

/// Parts kinds into those that may hold pods, and the others.
pub(super) async fn part(client: &Arc<Client>, resources: Vec<Resource>) -> (Vec<Resource>, Vec<Resource>) {
    let versions: BTreeSet<(String, String)> = resources.iter().map(|one| (one.group.clone(), one.version.clone())).collect();
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    for (group, version) in versions {
        let (client, slots) = (Arc::clone(client), Arc::clone(&slots));
        let kinds: Vec<String> = resources.iter().filter(|one| one.group == group).map(|one| one.kind.clone()).collect();
        running.spawn(async move {
            let _slot = slots.acquire_owned().await;
            let answer = client.get_soon(&format!("/openapi/v3/apis/{group}/{version}")).await;
            let document: Value = answer.ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
            let held: BTreeMap<String, bool> =
                kinds.into_iter().map(|kind| (kind.clone(), may_hold_pods(&document, &group, &version, &kind))).collect();
            (group, held)
        });
    }
    let mut held = BTreeMap::new();
    while let Some(ended) = running.join_next().await {
        // what a task that panicked would have said is missed below
        held.extend(ended.ok());
    }
    let may = |one: &Resource| held.get(&one.group).and_then(|kinds| kinds.get(&one.kind)).copied().unwrap_or(true);
    resources.into_iter().partition(may)
}

/// By an OpenAPI document of its group and version.
fn may_hold_pods(document: &Value, group: &str, version: &str, kind: &str) -> bool {
    let Some(schemas) = document["components"]["schemas"].as_object() else { return true };
    let is = |known: &Value| known["group"] == group && known["version"] == version && known["kind"] == kind;
    let own = |schema: &&Value| schema["x-kubernetes-group-version-kind"].as_array().is_some_and(|known| known.iter().any(is));
    let Some(schema) = schemas.values().find(own) else { return true };
    let mut look = Look { schemas, within: Vec::new(), places: 0 };
    let properties = schema["properties"].as_object();
    let is_open = schema["x-kubernetes-preserve-unknown-fields"] == true;
    let says_nothing = is_open || properties.is_none() || properties.and_then(|of| of.get("spec")).is_some_and(|spec| look.is_open(spec));
    says_nothing || look.at_top(properties)
}

struct Look<'s> {
    schemas: &'s Map<String, Value>,
    /// The names that are being looked into, which may refer to one another.
    within: Vec<&'s str>,
    places: usize,
}

/// Names under which a pod, or a template of one, stands.
const TEMPLATES: &[&str] = &["template", "podtemplate", "podtemplatespec", "podspec", "pod", "jobtemplate", "deploymenttemplate"];

impl<'s> Look<'s> {
    fn at_top(&mut self, properties: Option<&'s Map<String, Value>>) -> bool {
        let own =
            properties.into_iter().flatten().filter(|(key, _)| !matches!(key.as_str(), "apiVersion" | "kind" | "metadata" | "status"));
        own.into_iter().any(|(key, schema)| self.property(key, schema, 0))
    }

    fn property(&mut self, key: &str, schema: &'s Value, depth: usize) -> bool {
        let known = self.known(schema);
        let of = |schema: &'s Value, name: &str| schema["properties"].get(name).is_some();
        let names_pods = match key {
            "containers" | "initContainers" => {
                let item = self.known(&known["items"]);
                of(item, "image") || self.is_open(item)
            }
            "container" | "script" => of(known, "image"),
            key => TEMPLATES.contains(&key.to_ascii_lowercase().as_str()) && self.is_open(known),
        };
        names_pods || self.place(schema, depth)
    }

    fn place(&mut self, schema: &'s Value, depth: usize) -> bool {
        self.places += 1;
        if depth > DEEPEST || self.places > MOST {
            return true;
        }
        let name = reference(schema);
        if let Some(name) = name {
            let is_pods = ["PodTemplateSpec", "PodSpec", "Container"].iter().any(|kind| name.ends_with(&format!("core.v1.{kind}")));
            if is_pods {
                return true;
            }
            if self.within.contains(&name) {
                return false;
            }
            self.within.push(name);
        }
        let known = self.known(schema);
        let properties = known["properties"].as_object();
        let found = known["x-kubernetes-embedded-resource"] == true
            || properties.into_iter().flatten().any(|(key, schema)| self.property(key, schema, depth + 1))
            || ["items", "additionalProperties"].into_iter().any(|key| known[key].is_object() && self.place(&known[key], depth + 1));
        if name.is_some() {
            self.within.pop();
        }
        found
    }

    /// What a schema stands for.
    fn known(&self, schema: &'s Value) -> &'s Value {
        reference(schema).and_then(|name| self.schemas.get(name)).unwrap_or(schema)
    }

    /// Whether anything may stand there.
    fn is_open(&self, schema: &'s Value) -> bool {
        let known = self.known(schema);
        known["x-kubernetes-preserve-unknown-fields"] == true && !known["properties"].is_object()
    }
}

/// The name of the schema that one refers to.
fn reference(schema: &Value) -> Option<&str> {
    let given = schema["$ref"].as_str().or_else(|| schema["allOf"][0]["$ref"].as_str());
    given?.strip_prefix("#/components/schemas/")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(schema: &Value) -> Value {
        let mut own = schema.clone();
        own["x-kubernetes-group-version-kind"] = json!([{"group": "a.b", "version": "v1", "kind": "W"}]);
        json!({"components": {"schemas": {
            "b.a.v1.W": own,
            "b.a.v1.Loop": {"properties": {"again": {"$ref": "#/components/schemas/b.a.v1.Loop"}}},
            "io.k8s.api.core.v1.PodTemplateSpec": {"properties": {"spec": {}}}}}})
    }

    fn holds(schema: &Value) -> bool {
        may_hold_pods(&document(schema), "a.b", "v1", "W")
    }

    fn spec(properties: &Value) -> Value {
        json!({"properties": {"spec": {"type": "object", "properties": properties}, "status": {"x-kubernetes-preserve-unknown-fields": true}}})
    }

    #[test]
    fn pods_are_found_wherever_a_schema_has_them() {
        let open = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
        let container = json!({"properties": {"name": {"type": "string"}, "image": {"type": "string"}}});
        let of = |key: &str, schema: &Value| spec(&json!({key: schema}));
        for schema in [
            of("containers", &json!({"type": "array", "items": container})),
            of("workers", &json!({"type": "array", "items": {"properties": {"initContainers": {"items": container}}}})),
            of(
                "pools",
                &json!({"additionalProperties": {"properties": {"template": {"$ref": "#/components/schemas/io.k8s.api.core.v1.PodTemplateSpec"}}}}),
            ),
            of("pod", &json!({"allOf": [{"$ref": "#/components/schemas/io.k8s.api.core.v1.PodTemplateSpec"}], "default": {}})),
            of("container", &container),
            of("podTemplate", &open),
            of(
                "manifest",
                &json!({"type": "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true}),
            ),
            json!({"properties": {"spec": open}}),
            json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true}),
            // as servers publish it
            json!({"x-kubernetes-preserve-unknown-fields": true, "properties": {"apiVersion": {}, "kind": {}, "metadata": {}}}),
        ] {
            assert!(holds(&schema), "{schema}");
        }
    }

    #[test]
    fn other_schemas_hold_none() {
        for schema in [
            spec(&json!({"image": {"type": "string"}, "values": {"x-kubernetes-preserve-unknown-fields": true}})),
            spec(&json!({"containers": {"type": "integer"}, "template": {"type": "string"}})),
            spec(&json!({"loop": {"$ref": "#/components/schemas/b.a.v1.Loop"}})),
            spec(&json!({"containers": {"type": "array", "items": {"type": "string"}}})),
        ] {
            assert!(!holds(&schema), "{schema}");
        }
    }

    #[test]
    fn without_a_schema_nothing_is_known() {
        assert!(may_hold_pods(&Value::Null, "a.b", "v1", "W"));
        assert!(may_hold_pods(&document(&json!({"properties": {}})), "a.b", "v1", "Other"));
        assert!(!may_hold_pods(&document(&json!({"properties": {}})), "a.b", "v1", "W"));
    }
}
