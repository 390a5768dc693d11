//! k3s and RKE2: one program runs every component, told by its file, the drop-ins beside it, its command line and variables.

use std::collections::BTreeMap;

use crate::model::component::line::{Flag, Word, flags};
use crate::model::component::{ComponentRecord, Role, data};
use crate::model::field::Field;
use crate::model::object::Object;
use crate::model::{Evidence, GroupKind};
use crate::parse::Kind;
use crate::parse::host::{GROUP, base};

const CONFIG: GroupKind = GroupKind::new(GROUP, "RancherConfig");
/// Whose own settings are known.
const BY: &str = "k3s";
const DROP_INS: &str = "config.yaml.d";

/// What they run, with the arguments that they are given for each.
const WITHIN: [(Role, &str); 5] = [
    (Role::ApiServer, "kube-apiserver-arg"),
    (Role::ControllerManager, "kube-controller-manager-arg"),
    (Role::Scheduler, "kube-scheduler-arg"),
    (Role::Etcd, "etcd-arg"),
    (Role::Kubelet, "kubelet-arg"),
];
const ENCRYPTS: &str = "secrets-encryption";

/// Settings of their own that they hand on as a flag of a component; what is given for the component is stronger.
const HANDED_ON: [(Role, &str, &str); 3] = [
    (Role::ApiServer, "audit-policy-file", "audit-policy-file"),
    (Role::ApiServer, "pod-security-admission-config-file", "admission-control-config-file"),
    (Role::Kubelet, "protect-kernel-defaults", "protect-kernel-defaults"),
];

/// Settings that are read from a variable as well, by the end of its name behind `K3S_` or `RKE2_`. All else is ignored there.
const VARIABLES: [(&str, &str); 6] = [
    ("AUDIT_POLICY_FILE", "audit-policy-file"),
    ("CIS_PROFILE", "profile"),
    ("CLUSTER_INIT", "cluster-init"),
    ("DATASTORE_ENDPOINT", "datastore-endpoint"),
    ("POD_SECURITY_ADMISSION_CONFIG_FILE", "pod-security-admission-config-file"),
    ("URL", "server"),
];

/// A command line, `k3s server …`, with the variables that it sees.
pub(super) struct Command<'a> {
    object: u32,
    world: u16,
    program: &'static str,
    is_agent: bool,
    list: Field<'a>,
    flags: Vec<Flag<'a>>,
    variables: Vec<Flag<'a>>,
    /// Whether what is not among the files is not on the node either.
    is_whole: bool,
}

impl<'a> Command<'a> {
    /// That of an object, where it starts a server or an agent.
    pub(super) fn read(object: &Object<'a>, name: &'static str, list: Field<'a>, words: &[Word<'a>]) -> Option<Self> {
        let is_agent = match words.first()?.text.as_str() {
            "server" => false,
            "agent" => true,
            _ => return None,
        };
        let is_rancher = matches!(name, "k3s" | "rke2");
        let flags = || flags(name, words);
        is_rancher.then(|| Command {
            object: object.id,
            world: object.world,
            program: name,
            is_agent,
            list,
            flags: flags(),
            variables: Vec::new(),
            is_whole: false,
        })
    }

    /// The same as a unit runs it: with variables, by the names of the settings that they stand for.
    pub(super) fn with_variables(self, known: &BTreeMap<String, Vec<Word<'a>>>, is_whole: bool) -> Self {
        let prefix = if self.program == "rke2" { "RKE2_" } else { "K3S_" };
        let setting = |(name, words): (&String, &Vec<Word<'a>>)| {
            let end = name.strip_prefix(prefix)?;
            let (_, key) = VARIABLES.iter().find(|(known, _)| *known == end)?;
            let (first, value) = (words.first()?, words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" "));
            (!value.is_empty()).then(|| Flag { name: (*key).into(), value: value.into(), field: first.field, span: first.span })
        };
        Command { variables: known.iter().filter_map(setting).collect(), is_whole, ..self }
    }

    fn of<'c>(&'c self, key: &'c str) -> impl Iterator<Item = &'c Flag<'a>> {
        self.flags.iter().filter(move |flag| &*flag.name == key)
    }
}

/// The components of every node: of those with files with what their command lines say, and of command lines alone.
pub(super) fn all<'a>(evidence: &Evidence<'a>, commands: &[Command<'a>]) -> Vec<ComponentRecord<'a>> {
    let mut nodes: BTreeMap<(u16, String), Vec<&Object<'a>>> = BTreeMap::new();
    for object in evidence.of_kind(CONFIG) {
        nodes.entry((object.world, node(file(evidence, object)))).or_default().push(object);
    }
    let mut found = Vec::new();
    let mut taken = Vec::new();
    for ((world, place), mut parts) in nodes {
        parts.sort_by_key(|part| (is_drop_in(file(evidence, part)), base(file(evidence, part)).to_owned()));
        let program = if base(&place).starts_with("rke2") { "rke2" } else { "k3s" };
        // a line that could be of several nodes is of none of them
        let mut own = commands.iter().enumerate().filter(|(_, command)| command.world == world && command.program == program);
        let mut command = own.next().filter(|_| own.next().is_none());
        let others = evidence.of_kind_in(world, CONFIG).filter(|other| node(file(evidence, other)) != place);
        if others.into_iter().next().is_some() {
            command = None;
        }
        taken.extend(command.map(|(at, _)| at));
        let node = Node { program, parts, command: command.map(|(_, command)| command) };
        found.extend(node.records());
    }
    let alone = commands.iter().enumerate().filter(|(at, _)| !taken.contains(at));
    for (_, command) in alone {
        let node = Node { program: command.program, parts: Vec::new(), command: Some(command) };
        let unseen = (!command.is_whole).then(|| format!("/etc/rancher/{}/config.yaml", command.program));
        found.extend(node.records().map(|record| ComponentRecord {
            object: command.object,
            unseen: unseen.clone().or(record.unseen.clone()),
            ..record
        }));
    }
    found
}

fn file<'e>(evidence: &'e Evidence<'_>, object: &Object<'_>) -> &'e str {
    evidence.files()[object.file() as usize].name()
}

fn is_drop_in(name: &str) -> bool {
    name.rsplit('/').nth(1) == Some(DROP_INS)
}

/// What the files of one node have in common: the folder of `config.yaml`; a file of another name stands for itself.
fn node(name: &str) -> String {
    let folder = |name: &str| name.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    match () {
        () if is_drop_in(name) => folder(&folder(name)),
        () if matches!(base(name), "config.yaml" | "config.yml") => folder(name),
        () => name.to_owned(),
    }
}

/// The text of a value with its place.
type Value<'n, 'a> = (&'n str, Field<'a>, Option<(u32, u32)>);

/// What one node is told.
struct Node<'n, 'a> {
    program: &'static str,
    /// Its files, what is stronger later.
    parts: Vec<&'n Object<'a>>,
    command: Option<&'n Command<'a>>,
}

impl<'n, 'a> Node<'n, 'a> {
    fn records(self) -> impl Iterator<Item = ComponentRecord<'a>> {
        let is_server = match self.command {
            Some(command) => !command.is_agent,
            None => self.parts.iter().any(|part| part.field().entries().iter().any(|(key, _)| is_of_servers(key))),
        };
        let wanted = WITHIN.into_iter().filter(move |(role, _)| is_server || *role == Role::Kubelet);
        wanted.filter_map(move |(role, key)| self.record(role, key))
    }

    fn record(&self, role: Role, key: &'static str) -> Option<ComponentRecord<'a>> {
        let (list, values) = self.values(key);
        if role == Role::Etcd && values.is_empty() && !self.has_own_etcd() {
            return None;
        }
        let first = self.parts.first();
        let by_line = self.command.map(|command| command.list);
        let list = list.or(first.map(|part| part.field())).or(by_line)?;
        let object = first.map(|part| part.id).or(self.command.map(|command| command.object))?;
        let mut record = ComponentRecord::at(role, object, list);
        // k3s passes over what only RKE2 knows
        let is_known = |key: &str| self.program == "rke2" || key == "protect-kernel-defaults";
        for (_, own, flag) in HANDED_ON.iter().filter(|(handed, own, _)| *handed == role && is_known(own)) {
            let last = self.last(own);
            record.flags.extend(last.map(|(value, field, span)| Flag { name: (*flag).into(), value: value.into(), field, span }));
        }
        // a profile of CIS has the kubelet refuse a kernel that is not as it wants it
        let takes = self.program == "rke2" && role == Role::Kubelet;
        let profile = self.last("profile").filter(|(value, ..)| takes && value.starts_with("cis"));
        record.flags.extend(profile.map(|(_, field, span)| Flag {
            name: "protect-kernel-defaults".into(),
            value: "true".into(),
            field,
            span,
        }));
        for (text, field, span) in values {
            add(&mut record.flags, role, text, field, span);
        }
        record.distribution = Some(BY);
        // what RKE2 adds to what k3s sets is not all known
        record.unseen = (self.program == "rke2" && role != Role::Kubelet).then(|| "the static pods that RKE2 writes".to_owned());
        if role == Role::ApiServer {
            // RKE2 does so whatever is said
            let always = (self.program == "rke2").then_some(("true", list, None));
            let last = self.last(ENCRYPTS).filter(|(text, ..)| *text == "true").or(always);
            record.flags.extend(last.map(|(_, field, span)| Flag { name: ENCRYPTS.into(), value: "true".into(), field, span }));
        }
        Some(record)
    }

    /// Whether it runs an etcd: k3s does where it begins or joins a cluster of several servers, RKE2 always, unless the data lie
    /// elsewhere.
    fn has_own_etcd(&self) -> bool {
        let is_said = |key| self.last(key).is_some_and(|(value, ..)| !value.is_empty() && value != "false");
        let begins = || is_said("cluster-init") || is_said("server") || self.program == "rke2";
        !is_said("datastore-endpoint") && !is_said("disable-etcd") && begins()
    }

    /// The value of a setting of their own.
    fn last(&self, key: &'static str) -> Option<Value<'n, 'a>>
    where
        'a: 'n,
    {
        self.values(key).1.into_iter().next_back()
    }

    /// The values of a key, and where they are listed: those of the last file, what `key+` adds, or of the command line
    /// instead of all of them; a variable counts where neither says anything.
    fn values(&self, key: &'static str) -> (Option<Field<'a>>, Vec<Value<'n, 'a>>)
    where
        'a: 'n,
    {
        let by_line: Vec<_> =
            self.command.into_iter().flat_map(|command| command.of(key)).map(|flag| (&*flag.value, flag.field, flag.span)).collect();
        if !by_line.is_empty() {
            return (None, by_line);
        }
        let (mut list, mut values) = (None, Vec::new());
        for (name, field) in self.parts.iter().flat_map(|part| part.field().entries()) {
            if name.trim_end_matches('+') != key {
                continue;
            }
            if !name.ends_with('+') {
                values.clear();
                list = Some(field);
            }
            list = list.or(Some(field));
            let items = if field.kind() == Some(Kind::Scalar) { vec![field] } else { field.items().collect() };
            values.extend(items.into_iter().map(|item| (item.str(), item, None)));
        }
        if list.is_none() {
            let by_variable = self.command.into_iter().flat_map(|command| &command.variables).filter(|flag| &*flag.name == key);
            values.extend(by_variable.map(|flag| (&*flag.value, flag.field, flag.span)));
        }
        (list, values)
    }
}

/// Keys that an agent has no use for.
fn is_of_servers(key: &str) -> bool {
    const KEYS: [&str; 16] = [
        "audit-policy-file",
        "disable-etcd",
        "pod-security-admission-config-file",
        "secrets-encryption-provider",
        "kube-apiserver-arg",
        "kube-controller-manager-arg",
        "kube-scheduler-arg",
        "etcd-arg",
        "cluster-init",
        "datastore-endpoint",
        "tls-san",
        "secrets-encryption",
        "write-kubeconfig-mode",
        "disable",
        "service-cidr",
        "cluster-cidr",
    ];
    KEYS.contains(&key.trim_end_matches('+'))
}

/// `name=value`, with or without dashes. `name+=value` comes after what they would have set, `name-=value` before it: of a
/// list both are in it, else the last one holds.
fn add<'a>(flags: &mut Vec<Flag<'a>>, role: Role, text: &str, field: Field<'a>, span: Option<(u32, u32)>) {
    let text = text.trim_start_matches('-');
    let (written, value) = text.split_once('=').unwrap_or((text, "true"));
    let name = written.trim_end_matches(['+', '-']);
    let is_first = flags.iter().all(|flag| &*flag.name != name);
    let given = data::given(BY, role.program(), name).filter(|_| is_first && name != written);
    let value = match given {
        Some(given) if data::is_list(name) => format!("{given},{value}"),
        Some(given) if written.ends_with('-') => given.to_owned(),
        _ => value.to_owned(),
    };
    flags.push(Flag { name: name.into(), value: value.into(), field, span });
}
