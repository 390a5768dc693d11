//! Which kinds of a cluster are read: those that the selected checks name, and those that may hold pods nobody told of.

use std::collections::BTreeSet;

use super::{Captured, KUBELETS, Reach, plural};

/// Kinds by API group; `*` stands for each kind of a group.
type Kinds = BTreeSet<(String, String)>;

/// How the words begin that say that a provider was known by a label of its nodes.
pub(super) const BY_LABEL: &str = "the label ";

/// What some checks read of a cluster.
#[derive(Debug, Clone)]
pub struct Wants {
    /// The kinds that they read.
    pub named: Kinds,
    /// The kinds that this release knows, selected or not: their schemas have nothing more to tell.
    pub known: Kinds,
    /// Whether they look at pods, in whatever kind these are.
    pub pods: bool,
    /// Whether a group is Kubernetes' own, whose kinds are known as well.
    pub is_built_in: fn(&str) -> bool,
}

/// What is to become of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// It is read.
    Yes,
    /// It is not.
    No,
    /// It is read when its schema says that it may hold pods.
    IfPods,
}

impl Wants {
    /// What is to become of a kind.
    #[must_use]
    pub fn of(&self, group: &str, kind: &str) -> Want {
        let group = if group == "extensions" { moved_to(kind) } else { group };
        let has = |kinds: &Kinds| [kind, "*"].iter().any(|kind| kinds.contains(&(group.to_owned(), (*kind).to_owned())));
        match () {
            () if has(&self.named) => Want::Yes,
            () if !self.pods || has(&self.known) || (self.is_built_in)(group) => Want::No,
            () => Want::IfPods,
        }
    }
}

/// The group where what old servers have in `extensions` lives now.
fn moved_to(kind: &str) -> &'static str {
    match kind {
        "Ingress" | "NetworkPolicy" => "networking.k8s.io",
        "PodSecurityPolicy" => "policy",
        _ => "apps",
    }
}

impl Captured {
    /// Leaves what some checks would have read of the cluster themselves, so that a snapshot gives the result of the scan.
    pub fn narrow(&mut self, wants: &Wants) {
        let is_read = |group: &str, kind: &str| wants.of(group, kind) != Want::No;
        let kinds = std::mem::take(&mut self.listed.kinds);
        let (read, dropped): (Vec<_>, Vec<_>) = kinds.into_iter().partition(|reach| is_read(&reach.group, &reach.kind));
        let names: Vec<_> = dropped.iter().map(Reach::name).collect();
        self.listed.kinds = read;
        self.lists.retain(|list| list.kind().is_none_or(|(group, kind)| is_read(group, kind)));
        self.gaps.retain(|gap| gap.kind.as_ref().is_none_or(|kind| !names.contains(kind)));
        self.cluster.unseen.retain(|unseen| !names.contains(&unseen.kind));
        // no server serves the configuration of kubelets: they are asked themselves
        self.listed.left_out.extend(dropped.iter().filter(|reach| reach.group != KUBELETS.0).map(Reach::name));
        self.listed.left_out.sort();
        // whoever reads no nodes sees none of their labels
        if wants.of("", "Node") == Want::No && self.cluster.managed_sign.as_ref().is_some_and(|sign| sign.starts_with(BY_LABEL)) {
            (self.cluster.managed_by, self.cluster.managed_sign) = (None, None);
        }
    }

    /// What a reader should know of what was not asked for, or is not shown.
    #[must_use]
    pub fn not_read(&self) -> Vec<String> {
        const NAMED: usize = 24;
        let mut said = Vec::new();
        if let (Some(provider), Some(sign)) = (&self.cluster.managed_by, &self.cluster.managed_sign) {
            said.push(format!(
                "{provider} runs the control plane, whose configuration cannot be seen: it is not assessed (known by {sign})"
            ));
        }
        said.extend(self.cluster.unseen.iter().map(|unseen| format!("{} is not read: {}", unseen.kind, unseen.why)));
        let names = &self.listed.left_out;
        let more = if names.len() > NAMED { format!(" and {} more", names.len() - NAMED) } else { String::new() };
        let shown = names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
        if !names.is_empty() {
            said.push(format!("{} that no selected check reads, not listed: {shown}{more}", plural(names.len(), "kind")));
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::List;

    fn wants(named: &[(&str, &str)], pods: bool) -> Wants {
        let kinds = |kinds: &[(&str, &str)]| kinds.iter().map(|(group, kind)| ((*group).to_owned(), (*kind).to_owned())).collect();
        let known = kinds(&[("argoproj.io", "Rollout"), ("constraints.gatekeeper.sh", "*")]);
        Wants { named: kinds(named), known, pods, is_built_in: |group| matches!(group, "" | "apps" | "extensions" | "networking.k8s.io") }
    }

    #[test]
    fn named_kinds_are_read_and_strange_ones_where_they_may_hold_pods() {
        let some = wants(&[("", "Pod"), ("networking.k8s.io", "Ingress"), ("constraints.gatekeeper.sh", "*")], true);
        let of = |group: &str, kind: &str| some.of(group, kind);
        assert_eq!((of("", "Pod"), of("", "Service"), of("apps", "Deployment")), (Want::Yes, Want::No, Want::No));
        assert_eq!((of("constraints.gatekeeper.sh", "Any"), of("extensions", "Ingress")), (Want::Yes, Want::Yes));
        assert_eq!((of("argoproj.io", "Rollout"), of("acme.example.com", "Widget")), (Want::No, Want::IfPods));
        assert_eq!(wants(&[], false).of("acme.example.com", "Widget"), Want::No);
    }

    #[test]
    fn a_snapshot_keeps_what_would_have_been_read() {
        let reach =
            |group: &str, kind: &str| Reach { group: group.to_owned(), kind: kind.to_owned(), namespaced: true, refused: [].into() };
        let list = |version: &str, kind: &str| List {
            uri: kind.to_owned(),
            items: 0,
            text: format!("{{\"apiVersion\":\"{version}\",\"kind\":\"{kind}List\",\"items\":[]}}"),
        };
        let gap = |kind: &str| crate::discover::Gap { kind: Some(kind.to_owned()), ..crate::discover::Gap::default() };
        let mut captured = Captured {
            lists: vec![list("v1", "Pod"), list("apps/v1", "Deployment"), list("acme.example.com/v1", "Widget")],
            gaps: vec![gap("apps/Deployment"), gap("acme.example.com/*")],
            ..Captured::default()
        };
        captured.listed.kinds = vec![reach("", "Pod"), reach("acme.example.com", "Widget"), reach("apps", "Deployment")];
        captured.listed.left_out = vec!["Event".to_owned()];
        captured.narrow(&wants(&[("", "Pod")], true));
        let uris: Vec<_> = captured.lists.iter().map(|list| list.uri.as_str()).collect();
        assert_eq!((uris, captured.gaps.len()), (vec!["Pod", "Widget"], 1));
        assert_eq!(captured.listed.left_out, ["Event", "apps/Deployment"]);
        assert_eq!(captured.not_read(), ["2 kinds that no selected check reads, not listed: Event, apps/Deployment"]);
        captured.narrow(&wants(&[("", "Pod")], false));
        assert_eq!(captured.lists.len(), 1);
    }
}
