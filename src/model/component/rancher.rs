//! k3s and RKE2: one program runs every component, told by its file, the drop-ins beside it, and its command line.

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
const WITHIN: [(Role, &str); 4] = [
    (Role::ApiServer, "kube-apiserver-arg"),
    (Role::ControllerManager, "kube-controller-manager-arg"),
    (Role::Scheduler, "kube-scheduler-arg"),
    (Role::Kubelet, "kubelet-arg"),
];
const ENCRYPTS: &str = "secrets-encryption";

/// A command line, `k3s server …`.
pub(super) struct Command<'a> {
    object: u32,
    world: u16,
    program: &'static str,
    is_agent: bool,
    list: Field<'a>,
    flags: Vec<Flag<'a>>,
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
        is_rancher.then(|| Command { object: object.id, world: object.world, program: name, is_agent, list, flags: flags(name, words) })
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
        let unseen = format!("/etc/rancher/{}/config.yaml", command.program);
        found.extend(node.records().map(|record| ComponentRecord { object: command.object, unseen: Some(unseen.clone()), ..record }));
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
        let first = self.parts.first();
        let by_line = self.command.map(|command| command.list);
        let list = list.or(first.map(|part| part.field())).or(by_line)?;
        let object = first.map(|part| part.id).or(self.command.map(|command| command.object))?;
        let mut record = ComponentRecord::at(role, object, list);
        for (text, field, span) in values {
            add(&mut record.flags, role, text, field, span);
        }
        record.distribution = Some(BY);
        // what RKE2 adds to what k3s sets is not all known
        record.unseen = (self.program == "rke2" && role != Role::Kubelet).then(|| "the static pods that RKE2 writes".to_owned());
        if role == Role::ApiServer {
            let (_, encrypts) = self.values(ENCRYPTS);
            let last = encrypts.into_iter().next_back().filter(|(text, ..)| *text == "true");
            record.flags.extend(last.map(|(_, field, span)| Flag { name: ENCRYPTS.into(), value: "true".into(), field, span }));
        }
        Some(record)
    }

    /// The values of a key, and where they are listed: those of the last file, what `key+` adds, or of the command line
    /// instead of all of them.
    #[expect(clippy::type_complexity, reason = "a value is its text with its place")]
    fn values(&self, key: &'static str) -> (Option<Field<'a>>, Vec<(&'n str, Field<'a>, Option<(u32, u32)>)>)
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
        (list, values)
    }
}

/// Keys that an agent has no use for.
fn is_of_servers(key: &str) -> bool {
    const KEYS: [&str; 12] = [
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
