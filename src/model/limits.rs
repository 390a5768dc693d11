//! What bounds a container's use of CPU, memory and disk: itself, its pod, or its namespace's LimitRange.

use crate::model::field::Field;
use crate::model::pod::Container;
use crate::model::{Evidence, Map, kinds};

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
        written.map_or_else(|| self.default_of(resource, limit_of), is_given)
    }

    /// Whether a share of a resource is set aside for it; a limit is a request too where none is made.
    #[must_use]
    pub fn is_requested(&self, resource: &'a str) -> bool {
        for resources in self.levels(resource) {
            let request = resources.key("requests").key(resource);
            if request.exists() {
                return is_given(request);
            }
            if is_given(resources.key("limits").key(resource)) {
                return true;
            }
        }
        self.default_of(resource, request_of)
    }

    /// Its own resources, and those of the pod as a whole, which know CPU and memory only.
    fn levels(&self, resource: &str) -> impl Iterator<Item = Field<'a>> + use<'a> {
        let shared = matches!(resource, "cpu" | "memory") && !self.pod.is_tekton();
        let pod = self.pod;
        [self.resources()].into_iter().chain(shared.then(|| pod.at("resources")))
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

/// Whether a quantity is there and more than nothing: a limit of 0 is none.
fn is_given(quantity: Field<'_>) -> bool {
    quantity.text().is_some_and(|text| !text.is_empty() && text.trim_start_matches(['0', '.']).starts_with(|c: char| c.is_ascii_digit()))
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
