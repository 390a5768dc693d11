//! What a selector of some engine says of a pod, where not every label is known.

use crate::model::namespace::Namespace;
use crate::model::network::expression::Expression;
use crate::model::pod::Pod;
use crate::model::selector::{Match, NAMESPACE_NAME, Selector, is_added_at_run_time};
use crate::model::{Field, kinds};

/// What a selector says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// It selects nothing of it.
    No,
    /// It selects some of what is asked about, as that is more than one pod.
    Some,
    /// It rests on what does not show in the input.
    Unsure,
    /// It selects all of it.
    Yes,
}

impl Fit {
    /// Both.
    #[must_use]
    pub fn and(self, other: Fit) -> Fit {
        match (self, other) {
            (Fit::No, _) | (_, Fit::No) => Fit::No,
            (Fit::Unsure, _) | (_, Fit::Unsure) => Fit::Unsure,
            (Fit::Some, _) | (_, Fit::Some) => Fit::Some,
            _ => Fit::Yes,
        }
    }

    /// Either.
    #[must_use]
    pub fn or(self, other: Fit) -> Fit {
        match (self, other) {
            (Fit::Yes, _) | (_, Fit::Yes) => Fit::Yes,
            (Fit::Unsure, _) | (_, Fit::Unsure) => Fit::Unsure,
            (Fit::Some, _) | (_, Fit::Some) => Fit::Some,
            _ => Fit::No,
        }
    }

    /// The opposite.
    #[must_use]
    pub fn negated(self) -> Fit {
        match self {
            Fit::Yes => Fit::No,
            Fit::No => Fit::Yes,
            other => other,
        }
    }
}

impl From<Match> for Fit {
    fn from(found: Match) -> Self {
        match found {
            Match::Yes => Fit::Yes,
            Match::No => Fit::No,
            Match::Unknown => Fit::Unsure,
        }
    }
}

/// A label of what a selector is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label<'a> {
    /// It has this value.
    Is(&'a str),
    /// It is not there.
    Absent,
    /// Some of the pods may have it.
    Any,
    /// The input does not show it.
    Unseen,
}

impl Label<'_> {
    /// Whether a value that `holds` tells about is there.
    pub(in crate::model) fn test(self, holds: impl Fn(Option<&str>) -> bool) -> Fit {
        match self {
            Label::Is(value) if holds(Some(value)) => Fit::Yes,
            Label::Absent if holds(None) => Fit::Yes,
            Label::Any => Fit::Some,
            Label::Unseen => Fit::Unsure,
            _ => Fit::No,
        }
    }
}

/// Whose labels a test is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// The pod's, as Kubernetes has them.
    Pod,
    /// Those of its namespace.
    Namespace,
    /// The pod's as Cilium has them: with those of its namespace and its account, and prefixes for where they are from.
    Endpoint,
    /// The pod's as Calico has them, with those of its namespace.
    Workload,
    /// The namespace's as Calico has them.
    Profile,
    /// Those of its service account, as Calico has them.
    Account,
}

/// A condition on a pod.
#[derive(Debug)]
pub enum Test<'a> {
    /// A label selector.
    Labels(Of, Selector<'a>),
    /// An expression of Calico.
    Expression(Of, Expression),
    /// The service account has one of these names.
    AccountNamed(Vec<&'a str>),
    /// The opposite.
    Not(Box<Test<'a>>),
    /// What is not understood.
    Unread,
}

/// A pod, or any pod of a namespace.
#[derive(Debug, Clone, Copy)]
pub struct Who<'w, 'a> {
    /// Where it is.
    pub namespace: &'w Namespace<'a>,
    /// Which; `None`: whichever, one that is not there yet too.
    pub pod: Option<&'w Pod<'a>>,
}

impl<'a> Test<'a> {
    /// What it says of somebody.
    #[must_use]
    pub fn fit(&self, who: Who<'_, 'a>) -> Fit {
        match self {
            Test::Labels(of, selector) => selector.judge(|key| who.label(*of, key)),
            Test::Expression(of, expression) => expression.judge(&|key| who.label(*of, key)),
            Test::AccountNamed(names) => who.account().test(|name| name.is_some_and(|name| names.contains(&name))),
            Test::Not(test) => test.fit(who).negated(),
            Test::Unread => Fit::Unsure,
        }
    }

    /// Whether it is about a set of addresses of Calico with these labels.
    pub(super) fn fits_set(&self, labels: Field<'_>) -> bool {
        match self {
            Test::Expression(_, expression) => expression.judge(&|key| labels.key(key).text().map_or(Label::Absent, Label::Is)) == Fit::Yes,
            _ => false,
        }
    }

    /// The keys of the pods' own labels that it asks for.
    pub(super) fn keys(&self) -> Vec<&str> {
        match self {
            Test::Labels(Of::Endpoint, selector) => selector.keys().into_iter().map(|key| endpoint_key(key).1).collect(),
            Test::Labels(Of::Pod, selector) => selector.keys(),
            Test::Expression(Of::Workload, expression) => expression.keys(),
            Test::Not(test) => test.keys(),
            _ => Vec::new(),
        }
    }

    /// Whether it holds for every pod of the cluster.
    #[must_use]
    pub fn is_all(&self) -> bool {
        match self {
            Test::Labels(Of::Namespace, selector) => selector.selects_all_namespaces(),
            Test::Labels(Of::Endpoint, selector) => {
                selector.selects_all() || selector.keys().iter().all(|key| is_on_every_endpoint(key)) && selector.only_asks_presence()
            }
            Test::Labels(_, selector) => selector.selects_all(),
            Test::Expression(_, expression) => {
                let everywhere = |key: &str| match key {
                    "projectcalico.org/orchestrator" => Label::Is("k8s"),
                    _ => Label::Any,
                };
                expression.judge(&everywhere) == Fit::Yes
            }
            _ => false,
        }
    }
}

/// Labels that Cilium gives every pod.
fn is_on_every_endpoint(key: &str) -> bool {
    matches!(endpoint_key(key).1, "io.kubernetes.pod.namespace" | "io.cilium.k8s.policy.cluster" | "io.cilium.k8s.policy.serviceaccount")
}

/// Where a label of Cilium is from, and its name.
fn endpoint_key(key: &str) -> (&str, &str) {
    const SOURCES: [&str; 9] = ["k8s", "any", "reserved", "cidr", "cidrgroup", "fqdn", "node", "container", "ingress"];
    match key.split_once(':') {
        Some((source, name)) if SOURCES.contains(&source) => (source, name),
        _ => ("any", key),
    }
}

impl<'a> Who<'_, 'a> {
    fn label(self, of: Of, key: &'a str) -> Label<'a> {
        match of {
            Of::Pod => self.pod_label(key),
            Of::Namespace => self.namespace_label(key),
            Of::Endpoint => self.endpoint_label(key),
            Of::Workload => match key {
                "projectcalico.org/namespace" => Label::Is(self.namespace.name()),
                "projectcalico.org/orchestrator" => Label::Is("k8s"),
                "projectcalico.org/serviceaccount" => self.account(),
                _ => match key.strip_prefix("pcns.") {
                    Some(of_namespace) => self.label(Of::Profile, of_namespace),
                    None if key.starts_with("pcsa.") => Label::Unseen,
                    None => self.pod_label(key),
                },
            },
            Of::Profile => match key {
                "projectcalico.org/name" => Label::Is(self.namespace.name()),
                _ => self.namespace_label(key),
            },
            Of::Account => match key {
                "projectcalico.org/name" => self.account(),
                _ => Label::Unseen,
            },
        }
    }

    fn endpoint_label(self, key: &'a str) -> Label<'a> {
        const OF_NAMESPACE: &str = "io.cilium.k8s.namespace.labels.";
        let (source, name) = endpoint_key(key);
        match (source, name) {
            ("k8s" | "any", "io.kubernetes.pod.namespace") => Label::Is(self.namespace.name()),
            ("k8s" | "any", "io.cilium.k8s.policy.serviceaccount") => self.account(),
            ("k8s" | "any", "io.cilium.k8s.policy.cluster") => Label::Unseen,
            ("k8s" | "any", _) => match name.strip_prefix(OF_NAMESPACE) {
                Some(of_namespace) => self.namespace_label(of_namespace),
                None => self.pod_label(name),
            },
            _ => Label::Absent,
        }
    }

    fn pod_label(self, key: &'a str) -> Label<'a> {
        let Some(pod) = self.pod else { return Label::Any };
        match pod.metadata().key("labels").key(key).text() {
            Some(value) => Label::Is(value),
            None if !pod.object().is(kinds::POD) && is_added_at_run_time(key) => Label::Unseen,
            None => Label::Absent,
        }
    }

    fn namespace_label(self, key: &'a str) -> Label<'a> {
        if key == NAMESPACE_NAME {
            return Label::Is(self.namespace.name());
        }
        match self.namespace.documents().next() {
            Some(document) => document.label(key).text().map_or(Label::Absent, Label::Is),
            None => Label::Unseen,
        }
    }

    fn account(self) -> Label<'a> {
        self.pod.map_or(Label::Any, |pod| Label::Is(pod.service_account_name()))
    }
}

/// A test by the label selector of a field that selects everything where it is absent.
pub(super) fn labels(of: Of, field: Field<'_>) -> Test<'_> {
    Test::Labels(of, Selector::or_all(field))
}
