//! What a cluster serves: each kind that can be listed once, at the version that its group prefers.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::client::{Client, Failure};
use crate::discover::Resource;

/// All versions of all groups in two answers (Kubernetes 1.26), else the older answers, one a version.
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
const PLAIN: &str = "application/json";

/// What a cluster serves.
#[derive(Debug, Default)]
pub(super) struct Served {
    /// By group and kind.
    pub(super) resources: Vec<Resource>,
    /// Groups that did not say what they serve, and why; `*` for all but the core group.
    pub(super) lost: BTreeMap<String, String>,
}

/// Asks.
pub(super) async fn all(client: &Client) -> Result<Served, Failure> {
    let mut served = Served::default();
    let core = client.get("/api", AGGREGATED).await?;
    served.groups(client, &core, true).await?;
    match client.get("/apis", AGGREGATED).await {
        Ok(named) => served.groups(client, &named, false).await?,
        Err(failure @ (Failure::Over | Failure::Interrupted)) => return Err(failure),
        Err(failure) => _ = served.lost.insert("*".to_owned(), failure.words()),
    }
    served.settle();
    Ok(served)
}

#[derive(Deserialize)]
struct Answer {
    kind: String,
    /// Aggregated.
    #[serde(default)]
    items: Vec<Group>,
    /// Of `/api`, the older way.
    #[serde(default)]
    versions: Vec<String>,
    /// Of `/apis`, the older way.
    #[serde(default)]
    groups: Vec<OldGroup>,
}

#[derive(Deserialize)]
struct Group {
    #[serde(default)]
    metadata: Name,
    #[serde(default)]
    versions: Vec<Version>,
}

#[derive(Deserialize, Default)]
struct Name {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct Version {
    version: String,
    #[serde(default)]
    freshness: String,
    #[serde(default)]
    resources: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    resource: String,
    #[serde(default)]
    response_kind: Option<Kind>,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    verbs: Vec<String>,
}

#[derive(Deserialize)]
struct Kind {
    kind: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OldGroup {
    name: String,
    #[serde(default)]
    versions: Vec<OldVersion>,
    #[serde(default)]
    preferred_version: Option<OldVersion>,
}

#[derive(Deserialize, Clone, PartialEq)]
struct OldVersion {
    version: String,
}

#[derive(Deserialize)]
struct OldResources {
    #[serde(default)]
    resources: Vec<OldItem>,
}

#[derive(Deserialize)]
struct OldItem {
    name: String,
    kind: String,
    #[serde(default)]
    namespaced: bool,
    #[serde(default)]
    verbs: Vec<String>,
}

impl Served {
    async fn groups(&mut self, client: &Client, answer: &[u8], core: bool) -> Result<(), Failure> {
        let answer: Answer = serde_json::from_slice(answer).map_err(|_| garbage())?;
        match answer.kind.as_str() {
            "APIGroupDiscoveryList" => answer.items.into_iter().for_each(|group| self.group(group)),
            "APIVersions" if core => self.versions(client, "", &answer.versions).await?,
            "APIGroupList" if !core => {
                for group in answer.groups {
                    let mut versions: Vec<_> = group.preferred_version.iter().map(|known| known.version.clone()).collect();
                    versions.extend(
                        group
                            .versions
                            .into_iter()
                            .map(|known| known.version)
                            .filter(|version| Some(version) != versions.first())
                            .collect::<Vec<_>>(),
                    );
                    self.versions(client, &group.name, &versions).await?;
                }
            }
            _ => return Err(garbage()),
        }
        Ok(())
    }

    fn group(&mut self, group: Group) {
        let name = group.metadata.name;
        for version in group.versions {
            if version.freshness == "Stale" {
                self.lost.insert(name.clone(), "its own API server does not answer (see its APIService)".to_owned());
            }
            for item in version.resources {
                let kind = item.response_kind.map(|kind| kind.kind).unwrap_or_default();
                self.add(&name, &version.version, &item.resource, &kind, item.scope == "Namespaced", &item.verbs);
            }
        }
    }

    /// The older way, a request a version, the preferred version first.
    async fn versions(&mut self, client: &Client, group: &str, versions: &[String]) -> Result<(), Failure> {
        for version in versions {
            let path = if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
            let answer = match client.get(&path, PLAIN).await {
                Ok(answer) => serde_json::from_slice::<OldResources>(&answer).map_err(|_| garbage()),
                Err(failure @ (Failure::Over | Failure::Interrupted)) => return Err(failure),
                Err(failure) => Err(failure),
            };
            match answer {
                Ok(answer) => {
                    for item in answer.resources {
                        self.add(group, version, &item.name, &item.kind, item.namespaced, &item.verbs);
                    }
                }
                Err(failure) => _ = self.lost.insert(group.to_owned(), failure.words()),
            }
        }
        Ok(())
    }

    /// Takes a kind that can be listed; what is already known was preferred. Names that fit no path are no names.
    fn add(&mut self, group: &str, version: &str, plural: &str, kind: &str, namespaced: bool, verbs: &[String]) {
        let plain =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')) && !text.contains("..");
        let fits = [group, version, plural, kind].iter().all(|text| plain(text)) && ![version, plural, kind].contains(&"");
        if fits && verbs.iter().any(|verb| verb == "list") {
            let (group, version, plural, kind) = (group.to_owned(), version.to_owned(), plural.to_owned(), kind.to_owned());
            self.resources.push(Resource { group, version, kind, plural, namespaced });
        }
    }

    /// Each kind once, in order.
    fn settle(&mut self) {
        let mut seen = BTreeSet::new();
        // in the order of preference, so that the first is the one
        self.resources.retain(|one| seen.insert((one.group.clone(), one.kind.clone())));
        self.resources.sort_by(|a, b| (&a.group, &a.kind).cmp(&(&b.group, &b.kind)));
    }
}

fn garbage() -> Failure {
    Failure::Broken("the answer is not what an API server says".to_owned())
}
