//! What of a cluster's findings nobody looked for again: kinds refused, namespaces and labels not asked for.

use crate::assess::{Assessment, Finding, Gap};
use crate::discover::Cluster;

/// What the later result saw of a cluster.
pub(super) struct Outlook<'a> {
    cluster: Option<&'a Cluster>,
    before: Option<&'a Cluster>,
    /// Kinds that were not read, or not whole.
    gaps: Vec<&'a Gap>,
}

impl<'a> Outlook<'a> {
    pub(super) fn new(old: &'a Assessment, new: &'a Assessment) -> Self {
        let gaps = new.gaps.iter().filter(|gap| gap.kind.is_some()).collect();
        Outlook { cluster: new.scope.cluster.as_ref(), before: old.scope.cluster.as_ref(), gaps }
    }

    /// Why nobody looked for a finding again; `None` when somebody did.
    pub(super) fn lost(&self, finding: &Finding) -> Option<String> {
        let subject = &finding.subject;
        if subject.surface != "cluster" {
            return None;
        }
        let Some(cluster) = self.cluster else { return Some("no cluster was looked at".to_owned()) };
        let namespace = if subject.kind == "Namespace" && subject.namespace.is_empty() { &subject.name } else { &subject.namespace };
        let only = &cluster.only_namespaces;
        let outside =
            !namespace.is_empty() && (!only.is_empty() && !only.contains(namespace) || cluster.excluded_namespaces.contains(namespace));
        if outside {
            return Some(format!("namespace {namespace} was not asked for"));
        }
        if let Some(labels) = &cluster.selector
            && self.before.is_none_or(|before| before.selector.as_ref() != Some(labels))
        {
            return Some(format!("only objects with the labels {labels} were asked for"));
        }
        let group = subject.api_version.split_once('/').map_or("", |(group, _)| group);
        let names = |gap: &Gap| {
            let (of, kind) = gap.kind.as_deref().map_or(("", ""), |name| name.rsplit_once('/').unwrap_or(("", name)));
            (of == group && (kind == "*" || kind == subject.kind)) || of == "*" && !group.is_empty()
        };
        let found = self.gaps.iter().find(|gap| names(gap) && gap.namespace.as_ref().is_none_or(|own| own == namespace));
        found.map(|gap| format!("its kind was not read whole: {}", gap.why))
    }
}

/// A cluster in a word.
pub(super) fn name(assessment: &Assessment) -> String {
    let cluster = assessment.scope.cluster.as_ref();
    cluster.map_or("none", |cluster| cluster.uid.as_deref().unwrap_or("one without a name")).to_owned()
}
