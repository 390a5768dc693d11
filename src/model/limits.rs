//! What bounds a container's use of CPU, memory and disk: itself, its pod, or its namespace's LimitRange.

use crate::model::field::Field;
use crate::model::pod::Container;
use crate::model::quantity::is_positive;
use crate::model::{Evidence, KubernetesVersion, Map, kinds};

/// The version that has `spec.resources` of pods on by default; before it is there for those who switch it on.
const POD_LEVEL: KubernetesVersion = KubernetesVersion(34);

impl<'a> Container<'a> {
    /// Its `resources`; newer Tekton calls them `computeResources`.
    #[must_use]
    pub fn resources(&self) -> Field<'a> {
        let renamed = self.pod.is_tekton().then(|| self.at("computeResources")).filter(|renamed| renamed.exists());
        renamed.unwrap_or_else(|| self.at("resources"))
    }

    /// Whether it gets a limit on a resource.
    #[must_use]
    pub fn is_limited(&self, resource: &'a str) -> bool {
        // a LimitRange fills in what is absent, and leaves a 0 as it is
        let written = self.levels(resource).map(|resources| resources.key("limits").key(resource)).find(|limit| limit.exists());
        written.map_or_else(|| self.default_of(resource, limit_of), is_written)
    }

    /// Whether a share of a resource is set aside for it; a limit is a request too where none is made.
    #[must_use]
    pub fn is_requested(&self, resource: &'a str) -> bool {
        for resources in self.levels(resource) {
            let request = resources.key("requests").key(resource);
            if request.exists() {
                return is_written(request);
            }
            let limit = resources.key("limits").key(resource);
            if limit.exists() && is_written(limit) {
                return true;
            }
        }
        self.default_of(resource, request_of)
    }

    /// Its own resources, and those of the pod as a whole, which know CPU and memory only, and which the API server
    /// drops before they are on by default.
    fn levels(&self, resource: &str) -> impl Iterator<Item = Field<'a>> + use<'a> {
        let known = self.pod.scan().version() >= POD_LEVEL;
        let shared = known && matches!(resource, "cpu" | "memory") && !self.pod.is_tekton();
        let pod = self.pod;
        std::iter::once(self.resources()).chain(std::iter::once(pod).filter(move |_| shared).map(|pod| pod.at("resources")))
    }

    /// The kustomization that builds the pod without a LimitRange of its namespace.
    #[must_use]
    pub fn limits_apart(&self) -> Option<&'a str> {
        let evidence = self.pod.scan().evidence;
        let ranges = evidence.limits().0.get(&(self.pod.object().world, self.pod.namespace()))?;
        ranges.iter().find_map(|&id| evidence.apart(evidence.object(id), self.pod.object()))
    }

    /// Whether admission fills it in. Of several copies of a LimitRange, each must.
    fn default_of(&self, resource: &'a str, gives: fn(Field<'a>, &'a str) -> bool) -> bool {
        let evidence = self.pod.scan().evidence;
        let Some(ranges) = evidence.limits().0.get(&(self.pod.object().world, self.pod.namespace())) else { return false };
        let fills = |id: u32| {
            // what kustomize may build the pod without fills in nothing
            if evidence.apart(evidence.object(id), self.pod.object()).is_some() {
                return false;
            }
            let mut items = evidence.object(id).at("spec.limits").items();
            items.any(|item| item.key("type").text() == Some("Container") && gives(item, resource))
        };
        ranges.iter().any(|&id| {
            let name = evidence.object(id).name;
            let mut copies = ranges.iter().filter(|&&other| evidence.object(other).name == name);
            copies.all(|&copy| fills(copy))
        })
    }
}

/// `max` is the limit where no default is given.
fn limit_of<'a>(item: Field<'a>, resource: &'a str) -> bool {
    ["default", "max"].iter().any(|key| is_given(item.key(key).key(resource)))
}

/// The limit is the request where no default is given, else `min` is.
fn request_of<'a>(item: Field<'a>, resource: &'a str) -> bool {
    limit_of(item, resource) || ["defaultRequest", "min"].iter().any(|key| is_given(item.key(key).key(resource)))
}

/// Whether a quantity is there and more than nothing: a limit of 0 is none, and a LimitRange that the API server refuses
/// gives none.
fn is_given(quantity: Field<'_>) -> bool {
    is_positive(quantity) == Some(true)
}

/// [`is_given`] for what a pod says. What the API server refuses is remembered as mistyped, which says enough of it.
fn is_written(quantity: Field<'_>) -> bool {
    is_positive(quantity).unwrap_or_else(|| {
        quantity.mistyped::<()>("a quantity");
        true
    })
}

/// The LimitRanges of each namespace, found once a scan.
#[derive(Debug, Default)]
pub struct Limits<'a>(Map<(u16, &'a str), Vec<u32>>);

impl<'a> Limits<'a> {
    pub(crate) fn index(evidence: &Evidence<'a>) -> Self {
        let mut limits = Limits::default();
        for range in evidence.of_kind(kinds::LIMIT_RANGE) {
            limits.0.entry((range.world, range.namespace_or_empty())).or_default().push(range.id);
        }
        limits
    }
}
