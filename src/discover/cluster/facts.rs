//! What a cluster says of itself beside its objects: its version, its identity, what the reader may do, its kubelets.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::client::{Client, Failure};
use super::list::Context;
use super::parts::{Kept, Parts};
use super::readonly::{ACCESS_REVIEW, RULES_REVIEW};
use super::{Error, Stop};
use crate::discover::{Gap, KUBELETS, Reach, Resource, Unseen, plural};

const PLAIN: &str = "application/json";

/// Says which version it is: the first thing asked, so that nobody waits long for a server that is not there.
pub(super) async fn version(client: &Client) -> Result<(String, Value), Error> {
    let failed = |failure: &Failure| match failure {
        Failure::Status(401) => "the server does not know who asks (401): log in again, or give another --context".to_owned(),
        Failure::Status(403) => "the server refuses even its version (403): give a reader with more rights (--context, --as)".to_owned(),
        failure => format!("{}: is it the right --context, and is the cluster up?", failure.words()),
    };
    let answer = client.get_soon("/version").await.map_err(|failure| Error(failed(&failure)))?;
    let value: Value = serde_json::from_slice(&answer).unwrap_or_default();
    match value["gitVersion"].as_str() {
        Some(version) if version.len() < 100 => Ok((version.to_owned(), value)),
        _ => Err(Error("what answers there is no Kubernetes API server".to_owned())),
    }
}

/// The uid of `kube-system`, which stands for the cluster's.
pub(super) async fn uid(client: &Client) -> Option<String> {
    let answer = client.get("/api/v1/namespaces/kube-system", PLAIN).await.ok()?;
    let value: Value = serde_json::from_slice(&answer).ok()?;
    value["metadata"]["uid"].as_str().map(str::to_owned)
}

/// What the reader may do in a namespace, by his own rules.
pub(super) async fn rights(client: &Client, namespace: &str) -> Option<Value> {
    let body = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": namespace}});
    let answer = client.review(RULES_REVIEW, &body).await.ok()?;
    let mut value: Value = serde_json::from_slice(&answer).ok()?;
    Some(value["status"].take())
}

/// How many resources of a rule are named.
const SHOWN: usize = 3;

/// Whether rules allow more than a reader needs; the first such rule in words.
pub(super) fn may_write(rules: &Value) -> Option<String> {
    let strings = |rule: &Value, key: &str| -> Vec<String> {
        rule[key].as_array().into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
    };
    rules["resourceRules"].as_array()?.iter().find_map(|rule| {
        // what everybody may ask of himself changes nothing
        let groups = strings(rule, "apiGroups");
        let own = groups.iter().all(|group| matches!(group.as_str(), "authorization.k8s.io" | "authentication.k8s.io"));
        let verbs = strings(rule, "verbs");
        let verb =
            verbs.iter().find(|verb| matches!(verb.as_str(), "*" | "create" | "update" | "patch" | "delete" | "deletecollection"))?;
        let resources = strings(rule, "resources");
        let more = if resources.len() > SHOWN { ", …" } else { "" };
        let shown: Vec<_> = resources.into_iter().take(SHOWN).collect();
        (!own).then(|| format!("{verb} {}{more}", shown.join(", ")))
    })
}

/// What was learned of the kubelets.
#[derive(Debug)]
pub(super) struct Kubelets<T> {
    pub(super) lists: Vec<Kept<T>>,
    pub(super) reach: Option<Reach>,
    pub(super) gaps: Vec<Gap>,
    pub(super) unseen: Option<Unseen>,
}

/// How many kubelets are asked side by side.
const AT_ONCE: usize = 8;

/// The configuration that each kubelet runs with, through the node proxy where that is allowed. Where it is not, that is
/// no gap: the right to it is one to run commands in every pod, which a reader should not have.
pub(super) async fn kubelets<T: Send + 'static>(context: &Arc<Context<T>>, names: Vec<String>) -> Result<Kubelets<T>, Stop> {
    let (group, kind) = (KUBELETS.0.to_owned(), KUBELETS.1.to_owned());
    let resource = Resource { group, version: "v1beta1".to_owned(), kind, plural: "configz".to_owned(), namespaced: false };
    let mut reach = Reach { group: resource.group.clone(), kind: resource.kind.clone(), namespaced: false, refused: [].into() };
    let mut known = Kubelets { lists: Vec::new(), reach: None, gaps: Vec::new(), unseen: None };
    let gap = |what: String, why: String| Gap { surface: "cluster".to_owned(), what, why, kind: Some(resource.name()), ..Gap::default() };
    match (names.is_empty(), may_read(&context.client).await) {
        (true, _) => {}
        (_, Ok(false)) => {
            let why = "not allowed (get nodes/proxy, which is also the right to run commands in every pod)".to_owned();
            reach.refused.insert(String::new(), why.clone());
            known.unseen = Some(Unseen { kind: resource.name(), why });
        }
        (_, Err(failure)) => {
            reach.refused.insert(String::new(), failure.words());
            known.gaps.push(gap(format!("{} of {}", resource.name(), plural(names.len(), "node")), failure.words()));
        }
        (_, Ok(true)) => {
            let mut parts = Parts::new(&context.keep, &resource, "/api/v1/nodes/{name}/proxy/configz".to_owned());
            for (name, answer) in asked(context, names).await {
                match answer {
                    Ok(item) => parts.push(&item)?,
                    Err(why) => {
                        reach.refused.entry(String::new()).or_insert_with(|| why.clone());
                        known.gaps.push(gap(format!("{} of node {name}", resource.name()), why));
                    }
                }
            }
            if parts.count() > 0 {
                known.lists = parts.finish()?;
            }
        }
    }
    known.reach = Some(reach);
    Ok(known)
}

/// What each node's kubelet answers, in the order of the nodes.
async fn asked<T: Send + 'static>(context: &Arc<Context<T>>, names: Vec<String>) -> Vec<(String, Result<String, String>)> {
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    for (number, name) in names.iter().cloned().enumerate() {
        let (context, slots) = (Arc::clone(context), Arc::clone(&slots));
        running.spawn(async move {
            let _slot = slots.acquire_owned().await;
            (number, configuration(&context.client, &name).await)
        });
    }
    let broke = || Err("reading it broke: please report this".to_owned());
    let mut answers: Vec<_> = names.into_iter().map(|name| (name, broke())).collect();
    while let Some(ended) = running.join_next().await {
        if let Ok((number, answer)) = ended {
            answers[number].1 = answer;
        }
    }
    answers
}

async fn may_read(client: &Client) -> Result<bool, Failure> {
    let attributes = json!({"verb": "get", "resource": "nodes", "subresource": "proxy"});
    let body =
        json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": attributes}});
    let answer: Value = serde_json::from_slice(&client.review(ACCESS_REVIEW, &body).await?).unwrap_or_default();
    Ok(answer["status"]["allowed"] == true)
}

/// An object such as a kubelet's own file has, with the node's name as its own.
async fn configuration(client: &Client, node: &str) -> Result<String, String> {
    let path = format!("/api/v1/nodes/{node}/proxy/configz");
    let answer = client.get(&path, PLAIN).await.map_err(|failure| failure.words())?;
    let mut value: Value = serde_json::from_slice(&answer).map_err(|_| "the kubelet's answer is no JSON".to_owned())?;
    let Value::Object(fields) = value["kubeletconfig"].take() else { return Err("the kubelet's answer has no `kubeletconfig`".to_owned()) };
    let mut object = serde_json::Map::new();
    object.insert("metadata".to_owned(), json!({"name": node}));
    object.extend(fields.into_iter().filter(|(key, _)| !matches!(key.as_str(), "apiVersion" | "kind" | "metadata")));
    Ok(Value::Object(object).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_who_may_write_is_told_so() {
        let rules =
            |groups: &[&str], verbs: &[&str]| json!({"resourceRules": [{"apiGroups": groups, "verbs": verbs, "resources": ["pods"]}]});
        assert_eq!(may_write(&rules(&[""], &["get", "patch"])).as_deref(), Some("patch pods"));
        assert_eq!(may_write(&rules(&[""], &["get", "list", "watch"])), None);
        assert_eq!(may_write(&rules(&["authorization.k8s.io"], &["create"])), None);
        assert_eq!(may_write(&Value::Null), None);
    }
}
