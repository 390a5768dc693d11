//! Pods that several places put together: a run over its task (Tekton), a workflow over its templates (Argo), an
//! operator's own defaults below a template (ECK).

mod patch;

use crate::model::fault::{Fault, Quality, Verdict};
use crate::model::field::Field;
use crate::model::pod::{Container, ContainerKind, Pod, PodRecord};
use crate::parse::Kind;

/// How the parts of a pod are named and merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// As Kubernetes has it.
    Kubernetes,
    /// Steps and sidecars of a task; fields of the pod in the `podTemplate` of the run.
    Tekton,
    /// One template of a workflow; fields of the pod there, in `templateDefaults` and in the workflow's spec.
    Argo,
}

/// Who sets what is not written at the pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Supplier {
    /// Nobody.
    Nobody,
    /// Tekton: whoever runs the task sets the fields of the pod.
    Run,
    /// Argo: a workflow that uses the template may set what it leaves open.
    Workflow,
    /// An operator fills in whatever is absent, at the pod and at its containers.
    Operator,
}

/// The other places that a pod is made from.
#[derive(Debug)]
pub(crate) struct Layers<'a> {
    pub(crate) layout: Layout,
    /// Tekton: the run's own mappings, nearest first, the last for what none of them says. Argo: the defaults of
    /// templates, then the spec of the workflow.
    pub(crate) outer: Vec<Field<'a>>,
    pub(crate) supplier: Supplier,
}

/// Lists of containers, and single ones.
pub(crate) type Lists = &'static [(&'static str, ContainerKind)];

impl Layout {
    /// Where containers stand.
    pub(crate) fn lists(self) -> Lists {
        use ContainerKind::{Ephemeral, Init, Regular};
        match self {
            Layout::Kubernetes => &[("initContainers", Init), ("containers", Regular), ("ephemeralContainers", Ephemeral)],
            Layout::Tekton => &[("steps", Regular), ("sidecars", Regular)],
            Layout::Argo => &[
                ("initContainers", Init),
                ("container", Regular),
                ("script", Regular),
                ("containerSet.containers", Regular),
                ("sidecars", Regular),
            ],
        }
    }
}

/// Whether a place holds one container rather than a list.
pub(crate) fn is_single(list: &str) -> bool {
    matches!(list, "container" | "script")
}

impl<'a> Layers<'a> {
    /// A field of the pod, by dotted path.
    fn at(&self, spec: Field<'a>, path: &'a str) -> Field<'a> {
        let head = path.split('.').next().unwrap_or(path);
        match (self.layout, self.outer.as_slice()) {
            // a run that says false to one task does not take back what it said to all
            (Layout::Tekton, [.., last]) => {
                let mut set = self.outer.iter().filter(|level| level.key_if_mapping(head).exists());
                let set = if head == "hostNetwork" { set.find(|level| level.key(head).is_true()) } else { set.next() };
                set.unwrap_or(last).at(path)
            }
            // templates are merged key by key with their defaults, and replace what the workflow says
            (Layout::Argo, [defaults, workflow]) => {
                let own = spec.at(path);
                let default = defaults.at(path);
                match (own.exists(), default.exists()) {
                    (true, _) => own,
                    (_, true) => default,
                    _ if spec.key_if_mapping(head).exists() => own,
                    _ if defaults.key_if_mapping(head).exists() => default,
                    _ => workflow.at(path),
                }
            }
            _ => spec.at(path),
        }
    }

    /// The volumes that the other places add to those of the spec.
    fn volumes(&self, record: &PodRecord<'a>) -> Vec<Field<'a>> {
        let mut found: Vec<Field<'a>> = Vec::new();
        let listed = self.outer.iter().map(|level| level.key_if_mapping("volumes")).filter(|list| list.kind() == Some(Kind::Sequence));
        for volume in listed.flat_map(Field::items) {
            let name = volume.key_if_mapping("name").str();
            let known = found.iter().any(|nearer| nearer.key("name").str() == name);
            // what a workflow declares is a volume of those of its pods that mount it
            let used = self.layout != Layout::Argo || record.mounts_by_name(name);
            if !known && used {
                found.push(volume);
            }
        }
        found
    }
}

impl<'a> PodRecord<'a> {
    /// A field of the pod, by dotted path, wherever it is set.
    pub(crate) fn at(&self, path: &'a str) -> Field<'a> {
        match &self.layers {
            None => self.spec.at(path),
            Some(layers) => layers.at(self.spec, path),
        }
    }

    pub(crate) fn layout(&self) -> Layout {
        self.layers.as_ref().map_or(Layout::Kubernetes, |layers| layers.layout)
    }

    fn supplier(&self) -> Supplier {
        self.layers.as_ref().map_or(Supplier::Nobody, |layers| layers.supplier)
    }

    /// The volumes it declares, or that are declared for it.
    pub(crate) fn volumes(&self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        let others = self.layers.as_ref().map(|layers| layers.volumes(self)).unwrap_or_default();
        self.spec.key("volumes").items().chain(others)
    }

    /// The places of its containers, each with the list that it stands in.
    pub(crate) fn places_of_containers(&self) -> impl Iterator<Item = (Field<'a>, &'static str, ContainerKind)> + use<'a> {
        let spec = self.spec;
        self.layout().lists().iter().flat_map(move |&(list, kind)| {
            let place = spec.at(list);
            let single = is_single(list).then(|| (place.kind() == Some(Kind::Mapping)).then_some(place)).flatten();
            let listed = (!is_single(list)).then(|| place.items());
            single.into_iter().chain(listed.into_iter().flatten()).map(move |field| (field, list, kind))
        })
    }

    fn mounts_by_name(&self, name: &str) -> bool {
        let mut shared = self.spec.at("containerSet.volumeMounts").items();
        let mut own = self.places_of_containers().flat_map(|(field, ..)| field.key("volumeMounts").items());
        shared.any(|mount| mount.key("name").str() == name) || own.any(|mount| mount.key("name").str() == name)
    }
}

impl<'a> Pod<'a> {
    /// Whether it is a pod of Tekton steps.
    #[must_use]
    pub fn is_tekton(&self) -> bool {
        self.record.layout() == Layout::Tekton
    }

    /// Whether it is one of a run or of a workflow, which comes to an end by itself.
    #[must_use]
    pub fn ends(&self) -> bool {
        self.record.layout() != Layout::Kubernetes
    }

    /// Whether the fields of the pod, as against those of its containers, are decided where it is run.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.record.supplier() == Supplier::Run
    }

    /// Why its account is not known from here: nobody names one, and somebody else may.
    #[must_use]
    pub fn account_elsewhere(&self) -> Option<&'static str> {
        if !self.service_account().is_empty() {
            return None;
        }
        match self.record.supplier() {
            _ if self.is_tekton() => Some("Tekton: the run, or its configuration, names the account"),
            Supplier::Workflow => Some("Argo: the workflow that runs it names the account"),
            _ => None,
        }
    }

    /// The variables that a run gives to all steps.
    pub fn shared_variables(&self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        let levels = self.record.layers.as_ref().filter(|layers| layers.layout == Layout::Tekton).map(|layers| layers.outer.clone());
        levels.into_iter().flatten().flat_map(|level| level.key_if_mapping("env").items())
    }

    /// A fault that rests on a field of the pod being absent, where whoever runs it may set that: a doubt.
    #[must_use]
    pub fn unless_supplied(&self, fault: Fault) -> Fault {
        let who = match self.record.supplier() {
            Supplier::Run => "the pod template of the run",
            Supplier::Workflow => "the workflow that runs it",
            Supplier::Nobody | Supplier::Operator => return fault,
        };
        fault.reworded(|said| format!("{said}; {who} may")).doubt()
    }

    /// Who fills in what is not written.
    fn completed_by(&self) -> Option<String> {
        match self.record.supplier() {
            Supplier::Operator => Some("the operator".to_owned()),
            _ => self.given_defaults().map(|map| format!("ConfigMap {}", map.name)),
        }
    }

    /// What a check said of this pod, or of a container of it, in the light of who else makes the pod.
    #[must_use]
    pub(crate) fn settle(&self, verdict: Verdict, whole_pod: bool) -> Verdict {
        if self.record.layers.is_none() {
            return verdict;
        }
        let verdict = match self.settle_patched(verdict) {
            Ok(settled) => return settled,
            Err(verdict) => verdict,
        };
        match verdict {
            Verdict::Pass | Verdict::PassIfNone(_) if whole_pod && self.is_open() => {
                Verdict::Skip("Tekton: the run supplies the fields of the pod".into())
            }
            Verdict::Pass | Verdict::PassIfNone(_) if whole_pod && self.containers().next().is_none() => {
                Verdict::Skip("its containers stand elsewhere".into())
            }
            Verdict::Fail(faults) => match self.completed_by() {
                Some(who) => Verdict::Fail(faults.into_iter().map(|fault| unless_completed(fault, &who)).collect()),
                None => Verdict::Fail(faults),
            },
            verdict => verdict,
        }
    }
}

/// What somebody may fill in rests on nobody having written it.
fn unless_completed(fault: Fault, who: &str) -> Fault {
    if fault.place.quality != Quality::Parent || fault.doubt {
        return fault;
    }
    fault.reworded(|said| format!("{said}; {who} may fill it in: look at the pods that it makes")).doubt()
}

impl<'a> PodRecord<'a> {
    /// What a container of one of its lists starts from: `stepTemplate` for the steps of a task, `templateDefaults` for
    /// the container of an Argo template. Sidecars start from nothing.
    fn defaults_in(&self, list: &'static str) -> Option<Field<'a>> {
        let layers = self.layers.as_ref()?;
        match (layers.layout, list) {
            (Layout::Tekton, "steps") => Some(self.spec.key("stepTemplate")),
            (Layout::Argo, "container" | "script") => layers.outer.first().map(|defaults| defaults.key_if_mapping(list)),
            _ => None,
        }
        .filter(|defaults| defaults.kind() == Some(Kind::Mapping))
    }

    /// The image of a container; in Tekton the default of the parameter that stands for it, when there is one.
    pub(crate) fn image_of(&self, container: Field<'a>, list: &'static str) -> Field<'a> {
        let own = container.key("image");
        let default = if own.exists() { None } else { self.defaults_in(list) };
        let field = default.map(|defaults| defaults.key("image")).filter(|field| field.exists()).unwrap_or(own).as_string();
        let name = field.str().strip_prefix("$(params.").and_then(|rest| rest.strip_suffix(')'));
        let declared = name.and_then(|name| self.spec.key("params").items().find(|param| param.key("name").text() == Some(name)));
        declared.map(|param| param.key("default")).filter(|default| default.text().is_some()).unwrap_or(field)
    }
}

impl<'a> Container<'a> {
    /// What the container starts from, if it starts from something.
    pub(crate) fn defaults(&self) -> Option<Field<'a>> {
        self.pod.record.defaults_in(self.list)
    }
}
