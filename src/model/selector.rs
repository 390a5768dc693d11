//! Label selectors as the API server evaluates them.

use std::collections::BTreeMap;

use crate::model::field::Field;
use crate::model::kinds;
use crate::model::network::fit::{Fit, Label};
use crate::model::object::Object;
use crate::model::pod::Pod;

/// The label that the API server puts on every namespace.
pub(crate) const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// Labels that controllers put on pods beyond those of the template.
pub(crate) const ADDED_AT_RUN_TIME: &[&str] = &[
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-completion-index",
    "batch.kubernetes.io/job-name",
    "controller-revision-hash",
    "controller-uid",
    "job-name",
    "pod-template-generation",
    "pod-template-hash",
    "statefulset.kubernetes.io/pod-name",
];

/// What a selector says of a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// It selects it.
    Yes,
    /// It does not.
    No,
    /// It asks for a label that a controller sets at run time.
    Unknown,
}

/// A label selector. An empty one selects everything; one that is absent is for its owner to interpret.
#[derive(Debug, Clone)]
pub struct Selector<'a> {
    field: Field<'a>,
    requirements: Vec<Requirement<'a>>,
}

/// One condition of a selector; `matchLabels` are `In` with one value.
#[derive(Debug, Clone)]
struct Requirement<'a> {
    key: &'a str,
    operator: Operator,
    values: Vec<&'a str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
    /// The API server refuses it.
    Other,
}

impl<'a> Selector<'a> {
    /// The selector at a field that means "everything" when it is absent, as `spec.podSelector` of a NetworkPolicy.
    #[must_use]
    pub fn or_all(field: Field<'a>) -> Self {
        Selector { field, requirements: requirements(field) }
    }

    /// The selector at a field that means "nothing" or "not asked" when it is absent or null.
    #[must_use]
    pub fn given(field: Field<'a>) -> Option<Self> {
        field.exists().then(|| Selector::or_all(field))
    }

    /// Where it stands.
    #[must_use]
    pub fn field(&self) -> Field<'a> {
        self.field
    }

    /// Whether it has no condition.
    #[must_use]
    pub fn selects_all(&self) -> bool {
        self.requirements.is_empty()
    }

    /// Whether it selects every namespace: by an empty selector, or by the label that all of them have.
    #[must_use]
    pub fn selects_all_namespaces(&self) -> bool {
        self.requirements.iter().all(|asked| asked.key == NAMESPACE_NAME && asked.operator == Operator::Exists)
    }

    /// Whether all that it asks is that something be absent, so that it selects whatever nobody thought of.
    #[must_use]
    pub fn only_excludes(&self) -> bool {
        let asked = &self.requirements;
        !asked.is_empty() && asked.iter().all(|asked| matches!(asked.operator, Operator::NotIn | Operator::DoesNotExist))
    }

    /// The keys it asks for.
    #[must_use]
    pub fn keys(&self) -> Vec<&'a str> {
        self.requirements.iter().map(|asked| asked.key).collect()
    }

    /// Whether all that it asks is that labels be there.
    #[must_use]
    pub fn only_asks_presence(&self) -> bool {
        self.requirements.iter().all(|asked| asked.operator == Operator::Exists)
    }

    /// What it says of something of whose labels not all are known.
    #[must_use]
    pub fn judge(&self, label: impl Fn(&'a str) -> Label<'a>) -> Fit {
        self.requirements.iter().fold(Fit::Yes, |fit, asked| fit.and(label(asked.key).test(|value| asked.holds(value))))
    }

    /// Whether it selects something with these labels.
    #[must_use]
    pub fn matches(&self, label: impl Fn(&'a str) -> Option<&'a str>) -> bool {
        self.requirements.iter().all(|asked| asked.holds(label(asked.key)))
    }

    /// Whether it selects a pod, or the pods of a template.
    #[must_use]
    pub fn matches_pod(&self, pod: &Pod<'a>) -> Match {
        let labels = pod.metadata().key("labels");
        let template = !pod.object().is(kinds::POD);
        let mut all = Match::Yes;
        for asked in &self.requirements {
            let label = labels.key(asked.key).text();
            if label.is_none() && template && is_added_at_run_time(asked.key) {
                all = Match::Unknown;
            } else if !asked.holds(label) {
                return Match::No;
            }
        }
        all
    }

    /// Whether it selects a namespace by its name and its document.
    #[must_use]
    pub fn matches_namespace(&self, name: &'a str, document: Option<&Object<'a>>) -> bool {
        self.matches(|key| if key == NAMESPACE_NAME { Some(name) } else { document.and_then(|document| document.label(key).text()) })
    }
}

/// Whether a controller gives its pods a label of this key: those of Kubernetes, and of operators whose pods are read.
pub(super) fn is_added_at_run_time(key: &str) -> bool {
    let domain = key.split_once('/').map_or("", |(domain, _)| domain);
    ADDED_AT_RUN_TIME.contains(&key) || domain.ends_with(".k8s.elastic.co") || matches!(domain, "tekton.dev" | "workflows.argoproj.io")
}

fn requirements(selector: Field<'_>) -> Vec<Requirement<'_>> {
    let labels = selector.key("matchLabels").entries().into_iter();
    let labels = labels.map(|(key, value)| Requirement { key, operator: Operator::In, values: vec![value.str()] });
    let expressions = selector.key("matchExpressions").items().map(|item| Requirement {
        key: item.key("key").str(),
        operator: Operator::read(item.key("operator").str()),
        values: item.key("values").items().map(Field::str).collect(),
    });
    labels.chain(expressions).collect()
}

/// Whether some selectors leave nothing out between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cover {
    /// Whatever labels a thing has, one of them selects it.
    Whole,
    /// Something is left out.
    Part,
    /// There are too many combinations of labels to tell.
    Undecided,
}

/// How many combinations of labels are tried.
const COMBINATIONS: usize = 4096;

/// Whether whatever labels a thing has, one of these selectors selects it. All that a selector can tell apart is whether a
/// label is there, and whether it has one of the values that are named: each combination of these is tried.
#[must_use]
pub fn cover_everything(selectors: &[&Selector<'_>]) -> Cover {
    if selectors.iter().any(|selector| selector.selects_all()) {
        return Cover::Whole;
    }
    // a thing without labels, or with values that nobody named, is what most policies leave out
    let selected = |value: Option<&'static str>| selectors.iter().any(|selector| selector.matches(|_| value));
    if !selected(None) || !selected(Some(UNNAMED)) {
        return Cover::Part;
    }
    let mut labels: BTreeMap<&str, Vec<Option<&str>>> = BTreeMap::new();
    for asked in selectors.iter().flat_map(|selector| &selector.requirements) {
        let values = labels.entry(asked.key).or_insert_with(|| vec![None, Some(UNNAMED)]);
        values.extend(asked.values.iter().copied().map(Some));
    }
    for values in labels.values_mut() {
        values.sort_unstable();
        values.dedup();
    }
    let count = labels.values().try_fold(1usize, |count, values| count.checked_mul(values.len()));
    let Some(count) = count.filter(|count| *count <= COMBINATIONS) else { return Cover::Undecided };
    let value = |number: usize, key: &str| {
        let mut rest = number;
        for (own, values) in &labels {
            if *own == key {
                return values[rest % values.len()];
            }
            rest /= values.len();
        }
        None
    };
    let left_out = |number: usize| !selectors.iter().any(|selector| selector.matches(|key| value(number, key)));
    if (0..count).any(left_out) { Cover::Part } else { Cover::Whole }
}

/// A value that no label can have, for all the values that nobody named.
const UNNAMED: &str = "\0";

impl Requirement<'_> {
    fn holds(&self, label: Option<&str>) -> bool {
        let listed = label.is_some_and(|label| self.values.contains(&label));
        match self.operator {
            Operator::In => listed,
            Operator::NotIn => !listed,
            Operator::Exists => label.is_some(),
            Operator::DoesNotExist => label.is_none(),
            Operator::Other => false,
        }
    }
}

impl Operator {
    fn read(text: &str) -> Self {
        match text {
            "In" => Operator::In,
            "NotIn" => Operator::NotIn,
            "Exists" => Operator::Exists,
            "DoesNotExist" => Operator::DoesNotExist,
            _ => Operator::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Cover, Selector, cover_everything};
    use crate::discover::{Origin, Source};
    use crate::model::{Field, Root};
    use crate::parse::{self, File, Limits};

    fn read(selectors: &[&str]) -> Vec<File> {
        let text = |selector: &&str| format!("apiVersion: v1\nkind: X\nselector: {selector}\n");
        let text = selectors.iter().map(text).collect::<Vec<_>>().join("---\n");
        let origin = Origin::Bytes(text.into_bytes());
        parse::all(vec![Source { uri: None, shown: String::new(), origin, named: true, root: "".into() }], &Limits::default())
    }

    fn selectors(files: &[File]) -> Vec<Field<'_>> {
        let file = &files[0];
        let fields = file.documents.iter().map(|document| Field::top(Root { tree: &file.tree, file: 0, node: document.root }));
        fields.map(|top| top.key("selector")).collect()
    }

    /// What a selector says of `app=web tier=front`, and of a thing without labels.
    #[test]
    fn the_table_of_the_api() {
        let table: &[(&str, bool, bool)] = &[
            ("{}", true, true),
            ("{matchLabels: {}, matchExpressions: []}", true, true),
            ("{matchLabels: {app: web}}", true, false),
            ("{matchLabels: {app: web, tier: back}}", false, false),
            ("{matchLabels: {app: db}}", false, false),
            ("{matchExpressions: [{key: app, operator: In, values: [db, web]}]}", true, false),
            ("{matchExpressions: [{key: app, operator: In, values: [db]}]}", false, false),
            ("{matchExpressions: [{key: app, operator: NotIn, values: [web]}]}", false, true),
            ("{matchExpressions: [{key: app, operator: NotIn, values: [db]}]}", true, true),
            ("{matchExpressions: [{key: app, operator: Exists}]}", true, false),
            ("{matchExpressions: [{key: zone, operator: Exists}]}", false, false),
            ("{matchExpressions: [{key: app, operator: DoesNotExist}]}", false, true),
            ("{matchExpressions: [{key: zone, operator: DoesNotExist}]}", true, true),
            ("{matchLabels: {app: web}, matchExpressions: [{key: tier, operator: DoesNotExist}]}", false, false),
            ("{matchExpressions: [{key: app, operator: in, values: [web]}]}", false, false),
        ];
        let texts: Vec<_> = table.iter().map(|row| row.0).collect();
        let files = read(&texts);
        for (field, (text, labelled, bare)) in selectors(&files).into_iter().zip(table) {
            let selector = Selector::or_all(field);
            let labels = |key: &str| [("app", "web"), ("tier", "front")].into_iter().find(|label| label.0 == key).map(|label| label.1);
            assert_eq!(selector.matches(labels), *labelled, "{text} on app=web, tier=front");
            assert_eq!(selector.matches(|_| None), *bare, "{text} on nothing");
        }
    }

    #[test]
    fn null_selects_what_its_owner_says() {
        let files = read(&["null", "{}"]);
        let fields = selectors(&files);
        assert!(Selector::given(fields[0]).is_none() && Selector::given(fields[1]).is_some());
        assert!(Selector::or_all(fields[0]).selects_all());
    }

    #[test]
    fn namespaces_have_their_name_as_a_label() {
        let files = read(&[
            "{matchLabels: {kubernetes.io/metadata.name: shop}}",
            "{matchExpressions: [{key: kubernetes.io/metadata.name, operator: Exists}]}",
            "{matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [shop]}]}",
        ]);
        let said: Vec<_> = selectors(&files)
            .into_iter()
            .map(Selector::or_all)
            .map(|selector| (selector.matches_namespace("shop", None), selector.selects_all_namespaces(), selector.only_excludes()))
            .collect();
        assert_eq!(said, [(true, false, false), (true, true, false), (false, false, true)]);
    }

    #[test]
    fn selectors_may_leave_nothing_out_between_them() {
        let table: &[(&[&str], bool)] = &[
            (
                &[
                    "{matchExpressions: [{key: a, operator: In, values: [b, c]}]}",
                    "{matchExpressions: [{key: a, operator: NotIn, values: [b, c]}]}",
                ],
                true,
            ),
            (&["{matchLabels: {a: b}}", "{matchLabels: {a: c}}", "{matchExpressions: [{key: a, operator: NotIn, values: [b, c]}]}"], true),
            (&["{matchLabels: {a: b}}", "{matchLabels: {a: d}}", "{matchExpressions: [{key: a, operator: NotIn, values: [b, c]}]}"], false),
            (
                &[
                    "{matchExpressions: [{key: a, operator: Exists}]}",
                    "{matchExpressions: [{key: a, operator: DoesNotExist}, {key: b, operator: Exists}]}",
                ],
                false,
            ),
            (
                &[
                    "{matchExpressions: [{key: a, operator: Exists}]}",
                    "{matchExpressions: [{key: a, operator: DoesNotExist}, {key: b, operator: Exists}]}",
                    "{matchExpressions: [{key: b, operator: DoesNotExist}]}",
                ],
                true,
            ),
            (&["{}", "{matchLabels: {a: b}}"], true),
            (&["{matchExpressions: [{key: a, operator: Exists}]}", "{matchExpressions: [{key: a, operator: DoesNotExist}]}"], true),
            (&["{matchLabels: {a: b}}", "{matchExpressions: [{key: a, operator: NotIn, values: [b]}]}"], true),
            (&["{matchLabels: {a: b}}", "{matchExpressions: [{key: a, operator: NotIn, values: [b, c]}]}"], false),
            (&["{matchLabels: {a: b}}", "{matchExpressions: [{key: b, operator: NotIn, values: [b]}]}"], false),
            (&["{matchLabels: {a: b, c: d}}", "{matchExpressions: [{key: a, operator: NotIn, values: [b]}]}"], false),
            (&["{matchLabels: {a: b}}"], false),
            (&[], false),
        ];
        for (texts, expected) in table.iter().filter(|(texts, _)| !texts.is_empty()) {
            let files = read(texts);
            let all: Vec<_> = selectors(&files).into_iter().map(Selector::or_all).collect();
            let all: Vec<_> = all.iter().collect();
            assert_eq!(cover_everything(&all), if *expected { Cover::Whole } else { Cover::Part }, "{texts:?}");
        }
        assert_eq!(cover_everything(&[]), Cover::Part);
    }
}
