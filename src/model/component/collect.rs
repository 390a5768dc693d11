//! Where components are: pods, units, command lines, and the files of installers where none of those is seen.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::component::line::{Flag, Word, program};
use crate::model::component::{AUDIT, ComponentRecord, KUBELET, Role, TAKEN_IN, files, pods, unit};
use crate::model::field::Field;
use crate::model::object::Object;
use crate::model::{Evidence, GroupKind};
use crate::parse::Kind;
use crate::parse::host::GROUP;

const COMMAND_LINE: GroupKind = GroupKind::new(GROUP, "CommandLine");
const RANCHER: GroupKind = GroupKind::new(GROUP, "RancherConfig");
const ETCD: GroupKind = GroupKind::new(GROUP, "EtcdConfig");
const KUBEADM: &str = "kubeadm.k8s.io";

/// Every component.
pub(super) fn all<'a>(evidence: &Evidence<'a>) -> Vec<ComponentRecord<'a>> {
    let mut found = pods::all(evidence);
    found.extend(unit::all(evidence));
    found.extend(evidence.of_kind(COMMAND_LINE).filter_map(|object| command_line(evidence, object)));
    for object in evidence.of_kind(RANCHER) {
        found.extend(rancher_config(evidence, object));
    }
    found.extend(etcd_files(evidence));
    // an installer's file is what would be; what is there is stronger
    let seen: BTreeSet<_> = found.iter().map(|record| (evidence.object(record.object).world, record.role)).collect();
    let planned = evidence.named(KUBEADM, "ClusterConfiguration").flat_map(|object| kubeadm(object));
    found.extend(planned.filter(|record| !seen.contains(&(evidence.object(record.object).world, record.role))));
    found.iter_mut().filter(|record| record.role == Role::Kubelet).for_each(|record| take_in(evidence, record));
    let lone = lone_kubelets(evidence, &found);
    found.extend(lone);
    let lone = lone_files(evidence, &found);
    found.extend(lone);
    found.sort_by_key(|record| record.object);
    found
}

fn command_line<'a>(evidence: &Evidence<'a>, object: &Object<'a>) -> Option<ComponentRecord<'a>> {
    let list = object.at("command");
    let words: Vec<_> = list.items().map(Word::of).collect();
    let (name, rest) = program(&words)?;
    match Role::of(name) {
        Some(role) => Some(ComponentRecord::new(role, object, list).with_line(rest)),
        None => rancher(evidence, object, name, list, rest).into_iter().next(),
    }
}

/// What k3s and RKE2 run, with the arguments that they are given for each.
const WITHIN: [(Role, &str); 4] = [
    (Role::ApiServer, "kube-apiserver-arg"),
    (Role::ControllerManager, "kube-controller-manager-arg"),
    (Role::Scheduler, "kube-scheduler-arg"),
    (Role::Kubelet, "kubelet-arg"),
];

/// `k3s server …`, with the configuration files of its node.
pub(super) fn rancher<'a>(
    evidence: &Evidence<'a>,
    object: &Object<'a>,
    name: &str,
    list: Field<'a>,
    words: &[Word<'a>],
) -> Vec<ComponentRecord<'a>> {
    let is_agent = words.first().is_some_and(|word| word.text == "agent");
    if !matches!(name, "k3s" | "rke2") || words.first().is_none_or(|word| word.text != "server" && word.text != "agent") {
        return Vec::new();
    }
    let own = super::line::flags(name, words);
    // with a file beside it, that one is judged, and these flags with it
    let has_file = evidence.of_kind_in(object.world, RANCHER).next().is_some();
    if has_file {
        return Vec::new();
    }
    let wanted = WITHIN.iter().filter(|(role, _)| !is_agent || *role == Role::Kubelet);
    let record = |(role, key): &(Role, &str)| {
        let mut record = ComponentRecord::new(*role, object, list);
        let own = own.iter().filter(|flag| &*flag.name == *key);
        record.flags = own.map(|flag| pair(&flag.value, flag.field, flag.span)).collect();
        record.distribution = Some("k3s");
        record.unseen = Some(format!("/etc/rancher/{name}/config.yaml"));
        record
    };
    wanted.map(record).collect()
}

/// `name=value`, with or without dashes.
fn pair<'a>(text: &str, field: Field<'a>, span: Option<(u32, u32)>) -> Flag<'a> {
    let (name, value) = text.trim_start_matches('-').split_once('=').unwrap_or((text.trim_start_matches('-'), "true"));
    Flag { name: name.into(), value: value.into(), field, span }
}

/// `config.yaml` of k3s or RKE2.
fn rancher_config<'a>(evidence: &Evidence<'a>, object: &Object<'a>) -> Vec<ComponentRecord<'a>> {
    const OF_SERVERS: [&str; 12] = [
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
    let top = object.field();
    let is_server = top.entries().iter().any(|(key, _)| OF_SERVERS.contains(&key.trim_end_matches('+')));
    let is_rke2 = evidence.files()[object.file() as usize].name().contains("rke2");
    let wanted = WITHIN.iter().filter(|(role, _)| is_server || *role == Role::Kubelet);
    let record = |(role, key): &(Role, &'static str)| {
        let own = top.key(key);
        let more = top.entries().into_iter().find(|(name, _)| name.strip_suffix('+') == Some(key)).map(|(_, field)| field);
        let mut record = ComponentRecord::new(*role, object, if own.exists() { own } else { top });
        let lists = [Some(own), more].into_iter().flatten();
        let items = lists.flat_map(|list| if list.kind() == Some(Kind::Scalar) { vec![list] } else { list.items().collect() });
        record.flags = items.map(|item| pair(item.str(), item, None)).collect();
        record.distribution = Some("k3s");
        // what RKE2 adds to what k3s sets is not all known
        record.unseen = (is_rke2 && *role != Role::Kubelet).then(|| "the static pods that RKE2 writes".to_owned());
        let encrypted = top.key("secrets-encryption");
        if *role == Role::ApiServer && encrypted.str() == "true" {
            record.flags.push(Flag { name: "secrets-encryption".into(), value: "true".into(), field: encrypted, span: None });
        }
        record
    };
    wanted.map(record).collect()
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

/// What kubeadm would run.
fn kubeadm<'a>(object: &Object<'a>) -> Vec<ComponentRecord<'a>> {
    const PARTS: [(Role, &str, &str); 4] = [
        (Role::ApiServer, "apiServer", "apiServer.extraArgs"),
        (Role::ControllerManager, "controllerManager", "controllerManager.extraArgs"),
        (Role::Scheduler, "scheduler", "scheduler.extraArgs"),
        (Role::Etcd, "etcd.local", "etcd.local.extraArgs"),
    ];
    let external = object.at("etcd.external").exists();
    let record = |(role, part, path): &(Role, &'static str, &'static str)| {
        let mut record = ComponentRecord::new(*role, object, object.at(path)).with_flags(extra_args(object.at(path)));
        record.has_line = true;
        record.distribution = Some("kubeadm");
        record.version = object.at("kubernetesVersion").str().parse().ok();
        let volumes = object.at(part).key("extraVolumes").items();
        record.mounts = volumes.filter_map(|volume| Some((volume.key("mountPath").text()?, volume.key("hostPath").text()?))).collect();
        if *role == Role::ApiServer && external {
            for (flag, key) in [("etcd-cafile", "caFile"), ("etcd-certfile", "certFile"), ("etcd-keyfile", "keyFile")] {
                let field = object.at("etcd.external").key(key);
                record.flags.push(Flag { name: flag.into(), value: field.str().into(), field, span: None });
            }
        }
        record
    };
    PARTS.iter().filter(|(role, ..)| *role != Role::Etcd || !external).map(record).collect()
}

/// A mapping until v1beta3, a list of names and values since v1beta4.
fn extra_args(field: Field<'_>) -> Vec<(&str, Field<'_>)> {
    match field.kind() {
        Some(Kind::Mapping) => field.entries(),
        Some(Kind::Sequence) => field.items().filter_map(|item| Some((item.key("name").text()?, item.key("value")))).collect(),
        _ => Vec::new(),
    }
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
            record = record.with_flags(extra_args(node.at("nodeRegistration.kubeletExtraArgs")));
        }
        lone.push(record);
    }
    lone
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
