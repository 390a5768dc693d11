//! Components that run as pods: static ones, in their manifest or as the API server shows them.

use crate::model::component::line::{Flag, Word, is_shell, program, scripted};
use crate::model::component::{ComponentRecord, Role};
use crate::model::field::Field;
use crate::model::image::Image;
use crate::model::object::Object;
use crate::model::pod::PodRecord;
use crate::model::{Evidence, kinds};

/// Every component that a Pod runs.
pub(super) fn all<'a>(evidence: &Evidence<'a>) -> Vec<ComponentRecord<'a>> {
    let of_cluster = |object: &&Object<'a>| object.namespace == Some("kube-system") || object.at("spec.hostNetwork").str() == "true";
    let pods = evidence.of_kind(kinds::POD).filter(of_cluster);
    pods.flat_map(|object| evidence.pods_in(object).iter().flat_map(move |pod| in_pod(object, pod))).collect()
}

fn in_pod<'a>(object: &Object<'a>, pod: &PodRecord<'a>) -> Vec<ComponentRecord<'a>> {
    // the containers of the pod itself, not those that only prepare it
    pod.spec.key("containers").items().filter_map(|container| in_container(object, pod, container)).collect()
}

fn in_container<'a>(object: &Object<'a>, pod: &PodRecord<'a>, container: Field<'a>) -> Option<ComponentRecord<'a>> {
    let (command, args) = (container.key("command"), container.key("args"));
    let list = if args.exists() && args.items().any(|item| item.str().starts_with("--")) { args } else { command };
    let mut words: Vec<Word<'a>> = command.items().chain(args.items()).map(Word::of).collect();
    if words.first().is_some_and(|first| is_shell(&first.text)) {
        // `-c` may be joined with other letters: `-ec`
        let script =
            words.iter().position(|word| word.text.starts_with('-') && !word.text.starts_with("--") && word.text.ends_with('c'))?;
        words = scripted(words.get(script + 1)?.field);
    }
    let image = Image::parse(container.key("image").str()).ok();
    let by_image = || Some((Role::of(image.as_ref()?.base_name())?.program(), words.as_slice()));
    let (name, rest) = program(&words).or_else(|| if command.exists() { None } else { by_image() })?;
    let role = Role::of(name)?;
    let list = if list.exists() { list } else { container };
    let mut record = ComponentRecord::new(role, object, list).with_line(rest);
    record.container = container.key("name").str();
    // `latest` is no version
    let tag = image.as_ref().and_then(|image| image.tag).filter(|tag| role != Role::Etcd && *tag != "latest");
    record.version = tag.and_then(|tag| tag.parse().ok());
    record.mounts = mounts(pod, container);
    if role == Role::Etcd {
        variables(container, &mut record.flags);
    }
    record.unseen = substituted(container);
    Some(record)
}

/// What etcd takes from its environment; a flag is stronger.
fn variables<'a>(container: Field<'a>, flags: &mut Vec<Flag<'a>>) {
    let mut found = Vec::new();
    for entry in container.key("env").items() {
        let Some(name) = entry.key("name").str().strip_prefix("ETCD_") else { continue };
        let name = name.to_ascii_lowercase().replace('_', "-");
        let value = entry.key("value");
        found.push(Flag { name: name.into(), value: value.str().into(), field: value, span: None });
    }
    flags.splice(0..0, found);
}

/// A variable that stands for a whole argument, whose value is not in the manifest.
fn substituted(container: Field<'_>) -> Option<String> {
    let words = container.key("command").items().chain(container.key("args").items());
    let whole = words.filter_map(|word| word.str().strip_prefix("$(")?.strip_suffix(')')).next();
    whole.map(|name| format!("the variable {name}"))
}

/// The paths that the container sees, with what they are on the node, the deepest first.
fn mounts<'a>(pod: &PodRecord<'a>, container: Field<'a>) -> Vec<(&'a str, &'a str)> {
    let volumes: Vec<_> = pod.spec.key("volumes").items().collect();
    let host = |mount: Field<'a>| {
        let volume = volumes.iter().find(|volume| volume.key("name").str() == mount.key("name").str())?;
        let path = volume.at("hostPath.path").text()?;
        Some((mount.key("mountPath").text()?.trim_end_matches('/'), path.trim_end_matches('/')))
    };
    let mut mounts: Vec<_> =
        container.key("volumeMounts").items().filter(|mount| mount.key("subPath").is_empty()).filter_map(host).collect();
    mounts.sort_by_key(|(within, _)| std::cmp::Reverse(within.len()));
    mounts
}
