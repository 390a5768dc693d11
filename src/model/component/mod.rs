//! What runs a cluster: each component wherever its command line or its files are, with the settings in force.

mod collect;
pub mod data;
mod files;
mod held;
mod kubeadm;
mod line;
mod pods;
mod rancher;
mod ready;
mod unit;

use std::borrow::Cow;

pub use files::Joined;
pub use held::{Held, seconds};
pub use line::Flag;

use crate::model::fault::Fault;
use crate::model::field::Field;
use crate::model::{Evidence, GroupKind, KubernetesVersion, Object, Scan};
use held::State;

/// Which component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// `kube-apiserver`
    ApiServer,
    /// `kube-controller-manager`
    ControllerManager,
    /// `kube-scheduler`
    Scheduler,
    /// The etcd of the cluster.
    Etcd,
    /// `kubelet`, by its command line, its file, or what it says of itself.
    Kubelet,
    /// `kube-proxy`
    KubeProxy,
    /// A file that an API server takes in, where no API server is seen that does: of encryption at rest.
    Encryption,
    /// Likewise, the audit policy.
    Audit,
    /// Likewise, of authentication.
    Authentication,
    /// Likewise, of authorization.
    Authorization,
}

impl Role {
    /// The name of the program.
    #[must_use]
    pub fn program(self) -> &'static str {
        match self {
            Role::ApiServer => "kube-apiserver",
            Role::ControllerManager => "kube-controller-manager",
            Role::Scheduler => "kube-scheduler",
            Role::Etcd => "etcd",
            Role::Kubelet => "kubelet",
            Role::KubeProxy => "kube-proxy",
            Role::Encryption => "encryption configuration",
            Role::Audit => "audit policy",
            Role::Authentication => "authentication configuration",
            Role::Authorization => "authorization configuration",
        }
    }

    fn of(program: &str) -> Option<Role> {
        const PROGRAMS: [Role; 6] = [Role::ApiServer, Role::ControllerManager, Role::Scheduler, Role::Etcd, Role::Kubelet, Role::KubeProxy];
        PROGRAMS.into_iter().find(|role| role.program() == program)
    }
}

/// Files that an API server takes in, by the flag that names them.
pub(crate) const ENCRYPTION: &[GroupKind] =
    &[GroupKind::new("apiserver.config.k8s.io", "EncryptionConfiguration"), GroupKind::new("", "EncryptionConfig")];
pub(crate) const AUDIT: &[GroupKind] = &[GroupKind::new("audit.k8s.io", "Policy")];
pub(crate) const AUTHENTICATION: &[GroupKind] = &[GroupKind::new("apiserver.config.k8s.io", "AuthenticationConfiguration")];
pub(crate) const AUTHORIZATION: &[GroupKind] = &[GroupKind::new("apiserver.config.k8s.io", "AuthorizationConfiguration")];
use crate::model::kinds::KUBELET_CONFIGURATION as KUBELET;

const TAKEN_IN: [(Role, &str, &[GroupKind]); 4] = [
    (Role::Encryption, "encryption-provider-config", ENCRYPTION),
    (Role::Audit, "audit-policy-file", AUDIT),
    (Role::Authentication, "authentication-config", AUTHENTICATION),
    (Role::Authorization, "authorization-config", AUTHORIZATION),
];

/// Where a component is, and what of its settings is written.
#[derive(Debug)]
pub struct ComponentRecord<'a> {
    pub(crate) role: Role,
    /// The object that holds it.
    pub(crate) object: u32,
    /// The container that runs it, "" where none does.
    pub(crate) container: &'a str,
    /// Where its flags stand: what is missing is missing there.
    list: Field<'a>,
    flags: Vec<Flag<'a>>,
    /// Whether it has a command line at all.
    has_line: bool,
    /// Who sets what the user does not.
    distribution: Option<&'static str>,
    version: Option<KubernetesVersion>,
    /// Where more of its flags may be set that nobody looked at.
    unseen: Option<String>,
    /// Paths in its container and on the node.
    mounts: Vec<(&'a str, &'a str)>,
    /// Its files, what is stronger later.
    configs: Vec<u32>,
    /// The nodes that have the same.
    pub(crate) nodes: Vec<&'a str>,
}

impl ComponentRecord<'_> {
    /// The version that it says itself, where it does.
    pub(crate) fn version(&self) -> Option<KubernetesVersion> {
        self.version
    }
}

/// All components, in the order of the input.
#[derive(Debug, Default)]
pub struct Components<'a> {
    records: Vec<ComponentRecord<'a>>,
}

impl<'a> Components<'a> {
    pub(crate) fn index(evidence: &Evidence<'a>) -> Self {
        Components { records: collect::all(evidence) }
    }

    /// Where each is.
    #[must_use]
    pub fn records(&self) -> &[ComponentRecord<'a>] {
        &self.records
    }
}

/// A component with all that there is to look at.
#[derive(Debug, Clone, Copy)]
pub struct Component<'a> {
    pub(crate) scan: &'a Scan<'a>,
    pub(crate) record: &'a ComponentRecord<'a>,
}

impl<'a> Component<'a> {
    /// Which one it is.
    #[must_use]
    pub fn role(&self) -> Role {
        self.record.role
    }

    /// Whether an object is of the cluster that it runs: one of its world; files of a node have no objects beside them, so
    /// that whatever stands on no node counts.
    #[must_use]
    pub fn serves(&self, object: &Object<'_>) -> bool {
        let evidence = self.scan.evidence;
        object.world == self.object().world || evidence.is_of_node(self.object()) && !evidence.is_of_node(object)
    }

    /// What else there is to look at.
    #[must_use]
    pub fn scan(&self) -> &'a Scan<'a> {
        self.scan
    }

    /// The object that holds it: a Pod, a unit, a file.
    #[must_use]
    pub fn object(&self) -> &'a Object<'a> {
        self.scan.evidence.object(self.record.object)
    }

    /// Its version: that of its image or of its installer, else the scan's.
    #[must_use]
    pub fn version(&self) -> KubernetesVersion {
        self.record.version.unwrap_or_else(|| self.scan.version())
    }

    /// The version that it says itself, where it does.
    #[must_use]
    pub fn own_version(&self) -> Option<KubernetesVersion> {
        self.record.version
    }

    /// Whether its command line is there.
    #[must_use]
    pub fn has_line(&self) -> bool {
        self.record.has_line
    }

    /// Whether a distribution runs it within a program of its own.
    #[must_use]
    pub fn distribution(&self) -> Option<&'static str> {
        self.record.distribution
    }

    /// ` on node-1 and 3 others` where several nodes have the same; "" else.
    #[must_use]
    pub fn on_nodes(&self) -> String {
        match self.record.nodes.as_slice() {
            [] => String::new(),
            [only] => format!(" on node {only}"),
            [first, rest @ ..] => format!(" on node {first} and {} with the same settings", crate::discover::plural(rest.len(), "other")),
        }
    }

    /// A flag by its name, with the value in force.
    #[must_use]
    pub fn flag(&self, name: &'static str) -> Held<'a> {
        let set = self.record.flags.iter().rev().find(|flag| &*flag.name == name);
        let value = set.map(|flag| &*flag.value);
        self.held(name, set, value)
    }

    /// A flag that may be given several times, each with its value; one that adds nothing up, as it is in force.
    #[must_use]
    pub fn each(&self, name: &'static str) -> Vec<Held<'a>> {
        let named = self.record.flags.iter().filter(|flag| data::is_list(name) && &*flag.name == name);
        let all: Vec<_> = named.map(|flag| self.held(name, Some(flag), Some(&flag.value))).collect();
        if all.is_empty() { vec![self.flag(name)] } else { all }
    }

    /// The values of a flag that takes a list, as they add up.
    #[must_use]
    pub fn list(&self, name: &'static str) -> Vec<&'a str> {
        let mut named = self.record.flags.iter().filter(|flag| &*flag.name == name);
        let all: Vec<_> = if data::is_list(name) { named.collect() } else { named.next_back().into_iter().collect() };
        if all.is_empty() {
            return split(self.flag(name).str());
        }
        all.into_iter().flat_map(|flag| split(&flag.value)).collect()
    }

    fn held(&self, name: &'static str, set: Option<&'a Flag<'a>>, value: Option<&'a str>) -> Held<'a> {
        let program = self.role().program();
        let list = self.record.list;
        let shown: Cow<'static, str> = format!("--{name}").into();
        if let Some(flag) = set {
            let stable = flag_path(list, name);
            return Held { value, state: State::Set, field: flag.field, span: flag.span, stable: Some(stable), name: shown, about: name };
        }
        let given = self.record.distribution.and_then(|by| data::given(by, program, name));
        let value = given.or_else(|| data::default(program, name, self.version()));
        let state = match &self.record.unseen {
            Some(unseen) => State::Unknown(unseen.clone()),
            None => State::Default,
        };
        Held { value, state, field: list.key_if_mapping(name), span: None, stable: Some(flag_path(list, name)), name: shown, about: name }
    }

    /// A setting of the kubelet: by its flag, which is stronger, in its files, or as it is where nobody sets it.
    #[must_use]
    pub fn setting(&self, path: &'static str, flag: Option<&'static str>) -> Held<'a> {
        if let Some(name) = flag
            && self.record.flags.iter().any(|known| &*known.name == name)
        {
            return Held { about: path, ..self.flag(name) };
        }
        let files = || self.record.configs.iter().rev().map(|&config| self.scan.evidence.object(config).at(path));
        if let Some(field) = files().find(|field| field.exists()) {
            return Held { value: field.text(), state: State::Set, field, span: None, stable: None, name: path.into(), about: path };
        }
        let version = self.version();
        let by_file = || data::default("kubelet-config", path, version);
        let given = || self.record.distribution.and_then(|by| data::given(by, "kubelet", path));
        let named = self.flag("config");
        let (value, state) = match (self.record.configs.first(), &self.record.unseen) {
            (Some(_), _) => (given().or_else(by_file), State::Default),
            (None, _) if named.is_set() => (None, State::Unknown(format!("{}, which is not among the files", named.str()))),
            (None, Some(unseen)) => (None, State::Unknown(unseen.clone())),
            (None, None) if self.record.distribution.is_some() => (given().or_else(by_file), State::Default),
            (None, None) => (data::default("kubelet", path, version).or_else(by_file), State::Default),
        };
        // what a file may set is missing there rather than on the command line
        let field = files().next().unwrap_or_else(|| self.record.list.key_if_mapping(flag.unwrap_or(path)));
        Held { value, state, field, span: None, stable: None, name: path.into(), about: path }
    }

    /// A field of the kubelet's files that is more than a value, from the strongest that has it.
    #[must_use]
    pub fn in_files(&self, path: &'static str) -> Option<Field<'a>> {
        self.record.configs.iter().rev().map(|&config| self.scan.evidence.object(config).at(path)).find(|field| field.exists())
    }

    /// What a flag with `Name=true` pairs says of a feature gate; for a kubelet, its files as well.
    #[must_use]
    pub fn gate(&self, name: &str) -> Option<(bool, Held<'a>)> {
        let by_flag = self.list("feature-gates").into_iter().rev().find_map(|pair| pair.split_once('=').filter(|(gate, _)| *gate == name));
        if let Some((_, value)) = by_flag {
            return Some((value.eq_ignore_ascii_case("true"), self.flag("feature-gates")));
        }
        // drop-ins add to the gates of the file
        let files = self.record.configs.iter().rev().map(|&config| self.scan.evidence.object(config).at("featureGates"));
        let (_, field) = files.flat_map(Field::entries).find(|(gate, _)| *gate == name)?;
        let held = Held {
            value: field.text(),
            state: State::Set,
            field,
            span: None,
            stable: None,
            name: "featureGates".into(),
            about: "feature-gates",
        };
        Some((field.str().eq_ignore_ascii_case("true"), held))
    }

    /// A fault on the component as a whole.
    #[must_use]
    pub fn fault(&self, message: impl Into<Cow<'static, str>>) -> Fault {
        self.record.list.fault(message).observed("")
    }
}

/// What a list in a flag has in it.
fn split(list: &str) -> Vec<&str> {
    list.split(',').map(str::trim).filter(|item| !item.is_empty()).collect()
}

fn flag_path(list: Field<'_>, name: &str) -> String {
    format!("{}.{name}", list.place().stable)
}

impl<'a> Component<'a> {
    /// Where its version stands: at its image, or in the file of its installer.
    #[must_use]
    pub fn version_place(&self) -> Field<'a> {
        let object = self.object();
        let containers = object.at("spec.containers").items();
        let image = containers
            .filter(|container| container.key("name").str() == self.record.container)
            .map(|container| container.key("image"))
            .next();
        let by_installer = || {
            let told = ["kubernetesVersion", "spec.version"].map(|path| object.at(path));
            told.into_iter().find(|field| field.exists()).unwrap_or_else(|| object.at("kubernetesVersion"))
        };
        image.unwrap_or_else(by_installer)
    }
}
