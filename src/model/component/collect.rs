//! Where components are: pods, units, command lines, and the files of installers where none of those is seen.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::component::kubeadm::GROUP as KUBEADM;
use crate::model::component::line::{Word, program};
use crate::model::component::rancher::{self, Command};
use crate::model::component::{AUDIT, ComponentRecord, KUBELET, Role, TAKEN_IN, files, kubeadm, pods, unit};
use crate::model::field::Field;
use crate::model::object::Object;
use crate::model::{Evidence, GroupKind};
use crate::parse::Kind;
use crate::parse::host::GROUP;

const COMMAND_LINE: GroupKind = GroupKind::new(GROUP, "CommandLine");
const ETCD: GroupKind = GroupKind::new(GROUP, "EtcdConfig");

/// Every component.
pub(super) fn all<'a>(evidence: &Evidence<'a>) -> Vec<ComponentRecord<'a>> {
    let mut found = pods::all(evidence);
    let mut commands = Vec::new();
    found.extend(unit::all(evidence, &mut commands));
    found.extend(evidence.of_kind(COMMAND_LINE).filter_map(|object| command_line(object, &mut commands)));
    // a node of RKE2 has the static pods that it writes from its file
    let written: BTreeSet<_> = on_node(evidence, &found).collect();
    let told = rancher::all(evidence, &commands).into_iter();
    found.extend(told.filter(|record| on_node(evidence, std::slice::from_ref(record)).all(|seen| !written.contains(&seen))));
    found.extend(etcd_files(evidence));
    // an installer's file is what would be; what is there is stronger
    let seen: BTreeSet<_> = found.iter().map(|record| (evidence.object(record.object).world, record.role)).collect();
    let planned = evidence.named(KUBEADM, "ClusterConfiguration").flat_map(|object| kubeadm::planned(evidence, object));
    found.extend(planned.filter(|record| !seen.contains(&(evidence.object(record.object).world, record.role))));
    found.iter_mut().filter(|record| record.role == Role::Kubelet).for_each(|record| take_in(evidence, record));
    let lone = lone_kubelets(evidence, &found);
    found.extend(lone);
    let told = registrations(evidence, &found);
    found.extend(told);
    found.extend(kubeadm::handed(evidence));
    let lone = lone_files(evidence, &found);
    found.extend(lone);
    found.sort_by_key(|record| record.object);
    found
}

/// What files of nodes have of components.
fn on_node(evidence: &Evidence<'_>, records: &[ComponentRecord<'_>]) -> impl Iterator<Item = (u16, Role)> {
    let of_node =
        records.iter().map(|record| (evidence.object(record.object), record.role)).filter(|(object, _)| evidence.is_of_node(object));
    of_node.map(|(object, role)| (object.world, role)).collect::<Vec<_>>().into_iter()
}

fn command_line<'a>(object: &Object<'a>, commands: &mut Vec<Command<'a>>) -> Option<ComponentRecord<'a>> {
    let list = object.at("command");
    let words: Vec<_> = list.items().map(Word::of).collect();
    let (name, rest) = program(&words)?;
    let Some(role) = Role::of(name) else {
        commands.extend(Command::read(object, name, list, rest));
        return None;
    };
    Some(ComponentRecord::new(role, object, list).with_line(rest))
}

/// An etcd that reads a file: then it reads neither flags nor variables.
fn etcd_files<'a>(evidence: &Evidence<'a>) -> Vec<ComponentRecord<'a>> {
    let record = |object: &Object<'a>| {
        let top = object.field();
        let mut pairs = Vec::new();
        for (key, value) in top.entries() {
            match key {
                "client-transport-security" => pairs.extend(value.entries()),
                "peer-transport-security" => pairs.extend(value.entries().into_iter().filter_map(|(key, value)| Some((peer(key)?, value)))),
                _ if value.kind() == Some(Kind::Scalar) => pairs.push((key, value)),
                _ => {}
            }
        }
        let mut record = ComponentRecord::new(Role::Etcd, object, top).with_flags(pairs);
        record.has_line = true;
        record
    };
    evidence.of_kind(ETCD).map(record).collect()
}

/// The flag of a key about peers.
fn peer(key: &str) -> Option<&'static str> {
    Some(match key {
        "cert-file" => "peer-cert-file",
        "key-file" => "peer-key-file",
        "client-cert-auth" => "peer-client-cert-auth",
        "trusted-ca-file" => "peer-trusted-ca-file",
        "auto-tls" => "peer-auto-tls",
        _ => return None,
    })
}

/// The files of a kubelet with a command line.
fn take_in<'a>(evidence: &Evidence<'a>, record: &mut ComponentRecord<'a>) {
    let object = evidence.object(record.object);
    let last = |name: &str| record.flags.iter().rev().find(|flag| &*flag.name == name).map(|flag| record.on_node(&flag.value));
    let main = last("config").and_then(|path| files::at_path(evidence, object, &path, &[KUBELET]));
    let mut configs: Vec<u32> = main.map(|found| found.id).into_iter().collect();
    if let Some(folder) = last("config-dir") {
        let name = |found: &Object<'a>| evidence.files()[found.file() as usize].name();
        let end = folder.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
        let inside = |found: &&Object<'a>| name(found).ends_with(".conf") && name(found).split('/').rev().skip(1).any(|part| part == end);
        let mut drop_ins: Vec<_> = evidence.of_kind_in(object.world, KUBELET).filter(inside).collect();
        drop_ins.sort_by_key(|found| name(found));
        configs.extend(drop_ins.iter().map(|found| found.id));
    }
    record.configs = configs;
}

/// Kubelets of which only the file is there, or what they say of themselves; those that say the same are one.
fn lone_kubelets<'a>(evidence: &Evidence<'a>, found: &[ComponentRecord<'a>]) -> Vec<ComponentRecord<'a>> {
    let taken: BTreeSet<u32> = found.iter().flat_map(|record| record.configs.iter().copied()).collect();
    let mut lone: Vec<ComponentRecord<'a>> = Vec::new();
    let mut same: BTreeMap<(u16, Vec<String>), usize> = BTreeMap::new();
    for object in evidence.of_kind(KUBELET).filter(|object| !taken.contains(&object.id)) {
        let text = |field: Field<'a>| {
            let (start, end) = field.whole_span();
            field.root().tree.source().get(start as usize..end as usize).unwrap_or_default().to_owned()
        };
        if object.live {
            let settings = object.field().entries().into_iter().filter(|(key, _)| *key != "metadata");
            let key = (object.world, settings.map(|(key, value)| format!("{key}={}", text(value))).collect());
            if let Some(&known) = same.get(&key) {
                lone[known].nodes.push(object.name);
                continue;
            }
            same.insert(key, lone.len());
        }
        let mut record = ComponentRecord::new(Role::Kubelet, object, object.field());
        record.configs = vec![object.id];
        record.nodes.extend(object.live.then_some(object.name));
        let beside = |other: &&Object<'a>| other.file() == object.file() && !object.live;
        let joins = ["InitConfiguration", "JoinConfiguration"];
        let node = joins.iter().flat_map(|kind| evidence.named(KUBEADM, kind)).find(beside);
        let by_kubeadm = node.is_some() || evidence.named(KUBEADM, "ClusterConfiguration").any(|other| beside(&other));
        record.distribution = by_kubeadm.then_some("kubeadm");
        if let Some(node) = node {
            record = record.with_flags(kubeadm::extra_args(node.at("nodeRegistration.kubeletExtraArgs")));
        }
        lone.push(record);
    }
    lone
}

/// Kubelets of which an installer's file says some flags, where no other is seen beside it.
fn registrations<'a>(evidence: &Evidence<'a>, found: &[ComponentRecord<'a>]) -> Vec<ComponentRecord<'a>> {
    let seen: BTreeSet<_> = found
        .iter()
        .filter(|record| record.role == Role::Kubelet)
        .flat_map(|record| {
            let object = evidence.object(record.object);
            // what is on a node is stronger than what it was installed with; of other files each is by itself
            [Some((object.world, Some(object.file()))), record.has_line.then_some((object.world, None))]
        })
        .flatten()
        .collect();
    let objects = ["InitConfiguration", "JoinConfiguration"].into_iter().flat_map(|kind| evidence.named(KUBEADM, kind));
    let alone = objects.filter(|object| !seen.contains(&(object.world, Some(object.file()))) && !seen.contains(&(object.world, None)));
    alone.filter_map(|object| kubeadm::kubelet(object, object.field(), object.kind == "JoinConfiguration")).collect()
}

/// Files of an API server that none of those seen takes in.
fn lone_files<'a>(evidence: &Evidence<'a>, found: &[ComponentRecord<'a>]) -> Vec<ComponentRecord<'a>> {
    let servers = || found.iter().filter(|record| record.role == Role::ApiServer);
    let mut lone = Vec::new();
    for (role, flag, wanted) in TAKEN_IN {
        let taken: BTreeSet<u32> = servers()
            .filter_map(|record| {
                let named = record.flags.iter().rev().find(|known| &*known.name == flag)?;
                let path = record.on_node(&named.value);
                Some(files::at_path(evidence, evidence.object(record.object), &path, wanted)?.id)
            })
            .collect();
        let objects = wanted.iter().flat_map(|kind| evidence.of_kind(*kind)).filter(|object| !taken.contains(&object.id));
        // an audit Policy has rules; other groups have a kind of that name too
        let objects = objects.filter(|object| wanted != AUDIT || object.at("rules").exists());
        lone.extend(objects.map(|object| ComponentRecord::new(role, object, object.field())));
    }
    lone
}
