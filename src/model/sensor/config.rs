//! What an agent is told: by variables, by the ConfigMaps and Secrets that its pod takes in.

use crate::model::field::Field;
use crate::model::object::Object;
use crate::model::pod::Container;
use crate::model::{GroupKind, kinds};

/// The value of a variable of a container that is written out.
#[must_use]
pub fn variable<'a>(container: &Container<'a>, name: &str) -> Option<&'a str> {
    let set = container.at("env").items().filter(|variable| variable.key("name").text() == Some(name)).last()?;
    set.key("value").text()
}

/// The ConfigMaps, or Secrets, of a container's pod: taken in as variables, or mounted.
pub fn taken_in<'a>(container: &Container<'a>, kind: GroupKind) -> impl Iterator<Item = &'a Object<'a>> + use<'a> {
    let is_map = kind == kinds::CONFIG_MAP;
    let (of_variables, of_volumes) = if is_map { ("configMapRef", "configMap") } else { ("secretRef", "secret") };
    let variables = container.at("envFrom").items().map(move |source| source.key(of_variables).key("name"));
    let own = move |volume: Field<'a>| volume.key(of_volumes).key(if is_map { "name" } else { "secretName" });
    let projected = move |volume: Field<'a>| volume.at("projected.sources").items().map(move |source| source.key(of_volumes).key("name"));
    let pod = container.pod;
    let volumes = pod.volumes().flat_map(move |volume| std::iter::once(own(volume)).chain(projected(volume)));
    let mut names: Vec<&str> = variables.chain(volumes).filter_map(|name| name.text()).collect();
    names.sort_unstable();
    names.dedup();
    let evidence = pod.scan().evidence;
    let objects = evidence.of_kind_in(pod.object().world, kind).filter(move |object| object.namespace == Some(pod.namespace()));
    objects.filter(move |object| names.contains(&object.name))
}

/// The texts of the ConfigMaps that a container's pod takes in.
#[must_use]
pub fn texts<'a>(container: &Container<'a>) -> Vec<Field<'a>> {
    let maps = taken_in(container, kinds::CONFIG_MAP);
    maps.flat_map(|map| map.at("data").entries().into_iter().map(|(_, text)| text)).collect()
}
