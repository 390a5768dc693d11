//! What a binding in a namespace gives of a rule: nothing of what has no namespace.
//!
//! The authorizer asks by the namespace of a request, and a request for a node has none. Two things are not as they look:
//! a request for one namespace counts as one in it, and a `bind` is asked for where the binding is made.

use std::borrow::Cow;

use super::Rule;
use crate::model::kinds;

/// Resources without a namespace, by API group; none named: all of the group. Users and groups are there to be
/// impersonated only.
const CLUSTER_SCOPED: &[(&str, &[&str])] = &[
    ("", &["nodes", "persistentvolumes", "namespaces", "componentstatuses", "users", "groups"]),
    ("admissionregistration.k8s.io", &[]),
    ("apiextensions.k8s.io", &[]),
    ("apiregistration.k8s.io", &[]),
    ("authentication.k8s.io", &["tokenreviews", "selfsubjectreviews", "users", "groups", "uids", "userextras", "nodes"]),
    ("authorization.k8s.io", &["subjectaccessreviews", "selfsubjectaccessreviews", "selfsubjectrulesreviews"]),
    ("certificates.k8s.io", &["certificatesigningrequests", "clustertrustbundles", "signers"]),
    ("constraints.gatekeeper.sh", &[]),
    ("crd.projectcalico.org", &["globalnetworkpolicies"]),
    ("cilium.io", &["ciliumclusterwidenetworkpolicies", "tracingpolicies", "ciliumnodes", "ciliumidentities"]),
    ("flowcontrol.apiserver.k8s.io", &[]),
    ("gateway.networking.k8s.io", &["gatewayclasses"]),
    ("kyverno.io", &["clusterpolicies"]),
    ("metrics.k8s.io", &["nodes"]),
    ("mutations.gatekeeper.sh", &[]),
    ("networking.k8s.io", &["ingressclasses", "ipaddresses", "servicecidrs"]),
    ("node.k8s.io", &[]),
    ("openreports.io", &["clusterreports"]),
    ("policy", &["podsecuritypolicies"]),
    ("policy.networking.k8s.io", &["adminnetworkpolicies", "baselineadminnetworkpolicies", "clusternetworkpolicies"]),
    ("policy.sigstore.dev", &["clusterimagepolicies"]),
    ("projectcalico.org", &["globalnetworkpolicies"]),
    ("rbac.authorization.k8s.io", &["clusterroles", "clusterrolebindings"]),
    ("resource.k8s.io", &["deviceclasses", "resourceslices", "devicetaintrules"]),
    ("scheduling.k8s.io", &["priorityclasses"]),
    ("security.openshift.io", &["securitycontextconstraints"]),
    ("snapshot.storage.k8s.io", &["volumesnapshotclasses", "volumesnapshotcontents"]),
    ("storage.k8s.io", &["csidrivers", "csinodes", "storageclasses", "volumeattachments", "volumeattributesclasses"]),
    ("templates.gatekeeper.sh", &[]),
    ("wgpolicyk8s.io", &["clusterpolicyreports"]),
];

/// Verbs on one namespace by its name.
const ON_ONE: &[&str] = &["get", "update", "patch", "delete"];

/// Whether a request for something without a namespace is asked for within one all the same: the one of that name for a
/// Namespace, that of the binding for a ClusterRole that is bound.
#[must_use]
pub fn is_asked_within(group: &str, resource: &str, verb: &str) -> bool {
    match (group, resource.split('/').next().unwrap_or(resource)) {
        ("", "namespaces") => ON_ONE.contains(&verb),
        ("rbac.authorization.k8s.io", "clusterroles") => resource == "clusterroles" && verb == "bind",
        _ => false,
    }
}

impl<'a> Rule<'a> {
    /// What a binding in a namespace gives of it, in as many parts as differ in their verbs.
    #[must_use]
    pub fn in_namespace(&self) -> Cow<'_, [Rule<'a>]> {
        if self.is_namespaced || self.has_all_in_namespace() {
            return Cow::Borrowed(std::slice::from_ref(self));
        }
        let every = self.verbs.contains(&"*");
        let verbs = |granted: &[&'static str]| -> Vec<&'a str> {
            granted.iter().copied().filter(|verb| every || self.verbs.contains(verb)).collect()
        };
        let (mut ordinary, mut of_namespace, mut bound) = (Vec::new(), Vec::new(), Vec::new());
        for resource in self.resources.iter().copied() {
            match resource.split('/').next().unwrap_or_default() {
                "namespaces" if self.is_cluster_scoped(resource) => of_namespace.push(resource),
                _ if !self.is_cluster_scoped(resource) => ordinary.push(resource),
                _ if resource == "clusterroles" => bound.push(resource),
                _ => {}
            }
        }
        let parts = [(ordinary, self.verbs.clone()), (of_namespace, verbs(ON_ONE)), (bound, verbs(&["bind"]))];
        let given = parts.into_iter().filter(|(resources, verbs)| !resources.is_empty() && !verbs.is_empty());
        given.map(|(resources, verbs)| Rule { verbs, resources, urls: Vec::new(), ..self.clone() }).collect()
    }

    /// Whether nothing it names is without a namespace.
    pub(super) fn has_all_in_namespace(&self) -> bool {
        self.urls.is_empty() && !self.resources.iter().any(|resource| self.is_cluster_scoped(resource))
    }

    /// Whether a resource it names has no namespace in any of its groups, as far as they are known.
    fn is_cluster_scoped(&self, resource: &str) -> bool {
        let base = resource.split('/').next().unwrap_or_default();
        let known = |group: &str| {
            CLUSTER_SCOPED.iter().any(|(of, resources)| {
                let named = resources.contains(&base) || resources.is_empty() && base != "*";
                if group == "*" { resources.contains(&base) } else { *of == group && named }
            })
        };
        self.groups.iter().any(|group| known(group)) && self.groups.iter().all(|group| known(group) || kinds::is_built_in(group))
    }
}

#[cfg(test)]
mod tests {
    use super::Rule;

    fn parts(groups: &[&'static str], resources: &[&'static str], verbs: &[&'static str]) -> Vec<String> {
        let rule = Rule { verbs: verbs.into(), groups: groups.into(), resources: resources.into(), ..Rule::default() };
        rule.in_namespace().iter().map(|part| format!("{} {}", part.verbs.join(","), part.resources.join(","))).collect()
    }

    #[test]
    fn a_binding_in_a_namespace_gives_nothing_of_what_has_none() {
        assert_eq!(parts(&[""], &["pods", "nodes", "nodes/proxy", "persistentvolumes"], &["get"]), ["get pods"]);
        assert_eq!(parts(&["", "apps"], &["nodes", "deployments"], &["*"]), ["* deployments"]);
        assert!(parts(&["storage.k8s.io"], &["storageclasses"], &["*"]).is_empty());
        assert!(parts(&["templates.gatekeeper.sh"], &["constrainttemplates"], &["create"]).is_empty());
        assert!(parts(&["*"], &["nodes"], &["get"]).is_empty());
    }

    #[test]
    fn what_is_not_known_counts() {
        assert_eq!(parts(&["example.com"], &["nodes"], &["get"]), ["get nodes"]);
        assert_eq!(parts(&["*"], &["*"], &["*"]), ["* *"]);
        assert_eq!(parts(&[""], &["*/proxy"], &["get"]), ["get */proxy"]);
    }

    #[test]
    fn a_namespace_is_in_itself_and_a_role_is_bound_where_the_binding_is() {
        assert_eq!(parts(&[""], &["namespaces", "pods"], &["create", "patch"]), ["create,patch pods", "patch namespaces"]);
        assert_eq!(parts(&[""], &["namespaces"], &["*"]), ["get,update,patch,delete namespaces"]);
        assert!(parts(&[""], &["namespaces"], &["create", "list"]).is_empty());
        assert_eq!(parts(&["rbac.authorization.k8s.io"], &["clusterroles"], &["bind", "escalate"]), ["bind clusterroles"]);
        assert!(parts(&["rbac.authorization.k8s.io"], &["clusterrolebindings"], &["create"]).is_empty());
    }
}
