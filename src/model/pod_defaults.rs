//! What Tekton and Argo give to every pod of a cluster, by ConfigMaps of their own. It is not laid under the pods: what rests
//! on a field being absent there is a doubt, and what it may set is a gap.

use crate::model::field::{Field, unnoticed};
use crate::model::kinds;
use crate::model::layers::Layout;
use crate::model::object::Object;
use crate::model::pod::Pod;

/// The ConfigMaps that give something: the world, whose pods, which object.
pub(crate) type Found = Vec<(u16, Layout, u32)>;

/// What a ConfigMap gives to every pod, and whose pods these are.
pub(crate) fn given<'a>(map: &Object<'a>) -> Option<(Layout, Field<'a>)> {
    if !map.is(kinds::CONFIG_MAP) {
        return None;
    }
    // its name first: a shard does not hold the data of most
    let (layout, field) = match map.name {
        "config-defaults" => (Layout::Tekton, map.at("data").key("default-pod-template")),
        "workflow-controller-configmap" => {
            let data = map.at("data");
            let own = data.key("workflowDefaults");
            let inside = data.key("config");
            (Layout::Argo, if own.is_empty() && inside.str().contains("workflowDefaults:") { inside } else { own })
        }
        _ => return None,
    };
    (!field.is_empty()).then_some((layout, field))
}

impl<'a> Pod<'a> {
    /// The ConfigMap that gives something to every pod of its sort.
    pub(crate) fn given_defaults(&self) -> Option<&'a Object<'a>> {
        let layout = self.record.layout();
        if layout == Layout::Kubernetes {
            return None;
        }
        let evidence = self.scan.evidence;
        let find = || {
            let maps = evidence.of_kind(kinds::CONFIG_MAP);
            maps.filter_map(|map| Some((map.world, given(map)?.0, map.id))).collect()
        };
        let found = evidence.lazy.pod_defaults.get_or_init(|| unnoticed(find));
        let own = found.iter().find(|(world, of, _)| *world == self.object().world && *of == layout);
        own.map(|(.., id)| evidence.object(*id))
    }
}
